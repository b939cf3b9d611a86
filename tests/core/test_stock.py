"""What is said of stock: which slot waits, which comes last, where sensor and count disagree, what is an alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from kiosk.core.events import BeamBroken, IntentCommitted, ItemChosen, OutcomeRecorded, StockChanged
from kiosk.core.situation import Rules, choose_slot
from kiosk.core.stock import Alarm, AlarmCode, alarms_of
from kiosk.core.values import ItemId, SlotId, SlotState, SlotStock, Unfit
from tests.core.making import A1, B1, B2, CONDOMS, D1, HOME_D1, ITEMS, KIT, NALOXONE, READY, RULES, after, stock_of

TODAY = date(2026, 11, 24)
PAST, FUTURE = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def rules(unfit: Unfit) -> Rules:
    return replace(RULES, items={item: replace(rule, unfit=unfit) for item, rule in ITEMS.items()})


def chosen(item: ItemId, *slots: SlotStock, unfit: Unfit = Unfit.LAST, today: date | None = TODAY) -> SlotId | None:
    return choose_slot(after(READY, StockChanged(slots, today), rules=rules(unfit)), item, (), rules(unfit))


# --- stock past its last good day


def test_stock_past_its_day_comes_after_all_that_is_good() -> None:
    assert chosen(KIT, stock_of(B1, KIT, expires=PAST), stock_of(B2, KIT, expires=FUTURE)) == B2


def test_stock_past_its_day_is_given_when_nothing_else_is_there() -> None:
    assert chosen(NALOXONE, stock_of(A1, NALOXONE, expires=PAST)) == A1


def test_certain_units_past_their_day_come_after_uncertain_good_ones() -> None:
    assert chosen(KIT, stock_of(B1, KIT, expires=PAST), stock_of(B2, KIT, 0, uncertain=1)) == B2


def test_stock_past_its_day_comes_first_where_a_warning_is_enough() -> None:
    assert chosen(KIT, stock_of(B1, KIT, expires=FUTURE), stock_of(B2, KIT, expires=PAST), unfit=Unfit.WARN) == B2


@pytest.mark.parametrize("item", [KIT, NALOXONE])
def test_blocked_stock_past_its_day_waits_even_for_an_emergency(item: ItemId) -> None:
    slot = stock_of(B1, item, expires=PAST)
    blocking = rules(Unfit.BLOCK)

    situation = after(READY, StockChanged((slot,), TODAY), rules=blocking)

    assert situation.stock[0].state is SlotState.EXPIRED
    assert choose_slot(situation, item, (), blocking) is None


@pytest.mark.parametrize("unfit", Unfit)
def test_the_last_good_day_is_still_good(unfit: Unfit) -> None:
    assert chosen(KIT, stock_of(B1, KIT, expires=TODAY), stock_of(B2, KIT, expires=FUTURE), unfit=unfit) == B1


@pytest.mark.parametrize("unfit", Unfit)
def test_a_clock_that_nobody_has_set_lets_nothing_expire(unfit: Unfit) -> None:
    slots = stock_of(B1, KIT, expires=PAST), stock_of(B2, KIT, expires=FUTURE)

    assert chosen(KIT, *slots, unfit=unfit, today=None) == B1


def test_a_slot_of_an_item_without_a_rule_is_judged_by_its_recall_only() -> None:
    unknown = stock_of(B1, ItemId("unknown"), expires=PAST)

    assert after(READY, StockChanged((unknown,), TODAY), rules=rules(Unfit.BLOCK)).stock == (unknown,)


# --- recalls


@pytest.mark.parametrize("state", [SlotState.OK, SlotState.JAMMED, SlotState.COUNT_NEEDED])
@pytest.mark.parametrize("item", [KIT, NALOXONE])
def test_a_slot_with_a_recalled_lot_in_front_waits_whatever_else_is_the_matter(item: ItemId, state: SlotState) -> None:
    assert chosen(item, stock_of(B1, item, recalled=True, state=state)) is None


def test_other_slots_go_on_during_a_recall() -> None:
    assert chosen(NALOXONE, stock_of(A1, NALOXONE, recalled=True), stock_of(B1, NALOXONE)) == B1


# --- the level sensor against the count

LEVELS = replace(RULES, levels={D1: 3})


@pytest.mark.parametrize(
    ("count", "uncertain", "is_low", "is_doubted"),
    [
        (3, 0, True, False),
        (4, 0, True, True),
        (3, 2, True, False),
        (4, 0, False, False),
        (3, 0, False, True),
        (3, 1, False, False),  # the band may hold the one that the sensor sees
        (0, 3, False, True),
    ],
)
def test_a_sensor_that_no_count_within_the_band_explains_is_doubted(
    count: int, uncertain: int, is_low: bool, is_doubted: bool
) -> None:
    low = frozenset({D1} if is_low else ())

    situation = after(
        READY, StockChanged((stock_of(D1, CONDOMS, count, uncertain=uncertain),), None, low), rules=LEVELS
    )

    assert situation.doubts == ({D1} if is_doubted else set())


def test_a_slot_without_a_sensor_is_never_doubted() -> None:
    assert after(READY, StockChanged((stock_of(B1, KIT, 0),), None), rules=LEVELS).doubts == frozenset()


def test_in_the_middle_of_a_vend_sensor_and_count_may_differ() -> None:
    moving = after(READY, ItemChosen(CONDOMS), IntentCommitted(), rules=LEVELS)
    fallen = StockChanged((stock_of(D1, CONDOMS, 4),), None, frozenset({D1}))

    assert after(moving, fallen, rules=LEVELS).doubts == frozenset()


def test_what_is_booked_at_a_vends_end_is_held_against_the_sensor() -> None:
    recording = after(READY, ItemChosen(CONDOMS), IntentCommitted(), BeamBroken(), HOME_D1, rules=LEVELS)
    booked = StockChanged((stock_of(D1, CONDOMS, 4),), None, frozenset({D1}))

    assert after(recording, booked, OutcomeRecorded(), rules=LEVELS).doubts == {D1}


# --- alarms


@pytest.mark.parametrize(
    ("slot", "codes"),
    [
        (stock_of(B1, KIT), ()),
        (stock_of(B1, KIT, expires=FUTURE), ()),
        (stock_of(B1, KIT, 0, state=SlotState.EMPTY), (AlarmCode.EMPTY,)),
        (stock_of(B1, KIT, 0, uncertain=2), (AlarmCode.EMPTY,)),
        (stock_of(B1, KIT, state=SlotState.JAMMED), (AlarmCode.JAMMED,)),
        (stock_of(B1, KIT, state=SlotState.COUNT_NEEDED), (AlarmCode.COUNT_NEEDED,)),
        (stock_of(B1, KIT, state=SlotState.RECALLED), (AlarmCode.RECALLED,)),
        (stock_of(B1, KIT, state=SlotState.EXPIRED, expires=PAST), (AlarmCode.EXPIRED,)),
        (stock_of(B1, KIT, expires=PAST), (AlarmCode.EXPIRED,)),
        (stock_of(B1, KIT, state=SlotState.JAMMED, expires=PAST), (AlarmCode.EXPIRED, AlarmCode.JAMMED)),
    ],
)
def test_each_reason_for_an_alarm_is_one(slot: SlotStock, codes: tuple[AlarmCode, ...]) -> None:
    assert alarms_of((slot,), TODAY, ()) == tuple(Alarm(code, B1) for code in codes)


def test_a_sensor_that_contradicts_the_count_is_an_alarm() -> None:
    assert alarms_of((stock_of(B1, KIT), stock_of(B2, KIT)), TODAY, {B2}) == (Alarm(AlarmCode.LEVEL_DIFFERS, B2),)
