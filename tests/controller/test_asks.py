"""Asks and choices: when they are answered, and that a refused one changes nothing."""

from __future__ import annotations

import pytest

from kiosk.controller import Controller
from kiosk.core.asks import Ask, AskRefused, CountSlot, Done, LoadSlot, ReadStock, Stock, StorageFailed
from kiosk.core.events import CodePresented, ItemChosen
from kiosk.core.situation import State
from kiosk.core.values import ItemId, Refusal, Secret, SlotId, SlotState
from tests.controller.conftest import another_controller, begin_turn, snapshot, writes_refused
from tests.kit import VirtualKiosk

D1 = SlotId("D1")
CONDOMS = ItemChosen(ItemId("condoms"))


def test_an_ask_is_carried_out_at_the_next_step(kiosk: VirtualKiosk, controller: Controller) -> None:
    answered = controller.ask(CountSlot(D1, 2))
    assert not answered.done()

    controller.step(kiosk.now)

    assert answered.result(0) == Done()
    assert kiosk.stock("D1").count == 2


def test_asks_wait_until_the_motor_is_off(kiosk: VirtualKiosk, controller: Controller) -> None:
    begin_turn(kiosk)

    asked = controller.ask(CountSlot(D1, 2))
    kiosk.pass_time(0.5)

    assert kiosk.motors_on() == ["D1"]
    assert not asked.done()
    assert kiosk.stock("D1").count == 5

    kiosk.pass_time(1)

    assert kiosk.motors_on() == []
    assert asked.result(0) == Done()


def test_asks_that_waited_are_answered_in_their_order(kiosk: VirtualKiosk, controller: Controller) -> None:
    begin_turn(kiosk)

    asked = [controller.ask(CountSlot(D1, count)) for count in (2, 7, 4)]
    kiosk.finish_vend()

    assert [future.result(0) for future in asked] == [Done()] * 3
    assert kiosk.stock("D1").count == 4  # the last count, of a coil whose vend is booked


def test_core_knows_the_stock_that_an_ask_has_changed(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(D1, 0))

    assert kiosk.choose("condoms") is Refusal.NOT_STOCKED


@pytest.mark.parametrize(
    "ask", [LoadSlot(D1, 100), CountSlot(D1, 100), CountSlot(SlotId("Z9"), 1), LoadSlot(SlotId("Z9"), 1)]
)
def test_an_ask_that_is_refused_changes_nothing(kiosk: VirtualKiosk, controller: Controller, ask: Ask) -> None:
    before = kiosk.ledger.stock(), snapshot(kiosk), controller.situation

    with pytest.raises(AskRefused):
        kiosk.ask(ask)

    assert (kiosk.ledger.stock(), snapshot(kiosk), controller.situation) == before


def test_an_ask_that_cannot_be_written_changes_nothing(kiosk: VirtualKiosk, controller: Controller) -> None:
    before = kiosk.ledger.stock(), controller.situation

    with writes_refused(kiosk), pytest.raises(StorageFailed):
        kiosk.ask(CountSlot(D1, 2))

    assert (kiosk.ledger.stock(), controller.situation) == before


def test_the_stock_is_told_as_core_knows_it(kiosk: VirtualKiosk) -> None:
    assert kiosk.ask(ReadStock()) == Stock(kiosk.ledger.stock())


def test_slots_that_the_cabinet_lacks_are_missing_to_core_and_to_whoever_asks(kiosk: VirtualKiosk) -> None:
    bare = another_controller(kiosk, coils=())

    asked = bare.ask(ReadStock())
    bare.step(kiosk.now)

    stock = asked.result(0)
    assert isinstance(stock, Stock)
    assert {slot.state for slot in stock.slots} == {SlotState.MISSING}
    assert {slot.state for slot in bare.situation.stock} == {SlotState.MISSING}


def test_a_choice_is_told_that_its_vend_has_begun(kiosk: VirtualKiosk) -> None:
    assert kiosk.choose("condoms") is None
    assert snapshot(kiosk).state is State.MOVING


def test_a_choice_in_the_middle_of_a_turn_is_told_that_the_kiosk_is_busy(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)

    assert kiosk.choose("strips") is Refusal.BUSY
    assert kiosk.choose("kit") is Refusal.BUSY


def test_a_code_in_the_middle_of_a_turn_does_nothing(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")
    begin_turn(kiosk)

    kiosk.scan(ticket)
    kiosk.pass_time(30)

    assert kiosk.turns() == ["D1"]
    assert kiosk.units_taken() == 0


def test_a_count_waits_until_the_vend_is_booked(kiosk: VirtualKiosk, controller: Controller) -> None:
    begin_turn(kiosk)
    kiosk.pass_time(1.1)
    assert (kiosk.motors_on(), snapshot(kiosk).state) == ([], State.SETTLING)

    counted = controller.ask(CountSlot(D1, kiosk.world.coils["D1"].items))
    kiosk.pass_time(0)
    assert not counted.done()
    kiosk.finish_vend()

    assert counted.result(0) == Done()
    assert kiosk.stock("D1").count == kiosk.world.coils["D1"].items


def test_stock_is_told_while_a_late_item_may_still_fall(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)
    kiosk.pass_time(1.1)

    assert isinstance(kiosk.ask(ReadStock()), Stock)


def test_nothing_about_a_code_is_logged(kiosk: VirtualKiosk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    (ticket,) = kiosk.issue("kit")
    begin_turn(kiosk)

    kiosk.scan(ticket)
    kiosk.pass_time(0)

    assert kiosk.kiosk.controller.unlisted == {("moving", "code presented"): 1}
    assert caplog.text == ""


def test_an_ask_that_nobody_waits_for_any_more_does_not_end_the_kiosk(
    kiosk: VirtualKiosk, controller: Controller
) -> None:
    controller.ask(ReadStock()).cancel()
    kiosk.pass_time(0)

    assert kiosk.ask(CountSlot(D1, 2)) == Done()


def test_a_choice_that_nobody_waits_for_any_more_does_not_end_the_kiosk(
    kiosk: VirtualKiosk, controller: Controller
) -> None:
    kiosk.witness.acts += 1
    controller.choose(CONDOMS).cancel()
    kiosk.pass_time(30)

    assert snapshot(kiosk).state is State.READY


def test_what_was_posted_is_taken_in_order(kiosk: VirtualKiosk, controller: Controller) -> None:
    kiosk.witness.acts += 2
    controller.post(CodePresented(Secret("nonsense")))
    chosen = controller.choose(CONDOMS)

    kiosk.pass_time(0)

    assert chosen.result(0) is None
    assert snapshot(kiosk).said is None  # the refused code was before
