"""The end of the kiosk, asked for or not: motors off first, everybody answered, nothing begins any more."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread
from typing import cast

import pytest

from kiosk.controller import Controller, Stopping
from kiosk.core.asks import Ask, CountSlot, ReadStock
from kiosk.core.events import CodePresented, ItemChosen, StopAsked
from kiosk.core.situation import State
from kiosk.core.values import ItemId, Outcome, Reason, Refusal, Secret, SlotId
from kiosk.snapshot import Snapshot
from tests.controller.conftest import (
    another_controller,
    begin_turn,
    ending,
    refuse_writes,
    snapshot,
    wal_bytes,
    writes_refused,
)
from tests.kit import VirtualKiosk

CONDOMS = ItemChosen(ItemId("condoms"))
UNKNOWN_SIGNAL = object()


def watch_motor_off(kiosk: VirtualKiosk) -> list[object]:
    """Whether a vend was open in the ledger, at each moment when a motor went off."""
    seen: list[object] = []
    when = kiosk.world.when

    def notice(what: str, slot: str | None, is_so: bool) -> None:
        if what == "motor_off":
            seen.append(kiosk.ledger.database.rows("SELECT is_open FROM open_vend")[0][0])
        when(what, slot, is_so)

    kiosk.world.when = notice
    return seen


# --- asked for


def test_a_stop_in_the_middle_of_a_turn_switches_the_motor_off_before_anything_is_written(
    kiosk: VirtualKiosk, controller: Controller
) -> None:
    begin_turn(kiosk)
    was_open = watch_motor_off(kiosk)

    controller.post(StopAsked())
    controller.step(kiosk.now)

    assert kiosk.motors_on() == []
    assert was_open == [1]
    assert ending(kiosk) == (Outcome.UNCERTAIN, Reason.INTERRUPTED)
    assert (kiosk.stock("D1").count, kiosk.stock("D1").uncertain) == (4, 1)
    assert controller.has_stopped
    kiosk.check()


def test_nothing_begins_after_a_stop(kiosk: VirtualKiosk, controller: Controller) -> None:
    (ticket,) = kiosk.issue("kit")
    controller.post(StopAsked())
    kiosk.pass_time(0)

    kiosk.scan(ticket)

    assert kiosk.choose("naloxone") is Refusal.BUSY
    kiosk.pass_time(60)
    assert kiosk.turns() == []
    assert controller.has_stopped


def test_a_ticket_of_two_units_gives_no_second_one_after_a_stop(kiosk: VirtualKiosk, controller: Controller) -> None:
    (ticket,) = kiosk.issue("kit", "kit")
    kiosk.scan(ticket)
    kiosk.pass_time(0.5)

    controller.post(StopAsked())
    kiosk.pass_time(60)

    assert kiosk.turns() == ["B1"]
    assert kiosk.units_taken() == 0


def test_a_stop_while_the_drop_is_awaited_is_uncertain(kiosk: VirtualKiosk, controller: Controller) -> None:
    begin_turn(kiosk)
    kiosk.pass_time(1.2)
    assert snapshot(kiosk).state is State.SETTLING

    controller.post(StopAsked())
    kiosk.pass_time(0)

    assert ending(kiosk) == (Outcome.UNCERTAIN, Reason.INTERRUPTED)
    assert controller.has_stopped


def test_run_ends_with_the_stop(kiosk: VirtualKiosk, controller: Controller) -> None:
    begin_turn(kiosk)

    controller.post(StopAsked())
    controller.run()

    assert kiosk.motors_on() == []
    assert snapshot(kiosk).state is State.STOPPED


def test_run_wakes_by_itself_for_what_is_due(kiosk: VirtualKiosk, controller: Controller) -> None:
    (ticket,) = kiosk.issue()
    kiosk.scan(ticket)
    kiosk.pass_time(0)
    seen = snapshot(kiosk)
    pictures: SimpleQueue[Snapshot] = SimpleQueue()
    controller.board.listen(pictures.put)
    kiosk.now += 46  # longer than a person may take to choose

    owner = Thread(target=controller.run)
    owner.start()
    woken = pictures.get(timeout=10)
    controller.post(StopAsked())
    owner.join(10)

    assert (seen.state, woken.state) == (State.CHOOSING, State.READY)
    assert not owner.is_alive()


def test_run_rests_while_nothing_happens(kiosk: VirtualKiosk) -> None:
    looks: list[float] = []

    def clock() -> float:
        looks.append(kiosk.now)
        return kiosk.now

    controller = another_controller(kiosk, clock=clock)

    owner = Thread(target=controller.run)
    owner.start()
    controller.ask(ReadStock()).result(10)
    looks.clear()
    owner.join(0.1)
    looked = len(looks)
    controller.post(StopAsked())
    owner.join(10)

    assert looked < 10
    assert not owner.is_alive()


def test_an_ask_posted_with_the_stop_is_still_carried_out(kiosk: VirtualKiosk, controller: Controller) -> None:
    controller.post(StopAsked())
    asked = controller.ask(CountSlot(SlotId("D1"), 2))

    controller.run()

    assert asked.exception(0) is None
    assert kiosk.stock("D1").count == 2


def test_whoever_asks_after_the_end_is_answered_at_once(controller: Controller) -> None:
    controller.post(StopAsked())
    controller.run()

    asked, chosen = controller.ask(ReadStock()), controller.choose(CONDOMS)

    assert isinstance(asked.exception(0), Stopping)
    assert chosen.result(0) is Refusal.OUT_OF_ORDER


def test_a_stopped_kiosk_empties_the_write_ahead_log(kiosk: VirtualKiosk, controller: Controller) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()

    controller.post(StopAsked())
    controller.run()

    assert wal_bytes(kiosk) == 0


def test_an_outcome_that_still_waits_is_written_at_the_end(kiosk: VirtualKiosk, controller: Controller) -> None:
    with writes_refused(kiosk):
        kiosk.choose("naloxone")
        kiosk.finish_vend()
    assert kiosk.counted("delivered") == 0

    controller.post(StopAsked())
    controller.run()

    assert kiosk.counted("delivered") == 1
    assert snapshot(kiosk).faults == ()
    kiosk.check()


def test_an_outcome_that_cannot_be_written_at_the_end_is_told_to_the_log(
    kiosk: VirtualKiosk, controller: Controller, caplog: pytest.LogCaptureFixture
) -> None:
    refuse_writes(kiosk)
    kiosk.choose("naloxone")
    kiosk.finish_vend()

    controller.post(StopAsked())
    controller.run()

    assert "1 outcomes could not be written" in caplog.text


def test_a_stop_without_anything_left_to_write_complains_of_nothing(
    kiosk: VirtualKiosk, controller: Controller, caplog: pytest.LogCaptureFixture
) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()

    controller.post(StopAsked())
    controller.run()

    assert "could not be written" not in caplog.text


# --- not asked for


def test_an_unexpected_exception_leaves_motors_off_and_comes_out_of_run(
    kiosk: VirtualKiosk, controller: Controller
) -> None:
    begin_turn(kiosk)

    controller.post(UNKNOWN_SIGNAL)
    with pytest.raises(AssertionError, match="unreachable"):
        controller.run()

    assert kiosk.motors_on() == []


def test_a_vend_cut_short_by_an_exception_is_uncertain_at_the_next_start(
    kiosk: VirtualKiosk, controller: Controller
) -> None:
    begin_turn(kiosk)
    controller.post(UNKNOWN_SIGNAL)
    with pytest.raises(AssertionError):
        controller.run()

    kiosk.kill_and_restart()

    assert (kiosk.stock("D1").count, kiosk.stock("D1").uncertain) == (4, 1)
    assert kiosk.counted("uncertain") == 1
    kiosk.check()


def test_vends_go_on_after_a_restart(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()

    kiosk.kill_and_restart()

    assert kiosk.choose("condoms") is None  # with a number the ledger has not seen
    kiosk.finish_vend()
    assert kiosk.counted("delivered") == 2


def test_asks_and_choices_that_wait_are_answered_when_an_exception_ends_the_kiosk(
    kiosk: VirtualKiosk, controller: Controller
) -> None:
    begin_turn(kiosk)
    waiting = controller.ask(ReadStock())
    kiosk.pass_time(0)  # the owner has taken it, and waits for the motor

    controller.post(UNKNOWN_SIGNAL)
    controller.post(CodePresented(Secret("nonsense")))
    asked, chosen = controller.ask(ReadStock()), controller.choose(CONDOMS)
    with pytest.raises(AssertionError):
        controller.run()

    assert isinstance(waiting.exception(0), Stopping)
    assert isinstance(asked.exception(0), Stopping)
    assert chosen.result(0) is Refusal.OUT_OF_ORDER


def test_those_who_wait_no_longer_do_not_hinder_the_end(kiosk: VirtualKiosk, controller: Controller) -> None:
    begin_turn(kiosk)
    taken = controller.ask(ReadStock())
    kiosk.pass_time(0)

    controller.post(UNKNOWN_SIGNAL)
    posted, chosen, last = controller.ask(ReadStock()), controller.choose(CONDOMS), controller.ask(ReadStock())
    assert taken.cancel()
    assert posted.cancel()
    assert chosen.cancel()
    with pytest.raises(AssertionError, match="unreachable"):
        controller.run()

    assert isinstance(last.exception(0), Stopping)


def test_whoever_ends_the_kiosk_by_an_ask_is_told_too(controller: Controller) -> None:
    asked = controller.ask(cast("Ask", "an ask of unknown kind"))
    with pytest.raises(AssertionError):
        controller.run()

    assert asked.done(), "nobody will ever answer"
    assert isinstance(asked.exception(0), Stopping)


def test_whoever_ends_the_kiosk_by_a_choice_is_told_too(controller: Controller) -> None:
    chosen = controller.choose(ItemChosen(cast("ItemId", ["no", "item"])))
    with pytest.raises(TypeError):
        controller.run()

    assert chosen.done(), "nobody will ever answer"
    assert chosen.result(0) is Refusal.OUT_OF_ORDER
