"""The motors' supply behind a pulse: an external one-shot or charge pump drops it soon after the last one.

The owner's own loop makes each pulse, and only while a motion is on. So whatever holds the owner up (an endless loop, a
stop signal, a kill) ends the pulses, and with them the power of every motor, whatever level the motors' pins have kept.
Nothing here has a thread or a timer of its own: one that went on by itself would prove nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from gpiozero import DigitalOutputDevice
from gpiozero.pins import Factory

from hardware.dispenser import Course, Dispenser, DispenserFailed, Motor
from hardware.events import Motion, TurnResult
from hardware.pins import opening
from hardware.plan import SupplyPlan
from hardware.turn import STALLED_S

log = logging.getLogger(__name__)


class Pulse:
    """The output that pulses; at rest it is low and stays so. ``close()`` may be called twice."""

    def __init__(self, plan: SupplyPlan, pins: Factory) -> None:
        with opening(plan.pin):
            self._pin = DigitalOutputDevice(plan.pin, initial_value=False, pin_factory=pins)
        self._rests = True

    def begin(self) -> None:
        """Make the first pulse of a motion. Raises ``DispenserFailed``."""
        self._rests = False
        self.beat()

    def beat(self) -> None:
        """Change the level, every second time a pulse; nothing after ``rest``. Raises ``DispenserFailed``."""
        if self._rests:
            return  # the lease has cut the motor, and the owner has not heard of it yet
        try:
            self._pin.toggle()
        except Exception as error:  # lgpio raises kinds of its own
            raise DispenserFailed(f"the motors' supply gets no pulse: {error}") from error

    def rest(self) -> None:
        """Make no further pulse; any thread. A pin that refuses stays at one level, and that is no pulse either."""
        self._rests = True
        if self._pin.closed:
            return
        try:
            self._pin.off()
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("the motors' supply drops by itself: its pin refuses (%s)", error)

    def close(self) -> None:
        """Rest, then give the pin back."""
        self.rest()
        self._pin.close()


class PulsedMotor:
    """A motor that goes off at its own pin and loses its supply."""

    def __init__(self, motor: Motor, pulse: Pulse) -> None:
        self._motor, self._pulse = motor, pulse

    def off(self) -> None:
        """Take its power in both ways. Raises ``MotorStuckOn``; the supply drops then."""
        self._pulse.rest()
        self._motor.off()


class PulsedCourse:
    """A course that waits until the supply is up, then is the dispenser's own, with a beat now and then."""

    def __init__(self, begin: Callable[[float], Course], plan: SupplyPlan, now: float) -> None:
        self._begin = begin
        self._beat_s = plan.pulse_s / 2
        self._beat_at = now + self._beat_s
        self._up_at = now + plan.rise_s
        self._result: TurnResult | None = None
        self.inner: Course | None = None
        self.beats = False  # a beat is due
        self.moved = False  # the dispenser's own course has a new phase, or has begun
        self._rise(now)

    @property
    def result(self) -> TurnResult | None:
        """None until the motor must be switched off."""
        return self._result or (self.inner.result if self.inner else None)

    @property
    def deadline(self) -> float:
        """When the next beat is due, or something of the dispenser's own."""
        return min(self._beat_at, self._own_deadline)

    @property
    def can_drop(self) -> bool:
        """Whether something can fall: not while the supply comes up."""
        return self.inner is not None and self.inner.can_drop

    def feel(self, at_home: bool, at: float) -> None:
        """Take in an edge of the home switch."""
        if self.inner:
            self.inner.feel(at_home, at)

    def expire(self, at_home: bool | None, now: float) -> None:
        """Take in what is due; an owner so late that the supply has dropped does not know what the coil did."""
        if now > self._beat_at + STALLED_S:
            self.cut()
            return
        self.beats, self.moved = now >= self._beat_at, now >= self._own_deadline
        if self.beats:
            self._beat_at = now + self._beat_s
        if self.inner is None:
            self._rise(now)
        elif self.moved:
            self.inner.expire(at_home, now)

    def cut(self) -> None:
        """The motor was switched off from outside."""
        if self.inner:
            self.inner.cut()
        else:
            self.end(TurnResult.CUT_AT_HOME)

    def end(self, result: TurnResult) -> None:
        """End as *result*, unless it has ended."""
        if self.result is None:
            self._result = result

    @property
    def _own_deadline(self) -> float:
        return self.inner.deadline if self.inner else self._up_at

    def _rise(self, now: float) -> None:
        if now >= self._up_at:
            self.inner = self._begin(now)


class PulsedDispenser:
    """A dispenser whose motor has power only while the owner makes pulses."""

    def __init__(self, dispenser: Dispenser, motor: PulsedMotor, pulse: Pulse, plan: SupplyPlan) -> None:
        self._dispenser, self._pulse, self._plan = dispenser, pulse, plan
        self._is_on = False
        self.slot = dispenser.slot
        self.motor = motor

    @property
    def is_at_home(self) -> bool | None:
        """The home switch by level."""
        return self._dispenser.is_at_home

    def begin(self, motion: Motion, now: float) -> PulsedCourse:
        """The course of a motion that is about to begin; nothing is switched on yet."""
        self._is_on = False
        return PulsedCourse(lambda at: self._dispenser.begin(motion, at), self._plan, now)

    def switch_on(self) -> None:
        """Make the first pulse, and give power too if the supply is up at once. Raises as any dispenser does."""
        self._pulse.begin()
        if self._plan.rise_s == 0:
            self._give_power()

    def follow(self, course: Course) -> None:
        """Beat if that is due, then do what the dispenser's own course wants. Raises ``DispenserFailed``."""
        assert isinstance(course, PulsedCourse)
        if course.beats:
            self._pulse.beat()
        if course.inner is None or not course.moved:
            return
        if self._is_on:
            self._dispenser.follow(course.inner)
            return
        try:
            self._give_power()
        except DispenserFailed:
            course.end(TurnResult.NOT_STARTED)
            raise

    def close(self) -> None:
        """Switch off, then give the dispenser's pins back; the pulse is the cabinet's to close."""
        self._dispenser.close()

    def _give_power(self) -> None:
        try:
            self._dispenser.switch_on()
        except BaseException:
            self._pulse.rest()
            raise
        self._is_on = True


def supplied(dispensers: Sequence[Dispenser], pulse: Pulse, plan: SupplyPlan) -> list[Dispenser]:
    """The same dispensers behind the pulse; those that share a motor go on sharing it."""
    motors = {id(each.motor): PulsedMotor(each.motor, pulse) for each in dispensers}
    return [PulsedDispenser(each, motors[id(each.motor)], pulse, plan) for each in dispensers]
