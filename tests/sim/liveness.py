"""Naloxone comes out: whoever asks for it gets it within ``PATIENCE_S``, unless one of these reasons holds it back.

Each reason is a function; a new rule that may hold naloxone back gets one here, or the simulation says so.
A power cut, a stop, a hand in the beam, an opened door or a new fault on the way end a wish: ``Stage.disturb``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardware.bench.physics import Dispenser, Fault
from kiosk.core.values import Refusal, SlotState
from tests.sim.truth import ITEMS

if TYPE_CHECKING:
    from tests.sim.stage import Stage

NALOXONE_SLOTS = tuple(slot for slot, item in ITEMS.items() if item == "naloxone")
# somebody's kit in two tries of 8 s, then each coil of naloxone: brought home in 5 s, turned in 5 s, waited for 3 s
PATIENCE_S = 50.0
WORKING = frozenset({Fault.NONE, Fault.SLOW, Fault.DOUBLE, Fault.THIN, Fault.STUCK_OPEN, Fault.BEAM_BLOCKED})
# the home switch tells: the next slot is tried
NEVER_HOME = frozenset({Fault.JAM, Fault.STUCK_HOME, Fault.STUCK_OPEN, Fault.UNPLUGGED})
COOLDOWN_S = 20.0


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody asked for naloxone, and nothing held it back."""

    at: float


def it_is_in_no_working_coil(stage: Stage) -> bool:
    """Of those whose front lot nobody has recalled."""
    held = {slot.slot for slot in stage.kiosk.controller.board.snapshot.stock if slot.state is SlotState.RECALLED}
    slots = [slot for slot in NALOXONE_SLOTS if not (slot in held and stage.recalled)]
    return not any(gives(stage.world.coils[slot]) for slot in slots)


def it_is_just_coming(stage: Stage) -> bool:
    vend = stage.kiosk.controller.situation.vend
    return vend is not None and vend.plan.item == "naloxone"


def a_technician_tests_a_slot(stage: Stage) -> bool:
    visit = stage.kiosk.controller.situation.visit
    return visit is not None and visit.is_test


def a_coil_that_gives_nothing_cannot_be_told_from_one_that_does(stage: Stage) -> bool:
    """With the beam broken, coming home is all that is seen: an empty coil that comes home ends the visit."""
    return stage.world.beam_is_broken and any(_comes_home_with_nothing(coil) for coil in _coils(stage))


HOLDS: tuple[Callable[[Stage], bool], ...] = (
    it_is_in_no_working_coil,
    it_is_just_coming,
    a_technician_tests_a_slot,
    a_coil_that_gives_nothing_cannot_be_told_from_one_that_does,
)


def one_came_just_now(stage: Stage) -> bool:
    return stage.now - stage.onlooker.stopped_at <= COOLDOWN_S + 5


def the_last_ones_are_kept(stage: Stage) -> bool:
    stock = [slot for slot in stage.kiosk.controller.board.snapshot.stock if slot.item == "naloxone"]
    return 0 < sum(slot.count + slot.uncertain for slot in stock if slot.state is SlotState.OK) <= 2


# the words with which a limit may answer a touch, and what must be the case then
LIMITS: dict[Refusal, Callable[[Stage], bool]] = {
    Refusal.COOLDOWN: one_came_just_now,
    Refusal.RESERVED: the_last_ones_are_kept,
}


def what_holds_naloxone_back(stage: Stage) -> str | None:
    """The first reason in plain words; None: it must come."""
    return next((hold.__name__.replace("_", " ") for hold in HOLDS if hold(stage)), None)


def legitimately(refusal: Refusal, stage: Stage, *, reserve: bool) -> bool:
    """Whether a limit may give that answer now; *reserve*: it was touched on the overdose page."""
    return refusal in LIMITS and not (reserve and refusal is Refusal.RESERVED) and LIMITS[refusal](stage)


def gives(coil: Dispenser) -> bool:
    """Whether a turn of this coil lets something fall."""
    return coil.items > 0 and coil.fault in WORKING


def _comes_home_with_nothing(coil: Dispenser) -> bool:
    return not gives(coil) and coil.fault not in NEVER_HOME


def _coils(stage: Stage) -> list[Dispenser]:
    return [stage.world.coils[slot] for slot in NALOXONE_SLOTS]
