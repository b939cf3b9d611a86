"""The day, in the kiosk's time zone, and whether it can be believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

SYNCHRONISED = Path("/run/systemd/timesync/synchronized")  # systemd-timesyncd, since boot
BATTERY_CLOCK = Path("/sys/class/rtc/rtc0/hctosys")  # the kernel set the time from a real-time clock

# a battery clock that is empty or was never set says 1970 or 2000, and is taken over by the kernel all the same
EARLIEST, LATEST = date(2026, 1, 1), date(2100, 1, 1)


class LocalCalendar:
    """Days by the wall clock. Wall time decides days only; every limit in seconds uses monotonic time."""

    def __init__(
        self,
        timezone: str,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        is_trusted: Callable[[], bool] | None = None,
    ) -> None:
        self._zone = ZoneInfo(timezone)
        self._wall = wall
        self._is_trusted = is_trusted or clock_is_trusted
        self._last = date.min

    def remember(self, day: date | None) -> None:
        """Take note of a day on which something was booked: it is no earlier now."""
        self._last = max(self._last, day or date.min)

    def today(self) -> date:
        """The day to book on, right or wrong: nothing is lost because a clock is.

        A clock that nobody has set since the start is often behind. It takes nobody back before the last day booked on:
        each start would begin a report of its own, and their order would tell that of the visits.
        """
        trusted = self.trusted_today()
        return max(self._wall_day(), self._last) if trusted is None else trusted

    def quarter(self) -> int:
        """The quarter of that day, 0 to 3: no figure of the kiosk says more about when something happened."""
        return self._wall().astimezone(self._zone).hour // 6

    def trusted_today(self) -> date | None:
        """The day, or None while nobody has set the clock or it says what cannot be: then nothing expires."""
        today = self._wall_day()
        return today if self._is_trusted() and EARLIEST <= today < LATEST else None

    def _wall_day(self) -> date:
        return self._wall().astimezone(self._zone).date()


def clock_is_trusted(synchronised: Path = SYNCHRONISED, battery_clock: Path = BATTERY_CLOCK) -> bool:
    """Whether the clock was set from the network or a battery clock since boot."""
    return synchronised.exists() or (battery_clock.exists() and battery_clock.read_text().strip() == "1")
