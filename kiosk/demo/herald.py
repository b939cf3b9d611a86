"""Waits until the screen answers and says so once, in a thread of its own: the owner's has a kiosk to run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Self
from urllib.parse import urlsplit

PATIENCE_S = 20.0  # a slow computer under load; the screen answers in well under a second
ANSWER_S = 2.0  # for one answer
PAUSE_S = 0.05


class Herald:
    """Calls *when_ready* once *url* answers 200, or *when_late* when it has not in time; neither after ``close()``.

    Both come on the herald's own thread. ``close()`` may be called twice.
    """

    def __init__(
        self,
        url: str,
        when_ready: Callable[[], None],
        when_late: Callable[[], None],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._url, self._patience_s = url, patience_s
        self._when_ready, self._when_late = when_ready, when_late
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="herald", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def close(self) -> None:
        """Ask no more. A browser that is slow to open is not waited for."""
        self._closing.set()
        if self._thread.ident:
            self._thread.join(ANSWER_S)

    def _run(self) -> None:
        deadline = time.monotonic() + self._patience_s
        while not (is_ready := answers(self._url)) and time.monotonic() < deadline:
            if self._closing.wait(PAUSE_S):
                return
        if not self._closing.is_set():
            (self._when_ready if is_ready else self._when_late)()


def answers(url: str, within_s: float = ANSWER_S) -> bool:
    """Whether a GET of *url*, on this machine, is answered with 200. No proxy is asked."""
    at = urlsplit(url)
    assert at.hostname
    with closing(HTTPConnection(at.hostname, at.port, timeout=within_s)) as connection:
        try:
            connection.request("GET", at.path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
