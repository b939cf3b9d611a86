"""The physics of a cabinet, a few lines each: coils turn, items fall, a beam breaks, a motor burns.

Time is an argument. Between two changes everything moves evenly, so the world computes when the next change comes
and jumps there: no step size, no error. It refuses nothing that a real cabinet would not refuse, and it burns
(``CabinetBurned``) when two motors run at once or one runs too long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

TURN_S = 1.6  # a coil's full turn; vends of 3-15 s in the field are this plus the machine's own pauses
FALL_S = 0.45  # falling 1 m: sqrt(2 h / g)
ITEM_IN_BEAM_S = 0.02  # 0.1 m of item at the speed it then has
SECOND_ITEM_S = 0.12  # how far a double drop lies apart
BURN_S = 12.0  # a little more than the longest lease

HOME_OPENS_DEG = 10.0
STUCK_DEG = 120.0
RELEASE_DEG = 300.0
HOME_CLOSES_DEG = 350.0
FULL_TURN_DEG = 360.0


class CabinetBurned(BaseException):
    """The software would have damaged the cabinet. No ``except Exception`` may swallow that."""


class Fault(StrEnum):
    """What can be wrong with a slot, on request."""

    NONE = "none"
    JAM = "jam"
    NO_DROP = "no_drop"
    THIN = "thin"
    DOUBLE = "double"
    STUCK_HOME = "stuck_home"
    SLOW = "slow"
    BEAM_BLOCKED = "beam_blocked"


@dataclass(slots=True)
class Coil:
    """One coil. *angle* in degrees from home; the item in front falls at ``RELEASE_DEG``."""

    items: int
    angle: float = 0.0
    motor: bool = False
    fault: Fault = Fault.NONE
    on_since: float = 0.0

    @property
    def is_at_home(self) -> bool:
        """What the home switch says."""
        return self.fault is Fault.STUCK_HOME or not HOME_OPENS_DEG <= self.angle < HOME_CLOSES_DEG

    @property
    def deg_per_s(self) -> float:
        """How fast the coil turns; a slow motor takes twice as long."""
        return FULL_TURN_DEG / TURN_S / (2 if self.fault is Fault.SLOW else 1)

    @property
    def next_mark(self) -> float | None:
        """The angle, beyond this one, at which something happens next; None when the coil is stuck."""
        marks = [HOME_OPENS_DEG, RELEASE_DEG, HOME_CLOSES_DEG, FULL_TURN_DEG]
        if self.fault is Fault.JAM:
            if self.angle == STUCK_DEG:
                return None
            marks.append(STUCK_DEG)
        return min(mark for mark in marks if mark > self.angle)


@dataclass(slots=True)
class World:
    """A cabinet's insides. *when* hears of every change: what, slot, and what is now the case."""

    coils: dict[str, Coil]
    when: Callable[[str, str | None, bool], None]
    names: dict[str, str] = field(default_factory=dict)
    now: float = 0.0
    door_is_open: bool = False
    tray: list[str] = field(default_factory=list)
    revision: int = 0  # rises with each change that an onlooker would see
    _beam_until: float = 0.0
    _falling: list[tuple[float, str, bool]] = field(default_factory=list)

    @property
    def beam_is_broken(self) -> bool:
        """What the drop sensor says."""
        blocked = any(coil.fault is Fault.BEAM_BLOCKED for coil in self.coils.values())
        return blocked or self.now < self._beam_until

    @property
    def falling(self) -> list[tuple[str, float]]:
        """What is in the air: slot, and when it reaches the tray."""
        return [(slot, at) for at, slot, _ in self._falling]

    @property
    def is_moving(self) -> bool:
        """Whether time matters: a motor is on or something falls."""
        return self.next_change() is not None

    def set_motor(self, slot: str, on: bool) -> None:
        """Give or take a motor's power. Raises ``CabinetBurned`` for a second motor."""
        coil = self.coils[slot]
        if coil.motor == on:
            return
        coil.motor, coil.on_since = on, self.now
        self.revision += 1
        self.when("motor_on" if on else "motor_off", slot, on)
        running = [name for name, other in self.coils.items() if other.motor]
        if len(running) > 1:
            raise CabinetBurned(f"motors of {' and '.join(running)} were on together")

    def set_fault(self, slot: str, fault: Fault) -> None:
        """Break a slot, or mend it."""
        coil, beam_was_broken, was_at_home = self.coils[slot], self.beam_is_broken, self.coils[slot].is_at_home
        coil.fault = fault
        self.revision += 1
        self._tell_home(slot, was_at_home)
        self._tell_beam(beam_was_broken, None)

    def set_angle(self, slot: str, angle: float) -> None:
        """Turn a coil by hand."""
        was_at_home = self.coils[slot].is_at_home
        self.coils[slot].angle = angle % FULL_TURN_DEG
        self.revision += 1
        self._tell_home(slot, was_at_home)

    def set_items(self, slot: str, items: int) -> None:
        """Put units into a coil, or take some out, by hand."""
        self.coils[slot].items = items
        self.revision += 1

    def empty_tray(self) -> None:
        """Take what lies in the tray."""
        self.tray.clear()
        self.revision += 1

    def set_door(self, is_open: bool) -> None:
        """Open or close the service door."""
        self.door_is_open = is_open
        self.revision += 1
        self.when("door", None, is_open)

    def break_beam(self, for_s: float) -> None:
        """Hold a hand into the tray."""
        before = self.beam_is_broken
        self._beam_until = max(self._beam_until, self.now + for_s)
        self._tell_beam(before, None)

    def next_change(self) -> float | None:
        """When something happens next if nobody interferes; None while everything rests."""
        return min(self._changes(), default=None)

    def advance(self, to: float) -> None:
        """Let time pass until *to*. Raises ``CabinetBurned`` for a motor that ran too long."""
        while (change := self.next_change()) is not None and change <= to:
            self._move(max(change, self.now))
        self._move(to)

    def _changes(self) -> Iterable[float]:
        for coil in self.coils.values():
            if coil.motor:
                yield coil.on_since + BURN_S
                if (mark := coil.next_mark) is not None:
                    yield self.now + (mark - coil.angle) / coil.deg_per_s
        yield from (at for at, _, _ in self._falling)
        if self.now < self._beam_until:
            yield self._beam_until

    def _move(self, to: float) -> None:
        passed, before = to - self.now, self.beam_is_broken
        self.now = to
        for slot, coil in self.coils.items():
            if coil.motor:
                self._turn(slot, coil, passed)
        self._fall(before)

    def _turn(self, slot: str, coil: Coil, passed: float) -> None:
        if self.now >= coil.on_since + BURN_S:
            raise CabinetBurned(f"the motor of {slot} was on for {BURN_S:g} s")
        mark = coil.next_mark
        if mark is None:
            return
        was_at_home = coil.is_at_home
        angle = coil.angle + passed * coil.deg_per_s
        # a hair of rounding must not leave the coil just short of the mark it was moved to
        has_reached = angle > mark - 1e-6
        coil.angle = (mark if has_reached else angle) % FULL_TURN_DEG
        if has_reached and coil.next_mark is None:
            self.revision += 1  # it stands still from now on, though its motor is on
        if has_reached and mark == RELEASE_DEG:
            self._release(slot, coil)
        self._tell_home(slot, was_at_home)

    def _release(self, slot: str, coil: Coil) -> None:
        count = {Fault.NO_DROP: 0, Fault.DOUBLE: 2}.get(coil.fault, 1)
        for n in range(min(count, coil.items)):
            coil.items -= 1
            self._falling.append((self.now + FALL_S + n * SECOND_ITEM_S, slot, coil.fault is Fault.THIN))
            self.revision += 1

    def _fall(self, beam_was_broken: bool) -> None:
        landed = [item for item in self._falling if item[0] <= self.now]
        self._falling = [item for item in self._falling if item[0] > self.now]
        for at, slot, is_thin in landed:
            self.tray.append(self.names.get(slot, slot))
            self.revision += 1
            if not is_thin:
                self._beam_until = max(self._beam_until, at + ITEM_IN_BEAM_S)
        self._tell_beam(beam_was_broken, landed[0][1] if landed else None)

    def _tell_home(self, slot: str, before: bool) -> None:
        if (is_at_home := self.coils[slot].is_at_home) != before:
            self.revision += 1
            self.when("home", slot, is_at_home)

    def _tell_beam(self, before: bool, slot: str | None) -> None:
        if self.beam_is_broken != before:
            self.revision += 1
            self.when("drop", slot, self.beam_is_broken)
