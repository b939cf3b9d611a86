"""The limits against emptying: what rests, what cools down, what is kept, and that naloxone comes out all the same."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from kiosk.core.events import (
    BeamBroken,
    BeamCleared,
    CodePresented,
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
    TrialAsked,
    TurnEnded,
    TurnResult,
)
from kiosk.core.limits import NOTHING, USUAL, is_only_reserve
from kiosk.core.orders import CommitIntent, NoteUnlisted, Refuse
from kiosk.core.situation import Rules, Situation, State, can_be_given, cooling, reserved, stock_now
from kiosk.core.values import ItemId, ItemRule, Refusal, SlotId, SlotState, SlotStock
from tests.core.making import (
    A1,
    A2,
    B1,
    B2,
    C1,
    CHOOSING,
    CODE,
    CONDOMS,
    D1,
    EMERGENCY,
    HOME_D1,
    HOMED_D1,
    ITEMS,
    KIT,
    MOVING,
    NALOXONE,
    NOW,
    READY,
    RULES,
    SETTLING,
    STOCK,
    STRIPS,
    UNKNOWN,
    after,
    stock_of,
    tell,
    ticket,
)

REST_S, COOLDOWN_S = USUAL.rest_s, USUAL.emergency_cooldown_s
GRID, OVERDOSE = ItemChosen(NALOXONE), ItemChosen(NALOXONE, reserve=True)
NO_DROP = (HOME_D1, DeadlinePassed())
DROP = (HOME_D1, BeamBroken())
HOMED_FIRST = (HOMED_D1, DeadlinePassed())


def condoms(situation: Situation, *end: Event, now: float = NOW) -> Situation:
    """A vend of condoms, which stand in D1 alone, up to its recorded end; then beam and door are closed."""
    vend = (ItemChosen(CONDOMS), IntentCommitted(), *end, OutcomeRecorded(), BeamCleared(), DoorClosed())
    return after(situation, *vend, now=now)


def caught(situation: Situation, slot: SlotId) -> Situation:
    """A turn of the slot in which nothing fell, up to the next one, if there is one."""
    return after(
        situation, IntentCommitted(), TurnEnded(slot, TurnResult.CAME_HOME), DeadlinePassed(), OutcomeRecorded()
    )


def naloxone(situation: Situation, touch: ItemChosen = GRID, now: float = NOW) -> Situation:
    """A vend of naloxone that delivers."""
    turning = after(situation, touch, IntentCommitted(), now=now)
    assert turning.vend
    home = TurnEnded(turning.vend.plan.slot, TurnResult.CAME_HOME)
    return after(turning, home, BeamBroken(), OutcomeRecorded(), BeamCleared(), now=now)


def state(situation: Situation, slot: SlotId) -> SlotState:
    return next(each.state for each in stock_now(situation, RULES) if each.slot == slot)


def refused(situation: Situation, touch: ItemChosen, now: float = NOW) -> Refusal | None:
    """Why a touch begins nothing; None when it begins a vend or is promised to come next."""
    _, orders = tell(situation, touch, now=now)
    assert not any(isinstance(order, NoteUnlisted) for order in orders)
    return next((order.reason for order in orders if isinstance(order, Refuse)), None)


def left(*counts: tuple[int, int], state: SlotState = SlotState.OK) -> Situation:
    """Naloxone in A1, A2 …: certain and uncertain units."""
    slots = zip((A1, A2), counts, strict=False)
    naloxones = [stock_of(slot, NALOXONE, sure, uncertain=maybe, state=state) for slot, (sure, maybe) in slots]
    return after(READY, StockChanged((*naloxones, *STOCK[2:])))


TWICE = condoms(condoms(READY, *NO_DROP), *NO_DROP)
FOUR_TIMES = caught(caught(after(TWICE, CodePresented(CODE), ticket(KIT)), B1), B2)


# --- rests


@pytest.mark.parametrize(
    "end",
    [
        NO_DROP,
        (TurnEnded(D1, TurnResult.JAMMED), DeadlinePassed()),
        (TurnEnded(D1, TurnResult.CUT_AWAY),),
        (HOME_D1, DoorOpened()),
        (DoorOpened(), TurnEnded(D1, TurnResult.CUT_AWAY)),
        (*HOMED_FIRST, IntentCommitted(), *NO_DROP),
        (*HOMED_FIRST, IntentCommitted(), TurnEnded(D1, TurnResult.NEVER_LEFT)),
        (*HOMED_FIRST, IntentFailed()),
    ],
    ids=str,
)
def test_two_vends_that_may_have_given_something_for_nothing_make_a_slot_rest(end: tuple[Event, ...]) -> None:
    once = condoms(READY, *end)
    assert state(once, D1) is SlotState.OK

    assert state(condoms(once, *end), D1) is SlotState.RESTING


@pytest.mark.parametrize("result", [TurnResult.NEVER_LEFT, TurnResult.NOT_STARTED, TurnResult.CUT_AT_HOME])
def test_a_coil_that_stood_still_gave_nothing_and_is_not_reckoned(result: TurnResult) -> None:
    situation = READY
    for _ in range(5):
        situation = condoms(situation, TurnEnded(D1, result))

    assert state(situation, D1) is SlotState.OK


def test_what_was_delivered_is_not_reckoned_and_ends_no_rest() -> None:
    assert condoms(READY, *DROP).tally == NOTHING

    assert state(condoms(condoms(condoms(READY, *NO_DROP), *DROP), *NO_DROP), D1) is SlotState.RESTING


def test_a_slot_that_rests_gives_nothing_and_says_so() -> None:
    assert refused(TWICE, ItemChosen(CONDOMS)) is Refusal.NOT_STOCKED
    assert CONDOMS not in can_be_given(TWICE, RULES)


def test_a_rest_ends_when_the_oldest_of_its_vends_is_half_an_hour_old() -> None:
    resting = condoms(condoms(READY, *NO_DROP), *NO_DROP, now=NOW + 60)
    assert resting.tally.deadline == NOW + REST_S

    assert state(after(resting, RestEnded(), now=NOW + REST_S - 1), D1) is SlotState.RESTING
    assert state(after(resting, RestEnded(), now=NOW + REST_S), D1) is SlotState.OK


def test_vends_that_lie_far_apart_make_nothing_rest() -> None:
    apart = condoms(condoms(READY, *NO_DROP), *NO_DROP, now=NOW + REST_S)

    assert state(apart, D1) is SlotState.OK


def test_four_such_vends_make_all_slots_rest_but_those_of_emergency_items() -> None:
    assert [state(FOUR_TIMES, slot) for slot in (B1, B2, C1, D1)] == [SlotState.RESTING] * 4

    assert [state(FOUR_TIMES, slot) for slot in (A1, A2)] == [SlotState.OK] * 2
    assert can_be_given(FOUR_TIMES, RULES) == {NALOXONE}


def test_three_such_vends_make_no_other_slot_rest() -> None:
    three = caught(after(TWICE, CodePresented(CODE), ticket(KIT)), B1)

    assert [state(three, slot) for slot in (B1, B2, C1)] == [SlotState.OK] * 3


def test_a_ticket_keeps_what_a_rest_holds_back() -> None:
    _, orders = tell(FOUR_TIMES, CodePresented(CODE), ticket(KIT, STRIPS))

    assert orders == (Refuse(Refusal.NOT_STOCKED),)


@pytest.mark.parametrize("other", [state for state in SlotState if state is not SlotState.OK])
def test_a_slot_that_is_out_of_use_is_not_said_to_rest(other: SlotState) -> None:
    out_of_use = after(FOUR_TIMES, StockChanged((stock_of(D1, CONDOMS, state=other),)))

    assert state(out_of_use, D1) is other


def test_a_slot_of_an_item_without_a_rule_can_rest_too() -> None:
    assert state(after(FOUR_TIMES, StockChanged((stock_of(D1, UNKNOWN),))), D1) is SlotState.RESTING


# --- what ends it


def test_a_count_ends_the_rest_of_its_slot_and_of_no_other() -> None:
    counted = after(FOUR_TIMES, SlotCounted(B1))
    assert state(counted, B1) is SlotState.OK  # three are left: not all slots rest any more
    assert state(counted, D1) is SlotState.RESTING

    assert state(after(counted, SlotCounted(D1)), D1) is SlotState.OK


def test_a_rattled_door_ends_no_rest() -> None:
    rattled = TWICE
    for _ in range(9):
        rattled = after(rattled, DoorOpened(), DoorClosed())

    assert state(rattled, D1) is SlotState.RESTING


# --- three no-drops in a row


def no_drops(*seconds: float, slot_ends: tuple[Event, ...] = NO_DROP) -> Situation:
    situation = READY
    for at in seconds:
        situation = condoms(situation, *slot_ends, now=NOW + at)
    return situation


def test_three_no_drops_in_a_row_make_a_slot_need_a_count_for_good() -> None:
    thrice = no_drops(0, 1, 2 * REST_S)
    assert state(thrice, D1) is SlotState.COUNT_NEEDED

    later = after(thrice, RestEnded(), now=NOW + 9 * REST_S)
    assert state(later, D1) is SlotState.COUNT_NEEDED
    assert state(after(later, SlotCounted(D1)), D1) is SlotState.OK


def test_a_count_of_another_slot_is_no_count() -> None:
    assert state(after(no_drops(0, 1, 2 * REST_S), SlotCounted(B1)), D1) is SlotState.COUNT_NEEDED


def test_no_drops_with_a_delivery_between_them_are_not_in_a_row() -> None:
    twice = condoms(no_drops(0, 1), *NO_DROP, now=NOW)  # the third touch is refused: the slot rests
    delivered = condoms(twice, *DROP, now=NOW + 2 * REST_S)

    assert state(condoms(delivered, *NO_DROP, now=NOW + 2 * REST_S), D1) is SlotState.OK


def test_an_emergency_coil_that_was_stopped_on_its_way_keeps_its_place() -> None:
    stopped = after(EMERGENCY, IntentCommitted(), DoorOpened(), TurnEnded(A1, TurnResult.CUT_AWAY), OutcomeRecorded())

    assert stopped.tally.no_drops == ()


def test_jams_and_what_cannot_be_known_are_no_no_drops() -> None:
    jams = no_drops(0, 1, 2 * REST_S, slot_ends=(TurnEnded(D1, TurnResult.JAMMED), DeadlinePassed()))

    assert state(jams, D1) is SlotState.OK


# --- emergency items go on


def only_a1(no_drops: int) -> Situation:
    """A kiosk with one slot of naloxone, after so many no-drops of it."""
    situation = left((9, 0))
    for _ in range(no_drops):
        situation = caught(after(situation, GRID), A1)
    return situation


@pytest.mark.parametrize("no_drops", [1, 3, 50])
def test_an_emergency_item_never_rests_and_makes_nothing_else_rest(no_drops: int) -> None:
    situation = only_a1(no_drops)

    assert refused(situation, GRID) is None
    assert {state(situation, slot) for slot in (B1, B2, C1, D1)} == {SlotState.OK}


def test_after_three_no_drops_an_emergency_slot_comes_last() -> None:
    both = after(only_a1(3), StockChanged(STOCK))
    assert state(both, A1) is SlotState.COUNT_NEEDED

    _, orders = tell(both, GRID)
    assert [order.slot for order in orders if isinstance(order, CommitIntent)] == [A2]


def test_a_long_row_of_no_drops_is_remembered_no_longer_than_it_must() -> None:
    assert only_a1(50).tally == only_a1(3).tally


# --- the cooldown


@pytest.mark.parametrize("touch", [GRID, OVERDOSE])
def test_after_an_emergency_item_was_delivered_none_is_given_by_touch_for_20_s(touch: ItemChosen) -> None:
    just_given = naloxone(READY)
    assert just_given.tally.deadline == NOW + COOLDOWN_S

    assert refused(just_given, touch, NOW + COOLDOWN_S - 0.1) is Refusal.COOLDOWN
    assert refused(just_given, touch, NOW + COOLDOWN_S) is None


def test_what_cools_down_is_told_apart_from_what_cannot_come() -> None:
    just_given = naloxone(READY)

    assert cooling(just_given, RULES) == {NALOXONE}
    assert can_be_given(just_given, RULES) == set(ITEMS) - {NALOXONE}
    assert cooling(after(just_given, StockChanged(STOCK[2:])), RULES) == set()
    assert cooling(after(just_given, RestEnded(), now=NOW + COOLDOWN_S), RULES) == set()


def test_every_emergency_item_cools_down_with_the_others() -> None:
    spare = ItemId("spare")
    rules = Rules({**ITEMS, spare: ItemRule(spare, free=True, emergency=True)})
    just_given = replace(naloxone(READY), stock=(*STOCK, stock_of(SlotId("E1"), spare)))

    _, orders = tell(just_given, ItemChosen(spare), rules=rules)

    assert orders == (Refuse(Refusal.COOLDOWN),)


def test_the_cooldown_stops_nothing_but_emergency_items() -> None:
    assert refused(naloxone(READY), ItemChosen(CONDOMS)) is None


def test_an_emergency_item_that_did_not_come_can_be_touched_again_at_once() -> None:
    jammed = TurnEnded(A1, TurnResult.JAMMED)
    stuck = after(left((9, 0)), GRID, IntentCommitted(), jammed, DeadlinePassed(), OutcomeRecorded())

    assert refused(stuck, GRID) is None
    assert refused(caught(after(left((9, 0)), GRID), A1), GRID) is None


def test_a_ticket_gives_all_its_emergency_items_in_spite_of_the_cooldown() -> None:
    given = naloxone(READY)
    once = after(given, CodePresented(CODE), ticket(NALOXONE, NALOXONE), IntentCommitted())
    twice, orders = tell(once, TurnEnded(A1, TurnResult.CAME_HOME), BeamBroken(), OutcomeRecorded())

    assert [type(order) for order in orders] == [CommitIntent]
    assert twice.state is State.RESERVING


# --- the reserve


@pytest.mark.parametrize(
    ("counts", "is_kept"),
    [
        ([(3, 0)], False),
        ([(2, 0)], True),
        ([(1, 0)], True),
        ([(0, 0)], False),  # nothing is known to be kept: the coil is tried
        ([(1, 0), (1, 0)], True),
        ([(2, 0), (1, 0)], False),
        ([(1, 1)], True),
        ([(2, 1)], False),
        ([(1, 2)], False),
        ([(0, 1)], False),
        ([(0, 2)], False),
        ([(0, 1), (1, 0)], True),
    ],
)
def test_the_last_two_are_kept_for_whoever_asks_from_the_overdose_page(
    counts: list[tuple[int, int]], is_kept: bool
) -> None:
    situation = left(*counts)

    assert refused(situation, GRID) is (Refusal.RESERVED if is_kept else None)
    assert refused(situation, OVERDOSE) is None
    assert reserved(situation, RULES) == ({NALOXONE} if is_kept else set())
    assert NALOXONE in can_be_given(situation, RULES)


@pytest.mark.parametrize(("certain", "uncertain"), [*product(range(5), range(4))])
def test_a_unit_that_may_be_there_never_makes_the_grid_stricter(certain: int, uncertain: int) -> None:
    without = is_only_reserve((stock_of(A1, NALOXONE, certain, uncertain=uncertain),), USUAL)
    with_one = is_only_reserve((stock_of(A1, NALOXONE, certain, uncertain=uncertain + 1),), USUAL)

    assert without or not with_one


@pytest.mark.parametrize("state", [SlotState.JAMMED, SlotState.COUNT_NEEDED, SlotState.BLOCKED, SlotState.EMPTY])
def test_a_count_that_cannot_be_relied_on_keeps_nothing_back(state: SlotState) -> None:
    assert refused(left((2, 0), state=state), GRID) is None


@pytest.mark.parametrize("state", [state for state in SlotState if state is not SlotState.OK])
def test_what_cannot_be_relied_on_is_not_reckoned_with_what_can(state: SlotState) -> None:
    slots = (stock_of(A1, NALOXONE, 2), stock_of(A2, NALOXONE, 9, state=state))

    assert refused(after(READY, StockChanged(slots)), GRID) is Refusal.RESERVED


def test_without_a_reserve_the_grid_gives_the_last_one() -> None:
    none_kept = replace(RULES, limits=replace(USUAL, emergency_reserve=0))

    _, orders = tell(left((1, 0)), GRID, rules=none_kept)

    assert [type(order) for order in orders] == [CommitIntent]


def test_nothing_else_has_a_reserve() -> None:
    one = after(READY, StockChanged((stock_of(D1, CONDOMS, 1),)))

    assert refused(one, ItemChosen(CONDOMS)) is None
    assert reserved(one, RULES) == set()


def test_of_the_last_ones_the_grid_says_that_they_are_kept_even_in_the_cooldown() -> None:
    just_given = after(naloxone(READY), StockChanged((stock_of(A1, NALOXONE, 2),)))

    assert (refused(just_given, GRID), refused(just_given, OVERDOSE)) == (Refusal.RESERVED, Refusal.COOLDOWN)


def test_an_emergency_item_that_stands_nowhere_is_not_said_to_be_kept() -> None:
    nowhere = after(naloxone(READY), StockChanged(STOCK[2:]))

    assert refused(nowhere, OVERDOSE) is Refusal.NOT_STOCKED


# --- during another's vend or choice


def in_the_middle(limited: Situation, elsewhere: Situation) -> Situation:
    return replace(elsewhere, stock=limited.stock, tally=limited.tally)


@pytest.mark.parametrize("elsewhere", [MOVING, SETTLING])
def test_an_emergency_item_wanted_during_anothers_vend_is_held_against_the_limits_at_the_touch(
    elsewhere: Situation,
) -> None:
    kept, cool = in_the_middle(left((2, 0)), elsewhere), in_the_middle(naloxone(READY), elsewhere)

    assert (refused(kept, GRID), refused(cool, GRID), refused(cool, OVERDOSE)) == (
        *(Refusal.RESERVED, Refusal.COOLDOWN, Refusal.COOLDOWN),
    )
    assert after(kept, GRID) == kept  # the screen is for whoever is served
    assert after(kept, OVERDOSE).wanted == NALOXONE


def test_what_was_promised_comes_next_whatever_is_left_by_then() -> None:
    promised = after(MOVING, GRID, StockChanged((stock_of(A1, NALOXONE, 1), *STOCK[2:])))

    coming = after(promised, HOME_D1, BeamBroken(), OutcomeRecorded())

    assert coming.vend
    assert (coming.state, coming.vend.plan.item) == (State.RESERVING, NALOXONE)


@pytest.mark.parametrize("limited", [left((1, 0)), naloxone(READY)], ids=["reserve", "cooldown"])
def test_whoever_was_to_choose_may_choose_something_else(limited: Situation) -> None:
    refused = after(in_the_middle(limited, CHOOSING), GRID, now=NOW + 5)

    assert (refused.state, refused.visit) == (State.CHOOSING, CHOOSING.visit)
    assert refused.deadline == NOW + 5 + RULES.choose_s


# --- a technician's test turn


@pytest.mark.parametrize("end", [NO_DROP, DROP, (TurnEnded(D1, TurnResult.JAMMED), DeadlinePassed())], ids=str)
def test_a_test_turn_is_not_reckoned(end: tuple[Event, ...]) -> None:
    tested = after(TWICE, TrialAsked(D1), IntentCommitted(), *end, OutcomeRecorded())

    assert tested.state is State.READY
    assert tested.tally == TWICE.tally


def test_a_test_turn_of_an_emergency_slot_begins_no_cooldown() -> None:
    turned = TurnEnded(A1, TurnResult.CAME_HOME)
    tested = after(READY, TrialAsked(A1), IntentCommitted(), turned, BeamBroken(), OutcomeRecorded())

    assert refused(tested, GRID) is None


# --- what is remembered


def test_nothing_is_due_when_nothing_is_remembered() -> None:
    assert READY.tally.deadline is None


def test_the_next_thing_to_end_is_due_first() -> None:
    both = naloxone(condoms(READY, *NO_DROP))
    assert both.tally.deadline == NOW + COOLDOWN_S

    assert after(both, RestEnded(), now=NOW + COOLDOWN_S).tally.deadline == NOW + REST_S


def test_nothing_is_remembered_longer_than_it_counts() -> None:
    past = after(naloxone(condoms(READY, *NO_DROP)), RestEnded(), now=NOW + REST_S)

    assert (past.tally.unproven, past.tally.cooling_until) == ((), None)


def test_a_slot_as_it_is_now_is_the_ledgers_but_for_its_state() -> None:
    def unlimited(stocks: tuple[SlotStock, ...]) -> list[SlotStock]:
        return [replace(stock, state=SlotState.OK) for stock in stocks]

    assert stock_now(READY, RULES) == STOCK
    assert unlimited(stock_now(FOUR_TIMES, RULES)) == list(STOCK)
