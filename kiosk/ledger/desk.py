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
    EndImport,
    ListBatches,
    ListSigners,
    LoadSlot,
    MakeList,
    MakeTestVend,
    ReadCounters,
    ReadReports,
    ReadStock,
    RecallLot,
    RemoveUnits,
    RevokeCodes,
    Stock,
    TrustSigner,
    Verdict,
    VerifyLedger,
)
from kiosk.ledger.backup import back_up
from kiosk.ledger.codes import Codes
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.verify import verify

Read = ReadStock | ReadCounters | ReadReports | ListBatches | ListSigners | VerifyLedger
CodesChange = AddBatch | RevokeCodes | TrustSigner | EndImport
StockChange = LoadSlot | CountSlot | RemoveUnits | RecallLot | MakeTestVend


def answer(ledger: Ledger, ask: Ask, day: date) -> Answer:
    """Carry *ask* out. Raises ``AskRefused`` or ``LedgerFailed``; nothing has changed then."""
    match ask:
        case MakeList():
            with ledger.database.transaction():
                return ledger.codes.make_list(ask)
        case BackUpLedger():
            back_up(ledger.database)
        case _ if isinstance(ask, CodesChange):
            with ledger.database.transaction():
                _change_codes(ledger.codes, ask)
        case _ if isinstance(ask, Read):
            return _read(ledger, ask, day)
        case _:
            _change(ledger, ask, day)
    return Done()


def _read(ledger: Ledger, ask: Read, day: date) -> Answer:
    match ask:
        case ReadStock():
            return Stock(ledger.stock())
        case ReadCounters():
            return Counters(day, ledger.counters(day))
        case ReadReports(after, most):
            return ledger.reports(after, most)
        case ListBatches():
            return Batches(ledger.codes.facts())
        case ListSigners():
            return ledger.codes.signers()
        case VerifyLedger():
            return Verdict(verify(ledger.database))
        case _:
            assert_never(ask)


def _change(ledger: Ledger, ask: StockChange, day: date) -> None:
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
        case _:
            assert_never(ask)


def _change_codes(codes: Codes, ask: CodesChange) -> None:
    match ask:
        case AddBatch():
            codes.add(ask)
        case RevokeCodes():
            codes.revoke(ask)
        case TrustSigner(key):
            codes.trust(key)
        case EndImport():
            codes.end_import(ask)
        case _:
            assert_never(ask)
