"""Between hardware's words and core's: ``TRANSLATION`` is the one table, and the configuration's words become both.

It decides nothing and owns nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from hardware import events as hw
from hardware.cabinet import Cabinet
from hardware.plan import (
    CabinetPlan,
    CoilPlan,
    DispenserPlan,
    InputPlan,
    LevelPlan,
    Limits,
    MatrixCoilPlan,
    MatrixPlan,
    OutputPlan,
    PusherPlan,
    ServoPlan,
    ShiftRegisterPlan,
    SupplyPlan,
)
from kiosk.config import Config, Input, Item, Matrix, MatrixMotor, MotorEnable, ServoMotor, Slot
from kiosk.core import events as core
from kiosk.core import limits
from kiosk.core.situation import Rules
from kiosk.core.values import GroupId, ItemId, ItemRule, Motion, Secret, SlotId, Unfit
from kiosk.parts import DeviceFound, DeviceLost

# Any: each function takes the one class that stands beside it
TRANSLATION: dict[type[hw.HardwareEvent], Callable[[Any], object]] = {
    hw.TurnEnded: lambda event: core.TurnEnded(SlotId(event.slot), core.TurnResult(event.result.value)),
    hw.BeamBroken: lambda event: core.BeamBroken(event.after_leaving),
    hw.BeamCleared: lambda _: core.BeamCleared(),
    hw.DoorOpened: lambda _: core.DoorOpened(),
    hw.DoorClosed: lambda _: core.DoorClosed(),
    hw.TextRead: lambda event: core.CodePresented(Secret(event.text)),
    hw.ScannerLost: lambda event: DeviceLost("scanner", f"{event.why}; check its cable and scanner.port in kiosk.yaml"),
    hw.ScannerFound: lambda _: DeviceFound("scanner"),
}


class TranslatedCabinet:
    """Hardware's cabinet, speaking core's words."""

    def __init__(self, cabinet: Cabinet) -> None:
        self._cabinet = cabinet

    @property
    def slots(self) -> frozenset[SlotId]:
        """The slots that can be driven."""
        return frozenset(map(SlotId, self._cabinet.slots))

    @property
    def low(self) -> frozenset[SlotId]:
        """The slots that their level sensors see low."""
        return frozenset(map(SlotId, self._cabinet.low))

    @property
    def deadline(self) -> float | None:
        """When ``expire`` is due."""
        return self._cabinet.deadline

    @property
    def is_turning(self) -> bool:
        """Whether a motor is on."""
        return self._cabinet.is_turning

    def sense(self) -> Sequence[core.Event]:
        """Sensors as they stand."""
        return _translated(self._cabinet.sense())

    def start_turn(self, slot: SlotId, now: float, motion: Motion) -> Sequence[core.Event]:
        """Switch a motor on."""
        return _translated(self._cabinet.start_turn(slot, now, hw.Motion(motion)))

    def feel(self, signal: Any) -> Sequence[core.Event]:
        """Make events of a raw signal."""
        return _translated(self._cabinet.feel(signal))

    def expire(self, now: float) -> Sequence[core.Event]:
        """End what is over."""
        return _translated(self._cabinet.expire(now))

    def stop_motors(self) -> Sequence[core.Event]:
        """Switch all motors off."""
        return _translated(self._cabinet.stop_motors())


def plan_of(config: Config) -> CabinetPlan:
    """The cabinet that the configuration describes."""
    timing, dispensers = config.timing, [_dispenser_of(slot) for slot in config.slots]
    return CabinetPlan(
        coils=tuple(each for each in dispensers if isinstance(each, CoilPlan)),
        drop_sensor=_input_of(config.drop_sensor) if config.drop_sensor else None,
        door=_input_of(config.door) if config.door else None,
        limits=Limits(
            timing.leave_home_s,
            timing.clear_switch_s,
            timing.come_home_s,
            timing.earliest_drop_s,
            timing.nudge_s,
            timing.lease_s,
        ),
        pushers=tuple(each for each in dispensers if isinstance(each, PusherPlan)),
        servos=tuple(each for each in dispensers if isinstance(each, ServoPlan)),
        matrix=_matrix_of(config.matrix, [each for each in dispensers if isinstance(each, MatrixCoilPlan)]),
        supply=_supply_of(config.motor_enable) if config.motor_enable else None,
    )


def _dispenser_of(slot: Slot) -> DispenserPlan:
    level = LevelPlan(_input_of(slot.low), slot.low.at) if slot.low else None
    motor = slot.motor
    if isinstance(motor, MatrixMotor):
        return MatrixCoilPlan(slot.id, motor.row, motor.column, slot.capacity, level)
    if isinstance(motor, ServoMotor):
        swing = motor.rest_deg, motor.give_deg, motor.swing_s
        return ServoPlan(slot.id, motor.pin, *swing, slot.capacity, level)
    output = OutputPlan(motor.pin, motor.active_high)
    if slot.home:
        return CoilPlan(slot.id, output, _input_of(slot.home), slot.capacity, level)
    assert motor.run_s is not None  # no configuration without either
    return PusherPlan(slot.id, output, motor.run_s, slot.capacity, level)


def _input_of(contact: Input) -> InputPlan:
    return InputPlan(contact.pin, contact.active_low)


def _matrix_of(matrix: Matrix | None, coils: Sequence[MatrixCoilPlan]) -> MatrixPlan | None:
    if matrix is None or not coils:
        return None
    outputs = matrix.outputs
    return MatrixPlan(
        matrix.rows,
        matrix.columns,
        _input_of(matrix.home),
        tuple(coils),
        matrix.active_high,
        _input_of(matrix.presence) if matrix.presence else None,
        ShiftRegisterPlan(outputs.spi, outputs.output_enable) if outputs else None,
        matrix.look_s,
    )


def _rise_s(config: Config) -> float:
    return config.motor_enable.rise_ms / 1000 if config.motor_enable else 0.0


def _supply_of(enable: MotorEnable) -> SupplyPlan:
    return SupplyPlan(enable.pin, enable.pulse_ms / 1000, enable.rise_ms / 1000)


def rules_of(config: Config, has_beam: bool, sensed: Collection[str]) -> Rules:
    """The rules of deciding that the configuration gives; *sensed* are the slots whose level sensors can be read."""
    return Rules(
        items={
            ItemId(item.id): ItemRule(
                ItemId(item.id),
                item.access == "open",
                item.emergency,
                item.thin,
                Unfit(item.unfit),
                _group_of(item),
                item.nudges,
            )
            for item in config.items
        },
        levels={SlotId(slot.id): slot.low.at for slot in config.slots if slot.low and slot.id in sensed},
        sensorless=frozenset(SlotId(slot.id) for slot in config.slots if slot.sensorless),
        drop_sensor=has_beam,
        beam_down_refuses=config.drop_sensor is not None and config.drop_sensor.beam_down == "refuse",
        drop_window_s=config.timing.drop_window_s,
        homing_window_s=config.timing.homing_window_s,
        earliest_drop_s=config.timing.earliest_drop_s + _rise_s(config),
        beam_down_s=config.timing.beam_down_s,
        choose_s=config.timing.choose_s,
        choose_more_s=config.timing.choose_more_s,
        taken_shown_s=config.timing.taken_shown_s,
        said_shown_s=config.timing.said_shown_s,
        limits=_limits_of(config),
    )


def _group_of(item: Item) -> GroupId | None:
    return GroupId(item.limit.group) if item.limit else None


def _limits_of(config: Config) -> limits.Limits:
    return limits.Limits(
        unproven_a_slot=config.limits.unproven_a_slot,
        unproven_a_kiosk=config.limits.unproven_a_kiosk,
        no_drops_in_a_row=config.limits.no_drops_in_a_row,
        rest_s=config.timing.rest_s,
        emergency_cooldown_s=config.timing.emergency_cooldown_s,
        emergency_reserve=config.limits.emergency_reserve,
    )


def _translated(events: Sequence[hw.CabinetEvent]) -> list[Any]:
    return [TRANSLATION[type(event)](event) for event in events]
