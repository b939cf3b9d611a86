"""The ledger: what the kiosk must still know after the plug was pulled.

An ordinary vend makes two durable commits: the intent before the motor, the outcome after it. Owner thread only.
Every method raises ``LedgerFailed`` when the disk does not take or give it; nothing has changed then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Protocol, cast

from kiosk.core.asks import AskRefused, Counter, CountSlot, LoadSlot
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.values import (
    MOST_UNITS,
    ItemId,
    Outcome,
    SlotId,
    SlotState,
    SlotStock,
    StoredTicket,
    Tag,
    TicketBatch,
    VendId,
)
from kiosk.ledger.count import settle_count
from kiosk.ledger.database import RESCUE, Database, LedgerDamaged, LedgerFailed, readable
from kiosk.ledger.lots import Lot, Lots

NO_TAG = bytes(16)


LEDGER_NAME = "ledger.db"


class SlotPlan(Protocol):
    """A slot as the configuration describes it."""

    @property
    def id(self) -> str:
        """The slot."""

    @property
    def item(self) -> str:
        """What it holds."""

    @property
    def capacity(self) -> int:
        """How many units the full slot holds."""


class Ledger:
    """Stock, the open vend, counters and tickets in one file; *slots* says what the cabinet has today.

    *vfs* names another file layer than the system's.
    """

    def __init__(
        self,
        path: Path | str,
        slots: Sequence[SlotPlan],
        when_committed: Callable[[], None] = lambda: None,
        *,
        vfs: str | None = None,
    ) -> None:
        self.database = Database(path, when_committed, vfs=vfs)
        self.slots = {SlotId(plan.id): plan for plan in slots}
        self._lots = Lots(self.database)
        try:
            self._adopt_slots()
        except LedgerFailed:
            self.close()  # nobody else could: what is not built is handed to no one
            raise

    def close(self) -> None:
        """Give the file back; may be called twice."""
        self.database.close()

    def recover(self, day: date) -> bool:
        """Close the vend that was open when the power went: uncertain, and nothing counted against the person.

        Returns whether there was one.
        """
        sql = "SELECT vend, slot, place FROM open_vend WHERE is_open = 1"
        found = cast("list[tuple[int, str, int]]", self.database.rows(sql))
        for vend, slot, place in found:
            outcome = RecordOutcome(VendId(vend), SlotId(slot), Outcome.UNCERTAIN, None, place, jammed=False)
            self.record_outcome(outcome, day)
        return bool(found)

    def read_once(self) -> None:
        """Read all that a start and a vend need, so that a part that is not there is found at the start."""
        self.batches()
        self.stock()
        self.find_ticket(Tag(NO_TAG))
        _ = self.next_vend

    @property
    def id(self) -> str:
        """The ledger's own name, new with every new ledger."""
        return cast("list[tuple[str]]", self.database.rows("SELECT id FROM ledger"))[0][0]

    def begin_boot(self) -> int:
        """The number of this start, durably higher than every one before: it orders what the operator hears."""
        with self.database.transaction():
            self.database.change("UPDATE ledger SET boots = boots + 1")
            return cast("list[tuple[int]]", self.database.rows("SELECT boots FROM ledger"))[0][0]

    @property
    def next_vend(self) -> VendId:
        """The number of the next vend."""
        rows = cast("list[tuple[int]]", self.database.rows("SELECT vend + 1 FROM open_vend"))
        if not rows:
            raise LedgerDamaged(f"the ledger has no room for a vend: {RESCUE}")
        return VendId(rows[0][0])

    def commit_intent(self, intent: CommitIntent) -> None:
        """Make durable that a motor is about to be switched on."""
        sql = (
            "UPDATE open_vend SET is_open = 1, vend = ?1, turn = ?2, slot = ?3, tag = ?4, place = ?5, item = ?6"
            " WHERE (is_open = 0 AND ?1 > vend) OR (is_open = 1 AND ?1 = vend AND ?2 > turn)"
        )
        with self.database.transaction():
            item, tag = self._item(intent.slot), intent.tag or NO_TAG
            if self.database.change(sql, intent.vend, intent.turn, intent.slot, tag, intent.place, item) != 1:
                raise LedgerFailed(f"vend {intent.vend} turn {intent.turn} cannot follow what the ledger has open")

    def record_outcome(self, order: RecordOutcome, day: date) -> None:
        """Write a vend's end: stock, counters, the ticket's unit, the slot's state and the closed intent, as one."""
        sql = "SELECT item FROM open_vend WHERE is_open = 1 AND vend = ?"
        intended = cast("list[tuple[str]]", self.database.rows(sql, order.vend))
        item = ItemId(intended[0][0]) if intended else self._item(order.slot)
        with self.database.transaction():
            # the same row, overwritten: the tag of an ended vend stays nowhere in the table
            self.database.change("UPDATE open_vend SET is_open = 0, slot = '', item = '', tag = ?, place = 0", NO_TAG)
            self._book_outcome(order, item, day)
            if order.jammed:
                self._set_state(order.slot, SlotState.JAMMED)
            if order.outcome is Outcome.DELIVERED and order.tag:
                self._take_unit(order.tag, order.place)

    def stock(self) -> tuple[SlotStock, ...]:
        """All slots in the order of the configuration."""
        states = cast("list[tuple[str, str]]", self.database.rows("SELECT slot, state FROM slots"))
        with readable():
            by_slot = {SlotId(slot): SlotState(state) for slot, state in states}
            return tuple(self._slot_stock(slot, plan, by_slot[slot]) for slot, plan in self.slots.items())

    def counters(self, day: date) -> tuple[Counter, ...]:
        """What is counted of *day*, over all lots, by slot and item."""
        sql = (
            "SELECT slot, item, what, sum(n) FROM days JOIN lots ON lots.id = days.lot"
            " WHERE day = ? GROUP BY slot, item, what ORDER BY slot, item, what"
        )
        rows = cast("list[tuple[str, str, str, int]]", self.database.rows(sql, day.isoformat()))
        return tuple(Counter(SlotId(slot), ItemId(item), what, units) for slot, item, what, units in rows)

    def load(self, ask: LoadSlot, day: date) -> None:
        """Put units behind what stands in the slot. Raises ``AskRefused``."""
        item, capacity = self._planned(ask.slot)
        on_hand = sum(lot.on_hand for lot in self._lots.of(ask.slot, item))
        if not 1 <= ask.count <= capacity - on_hand:
            raise AskRefused(
                f"slot {ask.slot} holds {capacity} and has {on_hand}: room for {capacity - on_hand}; "
                f"if that is wrong, correct it first: kiosk count {ask.slot} COUNT"
            )
        with self.database.transaction():
            self._lots.clear_others(ask.slot, item, day)
            lot = self._lots.behind(ask.slot, item, ask.lot, ask.expires, ask.funding)
            self._lots.book(lot, day, "loaded", ask.count)
            self._set_state(ask.slot, SlotState.OK)

    def count(self, ask: CountSlot, day: date) -> None:
        """Take what a technician counted as the truth; settles the band. Raises ``AskRefused``."""
        item, capacity = self._planned(ask.slot)
        if not 0 <= ask.count <= capacity:
            raise AskRefused(f"slot {ask.slot} holds 0 to {capacity}, not {ask.count}")
        with self.database.transaction():
            self._lots.clear_others(ask.slot, item, day)
            settle_count(self._lots, ask.slot, item, ask.count, day)
            self._set_state(ask.slot, SlotState.OK)

    def add_batch(self, batch: TicketBatch) -> None:
        """Take a batch's tags, in the order given. Raises ``AskRefused``."""
        if len(batch.gives) > MOST_UNITS:
            raise AskRefused(f"a ticket gives {MOST_UNITS} units at most, not {len(batch.gives)}")
        if self.database.rows("SELECT 1 FROM batches WHERE batch = ?", batch.batch):
            raise AskRefused(f"the batch {batch.batch} is there already")
        with self.database.transaction():
            expires = batch.expires and batch.expires.isoformat()
            self.database.change(
                "INSERT INTO batches (batch, gives, expires) VALUES (?, ?, ?)",
                batch.batch,
                " ".join(batch.gives),
                expires,
            )
            number = self.database.rows("SELECT id FROM batches WHERE batch = ?", batch.batch)[0][0]
            for tag in batch.tags:
                self.database.change("INSERT INTO tickets VALUES (?, ?, zeroblob(2))", tag, number)

    def batches(self) -> tuple[str, ...]:
        """The batches of tickets that were taken in, oldest first."""
        return tuple(cast("str", name) for (name,) in self.database.rows("SELECT batch FROM batches ORDER BY id"))

    def find_ticket(self, tag: Tag) -> StoredTicket | None:
        """The ticket with this tag, or None."""
        sql = "SELECT gives, expires, taken FROM tickets JOIN batches ON batches.id = tickets.batch WHERE tag = ?"
        found = cast("list[tuple[str, str | None, bytes]]", self.database.rows(sql, tag))
        if not found:
            return None
        gives, expires, taken = found[0]
        items = tuple(ItemId(item) for item in gives.split())
        with readable():
            return StoredTicket(items, date.fromisoformat(expires) if expires else None, int.from_bytes(taken, "big"))

    def probe(self) -> None:
        """Write something that changes nothing, to learn whether the disk takes it."""
        with self.database.transaction():
            # there and back: SQLite writes nothing for an update that changes nothing
            self.database.change("UPDATE open_vend SET vend = vend + 1")
            self.database.change("UPDATE open_vend SET vend = vend - 1")

    def tidy(self) -> None:
        """Wipe from the log what would tell the order of the last vends."""
        self.database.tidy()

    def _adopt_slots(self) -> None:
        known = dict(cast("list[tuple[str, str]]", self.database.rows("SELECT slot, item FROM slots")))
        changed = {slot: plan.item for slot, plan in self.slots.items() if known.get(slot) != plan.item}
        if not changed:
            return
        with self.database.transaction():
            for slot, item in changed.items():
                # another item than yesterday: what stands there must be counted before it is given out
                state = SlotState.COUNT_NEEDED if slot in known else SlotState.OK
                self.database.change("INSERT OR REPLACE INTO slots VALUES (?, ?, ?)", slot, item, state)

    def _book_outcome(self, order: RecordOutcome, item: ItemId, day: date) -> None:
        slot = order.slot
        lot = self._lots.front(slot, item)
        if order.outcome is Outcome.NOT_DELIVERED:
            self._lots.book(lot, day, "not_delivered", 1)
            return
        if lot.on_hand == 0:
            lot = self._find_unit(slot, item, lot, day)
        self._lots.book(lot, day, order.outcome, 1, band=1 if order.outcome is Outcome.UNCERTAIN else 0)

    def _find_unit(self, slot: SlotId, item: ItemId, lot: Lot, day: date) -> Lot:
        """Book a unit that was not on hand: out of the band if there is one, else found."""
        banded = [other for other in self._lots.of(slot, item) if other.band > 0]
        if banded:
            self._lots.book(banded[-1], day, "reconciled", 1, band=-1)
            return banded[-1]
        self._lots.book(lot, day, "found", 1)
        return lot

    def _take_unit(self, tag: Tag, place: int) -> None:
        rows = cast("list[tuple[bytes]]", self.database.rows("SELECT taken FROM tickets WHERE tag = ?", tag))
        for (taken,) in rows:
            mask = int.from_bytes(taken, "big") | 1 << place
            self.database.change("UPDATE tickets SET taken = ? WHERE tag = ?", mask.to_bytes(2, "big"), tag)

    def _slot_stock(self, slot: SlotId, plan: SlotPlan, state: SlotState) -> SlotStock:
        item = ItemId(plan.item)
        lots = self._lots.of(slot, item)
        count, band = sum(lot.on_hand for lot in lots), sum(lot.band for lot in lots)
        if state is SlotState.OK and count + band == 0:
            state = SlotState.EMPTY
        stocks = tuple(lot.stock for lot in lots if lot.on_hand > 0)
        return SlotStock(slot, item, count, band, plan.capacity, state, stocks)

    def _set_state(self, slot: SlotId, state: SlotState) -> None:
        self.database.change("UPDATE slots SET state = ? WHERE slot = ?", state, slot)

    def _planned(self, slot: SlotId) -> tuple[ItemId, int]:
        if slot not in self.slots:
            raise AskRefused(f"there is no slot {slot}; the slots are {', '.join(self.slots)}")
        return ItemId(self.slots[slot].item), self.slots[slot].capacity

    def _item(self, slot: SlotId) -> ItemId:
        return ItemId(cast("str", self.database.rows("SELECT item FROM slots WHERE slot = ?", slot)[0][0]))
