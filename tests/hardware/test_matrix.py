"""A matrix on pins: one coil at a time, its home switch read only meanwhile, all lines off on every way out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from gpiozero import DigitalInputDevice

from hardware.dispenser import DispenserFailed, MotorStuckOn
from hardware.events import HomeMoved, LeaseExpired, Motion, TurnEnded, TurnResult
from hardware.matrix import MatrixCoil, open_matrix
from hardware.plan import CabinetPlan, InputPlan, MatrixCoilPlan, MatrixPlan
from tests.hardware.rig import LgpioError, Rig, opened

HOME = InputPlan(5)
PRESENCE = InputPlan(6)
ROWS, COLUMNS = (9, 10), (12, 13, 16)
LINES = (*ROWS, *COLUMNS)
A1, A2, B3 = MatrixCoilPlan("A1", 1, 1), MatrixCoilPlan("A2", 1, 2), MatrixCoilPlan("B3", 2, 3)
MATRIX = MatrixPlan(ROWS, COLUMNS, HOME, (A1, A2, B3), look_s=0.05)
PLAN = CabinetPlan((), InputPlan(22), matrix=MATRIX)
WATCHED = replace(PLAN, matrix=replace(MATRIX, presence=PRESENCE))
ACTIVE_LOW = replace(PLAN, matrix=replace(MATRIX, active_high=False))


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Three coils in a matrix, none of them driven."""
    with opened(PLAN) as rig:
        yield rig


@pytest.fixture
def watched() -> Iterator[Rig]:
    """The same with a sensor of current, which sees none."""
    with opened(WATCHED) as rig:
        rig.drive(PRESENCE, is_active=False)
        yield rig


def coils_on(rig: Rig) -> dict[str, MatrixCoil]:
    assert rig.plan.matrix
    coils = open_matrix(rig.plan.matrix, rig.pins, rig.posted.append, lambda: rig.now, rig.plan.limits, lambda: None)
    rig.kept.extend(coils)
    return {coil.slot: coil for coil in coils}


def heard(rig: Rig) -> list[tuple[int, bool | None]]:
    """Every line's every change from now on; None: it was given back."""
    changes: list[tuple[int, bool | None]] = []
    for pin in LINES:
        rig.pin(pin).when_output = lambda level, pin=pin: changes.append((pin, level))
    return changes


def lines_on(rig: Rig) -> list[int]:
    return [pin for pin in LINES if rig.pin(pin).function == "output" and rig.pin(pin).state]


def start(rig: Rig, slot: str, *, at_home: bool) -> None:
    """Switch a coil on and let the cabinet look where it stands."""
    assert rig.cabinet.start_turn(slot, rig.now) == []
    rig.drive(HOME, is_active=at_home)
    rig.pass_time(0.06)


# --- opening


def test_every_line_is_an_output_and_was_never_high_when_the_matrix_is_opened(rig: Rig) -> None:
    assert rig.cabinet.slots == {"A1", "A2", "B3"}
    assert {rig.pin(pin).function for pin in LINES} == {"output"}
    assert not any(state.state for pin in LINES for state in rig.pin(pin).states)


@pytest.mark.parametrize("pin", [*LINES, HOME.pin])
def test_one_busy_pin_takes_the_whole_matrix_along_and_leaves_no_line_driven(pin: int) -> None:
    rig = Rig(WATCHED)
    rig.occupy(pin)
    rig.open()

    assert rig.cabinet.slots == frozenset()
    assert list(rig.cabinet.faults) == ["matrix"]
    assert "output" not in {rig.pin(line).function for line in LINES}
    rig.cabinet.close()


def test_a_busy_pin_of_the_sensor_of_current_is_a_fault_and_the_matrix_turns_without_it() -> None:
    rig = Rig(WATCHED)
    rig.occupy(PRESENCE.pin)
    rig.open()
    assert list(rig.cabinet.faults) == ["sensor of current"]

    start(rig, "A1", at_home=False)

    assert rig.pass_time(5) == [TurnEnded("A1", TurnResult.JAMMED)]
    rig.cabinet.close()


@pytest.mark.parametrize("busy", LINES)
def test_a_motor_that_a_killed_service_left_on_goes_off_even_if_the_matrix_cannot_be_opened(busy: int) -> None:
    rig = Rig(PLAN)
    for pin in (ROWS[1], COLUMNS[2]):
        rig.pin(pin).function, rig.pin(pin).state = "output", True
    rig.occupy(busy)
    rig.open()

    assert rig.motors_on() == []
    rig.cabinet.close()


def test_lines_that_are_active_low_are_off_when_high() -> None:
    with opened(ACTIVE_LOW) as rig:
        assert [bool(rig.pin(pin).state) for pin in LINES] == [True] * 5

        rig.cabinet.start_turn("A1", rig.now)

        assert rig.motors_on() == ["A1"]


# --- one crossing


@pytest.mark.parametrize(("slot", "row", "column"), [("A1", 9, 12), ("A2", 9, 13), ("B3", 10, 16)])
def test_a_coil_is_driven_by_its_row_first_and_then_its_column(rig: Rig, slot: str, row: int, column: int) -> None:
    changes = heard(rig)

    rig.cabinet.start_turn(slot, rig.now)

    assert [pin for pin, level in changes if level] == [row, column]
    assert rig.motors_on() == [slot]


def test_the_column_is_dropped_first_then_the_row_then_all_the_others_are_written_too(rig: Rig) -> None:
    rig.cabinet.start_turn("A2", rig.now)
    changes = heard(rig)

    rig.cabinet.stop_motors()

    written = list(dict.fromkeys(pin for pin, level in changes if level is False))
    assert written[:2] == [13, 9]
    assert set(written) == set(LINES)


def test_a_second_coil_is_refused_while_one_is_driven(rig: Rig) -> None:
    rig.cabinet.close()
    coils = coils_on(rig)
    coils["A1"].switch_on()

    for slot in ("A2", "B3", "A1"):
        with pytest.raises(DispenserFailed, match=rf"one coil at a time, and that is A1, not {slot}"):
            coils[slot].switch_on()
    assert rig.motors_on() == ["A1"]
    assert lines_on(rig) == [9, 12]


def test_the_next_coil_may_be_driven_when_one_has_ended(rig: Rig) -> None:
    start(rig, "A1", at_home=True)
    rig.pass_time(1)

    assert rig.cabinet.start_turn("B3", rig.now) == []
    assert lines_on(rig) == [10, 16]


def test_a_line_that_somebody_left_on_never_makes_two_motors_run(rig: Rig) -> None:
    rig.pin(13).state = True

    rig.cabinet.start_turn("A1", rig.now)

    assert lines_on(rig) == [9, 12]


# --- home


def test_a_coil_that_stands_at_home_makes_a_whole_turn(rig: Rig) -> None:
    start(rig, "A1", at_home=True)
    rig.drive(HOME, is_active=False)
    rig.pass_time(1)
    assert rig.motors_on() == ["A1"]

    rig.drive(HOME, is_active=True)

    assert rig.look() == [TurnEnded("A1", TurnResult.CAME_HOME)]
    assert lines_on(rig) == []


def test_a_coil_that_has_left_home_before_anybody_looks_makes_a_whole_turn(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)
    rig.drive(HOME, is_active=True)
    rig.pass_time(0.04)
    rig.drive(HOME, is_active=False)
    rig.pass_time(1)

    rig.drive(HOME, is_active=True)

    assert rig.look() == [TurnEnded("A1", TurnResult.CAME_HOME)]


def test_a_coil_that_stands_off_home_is_only_brought_home(rig: Rig) -> None:
    start(rig, "A1", at_home=False)
    rig.pass_time(1)
    assert rig.motors_on() == ["A1"]

    rig.drive(HOME, is_active=True)

    assert rig.look() == [TurnEnded("A1", TurnResult.HOMED)]


def test_a_coil_that_does_not_leave_home_loses_its_motor_at_1_s(rig: Rig) -> None:
    start(rig, "A1", at_home=True)

    assert rig.pass_time(0.939) == []
    assert rig.pass_time(0.002) == [TurnEnded("A1", TurnResult.NEVER_LEFT)]


def test_a_nudge_goes_by_its_time_wherever_the_coil_stands(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now, Motion.NUDGE)

    assert rig.pass_time(0.39) == []
    assert rig.pass_time(0.02) == [TurnEnded("A1", TurnResult.NUDGED)]
    assert lines_on(rig) == []


def test_the_home_switch_is_posted_under_the_driven_coils_name_and_only_while_it_is_driven(rig: Rig) -> None:
    rig.drive(HOME, is_active=True)
    rig.drive(HOME, is_active=False)
    assert rig.posted == []

    rig.cabinet.start_turn("B3", rig.now)
    rig.drive(HOME, is_active=True)
    assert rig.posted == [HomeMoved("B3", True, rig.now)]

    rig.cabinet.stop_motors()
    rig.drive(HOME, is_active=False)
    assert rig.posted == [HomeMoved("B3", True, rig.now)]


def test_the_edge_that_comes_because_the_power_goes_is_none_of_the_coils(rig: Rig) -> None:
    start(rig, "A1", at_home=True)
    rig.posted.clear()
    rig.pin(12).when_output = lambda level: None if level else rig.drive(HOME, is_active=False)

    rig.cabinet.stop_motors()

    assert rig.posted == []


def test_home_says_nothing_of_a_coil_that_is_not_driven(rig: Rig) -> None:
    rig.cabinet.close()
    coils = coils_on(rig)
    rig.drive(HOME, is_active=True)
    assert not any(coil.is_at_home for coil in coils.values())

    coils["A1"].switch_on()

    assert [slot for slot, coil in coils.items() if coil.is_at_home] == ["A1"]


# --- presence


def test_a_motor_through_which_no_current_flows_is_missing_and_has_not_started(watched: Rig) -> None:
    watched.cabinet.start_turn("A1", watched.now)

    assert watched.pass_time(0.049) == []
    assert watched.pass_time(0.002) == [TurnEnded("A1", TurnResult.NOT_STARTED)]
    assert lines_on(watched) == []


def test_a_coil_that_moves_is_not_missing_though_the_sensor_of_current_is_dead(watched: Rig) -> None:
    start(watched, "A1", at_home=True)
    watched.drive(HOME, is_active=False)
    watched.pass_time(0.5)

    watched.drive(HOME, is_active=True)

    assert watched.look() == [TurnEnded("A1", TurnResult.CAME_HOME)]


def test_a_coil_that_stays_at_home_without_current_has_not_started(watched: Rig) -> None:
    start(watched, "A1", at_home=True)

    assert watched.pass_time(1) == [TurnEnded("A1", TurnResult.NOT_STARTED)]


@pytest.mark.parametrize(("at_home", "result"), [(True, TurnResult.NEVER_LEFT), (False, TurnResult.JAMMED)])
def test_a_motor_through_which_current_flows_goes_on(watched: Rig, at_home: bool, result: TurnResult) -> None:
    watched.drive(PRESENCE, is_active=True)
    start(watched, "A1", at_home=at_home)
    assert watched.motors_on() == ["A1"]

    assert watched.pass_time(5) == [TurnEnded("A1", result)]


def test_current_that_stops_later_does_not_make_a_motor_missing(watched: Rig) -> None:
    watched.drive(PRESENCE, is_active=True)
    start(watched, "A1", at_home=False)
    watched.drive(PRESENCE, is_active=False)

    assert watched.pass_time(5) == [TurnEnded("A1", TurnResult.JAMMED)]


def test_a_cut_before_anybody_looked_does_not_make_a_motor_missing(watched: Rig) -> None:
    watched.drive(PRESENCE, is_active=True)
    watched.cabinet.start_turn("A1", watched.now)
    watched.cabinet.cut()
    watched.drive(PRESENCE, is_active=False)

    watched.pass_time(0.1)

    assert watched.cabinet.stop_motors() == [TurnEnded("A1", TurnResult.CUT_AWAY)]


# --- ways out


@pytest.mark.parametrize("refusing", LINES)
def test_a_coil_whose_lines_do_not_go_on_has_not_started_and_every_line_is_low(rig: Rig, refusing: int) -> None:
    slots = {9: "A1", 10: "B3", 12: "A1", 13: "A2", 16: "B3"}

    with rig.refusing(refusing, LgpioError("bad GPIO handle"), True):
        events = rig.cabinet.start_turn(slots[refusing], rig.now)

    assert events == [TurnEnded(slots[refusing], TurnResult.NOT_STARTED)]
    assert lines_on(rig) == []
    assert rig.cabinet.start_turn(slots[refusing], rig.now) == []


@pytest.mark.parametrize("refusing", [9, 12])
def test_a_line_that_refuses_to_go_off_keeps_no_other_on_and_the_matrix_stays_locked(rig: Rig, refusing: int) -> None:
    rig.cabinet.close()
    coils = coils_on(rig)
    coils["A1"].switch_on()

    with rig.refusing(refusing, OSError("no such device"), False):
        with pytest.raises(MotorStuckOn, match="of the matrix cannot be switched off: no such device"):
            coils["A1"].motor.off()
        assert lines_on(rig) == [refusing]
    with pytest.raises(DispenserFailed, match="A1"):
        coils["B3"].switch_on()
    coils["A1"].motor.off()
    coils["B3"].switch_on()


@pytest.mark.parametrize("refusing", LINES)
def test_a_line_that_is_off_already_and_refuses_is_not_stuck(rig: Rig, refusing: int) -> None:
    with rig.refusing(refusing, OSError("no such device"), False):
        assert rig.cabinet.stop_motors() == []


def test_a_line_that_can_be_neither_written_nor_read_may_be_on_so_nothing_is_driven(rig: Rig) -> None:
    with rig.silent(16), pytest.raises(MotorStuckOn, match="column 3"):
        rig.cabinet.start_turn("A1", rig.now)
    assert lines_on(rig) == []


def test_stop_motors_takes_both_lines(rig: Rig) -> None:
    start(rig, "A1", at_home=True)

    assert rig.cabinet.stop_motors() == [TurnEnded("A1", TurnResult.CUT_AT_HOME)]
    assert lines_on(rig) == []


def test_stopped_before_anybody_could_look_it_may_have_given_something(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)

    assert rig.cabinet.stop_motors() == [TurnEnded("A1", TurnResult.CUT_AWAY)]


def test_the_lease_cuts_a_coil_whose_owner_hangs(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)

    rig.hang(10)

    assert lines_on(rig) == []
    assert rig.posted == [LeaseExpired("A1", 1)]
    assert rig.look() == [TurnEnded("A1", TurnResult.CUT_AWAY)]


def test_close_takes_the_power_before_any_line_floats_and_may_be_called_twice(rig: Rig) -> None:
    rig.cabinet.start_turn("A1", rig.now)
    changes = heard(rig)

    rig.cabinet.close()
    rig.cabinet.close()

    first_given_back = next(n for n, (_, level) in enumerate(changes) if level is None)
    assert {(12, False), (9, False)} <= set(changes[:first_given_back])
    assert {rig.pin(pin).function for pin in LINES} == {"input"}


@pytest.mark.parametrize("stuck", [9, 12])
def test_close_gives_the_other_pins_back_even_if_a_line_refuses(rig: Rig, stuck: int) -> None:
    rig.cabinet.start_turn("A1", rig.now)

    with rig.refusing(stuck, OSError("no such device"), False):
        rig.cabinet.close()

    for pin in (*LINES, HOME.pin):
        DigitalInputDevice(pin, pin_factory=rig.pins).close()


def test_a_closed_matrix_drives_nothing_and_posts_nothing(rig: Rig) -> None:
    rig.cabinet.close()
    coils = coils_on(rig)
    coils["A1"].close()

    with pytest.raises(DispenserFailed):
        coils["A2"].switch_on()
    rig.drive(HOME, is_active=True)
    assert (lines_on(rig), rig.posted) == ([], [])
