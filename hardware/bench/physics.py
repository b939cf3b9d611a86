"""The physics of a cabinet, a few lines each: dispensers move, items fall, a beam breaks, a motor burns.

Time is an argument. Between two changes everything moves evenly, so the world computes when the next change comes
and jumps there: no step size, no error. It refuses nothing that a real cabinet would not refuse, and it burns
(``CabinetBurned``) when two motors run at once or one runs too long.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

TURN_S = 1.6  # a coil's full turn; vends of 3-15 s in the field are this plus the machine's own pauses
FALL_S = 0.45  # falling 1 m: sqrt(2 h / g)
ITEM_IN_BEAM_S = 0.02  # 0.1 m of item at the speed it then has
SECOND_ITEM_S = 0.12  # how far a double drop lies apart
BURN_S = 12.0  # a little more than the longest lease
ONE_SHOT_S = 0.5  # how long the motors' supply outlasts its last pulse, where it needs any

STICKS_AT = 1 / 3  # of its way, when it jams

HOME_OPENS_DEG = 10.0
RELEASE_DEG = 300.0
HOME_CLOSES_DEG = 350.0
FULL_TURN_DEG = 360.0

SWINGS_IN = 0.8  # of the time that the driver gives a servo: it waits longer than the arm needs
SERVO_TAKES = 0.95  # of its way out: a hobby servo comes to within a degree or two of where it is told to be
SERVO_RELEASES = 1 / 2  # of its way back

A_HAIR_DEG = 1e-6  # of rounding must not leave a dispenser just short of the mark it was moved to


class CabinetBurned(BaseException):
    """The software would have damaged the cabinet. No ``except Exception`` may swallow that."""


class Fault(StrEnum):
    """What can be wrong with a slot, on request."""

    NONE = "none"
    JAM = "jam"
    NO_DROP = "no_drop"
    HANG = "hang"
    THIN = "thin"
    DOUBLE = "double"
    STUCK_HOME = "stuck_home"
    STUCK_OPEN = "stuck_open"
    SLOW = "slow"
    UNPLUGGED = "unplugged"
    BEAM_BLOCKED = "beam_blocked"


OF_A_SWITCH = frozenset({Fault.STUCK_HOME, Fault.STUCK_OPEN})  # only where there is a home switch


@dataclass(slots=True)
class Coil:
    """One coil. *angle* in degrees from home; the item in front falls at ``RELEASE_DEG``.

    A pusher is one without a home switch: it pushes out an item each *turn_s* that it runs.
    """

    items: int
    turn_s: float = TURN_S
    has_switch: bool = True
    sticks_at: float = STICKS_AT
    angle: float = 0.0
    motor: bool = False
    fault: Fault = Fault.NONE
    on_since: float = 0.0
    hangs: bool = False  # an item that was let go and has not fallen

    @property
    def is_at_home(self) -> bool:
        """What the home switch says."""
        if not self.has_switch or self.fault in OF_A_SWITCH:
            return self.fault is Fault.STUCK_HOME
        return not HOME_OPENS_DEG <= self.angle < HOME_CLOSES_DEG

    @property
    def deg_per_s(self) -> float:
        """How fast it turns; a slow motor takes twice as long."""
        return FULL_TURN_DEG / self.turn_s / (2 if self.fault is Fault.SLOW else 1)

    @property
    def next_mark(self) -> float | None:
        """The angle, beyond this one, at which something happens next; None when it cannot move."""
        marks = [HOME_OPENS_DEG, RELEASE_DEG, HOME_CLOSES_DEG, FULL_TURN_DEG]
        if self.fault is Fault.JAM:
            marks.append(self.sticks_at * FULL_TURN_DEG)
        if self.fault is Fault.UNPLUGGED or (self.fault is Fault.JAM and self.angle == marks[-1]):
            return None
        return min(mark for mark in marks if mark > self.angle)

    def move(self, passed: float) -> bool:
        """Turn for so long, to the next mark at most; whether it lets go of an item there."""
        mark = self.next_mark
        if mark is None:
            return False
        angle = self.angle + passed * self.deg_per_s
        has_reached = angle > mark - A_HAIR_DEG
        self.angle = (mark if has_reached else angle) % FULL_TURN_DEG
        return has_reached and mark == RELEASE_DEG


@dataclass(slots=True)
class Servo:
    """An arm that swings to *target* while it gets pulses and is limp without. Degrees from its rest.

    Out at *give_deg* it takes an item along, which falls when it has come ``SERVO_RELEASES`` of the way back.
    """

    items: int
    give_deg: float
    swing_s: float
    sticks_at: float = STICKS_AT
    has_switch: ClassVar[bool] = False
    is_at_home: ClassVar[bool] = False
    angle: float = 0.0
    target: float = 0.0
    has_taken: bool = False
    motor: bool = False
    fault: Fault = Fault.NONE
    on_since: float = 0.0
    hangs: bool = False

    @property
    def deg_per_s(self) -> float:
        """How fast it swings, below 0 on its way back; a slow one takes twice as long."""
        speed = self.give_deg / (self.swing_s * SWINGS_IN) / (2 if self.fault is Fault.SLOW else 1)
        return speed if self.target > self.angle else -speed

    @property
    def next_mark(self) -> float | None:
        """The angle on its way at which something happens next; None when it does not move."""
        goes_out, sticks_at = self.target > self.angle, self.give_deg * self.sticks_at
        is_stuck = self.fault is Fault.JAM and goes_out and self.angle == sticks_at
        if self.angle == self.target or is_stuck or self.fault is Fault.UNPLUGGED:
            return None
        marks = [self.target, self.give_deg * SERVO_TAKES, self._releases_at]
        if self.fault is Fault.JAM:
            marks.append(sticks_at)
        if goes_out:
            return min(mark for mark in marks if mark > self.angle)
        return max(mark for mark in marks if mark < self.angle)

    @property
    def _releases_at(self) -> float:
        return self.give_deg * SERVO_RELEASES

    def move(self, passed: float) -> bool:
        """Swing for so long, to the next mark at most; whether it lets go of an item there."""
        mark = self.next_mark
        if mark is None:
            return False
        self.has_taken |= self.angle >= self.give_deg * SERVO_TAKES
        goes_back, angle = self.target < self.angle, self.angle + passed * self.deg_per_s
        has_reached = angle < mark + A_HAIR_DEG if goes_back else angle > mark - A_HAIR_DEG
        self.angle = mark if has_reached else angle
        lets_go = self.has_taken and goes_back and has_reached and mark == self._releases_at
        self.has_taken &= not lets_go
        return lets_go


Dispenser = Coil | Servo


@dataclass(slots=True)
class World:
    """A cabinet's insides. *when* hears of every change: what, slot, and what is now the case."""

    coils: dict[str, Dispenser]
    when: Callable[[str, str | None, bool], None]
    names: dict[str, str] = field(default_factory=dict)
    now: float = 0.0
    door_is_open: bool = False
    tray: list[str] = field(default_factory=list)
    revision: int = 0  # rises with each change that an onlooker would see
    supply_until: float = math.inf  # when the motors lose their supply; for ever, where it needs no pulses
    _beam_until: float = 0.0
    _falling: list[tuple[float, str, bool]] = field(default_factory=list)
    _running: dict[str, Dispenser] = field(default_factory=dict)
    _blocking: set[str] = field(default_factory=set)

    @property
    def beam_is_broken(self) -> bool:
        """What the drop sensor says."""
        return bool(self._blocking) or self.now < self._beam_until

    @property
    def falling(self) -> list[tuple[str, float]]:
        """What is in the air: slot, and when it reaches the tray."""
        return [(slot, at) for at, slot, _ in self._falling]

    @property
    def is_moving(self) -> bool:
        """Whether time matters: a motor is on or something falls."""
        return self.next_change() is not None

    @property
    def running(self) -> list[str]:
        """The slots whose motors are switched on."""
        return list(self._running)

    @property
    def has_supply(self) -> bool:
        """Whether a motor that is switched on has power."""
        return self.now < self.supply_until

    def pulse(self) -> None:
        """Let the one-shot of the motors' supply hear a pulse."""
        if not self.has_supply:
            for coil in self._running.values():
                coil.on_since = self.now
        self.supply_until = self.now + ONE_SHOT_S

    def set_motor(self, slot: str, on: bool) -> None:
        """Give or take a motor's power. Raises ``CabinetBurned`` for a second motor."""
        coil = self.coils[slot]
        if coil.motor == on:
            return
        coil.motor, coil.on_since = on, self.now
        self._running = {name: other for name, other in self.coils.items() if other.motor}
        self.revision += 1
        self.when("motor_on" if on else "motor_off", slot, on)
        if len(self._running) > 1:
            raise CabinetBurned(f"motors of {' and '.join(self._running)} were on together")
        self._shake(slot, coil)

    def aim(self, slot: str, target: float | None) -> None:
        """Let a servo's pulses say so many degrees from its rest; None: they cease. Raises ``CabinetBurned``."""
        servo = self.coils[slot]
        assert isinstance(servo, Servo)
        if target is not None and target != servo.target:
            servo.target = target
            self.revision += 1
        self.set_motor(slot, target is not None)
        self._shake(slot, servo)

    def set_fault(self, slot: str, fault: Fault) -> None:
        """Break a slot, or mend it. Raises ``ValueError`` for what its kind cannot have."""
        coil, beam_was_broken, was_at_home = self.coils[slot], self.beam_is_broken, self.coils[slot].is_at_home
        if fault in OF_A_SWITCH and not coil.has_switch:
            raise ValueError(f"slot {slot} has no home switch that could be stuck")
        coil.fault = fault
        self._blocking = {name for name, other in self.coils.items() if other.fault is Fault.BEAM_BLOCKED}
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
        """Put units into a coil, or take some out, by hand: whatever hung there does no longer."""
        self.coils[slot].items, self.coils[slot].hangs = items, False
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
        for coil in self._running.values() if self.has_supply else ():
            yield min(coil.on_since + BURN_S, self.supply_until)
            if (mark := coil.next_mark) is not None:
                yield self.now + (mark - coil.angle) / coil.deg_per_s
        yield from (at for at, _, _ in self._falling)
        if self.now < self._beam_until:
            yield self._beam_until

    def _move(self, to: float) -> None:
        passed, before, had_supply = to - self.now, self.beam_is_broken, self.has_supply
        self.now = to
        for slot, coil in self._running.items() if had_supply else ():
            self._turn(slot, coil, passed)
        self._fall(before)

    def _turn(self, slot: str, coil: Dispenser, passed: float) -> None:
        if self.now >= coil.on_since + BURN_S:
            raise CabinetBurned(f"the motor of {slot} was on for {BURN_S:g} s")
        angle, was_at_home = coil.angle, coil.is_at_home
        lets_go = coil.move(passed)
        if coil.next_mark is None and coil.angle != angle:
            self.revision += 1  # it stands still from now on, though its motor is on
        if lets_go:
            self._release(slot, coil)
        self._tell_home(slot, was_at_home)

    def _release(self, slot: str, coil: Dispenser) -> None:
        if coil.fault is Fault.HANG:
            coil.hangs = coil.items > 0
            self.revision += 1
        else:
            self._let_fall(slot, coil, {Fault.NO_DROP: 0, Fault.DOUBLE: 2}.get(coil.fault, 1))

    def _shake(self, slot: str, coil: Dispenser) -> None:
        """Any motion lets fall what hangs."""
        if coil.hangs and coil.motor and coil.next_mark is not None and coil.fault is not Fault.NO_DROP:
            coil.hangs = False
            self._let_fall(slot, coil, 1)

    def _let_fall(self, slot: str, coil: Dispenser, count: int) -> None:
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
