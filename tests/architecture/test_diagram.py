"""The diagrams of ARCHITECTURE.md are the tables that run."""

from __future__ import annotations

import pytest

from hardware import turn
from kiosk.core import vend
from tests.architecture.draw import ARCHITECTURE, DIAGRAMS, MarkersMissing, drawn, markers

EMPTY = "\n".join(line for name in DIAGRAMS for line in markers(name))


def test_the_diagrams_are_drawn_from_the_tables_as_they_are() -> None:
    text = ARCHITECTURE.read_text()

    assert drawn(text) == text, "run: python -m tests.architecture.draw"


def test_a_diagram_that_was_changed_by_hand_is_noticed() -> None:
    text = ARCHITECTURE.read_text().replace("ready --> stopped", "ready --> moving")

    assert drawn(text) != text


def test_every_row_of_both_tables_is_drawn() -> None:
    text = drawn(EMPTY)

    for (state, signal), (then, action) in vend.TABLE.items():
        assert f"    {state} --> {then}: {signal} / {action.__name__}\n" in text
    for (phase, sense), following in turn.TABLE.items():
        assert f"    {phase} --> {following}: {sense}\n" in text


def test_nothing_but_the_diagrams_is_changed() -> None:
    text = drawn(f"above\n{EMPTY}\nbelow")

    assert text.startswith("above\n<!-- vend diagram")
    assert text.endswith("<!-- end of turn diagram -->\nbelow")


@pytest.mark.parametrize("name", DIAGRAMS)
def test_a_missing_marker_is_named(name: str) -> None:
    _, end = markers(name)

    with pytest.raises(MarkersMissing, match=end):
        drawn(EMPTY.replace(end, ""))
