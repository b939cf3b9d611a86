"""A model of one coil in a few lines of Python, to hold the ledger against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from kiosk.core.asks import Why
from kiosk.core.values import Outcome, SlotState


@dataclass(frozen=True)
class Goods:
    """What was loaded as one lot, and what is to be said of it in reports."""

    lot: str = ""
    expires: date | None = None
    funding: str = ""
    doses: int = 1


# how many units of which lot, by its number, went which way
Moves = list[tuple[int, str, int]]


@dataclass
class Coil:
    """Units by the number of their lot, front first; lots stand in the coil in the order of their numbers."""

    lots: tuple[Goods, ...] = (Goods(),)
    units: tuple[int, ...] = ()
    band: tuple[int, ...] = ()
    is_jammed: bool = False

    def copy(self) -> Coil:
        return replace(self)

    @property
    def last(self) -> int:
        return len(self.lots) - 1

    def load(self, count: int, goods: Goods) -> Moves:
        if self.lots[-1] != goods:
            self.lots += (goods,)
        self.units += (self.last,) * count
        self.is_jammed = False
        return [(self.last, "loaded", count)]

    def count(self, counted: int) -> Moves:
        surplus = counted - len(self.units)
        if surplus < 0:
            gone, self.units = self.units[:-surplus], self.units[-surplus:]
            moves = _moves(gone, "adjusted", -1)
        else:
            back = sorted(self.band)[len(self.band) - min(surplus, len(self.band)) :]
            extra = (self.last,) * (surplus - len(back))
            self.units = (*sorted((*self.units, *back)), *extra)
            moves = _moves(back, "reconciled") + _moves(extra, "adjusted")
        self.band = ()
        self.is_jammed = False
        return moves

    def remove(self, count: int, why: Why, lot: str | None) -> Moves | None:
        """None when there are not so many."""
        gone = [at for at, number in enumerate(self.units) if lot in (None, self.lots[number].lot)][:count]
        if len(gone) < count:
            return None
        moves = _moves((self.units[at] for at in gone), "removed" if why is Why.OTHER else f"removed_{why}")
        self.units = tuple(number for at, number in enumerate(self.units) if at not in gone)
        return moves

    def end(self, outcome: Outcome, *, jammed: bool, is_test: bool = False) -> Moves:
        self.is_jammed |= jammed
        what = {"delivered": "test", "not_delivered": "test_not_delivered"}.get(outcome, outcome.value)
        what = what if is_test else outcome.value
        if outcome is Outcome.NOT_DELIVERED:
            return [(self.units[0] if self.units else self.last, what, 1)]
        moves, number = self._take()
        if outcome is Outcome.UNCERTAIN:
            self.band += (number,)
        return [*moves, (number, what, 1)]

    def _take(self) -> tuple[Moves, int]:
        """Take the unit that comes next, wherever it came from."""
        if self.units:
            number, *rest = self.units
            self.units = tuple(rest)
            return [], number
        if self.band:
            number = max(self.band)
            band = list(self.band)
            band.remove(number)
            self.band = tuple(band)
            return [(number, "reconciled", 1)], number
        return [(self.last, "found", 1)], self.last

    @property
    def by_lot(self) -> list[tuple[str, int]]:
        return [(self.lots[number].lot, len(list(units))) for number, units in groupby(self.units)]

    @property
    def next(self) -> Goods | None:
        """The lot of the unit that comes next, if all that may be there is."""
        there = (*self.units, *self.band)
        return self.lots[min(there)] if there else None

    @property
    def state(self) -> SlotState:
        if self.is_jammed:
            return SlotState.JAMMED
        return SlotState.OK if self.units or self.band else SlotState.EMPTY


def _moves(numbers: Iterable[int], what: str, sign: int = 1) -> Moves:
    return [(number, what, sign * n) for number, n in Counter(numbers).items()]
