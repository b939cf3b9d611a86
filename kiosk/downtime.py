"""How long each item could not be had: added up by the monotonic clock, handed over in whole minutes.

It decides nothing and stores nothing; what a power cut takes is an hour at the most.
"""

from __future__ import annotations

from collections.abc import Collection

from kiosk.core.values import ItemId


class Downtime:
    """Seconds by item since they were last handed over. Owner thread only."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._missing: frozenset[ItemId] = frozenset()
        self._seconds: dict[ItemId, float] = {}

    def see(self, missing: Collection[ItemId], now: float) -> None:
        """Take note of the items that cannot be had from *now* on."""
        for item in self._missing:
            self._seconds[item] = self._seconds.get(item, 0.0) + now - self._since
        self._missing, self._since = frozenset(missing), now

    def take(self, now: float) -> dict[ItemId, int]:
        """Hand over the whole minutes; what is less than one goes on counting."""
        self.see(self._missing, now)
        minutes = {item: int(seconds // 60) for item, seconds in self._seconds.items() if seconds >= 60}
        for item, handed in minutes.items():
            self._seconds[item] -= 60.0 * handed
        return minutes
