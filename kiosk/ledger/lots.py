"""Units and where they went: every movement of stock, booked on its lot in one place.

Units leave a coil in the order in which they were loaded: the front lot is the first that still has units. What a
count finds is booked accordingly: missing units went from the front, units that came back stand at the back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from kiosk.core.values import ItemId, LotStock, SlotId
from kiosk.ledger.database import Database, readable

# how one unit of each movement changes what is on hand
EFFECT: Mapping[str, int] = {
    "loaded": 1,
    "found": 1,
    "adjusted": 1,
    "reconciled": 1,
    "delivered": -1,
    "removed": -1,
    "removed_expired": -1,
    "removed_recalled": -1,
    "removed_damaged": -1,
    "test": -1,
    "uncertain": -1,
    "not_delivered": 0,
    "test_not_delivered": 0,
}


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot's row: *on_hand* certain units and *band* that may be there."""

    row: int
    lot: str
    expires: date | None
    funding: str
    doses: int
    on_hand: int
    band: int

    @property
    def stock(self) -> LotStock:
        """The certain units, as the rest of the program sees them."""
        return LotStock(self.lot, self.expires, self.on_hand)


_Row = tuple[int, str, str | None, str, int, int, int]
_ROW = "id, lot, expires, funding, doses, on_hand, band"


class Lots:
    """The lots of all slots; *doses* are in one unit of an item. Every method that writes belongs in a transaction."""

    def __init__(self, database: Database, doses: Mapping[str, int]) -> None:
        self._db = database
        self._doses = doses

    def of(self, slot: SlotId, item: ItemId) -> list[Lot]:
        """The slot's lots of this item, front first: those in use, some used up today, and the last one in any case."""
        sql = f"SELECT {_ROW} FROM stock WHERE slot = ? AND item = ? ORDER BY id"  # noqa: S608 - our own column names
        with readable():
            return [_lot(row) for row in cast("list[_Row]", self._db.rows(sql, slot, item))]

    def with_units(self) -> dict[tuple[str, str], list[Lot]]:
        """The lots of all slots that have units or a band, front first, by slot and item."""
        sql = f"SELECT slot, item, {_ROW} FROM stock WHERE on_hand > 0 OR band > 0 ORDER BY id"  # noqa: S608 - as above
        found: dict[tuple[str, str], list[Lot]] = {}
        with readable():
            for row in self._db.rows(sql):
                slot, item = cast("tuple[str, str]", row[:2])
                found.setdefault((slot, item), []).append(_lot(cast("_Row", row[2:])))
        return found

    def front(self, slot: SlotId, item: ItemId) -> Lot:
        """The lot that the next unit comes from; with none on hand the last one, or a new one of unknown lot."""
        lots = self.of(slot, item)
        with_units = [lot for lot in lots if lot.on_hand > 0]
        return (with_units or lots[-1:] or [self.add(slot, item, "", None, "")])[0]

    def behind(self, slot: SlotId, item: ItemId, lot: str, expires: date | None, funding: str) -> Lot:
        """The lot that units loaded now belong to: the last one if it is the same, else a new one."""
        goods = (lot, expires, funding, self._doses.get(item, 1))
        for last in self.of(slot, item)[-1:]:
            if (last.lot, last.expires, last.funding, last.doses) == goods:
                return last
        return self.add(slot, item, lot, expires, funding)

    def add(self, slot: SlotId, item: ItemId, lot: str, expires: date | None, funding: str) -> Lot:
        """A new lot behind all others."""
        sql = "INSERT INTO lots (slot, item, lot, expires, funding, doses) VALUES (?, ?, ?, ?, ?, ?)"
        self._db.change(sql, slot, item, lot, expires and expires.isoformat(), funding, self._doses.get(item, 1))
        self._db.change("INSERT INTO units (id) SELECT max(id) FROM lots")
        return self.of(slot, item)[-1]

    def others(self, slot: SlotId, item: ItemId) -> list[ItemId]:
        """What else than *item* the slot has units or a band of."""
        sql = "SELECT DISTINCT item FROM stock WHERE slot = ? AND item <> ? AND (on_hand > 0 OR band > 0)"
        return [ItemId(other) for (other,) in cast("list[tuple[str]]", self._db.rows(sql, slot, item))]

    def clear(self, slot: SlotId, item: ItemId) -> None:
        """Book out all that the slot holds of *item*."""
        for lot in self.of(slot, item):
            self.close_band(lot, lot.band)
            if lot.on_hand:
                self.book(lot, "removed", lot.on_hand)

    def book(self, lot: Lot, what: str, units: int, band: int = 0) -> None:
        """Book *units* of one kind of movement in the open report; *band* is by how much the band changes."""
        effect = EFFECT[what] * units
        sql = f"UPDATE units SET {what} = {what} + ?, on_hand = on_hand + ?, band = band + ? WHERE id = ?"  # noqa: S608 - a name out of EFFECT
        self._db.change(sql, units, effect, band, lot.row)

    def close_band(self, lot: Lot, units: int) -> None:
        """Take *units* out of the band without bringing them back: a count proved that they went out."""
        self._db.change("UPDATE units SET band = band - ? WHERE id = ?", units, lot.row)


def _lot(row: _Row) -> Lot:
    number, lot, expires, funding, doses, on_hand, band = row
    return Lot(number, lot, date.fromisoformat(expires) if expires else None, funding, doses, on_hand, band)
