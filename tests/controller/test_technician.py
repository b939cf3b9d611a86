"""A technician's work on a running kiosk: test turns, recalls, what was taken out, sensors that contradict counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.controller import Controller
from kiosk.core.asks import (
    AskRefused,
    CountSlot,
    Done,
    LoadSlot,
    MakeTestVend,
    RecallLot,
    RemoveUnits,
    StorageFailed,
    Verdict,
    VerifyLedger,
    Why,
)
from kiosk.core.stock import Alarm, AlarmCode
from kiosk.core.values import ItemId, Refusal, SlotId, SlotState
from tests.controller.conftest import begin_turn, snapshot, writes_refused
from tests.kit import CONFIG, VirtualKiosk, virtual_kiosk

A1, A2, D1 = map(SlotId, ("A1", "A2", "D1"))

WITH_SENSOR = CONFIG.replace(
    "{{id: D1, item: condoms, capacity: 20,",
    "{{id: D1, item: condoms, capacity: 20, low: {{pin: 26, active_low: true, at: 3}},",
)


def test_a_test_turn_gives_one_unit_and_is_counted_apart(kiosk: VirtualKiosk) -> None:
    assert kiosk.ask(MakeTestVend(D1)) == Done()
    kiosk.finish_vend()

    assert kiosk.world.tray == ["condoms"]
    assert (kiosk.counted("test", "D1"), kiosk.counted("delivered")) == (1, 0)
    assert snapshot(kiosk).said is None
    kiosk.check()


def test_a_test_turn_is_made_at_an_open_door(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_door(is_open=True)
    kiosk.pass_time(0)

    kiosk.ask(MakeTestVend(D1))
    kiosk.finish_vend()

    assert kiosk.turns() == ["D1"]


def test_a_test_waits_until_the_vend_before_it_is_closed(kiosk: VirtualKiosk, controller: Controller) -> None:
    begin_turn(kiosk)
    asked = controller.ask(MakeTestVend(A1))
    kiosk.witness.acts += 1

    kiosk.finish_vend()
    kiosk.finish_vend()

    assert asked.result(0) == Done()
    assert kiosk.turns() == ["D1", "A1"]


@pytest.mark.parametrize("slot", ["Z9", "AA9"])
def test_a_test_of_a_slot_that_is_not_there_is_refused(kiosk: VirtualKiosk, slot: str) -> None:
    with pytest.raises(AskRefused, match=f"no slot {slot} that can be turned"):
        kiosk.ask(MakeTestVend(SlotId(slot)))

    assert kiosk.turns() == []


def test_nobodys_choice_is_taken_away_by_a_test(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue()
    kiosk.scan(ticket)
    kiosk.pass_time(0)

    with pytest.raises(AskRefused, match="somebody is at the kiosk"):
        kiosk.ask(MakeTestVend(D1))


@pytest.mark.parametrize("slot", [A1, D1])
def test_no_test_is_made_that_cannot_be_booked(kiosk: VirtualKiosk, slot: SlotId) -> None:
    with writes_refused(kiosk), pytest.raises(StorageFailed):
        kiosk.ask(MakeTestVend(slot))

    assert kiosk.turns() == []


def test_nothing_is_asked_of_the_data_while_a_test_turns(kiosk: VirtualKiosk, controller: Controller) -> None:
    kiosk.witness.acts += 1
    test, read = controller.ask(MakeTestVend(D1)), controller.ask(VerifyLedger())

    kiosk.pass_time(0.5)
    assert (test.done(), read.done(), kiosk.motors_on()) == (True, False, ["D1"])

    kiosk.finish_vend()
    assert read.result(0) == Verdict(())


def test_people_hear_nothing_of_a_test_that_cannot_be(kiosk: VirtualKiosk) -> None:
    with pytest.raises(AskRefused):
        kiosk.ask(MakeTestVend(SlotId("Z9")))

    assert snapshot(kiosk).said is None


# --- recalls


def test_a_recalled_lot_in_front_waits_and_the_other_slot_goes_on(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(A1, 0))
    kiosk.ask(LoadSlot(A1, 3, "N1"))
    kiosk.ask(RecallLot(ItemId("naloxone"), "N1"))
    assert [slot.state for slot in snapshot(kiosk).stock[:2]] == [SlotState.RECALLED, SlotState.OK]

    kiosk.choose("naloxone")
    kiosk.finish_vend()

    assert kiosk.turns() == ["A2"]
    assert Alarm(AlarmCode.RECALLED, A1) in snapshot(kiosk).alarms


def test_with_its_only_lot_recalled_an_item_is_not_to_be_had_until_it_was_replaced(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(D1, 0))
    kiosk.ask(LoadSlot(D1, 3, "L1"))
    kiosk.ask(RecallLot(ItemId("condoms"), "L1"))
    assert kiosk.choose("condoms") is Refusal.NOT_STOCKED

    kiosk.ask(RemoveUnits(D1, 3, Why.RECALLED))
    kiosk.ask(LoadSlot(D1, 2, "L2"))

    assert kiosk.choose("condoms") is None


# --- the level sensor


@pytest.fixture
def sensing(tmp_path: Path) -> Iterator[VirtualKiosk]:
    with virtual_kiosk(tmp_path, WITH_SENSOR) as kiosk:
        kiosk.load("D1", 5)
        yield kiosk


def put_in(kiosk: VirtualKiosk, units: int) -> None:
    """Change what stands in the coil without telling the ledger, and let the kiosk look."""
    assert kiosk.kiosk.bench
    kiosk.kiosk.bench.fill_slot("D1", units)
    kiosk.pass_time(60)


def test_a_sensor_and_a_count_that_agree_are_no_alarm(sensing: VirtualKiosk) -> None:
    for units in (5, 4, 3, 2):
        put_in(sensing, units)
        sensing.ask(CountSlot(D1, units))
        assert Alarm(AlarmCode.LEVEL_DIFFERS, D1) not in snapshot(sensing).alarms


@pytest.mark.parametrize(("counted", "there"), [(5, 2), (2, 5), (4, 3), (3, 4)])
def test_a_sensor_that_contradicts_the_count_is_an_alarm_and_changes_no_count(
    sensing: VirtualKiosk, counted: int, there: int
) -> None:
    sensing.ask(CountSlot(D1, counted))

    put_in(sensing, there)

    assert Alarm(AlarmCode.LEVEL_DIFFERS, D1) in snapshot(sensing).alarms
    assert sensing.stock("D1").count == counted


def test_a_vend_past_the_sensor_is_no_alarm_at_any_time(sensing: VirtualKiosk) -> None:
    put_in(sensing, 4)
    sensing.ask(CountSlot(D1, 4))
    seen: list[Alarm] = []
    sensing.kiosk.controller.board.listen(lambda picture: seen.extend(picture.alarms))

    sensing.choose("condoms")
    sensing.pass_time(120)

    assert sensing.stock("D1").count == 3
    assert Alarm(AlarmCode.LEVEL_DIFFERS, D1) not in seen


def test_the_alarm_is_over_when_a_count_agrees_again(sensing: VirtualKiosk) -> None:
    put_in(sensing, 2)

    sensing.ask(CountSlot(D1, 2))

    assert Alarm(AlarmCode.LEVEL_DIFFERS, D1) not in snapshot(sensing).alarms
