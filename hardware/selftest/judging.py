"""What one turn says of a dispenser: a list of judges; the first that has something to say decides. Nothing moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hardware.events import TurnResult
from hardware.plan import Limits
from hardware.selftest.examiner import Seen
from hardware.selftest.report import SLOW, Finding, Grade

SLOW_SHARE = 0.6  # of what a phase may last: later than that is soon too late; judgement

CAUGHT = "Take out what is caught. If the coil turns freely, its home switch does not close: mend it."
FLICKERS = "Keep sunlight and shaking parts out of the beam, and fasten the sensor."
UNSEEN = (
    "Clean and align the drop sensor. If its items miss the beam all the same, say so in kiosk.yaml: `thin: true` for "
    "the item, or `sensorless: true` for the slot."
)
SWITCH = "The motor runs and the switch stays closed: mend the home switch or its cable, or turn its active_low round."
DEAD = "The motor stands still: look at its plug, its driver, its pin, and the motors' supply with its emergency stop."
EITHER = f"If the coil turned: its home switch stays closed. If not: {DEAD[0].lower()}{DEAD[1:]}"
SWAPPED = "Compare the wires of motor and home switch with their pins in the configuration: two slots are swapped."
EMPTY = "Is the coil empty? Put a unit in front and try again; if one falls then, all is well."
DOUBLE = "Load it so that one unit lies in each winding, and the spiral has the size for this item."


@dataclass(frozen=True, slots=True)
class Case:
    """One turn as sensors and technician saw it; None: nobody looked. *may_miss*: its items may miss the beam."""

    slot: str
    seen: Seen
    turned: bool | None = None
    counted: int | None = None
    may_miss: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def fell(self) -> int | None:
        """How many units lie in the tray because of it; None if nobody can say."""
        if self.counted is not None:
            return self.counted + self.seen.drops_before
        is_unseen = self.seen.is_blind or self.may_miss
        return None if is_unseen and self.seen.result not in AT_REST else self.seen.drops + self.seen.drops_before

    def found(self, grade: Grade, why: str = "", remedy: str = "") -> Finding:
        """A finding, with the sensors' figures behind the reason."""
        words = "; ".join(part for part in (why, figures(self.seen)) if part)
        return Finding(self.slot, grade, words, remedy, self.seen, self.fell)


AT_REST = (TurnResult.NOT_STARTED, TurnResult.NEVER_LEFT, TurnResult.CUT_AT_HOME)
CUT = (TurnResult.CUT_AT_HOME, TurnResult.CUT_AWAY)

Judge = Callable[[Case], Finding | None]


def judged(case: Case) -> Finding:
    """What is to be said of the case."""
    found = (judge(case) for judge in JUDGES)
    return next((finding for finding in found if finding), case.found(Grade.OK))


def figures(seen: Seen) -> str:
    """What the sensors saw, in words."""
    parts = ["stood off home and was brought home first"] if seen.was_off_home else []
    parts += [f"left home after {seen.left_s:.2f} s"] if seen.left_s is not None else []
    parts += [f"home after {seen.home_s:.2f} s"] if seen.home_s is not None else []
    parts += ["ran its time"] if seen.result is TurnResult.RAN else []
    parts += [f"drop after {seen.drop_s:.2f} s"] if seen.drop_s is not None else []
    return ", ".join(parts)


def was_cut(case: Case) -> Finding | None:
    """It was stopped before it was over."""
    if case.seen.result not in CUT:
        return None
    if case.seen.door_opened:
        return case.found(Grade.FAIL, "stopped, since the door was opened", "Try it again; open the door beforehand.")
    return case.found(Grade.FAIL, "stopped half-way", "The computer was held up: end what keeps it busy, try again.")


def did_not_start(case: Case) -> Finding | None:
    """No motor went on."""
    is_so = case.seen.result is TurnResult.NOT_STARTED
    return case.found(Grade.FAIL, "no motor answers", DEAD) if is_so else None


def never_left(case: Case) -> Finding | None:
    """Its home switch did not open."""
    if case.seen.result is not TurnResult.NEVER_LEFT:
        return None
    why = f"the home switch did not open within {case.limits.leave_home_s:g} s"
    return case.found(Grade.FAIL, why, {True: SWITCH, False: DEAD, None: EITHER}[case.turned])


def jammed(case: Case) -> Finding | None:
    """It did not come home."""
    if case.seen.result is not TurnResult.JAMMED:
        return None
    return case.found(Grade.FAIL, f"not home again within {case.limits.come_home_s:g} s", CAUGHT)


def another_turned(case: Case) -> Finding | None:
    """The technician saw something else turn, or nothing."""
    return case.found(Grade.FAIL, f"{case.slot} was driven and did not turn", SWAPPED) if case.turned is False else None


def drop_unseen(case: Case) -> Finding | None:
    """Something fell past the drop sensor."""
    is_so = case.counted and not case.seen.drops and not case.seen.is_blind and not case.may_miss
    return case.found(Grade.FAIL, "a unit fell that the drop sensor did not see", UNSEEN) if is_so else None


def drop_imagined(case: Case) -> Finding | None:
    """The drop sensor saw what did not fall."""
    is_so = case.counted == 0 and case.seen.drops
    return case.found(Grade.FAIL, "the drop sensor saw a drop, and nothing fell", FLICKERS) if is_so else None


def nothing_fell(case: Case) -> Finding | None:
    """It turned for nothing."""
    is_known = case.counted == 0 or not (case.seen.drops or case.seen.is_blind or case.may_miss or case.counted)
    return case.found(Grade.WARN, "nothing fell", EMPTY) if is_known else None


def several_fell(case: Case) -> Finding | None:
    """One turn gave more than one unit."""
    units = case.seen.drops if case.counted is None else case.counted
    return case.found(Grade.WARN, f"{units} units fell in one turn", DOUBLE) if units > 1 else None


def near_its_limit(case: Case) -> Finding | None:
    """It will soon be too slow."""
    seen, limits = case.seen, case.limits
    leaves_late = seen.left_s is not None and seen.left_s > SLOW_SHARE * limits.leave_home_s
    is_late = seen.home_s is not None and seen.home_s > SLOW_SHARE * (limits.leave_home_s + limits.come_home_s)
    return case.found(Grade.WARN, "slow", SLOW) if leaves_late or is_late else None


JUDGES: tuple[Judge, ...] = (
    was_cut,
    did_not_start,
    never_left,
    jammed,
    another_turned,
    drop_unseen,
    drop_imagined,
    nothing_fell,
    several_fell,
    near_its_limit,
)
