"""What technicians and commands may ask of the data, and what they are answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from kiosk.core.asks import (
    AddBatch,
    AskRefused,
    BackUpLedger,
    Batches,
    BatchFacts,
    Counter,
    Counters,
    CountSlot,
    Done,
    ListBatches,
    LoadSlot,
    MakeTestVend,
    ReadCounters,
    ReadReports,
    ReadStock,
    RecallLot,
    RemoveUnits,
    Reports,
    Stock,
    Verdict,
    VerifyLedger,
    Why,
)
from kiosk.core.values import CodeBatch, ItemId, Kind, SlotId, Tag
from kiosk.ledger.backup import BACKUP_NAME
from kiosk.ledger.desk import answer
from tests.ledger.book import DAY, TAG, Book

B1 = SlotId("B1")


def test_a_load_is_carried_out(book: Book) -> None:
    assert answer(book.ledger, LoadSlot(B1, 5, "L1"), DAY) == Done()
    assert book.lots() == [("L1", 5)]


def test_a_count_is_carried_out(book: Book) -> None:
    assert answer(book.ledger, CountSlot(B1, 3), DAY) == Done()
    assert book.units() == (3, 0)


def test_a_removal_is_carried_out(book: Book) -> None:
    book.load("B1", 3)

    assert answer(book.ledger, RemoveUnits(B1, 2, Why.DAMAGED), DAY) == Done()
    assert (book.units(), book.booked()["removed_damaged"]) == ((1, 0), 2)


def test_a_recall_is_carried_out(book: Book) -> None:
    book.load("B1", 3, "L1")

    assert answer(book.ledger, RecallLot(ItemId("kit"), "L1"), DAY) == Done()
    assert book.slot().recalled


def test_sealed_reports_are_told(book: Book) -> None:
    book.load("B1", 3)
    book.pass_days(3)

    told = answer(book.ledger, ReadReports(1, 1), DAY)

    assert told == book.ledger.reports(1, 1)
    assert isinstance(told, Reports)
    assert [report.number for report in told.reports] == [2]


def test_a_backup_is_made(book: Book) -> None:
    assert answer(book.ledger, BackUpLedger(), DAY) == Done()
    assert book.path.with_name(BACKUP_NAME).exists()


def test_a_test_turn_needs_the_running_service(book: Book) -> None:
    with pytest.raises(AskRefused, match="start it first"):
        answer(book.ledger, MakeTestVend(B1), DAY)


def test_a_batch_is_taken(book: Book) -> None:
    batch = CodeBatch("spring", (ItemId("kit"),), None, (TAG,))

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

    assert answer(book.ledger, ListBatches(), DAY) == Batches(
        (
            BatchFacts("winter", Kind.TICKET, 1, None, "", False, False, False),
            BatchFacts("spring", Kind.TICKET, 1, None, "", False, False, False),
        )
    )


def test_a_verdict_is_given(book: Book) -> None:
    assert answer(book.ledger, VerifyLedger(), DAY) == Verdict(())

    with book.by_hand() as connection:
        connection.execute("DELETE FROM open_vend")
    book.open()

    assert answer(book.ledger, VerifyLedger(), DAY) != Verdict(())


@pytest.mark.parametrize(
    "act",
    [
        lambda book: book.load("B1", 1, "L2"),
        lambda book: book.count("B1", 7),
        lambda book: book.remove("B1", 4),
        lambda book: book.recall("kit", "L1"),
        lambda book: book.add_batch("kit", tags=[Tag(bytes([n]) * 16) for n in range(3)]),
        lambda book: book.intend(),
        lambda book: book.ledger.keep_day(DAY, {ItemId("kit"): 5}),
        lambda book: book.pass_days(1),
        lambda book: book.ledger.probe(),
    ],
    ids=["load", "count", "remove", "recall", "batch", "intent", "minutes", "midnight", "probe"],
)
def test_every_act_is_one_durable_commit(book: Book, act: Callable[[Book], object]) -> None:
    book.load("B1", 3, "L0")
    book.load("B1", 3, "L1")
    before = book.commits

    act(book)

    assert book.commits == before + 1


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
