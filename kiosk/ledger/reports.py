"""One report a day: opened by the first booking of a day, sealed when the next day begins, and never changed after.

A report has a rising number; its day is what the clock said, so that a clock that jumps makes an odd day and loses
nothing: two reports may have one day, and no booking is ever in two reports. Nothing in one has a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple, cast

from kiosk.core.reports import LotReport, PassReport, PeriodNews, Report, SlotReport
from kiosk.core.values import ItemId, SlotId
from kiosk.ledger.database import RESCUE, Database, LedgerDamaged, readable
from kiosk.ledger.lots import EFFECT

KEPT = 400  # 13 months and a few days; by number, since a clock ten years ahead must not wipe them all
BEFORE = 0  # the number of the row that sums up what is older
QUARTERS = range(4)

_HAS_MOVED = " OR ".join(f"{what} <> 1000000" for what in EFFECT)
_SEAL = "INSERT INTO sealed_days SELECT report, lot, what, n FROM days WHERE report = ? ORDER BY lot, what"
_BEGIN_UNITS = (
    f"UPDATE units SET carried = on_hand, carried_band = band, {', '.join(f'{what} = 1000000' for what in EFFECT)}"  # noqa: S608 - our own names
)
_RETIRE = (
    "DELETE FROM units WHERE on_hand = 1000000 AND band = 1000000"
    " AND id NOT IN (SELECT max(id) FROM lots GROUP BY slot, item)"
)
_SEAL_MISSING = "INSERT INTO unavailable SELECT ?, item, missing - 1000000 FROM items WHERE missing > 1000000"
_SEAL_MONTH = " UNION ALL ".join(
    f"SELECT ?1, item, {n}, quarter_{n} - 1000000 FROM items WHERE quarter_{n} > 1000000"  # noqa: S608 - our own names
    for n in QUARTERS
)
_NOTE_PASSES = (
    "INSERT INTO passes (report, has_ended, used, lost) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
    " used = ifnull(excluded.used, used), has_ended = max(has_ended, excluded.has_ended),"
    " lost = lost + excluded.lost"
)
_BEGIN_MONTH = f"UPDATE items SET {', '.join(f'quarter_{n} = 1000000' for n in QUARTERS)}"  # noqa: S608 - our own names


class _Moved(NamedTuple):
    lot: str
    funding: str
    what: str
    n: int
    doses: int


class Reports:
    """The reports, the open one last. Every method that writes belongs inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open_on(self, day: date) -> int:
        """The number of the report that takes bookings on *day*; another day than before seals the last one."""
        number, opened = self._newest()
        return number if opened == day.isoformat() else self._open(number, opened, day)

    def open_for(self, slot: SlotId, item: ItemId, day: date) -> None:
        """As ``open_on``; a report in which the slot held another item is sealed too: a slot has one item in each."""
        number = self.open_on(day)
        sql = f"SELECT 1 FROM units JOIN lots USING (id) WHERE slot = ? AND item <> ? AND ({_HAS_MOVED}) LIMIT 1"  # noqa: S608 - our own names
        if self._db.rows(sql, slot, item):
            self._open(number, day.isoformat(), day)

    def begin_another(self, day: date) -> None:
        """Seal the open report, whatever day it is of: what is booked from now on is in another."""
        self._open(*self._newest(), day)

    @property
    def day(self) -> date | None:
        """The day of the open report; None when none was ever opened."""
        number, opened = self._newest()
        with readable():
            return date.fromisoformat(opened) if number != BEFORE else None

    @property
    def newest(self) -> int:
        """The number of the report that is open; 0 when none was ever opened."""
        return self._newest()[0]

    def add_unavailable(self, minutes: Mapping[ItemId, int]) -> None:
        """Add minutes in which items could not be had."""
        for item, passed in minutes.items():
            self._db.change("UPDATE items SET missing = missing + ? WHERE item = ?", passed, item)

    def add_delivered(self, item: ItemId, quarter: int) -> None:
        """Count one unit in its quarter of the day, over the whole month."""
        column = f"quarter_{QUARTERS[quarter]}"
        self._db.change(f"UPDATE items SET {column} = {column} + 1 WHERE item = ?", item)  # noqa: S608 - one of four names

    def note_periods(self, news: PeriodNews) -> None:
        """Have the open report say which period has ended, and that counters were lost: a period began twice."""
        known = self._db.rows("SELECT per, began FROM periods")
        lost = any((per, first.isoformat()) in known for per, first in news.begin if per in news.without)
        for per, first in news.begin:
            self._db.change("INSERT OR REPLACE INTO periods VALUES (?, ?)", per, first.isoformat())
        if (lost or news.has_ended) and self.newest != BEFORE:
            self._db.change(_NOTE_PASSES, self.newest, news.has_ended, news.used, lost)

    def sealed_after(self, number: int | None, most: int) -> tuple[str, tuple[Report, ...]]:
        """The first *most* sealed reports with a higher number than that, or the last *most*; in their order.

        All are of the one ledger whose name comes with them: reports of before a restore have another name.
        """
        last = self.newest
        after = max(BEFORE, last - 1 - most if number is None else number)
        sql = (
            "SELECT n, day, ledger FROM reports WHERE n > ?1 AND n < ?2 AND ledger ="
            " (SELECT ledger FROM reports WHERE n > ?1 AND n < ?2 ORDER BY n LIMIT 1) ORDER BY n LIMIT ?3"
        )
        rows = cast("list[tuple[int, str, str]]", self._db.rows(sql, after, last, most))
        with readable():
            found = tuple(self._read(n, date.fromisoformat(day)) for n, day, _ in rows)
        return (rows[0][2] if rows else ""), found

    def _open(self, last: int, opened: str, day: date) -> int:
        if last != BEFORE:
            self._seal(last)
            if opened[:7] != day.isoformat()[:7]:
                self._db.change(f"INSERT INTO quarters {_SEAL_MONTH}", last)
                self._db.change(_BEGIN_MONTH)
        self._db.change("INSERT INTO reports SELECT ?, ?, id FROM ledger", last + 1, day.isoformat())
        self._forget_up_to(last + 1 - KEPT)
        return last + 1

    def _seal(self, number: int) -> None:
        self._db.change(_SEAL, number)
        self._db.change(_BEGIN_UNITS)
        self._db.change(_RETIRE)
        self._db.change(_SEAL_MISSING, number)
        self._db.change("UPDATE items SET missing = 1000000")

    def _newest(self) -> tuple[int, str]:
        rows = cast("list[tuple[int, str]]", self._db.rows("SELECT n, day FROM reports ORDER BY n DESC LIMIT 1"))
        if not rows:
            raise LedgerDamaged(f"the ledger has lost its reports: {RESCUE}")
        return rows[0]

    def _read(self, number: int, day: date) -> Report:
        sql = "SELECT item, quarter, n FROM quarters WHERE report = ?"
        quarters = cast("list[tuple[str, int, int]]", self._db.rows(sql, number))
        sql = "SELECT item, minutes FROM unavailable WHERE report = ?"
        unavailable = cast("list[tuple[str, int]]", self._db.rows(sql, number))
        return Report(
            number,
            day,
            tuple(self._slots(number)),
            tuple((ItemId(item), minutes) for item, minutes in unavailable),
            tuple((ItemId(item), quarter, n) for item, quarter, n in quarters),
            self._passes(number),
        )

    def _passes(self, number: int) -> PassReport | None:
        sql = "SELECT has_ended, used, lost FROM passes WHERE report = ?"
        rows = cast("list[tuple[int, int | None, int]]", self._db.rows(sql, number))
        return next((PassReport(bool(has_ended), used, lost) for has_ended, used, lost in rows), None)

    def _slots(self, number: int) -> list[SlotReport]:
        sql = (
            "SELECT slot, item, lots.lot, funding, what, sum(n), sum(n * doses) FROM sealed_days JOIN lots"
            " ON lots.id = sealed_days.lot WHERE report = ?"
            " GROUP BY slot, item, lots.lot, funding, what ORDER BY slot, min(lots.id)"
        )
        found: dict[tuple[str, str], list[_Moved]] = {}
        for row in cast("list[tuple[str, str, str, str, str, int, int]]", self._db.rows(sql, number)):
            found.setdefault(row[:2], []).append(_Moved(*row[2:]))
        return [
            SlotReport(SlotId(slot), ItemId(item), _lots(moved), _moved(moved)) for (slot, item), moved in found.items()
        ]

    def _forget_up_to(self, number: int) -> None:
        """Sum up what is older in one row each, and let go of lots that nobody needs any more."""
        if number <= BEFORE:
            return
        self._db.change(
            "INSERT INTO sealed_days SELECT 0, lot, what, sum(n) FROM sealed_days WHERE report BETWEEN 1 AND ?"
            " GROUP BY lot, what ON CONFLICT DO UPDATE SET n = n + excluded.n",
            number,
        )
        for table in ("sealed_days", "unavailable", "quarters", "passes"):
            self._db.change(f"DELETE FROM {table} WHERE report BETWEEN 1 AND ?", number)  # noqa: S608 - our own names
        self._db.change("DELETE FROM reports WHERE n BETWEEN 1 AND ?", number)
        gone = "id NOT IN (SELECT id FROM units) AND id NOT IN (SELECT lot FROM sealed_days WHERE report > 0)"
        self._db.change(f"DELETE FROM sealed_days WHERE lot IN (SELECT id FROM lots WHERE {gone})")  # noqa: S608 - no value in it
        self._db.change(f"DELETE FROM lots WHERE {gone}")  # noqa: S608 - no value in it


def _lots(rows: list[_Moved]) -> tuple[LotReport, ...]:
    return tuple(LotReport(row.lot, row.n, row.doses, row.funding) for row in rows if row.what == "delivered")


def _moved(rows: list[_Moved]) -> tuple[tuple[str, int], ...]:
    moved = dict.fromkeys(EFFECT, 0)
    for row in rows:
        moved[row.what] += row.n
    return tuple(moved.items())
