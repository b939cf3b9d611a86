from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.ledger.database import LedgerFailed
from tests.ledger.book import Book


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """An empty ledger of three slots, whose invariants are held at the end of every test that left it whole."""
    book = Book(tmp_path)
    yield book
    if not book.is_damaged:
        try:
            faults = book.faults()
        except LedgerFailed:
            book.open()  # the test closed it
            faults = book.faults()
        assert faults == ()
    book.ledger.close()
