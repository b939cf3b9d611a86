"""A hobby servo that pushes one item out by a swing and swings back. Between swings it gets no pulse: it is limp.

It cannot say where it stands, so its course goes by time and proves nothing.
"""

from __future__ import annotations

from gpiozero import PWMOutputDevice
from gpiozero.pins import Factory

from hardware.dispenser import Course, DispenserFailed, MotorStuckOn
from hardware.events import Motion, TurnResult
from hardware.pins import opening
from hardware.plan import ServoPlan
from hardware.timed import Timed

MIDDLE_S = 0.0015  # of every hobby servo
S_A_DEGREE = 0.001 / 90  # 0.5 to 2.5 ms are half a circle (SG90 and kin), 1 to 2 ms a quarter
SHORTEST_FRAME_S = 0.02  # servos want a pulse every 20 to 50 ms


class Pulses:
    """A servo's pulses on one pin. ``close()`` ends them first and may be called twice."""

    def __init__(self, pin: int, pins: Factory, name: str) -> None:
        self._name = name
        with opening(pin):
            self._pin = PWMOutputDevice(pin, frequency=None, pin_factory=pins)

    def swing(self, degrees: float) -> None:
        """Have the servo go there and hold. Raises ``DispenserFailed`` or ``MotorStuckOn``."""
        duty, frequency = pulse(degrees)
        try:
            self._pin.off()  # or the new frame would begin with a pulse of the old angle's share
            self._pin.frequency = frequency
            self._pin.value = duty
        except Exception as error:  # lgpio raises kinds of its own; whatever it was, there must be no pulse
            self.off()
            raise DispenserFailed(f"{self._name} cannot be moved: {error}") from error

    def off(self) -> None:
        """End the pulses; any thread may, at any time. Raises ``MotorStuckOn`` if they may go on."""
        if self._pin.closed:
            return
        try:
            self._pin.frequency = None
            self._pin.off()
        except Exception as error:  # as above
            if self._may_go_on():
                raise MotorStuckOn(f"{self._name} cannot be switched off: {error}") from error

    def close(self) -> None:
        """End the pulses, then give the pin back; it cannot be given back while they may go on."""
        self.off()
        self._pin.close()

    def _may_go_on(self) -> bool:
        # gpiozero notes a new duty before the chip takes it, a frequency only afterwards: that one can be believed
        try:
            return self._pin.frequency is not None or bool(self._pin.value)
        except Exception:  # noqa: BLE001 - a pin that cannot even be read may go on
            return True


class Servo:
    """A servo on one pin. ``close()`` may be called twice."""

    is_at_home = False

    def __init__(self, plan: ServoPlan, pins: Factory) -> None:
        self.slot = plan.slot
        self._plan = plan
        self._out_deg = plan.give_deg
        self.motor = Pulses(plan.pin, pins, f"servo of slot {plan.slot}")

    def begin(self, motion: Motion, now: float) -> Timed:
        """The course of a swing that is about to begin; a nudge goes half way: it loosens what hangs, no more."""
        half_way = (self._plan.rest_deg + self._plan.give_deg) / 2
        self._out_deg = half_way if motion is Motion.NUDGE else self._plan.give_deg
        ends_as = TurnResult.NUDGED if motion is Motion.NUDGE else TurnResult.RAN
        return Timed([self._plan.swing_s, self._plan.swing_s], now, ends_as)

    def switch_on(self) -> None:
        """Swing out. Raises ``DispenserFailed`` or ``MotorStuckOn``."""
        self.motor.swing(self._out_deg)

    def follow(self, course: Course) -> None:
        """Swing back in the second phase. Raises ``DispenserFailed`` or ``MotorStuckOn``."""
        assert isinstance(course, Timed)
        if course.phase == 1:
            self.motor.swing(self._plan.rest_deg)

    def close(self) -> None:
        """End the pulses, then give the pin back."""
        self.motor.close()


def pulse(degrees: float) -> tuple[float, float]:
    """Share of the frame and frames a second that turn a servo to so many degrees from its middle.

    On lgpio gpiozero cuts the share to whole percents (its issue 1209), of a 20 ms frame 18 degrees each. So the share
    is whole, and the frame as long as it has to be for it: 20 to 30 ms.
    """
    seconds = MIDDLE_S + degrees * S_A_DEGREE
    percent = int(seconds / SHORTEST_FRAME_S * 100)
    return percent / 100, percent / 100 / seconds
