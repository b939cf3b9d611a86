"""A sealed report, as a value: what one day's counters say, in no order and without a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kiosk.core.values import ItemId, SlotId


@dataclass(frozen=True, slots=True)
class LotReport:
    """What was delivered of one lot with one funding source. *lot* is ``""`` when not known."""

    lot: str
    delivered: int
    doses: int
    funding: str


@dataclass(frozen=True, slots=True)
class SlotReport:
    """What happened in one slot with one item; *moved* are units by movement, each movement once."""

    slot: SlotId
    item: ItemId
    lots: tuple[LotReport, ...]
    moved: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One sealed report. *number* rises within one ledger; slots in which nothing happened are left out.

    *unavailable* are minutes in which no slot could give an item. *quarters* are units delivered by quarter of the
    day (0 is midnight to six) over a whole month: only the month's last report has them.
    """

    number: int
    day: date
    slots: tuple[SlotReport, ...]
    unavailable: tuple[tuple[ItemId, int], ...]
    quarters: tuple[tuple[ItemId, int, int], ...]
