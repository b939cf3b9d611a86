"""A cabinet's plan out of JSON, for a bench without a configuration. It refuses what would run a motor unasked.

The keys are the fields of ``hardware/plan.py``; a bare number stands for its pin.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from inspect import Parameter, signature
from pathlib import Path
from types import NoneType, UnionType
from typing import TypeVar, cast, get_args, get_origin, get_type_hints

from hardware.outputs import off_levels
from hardware.plan import CabinetPlan, InputPlan, MatrixPlan, ShiftRegisterPlan

# 0 to 8 are pulled up from power-on on, 14 and 15 are the serial console: a motor there runs before any program does
MOTOR_PINS = frozenset({*range(9, 14), *range(16, 28)})
PINS = range(28)  # BCM, on the 40-pin header
OF_SPI = {0: range(7, 12)}  # the system takes both chip selects and MISO along
OUTPUTS = range(64)  # of a chain; eight chips
LONGEST_LEASE_S = 60.0  # as in a configuration; no motor needs as long
MOST_DEG = 90.0

T = TypeVar("T")


class PlanUnusable(Exception):
    """The plan cannot be used; the message says where and why."""


def read_plan(given: str) -> CabinetPlan:
    """The plan that *given* is, or that lies in the file of that name. Raises ``PlanUnusable``."""
    try:
        found = json.loads(given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanUnusable(f"{given} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise PlanUnusable(f"this is no JSON: {error}") from error
    plan = built(CabinetPlan, {"coils": [], **found} if isinstance(found, dict) else found, "plan")
    _refuse_danger(plan)
    return plan


def built(kind: type[T], value: object, where: str) -> T:
    """A value of the dataclass *kind*, out of plain ones. Raises ``PlanUnusable``."""
    hints = get_type_hints(kind)
    if type(value) is int and "pin" in hints:
        value = {"pin": value}
    if not isinstance(value, dict):
        raise PlanUnusable(f"{where} must be a section such as {{…}}, not {value!r}")
    if unknown := [name for name in value if name not in hints]:
        raise PlanUnusable(f"{where} has no {unknown[0]!r}; it has {', '.join(hints)}")
    for name, parameter in signature(kind).parameters.items():
        if name not in value and parameter.default is Parameter.empty:
            raise PlanUnusable(f"{where} needs {name!r}")
    return kind(**{name: _value(hints[name], each, f"{where}.{name}") for name, each in value.items()})


def _value(kind: object, value: object, where: str) -> object:
    if isinstance(kind, type) and is_dataclass(kind):
        return built(kind, value, where)
    if get_origin(kind) is tuple:
        return _values(get_args(kind)[0], value, where)
    if isinstance(kind, UnionType):
        return None if value is None else _value(next(k for k in get_args(kind) if k is not NoneType), value, where)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise PlanUnusable(f"{where} must be {cast('type', kind).__name__}, not {value!r}")
    return value


def _values(kind: object, value: object, where: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise PlanUnusable(f"{where} must be a list such as […], not {value!r}")
    return tuple(_value(kind, each, f"{where}[{place}]") for place, each in enumerate(value))


def _refuse_danger(plan: CabinetPlan) -> None:
    if not plan.dispensers and not plan.door and not plan.drop_sensor:
        raise PlanUnusable("the plan names no part")
    for pin, off_level in off_levels(plan):
        _refuse_output(pin, off_level, plan.matrix.outputs if plan.matrix else None)
    pins = [*(pin for pin, _ in off_levels(plan)), *_inputs(plan), *_spi(plan)]
    _refuse_doubled("pin", pins)
    _refuse_doubled("slot", [each.slot for each in plan.dispensers])
    if wrong := [pin for pin in pins if pin not in PINS]:
        raise PlanUnusable(f"there is no pin {wrong[0]}: pins are BCM numbers from 0 to 27")
    if plan.matrix:
        _refuse_crossings(plan.matrix)
    _refuse_long_runs(plan)


def _refuse_crossings(matrix: MatrixPlan) -> None:
    for coil in matrix.coils:
        if not (1 <= coil.row <= len(matrix.rows) and 1 <= coil.column <= len(matrix.columns)):
            raise PlanUnusable(
                f"slot {coil.slot}: there is no row {coil.row} and column {coil.column}; both count from 1"
            )
    _refuse_doubled("crossing", [f"row {coil.row}, column {coil.column}" for coil in matrix.coils])
    if matrix.outputs:
        if not matrix.active_high:
            raise PlanUnusable("no active-low lines behind shift registers: zeros would have every line on")
        _refuse_doubled("output", [*matrix.rows, *matrix.columns])
        if wrong := [output for output in (*matrix.rows, *matrix.columns) if output not in OUTPUTS]:
            raise PlanUnusable(f"there is no output {wrong[0]}: outputs of a chain count from 0 to 63")


def _refuse_long_runs(plan: CabinetPlan) -> None:
    limits = plan.limits
    turn_s = limits.leave_home_s + limits.clear_switch_s + limits.come_home_s
    runs_s = [each.run_s for each in plan.pushers] + [2 * each.swing_s for each in plan.servos]
    if not max([turn_s, *runs_s]) < limits.lease_s <= LONGEST_LEASE_S:
        raise PlanUnusable(f"limits.lease_s must outlast every turn and be {LONGEST_LEASE_S:g} at the most")
    if wrong := [each.slot for each in plan.servos if max(abs(each.rest_deg), abs(each.give_deg)) > MOST_DEG]:
        raise PlanUnusable(f"slot {wrong[0]}: a servo swings up to {MOST_DEG:g} degrees from its middle")


def _refuse_output(pin: int, off_level: int, register: ShiftRegisterPlan | None) -> None:
    if register and pin == register.output_enable:
        return  # a pull-up holds it off
    if pin not in MOTOR_PINS:
        raise PlanUnusable(f"no motor on pin {pin}, which is not low at boot: BCM 9 to 13 and 16 to 27 are safe")
    if off_level:
        raise PlanUnusable(f"no active-low motor on pin {pin}: it twitches whenever its pin is set up")


def _refuse_doubled(what: str, found: Sequence[int | str]) -> None:
    if doubled := [each for each, times in Counter(found).items() if times > 1]:
        raise PlanUnusable(f"{what} {doubled[0]} is used twice")


def _inputs(plan: CabinetPlan) -> Iterator[int]:
    switches: list[InputPlan | None] = [each.home for each in plan.coils]
    switches += [each.level.sensor for each in plan.dispensers if each.level]
    switches += [plan.matrix.home, plan.matrix.presence] if plan.matrix else []
    yield from (each.pin for each in (*switches, plan.drop_sensor, plan.door) if each)


def _spi(plan: CabinetPlan) -> Iterator[int]:
    if plan.matrix and plan.matrix.outputs:
        if plan.matrix.outputs.spi not in OF_SPI:
            raise PlanUnusable(f"there is no SPI bus {plan.matrix.outputs.spi} here, only 0")
        yield from OF_SPI[plan.matrix.outputs.spi]
