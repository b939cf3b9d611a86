"""Answering what technicians and commands ask of the data, in the service or, without one, in the command itself."""

from __future__ import annotations

from datetime import date
from typing import assert_never

from kiosk.core.asks import (
    AddBatch,
    Answer,
    Ask,
    BackUpLedger,
    Batches,
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
from kiosk.ledger.backup import back_up
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.verify import verify


def answer(ledger: Ledger, ask: Ask, day: date) -> Answer:
    """Carry *ask* out. Raises ``AskRefused`` or ``LedgerFailed``; nothing has changed then."""
    match ask:
        case LoadSlot():
            ledger.load(ask, day)
        case CountSlot():
            ledger.count(ask, day)
        case AddBatch(batch):
            ledger.add_batch(batch)
        case BackUpLedger():
            back_up(ledger.database)
        case ReadStock():
            return Stock(ledger.stock())
        case ReadCounters():
            return Counters(day, ledger.counters(day))
        case ListBatches():
            return Batches(ledger.batches())
        case VerifyLedger():
            return Verdict(verify(ledger.database))
        case _:
            assert_never(ask)
    return Done()
