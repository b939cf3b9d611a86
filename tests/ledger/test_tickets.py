"""Batches of tickets, and which of a ticket's units are spent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core.asks import AskRefused
from kiosk.core.values import MOST_UNITS, Outcome, StoredCode, Tag, TicketUnit
from tests.ledger.book import DAY, TAG, Book

OTHER = Tag(b"another  person's"[:16])
UNKNOWN = Tag(bytes(range(16)))
ALL = tuple(range(MOST_UNITS))


def test_a_ticket_is_found_by_its_tag(book: Book) -> None:
    tomorrow = DAY + timedelta(days=1)
    book.add_batch("kit", "strips", "strips", expires=tomorrow)

    assert book.ledger.find_code(TAG) == StoredCode(("kit", "strips", "strips"), tomorrow, 0)  # type: ignore[arg-type]


def test_a_ticket_may_let_the_person_choose_and_never_expire(book: Book) -> None:
    book.add_batch()

    assert book.ledger.find_code(TAG) == StoredCode((), None, 0)


def test_a_tag_that_is_of_no_ticket_is_not_found(book: Book) -> None:
    book.add_batch("kit")

    assert book.ledger.find_code(UNKNOWN) is None


def test_each_ticket_is_of_its_batch(book: Book) -> None:
    book.add_batch("kit", name="spring", tags=[TAG])
    book.add_batch("strips", name="summer", tags=[OTHER])

    found = [book.ledger.find_code(tag) for tag in (TAG, OTHER)]
    assert [ticket and ticket.gives for ticket in found] == [("kit",), ("strips",)]


def test_a_batch_is_there_after_a_power_cut(book: Book) -> None:
    book.add_batch("kit", tags=[TAG, OTHER])

    book.pull_the_plug()

    assert book.ledger.find_code(OTHER)


def test_a_ledger_knows_its_batches_oldest_first(book: Book) -> None:
    before = book.batches()

    book.add_batch("kit", name="spring")
    book.add_batch("kit", name="autumn", tags=[OTHER])

    assert (before, book.batches()) == ((), ("spring", "autumn"))


def test_a_batch_is_taken_in_one_commit(book: Book) -> None:
    book.commits = 0

    book.add_batch("kit", tags=[TAG, OTHER, UNKNOWN])

    assert book.commits == 1


def test_tags_are_stored_in_the_order_given(book: Book) -> None:
    book.add_batch("kit", tags=[UNKNOWN, TAG, OTHER])

    stored = {tag for (tag,) in book.ledger.database.rows("SELECT tag FROM codes")}
    assert stored == {UNKNOWN, TAG, OTHER}


def test_another_batch_of_the_same_name_is_refused(book: Book) -> None:
    book.add_batch("kit", name="spring", tags=[TAG])
    before = book.everything()

    with pytest.raises(AskRefused, match="the batch spring is there already"):
        book.add_batch("kit", name="spring", tags=[OTHER])
    assert book.everything() == before


def test_the_same_batch_taken_twice_changes_nothing(book: Book) -> None:
    book.add_batch("kit", name="spring", tags=[TAG, OTHER])
    before = book.everything()

    book.add_batch("kit", name="spring", tags=[OTHER, TAG])

    assert book.everything() == before


def test_a_batch_with_a_tag_that_is_there_already_is_taken_not_at_all(book: Book) -> None:
    book.add_batch("kit", name="spring", tags=[TAG])
    before = book.everything()

    with pytest.raises(AskRefused, match="is here already, in another batch"):
        book.add_batch("kit", name="summer", tags=[OTHER, TAG])
    assert book.everything() == before


def test_a_batch_of_tickets_with_more_units_than_can_be_marked_is_refused(book: Book) -> None:
    with pytest.raises(AskRefused, match="gives 16 units at most, not 17"):
        book.add_batch(*["kit"] * 17)

    book.add_batch(*["kit"] * 16)


@pytest.mark.parametrize("places", [(), (0,), (15,), (0, 15), (7, 3), ALL, ALL[::-1]])
def test_the_units_of_a_ticket_are_spent_each_for_itself(book: Book, places: tuple[int, ...]) -> None:
    book.add_batch(*["kit"] * 16)

    for place in places:
        book.vend(Outcome.DELIVERED, tag=TAG, place=place)

    ticket = book.ledger.find_code(TAG)
    assert ticket
    assert [unit.place for unit in ticket.units_left] == [place for place in ALL if place not in places]


@settings(deadline=None, max_examples=15)
@given(st.permutations(ALL).flatmap(lambda order: st.integers(0, 16).map(lambda n: order[:n])))
def test_any_units_in_any_order_leave_the_others(places: list[int]) -> None:
    with TemporaryDirectory() as folder:
        book = Book(Path(folder))
        book.add_batch(*["kit"] * 16)
        for place in places:
            book.end(Outcome.DELIVERED, tag=TAG, place=place)

        assert book.taken() == sum(1 << place for place in places)
        book.ledger.close()


def test_a_ticket_that_lets_choose_is_spent_by_one_unit(book: Book) -> None:
    book.add_batch()
    ticket = book.ledger.find_code(TAG)
    assert ticket
    assert ticket.units_left == (TicketUnit(0, None),)

    book.vend(Outcome.DELIVERED, tag=TAG)

    spent = book.ledger.find_code(TAG)
    assert spent
    assert spent.units_left == ()


def test_a_unit_spent_twice_is_spent_once(book: Book) -> None:
    book.add_batch("kit", "kit")

    for _ in range(2):
        book.vend(Outcome.DELIVERED, tag=TAG, place=1)

    assert book.taken() == 0b10


def test_one_ticket_spent_leaves_the_others_of_its_batch(book: Book) -> None:
    book.add_batch("kit", tags=[TAG, OTHER])

    book.vend(Outcome.DELIVERED, tag=TAG)

    assert (book.taken(TAG), book.taken(OTHER)) == (1, 0)


def test_a_delivery_on_a_ticket_that_is_not_there_spends_nothing(book: Book) -> None:
    book.add_batch("kit")
    book.load("B1", 5)

    book.vend(Outcome.DELIVERED, tag=UNKNOWN)

    assert (book.units(), book.taken()) == ((4, 0), 0)
