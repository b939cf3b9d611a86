"""Disks that refuse: whatever is asked, a sentence says so and nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.core.values import Outcome
from kiosk.ledger.database import LedgerFailed
from tests.codes.disk import full_disk
from tests.ledger.book import DAY, SLOTS, Book, Slot

Use = Callable[[Book], object]


def end(book: Book) -> None:
    book.end(Outcome.DELIVERED, jammed=True)


WRITES: dict[str, Use] = {
    "load": lambda book: book.load("B1", 1),
    "count": lambda book: book.count("B1", 1),
    "batch": lambda book: book.add_batch("kit"),
    "intent": lambda book: book.intend(vend=1, turn=2),
    "outcome": end,
    "recovery": lambda book: book.ledger.recover(DAY),
    "probe": lambda book: book.ledger.probe(),
}
READS: dict[str, Use] = {
    "stock": lambda book: book.ledger.stock(),
    "next vend": lambda book: book.ledger.next_vend,
    "tickets": lambda book: book.batches(),
    "verdict": lambda book: book.faults(),
    "tidying": lambda book: book.ledger.tidy(),
}


@pytest.fixture
def busy(book: Book) -> Book:
    """A ledger with units, and a vend open."""
    book.load("B1", 3)
    book.intend()
    return book


@pytest.mark.parametrize("what", WRITES)
def test_on_a_disk_turned_read_only_nothing_changes(busy: Book, what: str) -> None:
    before = busy.everything()
    busy.ledger.database.rows("PRAGMA query_only = 1")

    with pytest.raises(LedgerFailed, match="the ledger cannot be written: "):
        WRITES[what](busy)

    busy.ledger.database.rows("PRAGMA query_only = 0")
    assert busy.everything() == before
    WRITES[what](busy)  # and it goes on as if nothing had been


@pytest.mark.parametrize("what", WRITES)
def test_on_a_full_disk_nothing_changes(busy: Book, what: str) -> None:
    before = busy.everything()

    with full_disk(room=0), pytest.raises(LedgerFailed, match="the ledger cannot be written: "):
        WRITES[what](busy)

    assert busy.everything() == before
    busy.pull_the_plug()
    assert busy.everything() == before
    WRITES[what](busy)


def test_a_probe_of_a_disk_in_order_changes_nothing(busy: Book) -> None:
    before = busy.everything()

    busy.ledger.probe()

    assert busy.everything() == before


def test_a_full_disk_is_no_reason_to_tell_of_a_commit(busy: Book) -> None:
    busy.commits = 0

    with full_disk(room=0), pytest.raises(LedgerFailed):
        end(busy)
    assert busy.commits == 0


def test_a_new_ledger_on_a_full_disk_is_refused_and_made_when_there_is_room(tmp_path: Path) -> None:
    with full_disk(room=0), pytest.raises(LedgerFailed):
        Book(tmp_path)

    book = Book(tmp_path)
    assert book.faults() == ()
    book.ledger.close()


def test_a_new_slot_on_a_full_disk_is_refused_and_the_ledger_left_as_it_was(busy: Book) -> None:
    before = busy.everything()
    busy.ledger.close()

    with full_disk(room=0), pytest.raises(LedgerFailed):
        busy.open([*SLOTS, Slot("C1", "strips")])

    busy.open()
    assert busy.everything() == before


@pytest.mark.parametrize("what", READS | WRITES)
def test_a_closed_ledger_says_so_whatever_is_asked_of_it(busy: Book, what: str) -> None:
    busy.ledger.close()

    with pytest.raises(LedgerFailed, match="the ledger"):
        (READS | WRITES)[what](busy)


def test_a_ledger_closes_twice(book: Book) -> None:
    book.ledger.close()
    book.ledger.close()
