"""What technicians and commands may ask of the data, and what they are answered."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.core.asks import (
    AddBatch,
    AskRefused,
    Batches,
    Counter,
    Counters,
    CountSlot,
    Done,
    ListBatches,
    LoadSlot,
    ReadCounters,
    ReadStock,
    Stock,
    Verdict,
    VerifyLedger,
)
from kiosk.core.values import ItemId, SlotId, Tag, TicketBatch
from kiosk.ledger.desk import answer
from tests.ledger.book import DAY, TAG, Book

B1 = SlotId("B1")


def test_a_load_is_carried_out(book: Book) -> None:
    assert answer(book.ledger, LoadSlot(B1, 5, "L1"), DAY) == Done()
    assert book.lots() == [("L1", 5)]


def test_a_count_is_carried_out(book: Book) -> None:
    assert answer(book.ledger, CountSlot(B1, 3), DAY) == Done()
    assert book.units() == (3, 0)


def test_a_batch_is_taken(book: Book) -> None:
    batch = TicketBatch("spring", (ItemId("kit"),), None, (TAG,))

    assert answer(book.ledger, AddBatch(batch), DAY) == Done()
    assert book.taken() == 0


def test_stock_is_told(book: Book) -> None:
    book.load("B1", 5)

    told = answer(book.ledger, ReadStock(), DAY)

    assert told == Stock(book.ledger.stock())
    assert isinstance(told, Stock)
    assert told.items == {"naloxone": 0, "kit": 5}


def test_a_days_counters_are_told_over_all_lots(book: Book) -> None:
    for lot in ("L1", "L2"):
        answer(book.ledger, LoadSlot(B1, 2, lot), DAY)
    answer(book.ledger, LoadSlot(SlotId("A1"), 3), DAY)
    answer(book.ledger, LoadSlot(B1, 1, "L2"), date(2027, 1, 2))

    assert answer(book.ledger, ReadCounters(), DAY) == Counters(
        DAY,
        (Counter(SlotId("A1"), ItemId("naloxone"), "loaded", 3), Counter(B1, ItemId("kit"), "loaded", 4)),
    )


def test_batches_are_told_oldest_first(book: Book) -> None:
    book.add_batch("kit", name="winter")
    book.add_batch("kit", name="spring", tags=[Tag(bytes(16))])

    assert answer(book.ledger, ListBatches(), DAY) == Batches(("winter", "spring"))


def test_a_verdict_is_given(book: Book) -> None:
    assert answer(book.ledger, VerifyLedger(), DAY) == Verdict(())

    with book.by_hand() as connection:
        connection.execute("DELETE FROM open_vend")
    book.open()

    assert answer(book.ledger, VerifyLedger(), DAY) != Verdict(())


def test_what_cannot_be_carried_out_is_refused(book: Book) -> None:
    with pytest.raises(AskRefused):
        answer(book.ledger, LoadSlot(SlotId("Z9"), 1), DAY)


def test_asks_are_booked_on_the_day_given(book: Book) -> None:
    for ask in (LoadSlot(B1, 5), CountSlot(B1, 4)):
        answer(book.ledger, ask, date(2027, 1, 2))

    assert book.ledger.database.rows("SELECT day FROM reports WHERE n > 0") == [("2027-01-02",)]


def test_what_is_no_ask_is_a_mistake_of_the_program(book: Book) -> None:
    with pytest.raises(AssertionError):
        answer(book.ledger, Verdict(()), DAY)  # type: ignore[arg-type]
