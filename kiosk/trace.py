"""The trace of a simulated kiosk: one JSON object a line. It would be a list of visits, so it exists only there.

Its newest lines are kept in memory for the bench page, under simulation only.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path


class TraceUnusable(RuntimeError):
    """The trace cannot be written; the message says why."""


class Trace:
    """Writes each thing as it happens; any thread. Never a code. ``close()`` may be called twice.

    *keep* is how many of the newest lines ``newest`` tells; a real kiosk keeps none.

    Raises ``TraceUnusable`` at construction.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float], keep: int = 0) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: deque[Mapping[str, object]] = deque(maxlen=keep)
        try:
            self._file = path.open("w", buffering=1, encoding="utf-8") if path else None
        except OSError as error:
            raise TraceUnusable(f"the trace {path} cannot be written: {error.strerror}") from error

    def note(self, what: str, slot: str | None = None, **more: bool) -> None:
        """Write that *what* happened, at *slot* if it has one."""
        if self._file is None and not self._newest.maxlen:
            return
        line = {"t": round(self._clock(), 6), "what": what, "slot": slot, **more}
        with self._lock:
            self._newest.append(line)
            if self._file and not self._file.closed:
                self._file.write(json.dumps(line) + "\n")

    def newest(self) -> list[Mapping[str, object]]:
        """The newest lines, oldest first; any thread."""
        with self._lock:
            return list(self._newest)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file:
                self._file.close()
