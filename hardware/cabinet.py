"""The cabinet: all dispensers and sensors, one turn at a time. It carries out and senses; it decides nothing.

All methods belong to the owner thread, except ``cut`` which the lease timer calls.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from functools import partial
from typing import TypeVar, assert_never

from gpiozero import DigitalInputDevice
from gpiozero.pins import Factory

from hardware.coil import Clock, Post, open_input
from hardware.dispenser import Course, Dispenser, DispenserFailed, MotorStuckOn
from hardware.events import (
    BeamBroken,
    BeamCleared,
    BeamMoved,
    CabinetEvent,
    DoorClosed,
    DoorMoved,
    DoorOpened,
    HomeMoved,
    LeaseExpired,
    Motion,
    Signal,
    TurnEnded,
    TurnResult,
)
from hardware.kinds import openers
from hardware.lease import Timers
from hardware.plan import CabinetPlan, DispenserPlan, InputPlan
from hardware.supply import Pulse, supplied

Device = TypeVar("Device")

log = logging.getLogger(__name__)


class TurnRunning(RuntimeError):
    """A second dispenser was ordered on while one is turning. The order is refused."""


class Cabinet:
    """Owns every pin. Construction switches no motor on; ``close()`` leaves all of them off."""

    def __init__(self, plan: CabinetPlan, pins: Factory, post: Post, clock: Clock, timers: Timers) -> None:
        # from the first pulse on: the motor goes on no sooner than the supply is up
        rise_s = plan.supply.rise_s if plan.supply else 0.0
        self._lease_s, self._earliest_drop_s = plan.limits.lease_s + rise_s, plan.limits.earliest_drop_s + rise_s
        self._post = post
        self._timers = timers
        self.faults: dict[str, str] = {}  # what cannot be used: why, and what to do
        # first of all: without pulses no motor has power, whatever the level that its pin has kept
        self._pulse = self._open("motor supply", partial(Pulse, plan.supply, pins)) if plan.supply else None
        self._has_supply = plan.supply is None or self._pulse is not None
        current = plan.matrix.presence if plan.matrix else None
        presence = partial(self._open_sensor, "sensor of current", current, pins)
        opened = [each for kind in openers(plan, pins, post, clock, presence) for each in self._open(*kind) or ()]
        if self._pulse and plan.supply:
            opened = supplied(opened, self._pulse, plan.supply)
        self._dispensers: dict[str, Dispenser] = {each.slot: each for each in opened}
        self._has_door = plan.door is not None
        self._beam = self._open_sensor("drop sensor", plan.drop_sensor, pins)
        self._door = self._open_sensor("door switch", plan.door, pins)
        if self._beam:
            self._beam.when_activated = lambda: post(BeamMoved(True, clock()))
            self._beam.when_deactivated = lambda: post(BeamMoved(False, clock()))
        if self._door:
            self._door.when_activated = lambda: post(DoorMoved(False, clock()))
            self._door.when_deactivated = lambda: post(DoorMoved(True, clock()))
        levels = {c.slot: self._open_sensor(f"level sensor of {c.slot}", _level(c), pins) for c in plan.dispensers}
        self._levels = {slot: sensor for slot, sensor in levels.items() if sensor}
        self._turning: tuple[Dispenser, Course] | None = None
        self._began = -math.inf  # when a motor last went on
        self._turn_number = 0  # a lease that ran out late must not end a later turn
        self._cancel_lease: Callable[[], None] | None = None

    @property
    def has_beam(self) -> bool:
        """Whether there is a drop sensor that can be read."""
        return self._beam is not None

    @property
    def slots(self) -> frozenset[str]:
        """The slots that can be driven."""
        return frozenset(self._dispensers) if self._has_supply else frozenset()

    @property
    def levels(self) -> frozenset[str]:
        """The slots whose level sensors can be read."""
        return frozenset(self._levels)

    @property
    def low(self) -> frozenset[str]:
        """The slots that their level sensors see low, by level: read them when nothing has just fallen."""
        return frozenset(slot for slot, sensor in self._levels.items() if sensor.is_active)

    @property
    def deadline(self) -> float | None:
        """When ``expire`` wants to be called; None while nothing turns."""
        return self._turning[1].deadline if self._turning else None

    @property
    def is_turning(self) -> bool:
        """Whether a motor is on."""
        return self._turning is not None

    def sense(self) -> list[CabinetEvent]:
        """Report door and beam as they stand; pins fire no event for the level they start with."""
        events: list[CabinetEvent] = []
        if self._beam:
            events.append(BeamBroken(False) if self._beam.is_active else BeamCleared())
        if self._has_door:  # a switch that cannot be read counts as an open door
            events.append(DoorClosed() if self._door and self._door.is_active else DoorOpened())
        return events

    def start_turn(self, slot: str, now: float, motion: Motion = Motion.TURN) -> list[CabinetEvent]:
        """Switch the slot's motor on under a lease, for a turn or a nudge.

        Raises ``TurnRunning`` and ``MotorStuckOn``. A motor that is off and stays off ends its turn at once as
        ``NOT_STARTED``.
        """
        if self._turning:
            raise TurnRunning(f"slot {slot} was ordered on while {self._turning[0].slot} is turning")
        dispenser = self._dispensers[slot]
        self._began = now
        course = dispenser.begin(motion, now)
        try:
            # the lease comes first: without one the motor stays off
            self._turn_number += 1
            expire = partial(self._expire_lease, slot, self._turn_number)
            self._cancel_lease = self._timers.call_after(self._lease_s, expire)
            self._turning = dispenser, course
            dispenser.switch_on()
        except (DispenserFailed, RuntimeError) as error:
            log.warning("slot %s was not started: %s", slot, error)
            self._forget_turn()
            return [TurnEnded(slot, TurnResult.NOT_STARTED)]
        return []

    def feel(self, signal: Signal) -> list[CabinetEvent]:
        """Take in one signal; what it means comes back as events."""
        match signal:
            case HomeMoved(slot, at_home, at):
                return self._feel_home(slot, at_home, at)
            case BeamMoved(broken, at):
                return [BeamBroken(self._could_drop(at)) if broken else BeamCleared()]
            case DoorMoved(is_open):
                return [DoorOpened() if is_open else DoorClosed()]
            case LeaseExpired(slot, turn):
                return self._feel_expired_lease(slot, turn)
            case _:
                assert_never(signal)

    def expire(self, now: float) -> list[CabinetEvent]:
        """End the turn, or its phase, whose time is over."""
        if self._turning is None:
            return []
        dispenser, course = self._turning
        course.expire(dispenser.is_at_home, now)
        if course.result is None:
            self._follow(dispenser, course)
        return self._ended()

    def stop_motors(self) -> list[CabinetEvent]:
        """Switch every motor off; a running turn ends as cut."""
        self.cut()
        if self._turning:
            self._turning[1].cut()
        return self._ended()

    def cut(self) -> None:
        """Take every motor's power, whatever else is going on, even if a pin refuses. Any thread."""
        turning = self._turning
        first = [turning[0]] if turning else []  # before a pin that never answers could hold this up
        for motor in {id(each.motor): each.motor for each in (*first, *self._dispensers.values())}.values():
            try:
                motor.off()
            except MotorStuckOn:
                log.exception("cut the motors' supply")

    def close(self) -> None:
        """Switch all motors off and give the pins back; may be called twice."""
        self._forget_turn()
        for device in (*self._dispensers.values(), *self._levels.values(), self._beam, self._door, self._pulse):
            if device:
                self._close(device)

    def _open(self, what: str, opener: Callable[[], Device]) -> Device | None:
        try:
            return opener()
        except Exception as error:  # lgpio raises kinds of its own; one dead pin must not take the others along
            log.exception("%s cannot be used", what)
            self.faults[what] = f"{error}; check its pin in kiosk.yaml and its wiring, then restart"
            return None

    def _close(self, device: Dispenser | DigitalInputDevice | Pulse) -> None:
        try:
            device.close()
        except Exception:  # as in _open: the others must be given back all the same
            log.exception("a pin could not be given back")

    def _open_sensor(self, what: str, plan: InputPlan | None, pins: Factory) -> DigitalInputDevice | None:
        return self._open(what, partial(open_input, plan, pins)) if plan else None

    def _could_drop(self, at: float) -> bool:
        """Whether it may be an item of the last coil that was driven; core knows whether a drop window is open.

        As a turn begins it is what the last coil let go, or a hand, even if this turn has brought its coil home by now.
        """
        is_too_soon = self._began <= at < self._began + self._earliest_drop_s
        return not is_too_soon and (self._turning is None or (at > self._began and self._turning[1].can_drop))

    def _feel_home(self, slot: str, at_home: bool, at: float) -> list[CabinetEvent]:
        if self._turning is None or self._turning[0].slot != slot:
            return []  # a coil turned by hand, or a switch that chatters at rest
        self._turning[1].feel(at_home, at)
        return self._ended()

    def _feel_expired_lease(self, slot: str, turn: int) -> list[CabinetEvent]:
        if self._turning is None or turn != self._turn_number:
            return []
        log.error("slot %s: the lease timer cut the motor after %g s", slot, self._lease_s)
        return self.stop_motors()

    def _ended(self) -> list[CabinetEvent]:
        if self._turning is None or self._turning[1].result is None:
            return []
        dispenser, course = self._turning
        assert course.result is not None
        dispenser.motor.off()  # if it refuses, the lease stays and the process ends
        self._forget_turn()
        return [TurnEnded(dispenser.slot, course.result)]

    def _follow(self, dispenser: Dispenser, course: Course) -> None:
        try:
            dispenser.follow(course)
        except DispenserFailed as error:
            log.warning("slot %s: %s", dispenser.slot, error)
            course.cut()

    def _forget_turn(self) -> None:
        if self._cancel_lease:
            self._cancel_lease()
        self._turning = self._cancel_lease = None

    def _expire_lease(self, slot: str, turn: int) -> None:
        if turn == self._turn_number:
            self.cut()
            self._post(LeaseExpired(slot, turn))


def _level(plan: DispenserPlan) -> InputPlan | None:
    return plan.level.sensor if plan.level else None
