"""The steps of a ledger's life: what people, technicians, days and programs ask of it, drawn by chance.

A step that returned is promised; one that was cut short may have happened wholly, or not at all.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from kiosk.core.asks import (
    AddBatch,
    AskRefused,
    CodeList,
    CountSlot,
    EndImport,
    LoadSlot,
    MakeList,
    RecallLot,
    RemoveUnits,
    RevokeCodes,
    TrustSigner,
    Why,
)
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.values import CodeBatch, ItemId, Outcome, SlotId, Tag, VendId
from kiosk.ledger.desk import answer
from kiosk.ledger.ledger import Ledger
from tests.cuts.promise import ITEM, ITEMS, NAMES, READ, Open, Promise
from tests.ledger.book import DAY, SLOTS
from tests.ledger.coil import Goods

KIT = ItemId("kit")
# of a ticket that no batch has: after its vend it must stand nowhere in the file
STRANGER = Tag(b"tag of no ticket")
CAPACITY = SLOTS[0].capacity
LOTS = ("", "L1", "L2")
GOODS = (
    ("", None, ""),
    ("", None, "county"),
    ("L1", None, ""),
    ("L1", date(2027, 3, 31), "state"),
    ("L1", date(2027, 3, 31), "county"),
    ("L2", date(2026, 11, 1), "state"),
)
# where a wrong clock may say it is, and ends of months
JUMPS = (date(1970, 1, 1), date(2024, 2, 28), date(2026, 11, 30), date(2026, 12, 31), date(2036, 12, 31), DAY)


def nothing(_: Promise) -> None:
    """Change no promise."""


@dataclass(frozen=True)
class Step:
    """One call: *says* what somebody does, *do* asks it of the ledger, *keep* is what is promised once it returned."""

    says: str
    do: Callable[[Ledger], object]
    keep: Callable[[Promise], None] = nothing


Make = Callable[[random.Random, Promise], Step]


def any_step(chance: random.Random, at: Promise) -> Step:
    """What may happen next in a kiosk where that is promised."""
    steps: list[Make] = [load, load, count, remove, remove_too_many, recall, add_batch, keep_day, read_reports]
    steps += [boot, tidy, probe, revoke, make_list, list_comes_in]
    steps += [end, end, end, turn_again] * 3 if at.open else [intend] * 12
    return chance.choice(steps)(chance, at)


def a_day(chance: random.Random, at: Promise) -> date:
    """The day that the clock says: most often that of the open report."""
    today, luck = at.day or DAY, chance.random()
    if luck < 0.88:
        return today
    return today + timedelta(days=1) if luck < 0.98 else chance.choice(JUMPS)


# --- technicians


def load(chance: random.Random, at: Promise) -> Step:
    slot, day = chance.choice(NAMES), a_day(chance, at)
    item, room = ITEM[slot], CAPACITY - len(at.coils[slot].units)
    lot, expires, funding = chance.choice([goods for goods in GOODS if (item, goods[0]) not in at.recalls])
    if not room:
        return count(chance, at)
    units = chance.randint(1, room)
    ask = LoadSlot(SlotId(slot), units, lot, expires, funding)
    goods = Goods(lot, expires, funding, at.doses.get(item, 1))
    return Step(
        f"a technician loads {units} of lot {lot or 'unknown'} into {slot}, paid for by {funding or 'nobody'}",
        lambda ledger: ledger.load(ask, day),
        lambda promise: promise.load(day, slot, units, goods),
    )


def count(chance: random.Random, at: Promise) -> Step:
    slot, counted, day = chance.choice(NAMES), chance.randint(0, CAPACITY), a_day(chance, at)
    return Step(
        f"a technician counts {counted} in {slot}",
        lambda ledger: ledger.count(CountSlot(SlotId(slot), counted), day),
        lambda promise: promise.count(day, slot, counted),
    )


def remove(chance: random.Random, at: Promise) -> Step:
    ask = _removal(chance, at)
    if not ask:
        return recall(chance, at)
    day = a_day(chance, at)
    return Step(
        f"a technician takes {ask.count} of {'any lot' if ask.lot is None else f'lot {ask.lot}'} out of {ask.slot}",
        lambda ledger: ledger.remove(ask, day),
        lambda promise: promise.remove(day, ask.slot, ask.count, ask.why, ask.lot),
    )


def remove_too_many(chance: random.Random, at: Promise) -> Step:
    slot, day = chance.choice(NAMES), a_day(chance, at)
    ask = RemoveUnits(SlotId(slot), len(at.coils[slot].units) + 1, chance.choice(list(Why)))

    def be_refused(ledger: Ledger) -> None:
        with pytest.raises(AskRefused):
            ledger.remove(ask, day)

    return Step(f"a technician says that more were taken out of {slot} than stand there", be_refused)


def recall(chance: random.Random, at: Promise) -> Step:
    if at.recalls and chance.random() < 0.4:
        return lift(chance, at)
    return _recall(chance.choice(ITEMS), chance.choice(("L1", "L2")), is_recalled=chance.random() < 0.9)


def lift(chance: random.Random, at: Promise) -> Step:
    return _recall(*chance.choice(sorted(at.recalls)), is_recalled=False)


def _recall(item: str, lot: str, *, is_recalled: bool) -> Step:
    return Step(
        f"lot {lot} of {item} is {'recalled' if is_recalled else 'let go again'}",
        lambda ledger: ledger.recall(RecallLot(ItemId(item), lot, is_recalled)),
        lambda promise: promise.recall(item, lot, is_recalled=is_recalled),
    )


def add_batch(chance: random.Random, at: Promise) -> Step:
    if len(at.taken) > 400:
        return tidy(chance, at)
    name, units = f"batch-{len(at.batches)}", chance.randint(1, 4)
    # the large ones split pages
    tags = tuple(Tag(chance.randbytes(16)) for _ in range(chance.choice((1, 3, 10, 10, 150))))
    anywhere = bool(len(at.batches) % 2)
    batch = CodeBatch(name, (KIT,) * units, None, tags, anywhere=anywhere)
    return Step(
        f"{len(tags)} tickets of {units} come in, for {'all kiosks' if anywhere else 'this one'}",
        lambda ledger: take_batch(ledger, batch),
        lambda promise: (promise.add_anywhere if anywhere else promise.add_batch)(name, units, tags),
    )


def take_batch(ledger: Ledger, batch: CodeBatch) -> None:
    answer(ledger, AddBatch(batch), date.min)


# --- lists of codes


def revoke(chance: random.Random, at: Promise) -> Step:
    """A batch, or a code, or one that is not here."""
    luck, codes = chance.random(), [*sorted(at.taken)[:20], Tag(chance.randbytes(16))]
    batch = chance.choice(at.batches) if at.batches and luck < 0.5 else ""
    tags = (chance.choice(codes),) if luck > 0.3 else ()
    return Step(
        f"{len(tags)} codes and {batch or 'no batch'} are revoked",
        lambda ledger: answer(ledger, RevokeCodes(batch, tags), date.min),
        lambda promise: promise.revoke([batch] if batch else [], tags),
    )


def make_list(chance: random.Random, at: Promise) -> Step:
    batches = tuple(name for name in sorted(at.anywhere) if chance.random() < 0.5)
    expected = at.copy()
    expected.make_list(batches)

    def make(ledger: Ledger) -> None:
        found = answer(ledger, MakeList(batches), date.min)
        assert isinstance(found, CodeList)
        names, revoked = [batch.batch for batch in found.batches], list(found.revoked_batches)
        assert (found.version, names, revoked, list(found.revoked_tags)) == expected.list_for_others()

    return Step(
        f"a list for other kiosks is made, with {len(batches)} batches",
        make,
        lambda promise: promise.make_list(batches),
    )


def list_comes_in(chance: random.Random, at: Promise) -> Step:
    """A part of it: each is one transaction."""
    if not at.signers:
        return trust(chance, at)
    return chance.choice((trust, add_foreign_batch, add_foreign_batch, end_list, end_old_list))(chance, at)


def trust(chance: random.Random, at: Promise) -> Step:
    known = dict(at.signers)
    key = chance.choice(sorted(known)) if len(known) == 3 else chance.randbytes(32)
    return Step(
        "lists of another kiosk will be taken",
        lambda ledger: answer(ledger, TrustSigner(key), date.min),
        lambda promise: promise.trust(key, known.get(key, 0)),
    )


def add_foreign_batch(chance: random.Random, at: Promise) -> Step:
    """One of its codes may be here already."""
    if len(at.taken) > 400:
        return tidy(chance, at)
    name, (key, _) = f"batch-{len(at.batches)}", chance.choice(sorted(at.signers))
    tags = tuple(Tag(chance.randbytes(16)) for _ in range(chance.choice((1, 10, 150)))) + tuple(sorted(at.taken)[:1])
    ask = AddBatch(CodeBatch(name, (KIT,), None, tags, anywhere=True), key)
    return Step(
        f"{len(tags)} tickets of another kiosk come in",
        lambda ledger: answer(ledger, ask, date.min),
        lambda promise: promise.take_batch(name, 1, tags),
    )


def end_list(chance: random.Random, at: Promise) -> Step:
    """With revocations, of batches that were issued here too: these it does not revoke."""
    key, newest = chance.choice(sorted(at.signers))
    version, batches = newest + chance.randint(0, 2), tuple(chance.sample(at.batches, min(2, len(at.batches))))
    tags = tuple(sorted(at.taken)[:2])
    return Step(
        f"another kiosk's list of version {version} is taken to its end, which revokes {len(batches)} batches",
        lambda ledger: answer(ledger, EndImport(key, version, batches, tags), date.min),
        lambda promise: promise.end_list(key, version, batches, tags),
    )


def end_old_list(chance: random.Random, at: Promise) -> Step:
    key, newest = chance.choice(sorted(at.signers))

    def be_refused(ledger: Ledger) -> None:
        with pytest.raises(AskRefused):
            answer(ledger, EndImport(key, newest - 1, tuple(at.batches), ()), date.min)

    return Step("an older list of another kiosk is held against what is here", be_refused)


# --- vends


def intend(chance: random.Random, at: Promise) -> Step:
    slot, vend = chance.choice(NAMES), at.vend + 1
    left = [(tag, place) for tag, units in at.units.items() for place in range(units) if not at.taken[tag] >> place & 1]
    tag, place = chance.choice([*left[:20], (None, 0), (STRANGER, 0)])
    opened = Open(slot, tag, place, is_test=tag is None and chance.random() < 0.5)
    intent = CommitIntent(VendId(vend), 1, SlotId(slot), tag, place)
    whose = "for a test" if opened.is_test else "for a ticket" if tag in at.taken else "for a person"
    return Step(
        f"vend {vend} is intended from {slot} {whose}",
        lambda ledger: ledger.commit_intent(intent),
        lambda promise: promise.intend(vend, 1, opened),
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
    day, quarter, is_test = a_day(chance, at), chance.randrange(4), at.open.is_test
    order = RecordOutcome(VendId(at.vend), SlotId(at.open.slot), outcome, at.open.tag, at.open.place, jammed, is_test)
    return Step(
        f"vend {at.vend} ends {outcome.replace('_', ' ')} on {day}",
        lambda ledger: ledger.record_outcome(order, day, quarter),
        lambda promise: promise.end(day, quarter, order),
    )


def recover(chance: random.Random, at: Promise) -> Step:
    day = a_day(chance, at)
    return Step(
        "a vend that is open is closed as uncertain",
        lambda ledger: ledger.recover(day),
        lambda promise: promise.recover(day),
    )


# --- days


def keep_day(chance: random.Random, at: Promise) -> Step:
    minutes = {ItemId(item): chance.randint(1, 600) for item in ITEMS if chance.random() < 0.4}
    return _keep(a_day(chance, at), minutes)


def miss(_: random.Random, at: Promise) -> Step:
    """Minutes of a day that goes on."""
    return _keep(at.day or DAY, {KIT: 42})


def seal(_: random.Random, at: Promise) -> Step:
    """A day that ends, with minutes."""
    return _keep((at.day or DAY) + timedelta(days=1), {KIT: 42})


def seal_month(_: random.Random, at: Promise) -> Step:
    """A month that ends, with minutes."""
    return _keep((at.day or DAY) + timedelta(days=31), {KIT: 42})


def _keep(day: date, minutes: dict[ItemId, int]) -> Step:
    return Step(
        f"the kiosk looks at its clock, which says {day}, and has missed {minutes or 'nothing'}",
        lambda ledger: ledger.keep_day(day, minutes),
        lambda promise: promise.keep_day(day, {str(item): n for item, n in minutes.items()}),
    )


def read_reports(chance: random.Random, at: Promise) -> Step:
    after = chance.choice((0, max(0, at.number - 5)))
    expected = tuple(report for report in at.sealed if report.number > after)[:READ]

    def read(ledger: Ledger) -> None:
        found = ledger.reports(after, READ).reports
        assert found == expected, f"sealed reports after {after}: promised {expected}, found {found}"

    return Step(f"the operator asks for reports after {after}", read)


# --- programs


def boot(_: random.Random, at: Promise) -> Step:
    return Step(f"the start is given number {at.boots + 1}", lambda ledger: ledger.begin_boot(), Promise.boot)


def tidy(_: random.Random, __: Promise) -> Step:
    return Step("the log is wiped", lambda ledger: ledger.tidy())


def probe(_: random.Random, __: Promise) -> Step:
    return Step("the disk is probed", lambda ledger: ledger.probe())


def copy(_: random.Random, __: Promise) -> Step:
    numbers = itertools.count(1)  # what was cut short lies there: another try is another file
    return Step(
        "the ledger is copied for a backup",
        lambda ledger: ledger.database.copy_into(Path(f"/data/copy {next(numbers)}.db")),
    )


def read_once(_: random.Random, __: Promise) -> Step:
    return Step("all is read once", lambda ledger: ledger.read_once())


# --- what they draw


def _removal(chance: random.Random, at: Promise) -> RemoveUnits | None:
    """Something that can be taken out of a slot, if there is any."""
    slot = chance.choice(NAMES)
    coil = at.coils[slot]
    lot = chance.choice((None, *LOTS))
    there = sum(lot in (None, coil.lots[number].lot) for number in coil.units)
    if not there:
        return None
    return RemoveUnits(SlotId(slot), chance.randint(1, there), chance.choice(list(Why)), lot)
