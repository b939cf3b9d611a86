"""The cabinet on mock pins: one motor at a time, under a lease, off on every way out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from gpiozero import DigitalInputDevice

from hardware.cabinet import TurnRunning
from hardware.dispenser import MotorStuckOn
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
    Signal,
    TurnEnded,
    TurnResult,
)
from hardware.plan import CabinetPlan, CoilPlan, InputPlan, OutputPlan
from tests.hardware.rig import A1, B1, BEAM, DOOR, PLAN, LgpioError, Rig, opened

MANY = CabinetPlan(tuple(CoilPlan(f"S{n}", OutputPlan(9 + n), InputPlan(18 + n)) for n in range(5)))
ACTIVE_HIGH = CabinetPlan((A1,), InputPlan(22, active_low=False), InputPlan(23, active_low=False))
ACTIVE_LOW = CabinetPlan((A1,), BEAM, DOOR)


@pytest.fixture
def wires() -> Iterator[Rig]:
    """A rig whose cabinet the test opens itself."""
    rig = Rig()
    yield rig
    rig.cabinet.close()


def leave_home(rig: Rig, slot: str = "A1") -> None:
    rig.cabinet.start_turn(slot, rig.now)
    rig.pass_time(0.1)
    rig.home(slot, at_home=False)
    rig.pass_time(0.5)


def ever_high(rig: Rig, pin: int) -> bool:
    return any(state.state for state in rig.pin(pin).states)


# --- opening


def test_no_motor_pin_is_ever_high_while_a_cabinet_is_opened() -> None:
    with opened(MANY) as rig:
        motors = [coil.motor.pin for coil in MANY.coils]

        assert [rig.pin(pin).function for pin in motors] == ["output"] * 5
        assert not any(ever_high(rig, pin) for pin in motors)


@pytest.mark.parametrize(
    ("pin", "named", "slots"),
    [
        (A1.motor.pin, "slot A1", {"B1"}),
        (A1.home.pin, "slot A1", {"B1"}),
        (B1.motor.pin, "slot B1", {"A1"}),
        (BEAM.pin, "drop sensor", {"A1", "B1"}),
        (DOOR.pin, "door switch", {"A1", "B1"}),
    ],
)
def test_one_busy_pin_is_named_with_a_remedy_and_the_others_still_work(
    wires: Rig, pin: int, named: str, slots: set[str]
) -> None:
    wires.occupy(pin)
    wires.open()

    assert wires.cabinet.slots == slots
    fault = wires.cabinet.faults.pop(named)
    assert f"GPIO {pin} cannot be used" in fault
    assert "gpioinfo says what holds it" in fault
    assert "check its pin in kiosk.yaml" in fault
    assert wires.cabinet.faults == {}
    (slot, *_) = slots
    assert wires.cabinet.start_turn(slot, wires.now) == []
    assert wires.motors_on() == [slot]


def test_a_coil_whose_home_pin_is_busy_leaves_its_motor_low(wires: Rig) -> None:
    wires.occupy(A1.home.pin)
    wires.open()
    wires.cabinet.close()

    assert not ever_high(wires, A1.motor.pin)


def test_an_unusable_pin_is_logged_once_by_name(wires: Rig, caplog: pytest.LogCaptureFixture) -> None:
    wires.occupy(BEAM.pin)
    wires.open()

    assert [record.getMessage() for record in caplog.records] == ["drop sensor cannot be used"]


def test_a_slot_that_cannot_be_driven_is_not_turned(wires: Rig) -> None:
    wires.occupy(A1.home.pin)
    wires.open()

    with pytest.raises(KeyError):
        wires.cabinet.start_turn("A1", wires.now)
    assert wires.motors_on() == []


# --- sensing


@pytest.mark.parametrize("plan", [ACTIVE_HIGH, ACTIVE_LOW])
@pytest.mark.parametrize(("broken", "beam"), [(True, BeamBroken(False)), (False, BeamCleared())])
@pytest.mark.parametrize(("is_open", "door"), [(True, DoorOpened()), (False, DoorClosed())])
def test_beam_and_door_are_sensed_as_they_stand_at_the_start(
    plan: CabinetPlan, broken: bool, is_open: bool, beam: CabinetEvent, door: CabinetEvent
) -> None:
    rig = Rig(plan)
    assert plan.drop_sensor
    assert plan.door
    rig.drive(plan.drop_sensor, is_active=broken)
    rig.drive(plan.door, is_active=not is_open)
    rig.open()

    assert rig.cabinet.sense() == [beam, door]
    rig.cabinet.close()


@pytest.mark.parametrize("plan", [ACTIVE_HIGH, ACTIVE_LOW])
def test_edges_of_beam_and_door_become_events_whichever_way_they_are_wired(plan: CabinetPlan) -> None:
    with opened(plan) as rig:
        assert plan.drop_sensor
        assert plan.door
        for is_active in (True, False):
            rig.drive(plan.drop_sensor, is_active=is_active)
            rig.drive(plan.door, is_active=not is_active)

        assert rig.look() == [BeamBroken(True), DoorOpened(), BeamCleared(), DoorClosed()]


def test_a_cut_wire_of_the_door_switch_is_an_open_door() -> None:
    rig = Rig(CabinetPlan((A1,)))
    rig.plan = CabinetPlan((A1,), door=DOOR)  # nothing drives the pin: only its pull does

    assert rig.open().sense() == [DoorOpened()]
    rig.cabinet.close()


def test_a_door_switch_that_cannot_be_read_is_an_open_door(wires: Rig) -> None:
    wires.occupy(DOOR.pin)
    wires.open()

    assert wires.cabinet.sense() == [BeamCleared(), DoorOpened()]


def test_a_drop_sensor_that_cannot_be_read_says_nothing(wires: Rig) -> None:
    wires.occupy(BEAM.pin)
    wires.open()

    assert not wires.cabinet.has_beam
    assert wires.cabinet.sense() == [DoorClosed()]


def test_a_cabinet_without_beam_and_door_senses_neither_and_misses_neither(caplog: pytest.LogCaptureFixture) -> None:
    with opened(CabinetPlan((A1,))) as rig:
        assert not rig.cabinet.has_beam
        assert rig.cabinet.sense() == []
        assert rig.cabinet.faults == {}

    assert caplog.records == []


def test_a_beam_that_can_be_read_is_there(rig: Rig) -> None:
    assert rig.cabinet.has_beam


def test_callbacks_of_pins_only_post_and_stamp(rig: Rig) -> None:
    leave_home(rig)
    rig.now += 0.5

    rig.drive(BEAM, is_active=True)
    rig.drive(DOOR, is_active=False)
    rig.home("A1", at_home=True)

    posted: list[Signal] = [BeamMoved(True, rig.now), DoorMoved(True, rig.now), HomeMoved("A1", True, rig.now)]
    assert rig.posted == posted
    assert (rig.motors_on(), rig.cabinet.is_turning) == (["A1"], True)  # until the owner looks


# --- a turn


def test_a_turn_ends_with_the_motor_off_when_the_coil_is_home_again(rig: Rig) -> None:
    leave_home(rig)
    rig.pass_time(0.9)
    assert rig.motors_on() == ["A1"]

    rig.home("A1", at_home=True)

    assert rig.look() == [TurnEnded("A1", TurnResult.CAME_HOME)]
    assert (rig.motors_on(), rig.cabinet.is_turning, rig.cabinet.deadline) == ([], False, None)


def test_a_coil_that_does_not_leave_home_loses_its_motor_at_1_s(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)

    assert rig.pass_time(0.999) == []
    assert rig.motors_on() == ["A1"]
    assert rig.pass_time(0.001) == [TurnEnded("A1", TurnResult.NEVER_LEFT)]
    assert rig.motors_on() == []


def test_a_coil_that_does_not_come_home_loses_its_motor_4_s_after_leaving(rig: Rig) -> None:
    leave_home(rig)

    assert rig.pass_time(3.499) == []
    assert rig.motors_on() == ["A1"]
    assert rig.pass_time(0.002) == [TurnEnded("A1", TurnResult.JAMMED)]
    assert rig.motors_on() == []


def test_a_coil_found_off_home_only_runs_home(rig: Rig) -> None:
    rig.home("A1", at_home=False)
    rig.look()
    rig.cabinet.start_turn("A1", rig.now)
    rig.pass_time(0.1)

    rig.home("A1", at_home=True)

    assert rig.look() == [TurnEnded("A1", TurnResult.HOMED)]
    assert rig.motors_on() == []


def test_a_turn_whose_edges_were_all_lost_is_read_by_level(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)
    rig.home("A1", at_home=False)
    rig.posted.clear()
    assert rig.pass_time(1.5) == []

    rig.home("A1", at_home=True)
    rig.posted.clear()

    assert rig.pass_time(5) == [TurnEnded("A1", TurnResult.CAME_HOME)]


def test_an_owner_who_wakes_too_early_ends_nothing(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)

    assert rig.cabinet.expire(rig.now + 0.5) == []
    assert rig.motors_on() == ["A1"]


def test_at_rest_nothing_is_due(rig: Rig) -> None:
    assert (rig.cabinet.deadline, rig.cabinet.is_turning) == (None, False)
    assert rig.cabinet.expire(rig.now + 1000) == []


def test_while_a_coil_turns_its_next_limit_is_due(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)

    assert (rig.cabinet.deadline, rig.cabinet.is_turning) == (rig.now + 1.0, True)


def test_a_second_turn_is_refused_and_switches_nothing_on(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)

    for slot in ("B1", "A1"):
        with pytest.raises(TurnRunning, match="A1"):
            rig.cabinet.start_turn(slot, rig.now)

    assert rig.motors_on() == ["A1"]
    assert not ever_high(rig, B1.motor.pin)
    assert rig.pass_time(1) == [TurnEnded("A1", TurnResult.NEVER_LEFT)]


def test_the_next_turn_may_begin_when_one_has_ended(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)
    rig.pass_time(1)

    assert rig.cabinet.start_turn("B1", rig.now) == []
    assert rig.motors_on() == ["B1"]


def test_edges_of_a_coil_at_rest_change_nothing(rig: Rig) -> None:
    for at_home in (False, True, False):
        rig.home("B1", at_home)

    assert rig.look() == []
    assert rig.motors_on() == []


def test_edges_of_another_coil_do_not_end_the_turn(rig: Rig) -> None:
    leave_home(rig)

    for at_home in (False, True):
        rig.home("B1", at_home)

    assert rig.look() == []
    assert rig.motors_on() == ["A1"]


@pytest.mark.parametrize(("begin", "after_leaving"), [(False, False), (True, True)])
def test_a_beam_broken_while_a_coil_turns_says_whether_it_had_left_home(
    rig: Rig, begin: bool, after_leaving: bool
) -> None:
    rig.cabinet.start_turn("A1", rig.now)
    if begin:
        rig.home("A1", at_home=False)
        rig.pass_time(0.4)  # the switch has cleared

    rig.drive(BEAM, is_active=True)

    assert rig.look() == [BeamBroken(after_leaving)]


def test_edges_that_lay_in_the_inbox_when_a_turn_began_are_none_of_it(rig: Rig) -> None:
    rig.home("A1", at_home=False)
    rig.home("A1", at_home=True)
    rig.home("A1", at_home=False)
    rig.drive(BEAM, is_active=True)
    rig.now += 0.001

    rig.cabinet.start_turn("A1", rig.now)  # off home: it is brought home, and something may fall

    assert rig.look() == [BeamBroken(False)]
    assert rig.motors_on() == ["A1"]


@pytest.mark.parametrize("is_over", [False, True])
def test_what_breaks_the_beam_as_a_coil_begins_to_be_brought_home_is_none_of_its_own(rig: Rig, is_over: bool) -> None:
    rig.home("A1", at_home=False)
    rig.cabinet.start_turn("A1", rig.now)
    rig.home("A1", at_home=is_over)
    rig.look()

    rig.pass_time(PLAN.limits.earliest_drop_s - 0.01)
    rig.drive(BEAM, is_active=True)
    assert rig.look() == [BeamBroken(False)]

    rig.drive(BEAM, is_active=False)
    rig.pass_time(0.01)
    rig.drive(BEAM, is_active=True)
    assert rig.look() == [BeamBroken(True)]


def test_a_beam_broken_after_the_motor_stopped_may_be_a_late_item(rig: Rig) -> None:
    rig.drive(BEAM, is_active=True)

    assert rig.look() == [BeamBroken(True)]


# --- the lease


def test_the_lease_cuts_the_motor_when_the_owner_hangs_and_says_so(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    leave_home(rig)

    rig.hang(9.399)
    assert rig.motors_on() == ["A1"]
    rig.hang(0.002)

    assert rig.motors_on() == []
    assert rig.posted == [LeaseExpired("A1", 1)]
    assert rig.look() == [TurnEnded("A1", TurnResult.CUT_AWAY)]
    assert "slot A1: the lease timer cut the motor after 10 s" in caplog.text


def test_a_lease_that_cut_a_coil_still_at_home_says_that_nothing_fell(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)
    rig.hang(10)

    assert rig.look() == [TurnEnded("A1", TurnResult.CUT_AT_HOME)]
    assert not rig.cabinet.is_turning


def test_the_lease_ends_with_the_turn(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)
    rig.pass_time(1)
    assert rig.virtual_timers.waiting == {}

    rig.cabinet.start_turn("B1", rig.now)
    rig.hang(9.5)

    assert rig.motors_on() == ["B1"]  # the first turn's lease would be over


@pytest.mark.parametrize("turning", [None, "B1"])
def test_a_lease_that_fires_after_its_turn_has_ended_changes_nothing(rig: Rig, turning: str | None) -> None:
    if turning:
        rig.cabinet.start_turn(turning, rig.now)

    assert rig.cabinet.feel(LeaseExpired("A1", 0)) == []
    assert rig.motors_on() == ([turning] if turning else [])


def test_a_lease_that_was_firing_when_its_turn_ended_does_not_cut_the_next_turn(wires: Rig) -> None:
    class CancelledTooLate:
        def call_after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
            wires.virtual_timers.call_after(seconds, callback)
            return lambda: None

    wires.timers = CancelledTooLate()
    wires.open().start_turn("A1", wires.now)
    wires.pass_time(1)
    wires.cabinet.start_turn("B1", wires.now)

    wires.hang(9.5)  # the first lease fires, the second does not yet

    assert (wires.motors_on(), wires.posted) == (["B1"], [])


def test_a_signal_of_an_earlier_turns_lease_does_not_end_the_next_turn_of_the_same_slot(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)
    rig.pass_time(1)
    rig.cabinet.start_turn("A1", rig.now)

    assert rig.cabinet.feel(LeaseExpired("A1", 1)) == []
    assert rig.motors_on() == ["A1"]
    assert rig.cabinet.feel(LeaseExpired("A1", 2)) == [TurnEnded("A1", TurnResult.CUT_AT_HOME)]


def test_no_motor_is_on_before_its_lease_runs(rig: Rig) -> None:
    seen: list[list[str]] = []
    call_after = rig.virtual_timers.call_after

    class Watching:
        def call_after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
            seen.append(rig.motors_on())
            return call_after(seconds, callback)

    rig.cabinet.close()
    rig.timers = Watching()
    rig.open().start_turn("A1", rig.now)

    assert (seen, rig.motors_on()) == ([[]], ["A1"])


# --- pins that fail


@pytest.mark.parametrize("error", [OSError("no such device"), LgpioError("bad GPIO handle")], ids=type)
def test_a_motor_that_cannot_be_switched_on_has_not_started_and_is_low(
    rig: Rig, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with rig.refusing(A1.motor.pin, error, True):
        assert rig.cabinet.start_turn("A1", rig.now) == [TurnEnded("A1", TurnResult.NOT_STARTED)]

    assert (rig.motors_on(), rig.cabinet.is_turning) == ([], False)
    assert rig.virtual_timers.waiting == {}
    assert "slot A1 was not started" in caplog.text


def test_a_motor_that_failed_leaves_the_other_slots_in_use(rig: Rig) -> None:
    with rig.refusing(A1.motor.pin, OSError("no such device"), True):
        rig.cabinet.start_turn("A1", rig.now)

    assert rig.cabinet.start_turn("B1", rig.now) == []
    assert rig.motors_on() == ["B1"]


def test_a_motor_pin_that_refuses_every_level_has_not_started_and_leaves_the_others_in_use(rig: Rig) -> None:
    with rig.refusing(A1.motor.pin, LgpioError("bad GPIO handle"), True, False):
        assert rig.cabinet.start_turn("A1", rig.now) == [TurnEnded("A1", TurnResult.NOT_STARTED)]

        assert (rig.motors_on(), rig.cabinet.is_turning) == ([], False)
        assert rig.cabinet.start_turn("B1", rig.now) == []


def test_a_motor_that_goes_on_and_then_refuses_everything_is_not_called_not_started(rig: Rig) -> None:
    with rig.stuck_high(A1.motor.pin), pytest.raises(MotorStuckOn):
        rig.cabinet.start_turn("A1", rig.now)

    assert rig.cabinet.is_turning  # so that no second one is started
    assert rig.virtual_timers.waiting  # and its lease goes on
    with pytest.raises(TurnRunning):
        rig.cabinet.start_turn("B1", rig.now)


def test_a_running_motor_that_cannot_be_switched_off_is_never_joined_by_another(rig: Rig) -> None:
    leave_home(rig)

    with rig.refusing(A1.motor.pin, OSError("no such device"), False):
        with pytest.raises(MotorStuckOn, match="A1 cannot be switched off"):
            rig.cabinet.stop_motors()
        with pytest.raises(TurnRunning):
            rig.cabinet.start_turn("B1", rig.now)

    assert rig.motors_on() == ["A1"]
    assert rig.virtual_timers.waiting  # the lease goes on


def test_a_running_motor_that_cannot_be_switched_off_is_tried_again_by_its_lease(rig: Rig) -> None:
    leave_home(rig)
    with rig.refusing(A1.motor.pin, OSError("no such device"), False), pytest.raises(MotorStuckOn):
        rig.cabinet.stop_motors()

    rig.hang(10)

    assert rig.motors_on() == []


def test_close_gives_the_other_pins_back_even_if_a_running_motor_cannot_be_switched_off(rig: Rig) -> None:
    leave_home(rig)

    with rig.refusing(A1.motor.pin, OSError("no such device"), False):
        rig.cabinet.close()

    for pin in (B1.motor.pin, B1.home.pin, BEAM.pin, DOOR.pin):
        DigitalInputDevice(pin, pin_factory=rig.pins).close()


def test_a_pin_that_refuses_is_logged_with_what_to_do(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.cabinet.start_turn("A1", rig.now)
    with rig.refusing(A1.motor.pin, OSError("no such device"), False):
        rig.cabinet.cut()

    (record,) = caplog.records
    assert record.getMessage() == "cut the motors' supply"
    assert "motor of slot A1 cannot be switched off: no such device" in caplog.text


def test_a_pin_that_cannot_be_written_does_not_keep_another_motor_on_past_its_lease(rig: Rig) -> None:
    rig.cabinet.start_turn("B1", rig.now)

    with rig.refusing(A1.motor.pin, OSError("no such device"), False):
        rig.hang(10)

    assert rig.motors_on() == []
    assert rig.posted == [LeaseExpired("B1", 1)]


def test_a_pin_that_cannot_be_written_does_not_keep_another_motor_on_at_the_end(rig: Rig) -> None:
    rig.cabinet.start_turn("B1", rig.now)

    with rig.refusing(A1.motor.pin, OSError("no such device"), False):
        rig.cabinet.close()

    assert rig.motors_on() == []
    assert rig.pin(B1.motor.pin).function == "input"


# --- stopping


@pytest.mark.parametrize(("away", "result"), [(False, TurnResult.CUT_AT_HOME), (True, TurnResult.CUT_AWAY)])
def test_stop_motors_ends_the_turn_as_cut(rig: Rig, away: bool, result: TurnResult) -> None:
    rig.cabinet.start_turn("A1", rig.now)
    if away:
        rig.home("A1", at_home=False)
        rig.look()

    assert rig.cabinet.stop_motors() == [TurnEnded("A1", result)]
    assert (rig.motors_on(), rig.cabinet.is_turning) == ([], False)
    assert rig.virtual_timers.waiting == {}


def test_stop_motors_at_rest_ends_nothing(rig: Rig) -> None:
    assert rig.cabinet.stop_motors() == []


def test_stop_motors_puts_even_a_pin_low_that_no_turn_put_high(rig: Rig) -> None:
    rig.pin(B1.motor.pin).state = True
    assert rig.motors_on() == ["B1"]

    rig.cabinet.stop_motors()

    assert rig.motors_on() == []


def test_a_cut_takes_the_power_at_once_and_leaves_the_turn_to_the_owner(rig: Rig) -> None:
    leave_home(rig)

    rig.cabinet.cut()

    assert rig.motors_on() == []
    assert rig.cabinet.is_turning
    assert rig.cabinet.stop_motors() == [TurnEnded("A1", TurnResult.CUT_AWAY)]


@pytest.mark.parametrize("times", [1, 2])
def test_close_during_a_turn_leaves_every_motor_low_and_no_lease(times: int) -> None:
    rig = Rig(PLAN)
    rig.open()
    leave_home(rig)

    for _ in range(times):
        rig.cabinet.close()

    assert [bool(rig.pin(coil.motor.pin).state) for coil in PLAN.coils] == [False, False]
    assert rig.motors_on() == []
    assert rig.virtual_timers.waiting == {}


def test_close_puts_a_motor_low_before_its_pin_floats(rig: Rig) -> None:
    heard: list[bool | None] = []
    rig.cabinet.start_turn("A1", rig.now)
    rig.pin(A1.motor.pin).when_output = heard.append

    rig.cabinet.close()

    assert heard[0] is False


def test_close_gives_every_pin_back(rig: Rig) -> None:
    rig.cabinet.close()

    for pin in (17, 27, 24, 5, 22, 23):
        DigitalInputDevice(pin, pin_factory=rig.pins).close()


def test_a_closed_cabinet_posts_nothing(rig: Rig) -> None:
    rig.cabinet.close()

    rig.home("A1", at_home=False)
    rig.drive(BEAM, is_active=True)
    rig.drive(DOOR, is_active=False)

    assert rig.posted == []


def test_an_unknown_signal_is_a_mistake_of_the_program(rig: Rig) -> None:
    with pytest.raises(AssertionError):
        rig.cabinet.feel(object())  # type: ignore[arg-type]


def test_starting_is_logged_as_a_warning_only_when_it_failed(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    rig.cabinet.start_turn("A1", rig.now)
    rig.pass_time(1)

    assert caplog.records == []


def test_the_motor_that_is_on_is_cut_first(rig: Rig) -> None:
    order: list[str] = []
    rig.cabinet.start_turn("B1", rig.now)
    for plan in (A1, B1):
        rig.pin(plan.motor.pin).when_output = lambda _, slot=plan.slot: order.append(slot)

    rig.cabinet.cut()

    assert order[0] == "B1"
    assert set(order) == {"A1", "B1"}
