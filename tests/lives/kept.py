"""The data of a kiosk on a simulated disk, as the controller uses it, and beside it what the data has promised.

Whatever goes through to the ledger changes the promise as well; what was cut short leaves two promises possible, of
which the next look into the ledger must find one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import date

from kiosk.codes.allowances import Allowances
from kiosk.config import Config
from kiosk.core.asks import (
    AddBatch,
    Answer,
    Ask,
    CountSlot,
    LoadSlot,
    RecallLot,
    RemoveUnits,
    StorageFailed,
)
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.values import ItemId, SlotStock, VendId
from kiosk.data import Data
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.verify import verify
from kiosk.parts import DeviceFound, DeviceLost
from tests.cuts.disk import Disk
from tests.cuts.life import difference
from tests.cuts.promise import Impossible, Open, Promise, in_reports, picture_of
from tests.kit import FixedCalendar
from tests.ledger.coil import Goods

Keep = Callable[[Promise], None]


class Kept:
    """What ``kiosk.parts`` calls the storage, and the ledger in it. ``close`` ends the process that uses it."""

    def __init__(self, config: Config, calendar: FixedCalendar, disk: Disk) -> None:
        self._config, self._calendar, self._disk = config, calendar, disk
        items = {slot.id: slot.item for slot in config.slots}
        self.possible = [Promise(items=items, doses=config.doses)]
        self._ghosts: list[Promise] = []  # a failed disk may show them to the next process, unless something follows
        self._looked_at: tuple[int, Promise] | None = None
        self.intent: CommitIntent | None = None  # the last one, if it is durable
        self.ended: list[RecordOutcome] = []  # vends, for whoever takes them off this list
        self._known_ends: set[VendId] = set()

    def start(self) -> Data:
        """Begin a process: take the lock, open what can be opened."""
        self._looked_at, self.intent, self._known_ends = None, None, set()
        nothing_in_memory = Allowances(None, lambda: 0.0, ())  # a power cut takes it
        self.data = Data(
            self._config, self._calendar, nothing_in_memory, note=lambda: None, tell=self._hear, vfs=self._disk.name
        )
        self.data.open()
        self._take_recovery()
        return self.data

    def close(self) -> None:
        self.data.close()

    @property
    def promise(self) -> Promise | None:
        """What is promised; None while that is not known."""
        return self.possible[0] if len(self.possible) == 1 else None

    def settle(self) -> None:
        """Hold the ledger against its promise, if it can be read and anything may have changed."""
        if not (self.is_open and isinstance(self.data.ledger, Ledger)):
            return
        database = self.data.ledger.database
        if self._looked_at and self._looked_at[0] == database.changes and self._looked_at[1] is self.promise:
            return
        try:
            found, faults = picture_of(self.data.ledger), verify(database)
        except StorageFailed:
            return
        assert faults == (), "; ".join(faults)
        true = [promise for promise in self.possible if promise.picture() == found]
        assert true, difference([promise.picture() for promise in self.possible], found)
        self.possible = true[:1]
        self._looked_at = database.changes, true[0]

    def take_intent(self) -> CommitIntent | None:
        """The last intent, if it is durable and was not taken before."""
        intent, self.intent = self.intent, None
        return intent

    def check_reports(self) -> None:
        """I5: what the sealed reports and the open one add up to is all that ever happened."""
        assert isinstance(self.data.ledger, Ledger)
        assert self.promise
        ever = sorted((slot, what, n) for (slot, what), n in self.promise.ever.items() if n)
        assert in_reports(self.data.ledger) == ever, "I5: the reports do not add up to what happened"

    # --- as the controller's storage

    @property
    def ledger(self) -> Kept:
        return self

    @property
    def is_open(self) -> bool:
        return self.data.is_open

    def reopen(self, waiting: Collection[VendId]) -> None:
        self.data.reopen(waiting)
        self._take_recovery()

    def keep_periods(self) -> None:
        self.data.keep_periods()

    def back_up(self) -> None:
        self.data.back_up()

    def answer(self, ask: Ask, day: date) -> Answer:
        answers: list[Answer] = []
        self._do(lambda: answers.append(self.data.answer(ask, day)), lambda promise: self._keep(promise, ask, day))
        return answers[0]

    # --- as its ledger

    @property
    def next_vend(self) -> VendId:
        return self.data.ledger.next_vend

    def commit_intent(self, intent: CommitIntent) -> None:
        self.intent = None
        opened = Open(intent.slot, intent.tag, intent.place)
        self._do(
            lambda: self.data.ledger.commit_intent(intent),
            lambda promise: promise.intend(intent.vend, intent.turn, opened),
        )
        self.intent = intent

    def record_outcome(self, order: RecordOutcome, day: date, quarter: int) -> None:
        if order.vend not in self._known_ends:  # else it is tried again
            self._known_ends.add(order.vend)
            self.ended.append(order)
        self._do(
            lambda: self.data.ledger.record_outcome(order, day, quarter),
            lambda promise: promise.end(day, quarter, order),
        )

    def keep_day(self, day: date, unavailable: Mapping[ItemId, int]) -> None:
        minutes = {str(item): passed for item, passed in unavailable.items()}
        self._do(
            lambda: self.data.ledger.keep_day(day, unavailable),
            lambda promise: promise.keep_day(day, minutes),
        )

    def stock(self) -> tuple[SlotStock, ...]:
        return self.data.ledger.stock()

    def probe(self) -> None:
        self.data.ledger.probe()

    def tidy(self) -> None:
        self.data.ledger.tidy()

    # ---

    def _do(self, do: Callable[[], None], keep: Keep) -> None:
        try:
            do()
        except StorageFailed:
            kept = self._kept(keep)
            if self._disk.is_off:
                self.possible += kept
            elif self.is_open:
                self._ghosts = _different([*self._ghosts, *kept])
            raise
        self.possible, self._ghosts = self._kept(keep), []

    def _kept(self, keep: Keep) -> list[Promise]:
        kept = []
        for promise in self.possible:
            with suppress(Impossible):  # then that promise was not the true one
                after = promise.copy()
                keep(after)
                kept.append(after)
        return kept

    def _keep(self, promise: Promise, ask: Ask, day: date) -> None:
        match ask:
            case LoadSlot(slot, count, lot, expires, funding):
                doses = promise.doses.get(promise.items[slot], 1)
                promise.load(day, slot, count, Goods(lot, expires, funding, doses))
            case CountSlot(slot, count):
                promise.count(day, slot, count)
            case RemoveUnits(slot, count, why, lot):
                promise.remove(day, slot, count, why, lot)
            case RecallLot(item, lot, is_recalled):
                promise.recall(item, lot, is_recalled=is_recalled)
            case AddBatch(batch):
                promise.add_batch(batch.batch, len(batch.gives) or 1, batch.tags)

    def _take_recovery(self) -> None:
        """A ledger that was opened has closed the vend that was open; one that was not may have done so."""
        before = [*self.possible, *self._ghosts]
        recovered = [promise.copy() for promise in before]
        for promise in recovered:
            promise.recover(self._calendar.today())
        self.possible = _different(recovered if self.is_open else [*before, *recovered])
        self._ghosts = []

    def _hear(self, news: DeviceLost | DeviceFound) -> None:
        """Nobody looks at the faults here."""


def _different(promises: list[Promise]) -> list[Promise]:
    return [promise for n, promise in enumerate(promises) if promise not in promises[:n]]
