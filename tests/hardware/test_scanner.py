"""The scanner on a real pseudo-terminal, with cables that are pulled."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from hardware.events import ScannerEvent, ScannerFound, ScannerLost, TextRead
from hardware.scanner import FIRST_PAUSE_S, Scanner, ScannerPlan
from tests.hardware.port import Cable
from tests.hardware.rig import wait_until

QUICK_S = 0.3  # well below the first pause between two attempts


class Reading:
    """A scanner at the end of a cable. Its clock stands still unless the test moves it."""

    def __init__(self, port: Path) -> None:
        self.cable = Cable(port)
        self.now = 100.0
        self.events: SimpleQueue[ScannerEvent] = SimpleQueue()
        self.scanner = Scanner(ScannerPlan(str(port), frame_silence_s=0.03), self.events.put, lambda: self.now)

    def next(self, within_s: float = 5.0) -> ScannerEvent:
        return self.events.get(timeout=within_s)

    def is_quiet(self, for_s: float) -> bool:
        try:
            self.events.get(timeout=for_s)
        except Empty:
            return True
        return False

    def start(self) -> None:
        self.scanner.start()


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[Reading]:
    """A scanner not yet started, at a port that is not there."""
    reading = Reading(tmp_path / "scanner")
    yield reading
    reading.scanner.close()
    reading.cable.pull()


@pytest.fixture
def plugged(reading: Reading) -> Reading:
    """A scanner that reads."""
    reading.cable.plug_in()
    reading.start()
    assert reading.next() == ScannerFound()
    return reading


def scanner_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "scanner"]


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


# --- reading


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\t", b""], ids=["CR", "LF", "CRLF", "TAB", "silence"])
def test_a_code_is_read_however_it_ends(plugged: Reading, end: bytes) -> None:
    plugged.cable.send(b"H1CODE" + end)

    assert plugged.next() == TextRead("H1CODE")


def test_codes_are_read_one_after_another(plugged: Reading) -> None:
    plugged.cable.send(b"one\rtwo\r\nthree")

    assert [plugged.next() for _ in range(3)] == [TextRead("one"), TextRead("two"), TextRead("three")]


def test_a_code_that_comes_in_pieces_is_one_code(plugged: Reading) -> None:
    for byte in b"H1CODE\r":
        plugged.cable.send(bytes([byte]))

    assert plugged.next() == TextRead("H1CODE")


def test_a_silence_ends_a_code_and_the_next_one_begins_anew(plugged: Reading) -> None:
    plugged.cable.send(b"one")
    assert plugged.next() == TextRead("one")

    plugged.cable.send(b"two")

    assert plugged.next() == TextRead("two")


def test_babble_is_no_code_and_the_next_code_is_read(plugged: Reading) -> None:
    plugged.cable.send(b"x" * 1000)
    assert plugged.is_quiet(for_s=0.1)

    plugged.cable.send(b"H1CODE\r")

    assert plugged.next() == TextRead("H1CODE")


def test_a_held_card_is_one_scan(plugged: Reading) -> None:
    for _ in range(5):
        plugged.cable.send(b"held\r")
    plugged.cable.send(b"other\r")

    assert [plugged.next(), plugged.next()] == [TextRead("held"), TextRead("other")]


def test_a_card_out_of_view_for_2_s_is_a_scan_again(plugged: Reading) -> None:
    plugged.cable.send(b"card\r")
    assert plugged.next() == TextRead("card")

    plugged.now += 2
    plugged.cable.send(b"card\r")

    assert plugged.next() == TextRead("card")


def test_a_card_still_held_after_a_loose_cable_is_no_second_scan(plugged: Reading) -> None:
    plugged.cable.send(b"held\r")
    assert plugged.next() == TextRead("held")
    plugged.cable.pull()
    assert isinstance(plugged.next(), ScannerLost)
    plugged.cable.plug_in()
    assert plugged.next() == ScannerFound()

    plugged.cable.send(b"held\rother\r")

    assert plugged.next() == TextRead("other")


def test_half_a_code_before_the_cable_was_pulled_is_forgotten(plugged: Reading) -> None:
    plugged.cable.send(b"ha")
    plugged.cable.pull()
    while not isinstance(event := plugged.next(), ScannerLost):
        assert event == TextRead("ha")  # where the silence was quicker than the hand
    plugged.cable.plug_in()
    assert plugged.next() == ScannerFound()

    plugged.cable.send(b"lf\r")

    assert plugged.next() == TextRead("lf")


def test_what_was_read_is_in_no_event_text_and_in_no_log(plugged: Reading, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    plugged.cable.send(b"H1SECRET\r")
    read = plugged.next()
    plugged.cable.send(b"H1SECR")
    plugged.cable.pull()
    while not isinstance(lost := plugged.next(), ScannerLost):
        pass

    assert "SECR" not in repr(read) + str(read) + repr(lost) + caplog.text


# --- cables


def test_a_pulled_cable_is_told_once_and_found_again_under_the_same_name(plugged: Reading) -> None:
    plugged.cable.pull()
    assert isinstance(plugged.next(), ScannerLost)
    assert plugged.is_quiet(for_s=FIRST_PAUSE_S + 0.1)  # long enough to look for it once more

    plugged.cable.plug_in()
    assert plugged.next() == ScannerFound()
    plugged.cable.send(b"H1CODE\r")
    assert plugged.next() == TextRead("H1CODE")


def test_a_loss_and_a_return_are_logged_once_each(plugged: Reading, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    plugged.cable.pull()
    assert isinstance(plugged.next(), ScannerLost)
    plugged.cable.plug_in()
    assert plugged.next() == ScannerFound()

    lost, found = [record.getMessage() for record in caplog.records]
    assert lost.startswith("scanner lost: ")
    assert lost.endswith("; check its cable and the port in kiosk.yaml")
    assert found == f"scanner found at {plugged.cable.name}"


def test_a_cable_pulled_twice_is_told_twice(plugged: Reading) -> None:
    for _ in range(2):
        plugged.cable.pull()
        assert isinstance(plugged.next(), ScannerLost)
        plugged.cable.plug_in()
        assert plugged.next() == ScannerFound()


def test_a_scanner_missing_at_the_start_is_told_and_found_when_it_comes(reading: Reading) -> None:
    reading.start()
    lost = reading.next()
    assert isinstance(lost, ScannerLost)
    assert reading.cable.name.name in lost.why

    reading.cable.plug_in()

    assert reading.next() == ScannerFound()


def test_a_port_that_is_no_serial_line_is_told_and_not_fatal(reading: Reading) -> None:
    reading.cable.name.write_text("a file")
    reading.start()
    assert isinstance(reading.next(), ScannerLost)

    reading.cable.name.unlink()
    reading.cable.plug_in()

    assert reading.next() == ScannerFound()


def test_looking_for_a_missing_scanner_becomes_rarer(reading: Reading) -> None:
    reading.start()
    assert isinstance(reading.next(), ScannerLost)
    assert reading.is_quiet(for_s=FIRST_PAUSE_S + 0.1)  # it looked a second time, and waits twice as long now

    reading.cable.plug_in()

    assert reading.is_quiet(for_s=FIRST_PAUSE_S + 0.1)
    assert reading.next() == ScannerFound()


# --- closing


def closing_s(reading: Reading) -> float:
    began = time.monotonic()
    reading.scanner.close()
    return time.monotonic() - began


def test_close_ends_the_thread_quickly_and_may_be_called_twice(plugged: Reading) -> None:
    assert closing_s(plugged) < QUICK_S
    assert scanner_threads() == []

    plugged.scanner.close()


def test_close_ends_the_thread_quickly_while_the_port_is_missing(reading: Reading) -> None:
    reading.start()
    assert isinstance(reading.next(), ScannerLost)

    assert closing_s(reading) < QUICK_S
    assert scanner_threads() == []


def test_close_before_start_is_allowed(reading: Reading) -> None:
    reading.scanner.close()
    reading.scanner.close()

    assert scanner_threads() == []


def test_a_closed_scanner_leaves_no_file_open(tmp_path: Path) -> None:
    before = open_files()
    reading = Reading(tmp_path / "scanner")
    reading.cable.plug_in()
    reading.start()
    assert reading.next() == ScannerFound()

    reading.scanner.close()
    reading.cable.pull()

    assert open_files() == before


def test_a_pulled_cable_leaves_no_file_open(reading: Reading) -> None:
    before = open_files()
    reading.cable.plug_in()
    reading.start()
    assert reading.next() == ScannerFound()

    reading.cable.pull()

    assert isinstance(reading.next(), ScannerLost)
    wait_until(lambda: open_files() == before)


def test_a_closed_scanner_reads_no_more(plugged: Reading) -> None:
    plugged.scanner.close()

    plugged.cable.send(b"late\r")

    assert plugged.is_quiet(for_s=0.1)


def test_a_scanner_does_not_keep_the_service_from_ending(plugged: Reading) -> None:
    assert [thread.daemon for thread in scanner_threads()] == [True]
