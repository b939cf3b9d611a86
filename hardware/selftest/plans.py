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

from hardware.plan import CabinetPlan, InputPlan, MatrixPlan, OutputPlan

# 0 to 8 are pulled up from power-on on, 14 and 15 are the serial console: a motor there runs before any program does
MOTOR_PINS = frozenset({*range(9, 14), *range(16, 28)})
PINS = range(28)  # BCM, on the 40-pin header
SPI_PINS = {0: (8, 10, 11)}  # chip select, data, clock

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
    for where, motor in _motors(plan):
        if motor.pin not in MOTOR_PINS:
            raise PlanUnusable(f"{where}: pin {motor.pin} is not low at boot; a motor is safe on BCM 9 to 13, 16 to 27")
        if not motor.active_high:
            raise PlanUnusable(f"{where}: an active-low motor twitches whenever its pin is set up")
    _refuse_doubled("pin", [pin for _, pin in _pins(plan)])
    _refuse_doubled("slot", [each.slot for each in plan.dispensers])
    if wrong := [where for where, pin in _pins(plan) if pin not in PINS]:
        raise PlanUnusable(f"{wrong[0]}: pins are BCM numbers from 0 to 27")


def _refuse_doubled(what: str, found: Sequence[int | str]) -> None:
    if doubled := [each for each, times in Counter(found).items() if times > 1]:
        raise PlanUnusable(f"{what} {doubled[0]} is used twice")


def _motors(plan: CabinetPlan) -> Iterator[tuple[str, OutputPlan]]:
    yield from ((f"slot {each.slot}", each.motor) for each in plan.coils)
    yield from ((f"slot {each.slot}", each.motor) for each in plan.pushers)
    yield from ((f"slot {each.slot}", OutputPlan(each.pin)) for each in plan.servos)
    if plan.matrix and not plan.matrix.outputs:
        lines = (*plan.matrix.rows, *plan.matrix.columns)
        yield from (("matrix", OutputPlan(pin, plan.matrix.active_high)) for pin in lines)


def _pins(plan: CabinetPlan) -> Iterator[tuple[str, int]]:
    yield from ((where, motor.pin) for where, motor in _motors(plan))
    inputs: list[tuple[str, InputPlan | None]] = [(f"home of {each.slot}", each.home) for each in plan.coils]
    inputs += [(f"level of {each.slot}", each.level.sensor) for each in plan.dispensers if each.level]
    inputs += [("drop_sensor", plan.drop_sensor), ("door", plan.door)]
    yield from ((where, each.pin) for where, each in inputs if each)
    if plan.matrix:
        yield from _matrix_pins(plan.matrix)


def _matrix_pins(matrix: MatrixPlan) -> Iterator[tuple[str, int]]:
    yield from (("matrix", each.pin) for each in (matrix.home, matrix.presence) if each)
    if matrix.outputs:
        yield "matrix", matrix.outputs.output_enable
        yield from (("matrix", pin) for pin in SPI_PINS.get(matrix.outputs.spi, ()))
