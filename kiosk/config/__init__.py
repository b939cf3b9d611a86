"""Configuration: ``load`` reads ``kiosk.yaml`` and answers with frozen values, or with every fault at once.

It never raises for what stands in a file, or for a file that is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from kiosk.config.advice import all_warnings
from kiosk.config.faults import Fault, Finding, fault_of
from kiosk.config.model import (
    NOT_BUILT_YET,
    Allowance,
    Config,
    DropSensor,
    GpioMotor,
    Input,
    Item,
    Kiosk,
    Matrix,
    MatrixMotor,
    MotorEnable,
    Scanner,
    Screen,
    ServoMotor,
    Slot,
    Timing,
)
from kiosk.config.motors import motor_faults
from kiosk.config.places import Document, read_document
from kiosk.config.reading import Unusable, decoded, read_text
from kiosk.config.rules import all_faults
from kiosk.config.sentences import findings_of

__all__ = [
    "Allowance",
    "Config",
    "DropSensor",
    "Fault",
    "GpioMotor",
    "Input",
    "Item",
    "Kiosk",
    "Loaded",
    "Matrix",
    "MatrixMotor",
    "MotorEnable",
    "Scanner",
    "Screen",
    "ServoMotor",
    "Slot",
    "Timing",
    "load",
    "parse",
]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a file. *config* is None exactly when there are *faults*; *warnings* never stop a kiosk."""

    config: Config | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def load(path: Path) -> Loaded:
    """Read a configuration and all that is wrong with it, in the order of the file."""
    try:
        return _judged(read_text(path), str(path))
    except Unusable as unusable:
        return Loaded(None, (fault_of(unusable.finding, str(path), unusable.finding.place),), ())


def parse(raw: bytes, name: str) -> Loaded:
    """The same of a file's content that lies elsewhere; *name* is what faults call it."""
    try:
        return _judged(decoded(raw), name)
    except Unusable as unusable:
        return Loaded(None, (fault_of(unusable.finding, name, unusable.finding.place),), ())


def _judged(text: str, name: str) -> Loaded:
    document = read_document(text)
    config, wrong = _validated(document)
    faults = _placed([*document.findings, *wrong, *all_faults(document), *motor_faults(document)], document, name)
    warnings = _placed(all_warnings(document), document, name)
    return Loaded(None if faults else config, faults, warnings)


def _validated(document: Document) -> tuple[Config | None, list[Finding]]:
    used = {name: value for name, value in document.sections.items() if name not in NOT_BUILT_YET}
    try:
        return Config.model_validate(used), []
    except ValidationError as error:
        return None, findings_of(error)


def _placed(findings: Iterable[Finding], document: Document, name: str) -> tuple[Fault, ...]:
    """Give each finding its place and sort by it."""
    placed = [(finding.place or document.place(finding.trail), finding) for finding in findings]
    placed.sort(key=lambda pair: pair[0])
    return tuple(fault_of(finding, name, place) for place, finding in placed)
