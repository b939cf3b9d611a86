"""One coil on its two pins: what the pins carry, and what they never do."""

from __future__ import annotations

import pytest
from gpiozero import PinSetInput

from hardware.coil import Coil
from hardware.dispenser import DispenserFailed, MotorStuckOn
from hardware.events import HomeMoved
from hardware.plan import CabinetPlan, CoilPlan, InputPlan, OutputPlan
from tests.hardware.rig import LgpioError, Rig

HIGH = CoilPlan("A1", OutputPlan(17), InputPlan(27, active_low=False))
LOW = CoilPlan("A1", OutputPlan(17, active_high=False), InputPlan(27))


def coil_on(rig: Rig) -> Coil:
    coil = Coil(rig.plan.coils[0], rig.pins, rig.posted.append, lambda: rig.now, rig.plan.limits)
    rig.kept.append(coil)
    return coil


def levels(rig: Rig, pin: int) -> list[bool]:
    """Every level the pin has had."""
    return [bool(state.state) for state in rig.pin(pin).states]


@pytest.fixture
def wires() -> Rig:
    """A rig on which nothing is open yet."""
    return Rig(CabinetPlan((CoilPlan("A1", OutputPlan(17), InputPlan(27)),)))


def test_a_motor_pin_is_an_output_and_was_never_high_when_the_coil_is_made(wires: Rig) -> None:
    coil_on(wires)

    assert wires.pin(17).function == "output"
    assert levels(wires, 17) == [False]


def test_a_motor_has_power_between_on_and_off(wires: Rig) -> None:
    coil = coil_on(wires)

    coil.switch_on()
    assert wires.motors_on() == ["A1"]
    coil.motor.off()
    assert wires.motors_on() == []


def test_a_motor_that_is_active_low_is_off_at_a_high_pin() -> None:
    wires = Rig(CabinetPlan((LOW,)))
    coil = coil_on(wires)
    assert bool(wires.pin(17).state) is True

    coil.switch_on()

    assert bool(wires.pin(17).state) is False


@pytest.mark.parametrize("plan", [HIGH, LOW])
@pytest.mark.parametrize("at_home", [True, False])
def test_home_is_read_by_level_whichever_way_the_switch_is_wired(plan: CoilPlan, at_home: bool) -> None:
    wires = Rig(CabinetPlan((plan,)))
    wires.home("A1", at_home)

    assert coil_on(wires).is_at_home is at_home


@pytest.mark.parametrize(("plan", "pull"), [(HIGH, "down"), (LOW, "up")])
def test_a_switch_is_pulled_to_its_inactive_level(plan: CoilPlan, pull: str) -> None:
    wires = Rig(CabinetPlan((plan,)))

    coil_on(wires)

    assert wires.pin(27).pull == pull


@pytest.mark.parametrize("plan", [HIGH, LOW])
def test_edges_of_the_home_switch_are_posted_with_their_time(plan: CoilPlan) -> None:
    wires = Rig(CabinetPlan((plan,)))
    coil = coil_on(wires)

    wires.home("A1", at_home=False)
    wires.now += 1.5
    wires.home("A1", at_home=True)

    assert wires.posted == [HomeMoved("A1", False, 100.0), HomeMoved("A1", True, 101.5)]
    assert coil.is_at_home


def test_every_edge_is_posted_however_short(wires: Rig) -> None:
    coil = coil_on(wires)

    for at_home in [False, True] * 20:
        wires.home("A1", at_home)

    assert len(wires.posted) == 40
    assert wires.pin(27).bounce is None
    coil.close()


def test_the_level_at_the_start_is_no_edge(wires: Rig) -> None:
    coil = coil_on(wires)

    assert coil.is_at_home
    assert wires.posted == []


def test_close_takes_the_power_before_it_gives_the_pin_back(wires: Rig) -> None:
    heard: list[bool | None] = []
    coil = coil_on(wires)
    coil.switch_on()
    wires.pin(17).when_output = heard.append

    coil.close()

    assert heard[0] is False  # given back alone, the pin would float
    assert (heard[-1], wires.pin(17).function, bool(wires.pin(17).state)) == (None, "input", False)


def test_close_may_be_called_twice_and_switching_off_after_it_too(wires: Rig) -> None:
    coil = coil_on(wires)
    coil.close()

    coil.close()
    coil.motor.off()

    assert wires.motors_on() == []


def test_a_closed_coil_posts_nothing(wires: Rig) -> None:
    coil_on(wires).close()

    wires.home("A1", at_home=False)

    assert wires.posted == []


def test_a_closed_coil_cannot_be_switched_on(wires: Rig) -> None:
    coil = coil_on(wires)
    coil.close()

    with pytest.raises(DispenserFailed, match="A1"):
        coil.switch_on()
    assert wires.motors_on() == []


@pytest.mark.parametrize(
    "error", [OSError("no such device"), PinSetInput("is an input"), LgpioError("bad GPIO handle")], ids=type
)
def test_a_motor_pin_that_refuses_to_go_high_is_named_and_low(wires: Rig, error: Exception) -> None:
    coil = coil_on(wires)

    with wires.refusing(17, error, True), pytest.raises(DispenserFailed, match=f"A1.*{error}"):
        coil.switch_on()
    assert wires.motors_on() == []


def test_a_motor_pin_that_refuses_every_level_is_named_all_the_same(wires: Rig) -> None:
    coil = coil_on(wires)

    with wires.refusing(17, OSError("no such device"), True, False), pytest.raises(DispenserFailed, match="A1"):
        coil.switch_on()
    assert wires.motors_on() == []


def test_a_motor_that_is_on_and_cannot_be_switched_off_is_stuck_on(wires: Rig) -> None:
    coil = coil_on(wires)
    coil.switch_on()

    with wires.refusing(17, OSError("no such device"), False), pytest.raises(MotorStuckOn, match=r"A1.*no such device"):
        coil.motor.off()
    assert wires.motors_on() == ["A1"]


def test_a_motor_that_is_off_already_is_not_stuck_on(wires: Rig) -> None:
    coil = coil_on(wires)

    with wires.refusing(17, OSError("no such device"), False):
        coil.motor.off()

    assert wires.motors_on() == []


def test_a_motor_that_goes_on_and_refuses_to_go_off_again_is_stuck_on(wires: Rig) -> None:
    coil = coil_on(wires)

    with wires.stuck_high(17), pytest.raises(MotorStuckOn):
        coil.switch_on()


def test_a_motor_pin_that_can_be_neither_written_nor_read_may_be_on(wires: Rig) -> None:
    coil = coil_on(wires)

    with wires.silent(17), pytest.raises(MotorStuckOn):
        coil.motor.off()


def test_close_keeps_the_pin_of_a_motor_that_is_stuck_on(wires: Rig) -> None:
    coil = coil_on(wires)
    coil.switch_on()

    with wires.refusing(17, OSError("no such device"), False), pytest.raises(MotorStuckOn):
        coil.close()
    coil.close()

    assert wires.motors_on() == []


def test_a_pin_that_went_high_although_it_said_no_is_put_low_again(wires: Rig) -> None:
    heard: list[bool | None] = []
    coil = coil_on(wires)

    def burn(level: bool | None) -> None:
        heard.append(level)
        if level:
            raise OSError("it is on, and something went wrong behind it")

    wires.pin(17).when_output = burn
    with pytest.raises(DispenserFailed):
        coil.switch_on()

    assert heard == [True, False]
    assert wires.motors_on() == []
