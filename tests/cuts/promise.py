"""What a ledger has promised: a model in plain Python, and the steps of a life that change it.

A step that returned is promised; one that was cut short may have happened wholly, or not at all.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from kiosk.core.asks import CountSlot, LoadSlot
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.values import ItemId, Outcome, SlotId, Tag, TicketBatch, VendId
from kiosk.ledger.ledger import NO_TAG, Ledger
from tests.ledger.book import DAY, SLOTS
from tests.ledger.coil import Coil

KIT = ItemId("kit")
# of a ticket that no batch has: after its vend it must stand nowhere in the file
STRANGER = Tag(b"tag of no ticket")
COUNTED = ("loaded", *Outcome)
NAMES = [slot.id for slot in SLOTS]
CAPACITY = SLOTS[0].capacity


@dataclass(frozen=True)
class Open:
    """The open vend."""

    slot: str
    tag: Tag | None
    place: int


@dataclass
class Promise:
    """All that the ledger must know."""

    coils: dict[str, Coil] = field(default_factory=lambda: {name: Coil() for name in NAMES})
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    units: dict[Tag, int] = field(default_factory=dict)
    taken: dict[Tag, int] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)
    vend: int = 0
    turn: int = 0
    open: Open | None = None
    boots: int = 0

    def load(self, slot: str, count: int, lot: str) -> None:
        self.coils[slot].load(count, lot)
        self.counted[slot, "loaded"] += count

    def add_batch(self, name: str, units: int, tags: tuple[Tag, ...]) -> None:
        self.batches.append(name)
        self.units |= dict.fromkeys(tags, units)
        self.taken |= dict.fromkeys(tags, 0)

    def intend(self, vend: int, turn: int, opened: Open) -> None:
        self.vend, self.turn, self.open = vend, turn, opened

    def end(self, outcome: Outcome, *, jammed: bool) -> None:
        assert self.open
        self.coils[self.open.slot].end(outcome, jammed=jammed)
        self.counted[self.open.slot, outcome] += 1
        if outcome is Outcome.DELIVERED and self.open.tag in self.taken:
            self.taken[self.open.tag] |= 1 << self.open.place  # I4: nothing else ever takes a unit
        self.open = None
        self.turn = 0

    def recover(self) -> None:
        if self.open:
            self.end(Outcome.UNCERTAIN, jammed=False)

    def boot(self) -> None:
        self.boots += 1

    def picture(self) -> dict[str, object]:
        """In the shape of ``picture_of``."""
        at = self.open
        return {
            "slots": [(name, coil.by_lot, len(coil.units), len(coil.band), coil.state) for name, coil in self._coils()],
            "open vend": (
                int(bool(at)),
                self.vend,
                at.slot if at else "",
                (at and at.tag) or NO_TAG,
                at.place if at else 0,
            ),
            "turn": self.turn,
            "counters": sorted((slot, what, n) for (slot, what), n in self.counted.items()),
            "tickets": sorted(self.taken.items()),
            "batches": self.batches,
            "boots": self.boots,
        }

    def _coils(self) -> list[tuple[str, Coil]]:
        return list(self.coils.items())


def picture_of(ledger: Ledger) -> dict[str, object]:
    """What the ledger knows, read with its own words where it has some."""
    rows = ledger.database.rows
    sql = "SELECT slot, what, sum(n) FROM days JOIN lots ON lots.id = days.lot GROUP BY slot, what"
    masks = cast("list[tuple[bytes, bytes]]", rows("SELECT tag, taken FROM tickets ORDER BY tag"))
    return {
        "slots": [(s.slot, [(x.lot, x.count) for x in s.lots], s.count, s.uncertain, s.state) for s in ledger.stock()],
        "open vend": rows("SELECT is_open, vend, slot, tag, place FROM open_vend")[0],
        "turn": rows("SELECT turn FROM open_vend")[0][0],
        "counters": sorted(row for row in rows(sql) if row[1] in COUNTED),
        "tickets": [(tag, int.from_bytes(mask, "big")) for tag, mask in masks],
        "batches": list(ledger.batches()),
        "boots": rows("SELECT boots FROM ledger")[0][0],
    }


def nothing(_: Promise) -> None:
    """Change no promise."""


@dataclass(frozen=True)
class Step:
    """One call: *says* what somebody does, *do* asks it of the ledger, *keep* is what is promised once it returned."""

    says: str
    do: Callable[[Ledger], object]
    keep: Callable[[Promise], None] = nothing


def any_step(chance: random.Random, at: Promise) -> Step:
    """What may happen next in a kiosk where that is promised."""
    steps = [load, count, add_batch, boot, tidy, probe]
    steps += [end, end, end, turn_again] * 2 if at.open else [intend] * 8
    return chance.choice(steps)(chance, at)


def load(chance: random.Random, at: Promise) -> Step:
    slot, lot = chance.choice(NAMES), chance.choice(("", "L1", "L2"))
    room = CAPACITY - len(at.coils[slot].units)
    if not room:
        return count(chance, at)
    units = chance.randint(1, room)
    ask = LoadSlot(SlotId(slot), units, lot)
    return Step(
        f"a technician loads {units} of lot {lot or 'unknown'} into {slot}",
        lambda ledger: ledger.load(ask, DAY),
        lambda promise: promise.load(slot, units, lot),
    )


def count(chance: random.Random, _: Promise) -> Step:
    slot, counted = chance.choice(NAMES), chance.randint(0, CAPACITY)
    return Step(
        f"a technician counts {counted} in {slot}",
        lambda ledger: ledger.count(CountSlot(SlotId(slot), counted), DAY),
        lambda promise: promise.coils[slot].count(counted),
    )


def add_batch(chance: random.Random, at: Promise) -> Step:
    if len(at.taken) > 400:
        return tidy(chance, at)
    name, units = f"batch-{len(at.batches)}", chance.randint(1, 4)
    # the large ones split pages
    tags = tuple(Tag(chance.randbytes(16)) for _ in range(chance.choice((1, 3, 10, 10, 150))))
    batch = TicketBatch(name, (KIT,) * units, None, tags)
    return Step(
        f"{len(tags)} tickets of {units} come in",
        lambda ledger: ledger.add_batch(batch),
        lambda promise: promise.add_batch(name, units, tags),
    )


def intend(chance: random.Random, at: Promise) -> Step:
    slot, vend = chance.choice(NAMES), at.vend + 1
    left = [(tag, place) for tag, units in at.units.items() for place in range(units) if not at.taken[tag] >> place & 1]
    tag, place = chance.choice([*left[:20], (None, 0), (STRANGER, 0)])
    intent = CommitIntent(VendId(vend), 1, SlotId(slot), tag, place)
    return Step(
        f"vend {vend} is intended from {slot}{' for a ticket' if tag in at.taken else ''}",
        lambda ledger: ledger.commit_intent(intent),
        lambda promise: promise.intend(vend, 1, Open(slot, tag, place)),
    )


def turn_again(_: random.Random, at: Promise) -> Step:
    assert at.open
    vend, turn, opened = at.vend, at.turn + 1, at.open
    intent = CommitIntent(VendId(vend), turn, SlotId(opened.slot), opened.tag, opened.place)
    return Step(
        f"vend {vend} needs turn {turn}",
        lambda ledger: ledger.commit_intent(intent),
        lambda promise: promise.intend(vend, turn, opened),
    )


def end(chance: random.Random, at: Promise) -> Step:
    assert at.open
    outcome, jammed = chance.choice((Outcome.DELIVERED, *Outcome)), chance.random() < 0.1
    order = RecordOutcome(VendId(at.vend), SlotId(at.open.slot), outcome, at.open.tag, at.open.place, jammed)
    return Step(
        f"vend {at.vend} ends {outcome.replace('_', ' ')}",
        lambda ledger: ledger.record_outcome(order, DAY),
        lambda promise: promise.end(outcome, jammed=jammed),
    )


def boot(_: random.Random, at: Promise) -> Step:
    return Step(f"the start is given number {at.boots + 1}", lambda ledger: ledger.begin_boot(), Promise.boot)


def tidy(_: random.Random, __: Promise) -> Step:
    return Step("the log is wiped", lambda ledger: ledger.tidy())


def probe(_: random.Random, __: Promise) -> Step:
    return Step("the disk is probed", lambda ledger: ledger.probe())


RECOVER = Step("a vend that is open is closed as uncertain", lambda ledger: ledger.recover(DAY), Promise.recover)
READ_ONCE = Step("all is read once", lambda ledger: ledger.read_once())
