"""The table of stories: what can happen to one vend, and what it comes to with every kind of dispenser.

Each line is told to a kiosk of each kind, by a ticket and by a pass: the outcome in the ledger, its count and band,
what is counted against the person, what truly fell, and for how long a motor was on. That two motors never have power
together, the simulated cabinet judges by itself: it burns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hardware.bench.physics import Fault
from kiosk.core.asks import CountSlot
from kiosk.core.events import ItemChosen
from kiosk.core.values import ItemId, Outcome, Reason, Refusal, SlotId, SlotState
from tests.stories.dispensers import KINDS, LOADED, DispenserKiosk, dispenser_kiosk

LEASE_S = 10.0
A_HAIR_S = 1e-6  # of rounding


@dataclass(frozen=True)
class Ends:
    """How a story ends. *most_s* bounds the time of each motor's power; *turns* are turns and nudges."""

    outcome: Outcome
    why: Reason | Refusal | None
    count: int
    band: int
    taken: int  # counted against the person
    fell: int  # out of the slot, in truth
    state: SlotState
    turns: int
    counted: int  # how often that outcome stands in the ledger
    most_s: float = field(compare=False)


def ends(outcome: Outcome, most_s: float, count: int, band: int, **how: Any) -> Ends:
    usual = {"taken": 0, "state": SlotState.OK, "turns": 1, "counted": 1}
    return Ends(outcome, count=count, band=band, most_s=most_s, **{**usual, **how})


given = partial(ends, Outcome.DELIVERED, why=None, count=LOADED - 1, band=0, taken=1, fell=1)
nothing = partial(ends, Outcome.NOT_DELIVERED, count=LOADED, band=0, fell=0)
unknown = partial(ends, Outcome.UNCERTAIN, why=Reason.INTERRUPTED, count=LOADED - 1, band=1)
jackpot_ends = partial(nothing, why=Refusal.NOT_STOCKED, state=SlotState.RESTING, turns=8, counted=2)
no_drop = partial(nothing, why=Reason.NO_DROP, turns=4)  # its turn and three nudges


# --- what happens


def vend(at: DispenserKiosk) -> None:
    at.vend()


def broken(fault: Fault) -> Callable[[DispenserKiosk], None]:
    def story(at: DispenserKiosk) -> None:
        at.world.set_fault(at.slot, fault)
        at.vend()

    return story


def meanwhile(after_s: float, act: Callable[[DispenserKiosk], None]) -> Callable[[DispenserKiosk], None]:
    """A vend during which, so long after its motor went on, something happens."""

    def story(at: DispenserKiosk) -> None:
        at.begin()
        at.pass_time(after_s)
        act(at)
        at.finish_vend()

    return story


def found_away(at: DispenserKiosk) -> None:
    at.world.set_angle(at.slot, 90 if at.kind == "servo" else 320)  # a coil has let go of its unit there
    at.vend()


def found_half_way(at: DispenserKiosk) -> None:
    at.world.set_angle(at.slot, 45 if at.kind == "servo" else 200)
    at.vend()


def sticks_at_once(at: DispenserKiosk) -> None:
    at.world.coils[at.slot].sticks_at = 0.0
    broken(Fault.JAM)(at)


def thin_thing(at: DispenserKiosk) -> None:
    at.slot = "C1"
    broken(Fault.THIN)(at)


def hand(at: DispenserKiosk) -> None:
    at.world.break_beam(0.1)


def hand_before(at: DispenserKiosk) -> None:
    at.world.break_beam(1.0)
    at.vend()


def hand_after(at: DispenserKiosk) -> None:
    at.vend()
    at.world.break_beam(0.5)
    at.pass_time(5)


def hand_instead(at: DispenserKiosk) -> None:
    at.world.set_fault(at.slot, Fault.NO_DROP)
    meanwhile(0.7, hand)(at)


def lose_beam(at: DispenserKiosk) -> None:
    at.world.set_fault("B1", Fault.BEAM_BLOCKED)


def no_beam(at: DispenserKiosk) -> None:
    lose_beam(at)
    at.pass_time(1)
    at.vend()


def open_door(at: DispenserKiosk) -> None:
    at.world.set_door(is_open=True)
    at.pass_time(0)
    assert at.world.running == []


def jackpot(at: DispenserKiosk) -> None:
    """A hand above the beam catches whatever comes, again and again by the same code."""
    at.world.set_fault(at.slot, Fault.THIN)
    for _ in range(5):
        at.present()
        at.finish_vend()
        at.pass_time(1)


def power_lost(at: DispenserKiosk) -> None:
    at.begin()
    at.pass_time(0.5)
    at.kill_and_restart()
    at.pass_time(60)


def stop_asked(at: DispenserKiosk) -> None:
    at.begin()
    at.pass_time(0.5)
    at.end_in_order()
    at.pass_time(60)


def held_up(at: DispenserKiosk) -> None:
    """The program hangs; the timer that keeps the lease does not."""
    at.begin()
    at.hold_up(15)
    at.finish_vend()


def two_at_once(at: DispenserKiosk) -> None:
    at.present()
    other = at.kiosk.controller.choose(ItemChosen(ItemId("condoms")))
    at.finish_vend()
    assert other.result(0) is Refusal.BUSY


# --- what it comes to

NO_HOME = "it has no home switch"
SEES_NOTHING = "nothing tells where it stands: its run brings the unit that is next, wherever it begins"
UNPROVEN = "the configuration refuses it: where no drop is seen, nothing would prove that it gave anything"
Story = Callable[[DispenserKiosk], None]
Cell = Ends | str  # or why a kind cannot have it
JAMMED, RESTING = SlotState.JAMMED, SlotState.RESTING
NEVER_MOVED = partial(nothing, why=Reason.NEVER_MOVED, state=JAMMED)

# a story; a coil; a coil of a matrix, on pins and behind registers; a pusher; a servo
STORIES: dict[str, tuple[Story, Cell, Cell, Cell, Cell]] = {
    "delivered": (vend, given(1.6), given(1.6), given(1.5), given(1.0)),
    "found away from home": (found_away, given(1.6, turns=2), given(1.6, turns=2), SEES_NOTHING, given(1.0)),
    "found half way": (found_half_way, given(0.7), given(0.7), given(1.5), given(1.0)),
    "stuck before it leaves home": (
        *(sticks_at_once, NEVER_MOVED(1.0), NEVER_MOVED(1.0)),
        *(no_drop(1.5), no_drop(1.0)),  # only the beam tells
    ),
    "stuck half way": (
        *(broken(Fault.JAM), nothing(5.0, why=Reason.JAMMED, state=JAMMED)),
        *(nothing(5.0, why=Reason.JAMMED, state=JAMMED), no_drop(1.5), no_drop(1.0)),
    ),
    "unplugged": (
        *(broken(Fault.UNPLUGGED), NEVER_MOVED(1.0)),
        nothing(1.0, why=Reason.NOT_STARTED, state=JAMMED),  # no current flows
        *(no_drop(1.5), no_drop(1.0)),
    ),
    "a nudge brings what hung": (
        *(broken(Fault.HANG), given(1.6, turns=2), given(1.6, turns=2), given(1.5, turns=2), given(1.0, turns=2)),
    ),
    "nothing drops": (broken(Fault.NO_DROP), no_drop(1.6), no_drop(1.6), no_drop(1.5), no_drop(1.0)),
    # whoever does not say that a thing is thin loses those that its nudges bring, too
    "the beam misses it": (
        *(broken(Fault.THIN), no_drop(1.6, fell=2), no_drop(1.6, fell=2), no_drop(1.5, fell=2), no_drop(1.0, fell=2)),
    ),
    "the beam misses a thing that is known to be thin": (
        *(thin_thing, given(1.6, taken=0), given(1.6, taken=0), UNPROVEN, UNPROVEN),
    ),
    "two drop": (broken(Fault.DOUBLE), given(1.6, fell=2), given(1.6, fell=2), given(1.5, fell=2), given(1.0, fell=2)),
    "home switch stuck closed": (*(broken(Fault.STUCK_HOME), NEVER_MOVED(1.0), NEVER_MOVED(1.0), NO_HOME, NO_HOME),),
    # it turns until its time for coming home is over, and brings two
    "home switch stuck open": (
        *(broken(Fault.STUCK_OPEN), given(4.0, fell=2, state=JAMMED), given(4.05, fell=2, state=JAMMED)),
        *(NO_HOME, NO_HOME),
    ),
    # a pusher gets there with its nudges, a servo never
    "slow": (broken(Fault.SLOW), given(3.2), given(3.2), given(1.5, turns=4), no_drop(1.0)),
    "a hand in the beam before": (hand_before, given(1.6), given(1.6), given(1.5), given(1.0)),
    "a hand when nothing can fall yet": (*(meanwhile(0.1, hand), given(1.6), given(1.6), given(1.5), given(1.0)),),
    "a hand when it may fall": (meanwhile(0.7, hand), given(1.6), given(1.6), given(1.5), given(1.0)),
    "a hand after": (hand_after, given(1.6), given(1.6), given(1.5), given(1.0)),
    # cannot be told from a unit
    "a hand and no unit": (
        hand_instead,
        given(1.6, fell=0),
        given(1.6, fell=0),
        given(1.5, fell=0),
        given(1.0, fell=0),
    ),
    "no beam": (no_beam, given(1.6), given(1.6), unknown(1.5, fell=1), unknown(1.0, fell=1)),
    "the beam dies when nothing can fall yet": (
        *(meanwhile(0.1, lose_beam), given(1.6), given(1.6), unknown(1.5, fell=1), unknown(1.0, fell=1)),
    ),
    "the beam dies when it may fall": (*(meanwhile(0.7, lose_beam), given(1.6), given(1.6), given(1.5), given(1.0)),),
    "the door is opened at once": (
        *(meanwhile(0.01, open_door), nothing(0.01, why=Reason.INTERRUPTED)),
        *(unknown(0.01, fell=0), unknown(0.01, fell=0), unknown(0.01, fell=0)),  # where it stood was not seen yet
    ),
    "the door is opened": (
        *(meanwhile(0.5, open_door), unknown(0.5, fell=0), unknown(0.5, fell=0)),
        *(unknown(0.5, fell=0), unknown(0.5, fell=0)),
    ),
    # two vends, then the slot rests; each brings what a turn and its nudges bring
    "a hand catches all above the beam": (
        *(jackpot, jackpot_ends(1.6, fell=4), jackpot_ends(1.6, fell=4)),
        *(jackpot_ends(1.5, fell=5), jackpot_ends(1.0, fell=4)),
    ),
    "power lost": (
        *(power_lost, unknown(0.5, fell=0, why=None), unknown(0.5, fell=0, why=None)),
        *(unknown(0.5, fell=0, why=None), unknown(0.5, fell=0, why=None)),
    ),
    "asked to stop": (
        *(stop_asked, unknown(0.5, fell=0, why=None), unknown(0.5, fell=0, why=None)),
        *(unknown(0.5, fell=0, why=None), unknown(0.5, fell=0, why=None)),
    ),
    "the program hangs": (
        *(held_up, given(LEASE_S, fell=6), given(LEASE_S, fell=6), given(LEASE_S, fell=6)),  # it saw one fall
        unknown(LEASE_S, fell=0),  # it holds where it is
    ),
    "two ask at once": (two_at_once, given(1.6), given(1.6), given(1.5), given(1.0)),
}


def told() -> list[Any]:
    """Every story with every kind that can have it."""
    return [
        pytest.param(story, kind, cell, id=f"{name}, {kind}")
        for name, (story, *cells) in STORIES.items()
        for kind, cell in zip(KINDS, (cells[0], cells[1], cells[1], *cells[2:]), strict=True)
        if isinstance(cell, Ends)
    ]


@pytest.mark.parametrize("card", ["ticket", "pass"])
@pytest.mark.parametrize(("story", "kind", "ends"), told())
def test_a_story_comes_to_what_the_table_says(tmp_path: Path, story: Story, kind: str, ends: Ends, card: str) -> None:
    with dispenser_kiosk(tmp_path / "data", kind, card) as kiosk:
        story(kiosk)

        found = ending(kiosk)
        assert found == ends
        assert found.most_s <= ends.most_s + A_HAIR_S
        assert kiosk.lines_on() == []
        assert set(kiosk.turns()) == {kiosk.slot}
        kiosk.check()


def ending(kiosk: DispenserKiosk) -> Ends:
    """How it ended, read from ledger, cabinet and trace."""
    ((outcome, counted),) = kiosk.outcomes().items()
    stock = kiosk.shown_stock()
    return Ends(
        Outcome(outcome),
        kiosk.why,
        stock.count,
        stock.uncertain,
        kiosk.taken(),
        kiosk.fell(),
        stock.state,
        len(kiosk.turns()),
        counted,
        max(run.ended - run.began for run in kiosk.runs),
    )


# --- naloxone


def no_count(kiosk: DispenserKiosk) -> None:
    for slot in ("D1", "D2"):
        kiosk.ask(CountSlot(SlotId(slot), 0))


def open_the_door(kiosk: DispenserKiosk) -> None:
    kiosk.world.set_door(is_open=True)


def break_first(fault: Fault) -> Callable[[DispenserKiosk], None]:
    return lambda kiosk: kiosk.world.set_fault("D1", fault)


TROUBLES: dict[str, Callable[[DispenserKiosk], None]] = {
    "count 0": no_count,
    "no beam": lose_beam,
    "door open": open_the_door,
    **{f"first slot: {fault}": break_first(fault) for fault in (Fault.JAM, Fault.UNPLUGGED, Fault.NO_DROP, Fault.SLOW)},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_naloxone_comes_out_of_every_kind_whatever_is_the_matter(tmp_path: Path, kind: str, trouble: str) -> None:
    with dispenser_kiosk(tmp_path / "data", kind) as kiosk:
        TROUBLES[trouble](kiosk)
        kiosk.pass_time(1)

        assert kiosk.choose("naloxone") is None
        kiosk.pass_time(45)

        assert "naloxone" in kiosk.world.tray
        assert kiosk.lines_on() == []
