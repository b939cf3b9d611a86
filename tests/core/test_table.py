"""The table of the vend, row by row and gap by gap. The rows are written down once more, on purpose: two must agree."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from kiosk.core.events import (
    BeamBroken,
    BeamCleared,
    CodePresented,
    CodeRefused,
    DeadlinePassed,
    DoorOpened,
    Event,
    IntentCommitted,
    IntentFailed,
    ItemChosen,
    OutcomeRecorded,
    StopAsked,
    TrialAsked,
    TurnEnded,
    TurnResult,
    VisitLeft,
)
from kiosk.core.orders import NoteUnlisted
from kiosk.core.situation import Situation, State
from kiosk.core.values import Refusal, SlotId
from kiosk.core.vend import TABLE, Signal, meaning, sense
from tests.core.making import (
    AT_OPEN_DOOR,
    BLIND,
    CHECKING,
    CHOOSING,
    CODE,
    CONDOMS,
    COOLING,
    D1,
    EMERGENCY,
    EVENTS,
    GIVING_TWO,
    HALF_BLIND,
    HOME_D1,
    HOMED,
    HOMED_D1,
    HURRIED,
    KIT,
    KIT_CAME,
    MOVING,
    NALOXONE,
    NOW,
    ONLY_RESERVE,
    READY,
    RECORDING,
    RESERVING,
    RESERVING_AGAIN,
    RULES,
    SETTLING,
    STATES,
    UNKNOWN,
    USED_UP,
    after,
    opened,
    tell,
    ticket,
)


def at(limited: Situation, elsewhere: Situation) -> Situation:
    """The situation *elsewhere*, with what stands and what is remembered in *limited*."""
    return replace(elsewhere, stock=limited.stock, tally=limited.tally)


ROWS: list[tuple[Situation, Event, State, Signal, State]] = [
    (READY, CodePresented(CODE), State.READY, Signal.CODE_PRESENTED, State.CHECKING),
    (AT_OPEN_DOOR, CodePresented(CODE), State.READY, Signal.CODE_AT_OPEN_DOOR, State.READY),
    (HURRIED, CodePresented(CODE), State.READY, Signal.CODE_TOO_SOON, State.READY),
    (READY, ItemChosen(CONDOMS), State.READY, Signal.ITEM_CHOSEN, State.RESERVING),
    (READY, ItemChosen(KIT), State.READY, Signal.ITEM_LOCKED, State.READY),
    (AT_OPEN_DOOR, ItemChosen(CONDOMS), State.READY, Signal.ITEM_AT_OPEN_DOOR, State.READY),
    (READY, ItemChosen(UNKNOWN), State.READY, Signal.ITEM_NOT_STOCKED, State.READY),
    (COOLING, ItemChosen(NALOXONE), State.READY, Signal.ITEM_COOLING, State.READY),
    (ONLY_RESERVE, ItemChosen(NALOXONE), State.READY, Signal.ITEM_RESERVED, State.READY),
    (READY, TrialAsked(D1), State.READY, Signal.TEST_ASKED, State.RESERVING),
    (READY, TrialAsked(SlotId("Z9")), State.READY, Signal.TEST_IMPOSSIBLE, State.READY),
    (AT_OPEN_DOOR, DeadlinePassed(), State.READY, Signal.SAID_LONG_ENOUGH, State.READY),
    (AT_OPEN_DOOR, VisitLeft(), State.READY, Signal.VISIT_LEFT, State.READY),
    (READY, StopAsked(), State.READY, Signal.STOP_ASKED, State.STOPPED),
    (CHECKING, ticket(KIT), State.CHECKING, Signal.GIFT_ADMITTED, State.RESERVING),
    (CHECKING, ticket(UNKNOWN), State.CHECKING, Signal.GIFT_NOT_STOCKED, State.READY),
    (CHECKING, ticket(None), State.CHECKING, Signal.CHOICE_ADMITTED, State.CHOOSING),
    (CHECKING, opened(0), State.CHECKING, Signal.CODE_USED_UP, State.READY),
    (CHECKING, CodeRefused(Refusal.USED_CODE), State.CHECKING, Signal.CODE_REFUSED, State.READY),
    (CHOOSING, ItemChosen(KIT), State.CHOOSING, Signal.ITEM_CHOSEN, State.RESERVING),
    (CHOOSING, ItemChosen(UNKNOWN), State.CHOOSING, Signal.ITEM_NOT_STOCKED, State.CHOOSING),
    (USED_UP, ItemChosen(KIT), State.CHOOSING, Signal.ITEM_LIMITED, State.CHOOSING),
    (CHOOSING, VisitLeft(), State.CHOOSING, Signal.VISIT_LEFT, State.READY),
    (at(COOLING, CHOOSING), ItemChosen(NALOXONE), State.CHOOSING, Signal.ITEM_COOLING, State.CHOOSING),
    (at(ONLY_RESERVE, CHOOSING), ItemChosen(NALOXONE), State.CHOOSING, Signal.ITEM_RESERVED, State.CHOOSING),
    (CHOOSING, CodePresented(CODE), State.CHOOSING, Signal.CODE_PRESENTED, State.CHECKING),
    (CHOOSING, DeadlinePassed(), State.CHOOSING, Signal.CHOICE_OVER, State.READY),
    (CHOOSING, DoorOpened(), State.CHOOSING, Signal.DOOR_OPENED, State.READY),
    (CHOOSING, StopAsked(), State.CHOOSING, Signal.STOP_ASKED, State.STOPPED),
    (RESERVING, IntentCommitted(), State.RESERVING, Signal.INTENT_COMMITTED, State.MOVING),
    (EMERGENCY, IntentFailed(), State.RESERVING, Signal.INTENT_FAILED_EMERGENCY, State.MOVING),
    (RESERVING, IntentFailed(), State.RESERVING, Signal.INTENT_FAILED, State.READY),
    (RESERVING_AGAIN, IntentFailed(), State.RESERVING, Signal.INTENT_FAILED_AGAIN, State.RECORDING),
    (MOVING, BeamBroken(), State.MOVING, Signal.DROP_SEEN, State.MOVING),
    (MOVING, BeamBroken(after_leaving=False), State.MOVING, Signal.BEAM_LOST, State.MOVING),
    (BLIND, BeamCleared(), State.MOVING, Signal.BEAM_CLEARED, State.MOVING),
    (MOVING, ItemChosen(NALOXONE), State.MOVING, Signal.EMERGENCY_WANTED, State.MOVING),
    (SETTLING, ItemChosen(NALOXONE), State.SETTLING, Signal.EMERGENCY_WANTED, State.SETTLING),
    (at(COOLING, MOVING), ItemChosen(NALOXONE), State.MOVING, Signal.ITEM_COOLING, State.MOVING),
    (at(ONLY_RESERVE, MOVING), ItemChosen(NALOXONE), State.MOVING, Signal.ITEM_RESERVED, State.MOVING),
    (MOVING, DoorOpened(), State.MOVING, Signal.DOOR_OPENED, State.MOVING),
    (MOVING, StopAsked(), State.MOVING, Signal.STOP_ASKED, State.MOVING),
    (after(MOVING, BeamBroken()), HOME_D1, State.MOVING, Signal.TURN_DELIVERED, State.RECORDING),
    (MOVING, HOME_D1, State.MOVING, Signal.TURN_CAME_HOME, State.SETTLING),
    (MOVING, HOMED_D1, State.MOVING, Signal.TURN_HOMED, State.SETTLING),
    (MOVING, TurnEnded(D1, TurnResult.JAMMED), State.MOVING, Signal.TURN_JAMMED, State.SETTLING),
    (MOVING, TurnEnded(D1, TurnResult.NEVER_LEFT), State.MOVING, Signal.TURN_FAILED, State.RECORDING),
    (MOVING, TurnEnded(D1, TurnResult.CUT_AWAY), State.MOVING, Signal.TURN_LOST, State.RECORDING),
    (SETTLING, BeamBroken(), State.SETTLING, Signal.DROP_SEEN, State.RECORDING),
    (HOMED, BeamBroken(after_leaving=False), State.SETTLING, Signal.BEAM_LOST, State.SETTLING),
    (HOMED, BeamCleared(), State.SETTLING, Signal.BEAM_CLEARED, State.SETTLING),
    (SETTLING, DeadlinePassed(), State.SETTLING, Signal.WINDOW_OVER, State.RECORDING),
    (HALF_BLIND, DeadlinePassed(), State.SETTLING, Signal.WINDOW_OVER_HALF_BLIND, State.RECORDING),
    (HOMED, DeadlinePassed(), State.SETTLING, Signal.WINDOW_OVER_HOMED, State.RESERVING),
    (at(COOLING, SETTLING), ItemChosen(NALOXONE), State.SETTLING, Signal.ITEM_COOLING, State.SETTLING),
    (at(ONLY_RESERVE, SETTLING), ItemChosen(NALOXONE), State.SETTLING, Signal.ITEM_RESERVED, State.SETTLING),
    (SETTLING, DoorOpened(), State.SETTLING, Signal.DOOR_OPENED, State.RECORDING),
    (SETTLING, StopAsked(), State.SETTLING, Signal.STOP_ASKED, State.RECORDING),
    (GIVING_TWO, OutcomeRecorded(), State.RECORDING, Signal.OUTCOME_NEXT, State.RESERVING),
    (KIT_CAME, OutcomeRecorded(), State.RECORDING, Signal.OUTCOME_CHOOSE, State.CHOOSING),
    (RECORDING, OutcomeRecorded(), State.RECORDING, Signal.OUTCOME_LAST, State.READY),
    (after(RECORDING, StopAsked()), OutcomeRecorded(), State.RECORDING, Signal.OUTCOME_STOPPING, State.STOPPED),
]


def _is_listed(situation: Situation, event: Event) -> bool:
    return (situation.state, meaning(sense(situation, event, RULES, NOW), event, RULES)) in TABLE


GAPS = [(situation, event) for situation in STATES for event in EVENTS if not _is_listed(situation, event)]


@pytest.mark.parametrize(("situation", "event", "state", "signal", "then"), ROWS, ids=lambda value: str(value)[:24])
def test_each_row_leads_where_it_says(
    situation: Situation, event: Event, state: State, signal: Signal, then: State
) -> None:
    assert situation.state is state
    assert meaning(sense(situation, event, RULES, NOW), event, RULES) is signal

    following, orders = tell(situation, event)

    assert following.state is then
    assert not any(isinstance(order, NoteUnlisted) for order in orders)


def test_every_row_of_the_table_is_tried() -> None:
    assert {(state, signal) for _, _, state, signal, _ in ROWS} == set(TABLE)


def test_every_state_and_every_kind_of_event_is_tried() -> None:
    assert {situation.state for situation in STATES} == set(State)
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize(("situation", "event"), GAPS, ids=lambda value: str(value)[:60])
def test_a_pair_that_is_not_listed_changes_nothing_and_is_noted(situation: Situation, event: Event) -> None:
    signal = meaning(sense(situation, event, RULES, NOW), event, RULES)

    following, orders = tell(situation, event)

    assert _decided(following) == _decided(situation)
    assert orders == (() if signal is Signal.NOTHING else (NoteUnlisted(situation.state, signal),))


def test_what_only_has_to_be_sensed_means_nothing_in_any_state() -> None:
    silent = {type(event).__name__ for situation, event in GAPS if tell(situation, event)[1] == ()}

    assert silent == {
        "BeamBroken",  # with no vend
        "BeamCleared",
        "DoorClosed",
        "LedgerOpened",
        "OutcomeRecorded",  # of no vend
        "RestEnded",
        "SlotCounted",
        "StockChanged",
        "TurnEnded",  # of a slot that no vend turns
    }


def _decided(situation: Situation) -> tuple[object, ...]:
    return (
        situation.state,
        situation.next_vend,
        situation.visit,
        situation.vend,
        situation.deadline,
        situation.said,
    )
