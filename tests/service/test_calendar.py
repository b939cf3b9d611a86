"""The day a kiosk books on, and whether it can be believed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kiosk import calendar
from kiosk.calendar import LocalCalendar, clock_is_trusted

JUST_AFTER_MIDNIGHT = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)


def test_days_are_those_of_the_kiosks_own_time_zone() -> None:
    assert LocalCalendar("Europe/Vienna", lambda: JUST_AFTER_MIDNIGHT).today() == date(2026, 11, 25)
    assert LocalCalendar("America/New_York", lambda: JUST_AFTER_MIDNIGHT).today() == date(2026, 11, 24)


def test_a_clock_that_nobody_set_gives_a_day_to_book_on_but_none_to_trust() -> None:
    unset = LocalCalendar("Europe/Vienna", lambda: datetime(1970, 1, 1, tzinfo=UTC), is_trusted=lambda: False)

    assert unset.today() == date(1970, 1, 1)
    assert unset.trusted_today() is None


def test_a_clock_that_was_set_is_trusted() -> None:
    is_set = LocalCalendar("Europe/Vienna", lambda: JUST_AFTER_MIDNIGHT, is_trusted=lambda: True)

    assert is_set.trusted_today() == date(2026, 11, 25)


@pytest.mark.parametrize(
    ("network", "battery", "trusted"),
    [(False, None, False), (True, None, True), (False, "1\n", True), (False, "0\n", False), (True, "0\n", True)],
)
def test_a_clock_is_set_by_the_network_or_by_a_battery(
    tmp_path: Path, network: bool, battery: str | None, trusted: bool
) -> None:
    synchronised, battery_clock = tmp_path / "synchronized", tmp_path / "hctosys"
    if network:
        synchronised.touch()
    if battery is not None:
        battery_clock.write_text(battery)

    assert clock_is_trusted(synchronised, battery_clock) is trusted


def test_the_places_looked_at_are_those_of_systemd_and_the_kernel() -> None:
    assert str(calendar.SYNCHRONISED) == "/run/systemd/timesync/synchronized"
    assert str(calendar.BATTERY_CLOCK) == "/sys/class/rtc/rtc0/hctosys"
