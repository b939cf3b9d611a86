"""All that core knows at one instant, as frozen values, and the questions that can be asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from kiosk.core.events import TurnResult
from kiosk.core.limits import NOTHING, USUAL, Limits, Tally, gives_nothing, is_only_reserve, state_of
from kiosk.core.pacing import UNHURRIED, Pace
from kiosk.core.stock import is_unfit
from kiosk.core.values import (
    Account,
    ItemId,
    ItemRule,
    Left,
    Motion,
    Outcome,
    Reason,
    Refusal,
    SlotId,
    SlotState,
    SlotStock,
    Tag,
    TicketUnit,
    Unfit,
    VendId,
)

FIRST_VEND = VendId(1)


class State(StrEnum):
    """Where the kiosk stands; the table in ``vend.py`` lists every way from one to the next."""

    READY = "ready"
    CHECKING = "checking"
    CHOOSING = "choosing"
    RESERVING = "reserving"
    MOVING = "moving"
    SETTLING = "settling"
    RECORDING = "recording"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration says about deciding. Times in seconds."""

    items: Mapping[ItemId, ItemRule]
    levels: Mapping[SlotId, int] = field(default_factory=dict)  # at how many units a slot's sensor sees it low
    sensorless: frozenset[SlotId] = frozenset()  # the drop sensor does not reach under them
    drop_sensor: bool = True
    beam_down_refuses: bool = False
    drop_window_s: float = 3.0  # a hot-drink cup sensor of Crane waits as long after the motor stopped
    homing_window_s: float = 1.0  # falling 1.5 m takes 0.55 s
    earliest_drop_s: float = 0.3  # nothing can fall into the beam sooner after the motor went on; judgement
    beam_down_s: float = 0.5  # an item passes the beam in under 0.1 s
    choose_s: float = 45.0
    choose_more_s: float = 25.0  # and for another, once one came: whoever comes next must not go on with it
    taken_shown_s: float = 10.0  # then the screen is somebody else's: nobody reads what the last person took
    said_shown_s: float = 20.0  # time to read two short sentences twice
    limits: Limits = USUAL


@dataclass(frozen=True, slots=True)
class Plan:
    """The next vend: which unit of the visit, from which slot."""

    unit: TicketUnit
    item: ItemId
    slot: SlotId


@dataclass(frozen=True, slots=True)
class Visit:
    """What one person may still get by one act; ``visits.py`` has the rules.

    *left* and *account* are the admitted code's. *goes_on*: the person may choose again after each item that came.
    Its representation does not show whose it is.
    """

    units: tuple[TicketUnit, ...]
    tag: Tag | None = field(repr=False, default=None)
    account: Account | None = field(repr=False, default=None)
    left: tuple[Left, ...] = ()
    goes_on: bool = False
    tried: tuple[SlotId, ...] = ()  # slots that failed in this visit are not tried twice
    further_try: bool = True  # one a visit; more would let a hand above the beam empty the coils of anything else
    is_test: bool = False  # a technician's: counted apart, and never tried again

    @property
    def person_chooses(self) -> bool:
        """Whether the next unit is one of the person's choice."""
        return bool(self.units) and self.units[0].item is None


@dataclass(frozen=True, slots=True)
class Vend:
    """One vend on its way. *turn* counts turns and nudges from 1, *nudges* those of them that are nudges.

    *blind*: no drop could be seen from its start; *half_blind*: for a part of it. *since* is when its motor went on.
    *disturbed*: the door was opened meanwhile, or the service was asked to end.
    """

    number: VendId
    plan: Plan
    turn: int = 1
    blind: bool = False
    half_blind: bool = False
    disturbed: bool = False
    since: float = 0.0
    nudges: int = 0
    motion: Motion = Motion.TURN
    dropped: bool = False
    result: TurnResult | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How the last vend ended, for the person."""

    item: ItemId
    slot: SlotId
    outcome: Outcome
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything core knows. *deadline* is in the seconds of the caller's monotonic clock; *stock* is the ledger's."""

    state: State = State.READY
    next_vend: VendId = FIRST_VEND
    visit: Visit | None = None
    vend: Vend | None = None
    stock: tuple[SlotStock, ...] = ()
    today: date | None = None  # None: nobody has set the clock, so nothing is past its last good day
    doubts: frozenset[SlotId] = frozenset()  # slots whose level sensor contradicts their count
    beam_broken_at: float | None = None  # None: the beam is whole
    beam_is_down: bool = False  # broken for longer than a falling item takes
    unsettled_until: float = 0.0  # so long something may still fall of a vend whose end could not be waited for
    is_unsettled: bool = False
    door_is_open: bool = False
    stopping: bool = False
    wanted: ItemId | None = None  # an emergency item asked for during another item's vend: it comes next
    deadline: float | None = None
    said: Refusal | Ending | None = None  # forgotten after a while, so that it is nobody else's to read
    tally: Tally = NOTHING
    pace: Pace = UNHURRIED
    codes_wait: bool = False  # too many unknown ones were presented


def beam_sees(plan: Plan, situation: Situation, rules: Rules) -> bool:
    """Whether a drop of this item from this slot would be seen; if not, coming home counts as delivered."""
    return can_be_seen(plan, rules) and situation.beam_broken_at is None


def can_be_seen(plan: Plan, rules: Rules) -> bool:
    """Whether a whole beam would see this item fall from this slot."""
    return rules.drop_sensor and not rules.items[plan.item].thin and plan.slot not in rules.sensorless


def beam_forbids(rule: ItemRule, situation: Situation, rules: Rules) -> bool:
    """Whether a beam that is down stops this item: never an emergency item."""
    cannot_see = situation.beam_is_down or not rules.drop_sensor
    return rules.beam_down_refuses and cannot_see and not (rule.emergency or rule.thin)


def gives_emergency(situation: Situation, rules: Rules) -> bool:
    """Whether the vend that is on brings somebody an emergency item; a technician's test does not."""
    vend, visit = situation.vend, situation.visit
    return vend is not None and rules.items[vend.plan.item].emergency and not (visit is not None and visit.is_test)


def next_plan(situation: Situation, visit: Visit, rules: Rules) -> Plan | None:
    """The first unit of *visit* that some slot can give now; None when there is none."""
    for unit in visit.units:
        if unit.item is not None and (slot := choose_slot(situation, unit.item, visit.tried, rules)):
            return Plan(unit, unit.item, slot)
    return None


def choose_slot(situation: Situation, item: ItemId, tried: tuple[SlotId, ...], rules: Rules) -> SlotId | None:
    """The slot to give *item* from, or None.

    Units that are good before those past their day if the item's rule is ``last``, certain units before uncertain
    ones, then the earliest expiry in front, then the configuration's order.
    For emergency items counts and jams are hints only: what failed last comes last, but is tried.
    """
    rule = rules.items.get(item)
    # a door switch stuck open must not stop emergency items
    if rule is None or (situation.door_is_open and not rule.emergency):
        return None
    stock = [each for each in stock_of(situation, item, rules) if each.slot not in tried and _is_usable(each, rule)]
    needs_no_beam = rules.sensorless if beam_forbids(rule, situation, rules) else {each.slot for each in stock}
    slots = [each for each in stock if each.slot in needs_no_beam]
    return min(slots, key=lambda each: _preference(each, rule, situation, rules)).slot if slots else None


def stock_now(situation: Situation, rules: Rules) -> tuple[SlotStock, ...]:
    """The ledger's stock, each slot in the state that the limits leave it."""
    return tuple(_limited(stock, situation, rules) for stock in situation.stock)


def stock_of(situation: Situation, item: ItemId, rules: Rules) -> tuple[SlotStock, ...]:
    """The slots of one item as they are now."""
    return tuple(_limited(stock, situation, rules) for stock in situation.stock if stock.item == item)


def can_be_given(situation: Situation, rules: Rules) -> frozenset[ItemId]:
    """The items that some slot can give now, to whoever may have them."""
    there = frozenset(item for item in rules.items if choose_slot(situation, item, (), rules))
    return there - cooling(situation, rules)


def cooling(situation: Situation, rules: Rules) -> frozenset[ItemId]:
    """The emergency items that some slot can give, but not before the cooldown is over."""
    if situation.tally.cooling_until is None:
        return frozenset()
    emergency = (item for item, rule in rules.items.items() if rule.emergency)
    return frozenset(item for item in emergency if choose_slot(situation, item, (), rules))


def reserved(situation: Situation, rules: Rules) -> frozenset[ItemId]:
    """The emergency items of which the reserve is left: they are given to whoever asks from the overdose page."""
    emergency = (item for item, rule in rules.items.items() if rule.emergency)
    return frozenset(item for item in emergency if is_only_reserve(stock_of(situation, item, rules), rules.limits))


def _limited(stock: SlotStock, situation: Situation, rules: Rules) -> SlotStock:
    rule = rules.items.get(stock.item)
    emergency = rule is not None and rule.emergency
    state = state_of(stock, situation.tally, rules.limits, emergency=emergency)
    return stock if state is stock.state else replace(stock, state=state)  # asked at every step, and hardly ever so


def _is_usable(stock: SlotStock, rule: ItemRule) -> bool:
    if rule.emergency:
        return stock.state not in (SlotState.MISSING, SlotState.RECALLED, SlotState.EXPIRED)
    return stock.state is SlotState.OK and stock.count + stock.uncertain > 0


def _preference(stock: SlotStock, rule: ItemRule, situation: Situation, rules: Rules) -> tuple[bool | date, ...]:
    has_failed = stock.state in (SlotState.JAMMED, SlotState.BLOCKED) or gives_nothing(
        stock.slot, situation.tally, rules.limits
    )
    comes_last = rule.unfit is Unfit.LAST and is_unfit(stock, situation.today)
    is_sure = stock.state is SlotState.OK and stock.count > 0
    is_empty = stock.count + stock.uncertain == 0
    return (has_failed, comes_last, not is_sure, is_empty, stock.expires or date.max)
