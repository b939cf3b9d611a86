"""The round through a cabinet's parts: door, drop sensor, level sensors, then each dispenser. One finding a part.

It moves and asks; what a turn says is judged in ``judging.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial

from hardware.cabinet import Cabinet
from hardware.events import TurnResult
from hardware.plan import CabinetPlan, DispenserPlan
from hardware.selftest.examiner import Examiner, Seen
from hardware.selftest.judging import Case, judged
from hardware.selftest.report import Finding, Grade
from hardware.selftest.technician import Act, Technician

DOOR, BEAM = "door", "drop-sensor"

WIRES = "look at its plug and cable, its pin and its active_low"
STUCK_DOOR = f"Bring magnet and switch together; {WIRES}."
BLIND_BEAM = f"Clean and align both ends, keep sunlight out; {WIRES}."
WRONG_LEVEL = f"Look at where the sensor sits beside the coil; {WIRES}."
NO_PIN = "Check its pin and its wiring, and that no other program uses it."


class UnknownPart(Exception):
    """A part was named that this cabinet does not have."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How it is tried. *only*: these parts, or all; *may_miss*: slots whose items may miss the beam."""

    only: frozenset[str] = frozenset()
    may_miss: frozenset[str] = frozenset()
    drop_window_s: float = 3.0  # as in a vend: after the motor stopped; judgement
    patience_s: float = 30.0  # to walk to the door and back; judgement


class Tour:
    """One round. *turning* is the slot whose turn has begun and is not judged yet."""

    def __init__(
        self, plan: CabinetPlan, cabinet: Cabinet, examiner: Examiner, technician: Technician, terms: Terms
    ) -> None:
        """Raises ``UnknownPart``; nothing has moved then."""
        self._plan, self._cabinet, self._examiner = plan, cabinet, examiner
        self._technician, self._terms = technician, terms
        self.turning = ""
        refuse_unknown(plan, terms.only)

    def findings(self) -> Iterator[Finding]:
        """Try one part after the other. Raises ``Stopped`` and ``MotorStuckOn``."""
        if self._plan.door and self._is_wanted(DOOR):
            yield self._try_door()
        if self._plan.drop_sensor and self._is_wanted(BEAM):
            yield self._try_beam()
        for dispenser in self._plan.dispensers:
            if dispenser.level and self._is_wanted(dispenser.slot):
                yield self._try_level(dispenser)
        for dispenser in self._plan.dispensers:
            if self._is_wanted(dispenser.slot):
                yield self._try_dispenser(dispenser)
                self.turning = ""

    def _is_wanted(self, part: str) -> bool:
        return not self._terms.only or part in self._terms.only

    # --- switches and sensors

    def _try_door(self) -> Finding:
        if fault := self._cabinet.faults.get("door switch"):
            return Finding(DOOR, Grade.FAIL, fault, NO_PIN)
        for act, is_open, state in ((Act.OPEN_DOOR, True, "open"), (Act.CLOSE_DOOR, False, "closed")):
            if not self._technician.is_asked_to(act):
                return Finding(DOOR, Grade.OK, f"reads {_door(self._examiner.door_is_open)}; nobody moved it")
            if not self._sees(partial(self._reads_door, is_open)):
                return Finding(DOOR, Grade.FAIL, f"the switch did not read {state}", STUCK_DOOR)
        return Finding(DOOR, Grade.OK, "read open, then closed")

    def _try_beam(self) -> Finding:
        if fault := self._cabinet.faults.get("drop sensor"):
            return Finding(BEAM, Grade.FAIL, fault, NO_PIN)
        self._examiner.catch_up()
        if self._examiner.beam_is_broken:
            return Finding(BEAM, Grade.FAIL, "reads broken, with nothing moving", BLIND_BEAM)
        before = self._examiner.breaks
        if not self._technician.is_asked_to(Act.CROSS_BEAM):
            return Finding(BEAM, Grade.OK, "reads whole; nobody broke it")
        if not self._sees(lambda: self._examiner.breaks > before):
            return Finding(BEAM, Grade.FAIL, "did not see the hand", BLIND_BEAM)
        if not self._sees(lambda: not self._examiner.beam_is_broken):
            return Finding(BEAM, Grade.FAIL, "stayed broken after the hand", BLIND_BEAM)
        return Finding(BEAM, Grade.OK, "saw the hand come and go")

    def _try_level(self, plan: DispenserPlan) -> Finding:
        part, level = f"level of {plan.slot}", plan.level
        assert level
        if fault := self._cabinet.faults.get(f"level sensor of {plan.slot}"):
            return Finding(part, Grade.FAIL, fault, NO_PIN)
        reads_low = plan.slot in self._cabinet.low
        says = f"sees {'' if reads_low else 'more than '}{level.at} units{' or fewer' if reads_low else ''}"
        is_low = self._technician.agrees(f"Do {level.at} units or fewer stand in {plan.slot}?", reads_low)
        if is_low is not None and is_low is not reads_low:
            return Finding(part, Grade.FAIL, f"{says}, and that is not so", WRONG_LEVEL)
        return Finding(part, Grade.OK, says)

    def _reads_door(self, is_open: bool) -> bool:
        return self._examiner.door_is_open is is_open

    def _sees(self, is_so: Callable[[], bool]) -> bool:
        return self._examiner.wait_for(is_so, self._terms.patience_s)

    # --- dispensers

    def _try_dispenser(self, plan: DispenserPlan) -> Finding:
        slot = plan.slot
        if slot not in self._cabinet.slots:
            return Finding(slot, Grade.FAIL, "cannot be driven", self._why_missing(slot))
        if self._technician.agrees(f"Turn {slot} now? Keep your hands out of the cabinet.", True) is False:
            return Finding(slot, Grade.WARN, "not tried", f"Try it: --only {slot}")
        self.turning = slot
        seen = self._turned(slot)
        return judged(self._case(slot, seen))

    def _turned(self, slot: str) -> Seen:
        seen = self._examiner.turn(slot, self._terms.drop_window_s)
        if seen.result is not TurnResult.HOMED:
            return seen
        # it only came home: a full turn is what proves it
        again = self._examiner.turn(slot, self._terms.drop_window_s)
        return replace(again, was_off_home=True, drops_before=seen.drops)

    def _case(self, slot: str, seen: Seen) -> Case:
        if seen.result is TurnResult.NOT_STARTED:
            return Case(slot, seen)
        turned = self._technician.agrees(
            f"Did {slot} turn, and nothing else?", seen.result is not TurnResult.NEVER_LEFT
        )
        counted = self._technician.counts("How many units fell in its last turn?", seen.drops)
        return Case(slot, seen, turned, counted, slot in self._terms.may_miss, self._plan.limits)

    def _why_missing(self, slot: str) -> str:
        faults = self._cabinet.faults
        return next((faults[name] for name in (f"slot {slot}", "matrix", "motor supply") if name in faults), NO_PIN)


def refuse_unknown(plan: CabinetPlan, only: Collection[str]) -> None:
    """Raise ``UnknownPart`` for a part that the cabinet does not have."""
    known = [*([DOOR] if plan.door else []), *([BEAM] if plan.drop_sensor else []), *(d.slot for d in plan.dispensers)]
    if unknown := [part for part in only if part not in known]:
        raise UnknownPart(f"there is no part {', '.join(sorted(unknown))}; the parts are {', '.join(known)}")


def _door(is_open: bool) -> str:
    return "open" if is_open else "closed"
