"""What switches all of a cabinet off: every output, in the order in which they should go."""

from __future__ import annotations

from dataclasses import replace

from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from hardware.cabinet import Cabinet
from hardware.outputs import off_levels
from hardware.plan import (
    CabinetPlan,
    CoilPlan,
    InputPlan,
    MatrixCoilPlan,
    MatrixPlan,
    OutputPlan,
    PusherPlan,
    ServoPlan,
    ShiftRegisterPlan,
    SupplyPlan,
)

MATRIX = MatrixPlan((9, 10), (11, 12), InputPlan(5), (MatrixCoilPlan("D1", 1, 1),))
WHOLE = CabinetPlan(
    (CoilPlan("A1", OutputPlan(17), InputPlan(27)), CoilPlan("A2", OutputPlan(18, active_high=False), InputPlan(4))),
    InputPlan(22),
    InputPlan(23),
    pushers=(PusherPlan("B1", OutputPlan(19), 1.0), PusherPlan("B2", OutputPlan(20, active_high=False), 1.0)),
    servos=(ServoPlan("C1", 21, 0, 90, 0.5),),
    matrix=MATRIX,
    supply=SupplyPlan(13),
)


def test_every_output_has_its_off_level_and_what_feeds_several_motors_goes_first() -> None:
    assert off_levels(WHOLE) == [
        (13, 0),  # the supply's pulse
        *((11, 0), (12, 0), (9, 0), (10, 0)),  # columns, then rows
        *((17, 0), (18, 1), (19, 0), (20, 1)),
        (21, 0),
    ]


def test_a_matrix_whose_drivers_are_on_at_a_low_level_is_off_at_a_high_one() -> None:
    assert off_levels(CabinetPlan((), matrix=replace(MATRIX, active_high=False))) == [(11, 1), (12, 1), (9, 1), (10, 1)]


def test_behind_shift_registers_output_enable_takes_all_power() -> None:
    matrix = replace(MATRIX, outputs=ShiftRegisterPlan(spi=0, output_enable=25))

    assert off_levels(CabinetPlan((), matrix=matrix)) == [(25, 1)]


def test_no_output_that_a_cabinet_opens_is_left_out() -> None:
    pins = MockFactory(pin_class=MockPWMPin)
    before, Device.pin_factory = Device.pin_factory, pins
    cabinet = Cabinet(WHOLE, pins, lambda _: None, lambda: 0.0, lambda *_: None)  # type: ignore[arg-type]
    opened = {number for number in range(28) if pins.pin(number).function == "output"}
    cabinet.close()
    Device.pin_factory = before

    assert opened == dict(off_levels(WHOLE)).keys()
