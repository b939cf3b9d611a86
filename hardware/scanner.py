"""A QR scanner on a serial line that sends each code as plain text. It reads; it does not know what a code means.

Its thread opens the port, reads, and after a failure opens it again by name with a growing pause, so that a pulled
cable or a scanner plugged in later needs no restart.
"""

from __future__ import annotations

import logging
import os
import select
import termios
import threading
from collections.abc import Callable
from dataclasses import dataclass

import serial

from hardware.events import ScannerEvent, ScannerFound, ScannerLost, TextRead
from hardware.framing import Framing, HeldCard

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0  # somebody who plugs the scanner in again looks at it for about as long

# what pyserial raises when a cable is pulled, by platform and moment (its issues 331, 341, 86)
LOST = (serial.SerialException, OSError, TypeError, ValueError, termios.error)


@dataclass(frozen=True, slots=True)
class ScannerPlan:
    """Where the scanner is and how its bytes become codes. Times in seconds."""

    port: str
    baud: int = 9600
    frame_silence_s: float = 0.08  # GM65: a code without terminator ends after 50-100 ms
    held_card_s: float = 2.0


class Scanner:
    """Reads codes and posts them as ``TextRead``; ``close()`` ends the thread and may be called twice."""

    def __init__(self, plan: ScannerPlan, post: Callable[[ScannerEvent], None], clock: Callable[[], float]) -> None:
        self._plan = plan
        self._post = post
        self._clock = clock
        self._held = HeldCard(plan.held_card_s)
        self._is_lost = False
        self._closing, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """End the thread and wait for it."""
        if self._wake >= 0:
            os.close(self._wake)
            self._wake = -1
            if self._thread.ident:
                self._thread.join()
            os.close(self._closing)

    def _run(self) -> None:
        pause = FIRST_PAUSE_S
        while not self._is_closing(0):
            try:
                with serial.Serial(self._plan.port, self._plan.baud, timeout=0) as port:
                    self._found()
                    pause = FIRST_PAUSE_S
                    self._read(port)
            except LOST as error:
                self._lost(error)
                self._is_closing(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    def _read(self, port: serial.Serial) -> None:
        framing = Framing(self._plan.frame_silence_s)
        while True:
            ready, _, _ = select.select([port.fileno(), self._closing], [], [], self._patience(framing))
            if self._closing in ready:
                return
            now = self._clock()
            # read(1) raises when a hung-up line reports readiness and has nothing
            codes = framing.feed(port.read(port.in_waiting or 1), now) if ready else framing.expire()
            for code in codes:
                if self._held.is_new(code, now):
                    self._post(TextRead(code))

    def _patience(self, framing: Framing) -> float | None:
        return None if framing.deadline is None else max(0.0, framing.deadline - self._clock())

    def _is_closing(self, wait_s: float) -> bool:
        return bool(select.select([self._closing], [], [], wait_s)[0])

    def _found(self) -> None:
        log.info("scanner found at %s", self._plan.port)
        self._is_lost = False
        self._post(ScannerFound())

    def _lost(self, error: Exception) -> None:
        if not self._is_lost:
            log.warning("scanner lost: %s; check its cable and the port in kiosk.yaml", error)
            self._is_lost = True
            self._post(ScannerLost(str(error)))
