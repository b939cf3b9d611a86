"""A bell that wakes one thread out of its wait for a socket. Whoever rings it never waits."""

from __future__ import annotations

import os
import select
import threading
from typing import Protocol


class HasFileno(Protocol):
    """Something that can be waited for."""

    def fileno(self) -> int:
        """The descriptor."""


class Bell:
    """Rung by any thread, heard by one. It is rung once, however often: what it tells of stands elsewhere."""

    def __init__(self) -> None:
        self._hears, self._rings = os.pipe()
        self._lock = threading.Lock()  # held for microseconds: a descriptor that is closed may be another's already
        self._is_rung = False
        self._is_open = True

    def ring(self) -> None:
        """Wake the thread that waits, now or at its next wait. Any thread, also after ``close()``; never blocks."""
        with self._lock:
            if self._is_open and not self._is_rung:
                self._is_rung = True
                os.write(self._rings, b"!")  # the pipe holds one byte at most, so this cannot wait

    def wait(self, patience_s: float, sock: HasFileno | None = None, *, to_write: bool = False) -> int:
        """Wait for the bell, or for *sock* to have something to read or *to_write*; the poll events of *sock*."""
        poll = select.poll()  # select() refuses descriptors above 1023
        poll.register(self._hears, select.POLLIN)
        if sock is not None:
            poll.register(sock, select.POLLIN | (select.POLLOUT if to_write else 0))
        events = dict(poll.poll(max(0.0, patience_s) * 1000))
        if self._hears in events:
            self._hush()
        return events.get(sock.fileno(), 0) if sock is not None else 0

    def close(self) -> None:
        """Take the bell down; may be called twice. Nobody may be waiting."""
        with self._lock:
            if self._is_open:
                self._is_open = False
                os.close(self._rings)
                os.close(self._hears)

    def _hush(self) -> None:
        with self._lock:
            os.read(self._hears, 1)
            self._is_rung = False
