"""A visit with a pass: what it gives, what is debited, and when it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.core.events import (
    BeamBroken,
    CodePresented,
    DeadlinePassed,
    DoorOpened,
    Event,
    IntentCommitted,
    ItemChosen,
    OutcomeRecorded,
    TurnEnded,
    TurnResult,
    VisitLeft,
)
from kiosk.core.orders import CommitIntent, DebitAllowance, Order, RecordOutcome, Refuse
from kiosk.core.situation import Ending, Rules, Situation, State
from kiosk.core.values import GroupId, ItemId, ItemRule, Left, Outcome, Period, Reason, Refusal, TicketUnit
from tests.core.making import (
    ACCOUNT,
    B1,
    B2,
    CHECKING,
    CHOOSING,
    CODE,
    CONDOMS,
    D1,
    ITEMS,
    KIT,
    KIT_CAME,
    KITS,
    MOVING,
    NALOXONE,
    NOW,
    READY,
    RULES,
    STRIPS,
    USED_UP,
    VISITING,
    after,
    opened,
    tell,
)

CAME: tuple[Event, ...] = (IntentCommitted(), TurnEnded(B1, TurnResult.CAME_HOME), BeamBroken(), OutcomeRecorded())
ALL_OF: dict[Period, Refusal] = {
    Period.VISIT: Refusal.LIMIT_VISIT,
    Period.DAY: Refusal.LIMIT_DAY,
    Period.WEEK: Refusal.LIMIT_WEEK,
    Period.MONTH: Refusal.LIMIT_MONTH,
}


def take(situation: Situation, item: ItemId = KIT, rules: Rules = RULES) -> Situation:
    """Choose an item; it comes."""
    chosen = after(situation, ItemChosen(item), rules=rules)
    assert chosen.vend
    slot = chosen.vend.plan.slot
    return after(
        chosen,
        *(IntentCommitted(), TurnEnded(slot, TurnResult.CAME_HOME), BeamBroken(), OutcomeRecorded()),
        rules=rules,
    )


def no_drop(situation: Situation, *slots: str) -> Situation:
    """Choose a kit; nothing comes of it from any of these slots."""
    situation = after(situation, ItemChosen(KIT))
    for slot in (B1, B2)[: len(slots)]:
        situation = after(
            situation,
            *(IntentCommitted(), TurnEnded(slot, TurnResult.CAME_HOME), DeadlinePassed(), OutcomeRecorded()),
        )
    return situation


def orders_of(situation: Situation, *events: Event) -> tuple[Order, ...]:
    return tell(situation, *events)[1]


def debited(orders: tuple[Order, ...]) -> list[DebitAllowance]:
    return [order for order in orders if isinstance(order, DebitAllowance)]


# --- what is written


def test_nothing_of_a_pass_goes_into_the_ledger() -> None:
    (intent,) = orders_of(VISITING, ItemChosen(KIT))
    (outcome, _) = orders_of(
        VISITING, ItemChosen(KIT), IntentCommitted(), TurnEnded(B1, TurnResult.CAME_HOME), BeamBroken()
    )

    assert isinstance(intent, CommitIntent)
    assert isinstance(outcome, RecordOutcome)
    assert (intent.tag, outcome.tag) == (None, None)


def test_what_came_is_debited_after_its_outcome() -> None:
    orders = orders_of(VISITING, ItemChosen(KIT), IntentCommitted(), TurnEnded(B1, TurnResult.CAME_HOME), BeamBroken())

    assert [type(order) for order in orders] == [RecordOutcome, DebitAllowance]
    assert orders[1] == DebitAllowance(ACCOUNT, KITS, Period.WEEK)


@pytest.mark.parametrize(
    "ending",
    [
        (TurnEnded(B1, TurnResult.NEVER_LEFT),),
        (TurnEnded(B1, TurnResult.CUT_AWAY),),
        (TurnEnded(B1, TurnResult.CAME_HOME), DeadlinePassed()),
        (TurnEnded(B1, TurnResult.JAMMED), DeadlinePassed()),
        (TurnEnded(B1, TurnResult.CAME_HOME), DoorOpened()),
    ],
    ids=str,
)
def test_what_did_not_surely_come_is_not_debited(ending: tuple[Event, ...]) -> None:
    orders = orders_of(VISITING, ItemChosen(KIT), IntentCommitted(), *ending)

    assert isinstance(orders[0], RecordOutcome)
    assert orders[0].outcome is not Outcome.DELIVERED
    assert debited(orders) == []


def test_a_free_item_is_not_debited() -> None:
    visit = after(VISITING, ItemChosen(CONDOMS), IntentCommitted(), TurnEnded(D1, TurnResult.CAME_HOME))

    assert debited(orders_of(visit, BeamBroken())) == []


def test_an_item_without_a_limit_tells_only_that_the_pass_was_used() -> None:
    rules = Rules({KIT: ItemRule(KIT)})
    visit = after(CHECKING, replace(opened(), left=()), ItemChosen(KIT), IntentCommitted(), rules=rules)

    orders = orders_of(visit, TurnEnded(B1, TurnResult.CAME_HOME), BeamBroken())

    assert debited(orders) == [DebitAllowance(ACCOUNT, None, None)]


def test_of_a_code_that_everybody_knows_nothing_is_debited() -> None:
    shared = after(CHECKING, opened(account=None), ItemChosen(KIT), IntentCommitted())

    assert debited(orders_of(shared, TurnEnded(B1, TurnResult.CAME_HOME), BeamBroken())) == []


# --- how long it goes on


def test_after_what_came_the_person_may_choose_again_for_a_while() -> None:
    visit = take(VISITING)

    assert visit.state is State.CHOOSING
    assert visit.deadline == NOW + RULES.choose_more_s
    assert isinstance(visit.said, Ending)


def test_each_unit_that_came_leaves_one_less() -> None:
    visit = take(VISITING)

    assert visit.visit
    assert visit.visit.left == (Left(KITS, 1, Period.WEEK),)


def test_when_nothing_is_left_the_visit_is_over() -> None:
    visit = take(take(VISITING))

    assert (visit.state, visit.visit) == (State.READY, None)
    assert isinstance(visit.said, Ending)


def test_a_free_item_uses_nothing_up_and_the_visit_goes_on() -> None:
    visit = take(VISITING, CONDOMS)

    assert visit.state is State.CHOOSING
    assert visit.visit
    assert visit.visit.left == (Left(KITS, 2, Period.WEEK),)


def test_what_saves_a_life_is_no_part_of_the_visit() -> None:
    visit = after(VISITING, ItemChosen(NALOXONE))

    assert visit.visit
    assert (visit.visit.account, visit.visit.goes_on) == (None, False)


def test_another_item_of_the_group_uses_up_the_same_allowance() -> None:
    rules = replace(RULES, items={**ITEMS, STRIPS: ItemRule(STRIPS, thin=True, group=KITS)})
    visit = take(VISITING, STRIPS, rules)

    assert visit.visit
    assert visit.visit.left == (Left(KITS, 1, Period.WEEK),)


def test_of_another_group_as_much_is_left_as_before() -> None:
    others = GroupId("others")
    rules = replace(RULES, items={**ITEMS, STRIPS: ItemRule(STRIPS, thin=True, group=others)})
    two = replace(opened(1), left=(Left(KITS, 1, Period.WEEK), Left(others, 1, Period.DAY)))
    visit = take(after(CHECKING, two, rules=rules), KIT, rules)

    assert visit.visit
    assert visit.visit.left == (Left(KITS, 0, Period.WEEK), Left(others, 1, Period.DAY))


def test_a_further_try_is_part_of_the_visit_and_then_it_goes_on() -> None:
    visit = no_drop(VISITING, "B1")
    came = after(visit, IntentCommitted(), TurnEnded(B2, TurnResult.CAME_HOME), BeamBroken(), OutcomeRecorded())

    assert visit.state is State.RESERVING
    assert came.state is State.CHOOSING
    assert came.visit
    assert not came.visit.further_try


def test_what_did_not_come_ends_the_visit() -> None:
    over = no_drop(VISITING, "B1", "B2")

    assert (over.state, over.visit) == (State.READY, None)
    assert isinstance(over.said, Ending)
    assert over.said.reason is Reason.NO_DROP


def test_what_cannot_be_known_ends_the_visit() -> None:
    over = after(VISITING, ItemChosen(KIT), IntentCommitted(), TurnEnded(B1, TurnResult.CUT_AWAY), OutcomeRecorded())

    assert (over.state, over.visit) == (State.READY, None)


def test_a_ticket_that_lets_choose_gives_one_and_is_over() -> None:
    over = take(CHOOSING)

    assert (over.state, over.visit) == (State.READY, None)


def test_who_has_all_they_need_ends_the_visit_at_once() -> None:
    over = after(take(VISITING), VisitLeft())

    assert (over.state, over.visit, over.said, over.deadline) == (State.READY, None, None, None)


def test_whoever_leaves_takes_along_what_was_said() -> None:
    hidden = after(READY, ItemChosen(KIT), VisitLeft())

    assert (hidden.said, hidden.deadline) == (None, None)


def test_nobody_is_sent_away_in_the_middle_of_a_vend() -> None:
    assert after(MOVING, VisitLeft()) == MOVING


def test_a_visit_that_nobody_goes_on_with_is_over() -> None:
    over = after(take(VISITING), DeadlinePassed())

    assert (over.state, over.visit, over.said) == (State.READY, None, None)


# --- limits


@pytest.mark.parametrize(("per", "refusal"), ALL_OF.items())
def test_a_pass_that_gives_no_more_is_told_until_when(per: Period, refusal: Refusal) -> None:
    refused, orders = tell(CHECKING, opened(0, per))

    assert (refused.state, refused.said, refused.visit) == (State.READY, refusal, None)
    assert orders == (Refuse(refusal),)


def test_of_several_limits_the_first_to_end_is_told() -> None:
    others = GroupId("others")
    rules = Rules({KIT: ItemRule(KIT, group=KITS), STRIPS: ItemRule(STRIPS, group=others)})
    none_left = replace(opened(0), left=(Left(KITS, 0, Period.MONTH), Left(others, 0, Period.DAY)))

    assert after(CHECKING, none_left, rules=rules).said is Refusal.LIMIT_DAY


def test_a_pass_of_a_kiosk_where_nothing_needs_a_code_lets_choose() -> None:
    rules = Rules({CONDOMS: ItemRule(CONDOMS, free=True)})

    assert after(CHECKING, opened(0), rules=rules).state is State.CHOOSING


def test_an_item_of_which_no_more_is_left_is_refused_and_the_person_chooses_another() -> None:
    refused, orders = tell(USED_UP, ItemChosen(KIT))

    assert (refused.state, refused.said) == (State.CHOOSING, Refusal.LIMIT_WEEK)
    assert orders == (Refuse(Refusal.LIMIT_WEEK),)
    assert after(refused, ItemChosen(CONDOMS)).state is State.RESERVING


def test_limits_never_stand_before_what_saves_a_life() -> None:
    assert after(USED_UP, ItemChosen(NALOXONE)).state is State.RESERVING


def test_another_code_takes_the_visits_place() -> None:

    taken_over = after(take(VISITING), CodePresented(CODE))

    assert (taken_over.state, taken_over.visit, taken_over.said) == (State.CHECKING, None, None)


def test_the_unit_that_is_offered_again_is_one_of_the_persons_choice() -> None:
    visit = after(KIT_CAME, OutcomeRecorded()).visit

    assert visit
    assert visit.units == (TicketUnit(0, None),)
    assert visit.person_chooses
