"""The trace of a simulated kiosk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kiosk.trace import Trace, TraceUnusable


def test_a_trace_is_one_object_a_line_in_seconds(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace", lambda: 12.3456789)
    trace.note("home", "A1", at_home=True)

    (line,) = (tmp_path / "trace").read_text().splitlines()
    assert json.loads(line) == {"t": 12.345679, "what": "home", "slot": "A1", "at_home": True}
    trace.close()


def test_a_closed_trace_and_a_trace_nobody_wants_take_notes_in_silence(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace", lambda: 0.0)
    trace.close()
    trace.close()
    trace.note("drop", "A1")
    Trace(None, lambda: 0.0).note("drop", "A1")

    assert (tmp_path / "trace").read_text() == ""


def test_a_trace_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(TraceUnusable, match="Is a directory"):
        Trace(tmp_path, lambda: 0.0)
