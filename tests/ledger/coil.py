"""A model of one coil in a few lines of Python, to hold the ledger against."""

from __future__ import annotations

from itertools import groupby

from kiosk.core.values import Outcome, SlotState


class Coil:
    """Units by the number of their lot, front first; lots stand in the coil in the order of their numbers."""

    def __init__(self) -> None:
        self.lots: list[str] = []
        self.units: list[int] = []
        self.band: list[int] = []
        self.is_jammed = False

    def load(self, count: int, lot: str) -> None:
        if self.lots[-1:] != [lot]:
            self.lots.append(lot)
        self.units += [len(self.lots) - 1] * count
        self.is_jammed = False

    def count(self, counted: int) -> None:
        surplus = counted - len(self.units)
        if surplus < 0:
            self.units = self.units[-surplus:]
        else:
            back = sorted(self.band)[len(self.band) - min(surplus, len(self.band)) :]
            extra = surplus - len(back)
            if extra:
                self.at_least_one_lot()
            self.units = sorted(self.units + back) + [len(self.lots) - 1] * extra
        self.band = []
        self.is_jammed = False

    def end(self, outcome: Outcome, *, jammed: bool) -> None:
        self.at_least_one_lot()
        self.is_jammed |= jammed
        match outcome:
            case Outcome.DELIVERED if self.units:
                self.units.pop(0)
            case Outcome.DELIVERED if self.band:
                self.band.remove(max(self.band))
            case Outcome.UNCERTAIN if self.units:
                self.band.append(self.units.pop(0))
            case Outcome.UNCERTAIN if not self.band:  # else it was the band's, and still may be
                self.band.append(len(self.lots) - 1)

    def at_least_one_lot(self) -> None:
        if not self.lots:
            self.lots.append("")

    @property
    def by_lot(self) -> list[tuple[str, int]]:
        return [(self.lots[number], len(list(units))) for number, units in groupby(self.units)]

    @property
    def state(self) -> SlotState:
        if self.is_jammed:
            return SlotState.JAMMED
        return SlotState.OK if self.units or self.band else SlotState.EMPTY
