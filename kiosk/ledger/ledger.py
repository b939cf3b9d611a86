"""The ledger: what the kiosk must still know after the plug was pulled.

An ordinary vend makes two durable commits: the intent before the motor, the outcome after it. Owner thread only.
Every method raises ``LedgerFailed`` when the disk does not take or give it; nothing has changed then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Protocol, cast

from kiosk.core.asks import AskRefused, Counter, CountSlot, LoadSlot, RecallLot, RemoveUnits, Why
from kiosk.core.asks import Reports as ReportsRead
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.reports import PeriodNews
from kiosk.core.values import (
    ItemId,
    Outcome,
    SlotId,
    SlotState,
    SlotStock,
    StoredCode,
    Tag,
    VendId,
)
from kiosk.ledger.codes import Codes
from kiosk.ledger.count import settle_count
from kiosk.ledger.database import RESCUE, Database, LedgerDamaged, LedgerFailed, readable
from kiosk.ledger.lots import Lot, Lots
from kiosk.ledger.reports import Reports

NO_TAG = bytes(16)
# all of one size, so that the row of a slot that jams changes in place
STORED = {SlotState.OK: "o", SlotState.JAMMED: "j", SlotState.COUNT_NEEDED: "c"}
READ = {stored: state for state, stored in STORED.items()}

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
    """Stock, the open vend, reports and tickets in one file; *slots* says what the cabinet has today.

    *doses* are in one unit of each item, 1 if not named; *vfs* names another file layer than the system's.
    """

    def __init__(
        self,
        path: Path | str,
        slots: Sequence[SlotPlan],
        when_committed: Callable[[], None] = lambda: None,
        *,
        doses: Mapping[str, int] | None = None,
        vfs: str | None = None,
    ) -> None:
        self.database = Database(path, when_committed, vfs=vfs)
        self.slots = {SlotId(plan.id): plan for plan in slots}
        self._doses = doses or {}
        self._lots = Lots(self.database, self._doses)
        self._reports = Reports(self.database)
        self.codes = Codes(self.database)
        try:
            self._adopt_slots()
        except LedgerFailed:
            self.close()  # nobody else could: what is not built is handed to no one
            raise

    def close(self) -> None:
        """Give the file back; may be called twice."""
        self.database.close()

    def recover(self, day: date, waiting: Collection[VendId] = ()) -> bool:
        """Close the vend that was open when the power went: uncertain, and nothing counted against the person.

        It is of the day on which was booked last, whatever the clock says after a start; of *day* in a new ledger.
        The outcome of one that is *waiting* is known and will be written. Returns whether one was closed.
        """
        sql = "SELECT vend, slot, place FROM open_vend WHERE is_open = 1"
        found = cast("list[tuple[int, str, int]]", self.database.rows(sql))
        cut_short = [(VendId(vend), SlotId(slot), place) for vend, slot, place in found if vend not in waiting]
        for vend, slot, place in cut_short:
            outcome = RecordOutcome(vend, slot, Outcome.UNCERTAIN, None, place, jammed=False)
            self.record_outcome(outcome, self.day or day)
        return bool(cut_short)

    def read_once(self) -> None:
        """Read all that a start and a vend need, so that a part that is not there is found at the start."""
        self.codes.facts()
        self.stock()
        self.find_code(Tag(NO_TAG))
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

    def record_outcome(self, order: RecordOutcome, day: date, quarter: int = 0) -> None:
        """Write a vend's end: stock, counters, the ticket's unit, the slot's state and the closed intent, as one.

        *quarter* of the day is 0 to 3.
        """
        sql = "SELECT item FROM open_vend WHERE is_open = 1 AND vend = ?"
        intended = cast("list[tuple[str]]", self.database.rows(sql, order.vend))
        item = ItemId(intended[0][0]) if intended else self._item(order.slot)
        with self.database.transaction():
            # the same row, overwritten: nothing of an ended vend stays in the table, not even how it went
            blank = "UPDATE open_vend SET is_open = 0, turn = 0, slot = '', item = '', tag = ?, place = 0"
            self.database.change(blank, NO_TAG)
            self._book_outcome(order, item, day, quarter)
            if order.jammed:
                self._set_state(order.slot, SlotState.JAMMED)
            if order.outcome is Outcome.DELIVERED and order.tag:
                self.codes.take_unit(order.tag, order.place)

    def stock(self) -> tuple[SlotStock, ...]:
        """All slots in the order of the configuration."""
        states = cast("list[tuple[str, str]]", self.database.rows("SELECT slot, state FROM slots"))
        with readable():
            by_slot = {SlotId(slot): READ[state] for slot, state in states}
            lots, recalls = self._lots.with_units(), self._recalls()
            return tuple(
                _slot_stock(plan, by_slot[slot], lots.get((slot, plan.item), []), recalls)
                for slot, plan in self.slots.items()
            )

    def counters(self, day: date) -> tuple[Counter, ...]:
        """What is counted of *day*, over all lots, by slot and item."""
        sql = (
            "SELECT slot, item, what, sum(days.n) FROM days JOIN lots ON lots.id = days.lot"
            " JOIN reports ON reports.n = days.report WHERE day = ? GROUP BY slot, item, what ORDER BY slot, item, what"
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
        if (item, ask.lot) in self._recalls():
            raise AskRefused(
                f"lot {ask.lot} is recalled: put it aside, do not load it; if the recall is over: "
                f"kiosk recall {item} {ask.lot} --lift"
            )
        with self.database.transaction():
            self._make_room(ask.slot, item, day)
            lot = self._lots.behind(ask.slot, item, ask.lot, ask.expires, ask.funding)
            self._lots.book(lot, "loaded", ask.count)
            self._set_state(ask.slot, SlotState.OK)

    def count(self, ask: CountSlot, day: date) -> None:
        """Take what a technician counted as the truth; settles the band. Raises ``AskRefused``."""
        item, capacity = self._planned(ask.slot)
        if not 0 <= ask.count <= capacity:
            raise AskRefused(f"slot {ask.slot} holds 0 to {capacity}, not {ask.count}")
        with self.database.transaction():
            self._make_room(ask.slot, item, day)
            settle_count(self._lots, ask.slot, item, ask.count)
            self._set_state(ask.slot, SlotState.OK)

    def remove(self, ask: RemoveUnits, day: date) -> None:
        """Book out what a technician took out of a slot. Raises ``AskRefused``."""
        item, _ = self._planned(ask.slot)
        if ask.count < 1:
            raise AskRefused(f"{ask.count} units cannot be taken out; say how many there were")
        movement = "removed" if ask.why is Why.OTHER else f"removed_{ask.why}"
        left = ask.count
        with self.database.transaction():
            self._reports.open_for(ask.slot, item, day)
            for lot in self._lots.of(ask.slot, item):
                gone = min(lot.on_hand, left) if ask.lot in (None, lot.lot) else 0
                if gone:
                    self._lots.book(lot, movement, gone)
                left -= gone
            if left:
                of = "" if ask.lot is None else f" of lot {ask.lot}"
                raise AskRefused(
                    f"slot {ask.slot} has {ask.count - left}{of}, not {ask.count}; if that is wrong, count "
                    f"what is left (kiosk count {ask.slot} COUNT)"
                )

    def recall(self, ask: RecallLot) -> None:
        """Hold back a lot of an item, or let it go again. Raises ``AskRefused``."""
        items = sorted({plan.item for plan in self.slots.values()})
        if ask.item not in items:
            raise AskRefused(f"no slot holds {ask.item}; the items are {', '.join(items)}")
        if not ask.lot:
            raise AskRefused("a recall names the lot as it is printed on the goods")
        sql = "INSERT OR IGNORE INTO recalls VALUES (?, ?)"
        with self.database.transaction():
            self.database.change(
                sql if ask.is_recalled else "DELETE FROM recalls WHERE item = ? AND lot = ?", ask.item, ask.lot
            )

    def keep_day(self, day: date, unavailable: Mapping[ItemId, int]) -> None:
        """Seal the last report if *day* is another one, and add minutes of that day in which items could not be had."""
        if unavailable or self._reports.day != day:
            with self.database.transaction():
                self._reports.open_on(day)
                self._reports.add_unavailable(unavailable)

    def note_periods(self, news: PeriodNews) -> None:
        """Keep what became of the allowances' counters, for the report that is open."""
        with self.database.transaction():
            self._reports.note_periods(news)

    def reports(self, after: int | None, most: int) -> ReportsRead:
        """The first *most* sealed reports with a number above *after*, or the last *most*; of one ledger's name."""
        name, found = self._reports.sealed_after(after, most)
        return ReportsRead(name or self.id, found)

    @property
    def day(self) -> date | None:
        """The day on which was booked last; None in a new ledger."""
        return self._reports.day

    def find_code(self, tag: Tag) -> StoredCode | None:
        """The code with this tag, or None."""
        return self.codes.find(tag)

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
        self._complete_items()
        if not changed:
            return
        with self.database.transaction():
            for slot, item in changed.items():
                # another item than yesterday: what stands there must be counted before it is given out
                state = SlotState.COUNT_NEEDED if slot in known else SlotState.OK
                self.database.change("INSERT OR REPLACE INTO slots VALUES (?, ?, ?)", slot, item, STORED[state])
                self._lots.front(slot, ItemId(item))  # a row for units of unknown lot: no vend ever makes one

    def _complete_items(self) -> None:
        """Have a row for each item, and say of units loaded by an earlier version how many doses are in one."""
        known = {item for (item,) in self.database.rows("SELECT item FROM items")}
        new = sorted({plan.item for plan in self.slots.values()} - known)
        undosed = self.database.rows("SELECT DISTINCT item FROM lots WHERE doses = 0")
        if not new and not undosed:
            return
        with self.database.transaction():
            for item in new:
                self.database.change("INSERT INTO items (item) VALUES (?)", item)
            for (old,) in undosed:
                doses = self._doses.get(str(old), 1)
                self.database.change("UPDATE lots SET doses = ? WHERE doses = 0 AND item = ?", doses, old)

    def _book_outcome(self, order: RecordOutcome, item: ItemId, day: date, quarter: int) -> None:
        self._reports.open_for(order.slot, item, day)
        lot, movement = self._lots.front(order.slot, item), _movement(order)
        if order.outcome is not Outcome.NOT_DELIVERED and lot.on_hand == 0:
            lot = self._find_unit(order.slot, item, lot)
        self._lots.book(lot, movement, 1, band=1 if order.outcome is Outcome.UNCERTAIN else 0)
        if movement == Outcome.DELIVERED:
            self._reports.add_delivered(item, quarter)

    def _find_unit(self, slot: SlotId, item: ItemId, lot: Lot) -> Lot:
        """Book a unit that was not on hand: out of the band if there is one, else found."""
        banded = [other for other in self._lots.of(slot, item) if other.band > 0]
        if banded:
            self._lots.book(banded[-1], "reconciled", 1, band=-1)
            return banded[-1]
        self._lots.book(lot, "found", 1)
        return lot

    def _make_room(self, slot: SlotId, item: ItemId, day: date) -> None:
        """Book out what stood there of another item."""
        for other in self._lots.others(slot, item):
            self._reports.open_for(slot, other, day)
            self._lots.clear(slot, other)
        self._reports.open_for(slot, item, day)

    def _recalls(self) -> frozenset[tuple[str, str]]:
        return frozenset(cast("list[tuple[str, str]]", self.database.rows("SELECT item, lot FROM recalls")))

    def _set_state(self, slot: SlotId, state: SlotState) -> None:
        self.database.change("UPDATE slots SET state = ? WHERE slot = ?", STORED[state], slot)

    def _planned(self, slot: SlotId) -> tuple[ItemId, int]:
        if slot not in self.slots:
            raise AskRefused(f"there is no slot {slot}; the slots are {', '.join(self.slots)}")
        return ItemId(self.slots[slot].item), self.slots[slot].capacity

    def _item(self, slot: SlotId) -> ItemId:
        return ItemId(cast("str", self.database.rows("SELECT item FROM slots WHERE slot = ?", slot)[0][0]))


def _slot_stock(
    plan: SlotPlan, state: SlotState, lots: Sequence[Lot], recalls: frozenset[tuple[str, str]]
) -> SlotStock:
    count, band = sum(lot.on_hand for lot in lots), sum(lot.band for lot in lots)
    if state is SlotState.OK and count + band == 0:
        state = SlotState.EMPTY
    following = lots[0] if lots else None  # a unit that may be there stands in front of those behind it
    return SlotStock(
        SlotId(plan.id),
        ItemId(plan.item),
        count,
        band,
        plan.capacity,
        state,
        tuple(lot.stock for lot in lots if lot.on_hand > 0),
        following.expires if following else None,
        following is not None and (plan.item, following.lot) in recalls,
    )


def _movement(order: RecordOutcome) -> str:
    if not order.is_test or order.outcome is Outcome.UNCERTAIN:
        return order.outcome
    return "test" if order.outcome is Outcome.DELIVERED else "test_not_delivered"
