"""Every kind of dispenser on the bench, driven at its pins: what has power, what the home and presence lines say."""

from __future__ import annotations

import pytest
from gpiozero import AngularServo, DigitalInputDevice, DigitalOutputDevice

from hardware.bench.bench import Bench
from hardware.bench.physics import BURN_S, TURN_S, CabinetBurned, Fault
from hardware.bench.wires import Registers
from hardware.plan import (
    CabinetPlan,
    InputPlan,
    MatrixCoilPlan,
    MatrixPlan,
    OutputPlan,
    PusherPlan,
    ServoPlan,
    ShiftRegisterPlan,
)

HOME, PRESENCE = InputPlan(5), InputPlan(6)
CROSSINGS = (MatrixCoilPlan("A1", 1, 1), MatrixCoilPlan("A2", 1, 2), MatrixCoilPlan("B2", 2, 2))  # none at B1
ON_PINS = MatrixPlan((16, 17), (18, 19), HOME, CROSSINGS, presence=PRESENCE)
ROWS, COLUMNS = (0, 1), (2, 9)  # outputs of two registers
ON_REGISTERS = MatrixPlan(ROWS, COLUMNS, HOME, CROSSINGS, outputs=ShiftRegisterPlan(spi=0, output_enable=25))


class Wired:
    """A bench in virtual time, and devices at its pins as a driver opens them."""

    def __init__(self, plan: CabinetPlan) -> None:
        self.bench = Bench(plan, lambda: 0.0, lambda *_, **__: None)
        self.world = self.bench.world

    def output(self, pin: int, *, active_high: bool = True) -> DigitalOutputDevice:
        return DigitalOutputDevice(pin, active_high=active_high, pin_factory=self.bench.pins)

    def input(self, plan: InputPlan) -> DigitalInputDevice:
        return DigitalInputDevice(plan.pin, pull_up=plan.active_low, pin_factory=self.bench.pins)

    def pass_time(self, seconds: float) -> None:
        self.bench.advance(self.world.now + seconds)


# --- a pusher


@pytest.mark.parametrize("active_high", [True, False])
def test_a_pushers_pin_pushes_out_an_item_in_its_time(active_high: bool) -> None:
    wired = Wired(CabinetPlan((), pushers=(PusherPlan("P1", OutputPlan(17, active_high), run_s=1.5),)))

    with wired.output(17, active_high=active_high) as motor:
        motor.on()
        wired.pass_time(1.5)
        motor.off()
        wired.pass_time(1)

    assert (wired.world.tray, wired.world.coils["P1"].items) == (["P1"], 9)


# --- a servo


@pytest.fixture(params=[(-45, 45), (60, -30), (0, 90)], ids=str)
def plan(request: pytest.FixtureRequest) -> ServoPlan:
    rest, give = request.param
    return ServoPlan("S1", 12, rest, give, swing_s=0.5)


def servo(wired: Wired) -> AngularServo:
    widths = {"min_pulse_width": 0.0005, "max_pulse_width": 0.0025}
    return AngularServo(12, initial_angle=None, **widths, pin_factory=wired.bench.pins)


def test_pulses_swing_a_servo_out_and_back_and_an_item_falls(plan: ServoPlan) -> None:
    wired = Wired(CabinetPlan((), servos=(plan,)))

    with servo(wired) as arm:
        for angle in (plan.give_deg, plan.rest_deg):
            arm.angle = angle
            wired.pass_time(plan.swing_s)
        arm.angle = None
        wired.pass_time(1)

    assert (wired.world.tray, wired.world.coils["S1"].motor) == (["S1"], False)


def test_a_servo_that_only_holds_its_rest_moves_nothing(plan: ServoPlan) -> None:
    wired = Wired(CabinetPlan((), servos=(plan,)))
    with servo(wired) as arm:
        arm.angle = plan.rest_deg
        wired.pass_time(1)

    assert wired.world.tray == []
    assert wired.world.coils["S1"].angle == pytest.approx(0, abs=0.01)


def test_a_servo_without_pulses_is_limp_and_its_motor_is_off(plan: ServoPlan) -> None:
    wired = Wired(CabinetPlan((), servos=(plan,)))
    with servo(wired) as arm:
        arm.angle = plan.give_deg
        wired.pass_time(0.2)
        assert wired.world.running == ["S1"]

        arm.angle = None

    assert wired.world.running == []
    assert 0 < wired.world.coils["S1"].angle < 90


def test_a_servo_between_two_pulses_goes_on_to_where_it_was_told(plan: ServoPlan) -> None:
    wired = Wired(CabinetPlan((), servos=(plan,)))
    with servo(wired) as arm:
        arm.angle = plan.give_deg
        wired.pass_time(0.2)

        arm.pulse_width = 0
        wired.pass_time(1)

    assert wired.world.coils["S1"].angle == pytest.approx(90, abs=0.01)


def test_a_servos_pin_that_is_given_back_gives_no_more_pulses(plan: ServoPlan) -> None:
    wired = Wired(CabinetPlan((), servos=(plan,)))
    arm = servo(wired)
    arm.angle = plan.give_deg

    arm.close()

    assert wired.world.running == []


# --- a matrix on pins


@pytest.fixture
def matrix() -> Wired:
    return Wired(CabinetPlan((), matrix=ON_PINS))


def test_a_coil_has_power_exactly_while_its_row_and_its_column_are_on(matrix: Wired) -> None:
    row, column = matrix.output(16), matrix.output(19)
    seen = []

    for line in (row.on, column.on, row.off, row.on, column.off):
        line()
        seen.append(matrix.world.running)

    assert seen == [[], ["A2"], [], ["A2"], []]


def test_only_the_driven_coil_of_a_matrix_turns(matrix: Wired) -> None:
    with matrix.output(17) as row, matrix.output(19) as column:
        row.on()
        column.on()
        matrix.pass_time(TURN_S)
        column.off()

    assert [matrix.world.coils[slot].items for slot in ("A1", "A2", "B2")] == [10, 10, 9]


def test_an_empty_crossing_has_no_motor(matrix: Wired) -> None:
    row, column = matrix.output(17), matrix.output(18)
    row.on()
    column.on()
    matrix.pass_time(2 * BURN_S)

    assert (matrix.world.running, matrix.input(HOME).is_active, matrix.input(PRESENCE).is_active) == ([], 0, 0)


def test_two_rows_on_one_column_burn_the_cabinet(matrix: Wired) -> None:
    first, second, column = matrix.output(16), matrix.output(17), matrix.output(19)
    first.on()
    column.on()

    with pytest.raises(CabinetBurned, match="A2 and B2"):
        second.on()


def test_a_coil_of_a_matrix_beside_a_motor_of_its_own_burns_the_cabinet() -> None:
    wired = Wired(CabinetPlan((), matrix=ON_PINS, pushers=(PusherPlan("P1", OutputPlan(20), 1.5),)))
    row, column, pusher = wired.output(16), wired.output(18), wired.output(20)
    row.on()
    column.on()

    with pytest.raises(CabinetBurned, match="P1 and A1"):
        pusher.on()


def test_a_coil_of_a_matrix_that_is_driven_for_12_s_burns(matrix: Wired) -> None:
    row, column = matrix.output(16), matrix.output(18)
    row.on()
    column.on()

    with pytest.raises(CabinetBurned, match="A1 was on for 12 s"):
        matrix.pass_time(BURN_S)


def test_the_home_line_shows_the_driven_coils_switch_and_reads_open_while_nothing_is_driven(matrix: Wired) -> None:
    home, row, column = matrix.input(HOME), matrix.output(16), matrix.output(18)
    matrix.world.set_angle("A2", 180)
    seen = [home.is_active]

    for line in (row.on, column.on):
        line()
        seen.append(home.is_active)
    for seconds in (TURN_S / 2, TURN_S / 2):
        matrix.pass_time(seconds)
        seen.append(home.is_active)
    column.off()
    seen.append(home.is_active)

    assert seen == [0, 0, 1, 0, 1, 0]


@pytest.mark.parametrize(("fault", "says"), [(Fault.STUCK_HOME, 1), (Fault.STUCK_OPEN, 0)])
def test_a_stuck_switch_sticks_on_the_home_line_too(matrix: Wired, fault: Fault, says: int) -> None:
    matrix.world.set_angle("A1", 180 if says else 0)
    matrix.world.set_fault("A1", fault)
    home, row, column = matrix.input(HOME), matrix.output(16), matrix.output(18)

    row.on()
    column.on()

    assert home.is_active == says


@pytest.mark.parametrize(("fault", "flows"), [(Fault.NONE, 1), (Fault.JAM, 1), (Fault.UNPLUGGED, 0)])
def test_current_flows_through_a_driven_motor_that_is_there(matrix: Wired, fault: Fault, flows: int) -> None:
    presence, row, column = matrix.input(PRESENCE), matrix.output(16), matrix.output(18)
    matrix.world.set_fault("A1", fault)
    row.on()
    assert presence.is_active == 0

    column.on()

    assert presence.is_active == flows
    row.off()
    assert presence.is_active == 0


def test_a_line_that_is_left_on_is_seen_though_it_drives_nothing(matrix: Wired) -> None:
    column = matrix.output(19)

    column.on()

    assert (matrix.bench.lines_on, matrix.world.running) == (["column 2"], [])
    assert matrix.bench.picture()["lines"] == ["column 2"]
    column.close()
    assert matrix.bench.lines_on == []


def test_lines_that_are_active_low_are_on_while_their_pins_are_low() -> None:
    low = MatrixPlan((16, 17), (18, 19), HOME, CROSSINGS, active_high=False)
    wired = Wired(CabinetPlan((), matrix=low))
    row, column = wired.output(16, active_high=False), wired.output(18, active_high=False)

    row.on()
    column.on()

    assert wired.world.running == ["A1"]
    row.close()
    assert wired.world.running == []


# --- a matrix behind shift registers


class Chain(Wired):
    """A bench with a matrix behind shift registers, written to bit by bit."""

    def __init__(self) -> None:
        super().__init__(CabinetPlan((), matrix=ON_REGISTERS))
        self.clock, self.data, self.latch = (self.output(pin) for pin in (11, 10, 8))

    def send(self, *on: int) -> None:
        """Shift in that these outputs are on, the farthest first; then latch."""
        self.latch.off()
        for output in reversed(range(16)):
            self.data.value = output in on
            self.clock.on()
            self.clock.off()
        self.latch.on()

    def enable(self) -> DigitalOutputDevice:
        return self.output(25, active_high=False)


@pytest.fixture
def chain() -> Chain:
    return Chain()


def test_what_is_shifted_in_and_latched_drives_one_coil(chain: Chain) -> None:
    chain.send()
    with chain.enable() as enable:
        enable.on()
        chain.send(ROWS[1], COLUMNS[1])
        assert chain.world.running == ["B2"]
        chain.pass_time(TURN_S)
        chain.send()

    assert (chain.world.running, chain.bench.lines_on) == ([], [])
    assert [chain.world.coils[slot].items for slot in ("A1", "A2", "B2")] == [10, 10, 9]


def test_from_one_coil_to_another_no_two_are_driven_at_once(chain: Chain) -> None:
    chain.send()
    with chain.enable() as enable:
        enable.on()

        for row, column, slot in ((0, 0, "A1"), (1, 1, "B2"), (0, 1, "A2")):
            chain.send(ROWS[row], COLUMNS[column])
            assert chain.world.running == [slot]


def test_output_enable_is_held_off_until_it_is_driven_low(chain: Chain) -> None:
    chain.send(ROWS[0], COLUMNS[0])
    assert chain.world.running == []
    enable = chain.enable()

    enable.on()
    assert chain.world.running == ["A1"]
    enable.close()

    assert chain.world.running == []


def test_what_registers_hold_when_the_power_comes_burns_the_cabinet_if_it_is_let_through(chain: Chain) -> None:
    with pytest.raises(CabinetBurned):
        chain.enable()  # its pin is low for a moment: first it becomes an output, then it gets its level


def test_nothing_reaches_the_outputs_before_the_latch() -> None:
    registers = Registers(16, worst=False)
    registers.enable(level=False)
    for bit in (True, False, True):
        registers.clock(level=True, data=bit)
        registers.clock(level=False, data=bit)
    assert registers.outputs_at(level=True) == frozenset()

    registers.latch(level=True)

    assert registers.outputs_at(level=True) == {0, 2}


def test_a_clock_or_latch_that_stays_high_does_nothing_more() -> None:
    registers = Registers(8, worst=False)
    registers.enable(level=False)
    for _ in range(3):
        registers.clock(level=True, data=True)
        registers.latch(level=True)

    registers.clock(level=False, data=True)

    assert registers.outputs_at(level=True) == {0}


@pytest.mark.parametrize("outputs", [1, 8, 9, 24])
def test_what_is_shifted_past_the_last_register_is_gone(outputs: int) -> None:
    registers = Registers(outputs, worst=True)
    registers.enable(level=False)

    for _ in range(-(-outputs // 8) * 8):
        registers.clock(level=True, data=False)
        registers.clock(level=False, data=False)
    registers.latch(level=True)

    assert registers.outputs_at(level=True) == frozenset()
