"""Server-sent events: a page hears at once that something changed, and is sent the picture as it is then.

Each stream holds a thread of the server, so only a few are open at once; whoever comes later is sent one picture and
asked to come back, which browsers do by themselves. Nothing is queued: a slow listener misses pictures, never the last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from flask import Response

MOST_STREAMS = 4  # a browser opens six connections to one place: two stay free for touches, whatever tabs are open
COME_BACK_MS = 2000
STILL_THERE_S = 5.0  # how long a browser that went away keeps its thread, and how often a page hears that we are there
STILL = "event: still\ndata:\n\n"  # not a comment: a page must be able to tell silence from a kiosk that hangs


class Streams:
    """All streams of one server. Any thread. ``close()`` ends them and may be called twice."""

    def __init__(self, most: int = MOST_STREAMS, still_there_s: float = STILL_THERE_S) -> None:
        self._most = most
        self._still_there_s = still_there_s
        self._changed = threading.Condition()
        self._number = 0
        self._open = 0
        self._closing = False

    @property
    def open(self) -> int:
        """How many streams hold a thread now."""
        return self._open

    def wake(self) -> None:
        """Tell all streams that their picture may have changed."""
        with self._changed:
            self._number += 1
            self._changed.notify_all()

    def close(self) -> None:
        """End all streams."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def response(self, picture: Callable[[], str]) -> Response:
        """Answer with a stream of *picture*: now, and whenever it differs from the one sent before; one line each."""
        stays = self._enter()
        response = Response(self._events(picture, stays), mimetype="text/event-stream")
        if stays:
            # unlike a generator's own end, this runs even if the browser went away before the first picture
            response.call_on_close(self._leave)
        return response

    def _enter(self) -> bool:
        with self._changed:
            if self._open >= self._most or self._closing:
                return False
            self._open += 1
            return True

    def _leave(self) -> None:
        with self._changed:
            self._open -= 1

    def _events(self, picture: Callable[[], str], stays: bool) -> Iterator[str]:
        number, sent = self._number, picture()  # in this order: what changes meanwhile is looked at again
        yield f"retry: {COME_BACK_MS}\ndata: {sent}\n\n"
        while stays and not self._closing:
            number = self._wait(number)
            text = picture()
            yield STILL if text == sent else f"data: {text}\n\n"
            sent = text

    def _wait(self, after: int) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._number > after or self._closing, self._still_there_s)
            return self._number
