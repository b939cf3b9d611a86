"""The signals that end the service, heard by a thread of its own. It decides nothing: it tells that one came.

Python runs a handler only when its main thread looks up. One that is just about to wait, or that waits while another
thread is hit, sleeps on: an idle service then would not end until somebody does something with it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StopSignals:
    """Calls *when_stopped*, on a thread of its own, for each signal to end; ``close()`` may be called twice.

    Main thread only. Afterwards such a signal does nothing: a second one must not cut the end short.
    """

    def __init__(self, when_stopped: Callable[[], None]) -> None:
        self._when_stopped = when_stopped
        self._hears, self._told = os.pipe()
        os.set_blocking(self._told, False)
        # the system's own handler writes the number there at once, whatever Python is doing
        self._before = signal.set_wakeup_fd(self._told, warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._run, name="stops", daemon=True)
        self._thread.start()
        for number in STOPS:
            signal.signal(number, lambda *_: None)

    def close(self) -> None:
        """End the thread."""
        if self._told >= 0:
            signal.set_wakeup_fd(self._before)
            os.close(self._told)
            self._told = -1
            self._thread.join()
            os.close(self._hears)

    def _run(self) -> None:
        while numbers := os.read(self._hears, 64):
            if any(number in STOPS for number in numbers):
                self._when_stopped()
