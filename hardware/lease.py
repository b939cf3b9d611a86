"""The lease on a running motor: a timer that no other part of the program can hold up.

It runs in a thread of its own and does one thing: cut the motor. It never decides and never reports to core itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol


class Timers(Protocol):
    """Something that calls back later, in whatever time the kiosk lives in."""

    def call_after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call *callback* once after *seconds*, in any thread; return what cancels it."""


class RealTimers:
    """Timers in real time, one short-lived daemon thread each; a motor is on for a few seconds only."""

    def call_after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call *callback* once after *seconds* in a thread of its own; return what cancels it.

        Raises ``RuntimeError`` when no thread can be started: the motor then stays off.
        """
        timer = threading.Timer(seconds, callback)
        timer.daemon = True
        timer.start()
        return timer.cancel
