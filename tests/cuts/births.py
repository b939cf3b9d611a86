"""With which ledger a kiosk comes: none, one of a released version, one that is 13 months old; and what it promised."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import cast

import apsw

from kiosk.core.values import Tag
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.reports import KEPT
from tests.cuts.disk import Disk, simulated_disk
from tests.cuts.promise import DOSES, ITEM, NAMES, Open, Promise
from tests.cuts.steps import any_step, seal
from tests.ledger.book import SLOTS
from tests.ledger.coil import Coil, Goods

FILE = "/data/ledger.db"
RELEASED = sorted((Path(__file__).parents[1] / "ledger" / "released").glob("schema_*.sql"))
TAKEN_OVER = next(path for path in RELEASED if path.stem == "schema_2")  # schema_3 holds the same, taken over
WRITE_AHEAD = slice(18, 20)  # of a file's header: 2 and 2 once it was opened with a write-ahead log


@dataclass(frozen=True)
class Birth:
    """What stands on the disk at the first start; None: nothing does."""

    says: str
    file: bytes | None
    promise: Promise

    def on(self, disk: Disk) -> Promise:
        """Put it there."""
        if self.file is not None:
            disk.put(FILE, self.file)
        return self.promise.copy()


def any_birth(chance: random.Random) -> Birth:
    """Most kiosks are new."""
    luck = chance.random()
    if luck < 0.3:
        return released(chance.choice(RELEASED))
    return thirteen_months() if luck < 0.33 else NEW


NEW = Birth("The kiosk is new.", None, Promise())


@cache
def released(path: Path) -> Birth:
    """A ledger as a released version left it, and what it promised: read with that version's own columns."""
    connection = apsw.Connection(":memory:")
    connection.execute(path.read_text())
    file = bytearray(connection.serialize("main"))
    file[WRITE_AHEAD] = b"\2\2"
    promise = _promised(connection) if path.stem in ("schema_1", "schema_2") else released(TAKEN_OVER).promise
    return Birth(f"The kiosk comes with a ledger of {path.stem}.", bytes(file), promise)


@cache
def thirteen_months() -> Birth:
    """A ledger that keeps as many reports as are kept: the next one makes it forget."""
    chance, promise = random.Random("thirteen months"), Promise()
    with simulated_disk() as disk:
        ledger = Ledger(FILE, SLOTS, doses=DOSES, vfs=disk.name)
        for day in range(KEPT + 10):
            steps = [any_step(chance, promise)] if day < 60 else []
            for step in (*steps, seal(chance, promise)):
                step.do(ledger)
                step.keep(promise)
        ledger.close()
        file = disk.bytes_of(FILE)
    return Birth("The kiosk is 13 months old.", file, promise)


def _promised(old: apsw.Connection) -> Promise:
    numbers: dict[int, tuple[str, int]] = {}
    promise = Promise(coils={slot: _coil(old, slot, numbers) for slot in NAMES})
    _take_days(old, promise, numbers)
    sql = "SELECT is_open, vend, turn, slot, tag, place FROM open_vend"
    is_open, vend, turn, slot, tag, place = cast("tuple[int, int, int, str, bytes, int]", old.execute(sql).get)
    promise.intend(vend, turn, Open(slot, Tag(tag), place))
    if not is_open:
        promise.open = None
    sql = "SELECT tag, gives, taken FROM tickets JOIN batches ON batches.id = tickets.batch"
    for name, gives, taken in cast("list[tuple[bytes, str, bytes]]", old.execute(sql).fetchall()):
        promise.units[Tag(name)] = len(gives.split()) or 1
        promise.taken[Tag(name)] = int.from_bytes(taken, "big")
    promise.batches = [str(name) for (name,) in old.execute("SELECT batch FROM batches ORDER BY id")]
    if "boots" in [column[1] for column in old.execute("PRAGMA table_info(ledger)")]:
        promise.boots = cast("int", old.execute("SELECT boots FROM ledger").get)
    return promise


def _coil(old: apsw.Connection, slot: str, numbers: dict[int, tuple[str, int]]) -> Coil:
    """The slot's coil; *numbers* is told which lot of it each row is."""
    sql = "SELECT id, lot, expires, funding, on_hand, band FROM lots WHERE slot = ? ORDER BY id"
    lots: tuple[Goods, ...] = ()
    units: tuple[int, ...] = ()
    bands: tuple[int, ...] = ()
    rows = cast("list[tuple[int, str, str | None, str, int, int]]", old.execute(sql, (slot,)).fetchall())
    for number, (row, lot, expires, funding, on_hand, band) in enumerate(rows):
        doses = DOSES.get(ITEM[slot], 1)  # such a version kept none: those of the configuration
        lots += (Goods(lot, date.fromisoformat(expires) if expires else None, funding, doses),)
        units += (number,) * on_hand
        bands += (number,) * band
        numbers[row] = slot, number
    return Coil(lots, units, bands)


def _take_days(old: apsw.Connection, promise: Promise, numbers: dict[int, tuple[str, int]]) -> None:
    """Each day that has counters becomes a sealed report, and the last one goes on in a report of its own."""
    sql = "SELECT day, lot, what, n FROM days ORDER BY day"
    ever: Counter[tuple[str, str]] = Counter()
    for day, row, what, n in cast("list[tuple[str, int, str, int]]", old.execute(sql).fetchall()):
        promise.open_on(date.fromisoformat(day))
        slot, number = numbers[row]
        promise.booked[slot, number, what] += n
        ever[slot, what] += n
    assert promise.day
    promise.begin_report(promise.day)
    promise.ever = ever
