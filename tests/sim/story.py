"""The story of a run: what happened, in plain sentences with virtual times, grouped by episode.

It is told on the way and costs little, so that every run has one; two runs of one seed tell the same to the letter.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console
from rich.text import Text

FIRST_MOMENT_S = 20 * 3600.0  # a run begins at eight in the evening, so that many see midnight
A_DAY_S = 86_400.0


class Voice(StrEnum):
    """Who a line is about."""

    HEADING = "heading"
    ACT = "act"
    CABINET = "cabinet"
    SCREEN = "screen"
    SERVICE = "service"
    WRONG = "wrong"


STYLES = {
    Voice.HEADING: "bold",
    Voice.ACT: "",
    Voice.CABINET: "dim",
    Voice.SCREEN: "green",
    Voice.SERVICE: "cyan",
    Voice.WRONG: "bold red",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence, *at* seconds from the beginning."""

    at: float
    voice: Voice
    text: str


class Story:
    """Lines in the order in which things happened."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def tell(self, at: float, voice: Voice, text: str) -> None:
        """Add a sentence."""
        self.lines.append(Line(at, voice, text))

    @property
    def digest(self) -> str:
        """A short name of the whole story: the same for the same story only."""
        told = "\n".join(f"{line.at:.6f} {line.voice} {line.text}" for line in self.lines)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def show(self, console: Console) -> None:
        """Print it; coloured on a terminal."""
        for line in self.lines:
            console.print(_printed(line), soft_wrap=True)


def moment(at: float) -> tuple[int, str]:
    """The day, from 1, and the time of day."""
    days, seconds = divmod(FIRST_MOMENT_S + at, A_DAY_S)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(int(minutes), 60)
    return int(days) + 1, f"{hour:02}:{minute:02}:{int(second):02}.{int(second * 10) % 10}"


def _printed(line: Line) -> Text:
    day, time = moment(line.at)
    if line.voice is Voice.HEADING:
        return Text(f"\nDay {day}, {time[:-2]}  {line.text}", STYLES[line.voice])
    return Text.assemble((f"    {time}  ", "dim"), (line.text, STYLES[line.voice]))
