"""Who wants to empty the kiosk gets little, who needs naloxone gets it, and nothing about either is written down."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from hardware.bench.physics import Fault
from kiosk.core.asks import CountSlot, ReadStock, Stock
from kiosk.core.values import Refusal, SlotId, SlotState
from tests.kit import CONFIG, VirtualKiosk, virtual_kiosk

HALF_AN_HOUR_S = 1800.0
COOLDOWN_S = 20.0


def state(kiosk: VirtualKiosk, slot: str) -> SlotState:
    """The slot's state as a technician is told it."""
    stock = kiosk.ask(ReadStock())
    assert isinstance(stock, Stock)
    return next(each.state for each in stock.slots if each.slot == slot)


def hold_a_hand_above_the_beam(kiosk: VirtualKiosk, *slots: str) -> None:
    """Let nothing that falls from these slots reach the beam; whoever holds the hand there has it."""
    for slot in slots:
        kiosk.world.set_fault(slot, Fault.THIN)


def touch_for(kiosk: VirtualKiosk, seconds: float, item: str, *, reserve: bool = False) -> list[float]:
    """Touch an item every second; when something fell."""
    fell, end = list[float](), kiosk.now + seconds
    while kiosk.now < end:
        before = len(kiosk.world.tray)
        kiosk.choose(item, reserve=reserve)
        kiosk.pass_time(1)
        fell += [kiosk.now] * (len(kiosk.world.tray) - before)
    kiosk.finish_vend()
    return fell


# --- a hand above the beam


def test_a_hand_above_the_beam_gets_two_of_one_slot_in_half_an_hour(kiosk: VirtualKiosk) -> None:
    hold_a_hand_above_the_beam(kiosk, "D1")

    fell = touch_for(kiosk, HALF_AN_HOUR_S - 60, "condoms")

    assert len(fell) == 2
    assert state(kiosk, "D1") is SlotState.RESTING
    assert kiosk.choose("condoms") is Refusal.NOT_STOCKED


def test_a_hand_that_goes_on_for_a_day_gets_three_and_the_slot_waits_for_a_count(kiosk: VirtualKiosk) -> None:
    hold_a_hand_above_the_beam(kiosk, "D1")

    fell = touch_for(kiosk, 4 * HALF_AN_HOUR_S, "condoms")
    kiosk.pass_time(24 * 3600)

    assert len(fell) == 3
    assert state(kiosk, "D1") is SlotState.COUNT_NEEDED


def test_a_hand_with_a_ticket_gets_four_of_the_kiosk_and_keeps_the_ticket(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")
    hold_a_hand_above_the_beam(kiosk, "B1", "B2", "D1")

    for _ in range(20):
        kiosk.scan(ticket)
        kiosk.pass_time(30)

    assert (kiosk.turns(), kiosk.units_taken()) == (["B1", "B2", "B1", "B2"], 0)
    assert {state(kiosk, slot) for slot in ("B1", "B2", "C1", "D1")} == {SlotState.RESTING}
    assert kiosk.choose("strips") is Refusal.NOT_STOCKED


def test_a_delivery_between_two_catches_does_not_help_the_hand(kiosk: VirtualKiosk) -> None:
    for fault in (Fault.THIN, Fault.NONE, Fault.THIN):
        kiosk.world.set_fault("D1", fault)
        kiosk.choose("condoms")
        kiosk.finish_vend()

    assert state(kiosk, "D1") is SlotState.RESTING


def test_a_beam_that_was_wiped_proves_itself_after_the_rest(kiosk: VirtualKiosk) -> None:
    hold_a_hand_above_the_beam(kiosk, "D1")
    touch_for(kiosk, 60, "condoms")

    kiosk.world.set_fault("D1", Fault.NONE)
    kiosk.pass_time(HALF_AN_HOUR_S)

    assert kiosk.choose("condoms") is None
    kiosk.finish_vend()
    assert state(kiosk, "D1") is SlotState.OK


def test_whoever_rattles_the_door_in_the_middle_of_turns_gets_no_more(kiosk: VirtualKiosk) -> None:
    for _ in range(10):
        kiosk.choose("condoms")
        kiosk.pass_time(1.4)  # the first item has left its coil and not yet reached the beam
        kiosk.world.set_door(is_open=True)
        kiosk.pass_time(1)
        kiosk.world.set_door(is_open=False)
        kiosk.pass_time(30)

    assert kiosk.counted("uncertain") == 2
    assert kiosk.world.tray == ["condoms"]
    assert state(kiosk, "D1") is SlotState.RESTING


def test_a_count_puts_a_slot_back_into_use_at_once(kiosk: VirtualKiosk) -> None:
    hold_a_hand_above_the_beam(kiosk, "D1")
    touch_for(kiosk, 60, "condoms")

    kiosk.world.set_fault("D1", Fault.NONE)
    kiosk.ask(CountSlot(SlotId("D1"), 3))

    assert state(kiosk, "D1") is SlotState.OK
    assert kiosk.choose("condoms") is None


def test_no_rest_is_written_down_and_a_restart_forgets_it(kiosk: VirtualKiosk) -> None:
    hold_a_hand_above_the_beam(kiosk, "D1")
    touch_for(kiosk, 60, "condoms")
    assert kiosk.stock("D1").state is SlotState.OK

    kiosk.kill_and_restart()

    assert state(kiosk, "D1") is SlotState.OK


# --- as the configuration says


def after_one_catch(kiosk: VirtualKiosk) -> object:
    hold_a_hand_above_the_beam(kiosk, "D1")
    kiosk.choose("condoms")
    kiosk.finish_vend()
    return state(kiosk, "D1"), state(kiosk, "C1")


def after_a_minute(kiosk: VirtualKiosk) -> object:
    for _ in range(2):
        after_one_catch(kiosk)
    kiosk.pass_time(60)
    return state(kiosk, "D1")


def touch_again(kiosk: VirtualKiosk) -> object:
    kiosk.choose("naloxone")
    kiosk.finish_vend()
    kiosk.pass_time(2)
    return kiosk.choose("naloxone")


def touch_the_grid(kiosk: VirtualKiosk) -> object:
    return kiosk.choose("naloxone")


@pytest.mark.parametrize(
    ("section", "what", "comes_of_it"),
    [
        ("limits: {{unproven_a_slot: 1}}", after_one_catch, (SlotState.RESTING, SlotState.OK)),
        ("limits: {{unproven_a_kiosk: 1}}", after_one_catch, (SlotState.RESTING, SlotState.RESTING)),
        ("limits: {{no_drops_in_a_row: 1}}", after_one_catch, (SlotState.COUNT_NEEDED, SlotState.OK)),
        ("timing: {{rest_s: 60}}", after_a_minute, SlotState.OK),
        ("timing: {{emergency_cooldown_s: 2}}", touch_again, None),
        ("limits: {{emergency_reserve: 9}}", touch_the_grid, Refusal.RESERVED),
    ],
)
def test_each_limit_is_as_the_configuration_says(
    tmp_path: Path, section: str, what: Callable[[VirtualKiosk], object], comes_of_it: object
) -> None:
    with virtual_kiosk(tmp_path, f"{CONFIG}{section}\n") as kiosk:
        for slot in ("A1", "C1", "D1"):
            kiosk.load(slot, 9)

        assert what(kiosk) == comes_of_it


# --- naloxone comes out


@pytest.mark.parametrize("fault", [Fault.THIN, Fault.NO_DROP])
def test_naloxone_never_rests(kiosk: VirtualKiosk, fault: Fault) -> None:
    for slot in ("A1", "A2"):
        kiosk.world.set_fault(slot, fault)

    touch_for(kiosk, 300, "naloxone")

    assert state(kiosk, "D1") is SlotState.OK
    assert kiosk.choose("naloxone") is None


def test_naloxone_comes_while_all_else_rests(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")
    hold_a_hand_above_the_beam(kiosk, "B1", "B2")
    for _ in range(2):
        kiosk.scan(ticket)
        kiosk.pass_time(30)
    kiosk.world.tray.clear()

    assert kiosk.choose("naloxone") is None
    kiosk.finish_vend()
    assert kiosk.world.tray == ["naloxone"]


def test_a_child_at_the_button_gets_one_in_20_s_and_leaves_two(kiosk: VirtualKiosk) -> None:
    fell = touch_for(kiosk, 3600, "naloxone")

    assert len(fell) == 8  # of ten
    assert min(later - sooner for sooner, later in pairwise(fell)) >= COOLDOWN_S
    assert kiosk.choose("naloxone") is Refusal.RESERVED


def test_the_last_two_come_from_the_overdose_page(kiosk: VirtualKiosk) -> None:
    for slot in ("A1", "A2"):
        kiosk.ask(CountSlot(SlotId(slot), 1))

    for _ in range(2):
        assert kiosk.choose("naloxone", reserve=True) is None
        kiosk.finish_vend()
        assert kiosk.choose("naloxone", reserve=True) is Refusal.COOLDOWN
        kiosk.pass_time(COOLDOWN_S)

    assert kiosk.world.tray == ["naloxone"] * 2


def test_naloxone_that_did_not_come_can_be_touched_again_at_once(kiosk: VirtualKiosk) -> None:
    for slot in ("A1", "A2"):
        kiosk.world.set_fault(slot, Fault.NO_DROP)
    kiosk.choose("naloxone")
    kiosk.finish_vend()

    assert kiosk.choose("naloxone") is None


def pull_the_plug(kiosk: VirtualKiosk) -> None:
    kiosk.kill_and_restart()


def open_the_door(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_door(is_open=True)
    kiosk.pass_time(0)


@pytest.mark.parametrize("accident", [pull_the_plug, open_the_door])
def test_naloxone_that_may_have_come_does_not_hold_the_next_one_back(
    kiosk: VirtualKiosk, accident: Callable[[VirtualKiosk], None]
) -> None:
    kiosk.ask(CountSlot(SlotId("A1"), 3))
    kiosk.ask(CountSlot(SlotId("A2"), 0))
    kiosk.choose("naloxone")
    kiosk.pass_time(0.5)

    accident(kiosk)

    assert (kiosk.stock("A1").count, kiosk.stock("A1").uncertain) == (2, 1)
    assert kiosk.choose("naloxone") is None


def test_naloxone_wanted_during_anothers_vend_is_held_against_the_limits_at_the_touch(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(SlotId("A1"), 1))
    kiosk.ask(CountSlot(SlotId("A2"), 1))
    kiosk.choose("condoms")
    kiosk.pass_time(0.5)

    assert kiosk.choose("naloxone") is Refusal.RESERVED
    assert kiosk.choose("naloxone", reserve=True) is None
    kiosk.pass_time(30)
    assert kiosk.world.tray == ["condoms", "naloxone"]
