"""What cannot be read from the ledger's files: whose vends, how many visits, in what order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.core.values import Outcome, Tag
from tests.ledger.book import DAY, TAG, Book, Slot

DELIVERED, NOT_DELIVERED, UNCERTAIN = Outcome


def log(book: Book) -> Path:
    return book.path.with_name(f"{book.path.name}-wal")


def places(book: Book, tag: bytes = TAG) -> int:
    """In how many places the tag is in the ledger's files."""
    return sum(file.read_bytes().count(tag) for file in book.path.parent.iterdir() if file.is_file())


def vend_with_tag(book: Book, outcome: Outcome) -> None:
    book.vend(outcome, tag=TAG, place=3)


def power_cut(book: Book) -> None:
    book.intend(tag=TAG)
    book.pull_the_plug()
    book.ledger.recover(DAY)


ENDS: list[Callable[[Book], None]] = [
    lambda book: vend_with_tag(book, DELIVERED),
    lambda book: vend_with_tag(book, NOT_DELIVERED),
    lambda book: vend_with_tag(book, UNCERTAIN),
    power_cut,
]


@pytest.mark.parametrize("end", ENDS, ids=["delivered", "not delivered", "uncertain", "recovered"])
def test_the_tag_of_an_ended_vend_is_nowhere_after_tidying(book: Book, end: Callable[[Book], None]) -> None:
    book.load("B1", 5)
    end(book)
    assert places(book) > 0  # in the log, until it is emptied

    book.ledger.tidy()

    assert places(book) == 0


def test_the_tag_of_an_open_vend_is_gone_with_it_even_if_the_log_was_emptied_between(book: Book) -> None:
    book.intend(tag=TAG)
    book.ledger.tidy()
    assert places(book) == 1

    book.end(DELIVERED, tag=TAG)
    book.ledger.tidy()

    assert places(book) == 0


def test_the_tag_of_an_ended_vend_is_nowhere_after_the_service_stopped(book: Book) -> None:
    vend_with_tag(book, DELIVERED)

    book.ledger.close()

    assert places(book) == 0


def test_a_tickets_tag_is_where_it_was_before_its_vend_and_nowhere_else(book: Book) -> None:
    book.add_batch(*["kit"] * 4)
    book.ledger.tidy()
    before = places(book)

    vend_with_tag(book, DELIVERED)
    book.ledger.tidy()

    assert places(book) == before == 1


def test_tidying_empties_the_log(book: Book) -> None:
    book.load("B1", 5)
    assert log(book).stat().st_size > 0

    book.ledger.tidy()

    assert log(book).stat().st_size == 0


def test_tidying_changes_nothing_that_is_stored(book: Book) -> None:
    book.add_batch("kit")
    book.load("B1", 5)
    book.vend(UNCERTAIN, jammed=True)
    before = book.everything()

    book.ledger.tidy()

    assert book.everything() == before
    book.pull_the_plug()
    assert book.everything() == before


def test_tidying_twice_and_vending_after_it_is_allowed(book: Book) -> None:
    book.load("B1", 5)
    for _ in range(2):
        book.ledger.tidy()

    book.vend(DELIVERED)

    assert book.units() == (4, 0)


def test_thirty_vends_of_a_day_leave_no_more_rows_than_three(book: Book) -> None:
    book.reopen([Slot("B1", "kit", capacity=40)])
    book.load("B1", 40)
    for outcome in Outcome:
        book.vend(outcome)
    rows = len(book.everything())

    for n in range(30):
        book.vend(list(Outcome)[n % 3])

    assert len(book.everything()) == rows


def spent(folder: Path, order: list[Tag]) -> list[bytes]:
    """All pages of a ledger whose tickets were spent in this order, but the one with the ledger's own name."""
    folder.mkdir()
    book = Book(folder)
    book.add_batch("kit", tags=sorted(order))
    for tag in order:
        book.vend(DELIVERED, tag=tag)
    ((name,),) = book.ledger.database.rows("SELECT id FROM ledger")
    book.ledger.close()
    content = book.path.read_bytes()
    pages = [content[at : at + 1024] for at in range(0, len(content), 1024)]
    return [page for page in pages if str(name).encode() not in page]


def test_the_order_in_which_tickets_were_spent_is_nowhere_in_the_file(tmp_path: Path) -> None:
    tags = [Tag(bytes([n]) * 16) for n in range(1, 30)]

    assert spent(tmp_path / "one", tags) == spent(tmp_path / "other", tags[::-1])
