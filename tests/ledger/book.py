"""A ledger in a folder of its own, and the few words in which tests speak to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import apsw

from kiosk.core.asks import AddBatch, CountSlot, LoadSlot, RecallLot, RemoveUnits, Why
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.values import CodeBatch, ItemId, Outcome, SlotId, SlotState, SlotStock, Tag, VendId
from kiosk.ledger.desk import answer
from kiosk.ledger.ledger import LEDGER_NAME, Ledger, SlotPlan
from kiosk.ledger.verify import verify

DAY = date(2026, 11, 24)
TAG = Tag(b"\xa5tag of a person")


@dataclass(frozen=True)
class Slot:
    """A slot as the configuration would describe it."""

    id: str
    item: str
    capacity: int = 10


SLOTS = (Slot("A1", "naloxone"), Slot("B1", "kit"), Slot("B2", "kit"))


class Book:
    """One ledger. *commits* counts its durable commits; *day* and *quarter* are those of what happens next."""

    def __init__(self, folder: Path, slots: Sequence[SlotPlan] = SLOTS, doses: Mapping[str, int] | None = None) -> None:
        self.day = DAY
        self.quarter = 2
        self.doses = doses
        self.path = folder / LEDGER_NAME
        self.commits = 0
        self.power_cuts = 0
        self.is_damaged = False
        self.open(slots)

    def open(self, slots: Sequence[SlotPlan] = SLOTS) -> None:
        self.ledger = Ledger(self.path, slots, self._count_commit, doses=self.doses)

    def _count_commit(self) -> None:
        self.commits += 1

    def reopen(self, slots: Sequence[SlotPlan] = SLOTS) -> None:
        """Stop the service in order and start it again."""
        self.ledger.close()
        self.open(slots)

    def pull_the_plug(self, slots: Sequence[SlotPlan] = SLOTS) -> None:
        """Start again on what the files hold now, without closing them first."""
        self.power_cuts += 1
        after = self.path.with_name(f"ledger after {self.power_cuts} power cuts.db")
        for end in ("", "-wal"):
            shutil.copy(f"{self.path}{end}", f"{after}{end}")
        self.ledger.close()
        self.path.unlink()
        self.path = after
        self.open(slots)

    @contextmanager
    def by_hand(self) -> Iterator[apsw.Connection]:
        """Edit the closed file as no program of ours would."""
        self.ledger.close()
        connection = apsw.Connection(str(self.path))
        for pragma in ("ignore_check_constraints = 1", "foreign_keys = 0"):
            connection.execute(f"PRAGMA {pragma}")
        yield connection
        connection.close()
        self.is_damaged = True

    # --- vends

    def intend(self, vend: int = 1, turn: int = 1, slot: str = "B1", tag: Tag | None = None, place: int = 0) -> None:
        self.ledger.commit_intent(CommitIntent(VendId(vend), turn, SlotId(slot), tag, place))

    def end(
        self,
        outcome: Outcome,
        slot: str = "B1",
        tag: Tag | None = None,
        place: int = 0,
        *,
        jammed: bool = False,
        is_test: bool = False,
    ) -> None:
        """Record how the open vend ended."""
        vend = VendId(self.ledger.next_vend - 1)
        order = RecordOutcome(vend, SlotId(slot), outcome, tag, place, jammed, is_test)
        self.ledger.record_outcome(order, self.day, self.quarter)

    def vend(
        self, outcome: Outcome, slot: str = "B1", tag: Tag | None = None, place: int = 0, *, jammed: bool = False
    ) -> None:
        """One vend of one turn, from its intent to its outcome."""
        self.intend(self.ledger.next_vend, 1, slot, tag, place)
        self.end(outcome, slot, tag, place, jammed=jammed)

    def test(self, outcome: Outcome, slot: str = "B1") -> None:
        """One test turn of a technician's."""
        self.intend(self.ledger.next_vend, 1, slot)
        self.end(outcome, slot, is_test=True)

    # --- technicians

    def load(self, slot: str, count: int, lot: str = "", expires: date | None = None, funding: str = "") -> None:
        self.ledger.load(LoadSlot(SlotId(slot), count, lot, expires, funding), self.day)

    def count(self, slot: str, count: int) -> None:
        self.ledger.count(CountSlot(SlotId(slot), count), self.day)

    def remove(self, slot: str, count: int, why: Why = Why.OTHER, lot: str | None = None) -> None:
        self.ledger.remove(RemoveUnits(SlotId(slot), count, why, lot), self.day)

    def recall(self, item: str, lot: str, *, is_recalled: bool = True) -> None:
        self.ledger.recall(RecallLot(ItemId(item), lot, is_recalled))

    def pass_days(self, days: int) -> None:
        """Let midnight come *days* times; the kiosk looks in between."""
        for _ in range(days):
            self.day += timedelta(days=1)
            self.ledger.keep_day(self.day, {})

    def add_batch(
        self, *gives: str, name: str = "batch", tags: Sequence[Tag] = (TAG,), expires: date | None = None
    ) -> None:
        batch = CodeBatch(name, tuple(map(ItemId, gives)), expires, tuple(tags))
        answer(self.ledger, AddBatch(batch), self.day)

    def batches(self) -> tuple[str, ...]:
        """The names of all batches, oldest first."""
        return tuple(facts.batch for facts in self.ledger.codes.facts())

    # --- what is the case

    def slot(self, slot: str = "B1") -> SlotStock:
        return next(stock for stock in self.ledger.stock() if stock.slot == slot)

    def units(self, slot: str = "B1") -> tuple[int, int]:
        """Certain units, and the band."""
        return self.slot(slot).count, self.slot(slot).uncertain

    def state(self, slot: str = "B1") -> SlotState:
        return self.slot(slot).state

    def lots(self, slot: str = "B1") -> list[tuple[str, int]]:
        """The certain units of each lot, front first."""
        return [(lot.lot, lot.count) for lot in self.slot(slot).lots]

    def booked(self, slot: str = "B1") -> dict[str, int]:
        """Everything the days' counters say of a slot."""
        sql = "SELECT what, sum(n) FROM days JOIN lots ON lots.id = days.lot WHERE slot = ? GROUP BY what"
        return {str(what): int(str(n)) for what, n in self.ledger.database.rows(sql, slot) if n}

    def taken(self, tag: Tag = TAG) -> int:
        """The mask of a ticket's units that are spent."""
        ticket = self.ledger.find_code(tag)
        assert ticket
        return ticket.taken

    def open_vend(self) -> tuple[object, ...]:
        """Whether one is open, and its number, turn, slot, tag and place."""
        (row,) = self.ledger.database.rows("SELECT is_open, vend, turn, slot, tag, place FROM open_vend")
        return row

    def faults(self) -> tuple[str, ...]:
        return verify(self.ledger.database)

    def everything(self) -> list[tuple[object, ...]]:
        """All that is stored, to be held against what is stored later."""
        tables = (
            *("ledger", "slots", "lots", "units", "open_vend", "batches", "codes", "recalls", "revoked", "signers"),
            *("reports", "sealed_days", "unavailable", "quarters", "items"),
        )
        return [row for table in tables for row in self.ledger.database.rows(f"SELECT * FROM {table}")]
