"""How a self-test is told to end: the first signal is raised in the main thread, no later one is heard.

It switches nothing off; whoever catches ``Stopped`` does.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody wants it to end. No ``except Exception`` may swallow that."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Have the first signal to end raise ``Stopped``, wherever the main thread is.

    From then on none is heard: an impatient second Ctrl-C must not cut short what switches the motors off.
    """
    before = {number: signal.signal(number, _stop) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _frame: object) -> None:
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(signal.Signals(number).name)
