"""One vend after another, as the person at the machine and the ledger see it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from hardware.bench.physics import Fault
from kiosk.core.asks import CountSlot, LoadSlot
from kiosk.core.events import ItemChosen
from kiosk.core.situation import Ending
from kiosk.core.values import ItemId, Outcome, Reason, Refusal, SlotId, SlotState
from tests.kit import TODAY, VirtualKiosk, virtual_kiosk


def said(kiosk: VirtualKiosk) -> object:
    return kiosk.kiosk.controller.board.snapshot.said


def ending(kiosk: VirtualKiosk) -> tuple[Outcome, Reason | None]:
    last = said(kiosk)
    assert isinstance(last, Ending)
    return last.outcome, last.reason


def test_a_scanned_ticket_turns_one_coil_and_the_ledger_knows_it(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")

    kiosk.scan(ticket)
    kiosk.finish_vend()

    assert kiosk.turns() == ["B1"]
    assert kiosk.world.tray == ["kit"]
    assert (kiosk.stock("B1").count, kiosk.counted("delivered", "B1")) == (4, 1)
    assert ending(kiosk) == (Outcome.DELIVERED, None)


def test_the_same_ticket_again_is_refused_and_no_motor_moves(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")
    kiosk.scan(ticket)
    kiosk.finish_vend()

    kiosk.scan(ticket)
    kiosk.pass_time(10)

    assert kiosk.turns() == ["B1"]
    assert said(kiosk) is Refusal.USED_CODE


def test_a_ticket_gives_all_it_names(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit", "condoms", "condoms")

    kiosk.scan(ticket)
    kiosk.pass_time(30)

    assert kiosk.world.tray == ["kit", "condoms", "condoms"]
    assert kiosk.units_taken() == 3


def test_a_ticket_keeps_what_was_not_stocked_for_another_day(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit", "condoms")
    for slot in ("B1", "B2"):
        kiosk.ask(CountSlot(SlotId(slot), 0))

    kiosk.scan(ticket)
    kiosk.finish_vend()
    kiosk.load("B1", 1)
    kiosk.scan(ticket)
    kiosk.finish_vend()

    assert kiosk.world.tray == ["condoms", "kit"]


def test_a_ticket_without_items_lets_the_person_choose(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue()

    kiosk.scan(ticket)
    kiosk.pass_time(1)

    assert kiosk.choose("kit") is None
    kiosk.finish_vend()
    assert kiosk.world.tray == ["kit"]
    assert kiosk.units_taken() == 1


def test_a_choice_not_made_in_time_spends_nothing(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue()

    kiosk.scan(ticket)
    kiosk.pass_time(46)

    assert kiosk.choose("kit") is Refusal.NEEDS_CODE
    assert kiosk.units_taken() == 0


def test_a_free_item_taken_while_choosing_leaves_the_ticket_unspent(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue()
    kiosk.scan(ticket)

    assert kiosk.choose("naloxone") is None
    kiosk.finish_vend()

    assert kiosk.world.tray == ["naloxone"]
    assert kiosk.units_taken() == 0


def test_an_item_with_a_code_is_refused_without_one(kiosk: VirtualKiosk) -> None:
    assert kiosk.choose("kit") is Refusal.NEEDS_CODE
    assert kiosk.turns() == []


def test_an_expired_ticket_is_refused_only_by_a_trusted_clock(kiosk: VirtualKiosk) -> None:
    tickets = kiosk.issue("kit", count=2, expires=TODAY - timedelta(days=1))

    kiosk.scan(tickets[0])
    kiosk.pass_time(10)
    assert said(kiosk) is Refusal.EXPIRED_CODE

    kiosk.calendar.trusted = False
    kiosk.scan(tickets[1])
    kiosk.finish_vend()
    assert kiosk.world.tray == ["kit"]


def test_six_asks_at_the_same_moment_make_one_vend(kiosk: VirtualKiosk) -> None:
    kiosk.witness.acts += 6
    asked = [kiosk.kiosk.controller.choose(ItemChosen(ItemId("condoms"))) for _ in range(6)]
    kiosk.finish_vend()

    assert [future.result(0) for future in asked] == [None, *[Refusal.BUSY] * 5]
    assert kiosk.world.tray == ["condoms"]


def test_a_jam_is_not_delivered_and_the_next_slot_gives(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")
    kiosk.world.set_fault("B1", Fault.JAM)

    kiosk.scan(ticket)
    kiosk.pass_time(30)

    assert kiosk.turns() == ["B1", "B2"]
    assert (kiosk.stock("B1").count, kiosk.stock("B1").state) == (5, SlotState.JAMMED)
    assert (kiosk.counted("not_delivered", "B1"), kiosk.counted("delivered", "B2")) == (1, 1)


def test_a_jam_in_every_slot_counts_nothing_against_the_person(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")
    for slot in ("B1", "B2"):
        kiosk.world.set_fault(slot, Fault.JAM)

    kiosk.scan(ticket)
    kiosk.pass_time(30)

    assert kiosk.units_taken() == 0
    assert ending(kiosk) == (Outcome.NOT_DELIVERED, Reason.JAMMED)


def test_no_drop_is_not_delivered_and_leaves_the_slot_in_use(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_fault("D1", Fault.NO_DROP)

    kiosk.choose("condoms")
    kiosk.finish_vend()

    assert ending(kiosk) == (Outcome.NOT_DELIVERED, Reason.NO_DROP)
    assert (kiosk.stock("D1").count, kiosk.stock("D1").state) == (5, SlotState.OK)


def test_a_person_gets_one_further_try_and_no_more(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")
    for slot in ("B1", "B2"):
        kiosk.world.set_fault(slot, Fault.NO_DROP)

    kiosk.scan(ticket)
    kiosk.pass_time(60)

    assert kiosk.turns() == ["B1", "B2"]


def test_a_coil_that_starts_off_home_is_brought_home_and_then_turned(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_angle("D1", 320)  # past the point where the item falls

    kiosk.choose("condoms")
    kiosk.finish_vend()

    assert kiosk.turns() == ["D1", "D1"]
    assert kiosk.world.tray == ["condoms"]
    assert kiosk.stock("D1").count == 4


def test_an_item_that_falls_while_the_coil_is_brought_home_is_the_one_asked_for(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_angle("D1", 200)

    kiosk.choose("condoms")
    kiosk.finish_vend()

    assert kiosk.turns() == ["D1"]
    assert kiosk.world.tray == ["condoms"]
    assert kiosk.stock("D1").count == 4


def test_a_door_opened_during_a_turn_stops_the_motor_at_once(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.pass_time(0.5)
    assert kiosk.motors_on() == ["D1"]

    kiosk.world.set_door(is_open=True)
    kiosk.pass_time(0)

    assert kiosk.motors_on() == []
    assert ending(kiosk) == (Outcome.UNCERTAIN, Reason.INTERRUPTED)
    assert (kiosk.stock("D1").count, kiosk.stock("D1").uncertain) == (4, 1)


def test_a_door_opened_before_the_coil_left_home_is_not_delivered(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.pass_time(0.01)

    kiosk.world.set_door(is_open=True)
    kiosk.pass_time(0)

    assert ending(kiosk) == (Outcome.NOT_DELIVERED, Reason.INTERRUPTED)
    assert (kiosk.stock("D1").count, kiosk.stock("D1").uncertain) == (5, 0)


def test_an_open_door_stops_vends_but_never_naloxone(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")
    kiosk.world.set_door(is_open=True)
    kiosk.pass_time(0)

    assert kiosk.choose("condoms") is Refusal.DOOR_OPEN
    kiosk.scan(ticket)
    kiosk.pass_time(1)
    assert said(kiosk) is Refusal.DOOR_OPEN
    assert kiosk.choose("naloxone") is None
    kiosk.finish_vend()
    assert kiosk.world.tray == ["naloxone"]


def test_a_thin_item_is_delivered_when_its_coil_is_home_again(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_fault("C1", Fault.THIN)

    kiosk.choose("strips")
    kiosk.finish_vend()

    assert ending(kiosk) == (Outcome.DELIVERED, None)


def test_a_blocked_beam_is_known_before_the_motor_and_coming_home_delivers(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_fault("D1", Fault.BEAM_BLOCKED)
    kiosk.pass_time(0)

    kiosk.choose("condoms")
    kiosk.finish_vend()

    assert ending(kiosk) == (Outcome.DELIVERED, None)


@pytest.mark.parametrize(("item", "goes"), [("condoms", False), ("naloxone", True), ("strips", True)])
def test_where_the_rule_says_so_a_blocked_beam_refuses_but_never_naloxone(
    tmp_path: Path, item: str, goes: bool
) -> None:
    with virtual_kiosk(tmp_path, beam_down="refuse") as kiosk:
        for slot in ("A1", "C1", "D1"):
            kiosk.load(slot, 3)
        kiosk.world.set_fault("D1", Fault.BEAM_BLOCKED)
        kiosk.pass_time(1)

        assert kiosk.choose(item) is (None if goes else Refusal.NOT_STOCKED)


def test_a_hand_in_the_beam_before_the_coil_moves_is_no_drop(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_fault("D1", Fault.NO_DROP)
    kiosk.choose("condoms")

    kiosk.world.break_beam(0.02)  # while the coil has not left home
    kiosk.finish_vend()

    assert ending(kiosk) == (Outcome.NOT_DELIVERED, Reason.NO_DROP)


def test_an_item_still_in_the_beam_does_not_blind_the_next_vend(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("condoms", "condoms")
    kiosk.scan(ticket)
    kiosk.pass_time(2.3)  # the first has just fallen, the second coil is turning
    kiosk.world.set_fault("D1", Fault.NO_DROP)
    kiosk.pass_time(10)

    assert kiosk.world.tray == ["condoms"]
    assert ending(kiosk) == (Outcome.NOT_DELIVERED, Reason.NO_DROP)


def test_an_item_that_falls_after_the_motor_stopped_counts(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()

    order = [what for what, _ in kiosk.happened if what in ("motor_off", "drop")]
    assert order[:2] == ["motor_off", "drop"]
    assert ending(kiosk) == (Outcome.DELIVERED, None)


def test_a_slow_motor_still_delivers(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_fault("D1", Fault.SLOW)

    kiosk.choose("condoms")
    kiosk.finish_vend()

    assert ending(kiosk) == (Outcome.DELIVERED, None)


def test_a_stuck_home_switch_stops_the_motor_within_a_second_and_jams_the_slot(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_fault("D1", Fault.STUCK_HOME)
    kiosk.choose("condoms")

    kiosk.pass_time(1.0)

    assert kiosk.motors_on() == []
    assert ending(kiosk) == (Outcome.NOT_DELIVERED, Reason.NEVER_MOVED)
    assert kiosk.stock("D1").state is SlotState.JAMMED


def test_a_drop_delivers_even_if_the_coil_does_not_come_home(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.pass_time(1.4)  # the item is falling
    kiosk.world.coils["D1"].angle = 120
    kiosk.world.set_fault("D1", Fault.JAM)
    kiosk.pass_time(10)

    assert ending(kiosk) == (Outcome.DELIVERED, None)
    assert (kiosk.stock("D1").count, kiosk.stock("D1").state) == (4, SlotState.JAMMED)


def test_naloxone_is_tried_at_count_0_and_what_comes_is_found(kiosk: VirtualKiosk) -> None:
    for slot in ("A1", "A2"):
        kiosk.ask(CountSlot(SlotId(slot), 0))

    assert kiosk.choose("naloxone") is None
    kiosk.finish_vend()

    assert kiosk.world.tray == ["naloxone"]
    assert (kiosk.counted("found"), kiosk.counted("delivered")) == (1, 1)
    kiosk.check()


def test_naloxone_comes_from_the_second_slot_when_the_first_is_jammed(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_fault("A1", Fault.JAM)

    kiosk.choose("naloxone")
    kiosk.pass_time(30)

    assert kiosk.world.tray == ["naloxone"]


def test_naloxone_waits_for_one_vend_and_not_for_a_whole_ticket(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue(*["condoms"] * 5)
    kiosk.scan(ticket)
    kiosk.pass_time(1)

    assert kiosk.choose("naloxone") is None
    kiosk.pass_time(30)

    assert kiosk.world.tray == ["condoms", "naloxone"]
    assert kiosk.units_taken() == 1


def test_an_owner_held_up_past_a_whole_turn_gives_one_item_and_counts_one(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.pass_time(0.1)

    kiosk.hold_up(1.8)  # the coil is home and beyond, the item has fallen
    kiosk.finish_vend()

    assert kiosk.world.tray == ["condoms"]
    assert (kiosk.stock("D1").count, ending(kiosk)[0]) == (4, Outcome.DELIVERED)


def test_an_owner_held_up_for_long_does_not_pretend_to_know(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_fault("D1", Fault.JAM)
    kiosk.choose("condoms")
    kiosk.pass_time(0.5)

    kiosk.hold_up(6)

    assert kiosk.motors_on() == []
    assert ending(kiosk) == (Outcome.UNCERTAIN, Reason.INTERRUPTED)


def test_the_second_of_two_kits_that_fall_at_once_is_not_taken_for_naloxone(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_fault("B1", Fault.DOUBLE)
    kiosk.world.set_angle("A1", 320)
    (ticket,) = kiosk.issue("kit")

    kiosk.scan(ticket)
    kiosk.pass_time(1)
    kiosk.choose("naloxone")
    kiosk.pass_time(30)

    assert kiosk.world.tray == ["kit", "kit", "naloxone"]


def test_strips_that_are_still_in_the_air_are_not_taken_for_naloxone(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_angle("A1", 310)

    kiosk.choose("strips")
    kiosk.pass_time(1)
    kiosk.choose("naloxone")
    kiosk.pass_time(30)

    assert kiosk.world.tray == ["strips", "naloxone"]


def test_a_kill_leaves_no_order_of_vends_in_the_ledgers_log(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()
    log = kiosk.config.data / "ledger.db-wal"
    assert log.stat().st_size > 0

    kiosk.kill_and_restart()

    assert log.stat().st_size == 0


def test_an_empty_slot_is_not_turned_for_anything_else(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(SlotId("D1"), 0))

    assert kiosk.choose("condoms") is Refusal.NOT_STOCKED
    assert kiosk.turns() == []


def test_the_slot_with_the_earliest_expiry_in_front_gives_first(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")
    for slot in ("B1", "B2"):
        kiosk.ask(CountSlot(SlotId(slot), 0))
    kiosk.ask(LoadSlot(SlotId("B1"), 2, "late", TODAY + timedelta(days=90)))
    kiosk.ask(LoadSlot(SlotId("B2"), 2, "early", TODAY + timedelta(days=30)))

    kiosk.scan(ticket)
    kiosk.finish_vend()

    assert kiosk.turns() == ["B2"]
