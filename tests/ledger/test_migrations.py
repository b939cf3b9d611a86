"""A ledger that an earlier version wrote is taken over whole. ``released/`` has one as each released schema left it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import apsw
import pytest

from kiosk.core.asks import CodeList, ListSigners, MakeList, RevokeCodes, Signers
from kiosk.core.values import Kind, LotStock, Outcome, SlotState, VendId
from kiosk.ledger.database import SETTINGS
from kiosk.ledger.desk import answer
from kiosk.ledger.schema import MIGRATIONS
from tests.ledger.book import TAG, Book

RELEASED = sorted(Path(__file__).with_name("released").glob("schema_*.sql"))
LAST_DAY = date(2026, 12, 3)


@pytest.fixture(params=RELEASED, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, book: Book) -> Book:
    """The ledger of an earlier version, opened by this one: a vend is open, and each slot has a past."""
    return taken_over(book, request.param)


def taken_over(book: Book, released: Path, *edits: str) -> Book:
    """Open what an earlier version left, after *edits* by hand."""
    book.ledger.close()
    for end in ("", "-wal"):
        Path(f"{book.path}{end}").unlink(missing_ok=True)
    connection = apsw.Connection(str(book.path))
    connection.pragma("page_size", SETTINGS["page_size"])
    for sql in (released.read_text(), *edits):
        connection.execute(sql)
    connection.close()
    book.doses = {"naloxone": 2}
    book.open()
    return book


def test_there_is_a_ledger_of_every_schema_that_was_released_before() -> None:
    numbers = [int(re.findall(r"\d+", path.stem)[0]) for path in RELEASED]

    assert numbers == list(range(1, len(MIGRATIONS)))


def test_every_unit_is_accounted_for(old: Book) -> None:
    assert old.faults() == ()


def test_lots_in_use_are_taken_over_and_the_last_one_of_each_slot(book: Book) -> None:
    old = taken_over(
        book,
        RELEASED[1],
        "INSERT INTO lots VALUES (6, 'B2', 'kit', 'L3', NULL, '', 1, 0, 0, 0, 0, 0, 1, 0, 1)",  # a band only
        "INSERT INTO lots VALUES (7, 'B2', 'kit', 'L4', NULL, '', 1, 0, 0, 0, 1, 0, 0, 0, 0)",  # all gone
        "INSERT INTO lots VALUES (8, 'B2', 'kit', 'L5', NULL, '', 1, 0, 0, 0, 1, 0, 0, 0, 0)",  # all gone, and the last
    )
    old.is_damaged = True  # the days know nothing of these

    rows = old.ledger.database.rows
    assert [row for (row,) in rows("SELECT id FROM units ORDER BY id")] == [1, 2, 3, 4, 5, 6, 8]
    assert rows("SELECT total(carried - on_hand), total(carried_band - band) FROM stock") == [(0, 0)]


def test_stock_is_what_it_was(old: Book) -> None:
    assert [(slot.count, slot.uncertain, slot.state) for slot in old.ledger.stock()] == [
        (4, 0, SlotState.OK),
        (2, 1, SlotState.OK),
        (5, 0, SlotState.OK),
    ]
    assert old.slot("A1").lots == (
        LotStock("N1", date(2027, 3, 31), 1),
        LotStock("N2", date(2027, 9, 30), 3),
    )


def test_days_become_sealed_reports(old: Book) -> None:
    reports = old.ledger.reports(0, 99).reports

    assert [(r.number, r.day) for r in reports] == [
        (1, date(2026, 11, 24)),
        (2, date(2026, 11, 25)),
        (3, LAST_DAY),
    ]
    assert old.ledger.counters(LAST_DAY) != ()


def test_the_open_vend_is_recovered_and_its_ticket_not_spent(old: Book) -> None:
    assert old.ledger.recover(LAST_DAY)

    assert (old.units(), old.taken()) == ((1, 2), 1)
    assert old.ledger.next_vend == VendId(10)


def test_units_loaded_before_doses_were_kept_have_those_of_the_configuration(old: Book) -> None:
    rows = old.ledger.database.rows("SELECT DISTINCT item, doses FROM lots ORDER BY item")

    assert rows == [("kit", 1), ("naloxone", 2)]


def test_the_kiosk_goes_on(old: Book) -> None:
    old.ledger.recover(LAST_DAY)
    old.day = LAST_DAY

    old.vend(Outcome.DELIVERED, tag=TAG, place=1)
    old.pass_days(1)

    assert (old.taken(), len(old.ledger.reports(0, 99).reports)) == (3, 4)


def test_codes_of_before_are_tickets_of_this_kiosk_that_nobody_has_revoked_or_listed(old: Book) -> None:
    found = old.ledger.find_code(TAG)

    assert found
    assert (found.kind, found.policy, found.is_revoked) == (Kind.TICKET, "", False)
    assert {(f.kind, f.is_revoked, f.is_listed, f.is_foreign) for f in old.ledger.codes.facts()} == {
        (Kind.TICKET, False, False, False)
    }
    assert answer(old.ledger, ListSigners(), LAST_DAY) == Signers(())


def test_codes_of_before_can_be_revoked_and_none_of_them_is_in_the_first_list(old: Book) -> None:
    old.ledger.recover(LAST_DAY)
    (batch,) = old.batches()
    answer(old.ledger, RevokeCodes(batch), LAST_DAY)

    made = answer(old.ledger, MakeList(()), LAST_DAY)

    assert made == CodeList(1, (), (batch,), ())
    assert old.faults() == ()
