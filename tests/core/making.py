"""A small cabinet for tests of core, its rules, and a way to tell core what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from kiosk.core.events import (
    BeamBroken,
    BeamCleared,
    CodeAdmitted,
    CodePresented,
    CodeRefused,
    DeadlinePassed,
    DoorClosed,
    DoorOpened,
    Event,
    IntentCommitted,
    IntentFailed,
    ItemChosen,
    LedgerOpened,
    OutcomeRecorded,
    RestEnded,
    SlotCounted,
    StockChanged,
    StopAsked,
    TrialAsked,
    TurnEnded,
    TurnResult,
    VisitLeft,
)
from kiosk.core.limits import Tally
from kiosk.core.orders import Order
from kiosk.core.pacing import Pace
from kiosk.core.situation import FIRST_VEND, Rules, Situation
from kiosk.core.values import (
    Account,
    GroupId,
    ItemId,
    ItemRule,
    Left,
    Period,
    Refusal,
    Secret,
    SlotId,
    SlotState,
    SlotStock,
    Tag,
    TicketUnit,
)
from kiosk.core.vend import decide
from kiosk.core.visits import visit_of

NOW = 1000.0
TAG = Tag(b"t" * 16)
ACCOUNT = Account(b"a" * 16)
CODE = Secret("H1TEST")

NALOXONE, KIT, STRIPS, CONDOMS, UNKNOWN = map(ItemId, ("naloxone", "kit", "strips", "condoms", "unknown"))
KITS = GroupId("kits")
A1, A2, B1, B2, C1, D1 = map(SlotId, ("A1", "A2", "B1", "B2", "C1", "D1"))

ITEMS = {
    NALOXONE: ItemRule(NALOXONE, free=True, emergency=True),
    KIT: ItemRule(KIT, group=KITS),
    STRIPS: ItemRule(STRIPS, free=True, thin=True),
    CONDOMS: ItemRule(CONDOMS, free=True),
}
RULES = Rules(ITEMS)


def stock_of(
    slot: SlotId,
    item: ItemId,
    count: int = 5,
    *,
    uncertain: int = 0,
    state: SlotState = SlotState.OK,
    expires: date | None = None,
    recalled: bool = False,
) -> SlotStock:
    return SlotStock(slot, item, count, uncertain, 10, state, expires=expires, recalled=recalled)


STOCK = (
    stock_of(A1, NALOXONE),
    stock_of(A2, NALOXONE),
    stock_of(B1, KIT),
    stock_of(B2, KIT),
    stock_of(C1, STRIPS),
    stock_of(D1, CONDOMS),
)


def stocked(*slots: SlotStock) -> Situation:
    return Situation(stock=slots)


def ticket(*items: ItemId | None) -> CodeAdmitted:
    return CodeAdmitted(TAG, tuple(TicketUnit(place, item) for place, item in enumerate(items)))


def opened(kits: int = 2, per: Period = Period.WEEK, account: Account | None = ACCOUNT) -> CodeAdmitted:
    """A pass that still gives so many kits."""
    return CodeAdmitted(None, (TicketUnit(0, None),), account, (Left(KITS, kits, per),))


def tell(
    situation: Situation, *events: Event, rules: Rules = RULES, now: float = NOW
) -> tuple[Situation, tuple[Order, ...]]:
    """Tell core what happened, one after another: where it stands then, and its last orders."""
    orders: tuple[Order, ...] = ()
    for event in events:
        situation, orders = decide(situation, event, rules, now)
    return situation, orders


def after(situation: Situation, *events: Event, rules: Rules = RULES, now: float = NOW) -> Situation:
    return tell(situation, *events, rules=rules, now=now)[0]


HOME_D1 = TurnEnded(D1, TurnResult.CAME_HOME)
HOMED_D1 = TurnEnded(D1, TurnResult.HOMED)

# one situation in each state: a person without a code wants condoms, which stand in D1 alone
READY = Situation(stock=STOCK)
AT_OPEN_DOOR = after(READY, DoorOpened())
CHECKING = after(READY, CodePresented(CODE))
CHOOSING = after(CHECKING, ticket(None))
RESERVING = after(READY, ItemChosen(CONDOMS))
MOVING = after(RESERVING, IntentCommitted())
SETTLING = after(MOVING, HOME_D1)
RECORDING = after(SETTLING, BeamBroken())
STOPPED = after(READY, StopAsked())

HOMED = after(MOVING, HOMED_D1)
RESERVING_AGAIN = after(HOMED, DeadlinePassed())
MOVING_AGAIN = after(RESERVING_AGAIN, IntentCommitted())
BLIND = after(READY, BeamBroken(), ItemChosen(CONDOMS), IntentCommitted())
HALF_BLIND = after(after(BLIND, BeamCleared(), now=NOW + 1), HOME_D1, now=NOW + 1)
HURRIED = replace(READY, pace=Pace((), NOW + 1))
COOLING = replace(READY, tally=Tally(cooling_until=NOW + 1))
ONLY_RESERVE = after(READY, StockChanged((stock_of(A1, NALOXONE, 1), *STOCK[2:])))
EMERGENCY = after(READY, ItemChosen(NALOXONE))
VISITING = after(CHECKING, opened())
USED_UP = replace(VISITING, visit=visit_of(opened(0)))
GIVING_TWO = after(CHECKING, ticket(KIT, CONDOMS), IntentCommitted(), TurnEnded(B1, TurnResult.CAME_HOME), BeamBroken())

KIT_CAME = after(VISITING, ItemChosen(KIT), IntentCommitted(), TurnEnded(B1, TurnResult.CAME_HOME), BeamBroken())

STATES = (READY, CHECKING, CHOOSING, RESERVING, MOVING, SETTLING, RECORDING, STOPPED)

# every kind of event, in every way that means something of its own
EVENTS: tuple[Event, ...] = (
    CodePresented(CODE),
    ticket(KIT),
    ticket(UNKNOWN),
    ticket(None),
    ticket(),
    opened(),
    opened(0),
    VisitLeft(),
    CodeRefused(Refusal.USED_CODE),
    ItemChosen(CONDOMS),
    ItemChosen(KIT),
    ItemChosen(NALOXONE),
    ItemChosen(UNKNOWN),
    TrialAsked(D1),
    TrialAsked(SlotId("Z9")),
    IntentCommitted(),
    IntentFailed(),
    OutcomeRecorded(),
    *(TurnEnded(D1, result) for result in TurnResult),
    TurnEnded(A1, TurnResult.CAME_HOME),
    BeamBroken(),
    BeamBroken(after_leaving=False),
    BeamCleared(),
    DoorOpened(),
    DoorClosed(),
    StockChanged(()),
    SlotCounted(D1),
    RestEnded(),
    LedgerOpened(FIRST_VEND),
    DeadlinePassed(),
    StopAsked(),
)
