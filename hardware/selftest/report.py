"""What a self-test found: values, the file they are kept in, and what has become worse since an earlier one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from statistics import median_low

from hardware.selftest.examiner import Seen

VERSION = 1
SLOW_TIMES = 1.5  # the cabinet's middle coil; judgement
SLOWER_TIMES, SLOWER_S = 1.25, 0.1  # than last time, and by so much more than an edge may be late; judgement
TIMES = {"left_s": "left home", "home_s": "home", "drop_s": "drop"}

SLOW = "Clean and grease the coil, look for what rubs, and measure the motors' supply under load."


class Grade(StrEnum):
    """How a part does."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


Parts = dict[str, dict[str, object]]  # of an earlier report, by name

WORSE = list(Grade)  # from good to bad


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part. *fell*: units that lie in the tray because of it; None: nobody can say."""

    part: str
    grade: Grade
    words: str
    remedy: str = ""
    seen: Seen | None = None
    fell: int | None = 0


@dataclass(frozen=True, slots=True)
class Report:
    """All findings. *cut_short* says why not all parts were tried; *interrupted* is the slot that was turning then."""

    findings: tuple[Finding, ...]
    cut_short: str = ""
    interrupted: str = ""
    simulated: bool = False

    @property
    def has_failed(self) -> bool:
        """Whether anything is broken, or was not tried."""
        return bool(self.cut_short) or any(finding.grade is Grade.FAIL for finding in self.findings)

    @property
    def fell(self) -> dict[str, int]:
        """How many units of which slots lie in the tray, as far as is known."""
        return {each.part: each.fell for each in self.findings if each.fell}

    @property
    def unknown(self) -> tuple[str, ...]:
        """The slots of which nobody can say how many fell."""
        unseen = [each.part for each in self.findings if each.fell is None]
        return (*unseen, *([self.interrupted] if self.interrupted else []))


class ReportUnusable(Exception):
    """A report cannot be read or written; the message says why."""


def with_slow_ones(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings, with a warning for each good coil that is much slower than the cabinet's middle one."""
    times = [each.seen.home_s for each in findings if each.seen and each.seen.home_s]
    middle = median_low(times) if times else 0.0
    return tuple(_warned(each, middle) if _is_slow(each, middle) else each for each in findings)


def ending(report: Report) -> Iterator[str]:
    """What is said at the end, whoever asked for the report."""
    if report.cut_short:
        yield f"Stopped ({report.cut_short}): all motors are off. Not every part was tried."
    if report.fell:
        yield f"In the tray now: {', '.join(f'{slot} {units}' for slot, units in report.fell.items())}."
    if report.unknown:
        yield f"Nobody could see how many fell from: {', '.join(report.unknown)}."


def write_report(report: Report, path: Path) -> None:
    """Keep a report, whole or not at all. Raises ``ReportUnusable``."""
    draft = path.with_name(f"{path.name}.draft")
    try:
        draft.write_text(json.dumps(message(report), indent=1) + "\n", encoding="utf-8")
        os.replace(draft, path)
    except OSError as error:
        raise ReportUnusable(f"the report {path} cannot be written: {error.strerror}") from error


def check_place(path: Path) -> None:
    """Raise ``ReportUnusable`` if no report could be kept there, before anything is moved for it."""
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise ReportUnusable(f"no report can be written to {path}: name a file in a folder that is there and yours")


def message(report: Report) -> dict[str, object]:
    """A report as plain values. Add names; change none without a new version."""
    return {
        "v": VERSION,
        "simulated": report.simulated,
        "cut_short": report.cut_short or None,
        "parts": [_part(each) for each in report.findings],
        "fell": report.fell,
        "unknown": list(report.unknown),
    }


def read_report(path: Path) -> Parts:
    """The parts of an earlier report by name. Raises ``ReportUnusable``."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["v"] != VERSION:
            raise ReportUnusable(f"{path} is a report of version {found['v']}; this program reads {VERSION}")
        return {part["part"]: part for part in found["parts"] if Grade(part["grade"])}
    except OSError as error:
        raise ReportUnusable(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportUnusable(f"{path} is no report of a self-test; one is written by --json {path}") from error


def changes(before: Parts, report: Report) -> Iterator[str]:
    """What has become worse, slower or whole since an earlier report, a sentence each."""
    for finding in report.findings:
        if (then := before.get(finding.part)) is not None:
            yield from _change(Grade(str(then["grade"])), then, finding)


def _change(was: Grade, then: dict[str, object], finding: Finding) -> Iterator[str]:
    if was is not finding.grade:
        is_worse = WORSE.index(finding.grade) > WORSE.index(was)
        yield f"{finding.part}: {'worse' if is_worse else 'better'}, {finding.grade} and was {was}: {finding.words}"
    for name, what in TIMES.items():
        before, now = then.get(name), getattr(finding.seen, name, None)
        if isinstance(before, int | float) and now is not None and now > max(before * SLOWER_TIMES, before + SLOWER_S):
            yield f"{finding.part}: slower, {what} after {now:.2f} s and was {before:.2f} s"


def _is_slow(finding: Finding, middle: float) -> bool:
    home_s = finding.seen.home_s if finding.seen else None
    return finding.grade is Grade.OK and home_s is not None and home_s > middle * SLOW_TIMES


def _warned(finding: Finding, middle: float) -> Finding:
    words = f"{finding.words}; slow, the cabinet's middle coil needs {middle:.2f} s"
    return replace(finding, grade=Grade.WARN, words=words, remedy=SLOW)


def _part(finding: Finding) -> dict[str, object]:
    seen = finding.seen
    return {
        "part": finding.part,
        "grade": finding.grade,
        "words": finding.words,
        "remedy": finding.remedy,
        "result": seen.result if seen else None,
        **{name: _rounded(getattr(seen, name, None)) for name in TIMES},
        "drops": seen.drops if seen else None,
        "fell": finding.fell,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
