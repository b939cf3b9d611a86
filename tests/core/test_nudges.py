"""A turn that let nothing fall: the coil is nudged, and what hangs in it may still come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.core.events import (
    BeamBroken,
    BeamCleared,
    DeadlinePassed,
    DoorOpened,
    Event,
    IntentCommitted,
    IntentFailed,
    ItemChosen,
    OutcomeRecorded,
    StockChanged,
    TrialAsked,
    TurnEnded,
    TurnResult,
)
from kiosk.core.orders import CommitIntent, RecordOutcome, StartTurn
from kiosk.core.situation import Ending, Rules, Situation, State
from kiosk.core.values import ItemRule, Motion, Outcome, Reason, SlotId
from tests.core.making import A1, A2, CONDOMS, D1, ITEMS, NALOXONE, NOW, READY, RULES, STOCK, after, stocked, tell

NUDGED = {item: replace(rule, nudges=3) for item, rule in ITEMS.items()}
RULES_3 = replace(RULES, items=NUDGED)


def on(situation: Situation, *events: Event, rules: Rules = RULES_3) -> Situation:
    return after(situation, *events, rules=rules)


def last(situation: Situation, *events: Event, rules: Rules = RULES_3) -> object:
    return tell(situation, *events, rules=rules)[1][0]


def ended(result: TurnResult, slot: SlotId = D1) -> TurnEnded:
    return TurnEnded(slot, result)


def nothing(result: TurnResult, slot: SlotId = D1) -> tuple[Event, ...]:
    """A motion of the coil that let nothing fall."""
    return (IntentCommitted(), ended(result, slot), DeadlinePassed())


HUNG = on(READY, ItemChosen(CONDOMS), *nothing(TurnResult.CAME_HOME))
TWICE = on(HUNG, *nothing(TurnResult.NUDGED))
LAST = on(TWICE, *nothing(TurnResult.NUDGED))


def test_a_turn_that_let_nothing_fall_is_followed_by_a_nudge() -> None:
    assert HUNG.state is State.RESERVING
    assert last(HUNG, IntentCommitted()) == StartTurn(D1, Motion.NUDGE)


def test_each_nudge_has_an_intent_of_its_own() -> None:
    turns = [last(READY, ItemChosen(CONDOMS)), *(last(at, *nothing(TurnResult.NUDGED)) for at in (HUNG, TWICE))]

    assert [(order.vend, order.turn) for order in turns if isinstance(order, CommitIntent)] == [(1, 1), (1, 3), (1, 4)]


def test_the_last_nudge_runs_home() -> None:
    assert last(LAST, IntentCommitted()) == StartTurn(D1, Motion.TURN)


@pytest.mark.parametrize("hung", [HUNG, TWICE, LAST], ids=["first", "second", "last"])
def test_what_falls_by_a_nudge_is_delivered(hung: Situation) -> None:
    came = on(hung, IntentCommitted(), BeamBroken(), ended(TurnResult.NUDGED), OutcomeRecorded())

    assert came.state is State.READY
    assert isinstance(came.said, Ending)
    assert came.said.outcome is Outcome.DELIVERED


def test_what_falls_in_the_window_after_a_nudge_is_delivered() -> None:
    order = last(HUNG, IntentCommitted(), ended(TurnResult.NUDGED), BeamBroken())

    assert isinstance(order, RecordOutcome)
    assert (order.outcome, order.jammed) == (Outcome.DELIVERED, False)


def test_between_nudges_the_window_is_short_and_after_the_last_it_is_whole() -> None:
    between = on(HUNG, IntentCommitted(), ended(TurnResult.NUDGED))
    at_the_end = on(LAST, IntentCommitted(), ended(TurnResult.HOMED))

    assert (between.deadline, at_the_end.deadline) == (NOW + RULES.homing_window_s, NOW + RULES.drop_window_s)


def test_when_the_last_nudge_came_home_and_nothing_fell_the_slot_is_not_jammed() -> None:
    order = last(LAST, *nothing(TurnResult.HOMED))

    assert isinstance(order, RecordOutcome)
    assert (order.outcome, order.jammed) == (Outcome.NOT_DELIVERED, False)


def test_the_person_is_told_that_nothing_came_and_it_is_one_no_drop() -> None:
    over = on(LAST, *nothing(TurnResult.HOMED), OutcomeRecorded())

    assert isinstance(over.said, Ending)
    assert over.said.reason is Reason.NO_DROP
    assert over.tally.no_drops == (D1,)
    assert len(over.tally.unproven) == 1


def test_a_nudge_that_came_home_was_the_whole_further_turn() -> None:
    order = last(HUNG, *nothing(TurnResult.CAME_HOME))

    assert isinstance(order, RecordOutcome)
    assert order.outcome is Outcome.NOT_DELIVERED


@pytest.mark.parametrize("result", [TurnResult.JAMMED, TurnResult.NEVER_LEFT])
def test_a_coil_that_sticks_at_its_nudge_is_jammed(result: TurnResult) -> None:
    jammed = on(LAST, IntentCommitted(), ended(result))
    jammed, orders = tell(jammed, DeadlinePassed(), rules=RULES_3) if result is TurnResult.JAMMED else (jammed, ())
    order = orders[0] if orders else last(LAST, IntentCommitted(), ended(result))

    assert isinstance(order, RecordOutcome)
    assert (order.outcome, order.jammed) == (Outcome.NOT_DELIVERED, True)


def test_the_only_nudge_of_an_item_that_has_one_is_a_whole_turn() -> None:
    rules = replace(RULES, items={**ITEMS, CONDOMS: ItemRule(CONDOMS, free=True, nudges=1)})
    hung = on(READY, ItemChosen(CONDOMS), *nothing(TurnResult.CAME_HOME), rules=rules)

    assert last(hung, IntentCommitted(), rules=rules) == StartTurn(D1, Motion.TURN)


def test_an_item_without_nudges_is_given_up_after_its_turn() -> None:
    order = last(READY, ItemChosen(CONDOMS), *nothing(TurnResult.CAME_HOME), rules=RULES)

    assert isinstance(order, RecordOutcome)


def test_a_pusher_that_can_only_tell_its_time_is_nudged_too() -> None:
    hung = on(READY, ItemChosen(CONDOMS), *nothing(TurnResult.RAN))

    assert last(hung, IntentCommitted()) == StartTurn(D1, Motion.NUDGE)
    assert isinstance(
        last(on(hung, *nothing(TurnResult.NUDGED)), *nothing(TurnResult.NUDGED), *nothing(TurnResult.RAN)),
        RecordOutcome,
    )


def test_a_coil_that_was_found_off_home_is_nudged_after_its_full_turn() -> None:
    turned = on(READY, ItemChosen(CONDOMS), *nothing(TurnResult.HOMED), *nothing(TurnResult.CAME_HOME))

    assert last(turned, IntentCommitted()) == StartTurn(D1, Motion.NUDGE)


def test_where_a_drop_cannot_be_seen_nothing_is_nudged() -> None:
    came = on(READY, BeamBroken(), ItemChosen(CONDOMS), IntentCommitted(), ended(TurnResult.CAME_HOME))

    assert came.vend
    assert came.vend.outcome is Outcome.DELIVERED


def test_a_beam_that_was_broken_for_a_part_of_the_turn_leaves_it_uncertain_and_nothing_is_nudged() -> None:
    half_blind = after(
        after(
            on(READY, BeamBroken(), ItemChosen(CONDOMS), IntentCommitted()), BeamCleared(), rules=RULES_3, now=NOW + 1
        ),
        *(ended(TurnResult.CAME_HOME), DeadlinePassed()),
        rules=RULES_3,
        now=NOW + 1,
    )

    assert half_blind.vend
    assert half_blind.vend.outcome is Outcome.UNCERTAIN


@pytest.mark.parametrize("result", [TurnResult.RAN, TurnResult.NUDGED])
def test_what_only_tells_its_time_proves_nothing_while_the_beam_is_broken(result: TurnResult) -> None:
    unknown = on(READY, BeamBroken(), ItemChosen(CONDOMS), IntentCommitted(), ended(result))

    assert unknown.vend
    assert unknown.vend.outcome is Outcome.UNCERTAIN


def test_a_technicians_test_is_not_nudged() -> None:
    order = last(READY, TrialAsked(D1), *nothing(TurnResult.CAME_HOME))

    assert isinstance(order, RecordOutcome)


def test_naloxone_comes_from_the_next_slot_before_anything_is_nudged() -> None:
    tried = on(READY, ItemChosen(NALOXONE), *nothing(TurnResult.CAME_HOME, A1), OutcomeRecorded())

    assert tried.vend
    assert tried.vend.plan.slot == A2


def test_naloxone_that_stands_in_one_slot_only_is_nudged() -> None:
    alone = after(stocked(), StockChanged((STOCK[0],)), rules=RULES_3)
    hung = on(alone, ItemChosen(NALOXONE), *nothing(TurnResult.CAME_HOME, A1))

    assert last(hung, IntentCommitted()) == StartTurn(A1, Motion.NUDGE)


def test_somebody_who_wants_naloxone_waits_for_no_nudge() -> None:
    turning = on(READY, ItemChosen(CONDOMS), IntentCommitted(), ItemChosen(NALOXONE))
    served = on(turning, ended(TurnResult.CAME_HOME), DeadlinePassed(), OutcomeRecorded())

    assert served.vend
    assert served.vend.plan.item == NALOXONE


def test_what_falls_as_soon_as_the_coil_is_nudged_hung_in_it() -> None:
    came = on(HUNG, IntentCommitted(), BeamBroken(after_leaving=False), BeamCleared(), ended(TurnResult.NUDGED))

    assert came.vend
    assert came.vend.outcome is Outcome.DELIVERED


def test_naloxone_is_nudged_though_the_ledger_cannot_take_it() -> None:
    alone = after(stocked(), StockChanged((STOCK[0],)), rules=RULES_3)
    hung = on(alone, ItemChosen(NALOXONE), *nothing(TurnResult.CAME_HOME, A1))

    assert last(hung, IntentFailed()) == StartTurn(A1, Motion.NUDGE)


def test_a_nudge_that_the_ledger_cannot_take_does_not_happen() -> None:
    order = last(HUNG, IntentFailed())

    assert isinstance(order, RecordOutcome)
    assert order.outcome is Outcome.NOT_DELIVERED


def test_a_door_opened_during_a_nudge_leaves_it_uncertain() -> None:
    over = on(HUNG, IntentCommitted(), DoorOpened(), ended(TurnResult.CUT_AWAY), OutcomeRecorded())

    assert isinstance(over.said, Ending)
    assert over.said.outcome is Outcome.UNCERTAIN


def test_a_slot_that_the_beam_does_not_reach_counts_by_home() -> None:
    rules = replace(RULES_3, sensorless=frozenset({D1}))
    came = on(READY, ItemChosen(CONDOMS), IntentCommitted(), ended(TurnResult.CAME_HOME), rules=rules)

    assert came.vend
    assert came.vend.outcome is Outcome.DELIVERED
