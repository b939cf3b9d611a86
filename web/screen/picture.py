"""What the screen shows of a snapshot, and no more: it is what a stranger at the kiosk may read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from kiosk.core.situation import Ending, State
from kiosk.core.values import ItemId, Left, Outcome, Refusal
from kiosk.snapshot import Snapshot
from web.door import Door, ItemPlan
from web.screen.sentences import ENOUGH, HIDE, LEFT, STOPPED_FOR_OTHERS, TRY_DIGITS, USED_UP, sentence
from web.words import pick


class Scene(StrEnum):
    """What the screen is about now."""

    CHOOSE = "choose"  # the grid: anybody may touch an item
    TICKET = "ticket"  # the grid: a ticket is good for one item of the person's choice
    VISIT = "visit"  # the grid: a pass, a number or a shared code is good for what the tiles say
    READING = "reading"
    COMING = "coming"
    STOPPED = "stopped"


SCENES = {
    State.READY: Scene.CHOOSE,
    State.CHECKING: Scene.READING,
    State.CHOOSING: Scene.TICKET,
    State.RESERVING: Scene.COMING,
    State.MOVING: Scene.COMING,
    State.SETTLING: Scene.COMING,
    State.RECORDING: Scene.COMING,
    State.STOPPED: Scene.STOPPED,
}

TILES = 6  # two rows of three, more than 20 mm high, with capitals of 4.8 mm, fill a 7-inch panel; more make more pages
MOST_URGENT = 3  # of the tiles that stand on every page
LONG_WORD, LONG_NAME = 9, 16  # letters; what is longer is set smaller, to stand on its tile whole


@dataclass(frozen=True, slots=True)
class Tile:
    """One item on the grid. *free* needs no code; *is_there*: it can be given now; *none_left*: nor after a while.

    *is_cooling*: it can be given again in a few seconds; *is_reserved*: from the overdose page only. *left* is what the
    visit still gives of it; None: no visit, or no limit.
    """

    id: ItemId
    name: str
    free: bool
    emergency: bool
    is_there: bool
    none_left: bool
    is_cooling: bool
    is_reserved: bool
    left: Left | None = None

    @property
    def is_used_up(self) -> bool:
        """Whether the visit gives no more of it."""
        return self.left is not None and self.left.units <= 0

    @property
    def limit(self) -> str:
        """How many the visit still gives of it and until when, as a text with a place for the number."""
        assert self.left
        return (USED_UP if self.is_used_up else LEFT)[self.left.per]

    @property
    def is_long(self) -> bool:
        """Whether the name needs smaller letters."""
        return len(self.name) > LONG_NAME or max(map(len, self.name.split())) > LONG_WORD


@dataclass(frozen=True, slots=True)
class Picture:
    """The screen. *item* is the name of what is coming or came, *next_item* of what comes then, *said* the sentence to
    read, *still* what can be taken all the same, *leaving* the words on the button of whoever has done; each may be
    empty.
    """

    scene: Scene
    item: str
    next_item: str
    said: str
    still: str
    took: bool  # something lies in the tray
    leads_to_help: bool  # what was said does
    tiles: tuple[Tile, ...]
    next_page: int | None  # of tiles, when there are more
    leaving: str
    takes_digits: bool  # a number can be typed now

    @property
    def emergency(self) -> tuple[Tile, ...]:
        """What saves a life, to be offered on every scene."""
        return tuple(tile for tile in self.tiles if tile.emergency)


def picture_of(snapshot: Snapshot, door: Door, language: str, page: int = 0) -> Picture:
    """The screen in one language; *page* of the grid, from 0, going round."""
    said, scene = snapshot.said, _scene(snapshot)
    takes_digits = snapshot.takes_digits and scene is Scene.CHOOSE and (said is None or said in TRY_DIGITS)
    ended = said.item if isinstance(said, Ending) else None
    pages = _pages(_tiles(snapshot, door, language))
    page %= len(pages)
    return Picture(
        scene=scene,
        item=_name(snapshot.item or ended, door, language),
        next_item=_name(snapshot.wanted, door, language),
        said=sentence(said, _is_emergency(ended, door)) if said else "",
        still=_still(snapshot, door, language) if said in STOPPED_FOR_OTHERS else "",
        took=isinstance(said, Ending) and said.outcome is Outcome.DELIVERED,
        leads_to_help=said is Refusal.RESERVED,
        tiles=pages[page],
        next_page=(page + 1) % len(pages) if len(pages) > 1 else None,
        leaving="" if takes_digits else _leaving(scene, said),
        takes_digits=takes_digits,
    )


def told(snapshot: Snapshot) -> str:
    """What ``GET /events`` sends: one line of JSON. A page that gets another one than before draws itself anew."""
    return json.dumps(
        {
            "v": 1,
            "state": snapshot.state,
            "simulated": snapshot.simulated,
            "item": snapshot.item,
            "said": plainly(snapshot.said),
            "can_be_given": sorted(snapshot.can_be_given),
            "cooling": sorted(snapshot.cooling),
            "reserved": sorted(snapshot.reserved),
            "visit": asdict(snapshot.visit) if snapshot.visit else None,
            "takes_digits": snapshot.takes_digits,
            "door": "open" if snapshot.door_is_open else "closed",
        }
    )


def plainly(said: Refusal | Ending | None) -> object:
    """What was said last, for JSON: how it ended and why, without the item and the slot."""
    return {"outcome": said.outcome, "reason": said.reason} if isinstance(said, Ending) else said


def _scene(snapshot: Snapshot) -> Scene:
    return Scene.VISIT if snapshot.visit and snapshot.visit.goes_on else SCENES[snapshot.state]


def _leaving(scene: Scene, said: Refusal | Ending | None) -> str:
    if scene is Scene.VISIT:
        return ENOUGH
    return HIDE if said and scene is Scene.CHOOSE else ""


def _is_emergency(item: ItemId | None, door: Door) -> bool:
    return any(plan.emergency for plan in door.items if plan.id == item)


def _still(snapshot: Snapshot, door: Door, language: str) -> str:
    there = (plan for plan in door.items if plan.emergency and plan.id in snapshot.can_be_given)
    return next((pick(plan.names, language) for plan in there), "")


def _name(item: ItemId | None, door: Door, language: str) -> str:
    return next((pick(plan.names, language) for plan in door.items if plan.id == item), "")


def _tiles(snapshot: Snapshot, door: Door, language: str) -> tuple[Tile, ...]:
    return tuple(_tile(plan, snapshot, language) for plan in door.items)


def _tile(plan: ItemPlan, snapshot: Snapshot, language: str) -> Tile:
    return Tile(
        id=plan.id,
        name=pick(plan.names, language),
        free=plan.free,
        emergency=plan.emergency,
        is_there=plan.id in snapshot.can_be_given,
        none_left=not any(slot.count + slot.uncertain for slot in snapshot.stock if slot.item == plan.id),
        is_cooling=plan.id in snapshot.cooling,
        is_reserved=plan.id in snapshot.reserved,
        left=_left(plan, snapshot),
    )


def _left(plan: ItemPlan, snapshot: Snapshot) -> Left | None:
    lefts = snapshot.visit.left if snapshot.visit and not plan.free else ()
    return next((left for left in lefts if left.group == plan.group), None)


def _pages(tiles: tuple[Tile, ...]) -> list[tuple[Tile, ...]]:
    if len(tiles) <= TILES:
        return [tiles]
    # what saves a life stands on every page, and one place is for the way to the next
    urgent = tuple(tile for tile in tiles if tile.emergency)
    if len(urgent) > MOST_URGENT:
        urgent = ()
    others = tuple(tile for tile in tiles if tile not in urgent)
    room = TILES - 1 - len(urgent)
    return [urgent + others[at : at + room] for at in range(0, len(others), room)]
