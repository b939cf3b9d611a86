"""One coil: a motor pin and a home switch. It switches and reads; its course, ``turn.py``, has the times."""

from __future__ import annotations

from collections.abc import Callable

from gpiozero import DigitalInputDevice, DigitalOutputDevice
from gpiozero.pins import Factory

from hardware.dispenser import Course, DispenserFailed, MotorStuckOn
from hardware.events import HomeMoved, Motion, Signal
from hardware.pins import opening
from hardware.plan import CoilPlan, InputPlan, Limits, OutputPlan
from hardware.turn import Turn

Post = Callable[[Signal], None]
Clock = Callable[[], float]


class PinMotor:
    """A motor, or a line to several, on one pin. ``close()`` switches it off first and may be called twice."""

    def __init__(self, plan: OutputPlan, pins: Factory, name: str) -> None:
        self._name = name
        # initial_value is set before the pin becomes an output only for active-high motors
        high = plan.active_high
        with opening(plan.pin):
            self._pin = DigitalOutputDevice(plan.pin, active_high=high, initial_value=False, pin_factory=pins)

    def on(self) -> None:
        """Give it power. Raises ``DispenserFailed`` or ``MotorStuckOn``."""
        try:
            self._pin.on()
        except Exception as error:  # lgpio raises kinds of its own; whatever it was, the motor must not stay on
            self.off()
            raise DispenserFailed(f"{self._name} cannot be switched on: {error}") from error

    def off(self) -> None:
        """Take its power; any thread may, at any time. Raises ``MotorStuckOn`` if the pin is not low then."""
        if self._pin.closed:
            return
        try:
            self._pin.off()
        except Exception as error:  # as above
            if self._may_be_on():
                raise MotorStuckOn(f"{self._name} cannot be switched off: {error}") from error

    def close(self) -> None:
        """Switch off, then give the pin back: closing alone would leave it floating, not low."""
        try:
            self.off()
        finally:
            self._pin.close()

    def _may_be_on(self) -> bool:
        try:
            return bool(self._pin.value)
        except Exception:  # noqa: BLE001 - a pin that cannot even be read may be high
            return True


class Coil:
    """A coil with a motor on one pin and a home switch. ``close()`` may be called twice."""

    def __init__(self, plan: CoilPlan, pins: Factory, post: Post, clock: Clock, limits: Limits) -> None:
        self.slot = plan.slot
        self._limits = limits
        self.motor = PinMotor(plan.motor, pins, f"motor of slot {plan.slot}")
        self._home = open_input(plan.home, pins)
        self._home.when_activated = lambda: post(HomeMoved(plan.slot, True, clock()))
        self._home.when_deactivated = lambda: post(HomeMoved(plan.slot, False, clock()))

    @property
    def is_at_home(self) -> bool:
        """The home switch by level."""
        return bool(self._home.is_active)

    def begin(self, motion: Motion, now: float) -> Turn:
        """The course of a motion that is about to begin."""
        return Turn(self.is_at_home, self._limits, now, motion)

    def switch_on(self) -> None:
        """Give the motor power. Raises ``DispenserFailed`` or ``MotorStuckOn``."""
        self.motor.on()

    def follow(self, course: Course) -> None:
        """Stay on: each phase wants only that."""

    def close(self) -> None:
        """Switch off, then give the pins back."""
        try:
            self.motor.close()
        finally:
            self._home.close()


def open_input(plan: InputPlan, pins: Factory) -> DigitalInputDevice:
    """Open a switch or sensor, pulled to its inactive level, with its edges unfiltered.

    gpiozero's bounce_time can drop real edges (its issues 1039 and 697).
    """
    with opening(plan.pin):
        return DigitalInputDevice(plan.pin, pull_up=plan.active_low, pin_factory=pins)
