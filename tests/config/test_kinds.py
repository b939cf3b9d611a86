"""Dispensers of every kind in ``kiosk.yaml``, and the cabinet that they become."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.plan import (
    CabinetPlan,
    CoilPlan,
    InputPlan,
    LevelPlan,
    Limits,
    MatrixCoilPlan,
    MatrixPlan,
    OutputPlan,
    PusherPlan,
    ServoPlan,
    ShiftRegisterPlan,
)
from kiosk.config import Config
from kiosk.translation import plan_of, rules_of
from tests.config.conftest import Read

COIL = CoilPlan("A1", OutputPlan(17), InputPlan(27), 10)
PUSHER = PusherPlan("B1", OutputPlan(24), 1.5, 5)
SERVO = ServoPlan("B2", 18, -45, 45, 0.6, 6)
MATRIX = MatrixPlan(
    (19, 20),
    (12, 13, 16),
    InputPlan(5),
    (
        MatrixCoilPlan("A2", 1, 1, 10),
        MatrixCoilPlan("C1", 2, 3, 12),
        MatrixCoilPlan("D1", 2, 1, 20, LevelPlan(InputPlan(26), 3)),
    ),
    presence=InputPlan(6),
)
REGISTER = "presence: {pin: 6, active_low: true}\n  outputs: {driver: shift_register, spi: 0, output_enable: 25}"
SAFE = "unsafe_pin_reason: a relay cuts the supply until the kiosk runs"


@pytest.fixture
def kinds() -> str:
    return (Path(__file__).parent / "kinds.yaml").read_text()


def config_of(read: Read, text: str) -> Config:
    loaded = read(text)
    assert (loaded.faults, loaded.warnings) == ((), ())
    assert loaded.config
    return loaded.config


def test_a_cabinet_has_dispensers_of_every_kind(kinds: str, read: Read) -> None:
    plan = plan_of(config_of(read, kinds))

    assert plan == CabinetPlan(
        (COIL,), InputPlan(22), limits=Limits(), pushers=(PUSHER,), servos=(SERVO,), matrix=MATRIX
    )


def test_the_lines_of_a_matrix_may_be_outputs_of_shift_registers(kinds: str, read: Read) -> None:
    text = kinds.replace("rows: [19, 20]", "rows: [0, 1]").replace("columns: [12, 13, 16]", "columns: [2, 3, 40]")
    plan = plan_of(config_of(read, text.replace("presence: {pin: 6, active_low: true}", REGISTER)))

    assert plan.matrix
    assert (plan.matrix.rows, plan.matrix.columns) == ((0, 1), (2, 3, 40))
    assert plan.matrix.outputs == ShiftRegisterPlan(0, 25)


def test_outputs_of_shift_registers_are_no_pins(kinds: str, read: Read) -> None:
    text = kinds.replace("rows: [19, 20]", "rows: [17, 27]").replace("columns: [12, 13, 16]", "columns: [5, 18, 22]")

    assert read(text.replace("presence: {pin: 6, active_low: true}", REGISTER)).faults == ()


@pytest.mark.parametrize("pin", [7, 8, 9, 10, 11])
def test_a_shift_register_takes_all_pins_of_its_bus(pin: int, kinds: str, read: Read) -> None:
    text = kinds.replace("presence: {pin: 6, active_low: true}", REGISTER).replace("{pin: 26,", f"{{pin: {pin},")

    (fault,) = read(text).faults

    assert str(fault).endswith(f"matrix.outputs.spi: {pin} is already used by slots[5].low.pin (line 13)")


def test_what_a_matrix_waits_before_it_looks_can_be_set(kinds: str, read: Read) -> None:
    plan = plan_of(config_of(read, kinds.replace("  presence:", "  look_s: 0.2\n  presence:")))

    assert plan.matrix
    assert plan.matrix.look_s == 0.2


def test_a_matrix_without_coils_is_none_of_the_cabinet(good: str, read: Read) -> None:
    matrix = "matrix: {rows: [9], columns: [10], active_high: true, home: {pin: 4, active_low: true}}\n"
    loaded = read(good + matrix)

    assert loaded.config
    assert plan_of(loaded.config).matrix is None
    assert [warning.path for warning in loaded.warnings] == ["matrix"]


def test_what_falls_early_is_judged_from_when_the_motors_supply_is_up(kinds: str, read: Read) -> None:
    text = kinds + "motor_enable: {pin: 25, rise_ms: 200}\n"

    assert rules_of(config_of(read, text), has_beam=True, sensed=()).earliest_drop_s == pytest.approx(0.5)


def test_items_are_nudged_three_times_unless_they_say_otherwise(kinds: str, read: Read) -> None:
    rules = rules_of(config_of(read, kinds), has_beam=True, sensed=())

    assert {item: rule.nudges for item, rule in rules.items.items()} == {"naloxone": 3, "kit": 1, "strips": 3}


def test_a_slot_says_that_the_drop_sensor_does_not_reach_it(kinds: str, read: Read) -> None:
    rules = rules_of(config_of(read, kinds), has_beam=True, sensed=())

    assert rules.sensorless == {"C1"}


@pytest.mark.parametrize("lines", ["rows: [2, 3]", "columns: [4, 5, 15]"])
def test_a_reason_allows_lines_on_unsafe_pins_and_active_low_ones(lines: str, kinds: str, read: Read) -> None:
    name = lines.split(":", maxsplit=1)[0]
    whole = {"rows": "rows: [19, 20]", "columns": "columns: [12, 13, 16]"}[name]
    text = kinds.replace(whole, lines).replace("{pin: 5,", "{pin: 7,")

    refused = read(text.replace("active_high: true\n", "active_high: false\n")).faults
    allowed = read(text.replace("active_high: true\n", f"active_high: false\n  {SAFE}\n")).faults

    assert (len(refused), allowed) == (lines.count(",") + 2, ())


def test_a_coil_at_home_in_a_sensorless_slot_needs_no_drop_sensor(kinds: str, read: Read) -> None:
    faults = read(kinds.replace("drop_sensor: {pin: 22, active_low: true}\n", "")).faults

    assert [fault.path for fault in faults] == ["slots[2].motor", "slots[3].motor"]  # pusher and servo, no coil


def test_a_time_limit_that_is_wrong_itself_says_nothing_of_pushers(kinds: str, read: Read) -> None:
    faults = read(kinds.replace("run_s: 1.5", "run_s: 20") + "timing: {lease_s: 99}\n").faults

    assert [fault.path for fault in faults] == ["timing.lease_s"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ("motor: *elsewhere", "slots[1].motor"),
        ("motor: {driver: *elsewhere, row: 1, column: 1}", "slots[1].motor.driver"),
        ("motor: {driver: [matrix], row: 1, column: 1}", "slots[1].motor.driver"),
        ("motor: {driver: matrix, row: one, column: 1}", "slots[1].motor.row"),
        ("motor: {driver: gpio, gpio: 4, pin: 21, active_high: true, run_s: 1}", "slots[1].motor.gpio"),
        ("motor: [gpio]", "slots[1].motor"),
        ("motor: ~", "slots[1].motor"),
    ],
)
def test_a_motor_of_the_wrong_shape_is_named_once(wrong: str, path: str, kinds: str, read: Read) -> None:
    faults = read(kinds.replace("motor: {driver: matrix, row: 1, column: 1}", wrong)).faults

    assert [fault.path for fault in faults] == [path]


@pytest.mark.parametrize("matrix", ["no", "[7]", "{rows: 7, columns: 8, home: 5, outputs: [8]}"])
def test_a_matrix_of_the_wrong_shape_makes_no_slot_wrong(matrix: str, kinds: str, read: Read) -> None:
    before, _, rest = kinds.partition("matrix:\n")
    text = f"{before}matrix: {matrix}\n{rest[rest.index('drop_sensor:') :]}"

    assert {fault.path.split(".")[0].split("[")[0] for fault in read(text).faults} == {"matrix"}


@pytest.mark.parametrize("reason", ["", ", unsafe_pin_reason: inverted behind"])
def test_outputs_of_shift_registers_are_high_when_on_whatever_reason_is_given(
    kinds: str, read: Read, reason: str
) -> None:
    start = kinds.index("matrix:")
    matrix = (
        "matrix: {rows: [0, 1], columns: [2, 3, 4], active_high: false, home: {pin: 6, active_low: true},"
        f" outputs: {{driver: shift_register, spi: 0, output_enable: 25}}{reason}}}\n"
    )

    faults = read(kinds[:start] + matrix).faults

    assert any(
        "matrix.active_high: a shift register that holds zeros would have every active-low line on" in str(each)
        for each in faults
    )
