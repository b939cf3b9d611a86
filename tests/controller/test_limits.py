"""The controller and the limits: it wakes up by itself when one ends, tells what rests, and knows who ends a rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hardware.bench.physics import Fault
from kiosk.controller import Controller
from kiosk.core.asks import (
    Ask,
    AskRefused,
    CountSlot,
    LoadSlot,
    ReadCounters,
    ReadReports,
    ReadStock,
    Reports,
    Stock,
    StorageFailed,
)
from kiosk.core.stock import Alarm, AlarmCode
from kiosk.core.values import ItemId, SlotId, SlotState, SlotStock
from tests.controller.conftest import snapshot, writes_refused
from tests.kit import VirtualKiosk

D1 = SlotId("D1")
NALOXONE = ItemId("naloxone")
REST_S, COOLDOWN_S = 1800.0, 20.0


def make_rest(kiosk: VirtualKiosk) -> float:
    """Let D1 rest; when the first of its two vends ended."""
    kiosk.world.set_fault("D1", Fault.NO_DROP)
    ended = []
    for _ in range(2):
        kiosk.choose("condoms")
        kiosk.finish_vend()
        ended.append(kiosk.now)
    return ended[0]


def shown(stock: tuple[SlotStock, ...]) -> SlotState:
    return next(each.state for each in stock if each.slot == D1)


def told(kiosk: VirtualKiosk) -> SlotState:
    answer = kiosk.ask(ReadStock())
    assert isinstance(answer, Stock)
    return shown(answer.slots)


def test_a_slot_that_rests_is_shown_and_told(kiosk: VirtualKiosk) -> None:
    make_rest(kiosk)

    assert (shown(snapshot(kiosk).stock), told(kiosk)) == (SlotState.RESTING, SlotState.RESTING)
    assert kiosk.stock("D1").state is SlotState.OK


def test_the_end_of_a_rest_wakes_the_kiosk_and_is_shown(kiosk: VirtualKiosk, controller: Controller) -> None:
    rested_since = make_rest(kiosk)
    kiosk.pass_time(rested_since + REST_S - 0.1 - kiosk.now)
    assert shown(snapshot(kiosk).stock) is SlotState.RESTING
    assert controller.deadline == controller.situation.tally.deadline

    kiosk.pass_time(0.2)

    assert shown(snapshot(kiosk).stock) is SlotState.OK


def test_when_all_limits_are_over_they_wake_the_kiosk_no_more(kiosk: VirtualKiosk, controller: Controller) -> None:
    make_rest(kiosk)
    kiosk.choose("naloxone")
    kiosk.finish_vend()

    kiosk.pass_time(2 * REST_S)

    assert controller.situation.tally.deadline is None


def test_the_cooldown_is_shown_and_its_end(kiosk: VirtualKiosk) -> None:
    kiosk.choose("naloxone")
    kiosk.finish_vend()
    assert snapshot(kiosk).cooling == {NALOXONE}
    assert NALOXONE not in snapshot(kiosk).can_be_given

    kiosk.pass_time(COOLDOWN_S)

    assert snapshot(kiosk).cooling == set()
    assert NALOXONE in snapshot(kiosk).can_be_given


def unavailable(kiosk: VirtualKiosk) -> list[ItemId]:
    """The items that the day's report calls unavailable for some minutes."""
    kiosk.pass_time(3600)
    kiosk.calendar.day += timedelta(days=1)
    kiosk.pass_time(60)
    answer = kiosk.ask(ReadReports())
    assert isinstance(answer, Reports)
    return [item for report in answer.reports for item, _ in report.unavailable]


def test_a_rest_is_reported_as_minutes_without_the_item(kiosk: VirtualKiosk) -> None:
    make_rest(kiosk)

    assert unavailable(kiosk) == ["condoms"]


def test_a_cooldown_is_not(kiosk: VirtualKiosk) -> None:
    for _ in range(6):
        kiosk.choose("naloxone")
        kiosk.finish_vend()
        kiosk.pass_time(COOLDOWN_S)

    assert unavailable(kiosk) == []


def test_a_slot_that_needs_a_count_is_an_alarm_and_one_that_rests_is_none(kiosk: VirtualKiosk) -> None:
    make_rest(kiosk)
    assert snapshot(kiosk).alarms == ()

    kiosk.pass_time(REST_S)
    kiosk.choose("condoms")
    kiosk.finish_vend()

    assert snapshot(kiosk).alarms == (Alarm(AlarmCode.COUNT_NEEDED, D1),)


def test_the_reserve_is_shown(kiosk: VirtualKiosk) -> None:
    assert snapshot(kiosk).reserved == set()
    for slot in ("A1", "A2"):
        kiosk.ask(CountSlot(SlotId(slot), 1))

    assert snapshot(kiosk).reserved == {NALOXONE}
    assert NALOXONE in snapshot(kiosk).can_be_given


@pytest.mark.parametrize("ask", [CountSlot(D1, 5), LoadSlot(D1, 3)])
def test_a_count_or_a_load_ends_the_rest_of_its_slot(kiosk: VirtualKiosk, ask: Ask) -> None:
    make_rest(kiosk)

    kiosk.ask(ask)

    assert shown(snapshot(kiosk).stock) is SlotState.OK


@pytest.mark.parametrize("ask", [ReadStock(), ReadCounters(), CountSlot(SlotId("B1"), 5), LoadSlot(SlotId("B1"), 3)])
def test_no_other_ask_ends_it(kiosk: VirtualKiosk, ask: Ask) -> None:
    make_rest(kiosk)

    kiosk.ask(ask)

    assert shown(snapshot(kiosk).stock) is SlotState.RESTING


def test_a_load_that_is_refused_ends_no_rest(kiosk: VirtualKiosk) -> None:
    make_rest(kiosk)

    with pytest.raises(AskRefused):
        kiosk.ask(LoadSlot(D1, 999))

    assert shown(snapshot(kiosk).stock) is SlotState.RESTING


def test_a_count_that_cannot_be_written_ends_no_rest(kiosk: VirtualKiosk) -> None:
    make_rest(kiosk)

    with writes_refused(kiosk), pytest.raises(StorageFailed):
        kiosk.ask(CountSlot(D1, 5))

    assert shown(snapshot(kiosk).stock) is SlotState.RESTING
