"""What a ledger has promised: a model in plain Python, and what a ledger knows in the same shape.

The model shares no code with the ledger: units stand in coils, each of which says where its units went, and a report is
what was booked since the last one was sealed. A report that is sealed is a value and stays that value (I5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import cast

from kiosk.core.asks import Why
from kiosk.core.orders import RecordOutcome
from kiosk.core.reports import LotReport, Report, SlotReport
from kiosk.core.values import ItemId, Outcome, SlotId, SlotStock, Tag, VendId
from kiosk.ledger.ledger import NO_TAG, Ledger
from kiosk.ledger.lots import EFFECT
from kiosk.ledger.reports import KEPT
from tests.ledger.book import SLOTS
from tests.ledger.coil import Coil, Goods, Moves

NAMES = [slot.id for slot in SLOTS]
ITEM = {slot.id: slot.item for slot in SLOTS}
ITEMS = sorted(set(ITEM.values()))
DOSES = {"naloxone": 2}
READ = 40  # so many reports are read from either end; none of the lives but those of 13 months has more

Booked = Counter[tuple[str, int, str]]  # units by slot, number of the lot, and movement


class Impossible(Exception):
    """A ledger that has promised this cannot do that."""


@dataclass(frozen=True)
class Open:
    """The open vend."""

    slot: str
    tag: Tag | None
    place: int
    is_test: bool = False


@dataclass
class Promise:
    """All that the ledger must know. *number* 0: no report was ever opened; *kept* are the bookings of sealed ones."""

    items: Mapping[str, str] = field(default_factory=lambda: ITEM)  # what each slot holds
    doses: Mapping[str, int] = field(default_factory=lambda: DOSES)  # as the configuration has them now
    coils: dict[str, Coil] = field(default_factory=dict)
    units: dict[Tag, int] = field(default_factory=dict)
    taken: dict[Tag, int] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)
    anywhere: frozenset[str] = frozenset()  # batches that may be told to other kiosks
    listed: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()  # came in a list
    revoked: frozenset[str] = frozenset()
    revoked_tags: frozenset[Tag] = frozenset()
    signers: frozenset[tuple[bytes, int]] = frozenset()  # each with the version of its newest list
    lists: int = 0  # made here
    recalls: frozenset[tuple[str, str]] = frozenset()
    vend: int = 0
    turn: int = 0
    open: Open | None = None
    boots: int = 0
    number: int = 0
    day: date | None = None
    booked: Booked = field(default_factory=Counter)
    minutes: Counter[str] = field(default_factory=Counter)
    quarters: Counter[tuple[str, int]] = field(default_factory=Counter)
    sealed: tuple[Report, ...] = ()
    kept: dict[int, Booked] = field(default_factory=dict)
    ever: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for slot, item in self.items.items():
            # a slot that is new has a lot of which nothing is known
            self.coils.setdefault(slot, Coil((Goods(doses=self.doses.get(item, 1)),)))

    def copy(self) -> Promise:
        """The same, to be changed apart from this one."""
        return replace(
            self,
            coils={name: coil.copy() for name, coil in self.coils.items()},
            units=self.units.copy(),
            taken=self.taken.copy(),
            batches=self.batches.copy(),
            booked=self.booked.copy(),
            minutes=self.minutes.copy(),
            quarters=self.quarters.copy(),
            kept=self.kept.copy(),
            ever=self.ever.copy(),
        )

    # --- what changes it

    def load(self, day: date, slot: str, count: int, goods: Goods) -> None:
        self.open_on(day)
        self._book(slot, self.coils[slot].load(count, goods))

    def count(self, day: date, slot: str, counted: int) -> None:
        self.open_on(day)
        self._book(slot, self.coils[slot].count(counted))

    def remove(self, day: date, slot: str, count: int, why: Why, lot: str | None) -> None:
        self.open_on(day)
        moves = self.coils[slot].remove(count, why, lot)
        if moves is None:
            raise Impossible
        self._book(slot, moves)

    def recall(self, item: str, lot: str, *, is_recalled: bool) -> None:
        self.recalls = self.recalls | {(item, lot)} if is_recalled else self.recalls - {(item, lot)}

    def add_batch(self, name: str, units: int, tags: tuple[Tag, ...]) -> None:
        self.batches.append(name)
        self.units |= dict.fromkeys(tags, units)
        self.taken |= dict.fromkeys(tags, 0)

    def add_anywhere(self, name: str, units: int, tags: tuple[Tag, ...]) -> None:
        """Tickets that other kiosks may take too."""
        self.add_batch(name, units, tags)
        self.anywhere |= {name}

    def take_batch(self, name: str, units: int, tags: tuple[Tag, ...]) -> None:
        """Tickets of another kiosk's list; a code that is here already stays what it is."""
        self.add_batch(name, units, tuple(tag for tag in tags if tag not in self.taken))
        self.foreign |= {name}

    def revoke(self, batches: Iterable[str], tags: Iterable[Tag]) -> None:
        self.revoked |= set(batches)
        self.revoked_tags |= set(tags)

    def trust(self, key: bytes, version: int = 0) -> None:
        self.signers = frozenset({(other, newest) for other, newest in self.signers if other != key} | {(key, version)})

    def end_list(self, key: bytes, version: int, batches: Iterable[str], tags: Iterable[Tag]) -> None:
        self.trust(key, version)
        self.revoke(self.foreign.intersection(batches), tags)

    def make_list(self, batches: Iterable[str]) -> None:
        self.lists += 1
        self.listed |= set(batches)

    def list_for_others(self) -> tuple[int, list[str], list[str], list[Tag]]:
        """Its version, its batches, and what it says is revoked."""
        own = self.revoked - self.foreign
        return self.lists, sorted(self.listed - self.revoked), sorted(own), sorted(self.revoked_tags)

    def intend(self, vend: int, turn: int, opened: Open) -> None:
        self.vend, self.turn, self.open = vend, turn, opened

    def end(self, day: date, quarter: int, order: RecordOutcome) -> None:
        """The open vend ended so; or one that the ledger could not be told of before, as it happens to naloxone."""
        self.open, self.turn = None, 0
        self.open_on(day)
        self._book(order.slot, self.coils[order.slot].end(order.outcome, jammed=order.jammed, is_test=order.is_test))
        if order.outcome is not Outcome.DELIVERED:
            return
        if not order.is_test:
            self.quarters[self.items[order.slot], quarter] += 1
        if order.tag in self.taken:
            self.taken[order.tag] |= 1 << order.place  # I4: nothing else ever takes a unit

    def recover(self, day: date) -> None:
        if at := self.open:
            slot = SlotId(at.slot)
            order = RecordOutcome(VendId(self.vend), slot, Outcome.UNCERTAIN, None, 0, jammed=False)
            self.end(self.day or day, 0, order)

    def keep_day(self, day: date, minutes: Mapping[str, int]) -> None:
        self.open_on(day)
        self.minutes.update(minutes)

    def boot(self) -> None:
        self.boots += 1

    # --- reports

    def open_on(self, day: date) -> None:
        if day != self.day:
            self.begin_report(day)

    def begin_report(self, day: date) -> None:
        """Seal the last report and open one for *day*."""
        if self.day:
            ends_month = (self.day.year, self.day.month) != (day.year, day.month)
            self.sealed += (self._report(ends_month),)
            self.kept[self.number] = self.booked
            self.booked, self.minutes = Counter(), Counter()
            self.quarters = Counter() if ends_month else self.quarters
        self.number, self.day = self.number + 1, day
        self._forget_up_to(self.number - KEPT)

    def _book(self, slot: str, moves: Moves) -> None:
        for number, what, n in moves:
            self.booked[slot, number, what] += n
            self.ever[slot, what] += n

    def _report(self, ends_month: bool) -> Report:
        assert self.day
        slots = sorted({slot for (slot, _, _), n in self.booked.items() if n})
        quarters = sorted(self.quarters.items()) if ends_month else []
        return Report(
            self.number,
            self.day,
            tuple(self._of_slot(slot) for slot in slots),
            tuple((ItemId(item), passed) for item, passed in sorted(self.minutes.items()) if passed),
            tuple((ItemId(item), quarter, n) for (item, quarter), n in quarters),
        )

    def _of_slot(self, slot: str) -> SlotReport:
        moved, lots = dict.fromkeys(EFFECT, 0), dict[tuple[str, str], LotReport]()
        for (_, number, what), n in sorted(item for item in self.booked.items() if item[0][0] == slot):
            moved[what] += n
            if what == "delivered":
                goods = self.coils[slot].lots[number]
                before = lots.get((goods.lot, goods.funding), LotReport(goods.lot, 0, 0, goods.funding))
                lots[goods.lot, goods.funding] = replace(
                    before, delivered=before.delivered + n, doses=before.doses + n * goods.doses
                )
        return SlotReport(SlotId(slot), ItemId(self.items[slot]), tuple(lots.values()), tuple(moved.items()))

    def _forget_up_to(self, number: int) -> None:
        """Reports up to *number* are summed up; lots that are in no other and of which nothing is left are let go."""
        old = [n for n in self.kept if 0 < n <= number]
        if not old:
            return
        self.sealed = tuple(report for report in self.sealed if report.number > number)
        before = Counter(self.kept.get(0))
        for n in old:
            before.update(self.kept.pop(n))
        needed = {key[:2] for booked in self.kept.values() for key, n in booked.items() if n}
        needed |= {
            (slot, number) for slot, coil in self.coils.items() for number in (*coil.units, *coil.band, coil.last)
        }
        for slot, lot, what in [key for key in before if key[:2] not in needed]:
            self.ever[slot, what] -= before.pop((slot, lot, what))
        self.kept[0] = before

    # --- what it looks like

    def picture(self) -> dict[str, object]:
        """In the shape of ``picture_of``."""
        at = self.open
        return {
            "slots": [self.slot(name) for name in self.coils],
            "open vend": (
                int(bool(at)),
                self.vend,
                self.turn,
                at.slot if at else "",
                (at and at.tag) or NO_TAG,
                at.place if at else 0,
            ),
            "tickets": sorted(self.taken.items()),
            "batches": [
                (name, name in self.revoked, name in self.listed, name in self.foreign) for name in self.batches
            ],
            "revoked codes": sorted(self.revoked_tags),
            "signers": sorted(self.signers),
            "lists": self.lists,
            "recalls": sorted(self.recalls),
            "boots": self.boots,
            "the open report": (self.number, self.day.isoformat() if self.day else ""),
            "its counters": sorted(_totals(self.booked)),
            "its minutes": sorted((item, n) for item, n in self.minutes.items() if n),
            "the month's quarters": sorted((item, quarter, n) for (item, quarter), n in self.quarters.items() if n),
            "the first sealed reports": self.sealed[:READ],
            "the last sealed reports": tuple(r for r in self.sealed[READ:] if r.number > self.number - READ),
            "all that ever happened": sorted((slot, what, n) for (slot, what), n in self.ever.items() if n),
        }

    def slot(self, name: str) -> tuple[object, ...]:
        """One slot's stock: as ``told`` has it."""
        coil = self.coils[name]
        lots = [(coil.lots[number], len(list(units))) for number, units in groupby(coil.units)]
        following = coil.next
        is_recalled = following is not None and (self.items[name], following.lot) in self.recalls
        return (
            name,
            [(goods.lot, goods.expires, n) for goods, n in lots],
            len(coil.units),
            len(coil.band),
            coil.state,
            following and following.expires,
            is_recalled,
        )


def told(stock: SlotStock) -> tuple[object, ...]:
    """One slot's stock as the ledger tells it."""
    lots = [(lot.lot, lot.expires, lot.count) for lot in stock.lots]
    return stock.slot, lots, stock.count, stock.uncertain, stock.state, stock.expires, stock.recalled


def picture_of(ledger: Ledger) -> dict[str, object]:
    """What the ledger knows, read with its own words where it has some."""
    rows = ledger.database.rows
    masks = cast("list[tuple[bytes, bytes]]", rows("SELECT tag, taken FROM codes ORDER BY tag"))
    (newest,) = cast("list[tuple[int, str]]", rows("SELECT n, day FROM reports ORDER BY n DESC LIMIT 1"))
    first = _without_passes(ledger, 0)
    after = max([newest[0] - READ, *(report.number for report in first)])
    quarters = "SELECT item, {0}, quarter_{0} - 1000000 FROM items WHERE quarter_{0} <> 1000000"
    return {
        "slots": [told(stock) for stock in ledger.stock()],
        "open vend": rows("SELECT is_open, vend, turn, slot, tag, place FROM open_vend")[0],
        "tickets": [(tag, int.from_bytes(mask, "big")) for tag, mask in masks],
        "batches": [(f.batch, f.is_revoked, f.is_listed, f.is_foreign) for f in ledger.codes.facts()],
        "revoked codes": [tag for (tag,) in rows("SELECT tag FROM revoked ORDER BY tag")],
        "signers": list(ledger.codes.signers().signers),
        "lists": rows("SELECT list FROM ledger")[0][0],
        "recalls": rows("SELECT item, lot FROM recalls ORDER BY item, lot"),
        "boots": rows("SELECT boots FROM ledger")[0][0],
        "the open report": newest,
        "its counters": _counted(ledger, f"days.report = {newest[0]}"),
        "its minutes": rows("SELECT item, missing - 1000000 FROM items WHERE missing <> 1000000 ORDER BY item"),
        "the month's quarters": sorted(row for n in range(4) for row in rows(quarters.format(n))),
        "the first sealed reports": first,
        "the last sealed reports": _without_passes(ledger, after),
        "all that ever happened": _counted(ledger, "1"),
    }


def in_reports(ledger: Ledger) -> list[tuple[str, str, int]]:
    """All that was counted, added up from the sealed reports as an operator reads them, and what is in none of them."""
    found: Counter[tuple[str, str]] = Counter()
    for report in ledger.reports(0, KEPT + 1).reports:
        for slot in report.slots:
            found.update({(slot.slot, what): n for what, n in slot.moved})
    unsealed = "days.report IN (0, (SELECT max(n) FROM reports))"
    found.update({(slot, what): n for slot, what, n in _counted(ledger, unsealed)})
    return sorted((slot, what, n) for (slot, what), n in found.items() if n)


def _without_passes(ledger: Ledger, after: int) -> tuple[Report, ...]:
    # what is counted of passes lies in memory: a cut takes it, and the ledger promises nothing of it
    return tuple(replace(report, passes=None) for report in ledger.reports(after, READ).reports)


def _counted(ledger: Ledger, where: str) -> list[tuple[str, str, int]]:
    sql = f"SELECT slot, what, sum(n) FROM days JOIN lots ON lots.id = days.lot WHERE {where} GROUP BY slot, what"
    counted = cast("list[tuple[str, str, int]]", ledger.database.rows(sql))
    return sorted(row for row in counted if row[2])


def _totals(booked: Booked) -> Iterator[tuple[str, str, int]]:
    totals: Counter[tuple[str, str]] = Counter()
    for (slot, _, what), n in booked.items():
        totals[slot, what] += n
    return ((slot, what, n) for (slot, what), n in totals.items() if n)
