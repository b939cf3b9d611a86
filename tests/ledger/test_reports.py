"""Sealed reports: one a day, each booking in exactly one (I5), never changed after, kept for 13 months."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from kiosk.core.asks import Why
from kiosk.core.reports import LotReport, PassReport, PeriodNews, Report, SlotReport
from kiosk.core.values import ItemId, Outcome, Period
from kiosk.ledger.database import LedgerFailed
from kiosk.ledger.reports import KEPT
from kiosk.ledger.rescue import begin_again
from tests.ledger.book import DAY, TAG, Book, Slot

DELIVERED, NOT_DELIVERED, UNCERTAIN = Outcome
NALOXONE, KIT = ItemId("naloxone"), ItemId("kit")
NEXT_DAY = DAY + timedelta(days=1)


def sealed(book: Book, after: int = 0, most: int = 1000) -> tuple[Report, ...]:
    return book.ledger.reports(after, most).reports


def of_slot(report: Report, slot: str = "B1") -> SlotReport:
    (found,) = (each for each in report.slots if each.slot == slot)
    return found


def moved(report: Report, slot: str = "B1") -> dict[str, int]:
    return {what: units for what, units in of_slot(report, slot).moved if units}


def test_a_day_that_goes_on_is_not_sealed(book: Book) -> None:
    book.load("B1", 5)
    book.vend(DELIVERED)

    assert sealed(book) == ()


def test_the_first_booking_of_the_next_day_seals_the_last_one(book: Book) -> None:
    book.load("B1", 5)
    book.vend(DELIVERED)
    book.day = NEXT_DAY
    book.vend(DELIVERED)

    (report,) = sealed(book)
    assert (report.number, report.day) == (1, DAY)
    assert moved(report) == {"loaded": 5, "delivered": 1}


def test_a_day_without_a_vend_is_sealed_too_and_has_a_report(book: Book) -> None:
    book.load("B1", 5)
    book.pass_days(3)

    assert [(report.number, report.day, len(report.slots)) for report in sealed(book)] == [
        (1, DAY, 1),
        (2, NEXT_DAY, 0),
        (3, NEXT_DAY + timedelta(days=1), 0),
    ]


def test_the_first_look_of_a_new_ledger_seals_nothing(book: Book) -> None:
    book.ledger.keep_day(book.day, {})

    assert book.ledger.reports(0, 99).reports == ()


def test_a_ledger_without_a_sealed_report_is_named_all_the_same(book: Book) -> None:
    assert book.ledger.reports(None, 9).ledger == book.ledger.id


def test_looking_again_on_the_same_day_writes_nothing(book: Book) -> None:
    book.load("B1", 5)
    before = book.commits

    book.ledger.keep_day(DAY, {})

    assert book.commits == before


def test_a_report_tells_lots_with_their_doses_and_who_paid_for_them(tmp_path: Path) -> None:
    book = Book(tmp_path, doses={"naloxone": 2})
    book.load("A1", 1, "N1", None, "state")
    book.load("A1", 5, "N2", None, "county")
    for _ in range(3):
        book.vend(DELIVERED, "A1")
    book.pass_days(1)

    assert of_slot(sealed(book)[0], "A1").lots == (LotReport("N1", 1, 2, "state"), LotReport("N2", 2, 4, "county"))
    book.ledger.close()


def test_a_lot_that_stands_twice_in_a_coil_is_told_once(book: Book) -> None:
    for lot in ("L1", "L2", "L1"):
        book.load("B1", 1, lot)
    for _ in range(3):
        book.vend(DELIVERED)
    book.pass_days(1)

    assert [(lot.lot, lot.delivered) for lot in of_slot(sealed(book)[0]).lots] == [("L1", 2), ("L2", 1)]


def test_a_unit_of_which_nothing_else_is_said_is_one_dose(book: Book) -> None:
    book.load("B1", 2)
    book.vend(DELIVERED)
    book.pass_days(1)

    assert of_slot(sealed(book)[0]).lots == (LotReport("", 1, 1, ""),)


def test_doses_stay_those_of_the_time_of_loading(tmp_path: Path) -> None:
    book = Book(tmp_path, doses={"naloxone": 2})
    book.load("A1", 5, "N1")
    book.doses = {"naloxone": 1}
    book.reopen()
    book.vend(DELIVERED, "A1")
    book.pass_days(1)

    assert of_slot(sealed(book)[0], "A1").lots == (LotReport("N1", 1, 2, ""),)
    book.ledger.close()


def test_what_is_loaded_after_the_doses_were_set_right_has_the_new_ones(tmp_path: Path) -> None:
    book = Book(tmp_path, doses={"naloxone": 1})
    book.load("A1", 1)
    book.doses = {"naloxone": 2}
    book.reopen()
    book.load("A1", 1)
    for _ in range(2):
        book.vend(DELIVERED, "A1")
    book.pass_days(1)

    assert of_slot(sealed(book)[0], "A1").lots == (LotReport("", 2, 3, ""),)
    book.ledger.close()


def test_every_kind_of_movement_has_its_figure(book: Book) -> None:
    book.load("B1", 9)
    book.vend(DELIVERED)
    book.vend(NOT_DELIVERED)
    book.vend(UNCERTAIN)
    book.test(DELIVERED)
    book.test(NOT_DELIVERED)
    book.remove("B1", 1, Why.EXPIRED)
    book.remove("B1", 1)
    book.count("B1", 6)
    book.count("B1", 0)
    book.vend(DELIVERED)
    book.pass_days(1)

    assert moved(sealed(book)[0]) == {
        "loaded": 9,
        "delivered": 2,
        "not_delivered": 1,
        "uncertain": 1,
        "test": 1,
        "test_not_delivered": 1,
        "removed": 1,
        "removed_expired": 1,
        "reconciled": 1,
        "adjusted": -5,
        "found": 1,
    }


def test_a_sealed_report_never_changes(book: Book) -> None:
    book.load("B1", 5, "L1")
    book.vend(DELIVERED)
    book.pass_days(1)
    before = sealed(book)

    book.vend(DELIVERED)
    book.load("B1", 2, "L1")
    book.pass_days(5)

    assert sealed(book, most=1) == before


def test_each_outcome_is_in_exactly_one_report(book: Book) -> None:
    book.load("B1", 9)
    for n in range(9):
        book.vend(DELIVERED)
        if n % 2:
            book.pass_days(1)
    book.pass_days(1)

    assert sum(moved(report).get("delivered", 0) for report in sealed(book) if report.slots) == 9


def test_a_vend_cut_short_is_in_the_report_that_was_open_when_it_began(book: Book) -> None:
    book.load("B1", 5)
    book.intend()
    book.pull_the_plug()
    book.ledger.recover(NEXT_DAY)
    book.day = NEXT_DAY
    book.pass_days(1)

    assert [moved(report) for report in sealed(book) if report.slots] == [{"loaded": 5, "uncertain": 1}]


def test_a_sealed_report_is_there_after_a_power_cut(book: Book) -> None:
    book.load("B1", 5)
    book.pass_days(1)
    before = sealed(book)

    book.pull_the_plug()

    assert sealed(book) == before


def test_reports_are_read_from_a_number_on_and_as_many_as_asked(book: Book) -> None:
    book.load("B1", 5)
    book.pass_days(6)

    assert [report.number for report in sealed(book, after=2, most=3)] == [3, 4, 5]
    assert book.ledger.reports(0, 1).ledger == book.ledger.id


def test_the_newest_reports_are_read_when_no_number_is_named(book: Book) -> None:
    book.load("B1", 5)
    book.pass_days(6)

    assert [report.number for report in book.ledger.reports(None, 3).reports] == [4, 5, 6]


def test_reports_of_before_a_restore_keep_the_name_of_their_ledger(book: Book) -> None:
    book.load("B1", 5)
    book.pass_days(2)
    former = book.ledger.id
    begin_again(book.ledger.database, book.day)
    book.pass_days(2)

    first, rest = book.ledger.reports(0, 99), book.ledger.reports(3, 99)

    assert (first.ledger, [report.number for report in first.reports]) == (former, [1, 2, 3])
    assert (rest.ledger, [report.number for report in rest.reports]) == (book.ledger.id, [4, 5])
    assert former != book.ledger.id


def test_a_slot_that_is_given_another_item_has_it_in_a_report_of_its_own(book: Book) -> None:
    book.load("B1", 5)
    book.vend(DELIVERED)
    book.reopen([Slot("A1", "naloxone"), Slot("B1", "strips"), Slot("B2", "kit")])
    book.load("B1", 3)
    book.pass_days(1)

    reports = [(report.day, of_slot(report).item, moved(report)) for report in sealed(book)]
    assert reports == [
        (DAY, "kit", {"loaded": 5, "delivered": 1, "removed": 4}),
        (DAY, "strips", {"loaded": 3}),
    ]


def test_an_emergency_vend_before_the_new_item_was_loaded_keeps_the_reports_apart(book: Book) -> None:
    book.load("B1", 5)
    book.reopen([Slot("B1", "naloxone")])
    book.vend(DELIVERED)
    book.load("B1", 3)
    book.pass_days(1)

    assert [of_slot(report).item for report in sealed(book)] == ["kit", "naloxone", "kit", "naloxone"]


# --- minutes and quarters


def test_minutes_without_an_item_belong_to_their_day(book: Book) -> None:
    book.load("B1", 5)
    for day, minutes in ((DAY, {KIT: 40}), (DAY, {KIT: 2}), (NEXT_DAY, {KIT: 1, NALOXONE: 60})):
        book.ledger.keep_day(day, minutes)
    book.pass_days(2)

    assert [report.unavailable for report in sealed(book)] == [((KIT, 42),), ((KIT, 1), (NALOXONE, 60))]


def test_one_minute_without_an_item_is_told(book: Book) -> None:
    book.ledger.keep_day(DAY, {KIT: 1})
    book.pass_days(1)

    assert sealed(book)[0].unavailable == ((KIT, 1),)


def test_minutes_of_a_kiosk_that_has_booked_nothing_yet_are_kept(book: Book) -> None:
    book.ledger.keep_day(DAY, {KIT: 40})
    book.pass_days(1)

    assert sealed(book)[0].unavailable == ((KIT, 40),)


def test_only_the_months_last_report_has_the_quarters_of_the_whole_month(book: Book) -> None:
    book.day = date(2026, 11, 29)
    book.load("B1", 9)
    for book.quarter in (0, 2, 2):
        book.vend(DELIVERED)
    book.pass_days(1)
    book.quarter = 3
    book.vend(DELIVERED)
    book.pass_days(2)

    assert [report.quarters for report in sealed(book)] == [(), ((KIT, 0, 1), (KIT, 2, 2), (KIT, 3, 1)), ()]


def test_the_next_month_begins_its_quarters_at_nothing(book: Book) -> None:
    book.load("B1", 9)
    book.vend(DELIVERED)
    book.day = date(2026, 12, 5)
    book.vend(DELIVERED)
    book.day = date(2027, 1, 5)
    book.pass_days(0)
    book.ledger.keep_day(book.day, {})

    assert [report.quarters for report in sealed(book)] == [((KIT, 2, 1),), ((KIT, 2, 1),)]


@pytest.mark.parametrize("outcome", [NOT_DELIVERED, UNCERTAIN])
def test_only_what_was_delivered_has_a_quarter(book: Book, outcome: Outcome) -> None:
    book.load("B1", 9)
    book.vend(outcome)
    book.test(DELIVERED)
    book.day = date(2026, 12, 1)
    book.ledger.keep_day(book.day, {})

    assert sealed(book)[0].quarters == ()


# --- clocks that jump


@pytest.mark.parametrize(
    "there",
    [
        date(1970, 1, 1),
        date(2016, 11, 24),
        date(2036, 11, 24),
        date(2038, 1, 20),
        date(2028, 2, 29),
        date(9999, 12, 31),
    ],
)
def test_a_clock_that_jumps_and_comes_back_loses_nothing_and_doubles_nothing(book: Book, there: date) -> None:
    book.load("B1", 9)
    for book.day in (DAY, there, DAY, NEXT_DAY):
        book.vend(DELIVERED)
    book.ledger.keep_day(date(2026, 12, 1), {})

    assert [(r.number, r.day) for r in sealed(book)] == [(1, DAY), (2, there), (3, DAY), (4, NEXT_DAY)]
    assert [moved(report)["delivered"] for report in sealed(book)] == [1, 1, 1, 1]
    assert sum(units for report in sealed(book) for _, _, units in report.quarters) == 4


# --- 13 months


def test_what_is_older_than_13_months_is_summed_up_and_every_unit_still_accounted_for(book: Book) -> None:
    book.load("B1", 9, "L1")
    book.vend(DELIVERED)
    book.ledger.keep_day(DAY, {KIT: 5})
    book.pass_days(KEPT + 50)

    numbers = [report.number for report in sealed(book)]
    assert (numbers[0], numbers[-1]) == (52, KEPT + 50)
    assert book.lots() == [("L1", 8)]
    assert book.booked() == {"loaded": 9, "delivered": 1}
    assert book.ledger.database.rows("SELECT * FROM unavailable") == []


def test_days_that_become_older_one_after_another_are_added_up(book: Book) -> None:
    book.load("B1", 9, "L1")
    for _ in range(3):
        book.vend(DELIVERED)
        book.pass_days(1)
    book.pass_days(KEPT)

    assert book.ledger.database.rows("SELECT n FROM sealed_days WHERE report = 0 AND what = 'delivered'") == [(3,)]


def test_a_lot_that_is_gone_for_13_months_leaves_no_row(book: Book) -> None:
    book.load("B1", 1, "L1")
    book.vend(DELIVERED)
    book.load("B1", 1, "L2")
    book.pass_days(KEPT - 1)
    assert book.ledger.database.rows("SELECT lot FROM lots WHERE slot = 'B1'") == [("",), ("L1",), ("L2",)]

    book.pass_days(1)

    assert book.ledger.database.rows("SELECT lot FROM lots WHERE slot = 'B1'") == [("L2",)]


def test_a_lot_that_still_may_have_a_unit_stays(book: Book) -> None:
    book.load("B1", 1, "L1")
    book.vend(UNCERTAIN)
    book.load("B1", 1, "L2")
    book.pass_days(KEPT + 1)

    assert book.units() == (1, 1)


def test_a_ticket_is_spent_however_long_ago(book: Book) -> None:
    book.add_batch("kit")
    book.load("B1", 1)
    book.vend(DELIVERED, tag=TAG)
    book.pass_days(KEPT + 1)

    assert book.taken() == 1


# --- what a report says of passes

WEEK = (Period.WEEK, DAY)


def note(book: Book, **news: object) -> None:
    book.ledger.note_periods(PeriodNews(**news))  # type: ignore[arg-type]


@pytest.mark.parametrize("used", [11, None])
def test_a_periods_end_stands_in_the_report_that_was_open_then(book: Book, used: int | None) -> None:
    book.pass_days(2)
    note(book, begin=((Period.WEEK, NEXT_DAY),), has_ended=True, used=used)
    book.pass_days(1)

    assert [report.passes for report in sealed(book)] == [None, PassReport(True, used, 0)]


def test_a_period_that_only_begins_is_nothing_to_report(book: Book) -> None:
    note(book, begin=(WEEK,), without=frozenset({Period.WEEK}))
    book.pass_days(2)

    assert all(report.passes is None for report in sealed(book))


def test_a_period_that_begins_a_second_time_without_its_counters_has_lost_them(book: Book) -> None:
    note(book, begin=(WEEK,), without=frozenset({Period.WEEK}))
    book.pass_days(1)
    note(book, begin=(WEEK,), without=frozenset({Period.WEEK}))
    note(book, begin=(WEEK,), without=frozenset({Period.WEEK}))
    book.pass_days(1)

    assert sealed(book)[-1].passes == PassReport(False, None, 2)


def test_one_power_cut_is_one_loss_however_many_periods_go_on(book: Book) -> None:
    both = (WEEK, (Period.DAY, DAY))
    for _ in range(2):
        book.pass_days(1)
        note(book, begin=both, without=frozenset({Period.WEEK, Period.DAY}))
    book.pass_days(1)

    assert sealed(book)[-1].passes == PassReport(False, None, 1)


def test_a_period_that_follows_another_has_lost_nothing(book: Book) -> None:
    note(book, begin=(WEEK,), without=frozenset({Period.WEEK}))
    book.pass_days(1)
    note(book, begin=((Period.WEEK, DAY + timedelta(days=7)),), without=frozenset({Period.WEEK}))
    book.pass_days(1)

    assert all(report.passes is None for report in sealed(book))


def test_a_period_that_ended_by_elapsed_time_and_has_the_same_first_day_has_lost_nothing(book: Book) -> None:
    note(book, begin=(WEEK,), without=frozenset({Period.WEEK}))
    book.pass_days(1)
    note(book, begin=(WEEK,), has_ended=True, used=12)
    book.pass_days(1)

    assert sealed(book)[-1].passes == PassReport(True, 12, 0)


def test_a_loss_before_and_after_a_periods_end_stand_in_one_report(book: Book) -> None:
    book.pass_days(1)
    for news in (
        {"begin": (WEEK,)},
        {"begin": (WEEK,), "without": frozenset({Period.WEEK})},
        {"has_ended": True, "used": 13},
        {"begin": (WEEK,), "without": frozenset({Period.WEEK})},
    ):
        note(book, **news)
    book.pass_days(1)

    assert sealed(book)[-1].passes == PassReport(True, 13, 2)


def test_a_second_end_with_few_passes_takes_nothing_from_what_the_report_says(book: Book) -> None:
    book.pass_days(1)
    note(book, has_ended=True, used=40)
    note(book, has_ended=True, used=None)
    book.pass_days(1)

    assert sealed(book)[-1].passes == PassReport(True, 40, 0)


def test_before_the_first_booking_there_is_no_report_to_say_it(book: Book) -> None:
    note(book, begin=(WEEK,), has_ended=True, used=12)
    book.pass_days(2)

    assert all(report.passes is None for report in sealed(book))


def test_the_ledger_itself_keeps_no_number_of_passes_below_11(book: Book) -> None:
    book.pass_days(1)

    with pytest.raises(LedgerFailed, match="CHECK"):
        note(book, has_ended=True, used=10)


def test_what_was_said_of_passes_is_forgotten_with_its_report(book: Book) -> None:
    book.pass_days(1)
    note(book, has_ended=True, used=12)
    book.pass_days(KEPT + 1)

    assert book.ledger.database.rows("SELECT report FROM passes") == []
