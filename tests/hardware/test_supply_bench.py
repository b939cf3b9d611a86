"""The supply's one-shot on the bench: what is switched on has power only while pulses come."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from gpiozero import DigitalOutputDevice

from hardware.bench.bench import Bench
from hardware.bench.physics import BURN_S, ONE_SHOT_S, TURN_S, CabinetBurned
from hardware.plan import SupplyPlan
from tests.hardware.rig import PLAN

PULSE, MOTOR = 13, 17


class Wired:
    """A bench in virtual time with a motor, and the pulse's output."""

    def __init__(self) -> None:
        self.bench = Bench(replace(PLAN, supply=SupplyPlan(PULSE)), lambda: 5.0, lambda *_, **__: None)
        self.world = self.bench.world
        self.motor = DigitalOutputDevice(MOTOR, pin_factory=self.bench.pins)
        self.output = DigitalOutputDevice(PULSE, pin_factory=self.bench.pins)

    def pulse(self) -> None:
        self.output.on()
        self.output.off()

    def pulse_for(self, seconds: float) -> None:
        end = self.world.now + seconds
        while self.world.now < end:
            self.pulse()
            self.pass_time(0.2)

    def pass_time(self, seconds: float) -> None:
        self.bench.advance(self.world.now + seconds)

    @property
    def angle(self) -> float:
        return self.world.coils["A1"].angle


@pytest.fixture
def wired() -> Wired:
    return Wired()


def test_without_a_pulse_a_motor_that_is_switched_on_stands_still(wired: Wired) -> None:
    wired.motor.on()
    wired.pass_time(2 * BURN_S)

    assert wired.angle == 0
    assert not wired.world.is_moving


def test_one_pulse_gives_power_for_half_a_second(wired: Wired) -> None:
    wired.motor.on()
    wired.pulse()
    wired.pass_time(10)

    assert wired.angle == pytest.approx(360 * ONE_SHOT_S / TURN_S)


def test_a_level_that_stays_is_no_pulse(wired: Wired) -> None:
    wired.motor.on()
    wired.output.on()
    wired.pass_time(0.3)
    wired.output.on()
    wired.pass_time(10)

    assert wired.angle == pytest.approx(360 * ONE_SHOT_S / TURN_S)


def test_steady_pulses_turn_a_coil_as_a_steady_supply_does(wired: Wired) -> None:
    wired.motor.on()
    wired.pulse_for(1.2)

    assert wired.angle == pytest.approx(360 * 1.2 / TURN_S)


def test_a_motor_on_behind_a_dropped_supply_burns_only_when_pulses_come_again(wired: Wired) -> None:
    wired.motor.on()
    wired.pass_time(2 * BURN_S)
    wired.pulse_for(BURN_S - 1)

    with pytest.raises(CabinetBurned):
        wired.pulse_for(2)


def test_a_cabinet_without_the_one_shot_has_power_for_ever() -> None:
    assert Bench(PLAN, lambda: 5.0, lambda *_, **__: None).world.supply_until == math.inf
