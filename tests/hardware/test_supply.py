"""The motors' supply behind a pulse: no motor has power unless the owner's own loop goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from hardware.dispenser import MotorStuckOn
from hardware.events import BeamBroken, CabinetEvent, DoorMoved, TurnEnded, TurnResult
from hardware.lease import RealTimers
from hardware.plan import SupplyPlan
from tests.hardware.rig import A1, B1, BEAM, PLAN, LgpioError, Rig, no_more_threads, opened

PULSE = 13
AT_ONCE = replace(PLAN, supply=SupplyPlan(PULSE, pulse_s=0.1))
RISING = replace(PLAN, supply=SupplyPlan(PULSE, pulse_s=0.1, rise_s=0.25))


def levels(rig: Rig) -> list[bool]:
    """The levels that the pulse's pin has had since it became an output."""
    return [bool(state.state) for state in rig.pin(PULSE).states]


def is_on(rig: Rig) -> bool:
    return bool(rig.pin(PULSE).state)


def beats(rig: Rig, seconds: float) -> int:
    """How often the level changes within that time."""
    before = len(levels(rig))
    rig.pass_time(seconds)
    return len(levels(rig)) - before


def turn_to_its_end(rig: Rig, slot: str = "A1") -> list[CabinetEvent]:
    rig.cabinet.start_turn(slot, rig.now)
    rig.pass_time(0.3)
    rig.home(slot, at_home=False)
    rig.pass_time(0.7)
    rig.home(slot, at_home=True)
    return rig.pass_time(0)


# --- pulsing


def test_at_rest_the_pin_is_low_and_stays_low() -> None:
    with opened(AT_ONCE) as rig:
        assert rig.pin(PULSE).function == "output"
        assert beats(rig, 5.0) == 0
        assert not any(levels(rig))
        assert rig.cabinet.deadline is None


def test_the_first_pulse_comes_with_the_motor_and_the_deadline_is_the_next_beat() -> None:
    with opened(AT_ONCE) as rig:
        rig.cabinet.start_turn("A1", rig.now)

        assert is_on(rig)
        assert rig.motors_on() == ["A1"]
        assert rig.cabinet.deadline == rig.now + 0.05


def test_while_a_motor_is_on_the_pin_pulses_steadily() -> None:
    with opened(AT_ONCE) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        rig.pass_time(0.1)
        rig.home("A1", at_home=False)

        assert beats(rig, 1.0) == 20


def test_an_owner_who_does_nothing_makes_no_pulse() -> None:
    with opened(AT_ONCE) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        before = levels(rig)

        rig.hang(9.0)  # the lease has not run out yet
        assert rig.motors_on() == ["A1"]
        assert levels(rig) == before


def test_a_turn_behind_the_pulse_goes_as_any_other() -> None:
    with opened(AT_ONCE) as rig:
        assert turn_to_its_end(rig) == [TurnEnded("A1", TurnResult.CAME_HOME)]
        assert turn_to_its_end(rig, "B1") == [TurnEnded("B1", TurnResult.CAME_HOME)]


# --- off on every way out


def end_well(rig: Rig) -> None:
    rig.home("A1", at_home=False)
    rig.pass_time(0.5)
    rig.home("A1", at_home=True)


def never_leave(rig: Rig) -> None:
    rig.pass_time(1.0)


def jam(rig: Rig) -> None:
    rig.home("A1", at_home=False)
    rig.pass_time(4.0)


def stop(rig: Rig) -> None:
    rig.cabinet.stop_motors()


def cut(rig: Rig) -> None:
    rig.cabinet.cut()


def run_out_of_lease(rig: Rig) -> None:
    rig.hang(10.0)


def close(rig: Rig) -> None:
    rig.cabinet.close()


@pytest.mark.parametrize("end", [end_well, never_leave, jam, stop, cut, run_out_of_lease, close])
@pytest.mark.parametrize("ahead_s", [0.0, 0.05])  # the pin is high, or low
def test_on_every_way_out_motor_and_pulse_are_off(end: Callable[[Rig], None], ahead_s: float) -> None:
    with opened(AT_ONCE) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        rig.pass_time(ahead_s)

        end(rig)
        rig.pass_time(0)
        assert not rig.motors_on()
        assert not is_on(rig)
        assert beats(rig, 1.0) == 0


def test_a_motor_that_cannot_be_switched_on_gets_no_further_pulse() -> None:
    with opened(AT_ONCE) as rig, rig.refusing(A1.motor.pin, LgpioError("bad GPIO write"), True):
        assert rig.cabinet.start_turn("A1", rig.now) == [TurnEnded("A1", TurnResult.NOT_STARTED)]

        assert not is_on(rig)
        assert beats(rig, 1.0) == 0


def test_without_a_lease_there_is_no_pulse() -> None:
    rig = Rig(AT_ONCE)
    rig.timers = RealTimers()
    cabinet = rig.open()

    with no_more_threads():
        assert cabinet.start_turn("A1", rig.now) == [TurnEnded("A1", TurnResult.NOT_STARTED)]

    assert not any(levels(rig))
    cabinet.close()


def test_a_motor_stuck_on_loses_its_supply() -> None:
    with opened(AT_ONCE) as rig, rig.stuck_high(A1.motor.pin):
        with pytest.raises(MotorStuckOn):
            rig.cabinet.start_turn("A1", rig.now)

        assert not is_on(rig)


def test_a_motor_that_refuses_to_go_off_loses_its_supply_first() -> None:
    with opened(replace(AT_ONCE, coils=(A1,))) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        with rig.refusing(A1.motor.pin, LgpioError("bad GPIO write"), False):
            rig.cabinet.cut()

            assert rig.motors_on() == ["A1"]  # says its pin
            assert not is_on(rig)
            assert beats(rig, 0.3) == 0


# --- a pulse that cannot be made


def test_without_the_first_pulse_the_motor_is_not_switched_on() -> None:
    with opened(AT_ONCE) as rig, rig.refusing(PULSE, LgpioError("bad GPIO write"), True):
        events = rig.cabinet.start_turn("A1", rig.now)

        assert events == [TurnEnded("A1", TurnResult.NOT_STARTED)]
        assert rig.motors_on() == []


def test_when_the_pulse_fails_in_a_turn_the_motor_is_off_at_once(caplog: pytest.LogCaptureFixture) -> None:
    with opened(AT_ONCE) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        rig.home("A1", at_home=False)
        with rig.refusing(PULSE, LgpioError("bad GPIO write"), False):
            events = rig.pass_time(0.1)

        assert events == [TurnEnded("A1", TurnResult.CUT_AWAY)]
        assert rig.motors_on() == []
        assert "the motors' supply gets no pulse" in caplog.text


def test_a_pulse_that_cannot_rest_does_not_keep_the_motor_on(caplog: pytest.LogCaptureFixture) -> None:
    with opened(AT_ONCE) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        with rig.refusing(PULSE, LgpioError("bad GPIO write"), False), caplog.at_level(logging.WARNING):
            rig.cabinet.stop_motors()

        assert rig.motors_on() == []
        assert "drops by itself" in caplog.text


def test_without_the_pulses_pin_no_slot_can_be_driven_and_the_fault_says_why() -> None:
    rig = Rig(AT_ONCE)
    rig.occupy(PULSE)
    cabinet = rig.open()

    assert cabinet.slots == frozenset()
    assert "GPIO 13 cannot be used" in cabinet.faults["motor supply"]
    assert [rig.pin(coil.motor.pin).function for coil in (A1, B1)] == ["output", "output"]  # and low
    cabinet.close()


def test_an_owner_so_late_that_the_supply_dropped_ends_the_turn() -> None:
    with opened(AT_ONCE) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        rig.home("A1", at_home=False)
        rig.pass_time(0.35)
        rig.hang(0.6)

        assert rig.look() == [TurnEnded("A1", TurnResult.CUT_AWAY)]
        assert rig.motors_on() == []


def test_an_owner_who_is_a_little_late_goes_on() -> None:
    with opened(AT_ONCE) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        rig.hang(0.4)

        assert rig.look() == []
        assert rig.motors_on() == ["A1"]


# --- a supply that takes time to come up


def test_the_motor_goes_on_only_when_the_supply_is_up() -> None:
    with opened(RISING) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        rig.pass_time(0.24)
        assert rig.motors_on() == []
        assert rig.cabinet.is_turning  # so nobody writes to the ledger, and no second one is begun

        rig.pass_time(0.01)
        assert rig.motors_on() == ["A1"]


def test_what_breaks_the_beam_as_the_motor_gets_its_power_is_none_of_its_own() -> None:
    with opened(RISING) as rig:
        rig.home("A1", at_home=False)
        rig.cabinet.start_turn("A1", rig.now)
        rig.pass_time(0.25 + PLAN.limits.earliest_drop_s - 0.01)

        rig.drive(BEAM, is_active=True)

        assert rig.look() == [BeamBroken(False)]


def test_each_turn_waits_anew_for_the_supply() -> None:
    with opened(RISING) as rig:
        for slot in ("A1", "A1", "B1"):
            rig.cabinet.start_turn(slot, rig.now)
            rig.pass_time(0.24)
            assert rig.motors_on() == []
            rig.pass_time(0.01)
            assert rig.motors_on() == [slot]
            rig.cabinet.stop_motors()


def test_it_pulses_while_the_supply_comes_up() -> None:
    with opened(RISING) as rig:
        rig.cabinet.start_turn("A1", rig.now)

        assert beats(rig, 0.2) == 4


def test_the_turns_own_time_begins_when_the_motor_goes_on() -> None:
    with opened(RISING) as rig:
        rig.cabinet.start_turn("A1", rig.now)

        assert rig.pass_time(1.24) == []
        assert rig.pass_time(0.02) == [TurnEnded("A1", TurnResult.NEVER_LEFT)]


def test_the_home_switch_is_read_when_the_motor_goes_on() -> None:
    with opened(RISING) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        rig.pass_time(0.1)
        rig.home("A1", at_home=False)  # a hand turns it while the supply comes up
        rig.pass_time(0.5)

        rig.home("A1", at_home=True)
        assert rig.pass_time(0) == [TurnEnded("A1", TurnResult.HOMED)]


def test_stopped_while_the_supply_comes_up_the_motor_never_goes_on() -> None:
    with opened(RISING) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        rig.pass_time(0.1)

        assert rig.cabinet.stop_motors() == [TurnEnded("A1", TurnResult.CUT_AT_HOME)]
        assert rig.pass_time(1.0) == []
        assert not any(state.state for state in rig.pin(A1.motor.pin).states)


def test_a_motor_that_refuses_when_the_supply_is_up_was_not_started() -> None:
    with opened(RISING) as rig, rig.refusing(A1.motor.pin, LgpioError("bad GPIO write"), True):
        rig.cabinet.start_turn("A1", rig.now)

        assert rig.pass_time(0.3) == [TurnEnded("A1", TurnResult.NOT_STARTED)]
        assert not is_on(rig)


def test_nothing_can_fall_while_the_supply_comes_up() -> None:
    slow = replace(PLAN, supply=SupplyPlan(PULSE, rise_s=1.0))
    with opened(slow) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        rig.pass_time(0.5)
        rig.drive(BEAM, is_active=True)

        assert rig.look() == [BeamBroken(False)]


def test_the_lease_is_the_motors_own_and_ends_the_pulses_too() -> None:
    with opened(RISING) as rig:
        rig.cabinet.start_turn("A1", rig.now)
        rig.pass_time(0.25)
        rig.hang(9.9)
        assert rig.motors_on() == ["A1"]

        rig.hang(0.1)
        assert rig.motors_on() == []
        assert not is_on(rig)


def test_an_opened_door_is_felt_while_it_pulses() -> None:
    with opened(AT_ONCE) as rig:
        rig.cabinet.start_turn("A1", rig.now)

        assert [type(event).__name__ for event in rig.cabinet.feel(DoorMoved(True, rig.now))] == ["DoorOpened"]
        assert rig.motors_on() == ["A1"]  # stopping is core's to order
