"""A ledger that an earlier version wrote is taken over whole. ``released/`` has one as each released schema left it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import apsw
import pytest

from kiosk.core.values import LotStock, Outcome, SlotState, VendId
from kiosk.ledger.database import SETTINGS
from kiosk.ledger.schema import MIGRATIONS
from tests.ledger.book import TAG, Book

RELEASED = sorted(Path(__file__).with_name("released").glob("schema_*.sql"))
LAST_DAY = date(2026, 12, 3)


@pytest.fixture(params=RELEASED, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, book: Book) -> Book:
    """The ledger of an earlier version, opened by this one: a vend is open, and each slot has a past."""
    book.ledger.close()
    for end in ("", "-wal"):
        Path(f"{book.path}{end}").unlink(missing_ok=True)
    connection = apsw.Connection(str(book.path))
    connection.pragma("page_size", SETTINGS["page_size"])
    connection.execute(request.param.read_text())
    connection.close()
    book.doses = {"naloxone": 2}
    book.open()
    return book


def test_there_is_a_ledger_of_every_schema_that_was_released_before() -> None:
    numbers = [int(re.findall(r"\d+", path.stem)[0]) for path in RELEASED]

    assert numbers == list(range(1, len(MIGRATIONS)))


def test_every_unit_is_accounted_for(old: Book) -> None:
    assert old.faults() == ()


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
