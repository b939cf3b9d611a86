"""What may be said of stock: what holds a slot back, whether its sensor and its count agree, and what is an alarm.

Only the unit in front of a coil can be given, so only it is judged. A disagreement is an alarm and never a guess: core
corrects no count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from kiosk.core.values import ItemId, ItemRule, SlotId, SlotState, SlotStock, Unfit


class AlarmCode(StrEnum):
    """What an operator must hear of, as the topics ``up/alarm/<code>/<slot>`` name it."""

    EMPTY = "empty"
    JAMMED = "jammed"
    COUNT_NEEDED = "count_needed"
    RECALLED = "recalled"
    EXPIRED = "expired"
    LEVEL_DIFFERS = "level_differs"


@dataclass(frozen=True, slots=True, order=True)
class Alarm:
    """One alarm of one slot; it lasts as long as its reason does."""

    code: AlarmCode
    slot: SlotId


def is_unfit(stock: SlotStock, today: date | None) -> bool:
    """Whether the unit that comes next is past its last good day; *today* None: the clock is not trusted."""
    return stock.expires is not None and today is not None and stock.expires < today


def judged(stock: SlotStock, today: date | None, items: Mapping[ItemId, ItemRule]) -> SlotStock:
    """The slot's stock, with what holds it back as its state.

    A recalled lot in front waits for a technician, even if it is for emergencies; so does one past its day if the
    programme blocks such units.
    """
    rule = items.get(stock.item)
    if stock.state is SlotState.MISSING:
        return stock
    if stock.recalled:
        return replace(stock, state=SlotState.RECALLED)
    if rule and rule.unfit is Unfit.BLOCK and is_unfit(stock, today):
        return replace(stock, state=SlotState.EXPIRED)
    return stock


def doubted(stock: Iterable[SlotStock], low: Collection[SlotId], levels: Mapping[SlotId, int]) -> frozenset[SlotId]:
    """The slots whose level sensor contradicts their count.

    *levels*: at how many units or fewer each sensor sees the coil low; *low*: the slots it sees low now.
    """
    return frozenset(s.slot for s in stock if s.slot in levels and _differs(s, s.slot in low, levels[s.slot]))


def alarms_of(stock: Iterable[SlotStock], today: date | None, doubts: Collection[SlotId]) -> tuple[Alarm, ...]:
    """All alarms that stock gives reason for. Of an uncertain count they look at the lower end."""
    return tuple(sorted(alarm for slot in stock for alarm in _alarms(slot, today, doubts)))


def _differs(stock: SlotStock, is_low: bool, level: int) -> bool:
    return stock.count > level if is_low else stock.count + stock.uncertain <= level


def _alarms(stock: SlotStock, today: date | None, doubts: Collection[SlotId]) -> Iterator[Alarm]:
    if stock.count == 0:
        yield Alarm(AlarmCode.EMPTY, stock.slot)
    if stock.state in _STATES:
        yield Alarm(_STATES[stock.state], stock.slot)
    if stock.state is not SlotState.EXPIRED and is_unfit(stock, today):
        yield Alarm(AlarmCode.EXPIRED, stock.slot)
    if stock.slot in doubts:
        yield Alarm(AlarmCode.LEVEL_DIFFERS, stock.slot)


_STATES = {
    SlotState.JAMMED: AlarmCode.JAMMED,
    SlotState.COUNT_NEEDED: AlarmCode.COUNT_NEEDED,
    SlotState.RECALLED: AlarmCode.RECALLED,
    SlotState.EXPIRED: AlarmCode.EXPIRED,
}
