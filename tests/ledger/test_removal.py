"""What a technician takes out, and lots that are recalled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.core.asks import AskRefused, Why
from kiosk.core.values import Outcome, SlotState
from tests.ledger.book import DAY, Book, Slot

DELIVERED, NOT_DELIVERED, UNCERTAIN = Outcome


def test_units_are_taken_from_the_front(book: Book) -> None:
    book.load("B1", 2, "L1")
    book.load("B1", 3, "L2")

    book.remove("B1", 3)

    assert (book.lots(), book.booked()["removed"]) == ([("L2", 2)], 3)


def test_units_of_a_named_lot_are_taken_wherever_they_stand(book: Book) -> None:
    for lot in ("L1", "L2", "L1"):
        book.load("B1", 2, lot)

    book.remove("B1", 3, lot="L1")

    assert book.lots() == [("L2", 2), ("L1", 1)]


@pytest.mark.parametrize("why", Why)
def test_the_reason_is_booked(book: Book, why: Why) -> None:
    book.load("B1", 2)

    book.remove("B1", 1, why)

    assert book.booked() == {"loaded": 2, "removed" if why is Why.OTHER else f"removed_{why}": 1}


@pytest.mark.parametrize(
    ("count", "lot", "says"),
    [
        (6, None, "slot B1 has 5, not 6; .*kiosk count B1 COUNT"),
        (3, "L1", "slot B1 has 2 of lot L1, not 3"),
        (1, "L9", "slot B1 has 0 of lot L9, not 1"),
        (0, None, "0 units cannot be taken out"),
        (-1, None, "-1 units cannot be taken out"),
    ],
)
def test_more_than_is_there_is_refused_and_nothing_is_taken(book: Book, count: int, lot: str | None, says: str) -> None:
    book.load("B1", 2, "L1")
    book.load("B1", 3, "L2")
    before = book.everything()

    with pytest.raises(AskRefused, match=says):
        book.remove("B1", count, lot=lot)

    assert book.everything() == before


def test_a_removal_is_booked_on_its_own_day(book: Book) -> None:
    book.load("B1", 3)
    book.day += timedelta(days=1)

    book.remove("B1", 1)

    assert [counter.what for counter in book.ledger.counters(book.day)] == ["removed"]


def test_a_test_that_gives_takes_its_unit_and_is_counted_apart(book: Book) -> None:
    book.load("B1", 3)

    book.test(DELIVERED)
    book.test(DELIVERED)
    book.test(NOT_DELIVERED)

    assert book.units() == (1, 0)
    assert book.booked() == {"loaded": 3, "test": 2, "test_not_delivered": 1}


def test_a_test_that_cannot_be_known_is_in_the_band_as_any_other(book: Book) -> None:
    book.load("B1", 3)

    book.test(UNCERTAIN)

    assert (book.units(), book.booked()["uncertain"]) == ((2, 1), 1)


# --- recalls


def test_a_recalled_lot_in_front_is_told(book: Book) -> None:
    book.load("B1", 2, "L1", DAY)
    book.recall("kit", "L1")

    assert book.slot().recalled
    assert (book.slot().expires, book.slot().state) == (DAY, SlotState.OK)


def test_a_recalled_lot_behind_another_is_told_when_it_comes_to_the_front(book: Book) -> None:
    book.load("B1", 1, "L1")
    book.load("B1", 1, "L2")
    book.recall("kit", "L2")
    assert not book.slot().recalled

    book.vend(DELIVERED)

    assert book.slot().recalled


def test_a_recalled_lot_of_which_there_may_be_a_unit_is_told(book: Book) -> None:
    book.load("B1", 1, "L1", DAY + timedelta(days=3))
    book.vend(UNCERTAIN)
    book.recall("kit", "L1")

    assert book.slot().recalled
    assert book.slot().expires == DAY + timedelta(days=3)


def test_a_recalled_lot_that_may_have_a_unit_left_is_told_though_others_stand_behind_it(book: Book) -> None:
    book.load("B1", 1, "L1")
    book.vend(UNCERTAIN)
    book.recall("kit", "L1")
    book.load("B1", 3, "L2")
    assert book.slot().recalled

    book.count("B1", 3)

    assert not book.slot().recalled


def test_the_same_lot_name_of_another_item_is_not_recalled(book: Book) -> None:
    book.load("A1", 2, "L1")
    book.load("B1", 2, "L1")

    book.recall("kit", "L1")

    assert not book.slot("A1").recalled


def test_a_recall_outlasts_a_power_cut_and_a_second_one_changes_nothing(book: Book) -> None:
    book.load("B1", 2, "L1")
    book.recall("kit", "L1")
    book.recall("kit", "L1")

    book.pull_the_plug()

    assert book.slot().recalled


def test_a_recall_that_is_lifted_lets_the_slot_go_on(book: Book) -> None:
    book.load("B1", 2, "L1")
    book.recall("kit", "L1")

    book.recall("kit", "L1", is_recalled=False)

    assert not book.slot().recalled


def test_a_slot_goes_on_when_its_recalled_lot_was_taken_out(book: Book) -> None:
    book.load("B1", 2, "L1")
    book.load("B1", 2, "L2")
    book.recall("kit", "L1")

    book.remove("B1", 2, Why.RECALLED, "L1")

    assert (book.slot().recalled, book.lots()) == (False, [("L2", 2)])


def test_a_recalled_lot_is_not_loaded(book: Book) -> None:
    book.recall("kit", "L1")

    with pytest.raises(AskRefused, match=r"L1 is recalled: put it aside, .*kiosk recall kit L1 --lift"):
        book.load("B1", 1, "L1")


@pytest.mark.parametrize(("item", "lot", "says"), [("kite", "L1", "the items are kit, naloxone"), ("kit", "", "names")])
def test_a_recall_of_nothing_is_refused(book: Book, item: str, lot: str, says: str) -> None:
    with pytest.raises(AskRefused, match=says):
        book.recall(item, lot)


def test_a_recall_of_no_item_names_the_items_in_their_order(book: Book) -> None:
    items = ("aprons", "bandages", "condoms", "dressings", "filters", "gauze")
    book.reopen([Slot(f"A{n}", item) for n, item in enumerate(items)])

    with pytest.raises(AskRefused, match=", ".join(items)):
        book.recall("nothing", "L1")


def test_a_recall_that_is_lifted_leaves_those_of_other_lots_and_items(book: Book) -> None:
    for item, lot in (("kit", "L1"), ("kit", "L2"), ("naloxone", "L1")):
        book.recall(item, lot)

    book.recall("kit", "L1", is_recalled=False)

    assert sorted(book.ledger.database.rows("SELECT item, lot FROM recalls")) == [("kit", "L2"), ("naloxone", "L1")]
