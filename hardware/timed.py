"""A motion that ends by its time alone, phase after phase: no switch says how far it came, so it proves nothing."""

from __future__ import annotations

from collections.abc import Sequence

from hardware.events import TurnResult
from hardware.turn import STALLED_S


class Timed:
    """Phases of so many seconds each, the first begun at *now*. ``result`` is *ends_as* when the last one is over."""

    can_drop = True

    def __init__(self, phases_s: Sequence[float], now: float, ends_as: TurnResult) -> None:
        self._left_s = list(phases_s)
        self._ends_as = ends_as
        self.phase = 0
        self.result: TurnResult | None = None
        self.deadline = now + self._left_s.pop(0)

    def feel(self, at_home: bool, at: float) -> None:
        """There is no home switch."""

    def expire(self, at_home: bool | None, now: float) -> None:  # noqa: ARG002 - as above
        """Begin the next phase, or end, if the deadline has passed; an owner held up for long knows nothing more."""
        if self.result is not None or now < self.deadline:
            return
        if now > self.deadline + STALLED_S:
            self.result = TurnResult.CUT_AWAY
        elif self._left_s:
            self.phase += 1
            self.deadline = now + self._left_s.pop(0)
        else:
            self.result = self._ends_as

    def cut(self) -> None:
        """The motor was switched off from outside."""
        self.result = self.result or TurnResult.CUT_AWAY
