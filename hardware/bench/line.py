"""A simulated serial line for a scanner: what is written to one end is read at the other, each end a device by name.

It carries bytes and does not know what they mean. As on a real line without handshake, what nobody reads is lost.
"""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from contextlib import ExitStack, suppress
from typing import Self

MOST_BYTES = 1024  # a pseudo-terminal holds 4095 for its reader; a code has 27


class Line:
    """A cable between two pseudo-terminals. ``close()`` takes both ends away and may be called twice.

    *kiosk_end* is for ``scanner.port``; *person_end* is where codes are written to: ``printf 'H1…\\r' > /dev/pts/7``.
    """

    def __init__(self) -> None:
        self._closing = ExitStack()
        try:
            self._to_kiosk, self.kiosk_end = self._new_end()
            self._to_person, self.person_end = self._new_end()
            self._begin()
        except BaseException:
            self._closing.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the thread and take both ends away."""
        self._closing.close()

    def _new_end(self) -> tuple[int, str]:
        inner, outer = pty.openpty()
        self._closing.callback(os.close, inner)
        self._closing.callback(os.close, outer)  # held until the end: a line with no end open hangs up
        tty.setraw(outer)
        os.set_blocking(inner, False)
        return inner, os.ttyname(outer)

    def _begin(self) -> None:
        hears, wake = os.pipe()
        self._closing.callback(os.close, hears)
        thread = threading.Thread(target=self._carry, args=(hears,), name="line", daemon=True)
        thread.start()
        self._closing.callback(thread.join)
        self._closing.callback(os.close, wake)  # the first to go: the thread wakes and ends

    def _carry(self, closing: int) -> None:
        while True:
            ready, _, _ = select.select([closing, self._to_kiosk, self._to_person], [], [])
            if closing in ready:
                return
            if self._to_person in ready:
                self._hand_on(os.read(self._to_person, MOST_BYTES))
            if self._to_kiosk in ready:
                os.read(self._to_kiosk, MOST_BYTES)  # orders to the scanner: nobody is there to obey them

    def _hand_on(self, data: bytes) -> None:
        with suppress(BlockingIOError):  # nobody reads at the kiosk's end
            os.write(self._to_kiosk, data)
