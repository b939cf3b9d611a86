"""The simulated serial line, with the real scanner at one end and somebody who writes to a device at the other."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
import serial

from hardware.bench.line import Line
from hardware.events import ScannerEvent, ScannerFound, TextRead
from hardware.scanner import Scanner, ScannerPlan

QUICK_S = 0.2
PATIENCE_S = 5.0


@pytest.fixture
def line() -> Iterator[Line]:
    with Line() as line:
        yield line


@pytest.fixture
def heard(line: Line) -> Iterator[SimpleQueue[ScannerEvent]]:
    """What a scanner at the kiosk's end posts; it is found already."""
    events: SimpleQueue[ScannerEvent] = SimpleQueue()
    scanner = Scanner(ScannerPlan(line.kiosk_end, held_card_s=0.0), events.put, lambda: 100.0)
    scanner.start()
    assert events.get(timeout=PATIENCE_S) == ScannerFound()
    yield events
    scanner.close()


def write(line: Line, text: str) -> None:
    """As ``printf`` with a redirection does: open by name, write, close."""
    Path(line.person_end).write_text(text, newline="")


def open_files() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", ""], ids=["CR", "LF", "CRLF", "silence"])
def test_a_code_written_to_the_line_is_read_by_the_scanner(
    line: Line, heard: SimpleQueue[ScannerEvent], end: str
) -> None:
    write(line, f"H1CODE{end}")

    assert heard.get(timeout=PATIENCE_S) == TextRead("H1CODE")


def test_a_writer_who_closes_does_not_hang_up_the_line(line: Line, heard: SimpleQueue[ScannerEvent]) -> None:
    for code in ("H1FIRST", "H1SECOND", "H1THIRD"):
        write(line, f"{code}\r")

        assert heard.get(timeout=PATIENCE_S) == TextRead(code)


def test_nothing_written_comes_back_as_an_echo(line: Line, heard: SimpleQueue[ScannerEvent]) -> None:
    write(line, "H1CODE\r")
    assert heard.get(timeout=PATIENCE_S) == TextRead("H1CODE")

    with pytest.raises(Empty):
        heard.get(timeout=QUICK_S)


def test_what_nobody_reads_is_lost_and_the_line_goes_on(line: Line) -> None:
    write(line, "x" * 20_000)  # far more than a pseudo-terminal holds
    with serial.Serial(line.kiosk_end, timeout=QUICK_S) as kiosk:
        while kiosk.read(4096):
            pass
        write(line, "H1CODE\r")

        assert kiosk.read_until(b"\r").endswith(b"H1CODE\r")


def test_orders_to_the_scanner_hold_nobody_up(line: Line) -> None:
    with serial.Serial(line.kiosk_end, write_timeout=PATIENCE_S) as kiosk:
        written = kiosk.write(b"\x7e" * 50_000)

    assert written == 50_000


def test_close_gives_thread_and_files_back_and_may_be_called_twice() -> None:
    before = open_files()
    line = Line()

    line.close()
    line.close()

    assert open_files() == before
    assert "line" not in [thread.name for thread in threading.enumerate()]
