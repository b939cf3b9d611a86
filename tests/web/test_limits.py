"""What a person is shown of the limits: on the grid, and beside what to do at an overdose."""

from __future__ import annotations

import re

import pytest

from kiosk.core.asks import CountSlot
from kiosk.core.situation import State
from kiosk.core.values import ItemId, Refusal, SlotId
from kiosk.snapshot import Snapshot
from tests.kit import VirtualKiosk
from tests.web.running import PATIENCE_S, Running
from web.app import make_app
from web.door import Door, ItemPlan
from web.streams import Streams

NALOXONE = ItemId("naloxone")
ITS = frozenset([NALOXONE])
ITEMS = (ItemPlan(NALOXONE, {"en": "Naloxone"}, free=True, emergency=True),)
HOME, HELP = "/", "/help/overdose"
KEPT = "The last ones are kept for an overdose. If it is one, touch “Overdose: what to do”."
SOON = "The next one can come in a few seconds. Touch it again then."


class Shown:
    """The pages of a kiosk that stands as *snapshot* says."""

    def __init__(self, kiosk: VirtualKiosk, snapshot: Snapshot) -> None:
        door = Door(kiosk.kiosk.controller, lambda: snapshot, ITEMS, "River Street", True, ("en",), 154)
        self._client = make_app(door, Streams()).test_client()

    def text(self, path: str) -> str:
        return self._client.get(path, headers={"Host": "127.0.0.1:8080"}).text

    def tile(self, path: str) -> tuple[str, bool]:
        """The note on naloxone's tile, and whether the tile looks as if nothing came."""
        text = self.text(path)
        note = re.search(r'<span class="note">\s*(.*?)\s*</span>', text, re.DOTALL)
        look = re.search(r'class="(tile[^"]*)"', text)
        assert note
        assert look
        return note[1], "gone" in look[1]


# --- the reserve


def test_on_the_grid_the_last_ones_are_for_an_overdose_and_beside_what_to_do_for_anybody(kiosk: VirtualKiosk) -> None:
    pages = Shown(kiosk, Snapshot(can_be_given=ITS, reserved=ITS))

    assert (pages.tile(HOME), pages.tile(HELP)) == (("for an overdose", False), ("no code", False))


def test_the_last_ones_are_said_to_be_kept_and_the_overdose_page_says_what_to_do(kiosk: VirtualKiosk) -> None:
    pages = Shown(kiosk, Snapshot(can_be_given=ITS, reserved=ITS, said=Refusal.RESERVED))

    assert KEPT in pages.text(HOME)
    assert KEPT not in pages.text(HELP)
    assert "Somebody does not wake up or hardly breathes" in pages.text(HELP)


def test_while_something_comes_the_last_ones_are_for_an_overdose_too(kiosk: VirtualKiosk) -> None:
    pages = Shown(kiosk, Snapshot(state=State.MOVING, can_be_given=ITS, reserved=ITS))

    assert (pages.tile(HOME), pages.tile(HELP)) == (("for an overdose", False), ("no code", False))


def test_the_last_ones_are_refused_on_the_grid_and_come_from_the_overdose_page(pages: Running) -> None:
    for slot in ("A1", "A2"):
        pages.kiosk.controller.ask(CountSlot(SlotId(slot), 1)).result(PATIENCE_S)

    assert pages.post("/choose", item="naloxone").headers["location"] == HOME
    assert pages.snapshot.said is Refusal.RESERVED
    assert KEPT in pages.get(HOME).text
    pages.ask("POST", "/choose", {}, "item=naloxone&from=help")
    pages.wait_for_end()

    assert pages.tray == ["naloxone"]


# --- the cooldown


@pytest.mark.parametrize("path", [HOME, HELP])
def test_what_comes_again_soon_says_so_and_does_not_look_gone(kiosk: VirtualKiosk, path: str) -> None:
    pages = Shown(kiosk, Snapshot(cooling=ITS, said=Refusal.COOLDOWN))

    assert pages.tile(path) == ("in a few seconds", False)
    assert SOON in pages.text(path)


def test_the_last_ones_come_again_soon_from_the_overdose_page_only(kiosk: VirtualKiosk) -> None:
    pages = Shown(kiosk, Snapshot(cooling=ITS, reserved=ITS))

    assert (pages.tile(HOME)[0], pages.tile(HELP)[0]) == ("for an overdose", "in a few seconds")


def test_what_neither_comes_nor_cools_down_looks_gone(kiosk: VirtualKiosk) -> None:
    assert Shown(kiosk, Snapshot()).tile(HELP) == ("none left", True)
