"""The day a kiosk books on, and whether it can be believed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
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


@pytest.mark.parametrize(
    ("moment", "is_believed"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (datetime(2000, 1, 1, tzinfo=UTC), False),
        (datetime(2016, 11, 24, tzinfo=UTC), False),
        (datetime(2026, 1, 1, tzinfo=UTC), True),
        (datetime(2028, 2, 29, tzinfo=UTC), True),
        (datetime(2036, 11, 24, tzinfo=UTC), True),
        (datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC), True),
        (datetime(2100, 1, 1, tzinfo=UTC), False),
        (datetime(9999, 1, 1, tzinfo=UTC), False),
    ],
)
def test_a_set_clock_that_says_what_cannot_be_is_not_believed(moment: datetime, is_believed: bool) -> None:
    calendar = LocalCalendar("Europe/Vienna", lambda: moment, is_trusted=lambda: True)

    assert (calendar.trusted_today() is not None) is is_believed
    assert calendar.today().year == moment.year  # booked all the same


@pytest.mark.parametrize(
    ("hours", "zone"),
    [
        (23, "Europe/Vienna"),  # 28 March 2027
        (25, "Europe/Vienna"),  # 31 October 2027
        (24, "Australia/Lord_Howe"),
        (24, "Pacific/Apia"),
    ],
)
def test_every_instant_is_of_one_day_and_quarter_and_days_never_go_back(hours: int, zone: str) -> None:
    moments = [datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(48 * 366)]
    now = moments[:1]
    calendar = LocalCalendar(zone, lambda: now[0])

    seen = []
    for moment in moments:
        now[0] = moment
        seen.append((calendar.today(), calendar.quarter()))

    assert [day for day, _ in seen] == sorted(day for day, _ in seen)
    assert hours * 2 in {len(list(of_day)) for _, of_day in groupby(seen, key=lambda pair: pair[0])}
    assert {quarter for _, quarter in seen} == {0, 1, 2, 3}


def test_a_clock_that_nobody_has_set_goes_not_behind_a_day_that_was_booked_on() -> None:
    unset = LocalCalendar("Europe/Vienna", lambda: JUST_AFTER_MIDNIGHT, is_trusted=lambda: False)
    unset.remember(date(2026, 11, 27))

    assert unset.today() == date(2026, 11, 27)


def test_a_clock_that_nobody_has_set_goes_on_from_day_to_day() -> None:
    unset = LocalCalendar("Europe/Vienna", lambda: JUST_AFTER_MIDNIGHT, is_trusted=lambda: False)
    unset.remember(date(2026, 11, 24))
    unset.remember(None)

    assert unset.today() == date(2026, 11, 25)


def test_a_clock_that_was_set_goes_back_if_the_day_before_was_wrong() -> None:
    is_set = LocalCalendar("Europe/Vienna", lambda: JUST_AFTER_MIDNIGHT, is_trusted=lambda: True)
    is_set.remember(date(2036, 1, 1))

    assert is_set.today() == date(2026, 11, 25)
