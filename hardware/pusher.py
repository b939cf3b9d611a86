"""A pusher: a motor on one pin that no switch watches. Its time says when it is off again, and proves nothing."""

from __future__ import annotations

from gpiozero.pins import Factory

from hardware.coil import PinMotor
from hardware.dispenser import Course
from hardware.events import Motion, TurnResult
from hardware.plan import Limits, PusherPlan
from hardware.timed import Timed


class Pusher:
    """A pusher with its motor on one pin. ``close()`` may be called twice."""

    is_at_home = False

    def __init__(self, plan: PusherPlan, pins: Factory, limits: Limits) -> None:
        self.slot = plan.slot
        self._run_s = plan.run_s
        self._nudge_s = limits.nudge_s
        self.motor = PinMotor(plan.motor, pins, f"motor of slot {plan.slot}")

    def begin(self, motion: Motion, now: float) -> Timed:
        """The course of a motion that is about to begin."""
        if motion is Motion.NUDGE:
            return Timed([self._nudge_s], now, TurnResult.NUDGED)
        return Timed([self._run_s], now, TurnResult.RAN)

    def switch_on(self) -> None:
        """Give the motor power. Raises ``DispenserFailed`` or ``MotorStuckOn``."""
        self.motor.on()

    def follow(self, course: Course) -> None:
        """Stay on: there is one phase only."""

    def close(self) -> None:
        """Switch off, then give the pin back."""
        self.motor.close()
