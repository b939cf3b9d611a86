"""One coil: a motor pin and a home switch. It switches and reads; it does not time anything."""

from __future__ import annotations

from collections.abc import Callable

from gpiozero import DigitalInputDevice, DigitalOutputDevice
from gpiozero.pins import Factory

from hardware.events import HomeMoved, Signal
from hardware.plan import CoilPlan, InputPlan

Post = Callable[[Signal], None]
Clock = Callable[[], float]


class DispenserFailed(Exception):
    """A motor cannot be switched on. Its pin was read back: it is off."""


class MotorStuckOn(Exception):
    """A motor pin refuses to go low. Nothing but cutting the supply helps; the process must not go on as if."""


class Coil:
    """A coil on one pin. ``close()`` switches the motor off first and may be called twice."""

    def __init__(self, plan: CoilPlan, pins: Factory, post: Post, clock: Clock) -> None:
        self.slot = plan.slot
        # initial_value is set before the pin becomes an output only for active-high motors
        self._motor = DigitalOutputDevice(
            plan.motor.pin, active_high=plan.motor.active_high, initial_value=False, pin_factory=pins
        )
        self._home = open_input(plan.home, pins)
        self._home.when_activated = lambda: post(HomeMoved(plan.slot, True, clock()))
        self._home.when_deactivated = lambda: post(HomeMoved(plan.slot, False, clock()))

    @property
    def is_at_home(self) -> bool:
        """The home switch by level."""
        return bool(self._home.is_active)

    def switch_on(self) -> None:
        """Give the motor power. Raises ``DispenserFailed`` or ``MotorStuckOn``."""
        try:
            self._motor.on()
        except Exception as error:  # lgpio raises kinds of its own; whatever it was, the motor must not stay on
            self.switch_off()
            raise DispenserFailed(f"motor of slot {self.slot} cannot be switched on: {error}") from error

    def switch_off(self) -> None:
        """Take the motor's power; any thread may, at any time. Raises ``MotorStuckOn`` if the pin is not low then."""
        if self._motor.closed:
            return
        try:
            self._motor.off()
        except Exception as error:  # as above
            if self._may_be_on():
                raise MotorStuckOn(f"motor of slot {self.slot} cannot be switched off: {error}") from error

    def _may_be_on(self) -> bool:
        try:
            return bool(self._motor.value)
        except Exception:  # noqa: BLE001 - a pin that cannot even be read may be high
            return True

    def close(self) -> None:
        """Switch off, then give the pins back. Closing alone would leave the motor pin floating, not low."""
        try:
            self.switch_off()
        finally:
            self._home.close()
            self._motor.close()


def open_input(plan: InputPlan, pins: Factory) -> DigitalInputDevice:
    """Open a switch or sensor, pulled to its inactive level, with its edges unfiltered.

    gpiozero's bounce_time can drop real edges (its issues 1039 and 697).
    """
    return DigitalInputDevice(plan.pin, pull_up=plan.active_low, pin_factory=pins)
