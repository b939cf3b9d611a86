"""What days bring: reports are sealed, minutes without an item are booked, and stock passes its last good day."""

from __future__ import annotations

from datetime import date, timedelta

from kiosk.books import BOOK_DOWNTIME_S, LOOK_S
from kiosk.core.asks import CountSlot, LoadSlot, ReadReports, Reports
from kiosk.core.reports import Report
from kiosk.core.stock import Alarm, AlarmCode
from kiosk.core.values import ItemId, SlotId
from tests.controller.conftest import snapshot, writes_refused
from tests.kit import TODAY, VirtualKiosk

CONDOMS = ItemId("condoms")
D1 = SlotId("D1")
TOMORROW = TODAY + timedelta(days=1)


def sealed(kiosk: VirtualKiosk) -> tuple[Report, ...]:
    answer = kiosk.ask(ReadReports())
    assert isinstance(answer, Reports)
    return answer.reports


def let_midnight_come(kiosk: VirtualKiosk, day: date = TOMORROW) -> None:
    kiosk.calendar.day = day
    kiosk.pass_time(LOOK_S)


def unavailable(kiosk: VirtualKiosk) -> dict[ItemId, int]:
    return dict(sealed(kiosk)[0].unavailable)


def test_a_day_is_sealed_within_a_minute_of_midnight_though_nobody_comes(kiosk: VirtualKiosk) -> None:
    let_midnight_come(kiosk)

    assert [report.day for report in sealed(kiosk)] == [TODAY]


def test_the_log_of_a_day_that_was_sealed_is_wiped(kiosk: VirtualKiosk) -> None:
    let_midnight_come(kiosk)
    kiosk.pass_time(LOOK_S)

    assert (kiosk.config.data / "ledger.db-wal").stat().st_size == 0


def test_a_day_that_the_ledger_cannot_seal_is_sealed_later(kiosk: VirtualKiosk) -> None:
    with writes_refused(kiosk):
        let_midnight_come(kiosk)
        assert [device for device, _ in snapshot(kiosk).faults] == ["storage"]

    kiosk.pass_time(2 * LOOK_S)

    assert len(sealed(kiosk)) == 1
    assert snapshot(kiosk).faults == ()


def test_a_vend_that_ends_after_midnight_is_of_the_new_day(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.calendar.day = TOMORROW
    kiosk.finish_vend()

    assert dict(sealed(kiosk)[0].slots[-1].moved)["delivered"] == 0
    assert [(c.what, c.units) for c in kiosk.ledger.counters(TOMORROW)] == [("delivered", 1)]


def test_a_vend_is_counted_in_its_quarter_of_the_day(kiosk: VirtualKiosk) -> None:
    for kiosk.calendar.quarter_of_day in (0, 3, 3):
        kiosk.choose("condoms")
        kiosk.finish_vend()
    let_midnight_come(kiosk, date(2026, 12, 1))

    assert sealed(kiosk)[0].quarters == ((CONDOMS, 0, 1), (CONDOMS, 3, 2))


# --- minutes in which an item could not be had


def test_minutes_without_an_item_are_in_the_days_report(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(D1, 0))
    kiosk.pass_time(600)
    kiosk.ask(CountSlot(D1, 5))
    kiosk.pass_time(600)
    let_midnight_come(kiosk)

    assert unavailable(kiosk) == {CONDOMS: 10}


def test_an_open_door_makes_all_but_emergency_items_unavailable(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_door(is_open=True)
    kiosk.pass_time(300)
    kiosk.world.set_door(is_open=False)
    let_midnight_come(kiosk)

    assert unavailable(kiosk) == {CONDOMS: 5, ItemId("kit"): 5, ItemId("strips"): 5}


def test_minutes_are_booked_once_an_hour_and_no_more_is_lost_with_the_power(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(D1, 0))
    kiosk.pass_time(BOOK_DOWNTIME_S + 600)
    kiosk.kill_and_restart()
    let_midnight_come(kiosk)

    assert 60 <= unavailable(kiosk)[CONDOMS] < 65


def test_minutes_up_to_an_orderly_end_are_booked(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(D1, 0))
    kiosk.pass_time(600)
    kiosk.stop()
    kiosk.kill_and_restart()
    let_midnight_come(kiosk)

    assert unavailable(kiosk)[CONDOMS] in (10, 11)


def test_minutes_of_a_day_on_which_nothing_could_be_booked_stay_of_that_day(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(D1, 0))
    with writes_refused(kiosk):
        kiosk.pass_time(600)
        for days in (1, 2):
            kiosk.calendar.day = TODAY + timedelta(days=days)
            kiosk.pass_time(1200)
    kiosk.pass_time(60)
    let_midnight_come(kiosk, TODAY + timedelta(days=3))

    assert [dict(report.unavailable)[CONDOMS] for report in sealed(kiosk)] == [10, 20, 21]


def test_minutes_before_midnight_are_of_that_day_though_somebody_came_just_after_it(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(D1, 0))
    kiosk.pass_time(600)
    kiosk.calendar.day = TOMORROW
    kiosk.choose("strips")
    kiosk.finish_vend()

    assert unavailable(kiosk) == {CONDOMS: 10}


def test_minutes_that_could_not_be_booked_are_booked_later(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(D1, 0))
    with writes_refused(kiosk):
        kiosk.pass_time(BOOK_DOWNTIME_S + 600)
    kiosk.pass_time(BOOK_DOWNTIME_S)
    let_midnight_come(kiosk)

    assert 130 <= unavailable(kiosk)[CONDOMS] <= 131


# --- stock past its last good day


def test_stock_is_judged_anew_when_the_day_changes(kiosk: VirtualKiosk) -> None:
    kiosk.ask(LoadSlot(D1, 1, "L1", TODAY))
    kiosk.ask(CountSlot(D1, 6))
    for _ in range(5):  # those without a date stand in front
        kiosk.choose("condoms")
        kiosk.finish_vend()
    assert snapshot(kiosk).alarms == ()

    let_midnight_come(kiosk)

    assert snapshot(kiosk).alarms == (Alarm(AlarmCode.EXPIRED, D1),)


def test_nothing_expires_by_a_clock_that_nobody_has_set(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(D1, 0))
    kiosk.ask(LoadSlot(D1, 1, "L1", TODAY))
    kiosk.calendar.trusted = False

    let_midnight_come(kiosk)

    assert snapshot(kiosk).alarms == ()
