"""A servo on its pin: pulses of the right length, there and back, and none at any other time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hardware.dispenser import DispenserFailed, MotorStuckOn
from hardware.events import LeaseExpired, Motion, TurnEnded, TurnResult
from hardware.plan import CabinetPlan, InputPlan, ServoPlan
from hardware.servo import Servo, pulse
from tests.hardware.rig import A1, LgpioError, Rig, opened

S1 = ServoPlan("S1", pin=12, rest_deg=-45, give_deg=45, swing_s=0.6)
S2 = ServoPlan("S2", pin=13, rest_deg=0, give_deg=90, swing_s=0.6)
PLAN = CabinetPlan((A1,), InputPlan(22), servos=(S1, S2))
GIVE_S, REST_S = 0.002, 0.001


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A coil, two servos and a beam."""
    with opened(PLAN) as rig:
        yield rig


def heard(rig: Rig, pin: int) -> list[float]:
    """How long the pulses are whenever the pin changes from now on; 0: there are none, -1: the pin was given back."""
    lengths: list[float] = []

    def note(level: bool | None) -> None:
        lengths.append(-1 if level is None else round(rig.pulse_s(pin), 6))

    rig.pin(pin).when_output = note
    return lengths


def test_a_servo_gets_no_pulse_when_it_is_opened(rig: Rig) -> None:
    assert rig.cabinet.slots == {"A1", "S1", "S2"}
    assert (rig.pin(12).function, [state.state for state in rig.pin(12).states]) == ("output", [0])
    assert rig.pulse_s(12) == 0


def test_a_servo_swings_there_and_back_and_is_limp_then(rig: Rig) -> None:
    rig.cabinet.start_turn("S1", rig.now)
    assert rig.pulse_s(12) == pytest.approx(GIVE_S)

    assert rig.pass_time(0.599) == []
    assert rig.pulse_s(12) == pytest.approx(GIVE_S)
    assert rig.pass_time(0.6) == []
    assert rig.pulse_s(12) == pytest.approx(REST_S)
    assert rig.pass_time(0.002) == [TurnEnded("S1", TurnResult.RAN)]
    assert (rig.pulse_s(12), rig.pin(12).frequency, rig.pin(12).state) == (0, None, 0)


def test_between_two_angles_there_is_no_pulse_of_a_third(rig: Rig) -> None:
    lengths = heard(rig, 12)

    rig.cabinet.start_turn("S1", rig.now)
    rig.pass_time(2)

    assert [length for length in lengths if length] == [GIVE_S, REST_S]


def test_a_nudge_of_a_servo_is_half_a_swing(rig: Rig) -> None:
    rig.cabinet.start_turn("S1", rig.now, Motion.NUDGE)
    assert rig.pulse_s(12) == pytest.approx((REST_S + GIVE_S) / 2)

    assert rig.pass_time(1.199) == []
    assert rig.pass_time(0.002) == [TurnEnded("S1", TurnResult.NUDGED)]


def test_after_a_nudge_a_servo_swings_all_the_way_again(rig: Rig) -> None:
    rig.cabinet.start_turn("S1", rig.now, Motion.NUDGE)
    rig.pass_time(1.3)

    rig.cabinet.start_turn("S1", rig.now)

    assert rig.pulse_s(12) == pytest.approx(GIVE_S)


@pytest.mark.parametrize("degrees", range(-90, 91))
def test_a_pulse_has_the_right_length_a_share_in_whole_percents_and_a_frame_that_servos_take(degrees: int) -> None:
    share, frequency = pulse(degrees)

    assert share / frequency == pytest.approx(0.0015 + degrees * 0.001 / 90)
    assert int(share * 100) / 100 == share  # what gpiozero makes of it on lgpio
    assert 0.02 <= 1 / frequency <= 0.03


@pytest.mark.parametrize("after_s", [0.1, 0.7])
def test_stopped_on_its_way_a_servo_is_limp_and_may_have_given_something(rig: Rig, after_s: float) -> None:
    rig.cabinet.start_turn("S1", rig.now)
    rig.pass_time(after_s)

    assert rig.cabinet.stop_motors() == [TurnEnded("S1", TurnResult.CUT_AWAY)]
    assert rig.pulse_s(12) == 0


def test_the_lease_ends_the_pulses_of_a_servo_whose_owner_hangs(rig: Rig) -> None:
    rig.cabinet.start_turn("S1", rig.now)

    rig.hang(10)

    assert rig.pulse_s(12) == 0
    assert rig.posted == [LeaseExpired("S1", 1)]


@pytest.mark.parametrize("error", [OSError("no such device"), LgpioError("bad GPIO handle")], ids=type)
def test_a_servo_that_takes_no_pulse_has_not_started_and_leaves_the_others_in_use(rig: Rig, error: Exception) -> None:
    with rig.refusing(12, error, True):
        assert rig.cabinet.start_turn("S1", rig.now) == [TurnEnded("S1", TurnResult.NOT_STARTED)]

    assert rig.pulse_s(12) == 0
    assert rig.cabinet.start_turn("S2", rig.now) == []


def test_a_servo_that_cannot_swing_back_is_limp_and_may_have_given_something(rig: Rig) -> None:
    rig.cabinet.start_turn("S1", rig.now)

    with rig.refusing(12, OSError("no such device"), True):
        events = rig.pass_time(1)

    assert events == [TurnEnded("S1", TurnResult.CUT_AWAY)]
    assert (rig.pulse_s(12), rig.cabinet.is_turning) == (0, False)


def test_a_servo_whose_pulses_cannot_be_ended_is_stuck_on(rig: Rig) -> None:
    rig.cabinet.start_turn("S1", rig.now)

    with rig.refusing(12, OSError("no such device"), False), pytest.raises(MotorStuckOn, match="servo of slot S1"):
        rig.cabinet.stop_motors()
    assert rig.cabinet.is_turning
    assert rig.cabinet.stop_motors() == [TurnEnded("S1", TurnResult.CUT_AWAY)]


def test_pulses_that_a_chip_may_go_on_with_are_not_believed_to_have_ended(rig: Rig) -> None:
    rig.cabinet.start_turn("S1", rig.now)

    with rig.refusing(12, LgpioError("bad GPIO handle"), True, False), pytest.raises(MotorStuckOn, match="S1"):
        rig.pass_time(1)  # gpiozero says that there is none, since one of no length was ordered
    assert rig.cabinet.is_turning


def test_close_says_that_pulses_may_go_on_and_can_be_called_again(rig: Rig) -> None:
    rig.cabinet.close()
    servo = Servo(S1, rig.pins)
    servo.switch_on()

    with rig.refusing(12, OSError("no such device"), False), pytest.raises(MotorStuckOn):
        servo.close()
    servo.close()

    assert rig.pulse_s(12) == 0


def test_a_servo_that_has_no_pulse_already_is_not_stuck_on(rig: Rig) -> None:
    with rig.refusing(12, OSError("no such device"), True, False):
        assert rig.cabinet.start_turn("S1", rig.now) == [TurnEnded("S1", TurnResult.NOT_STARTED)]


def test_a_pin_that_can_be_neither_written_nor_read_may_carry_pulses(rig: Rig) -> None:
    with rig.silent(12), pytest.raises(MotorStuckOn):
        rig.cabinet.start_turn("S1", rig.now)


def test_close_ends_the_pulses_before_the_pin_is_given_back_and_may_be_called_twice(rig: Rig) -> None:
    rig.cabinet.start_turn("S1", rig.now)
    lengths = heard(rig, 12)

    rig.cabinet.close()
    rig.cabinet.close()

    assert (lengths[0], lengths[-1], rig.pin(12).function) == (0, -1, "input")


def test_a_closed_servo_cannot_be_moved() -> None:
    rig = Rig(PLAN)
    servo = Servo(S1, rig.pins)
    servo.close()

    with pytest.raises(DispenserFailed, match="S1"):
        servo.switch_on()
    servo.motor.off()
