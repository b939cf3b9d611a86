"""A technician's test turn: of the slot named, counted apart, and never the start of anything else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.core.events import (
    BeamBroken,
    DeadlinePassed,
    DoorOpened,
    IntentCommitted,
    IntentFailed,
    ItemChosen,
    OutcomeRecorded,
    StockChanged,
    TrialAsked,
    TurnEnded,
    TurnResult,
)
from kiosk.core.orders import CommitIntent, RecordOutcome, Refuse, StartTurn
from kiosk.core.situation import Situation, State
from kiosk.core.values import Outcome, Refusal, SlotId, SlotState, SlotStock, VendId
from tests.core.making import A1, A2, B1, CONDOMS, D1, HOME_D1, KIT, NALOXONE, READY, after, stock_of, tell

TESTING = after(READY, TrialAsked(D1), IntentCommitted())


def ended(situation: Situation, slot: SlotId, *events: object) -> tuple[Situation, RecordOutcome]:
    following, orders = tell(situation, *events)  # type: ignore[arg-type]
    (order,) = orders
    assert isinstance(order, RecordOutcome)
    assert order.slot == slot
    return following, order


def test_a_test_turn_has_its_durable_intent_before_its_motor() -> None:
    reserving, orders = tell(READY, TrialAsked(B1))

    assert orders == (CommitIntent(VendId(1), 1, B1, None, 0),)
    assert tell(reserving, IntentCommitted())[1] == (StartTurn(B1),)


def test_a_test_turn_is_made_at_an_open_door() -> None:
    assert after(READY, DoorOpened(), TrialAsked(D1), IntentCommitted()).state is State.MOVING


@pytest.mark.parametrize("state", [state for state in SlotState if state is not SlotState.MISSING])
def test_a_slot_is_tested_in_whatever_state_it_is(state: SlotState) -> None:
    situation = after(READY, StockChanged((stock_of(B1, KIT, 0, state=state),)))

    assert after(situation, TrialAsked(B1)).state is State.RESERVING


def test_a_slot_that_is_missing_cannot_be_tested() -> None:
    situation = after(READY, StockChanged((stock_of(B1, KIT, state=SlotState.MISSING),)))

    assert tell(situation, TrialAsked(B1))[1] == (Refuse(Refusal.NOT_STOCKED),)


def test_a_test_turn_that_gives_is_recorded_as_a_test() -> None:
    _, order = ended(TESTING, D1, BeamBroken(), HOME_D1)

    assert (order.outcome, order.is_test) == (Outcome.DELIVERED, True)


def test_a_persons_vend_is_no_test() -> None:
    _, order = ended(after(READY, ItemChosen(CONDOMS), IntentCommitted()), D1, BeamBroken(), HOME_D1)

    assert not order.is_test


@pytest.mark.parametrize("slot", [A1, B1])
def test_a_test_turn_that_gives_nothing_is_not_tried_from_another_slot(slot: SlotId) -> None:
    testing = after(READY, TrialAsked(slot), IntentCommitted())

    following, _ = ended(testing, slot, TurnEnded(slot, TurnResult.CAME_HOME), DeadlinePassed())

    assert after(following, OutcomeRecorded()).state is State.READY


def test_nothing_is_said_to_people_about_a_test() -> None:
    following, _ = ended(TESTING, D1, BeamBroken(), HOME_D1)

    assert after(following, OutcomeRecorded()).said is None


def test_an_emergency_during_a_test_comes_next() -> None:
    following, _ = ended(after(TESTING, ItemChosen(NALOXONE)), D1, BeamBroken(), HOME_D1)

    assert tell(following, OutcomeRecorded())[1] == (CommitIntent(VendId(2), 1, A1, None, 0),)


def test_an_emergency_during_a_test_of_an_emergency_slot_comes_next_too() -> None:
    testing = after(READY, TrialAsked(A2), IntentCommitted(), ItemChosen(NALOXONE))

    following, _ = ended(testing, A2, TurnEnded(A2, TurnResult.CAME_HOME), DeadlinePassed())

    assert tell(following, OutcomeRecorded())[1] == (CommitIntent(VendId(2), 1, A1, None, 0),)


def test_a_test_that_is_refused_says_nothing_to_people() -> None:
    assert after(READY, TrialAsked(SlotId("Z9"))) == READY


@pytest.mark.parametrize("stock", [stock_of(B1, KIT, recalled=True), stock_of(B1, KIT)])
def test_a_missing_slot_stays_missing_whatever_else_is_the_matter(stock: SlotStock) -> None:
    situation = after(READY, StockChanged((replace(stock, state=SlotState.MISSING),)))

    assert situation.stock[0].state is SlotState.MISSING
    assert tell(situation, TrialAsked(B1))[1] == (Refuse(Refusal.NOT_STOCKED),)


def test_a_test_of_an_emergency_item_waits_for_a_ledger_that_can_take_it() -> None:
    reserving = after(READY, TrialAsked(A2))

    following, orders = tell(reserving, IntentFailed())

    assert (following.state, orders) == (State.READY, (Refuse(Refusal.STORAGE),))


def test_a_test_in_the_middle_of_a_vend_changes_nothing() -> None:
    moving = after(READY, ItemChosen(CONDOMS), IntentCommitted())

    assert after(moving, TrialAsked(B1)) == replace(moving)
