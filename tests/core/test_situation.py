"""What is asked of a situation: from which slot, whether the beam would see it, whether beam or door forbid it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kiosk.core.events import (
    BeamBroken,
    BeamCleared,
    DeadlinePassed,
    DoorOpened,
    IntentFailed,
    ItemChosen,
    OutcomeRecorded,
    TurnEnded,
    TurnResult,
)
from kiosk.core.situation import Plan, Rules, Visit, beam_forbids, beam_sees, can_be_given, choose_slot, next_plan
from kiosk.core.values import ItemId, SlotId, SlotState, SlotStock, TicketUnit
from tests.core.making import (
    A1,
    A2,
    B1,
    B2,
    C1,
    CONDOMS,
    D1,
    ITEMS,
    KIT,
    NALOXONE,
    NOW,
    READY,
    RULES,
    STOCK,
    STRIPS,
    UNKNOWN,
    after,
    stock_of,
    stocked,
)

REFUSING = replace(RULES, beam_down_refuses=True)
BEAM_DOWN = replace(after(READY, BeamBroken()), beam_is_down=True)
OTHER_STATES = [state for state in SlotState if state is not SlotState.OK]


def chosen(item: ItemId, *slots: SlotStock, tried: tuple[SlotId, ...] = (), rules: Rules = RULES) -> SlotId | None:
    return choose_slot(stocked(*slots), item, tried, rules)


# --- which slot


def test_the_first_slot_of_the_item_gives() -> None:
    assert chosen(KIT, *STOCK) == B1


def test_no_slot_gives_what_stands_nowhere() -> None:
    assert chosen(CONDOMS, stock_of(B1, KIT)) is None


def test_no_slot_gives_an_item_without_a_rule() -> None:
    assert chosen(UNKNOWN, stock_of(B1, UNKNOWN)) is None


def test_an_empty_slot_does_not_give() -> None:
    assert chosen(KIT, stock_of(B1, KIT, 0), stock_of(B2, KIT, 1)) == B2


def test_a_slot_without_any_unit_does_not_give_even_alone() -> None:
    assert chosen(KIT, stock_of(B1, KIT, 0)) is None


def test_an_uncertain_unit_is_tried_when_there_is_no_certain_one() -> None:
    assert chosen(KIT, stock_of(B1, KIT, 0, uncertain=1)) == B1


def test_certain_units_come_before_uncertain_ones() -> None:
    assert chosen(KIT, stock_of(B1, KIT, 0, uncertain=3), stock_of(B2, KIT, 1)) == B2


def test_the_earliest_expiry_in_front_gives_first() -> None:
    late, early = date(2027, 5, 1), date(2027, 2, 1)

    assert chosen(KIT, stock_of(B1, KIT, expires=late), stock_of(B2, KIT, expires=early)) == B2


def test_what_never_expires_gives_last() -> None:
    assert chosen(KIT, stock_of(B1, KIT), stock_of(B2, KIT, expires=date(2099, 1, 1))) == B2


def test_certain_units_come_before_an_early_expiry() -> None:
    early = date(2027, 1, 1)

    assert chosen(KIT, stock_of(B1, KIT, 0, uncertain=1, expires=early), stock_of(B2, KIT)) == B2


def test_a_slot_tried_in_this_visit_is_not_tried_again() -> None:
    assert chosen(KIT, *STOCK, tried=(B1,)) == B2
    assert chosen(KIT, *STOCK, tried=(B1, B2)) is None


@pytest.mark.parametrize("state", OTHER_STATES)
def test_a_slot_that_is_not_ok_does_not_give(state: SlotState) -> None:
    assert chosen(KIT, stock_of(B1, KIT, state=state)) is None


# --- emergency items


def test_an_emergency_item_is_tried_at_count_0() -> None:
    assert chosen(NALOXONE, stock_of(A1, NALOXONE, 0, state=SlotState.EMPTY)) == A1


HELD_BACK = (SlotState.MISSING, SlotState.RECALLED, SlotState.EXPIRED)


@pytest.mark.parametrize("state", [state for state in SlotState if state not in HELD_BACK])
def test_an_emergency_item_is_tried_in_whatever_state_its_slot_is(state: SlotState) -> None:
    assert chosen(NALOXONE, stock_of(A1, NALOXONE, state=state)) == A1


@pytest.mark.parametrize("state", HELD_BACK)
def test_a_slot_that_is_missing_or_held_back_is_not_tried_even_for_an_emergency_item(state: SlotState) -> None:
    assert chosen(NALOXONE, stock_of(A1, NALOXONE, state=state)) is None


def test_an_empty_slot_comes_after_one_with_units_for_an_emergency_item() -> None:
    assert chosen(NALOXONE, stock_of(A1, NALOXONE, 0, state=SlotState.EMPTY), stock_of(A2, NALOXONE, 1)) == A2


@pytest.mark.parametrize("state", [SlotState.JAMMED, SlotState.BLOCKED])
def test_a_faulty_slot_comes_last_for_an_emergency_item(state: SlotState) -> None:
    empty = stock_of(A2, NALOXONE, 0, state=SlotState.EMPTY)

    assert chosen(NALOXONE, stock_of(A1, NALOXONE, state=state), empty) == A2
    assert chosen(NALOXONE, empty, stock_of(A1, NALOXONE, state=state)) == A2


def test_a_slot_to_be_counted_comes_between_one_with_units_and_an_empty_one_for_an_emergency_item() -> None:
    uncounted = stock_of(A1, NALOXONE, 0, uncertain=4, state=SlotState.COUNT_NEEDED)

    assert chosen(NALOXONE, uncounted, stock_of(A2, NALOXONE, 1)) == A2
    assert chosen(NALOXONE, stock_of(A2, NALOXONE, 0, state=SlotState.EMPTY), uncounted) == A1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (stock_of(A1, NALOXONE, 3, state=SlotState.COUNT_NEEDED), stock_of(A2, NALOXONE, 1)),
        (
            stock_of(A1, NALOXONE, 0, state=SlotState.COUNT_NEEDED),
            stock_of(A2, NALOXONE, 1, uncertain=1, state=SlotState.COUNT_NEEDED),
        ),
    ],
    ids=["a count that is sure", "units that there may be"],
)
def test_of_two_emergency_slots_the_likelier_one_comes_first(first: SlotStock, second: SlotStock) -> None:
    assert choose_slot(stocked(first, second), NALOXONE, (), RULES) == A2


def test_a_coil_that_jammed_comes_last_even_if_no_ledger_keeps_it() -> None:
    unknown = tuple(stock_of(slot, NALOXONE, 0, state=SlotState.COUNT_NEEDED) for slot in (A1, A2))
    moving = after(stocked(*unknown), ItemChosen(NALOXONE), IntentFailed())

    jammed = after(moving, TurnEnded(A1, TurnResult.JAMMED), DeadlinePassed(), OutcomeRecorded())

    assert choose_slot(jammed, NALOXONE, (), RULES) == A2


# --- beam and door


def planned(item: ItemId) -> Plan:
    slot = choose_slot(READY, item, (), RULES)
    assert slot
    return Plan(TicketUnit(0, item), item, slot)


@pytest.mark.parametrize(("item", "seen"), [(CONDOMS, True), (NALOXONE, True), (STRIPS, False)])
def test_a_whole_beam_sees_all_but_thin_items(item: ItemId, seen: bool) -> None:
    assert beam_sees(planned(item), READY, RULES) is seen


@pytest.mark.parametrize("item", ITEMS)
def test_a_broken_beam_sees_nothing(item: ItemId) -> None:
    assert not beam_sees(planned(item), after(READY, BeamBroken()), RULES)


def test_a_slot_that_the_beam_does_not_reach_is_not_stopped_by_a_beam_that_is_down() -> None:
    assert choose_slot(BEAM_DOWN, CONDOMS, (), replace(REFUSING, sensorless=frozenset({D1}))) == D1


@pytest.mark.parametrize("item", ITEMS)
def test_without_a_drop_sensor_nothing_is_seen(item: ItemId) -> None:
    assert not beam_sees(planned(item), READY, replace(RULES, drop_sensor=False))


def test_from_a_slot_that_the_beam_does_not_reach_nothing_is_seen() -> None:
    assert not beam_sees(planned(CONDOMS), READY, replace(RULES, sensorless=frozenset({D1})))


@pytest.mark.parametrize(("item", "stopped"), [(KIT, True), (CONDOMS, True), (STRIPS, False), (NALOXONE, False)])
def test_a_beam_that_is_down_forbids_what_it_would_see_but_no_emergency_item(item: ItemId, stopped: bool) -> None:
    assert beam_forbids(ITEMS[item], BEAM_DOWN, REFUSING) is stopped
    assert (choose_slot(BEAM_DOWN, item, (), REFUSING) is None) is stopped


def test_a_beam_that_is_down_forbids_nothing_where_coming_home_counts() -> None:
    assert not beam_forbids(ITEMS[CONDOMS], BEAM_DOWN, RULES)


@pytest.mark.parametrize(("item", "stopped"), [(CONDOMS, True), (STRIPS, False), (NALOXONE, False)])
def test_a_missing_drop_sensor_forbids_as_a_beam_that_is_down_does(item: ItemId, stopped: bool) -> None:
    assert beam_forbids(ITEMS[item], READY, replace(REFUSING, drop_sensor=False)) is stopped
    assert not beam_forbids(ITEMS[item], READY, replace(RULES, drop_sensor=False))


def test_a_beam_that_an_item_has_just_broken_forbids_nothing() -> None:
    assert not beam_forbids(ITEMS[CONDOMS], after(READY, BeamBroken()), REFUSING)


def test_a_beam_is_not_down_from_the_moment_on_at_which_it_is_whole() -> None:
    down = after(after(READY, BeamBroken()), DoorOpened(), now=NOW + 1)

    assert not after(down, BeamCleared(), now=NOW + 1).beam_is_down


def test_a_beam_is_down_when_broken_for_longer_than_an_item_takes() -> None:
    broken = after(READY, BeamBroken())

    assert not after(broken, DoorOpened(), now=NOW + 0.49).beam_is_down
    assert after(broken, DoorOpened(), now=NOW + 0.5).beam_is_down


@pytest.mark.parametrize(("item", "slot"), [(KIT, None), (CONDOMS, None), (STRIPS, None), (NALOXONE, A1)])
def test_an_open_door_stops_all_but_emergency_items(item: ItemId, slot: SlotId | None) -> None:
    assert choose_slot(after(READY, DoorOpened()), item, (), RULES) == slot


# --- visit and plan


def test_the_next_plan_is_the_first_unit_that_some_slot_can_give() -> None:
    units = (TicketUnit(0, UNKNOWN), TicketUnit(1, STRIPS), TicketUnit(2, CONDOMS))

    assert next_plan(READY, Visit(units), RULES) == Plan(units[1], STRIPS, C1)


def test_there_is_no_plan_for_a_unit_that_is_still_to_be_chosen() -> None:
    assert next_plan(READY, Visit((TicketUnit(0, None),)), RULES) is None


def test_a_plan_leaves_out_the_slots_that_were_tried() -> None:
    plan = next_plan(READY, Visit((TicketUnit(0, KIT), TicketUnit(1, CONDOMS)), tried=(B1, B2)), RULES)

    assert plan == Plan(TicketUnit(1, CONDOMS), CONDOMS, D1)


@pytest.mark.parametrize(
    ("units", "chooses"), [((), False), ((TicketUnit(0, KIT),), False), ((TicketUnit(0, None),), True)]
)
def test_the_person_chooses_when_the_ticket_does_not_name_its_item(
    units: tuple[TicketUnit, ...], chooses: bool
) -> None:
    assert Visit(units).person_chooses is chooses


# --- what can be given


def test_what_can_be_given_is_what_some_slot_can_give() -> None:
    assert can_be_given(READY, RULES) == set(ITEMS)
    assert can_be_given(after(READY, DoorOpened()), RULES) == {NALOXONE}
    assert can_be_given(replace(READY, stock=()), RULES) == set()
