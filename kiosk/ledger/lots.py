"""Units and where they went: every movement of stock, booked on its lot and on its day in one place.

Units leave a coil in the order in which they were loaded: the front lot is the first that still has units. What a
count finds is booked accordingly: missing units went from the front, units that came back stand at the back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from kiosk.core.values import ItemId, LotStock, SlotId
from kiosk.ledger.database import Database, readable

# how one unit of each movement changes what is on hand
EFFECT = {
    "loaded": 1,
    "found": 1,
    "adjusted": 1,
    "reconciled": 1,
    "delivered": -1,
    "removed": -1,
    "uncertain": -1,
    "not_delivered": 0,
}


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot's row: *on_hand* certain units and *band* that may be there."""

    row: int
    lot: str
    expires: date | None
    funding: str
    on_hand: int
    band: int

    @property
    def stock(self) -> LotStock:
        """The certain units, as the rest of the program sees them."""
        return LotStock(self.lot, self.expires, self.on_hand)


class Lots:
    """The lots of all slots. Every method that writes belongs inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, slot: SlotId, item: ItemId) -> list[Lot]:
        """The slot's lots of this item, front first, empty ones too."""
        sql = "SELECT id, lot, expires, funding, on_hand, band FROM lots WHERE slot = ? AND item = ? ORDER BY id"
        rows = cast("list[tuple[int, str, str | None, str, int, int]]", self._db.rows(sql, slot, item))
        with readable():
            return [_lot(row) for row in rows]

    def front(self, slot: SlotId, item: ItemId) -> Lot:
        """The lot that the next unit comes from; with none on hand the last one, or a new one of unknown lot."""
        lots = self.of(slot, item)
        with_units = [lot for lot in lots if lot.on_hand > 0]
        return (with_units or lots[-1:] or [self.add(slot, item, "", None, "")])[0]

    def behind(self, slot: SlotId, item: ItemId, lot: str, expires: date | None, funding: str) -> Lot:
        """The lot that units loaded now belong to: the last one if it is the same, else a new one."""
        last = self.of(slot, item)[-1:]
        if last and (last[0].lot, last[0].expires, last[0].funding) == (lot, expires, funding):
            return last[0]
        return self.add(slot, item, lot, expires, funding)

    def add(self, slot: SlotId, item: ItemId, lot: str, expires: date | None, funding: str) -> Lot:
        """A new lot behind all others."""
        sql = "INSERT INTO lots (slot, item, lot, expires, funding) VALUES (?, ?, ?, ?, ?)"
        self._db.change(sql, slot, item, lot, expires and expires.isoformat(), funding)
        return self.of(slot, item)[-1]

    def clear_others(self, slot: SlotId, item: ItemId, day: date) -> None:
        """Book out what the slot held of other items: a technician has put *item* there instead."""
        sql = "SELECT DISTINCT item FROM lots WHERE slot = ? AND item <> ? AND (on_hand > 0 OR band > 0)"
        for (other,) in cast("list[tuple[str]]", self._db.rows(sql, slot, item)):
            for lot in self.of(slot, ItemId(other)):
                self.close_band(lot, lot.band)
                if lot.on_hand:
                    self.book(lot, day, "removed", lot.on_hand)

    def book(self, lot: Lot, day: date, what: str, units: int, band: int = 0) -> None:
        """Book *units* of one kind of movement on the lot and on the day; *band* is by how much the band changes."""
        effect = EFFECT[what] * units
        if what != "not_delivered":
            sql = f"UPDATE lots SET {what} = {what} + ?, on_hand = on_hand + ?, band = band + ? WHERE id = ?"  # noqa: S608 - a name out of EFFECT
            self._db.change(sql, units, effect, band, lot.row)
        sql = "INSERT INTO days VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n"
        self._db.change(sql, day.isoformat(), lot.row, what, units)

    def close_band(self, lot: Lot, units: int) -> None:
        """Take *units* out of the band without bringing them back: a count proved that they went out."""
        self._db.change("UPDATE lots SET band = band - ? WHERE id = ?", units, lot.row)


def _lot(row: tuple[int, str, str | None, str, int, int]) -> Lot:
    number, lot, expires, funding, on_hand, band = row
    return Lot(number, lot, date.fromisoformat(expires) if expires else None, funding, on_hand, band)
