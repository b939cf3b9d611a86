"""A sealed report, as a value: what one day's counters say, in no order and without a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kiosk.core.values import ItemId, Period, SlotId

FEWEST_PASSES = 11  # that a report tells of: reports to the public hide counts of 1 to 10


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
class PeriodNews:
    """What became of the allowances' counters: the first days of periods that *begin*, those that began *without* any.

    *used* are the passes for which something was delivered in the counting period that *has_ended*; None: fewer than
    11.
    """

    without: frozenset[Period] = frozenset()
    begin: tuple[tuple[Period, date], ...] = ()
    has_ended: bool = False
    used: int | None = None


@dataclass(frozen=True, slots=True)
class PassReport:
    """What a report says of passes: *used* as in ``PeriodNews``; *lost*: how often a power cut took the counters."""

    has_ended: bool
    used: int | None
    lost: int


@dataclass(frozen=True, slots=True)
class Report:
    """One sealed report. *number* rises within one ledger; slots in which nothing happened are left out.

    *unavailable* are minutes in which no slot could give an item. *quarters* are units delivered by quarter of the
    day (0 is midnight to six) over a whole month: only the month's last report has them. *passes*: only if there is
    something to say.
    """

    number: int
    day: date
    slots: tuple[SlotReport, ...]
    unavailable: tuple[tuple[ItemId, int], ...]
    quarters: tuple[tuple[ItemId, int, int], ...]
    passes: PassReport | None = None
