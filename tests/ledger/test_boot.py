"""The number of a start: it orders what the operator hears."""

from __future__ import annotations

from pathlib import Path

from kiosk.ledger.ledger import Ledger
from tests.ledger.book import Book


def test_each_start_has_a_higher_number(tmp_path: Path) -> None:
    numbers = []
    for _ in range(3):
        ledger = Ledger(tmp_path / "ledger.db", ())
        numbers.append(ledger.begin_boot())
        ledger.close()

    assert numbers == [1, 2, 3]


def test_a_start_is_one_durable_commit(book: Book) -> None:
    before = book.commits

    book.ledger.begin_boot()

    assert book.commits == before + 1


def test_a_new_ledger_has_a_name_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    first = Ledger(tmp_path / "ledger.db", ())
    name = first.id
    first.close()
    again, other = Ledger(tmp_path / "ledger.db", ()), Ledger(tmp_path / "other.db", ())

    assert again.id == name != other.id
    assert len(bytes.fromhex(name)) == 8
    again.close()
    other.close()
