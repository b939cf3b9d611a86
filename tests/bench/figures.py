"""What a benchmark says: a median, beside the floor that was measured in the same run, and the aim. Judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

import click


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a run measures; more takes longer and is less noisy."""

    vends: int = 24
    rested: int = 5
    starts: int = 15
    seconds: float = 60.0
    batches: int = 7
    turns: int = 40


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: *samples* in *unit*, and those of the floor; *aim* is text, for eyes only."""

    what: str
    samples: Sequence[float]
    unit: str
    floor: Sequence[float] = ()
    aim: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The line, cell by cell."""
        least = median(self.floor) if self.floor else None
        ratio = f"{median(self.samples) / least:.2f}×" if least else ""
        return (
            self.what,
            f"{_short(median(self.samples))} {self.unit}",
            _spread(self.samples),
            f"{_short(max(self.samples))}" if len(self.samples) > 1 else "",
            f"{_short(least)} {self.unit}" if least is not None else "",
            ratio,
            self.aim,
        )


HEADS = ("figure", "median", "middle half", "worst", "floor", "ratio", "aim")


def print_table(figures: Sequence[Figure]) -> None:
    """Print the figures in columns."""
    rows = [HEADS, *(figure.cells for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _spread(samples: Sequence[float]) -> str:
    if len(samples) < 3:
        return ""
    low, _, high = quantiles(samples, n=4)
    return f"{_short(low)}–{_short(high)}"


def _short(number: float) -> str:
    """Three significant digits; whole numbers as they are."""
    if number == int(number) or abs(number) >= 1000:
        return f"{number:.0f}"
    digits = 2 if abs(number) < 10 else 1
    return f"{number:.3f}" if abs(number) < 1 else f"{number:.{digits}f}"
