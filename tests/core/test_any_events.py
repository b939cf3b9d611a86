"""Any events in any order, true or forged, told to core alone: what must never be ordered is never ordered."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

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
from kiosk.core.orders import CommitIntent, DebitAllowance, Order, RecordOutcome, StartTurn
from kiosk.core.situation import Rules, Situation, State
from kiosk.core.values import (
    GroupId,
    ItemId,
    ItemRule,
    Left,
    Outcome,
    Period,
    Refusal,
    SlotId,
    SlotState,
    SlotStock,
    TicketUnit,
    VendId,
)
from kiosk.core.vend import TABLE, Signal, decide, meaning, sense
from tests.core.making import ACCOUNT, CODE, ITEMS, KITS, NALOXONE, STOCK, STRIPS, TAG, UNKNOWN

EVENTS = 2000
GROUPS = (KITS, GroupId("thin"))
SOME = {**ITEMS, STRIPS: ItemRule(STRIPS, thin=True, group=GROUPS[1])}
SLOTS = tuple(stock.slot for stock in STOCK)
WANTED: tuple[ItemId, ...] = (*ITEMS, UNKNOWN)


class Chance:
    """Draws events: half of them any, half such as the state waits for, else hardly a vend would come to its end."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.rules = Rules(SOME, drop_sensor=self.dice.random() < 0.8, beam_down_refuses=self.dice.random() < 0.5)
        self._any: list[Callable[[], Event]] = [
            lambda: CodePresented(CODE),
            self.admitted,
            lambda: CodeRefused(self.dice.choice(list(Refusal))),
            self.chosen,
            lambda: TrialAsked(self.dice.choice((*SLOTS, SlotId("Z9")))),
            IntentCommitted,
            IntentFailed,
            OutcomeRecorded,
            self.ended,
            self.broken,
            BeamCleared,
            self.door,
            self.stock,
            lambda: SlotCounted(self.dice.choice(SLOTS)),
            RestEnded,
            DeadlinePassed,
        ]

    def event(self, situation: Situation) -> Event:
        if self.dice.random() < 0.01:
            return StopAsked()
        return self.dice.choice(self._any)() if self.dice.random() < 0.5 else self.awaited(situation)

    def awaited(self, situation: Situation) -> Event:
        awaited: dict[State, tuple[Event, ...]] = {
            State.READY: (self.chosen(), CodePresented(CODE), VisitLeft(), TrialAsked(self.dice.choice(SLOTS))),
            State.CHECKING: (self.admitted(), CodeRefused(Refusal.UNKNOWN_CODE)),
            State.CHOOSING: (self.chosen(), self.chosen(), VisitLeft()),
            State.RESERVING: (IntentCommitted(), IntentCommitted(), IntentFailed()),
            State.MOVING: (self.ended(situation),),
            State.SETTLING: (DeadlinePassed(), BeamBroken()),
            State.RECORDING: (OutcomeRecorded(),),
            State.STOPPED: (self.chosen(),),
        }
        return self.dice.choice(awaited[situation.state])

    def admitted(self) -> Event:
        if self.dice.random() < 0.4:
            groups = self.dice.sample(GROUPS, self.dice.randint(0, 2))
            left = tuple(Left(group, self.dice.randint(0, 2), self.dice.choice(list(Period))) for group in groups)
            return CodeAdmitted(None, (TicketUnit(0, None),), self.dice.choice((ACCOUNT, None)), left)
        items = [self.dice.choice((*WANTED, None)) for _ in range(self.dice.randint(0, 3))]
        return CodeAdmitted(TAG, tuple(TicketUnit(place, item) for place, item in enumerate(items)))

    def chosen(self) -> Event:
        return ItemChosen(self.dice.choice(WANTED), reserve=self.dice.random() < 0.3)

    def ended(self, situation: Situation | None = None) -> Event:
        slot = situation.vend.plan.slot if situation and situation.vend else self.dice.choice(SLOTS)
        return TurnEnded(slot, self.dice.choice(list(TurnResult)))

    def broken(self) -> Event:
        return BeamBroken(self.dice.random() < 0.7)

    def door(self) -> Event:
        return DoorOpened() if self.dice.random() < 0.2 else DoorClosed()

    def stock(self) -> Event:
        return StockChanged(tuple(self._changed(slot) for slot in STOCK if self.dice.random() < 0.9))

    def _changed(self, slot: SlotStock) -> SlotStock:
        state = self.dice.choice([SlotState.OK, SlotState.OK, SlotState.OK, *SlotState])
        return replace(slot, count=self.dice.randint(0, 3), uncertain=self.dice.randint(0, 2), state=state)


@dataclass
class Watcher:
    """Keeps its own account of what core was told and ordered, and holds every order against it."""

    rules: Rules
    last_intent: tuple[int, int] = (0, 0)
    intent: CommitIntent | None = None
    turning: SlotId | None = None
    dropped: bool = False
    started: set[VendId] = field(default_factory=set)
    recorded: set[VendId] = field(default_factory=set)

    def watch(self, before: Situation, event: Event, now: Situation, orders: tuple[Order, ...]) -> None:
        self._take_in(before, event)
        for order in orders:
            match order:
                case CommitIntent():
                    self._intent(order)
                case StartTurn(slot):
                    self._start(before, event, slot)
                case RecordOutcome():
                    self._record(before, event, order)
                case DebitAllowance():
                    self._debit(before, order, orders)
        self._look(before, now)

    def _take_in(self, before: Situation, event: Event) -> None:
        if isinstance(event, TurnEnded) and event.slot == self.turning:
            self.turning = None
        if event == BeamBroken(after_leaving=True) and before.state in (State.MOVING, State.SETTLING):
            self.dropped = True

    def _intent(self, order: CommitIntent) -> None:
        assert (order.vend, order.turn) > self.last_intent, "an intent was used before"
        if order.vend != self.last_intent[0]:
            self.dropped = False
        self.last_intent = order.vend, order.turn
        self.intent = order

    def _start(self, before: Situation, event: Event, slot: SlotId) -> None:
        assert self.turning is None, "a second motor"
        assert self.intent is not None, "one intent, two motor-ons"
        assert self.intent.slot == slot
        assert before.vend is not None
        assert before.visit is not None
        is_emergency = self.rules.items[before.vend.plan.item].emergency and not before.visit.is_test
        assert event == IntentCommitted() or (event == IntentFailed() and is_emergency), "no intent is durable"
        self.turning, self.intent = slot, None
        self.started.add(before.vend.number)

    def _record(self, before: Situation, event: Event, order: RecordOutcome) -> None:
        assert order.vend in self.started
        assert order.vend not in self.recorded, "a vend ended twice"
        assert self.turning is None, "an outcome while the motor is on"
        self.recorded.add(order.vend)
        if order.outcome is Outcome.DELIVERED and not self.dropped:
            assert before.vend is not None
            assert before.vend.blind
            assert event == TurnEnded(order.slot, TurnResult.CAME_HOME)

    def _debit(self, before: Situation, order: DebitAllowance, orders: tuple[Order, ...]) -> None:
        (recorded,) = [other for other in orders if isinstance(other, RecordOutcome)]
        assert recorded.outcome is Outcome.DELIVERED, "I4: an allowance was debited though nothing was delivered"
        assert before.visit
        assert order.account == before.visit.account
        assert orders.count(order) == 1

    def _look(self, before: Situation, now: Situation) -> None:
        assert now.state in set(State)
        assert now.deadline is None or now.state in (State.READY, State.CHOOSING, State.SETTLING)
        assert now.state is not State.READY or (now.deadline is None) == (now.said is None), "words stay for ever"
        if now.state in (State.READY, State.STOPPED):
            assert now.vend is None
            assert self.turning is None
            assert self.started == self.recorded, "a vend ended without a record"
        if before.state is State.STOPPED:
            assert now.state is State.STOPPED, "something began after the stop"


def live(seed: int) -> set[tuple[State, Signal]]:
    """Tell core a life's events under the watcher's eyes; the rows of the table that they went through."""
    chance, now = Chance(seed), 0.0
    situation, watcher, rows = Situation(stock=STOCK), Watcher(chance.rules), set()
    for _ in range(EVENTS):
        if situation.state is State.STOPPED and chance.dice.random() < 0.2:
            situation = Situation(stock=STOCK, next_vend=situation.next_vend)
        now += chance.dice.choice((0.0, 0.1, 1.0))
        event = chance.event(situation)
        sensed = sense(situation, event, chance.rules, now)
        rows.add((situation.state, meaning(sensed, event, chance.rules)))
        following, orders = decide(situation, event, chance.rules, now)
        watcher.watch(situation, event, following, orders)
        situation = following
    return rows


@pytest.mark.parametrize("seed", range(50))
def test_nothing_is_ordered_that_must_not_be_in_any_order_of_events(seed: int) -> None:
    live(seed)


def test_these_lives_go_through_every_row_of_the_table() -> None:
    left = set(TABLE)
    for seed in range(300):
        left -= live(seed)
        if not left:
            break

    assert left == set()


def test_the_watcher_sees_a_motor_that_nobody_intended() -> None:
    situation = Situation(stock=STOCK)

    with pytest.raises(AssertionError, match="one intent"):
        Watcher(Rules(ITEMS)).watch(situation, ItemChosen(NALOXONE), situation, (StartTurn(SLOTS[0]),))
