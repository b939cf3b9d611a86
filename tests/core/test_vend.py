"""A vend as core decides it: what is ordered, what is recorded, what the person is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.core.events import (
    BeamBroken,
    BeamCleared,
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
    StockChanged,
    StopAsked,
    TurnEnded,
    TurnResult,
)
from kiosk.core.orders import CheckCode, CommitIntent, RecordOutcome, Refuse, StartTurn, StopMotors
from kiosk.core.situation import Ending, Rules, Situation, State
from kiosk.core.values import ItemRule, Outcome, Reason, Refusal, SlotId, VendId
from tests.core.making import (
    A1,
    A2,
    B1,
    B2,
    BLIND,
    C1,
    CHECKING,
    CHOOSING,
    CODE,
    CONDOMS,
    D1,
    EMERGENCY,
    GIVING_TWO,
    HOME_D1,
    HOMED,
    HOMED_D1,
    ITEMS,
    KIT,
    MOVING,
    MOVING_AGAIN,
    NALOXONE,
    NOW,
    READY,
    RECORDING,
    RESERVING,
    RESERVING_AGAIN,
    RULES,
    SETTLING,
    STRIPS,
    TAG,
    UNKNOWN,
    after,
    tell,
    ticket,
)

Booked = tuple[Outcome, Reason | None, bool]

DELIVERED: Booked = (Outcome.DELIVERED, None, False)
NO_DROP: Booked = (Outcome.NOT_DELIVERED, Reason.NO_DROP, False)
LOST: Booked = (Outcome.UNCERTAIN, Reason.INTERRUPTED, False)
THIN = after(READY, ItemChosen(STRIPS), IntentCommitted())
EMERGENCY_BLIND = after(READY, BeamBroken(), ItemChosen(NALOXONE), IntentCommitted())


def booked(situation: Situation, *events: Event) -> Booked | None:
    """Outcome and reason of the vend that *events* end, and whether its slot is called jammed."""
    ended, orders = tell(situation, *events)
    if not orders or ended.vend is None:
        return None
    (order,) = orders
    if not isinstance(order, RecordOutcome):
        return None
    assert (order.vend, order.slot) == (ended.vend.number, ended.vend.plan.slot)
    assert order.outcome is ended.vend.outcome
    return order.outcome, ended.vend.reason, order.jammed


def turned(slot: SlotId, result: TurnResult) -> TurnEnded:
    return TurnEnded(slot, result)


def failed(slot: SlotId) -> tuple[Event, ...]:
    """A turn of *slot* in which nothing fell, to its recorded end."""
    return IntentCommitted(), TurnEnded(slot, TurnResult.CAME_HOME), DeadlinePassed(), OutcomeRecorded()


# --- codes and choices


def test_a_presented_code_is_checked_and_forgets_what_was_said() -> None:
    refused = after(READY, ItemChosen(KIT))

    checking, orders = tell(refused, CodePresented(CODE))

    assert orders == (CheckCode(CODE),)
    assert checking.said is None


def test_another_code_takes_the_place_of_the_ticket_that_was_to_choose() -> None:
    checking, orders = tell(CHOOSING, CodePresented(CODE))

    assert orders == (CheckCode(CODE),)
    assert (checking.visit, checking.deadline) == (None, None)


def test_a_refused_code_is_told() -> None:
    ready, orders = tell(CHECKING, CodeRefused(Refusal.EXPIRED_CODE))

    assert orders == (Refuse(Refusal.EXPIRED_CODE),)
    assert ready.said is Refusal.EXPIRED_CODE


@pytest.mark.parametrize("event", [CodePresented(CODE), ItemChosen(CONDOMS)])
def test_nothing_is_given_while_the_door_is_open(event: Event) -> None:
    ready, orders = tell(READY, DoorOpened(), event)

    assert orders == (Refuse(Refusal.DOOR_OPEN),)
    assert ready.said is Refusal.DOOR_OPEN


def test_an_open_door_does_not_stop_an_emergency_item() -> None:
    assert tell(READY, DoorOpened(), ItemChosen(NALOXONE), IntentCommitted())[1] == (StartTurn(A1),)


def test_things_are_given_again_when_the_door_is_closed() -> None:
    assert after(READY, DoorOpened(), DoorClosed(), ItemChosen(CONDOMS)).state is State.RESERVING


def test_an_item_that_needs_a_code_is_not_given_without_one() -> None:
    assert tell(READY, ItemChosen(KIT))[1] == (Refuse(Refusal.NEEDS_CODE),)


def test_an_unknown_item_is_not_stocked() -> None:
    ready, orders = tell(READY, ItemChosen(UNKNOWN))

    assert orders == (Refuse(Refusal.NOT_STOCKED),)
    assert ready.said is Refusal.NOT_STOCKED


def test_a_ticket_whose_items_are_out_is_told_so_and_not_spent() -> None:
    ready, orders = tell(CHECKING, StockChanged(()), ticket(KIT))

    assert orders == (Refuse(Refusal.NOT_STOCKED),)
    assert ready.visit is None


def test_a_ticket_that_names_its_items_begins_at_once_with_its_tag_and_place() -> None:
    _, orders = tell(CHECKING, ticket(UNKNOWN, KIT))

    assert orders == (CommitIntent(VendId(1), 1, B1, TAG, 1),)


def test_a_ticket_that_names_nothing_offers_a_choice_for_a_while() -> None:
    assert CHOOSING.deadline == NOW + RULES.choose_s


def test_a_chosen_item_is_given_on_the_ticket() -> None:
    assert tell(CHOOSING, ItemChosen(KIT))[1] == (CommitIntent(VendId(1), 1, B1, TAG, 0),)


def test_a_free_item_chosen_with_a_ticket_leaves_the_ticket_unspent() -> None:
    assert tell(CHOOSING, ItemChosen(CONDOMS))[1] == (CommitIntent(VendId(1), 1, D1, None, 0),)


def test_a_choice_that_is_not_stocked_lets_the_person_choose_another_for_a_while() -> None:
    choosing, orders = tell(CHOOSING, ItemChosen(UNKNOWN), now=NOW + 20)

    assert orders == (Refuse(Refusal.NOT_STOCKED),)
    assert choosing.said is Refusal.NOT_STOCKED
    assert choosing.deadline == NOW + 20 + RULES.choose_s


@pytest.mark.parametrize("event", [DeadlinePassed(), DoorOpened(), StopAsked()])
def test_a_choice_that_is_not_made_is_forgotten(event: Event) -> None:
    following, orders = tell(CHOOSING, event)

    assert orders == ()
    assert (following.visit, following.deadline) == (None, None)


def test_a_ticket_forgotten_opens_nothing() -> None:
    assert tell(CHOOSING, DeadlinePassed(), ItemChosen(KIT))[1] == (Refuse(Refusal.NEEDS_CODE),)


def test_a_beam_that_is_down_refuses_where_the_rule_says_so() -> None:
    rules = replace(RULES, beam_down_refuses=True)
    broken = after(READY, BeamBroken())

    assert after(broken, ItemChosen(CONDOMS), rules=rules).state is State.RESERVING
    assert tell(broken, ItemChosen(CONDOMS), rules=rules, now=NOW + 1)[1] == (Refuse(Refusal.NOT_STOCKED),)
    assert after(broken, ItemChosen(NALOXONE), rules=rules, now=NOW + 1).state is State.RESERVING


def test_a_beam_whole_again_refuses_nothing() -> None:
    rules = replace(RULES, beam_down_refuses=True)
    mended = after(READY, BeamBroken(), BeamCleared())

    assert after(mended, ItemChosen(CONDOMS), rules=rules, now=NOW + 1).state is State.RESERVING


# --- intent and motor


def test_the_intent_comes_first_and_no_motor_is_ordered_with_it() -> None:
    assert tell(READY, ItemChosen(CONDOMS))[1] == (CommitIntent(VendId(1), 1, D1, None, 0),)


def test_a_committed_intent_starts_the_turn() -> None:
    assert tell(RESERVING, IntentCommitted())[1] == (StartTurn(D1),)


def test_no_motor_is_started_when_the_ledger_cannot_take_the_intent() -> None:
    ready, orders = tell(RESERVING, IntentFailed())

    assert orders == (Refuse(Refusal.STORAGE),)
    assert (ready.vend, ready.visit, ready.said) == (None, None, Refusal.STORAGE)


def test_an_emergency_item_is_given_without_a_code_whatever_its_rule_says_of_codes() -> None:
    rules = Rules({**ITEMS, NALOXONE: ItemRule(NALOXONE, free=False, emergency=True)})

    assert tell(READY, ItemChosen(NALOXONE), rules=rules)[1] == (CommitIntent(VendId(1), 1, A1, None, 0),)


def test_an_emergency_item_is_given_even_when_the_ledger_cannot_take_the_intent() -> None:
    assert tell(EMERGENCY, IntentFailed())[1] == (StartTurn(A1),)


@pytest.mark.parametrize(("here", "there", "following"), [(1, 7, 7), (9, 7, 9)])
def test_a_ledger_that_is_opened_names_the_next_vend_and_no_number_is_used_twice(
    here: int, there: int, following: int
) -> None:
    opened = after(replace(READY, next_vend=VendId(here)), LedgerOpened(VendId(there)))

    assert opened.next_vend == VendId(following)


def test_the_next_vend_has_a_number_of_its_own_even_after_a_failed_intent() -> None:
    assert tell(RESERVING, IntentFailed(), ItemChosen(CONDOMS))[1] == (CommitIntent(VendId(2), 1, D1, None, 0),)


def test_a_vend_that_begins_forgets_what_was_said() -> None:
    assert after(READY, ItemChosen(KIT), ItemChosen(CONDOMS)).said is None


@pytest.mark.parametrize("event", [DoorOpened(), StopAsked()])
def test_an_open_door_or_a_stop_switches_the_motor_off(event: Event) -> None:
    moving, orders = tell(MOVING, event)

    assert orders == (StopMotors(),)
    assert moving.state is State.MOVING


# --- did it come


def test_a_drop_while_turning_lets_the_coil_run_home_and_delivers() -> None:
    assert tell(MOVING, BeamBroken())[1] == ()
    assert booked(MOVING, BeamBroken(), HOME_D1) == DELIVERED


def test_a_drop_after_the_motor_stopped_delivers() -> None:
    assert booked(SETTLING, BeamBroken()) == DELIVERED


def test_a_hand_before_the_coil_left_home_is_no_drop() -> None:
    assert booked(MOVING, BeamBroken(after_leaving=False), BeamCleared(), HOME_D1, DeadlinePassed()) == NO_DROP


@pytest.mark.parametrize("situation", [READY, CHECKING, CHOOSING])
def test_without_a_vend_nothing_in_the_beam_is_a_drop(situation: Situation) -> None:
    assert tell(situation, BeamBroken()) == (replace(situation, beam_broken_at=NOW), ())


def test_no_drop_in_its_window_is_not_delivered() -> None:
    assert SETTLING.deadline == NOW + RULES.drop_window_s
    assert booked(SETTLING, DeadlinePassed()) == NO_DROP


def test_a_jam_waits_for_a_late_drop_too() -> None:
    jammed = after(MOVING, turned(D1, TurnResult.JAMMED))

    assert jammed.deadline == NOW + RULES.drop_window_s
    assert booked(jammed, DeadlinePassed()) == (Outcome.NOT_DELIVERED, Reason.JAMMED, True)
    assert booked(jammed, BeamBroken()) == (Outcome.DELIVERED, None, True)


@pytest.mark.parametrize(
    ("result", "jams"),
    [
        (TurnResult.CAME_HOME, False),
        (TurnResult.HOMED, False),
        (TurnResult.JAMMED, True),
        (TurnResult.NEVER_LEFT, True),
        (TurnResult.NOT_STARTED, True),
        (TurnResult.CUT_AT_HOME, False),
        (TurnResult.CUT_AWAY, False),
    ],
)
def test_a_drop_delivers_whatever_the_motor_does_next(result: TurnResult, jams: bool) -> None:
    assert booked(MOVING, BeamBroken(), turned(D1, result)) == (Outcome.DELIVERED, None, jams)


@pytest.mark.parametrize(
    ("result", "reason", "jams"),
    [
        (TurnResult.NEVER_LEFT, Reason.NEVER_MOVED, True),
        (TurnResult.NOT_STARTED, Reason.NOT_STARTED, True),
        (TurnResult.CUT_AT_HOME, Reason.INTERRUPTED, False),
    ],
)
def test_a_coil_that_never_left_home_gave_nothing(result: TurnResult, reason: Reason, jams: bool) -> None:
    assert booked(MOVING, turned(D1, result)) == (Outcome.NOT_DELIVERED, reason, jams)
    assert booked(BLIND, turned(D1, result)) == (Outcome.NOT_DELIVERED, reason, jams)


def test_a_coil_stopped_on_its_way_is_uncertain() -> None:
    assert booked(MOVING, turned(D1, TurnResult.CUT_AWAY)) == LOST


@pytest.mark.parametrize("event", [DoorOpened(), StopAsked()])
def test_a_drop_window_cut_short_is_uncertain(event: Event) -> None:
    assert booked(SETTLING, event) == LOST


@pytest.mark.parametrize(("situation", "slot"), [(THIN, C1), (BLIND, D1), (EMERGENCY_BLIND, A1)])
def test_where_no_drop_could_be_seen_coming_home_delivers(situation: Situation, slot: SlotId) -> None:
    assert booked(situation, turned(slot, TurnResult.CAME_HOME)) == DELIVERED


def test_without_a_drop_sensor_coming_home_delivers() -> None:
    rules = replace(RULES, drop_sensor=False)

    recording, (order,) = tell(READY, ItemChosen(CONDOMS), IntentCommitted(), HOME_D1, rules=rules)

    assert recording.state is State.RECORDING
    assert isinstance(order, RecordOutcome)
    assert order.outcome is Outcome.DELIVERED


@pytest.mark.parametrize(("situation", "slot"), [(THIN, C1), (BLIND, D1), (EMERGENCY_BLIND, A1)])
def test_where_no_drop_could_be_seen_a_jam_is_uncertain(situation: Situation, slot: SlotId) -> None:
    assert booked(situation, turned(slot, TurnResult.JAMMED)) == (Outcome.UNCERTAIN, Reason.INTERRUPTED, True)


@pytest.mark.parametrize(("situation", "slot"), [(THIN, C1), (BLIND, D1)])
def test_a_coil_brought_home_unseen_is_uncertain_and_not_turned_again(situation: Situation, slot: SlotId) -> None:
    assert booked(situation, turned(slot, TurnResult.HOMED)) == LOST


def test_a_coil_brought_home_unseen_for_a_part_is_uncertain_and_not_turned_again() -> None:
    half_blind = after(BLIND, BeamCleared(), now=NOW + 1)

    assert booked(half_blind, HOMED_D1) == LOST


def test_an_emergency_items_coil_brought_home_unseen_is_turned_again_all_the_same() -> None:
    homed = after(EMERGENCY_BLIND, turned(A1, TurnResult.HOMED))

    assert tell(homed, DeadlinePassed(), IntentCommitted())[1] == (StartTurn(A1),)


def test_what_breaks_the_beam_too_soon_for_a_coil_that_is_home_already_leaves_the_vend_open() -> None:
    homed = after(EMERGENCY, IntentCommitted(), turned(A1, TurnResult.HOMED), BeamBroken(after_leaving=False))

    assert tell(homed, DeadlinePassed(), IntentCommitted())[1] == (StartTurn(A1),)


def test_a_beam_that_clears_before_the_drop_sees_it() -> None:
    seeing = after(BLIND, BeamCleared())

    assert booked(seeing, HOME_D1, DeadlinePassed()) == NO_DROP
    assert booked(seeing, HOME_D1, BeamBroken()) == DELIVERED


def test_a_beam_that_clears_when_the_item_may_have_fallen_leaves_it_uncertain() -> None:
    half_blind = after(BLIND, BeamCleared(), now=NOW + RULES.earliest_drop_s + 0.01)

    assert booked(half_blind, HOME_D1, DeadlinePassed()) == LOST
    assert booked(half_blind, turned(D1, TurnResult.JAMMED), DeadlinePassed()) == (*LOST[:2], True)


def test_a_beam_that_clears_sooner_than_anything_can_fall_has_missed_nothing() -> None:
    seeing = after(BLIND, BeamCleared(), now=NOW + RULES.earliest_drop_s - 0.01)

    assert booked(seeing, HOME_D1, DeadlinePassed()) == NO_DROP


def test_what_can_have_fallen_is_reckoned_from_the_motors_start() -> None:
    begun = after(READY, BeamBroken(), ItemChosen(CONDOMS))
    moving = after(begun, IntentCommitted(), now=NOW + 10)  # a slow disk

    seeing = after(moving, BeamCleared(), now=NOW + 10.1)

    assert booked(seeing, HOME_D1, DeadlinePassed()) == NO_DROP


def test_a_beam_that_clears_at_the_first_moment_of_a_possible_drop_has_missed_that_moment() -> None:
    rules = replace(RULES, earliest_drop_s=0.25)  # a figure that floats can hold
    cleared = after(BLIND, BeamCleared(), rules=rules, now=NOW + 0.25)

    assert booked(cleared, HOME_D1, DeadlinePassed()) == LOST


def test_a_drop_seen_after_the_beam_has_cleared_delivers() -> None:
    half_blind = after(BLIND, BeamCleared(), now=NOW + 1)

    assert booked(half_blind, BeamBroken(), HOME_D1) == DELIVERED
    assert booked(half_blind, HOME_D1, BeamBroken()) == DELIVERED


def test_what_was_missed_stays_missed_when_the_beam_clears_again() -> None:
    half_blind = after(after(BLIND, BeamCleared(), now=NOW + 1), BeamCleared(), now=NOW + 1.1)

    assert booked(half_blind, HOME_D1, DeadlinePassed()) == LOST


def test_a_beam_that_stays_clear_misses_nothing() -> None:
    seeing = after(MOVING, BeamCleared(), now=NOW + 1)

    assert booked(seeing, HOME_D1, DeadlinePassed()) == NO_DROP


def test_a_beam_that_clears_does_not_make_a_thin_item_seen() -> None:
    thin = after(READY, BeamBroken(), ItemChosen(STRIPS), IntentCommitted(), BeamCleared())

    assert booked(thin, turned(C1, TurnResult.CAME_HOME)) == DELIVERED


def test_a_beam_mended_while_the_coil_was_brought_home_sees_the_next_turn() -> None:
    homed = after(EMERGENCY_BLIND, turned(A1, TurnResult.HOMED), BeamCleared(), DeadlinePassed(), IntentCommitted())

    assert booked(homed, turned(A1, TurnResult.CAME_HOME)) is None
    assert booked(homed, turned(A1, TurnResult.CAME_HOME), DeadlinePassed()) == NO_DROP


def test_a_beam_broken_before_the_coil_left_and_never_whole_again_lets_coming_home_deliver() -> None:
    assert booked(MOVING, BeamBroken(after_leaving=False), HOME_D1) == DELIVERED


def test_a_turn_of_another_slot_is_not_the_vends() -> None:
    assert tell(MOVING, turned(B1, TurnResult.CAME_HOME)) == (MOVING, ())


# --- off home


def test_a_coil_brought_home_waits_a_short_time_for_what_may_fall() -> None:
    assert HOMED.deadline == NOW + RULES.homing_window_s
    assert booked(HOMED, BeamBroken()) == DELIVERED


def test_a_coil_brought_home_is_turned_again_by_a_further_intent_of_the_same_vend() -> None:
    assert tell(HOMED, DeadlinePassed())[1] == (CommitIntent(VendId(1), 2, D1, None, 0),)
    assert RESERVING_AGAIN.deadline is None


def test_the_further_turn_ends_like_any_other() -> None:
    settling = after(MOVING_AGAIN, HOME_D1)

    assert settling.deadline == NOW + RULES.drop_window_s
    assert booked(settling, DeadlinePassed()) == NO_DROP
    assert booked(settling, BeamBroken()) == DELIVERED


def test_a_coil_that_has_to_be_brought_home_twice_is_jammed() -> None:
    homed = after(MOVING_AGAIN, HOMED_D1)

    assert booked(homed, DeadlinePassed()) == (Outcome.NOT_DELIVERED, Reason.JAMMED, True)
    assert booked(homed, BeamBroken()) == (Outcome.DELIVERED, None, True)


def test_a_further_turn_that_the_ledger_cannot_take_is_not_started_and_blames_no_slot() -> None:
    assert booked(RESERVING_AGAIN, IntentFailed()) == (Outcome.NOT_DELIVERED, Reason.NOT_STARTED, False)


def test_a_further_turn_of_an_emergency_item_needs_no_ledger() -> None:
    homed = after(EMERGENCY, IntentCommitted(), turned(A1, TurnResult.HOMED), DeadlinePassed())

    assert tell(homed, IntentFailed())[1] == (StartTurn(A1),)


# --- what comes next


def test_the_outcome_names_the_ticket_and_the_unit() -> None:
    giving = after(CHECKING, ticket(CONDOMS, KIT), IntentCommitted(), BeamBroken(), HOME_D1, OutcomeRecorded())

    _, orders = tell(giving, IntentCommitted(), BeamBroken(), turned(B1, TurnResult.CAME_HOME))

    assert orders == (RecordOutcome(VendId(2), B1, Outcome.DELIVERED, TAG, 1, jammed=False),)


def test_a_delivered_unit_is_followed_by_the_next_one() -> None:
    giving, orders = tell(GIVING_TWO, OutcomeRecorded())

    assert orders == (CommitIntent(VendId(2), 1, D1, TAG, 1),)
    assert giving.said is None


def test_the_last_outcome_is_told_and_ends_the_visit() -> None:
    ready, orders = tell(RECORDING, OutcomeRecorded())

    assert orders == ()
    assert (ready.vend, ready.visit) == (None, None)
    assert ready.said == Ending(CONDOMS, D1, Outcome.DELIVERED, None)


@pytest.mark.parametrize(
    ("ready", "shown_s"),
    [
        (after(RECORDING, OutcomeRecorded()), RULES.taken_shown_s),
        (after(THIN, turned(C1, TurnResult.NEVER_LEFT), OutcomeRecorded()), RULES.said_shown_s),
        (after(READY, ItemChosen(KIT)), RULES.said_shown_s),
        (after(CHECKING, CodeRefused(Refusal.USED_CODE)), RULES.said_shown_s),
        (after(RESERVING, IntentFailed()), RULES.said_shown_s),
    ],
)
def test_what_was_said_is_forgotten_after_a_while(ready: Situation, shown_s: float) -> None:
    assert ready.said is not None
    assert ready.deadline == NOW + shown_s

    silent = after(ready, DeadlinePassed())
    assert (silent.state, silent.said, silent.deadline) == (State.READY, None, None)


def test_a_choice_that_is_over_takes_its_words_with_it() -> None:
    silent = after(CHOOSING, ItemChosen(UNKNOWN), DeadlinePassed())

    assert (silent.state, silent.said) == (State.READY, None)


def test_a_unit_that_did_not_come_has_one_further_try_from_the_next_slot() -> None:
    giving = after(CHECKING, ticket(KIT))

    assert tell(giving, *failed(B1))[1] == (CommitIntent(VendId(2), 1, B2, TAG, 0),)


def test_an_emergency_item_has_a_try_from_each_of_its_slots() -> None:
    third = replace(READY.stock[0], slot=SlotId("A3"))
    naloxone_in_three = after(READY, StockChanged((*READY.stock, third)))

    _, orders = tell(naloxone_in_three, ItemChosen(NALOXONE), *failed(A1), *failed(A2))
    ready = after(naloxone_in_three, ItemChosen(NALOXONE), *failed(A1), *failed(A2), *failed(third.slot))

    assert orders == (CommitIntent(VendId(3), 1, third.slot, None, 0),)
    assert ready.state is State.READY
    assert ready.said == Ending(NALOXONE, third.slot, Outcome.NOT_DELIVERED, Reason.NO_DROP)


def test_an_emergency_item_is_tried_from_the_next_slot_after_an_uncertain_vend() -> None:
    lost = (IntentCommitted(), turned(A1, TurnResult.CUT_AWAY), OutcomeRecorded())

    _, orders = tell(READY, ItemChosen(NALOXONE), *lost)

    assert orders == (CommitIntent(VendId(2), 1, A2, None, 0),)


def test_nothing_turns_again_while_somebody_may_have_a_hand_inside() -> None:
    cut = (IntentCommitted(), DoorOpened(), turned(A1, TurnResult.CUT_AWAY), OutcomeRecorded())

    assert after(READY, ItemChosen(NALOXONE), *cut).state is State.READY


def test_a_door_that_was_closed_again_at_once_still_ends_the_visit() -> None:
    cut = (IntentCommitted(), DoorOpened(), DoorClosed(), turned(B1, TurnResult.CUT_AWAY), OutcomeRecorded())

    assert after(CHECKING, ticket(KIT, CONDOMS), *cut).state is State.READY


def test_a_door_opened_while_a_late_drop_is_awaited_ends_the_visit() -> None:
    awaiting = (IntentCommitted(), turned(A1, TurnResult.CAME_HOME))

    assert after(READY, ItemChosen(NALOXONE), *awaiting, DoorOpened(), OutcomeRecorded()).state is State.READY


def test_no_other_coil_turns_when_the_door_was_opened_before_the_first_had_left_home() -> None:
    cut = (IntentCommitted(), DoorOpened(), turned(A1, TurnResult.CUT_AT_HOME), OutcomeRecorded())

    assert after(READY, ItemChosen(NALOXONE), *cut).state is State.READY


def test_an_emergency_item_asked_for_meanwhile_waits_for_another_touch_when_the_door_was_opened() -> None:
    moving = after(MOVING, ItemChosen(NALOXONE), DoorOpened())

    ready = after(moving, turned(D1, TurnResult.CUT_AWAY), OutcomeRecorded())

    assert ready.state is State.READY
    assert after(ready, ItemChosen(NALOXONE)).state is State.RESERVING


def test_an_emergency_item_asked_for_during_a_ticket_comes_next_and_the_ticket_keeps_the_rest() -> None:
    giving = after(CHECKING, ticket(KIT, CONDOMS), IntentCommitted(), ItemChosen(NALOXONE))

    _, orders = tell(giving, BeamBroken(), turned(B1, TurnResult.CAME_HOME), OutcomeRecorded())

    assert orders == (CommitIntent(VendId(2), 1, A1, None, 0),)


def test_an_emergency_item_asked_for_twice_is_one() -> None:
    giving = after(READY, ItemChosen(NALOXONE), IntentCommitted())

    assert giving == tell(giving, ItemChosen(NALOXONE))[0]


def test_an_emergency_item_asked_for_meanwhile_is_given_once() -> None:
    naloxone = (IntentCommitted(), BeamBroken(), turned(A1, TurnResult.CAME_HOME), OutcomeRecorded())

    ready = after(MOVING, ItemChosen(NALOXONE), BeamBroken(), HOME_D1, OutcomeRecorded(), *naloxone)

    assert ready.state is State.READY
    assert ready.said == Ending(NALOXONE, A1, Outcome.DELIVERED, None)


def test_there_is_no_second_further_try_of_anything_else() -> None:
    third = replace(READY.stock[2], slot=SlotId("B3"))
    kit_in_three = after(CHECKING, StockChanged((*READY.stock, third)))

    ready = after(kit_in_three, ticket(KIT), *failed(B1), *failed(B2))

    assert ready.state is State.READY
    assert ready.said == Ending(KIT, B2, Outcome.NOT_DELIVERED, Reason.NO_DROP)


def test_there_is_one_further_try_a_visit_and_not_one_a_unit() -> None:
    giving = after(CHECKING, ticket(KIT, CONDOMS), *failed(B1), *failed(B2), *failed(D1))

    assert giving.state is State.READY


def test_a_slot_that_failed_is_not_tried_twice_in_a_visit() -> None:
    _, orders = tell(CHECKING, ticket(KIT, KIT, CONDOMS), *failed(B1), *failed(B2))

    assert orders == (CommitIntent(VendId(3), 1, D1, TAG, 2),)


def test_a_unit_that_no_other_slot_can_give_is_left_for_another_day() -> None:
    _, orders = tell(after(CHECKING, ticket(CONDOMS, KIT)), *failed(D1))

    assert orders == (CommitIntent(VendId(2), 1, B1, TAG, 1),)


def test_an_uncertain_unit_is_not_tried_again_in_the_same_visit() -> None:
    giving = after(CHECKING, ticket(KIT, CONDOMS), IntentCommitted(), turned(B1, TurnResult.CUT_AWAY))

    assert tell(giving, OutcomeRecorded())[1] == (CommitIntent(VendId(2), 1, D1, TAG, 1),)


def test_a_visit_goes_on_with_the_stock_as_it_is_now() -> None:
    ready = after(GIVING_TWO, StockChanged(READY.stock[:-2]), OutcomeRecorded())

    assert ready.state is State.READY


def test_a_door_opened_between_two_units_ends_the_visit() -> None:
    assert after(GIVING_TWO, DoorOpened(), OutcomeRecorded()).state is State.READY


# --- stopping


def test_a_stop_in_the_middle_of_a_turn_records_and_begins_nothing_more() -> None:
    stopping = after(CHECKING, ticket(KIT, CONDOMS), IntentCommitted(), StopAsked())

    assert booked(stopping, turned(B1, TurnResult.CUT_AWAY)) == LOST
    stopped, orders = tell(stopping, turned(B1, TurnResult.CUT_AWAY), OutcomeRecorded())
    assert (stopped.state, orders) == (State.STOPPED, ())


def test_a_stop_while_an_outcome_is_written_gives_no_further_unit() -> None:
    stopped, orders = tell(GIVING_TWO, StopAsked(), OutcomeRecorded())

    assert (stopped.state, orders) == (State.STOPPED, ())
    assert stopped.visit is None


@pytest.mark.parametrize("event", [ItemChosen(NALOXONE), CodePresented(CODE), IntentCommitted(), DeadlinePassed()])
def test_nothing_begins_in_a_stopped_kiosk(event: Event) -> None:
    assert after(READY, StopAsked(), event).state is State.STOPPED


def test_what_still_falls_of_a_vend_that_was_cut_short_is_none_of_the_next_vends() -> None:
    cut = after(MOVING, DoorOpened(), TurnEnded(D1, TurnResult.CUT_AWAY), OutcomeRecorded(), DoorClosed())
    other = after(cut, ItemChosen(CONDOMS), IntentCommitted(), now=NOW + 0.1)

    late = after(other, BeamBroken(), BeamCleared(), now=NOW + 0.4)

    assert late.vend
    assert not late.vend.dropped


def test_its_own_drop_is_seen_when_nothing_of_the_last_vend_can_fall_any_more() -> None:
    cut = after(MOVING, DoorOpened(), TurnEnded(D1, TurnResult.CUT_AWAY), OutcomeRecorded(), DoorClosed())
    other = after(cut, ItemChosen(CONDOMS), IntentCommitted(), now=NOW + 0.1)

    dropped = after(other, BeamBroken(), now=NOW + 1.0)

    assert dropped.vend
    assert dropped.vend.dropped
