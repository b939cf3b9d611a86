"""Answering what technicians and commands ask of the data, in the service or, without one, in the command itself."""

from __future__ import annotations

from datetime import date
from typing import assert_never

from kiosk.core.asks import (
    AddBatch,
    Answer,
    Ask,
    AskRefused,
    BackUpLedger,
    Batches,
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
    Stock,
    Verdict,
    VerifyLedger,
)
from kiosk.ledger.backup import back_up
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.verify import verify


def answer(ledger: Ledger, ask: Ask, day: date) -> Answer:
    """Carry *ask* out. Raises ``AskRefused`` or ``LedgerFailed``; nothing has changed then."""
    match ask:
        case ReadStock():
            return Stock(ledger.stock())
        case ReadCounters():
            return Counters(day, ledger.counters(day))
        case ReadReports(after, most):
            return ledger.reports(after, most)
        case ListBatches():
            return Batches(ledger.batches())
        case VerifyLedger():
            return Verdict(verify(ledger.database))
        case BackUpLedger():
            back_up(ledger.database)
        case _:
            _change(ledger, ask, day)
    return Done()


def _change(
    ledger: Ledger, ask: LoadSlot | CountSlot | RemoveUnits | RecallLot | MakeTestVend | AddBatch, day: date
) -> None:
    match ask:
        case LoadSlot():
            ledger.load(ask, day)
        case CountSlot():
            ledger.count(ask, day)
        case RemoveUnits():
            ledger.remove(ask, day)
        case RecallLot():
            ledger.recall(ask)
        case MakeTestVend():
            raise AskRefused("a coil can be turned by the running service only; start it first")
        case AddBatch(batch):
            ledger.add_batch(batch)
        case _:
            assert_never(ask)
