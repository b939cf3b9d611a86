"""What is wrong in a configuration file, where, and what to do. Holds and words faults; finds none itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

Trail = tuple[str | int, ...]  # ("slots", 5, "motor", "pin"): the way from the top of the file to one value

MOST_SHOWN = 40  # characters of a value or key in a message: it stays one readable line whatever the file holds


class Unread:
    """Stands where a value was refused already while reading, so that nobody complains about it again."""

    def __repr__(self) -> str:
        return "<unread>"


UNREAD = Unread()

Tree = dict[str, "Tree"] | list["Tree"] | str | int | float | bool | Unread | None


class Place(NamedTuple):
    """Line and column as editors count them, from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong at *trail*. *place* is given only where it is not the place of that trail."""

    trail: Trail
    message: str
    remedy: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong, ready to print. *line* and *column* are None when it is the file as a whole."""

    file: str
    line: int | None
    column: int | None
    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        """``kiosk.yaml:42:7 slots[5].motor.pin: 17 is already used by slots[2].motor.pin (line 23)``."""
        place = "" if self.line is None else f":{self.line}:{self.column}"
        path = f" {self.path}" if self.path else ""
        return f"{self.file}{place}{path}: {self.message}"


def fault_of(finding: Finding, file: str, place: Place | None) -> Fault:
    """Tie a finding to its file and place."""
    line, column = place or (None, None)
    return Fault(file, line, column, path_text(finding.trail), finding.message, finding.remedy)


def path_text(trail: Trail) -> str:
    """Write a trail as ``slots[5].motor.pin``; a key that is no plain word stands in quotes."""
    parts = [f"[{key}]" if isinstance(key, int) else f".{_key_text(key)}" for key in trail]
    return "".join(parts).removeprefix(".")


def shown(value: object) -> str:
    """Return a value as a message shows it: short, on one line, in the file's own words."""
    match value:
        case dict():
            return "a section"
        case list():
            return "a list"
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case str():
            return repr(value if len(value) <= MOST_SHOWN else value[:MOST_SHOWN] + "...")
        case _:
            return str(value)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that *word* was probably meant to be; None when none is like it."""
    matches = difflib.get_close_matches(word[:MOST_SHOWN], list(known), n=1)
    return matches[0] if matches else None


def _key_text(key: str) -> str:
    plain = key.replace("_", "").replace("-", "").isalnum() and len(key) <= MOST_SHOWN
    return key if plain else shown(key)
