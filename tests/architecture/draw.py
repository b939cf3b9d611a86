"""Draws the state diagrams of ARCHITECTURE.md from the tables that the program runs on.

``python -m tests.architecture.draw`` rewrites what stands between the markers, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from hardware import turn
from hardware.events import Motion
from hardware.plan import Limits
from kiosk.core import vend
from kiosk.core.situation import Situation, State

ARCHITECTURE = Path(__file__).parents[2] / "ARCHITECTURE.md"

Arrow = tuple[str, str, str]  # from, to, label

START_OR_END = "[*]"


class MarkersMissing(ValueError):
    """ARCHITECTURE.md has no place for a diagram; the message says which lines it needs."""


def vend_arrows() -> Iterable[Arrow]:
    yield START_OR_END, Situation().state, ""
    for (state, signal), (then, action) in vend.TABLE.items():
        yield state, then, f"{signal} / {action.__name__}"
    yield State.STOPPED, START_OR_END, ""


def turn_arrows() -> Iterable[Arrow]:
    for at_home, where in ((True, "at home"), (False, "off home"), (None, "home not to be seen yet")):
        yield START_OR_END, turn.Turn(at_home, Limits(), 0.0).phase, f"motor on, {where}"
    yield START_OR_END, turn.Turn(True, Limits(), 0.0, Motion.NUDGE).phase, "motor on for a nudge"
    for (phase, sense), then in turn.TABLE.items():
        yield phase, then, sense
    for result in dict.fromkeys(then for then in turn.TABLE.values() if not isinstance(then, turn.Phase)):
        yield result, START_OR_END, ""


DIAGRAMS: dict[str, Callable[[], Iterable[Arrow]]] = {"vend": vend_arrows, "turn": turn_arrows}


def drawn(text: str) -> str:
    """The same text with its diagrams as the tables have them now. Raises ``MarkersMissing``."""
    for name, arrows in DIAGRAMS.items():
        begin, end = markers(name)
        before, found, rest = text.partition(begin)
        _, found_end, behind = rest.partition(end)
        if not (found and found_end):
            raise MarkersMissing(f"ARCHITECTURE.md needs these two lines where the diagram belongs:\n{begin}\n{end}")
        text = f"{before}{begin}\n{mermaid(arrows())}{end}{behind}"
    return text


def markers(name: str) -> tuple[str, str]:
    return f"<!-- {name} diagram: drawn by python -m tests.architecture.draw -->", f"<!-- end of {name} diagram -->"


def mermaid(arrows: Iterable[Arrow]) -> str:
    lines = [f"    {begin} --> {end}" + (f": {label}" if label else "") for begin, end, label in arrows]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


if __name__ == "__main__":
    ARCHITECTURE.write_text(drawn(ARCHITECTURE.read_text()))
