"""A ticket gives once: two scans at once, and the plug pulled at any I/O between scan and outcome.

At most one *certain* delivery in one ledger's history, and no ticket lost to a vend that failed. Two kiosks that each
have a copy of one ledger are two histories: each would give once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from hardware.bench.physics import Fault
from kiosk.core.events import ItemChosen
from kiosk.core.values import ItemId, Refusal
from tests.cuts.disk import Disk, simulated_disk
from tests.cuts.kiosk import PluggedKiosk
from tests.cuts.life import PowerLost
from tests.kit import VirtualKiosk


def said(kiosk: VirtualKiosk) -> object:
    return kiosk.kiosk.controller.board.snapshot.said


# --- at once


@pytest.mark.parametrize("times", [2, 6])
def test_a_ticket_that_is_presented_again_at_the_same_instant_gives_once(kiosk: VirtualKiosk, times: int) -> None:
    (ticket,) = kiosk.issue("kit")

    for _ in range(times):
        kiosk.scan(ticket)
    kiosk.pass_time(60)

    assert kiosk.world.tray == ["kit"]
    assert (kiosk.units_taken(), kiosk.counted("delivered")) == (1, 1)


@pytest.mark.parametrize("after_s", [0.0, 0.2, 1.0, 1.6, 2.0, 4.9])
def test_a_ticket_that_is_presented_again_during_its_vend_gives_once(kiosk: VirtualKiosk, after_s: float) -> None:
    (ticket,) = kiosk.issue("kit")
    kiosk.scan(ticket)
    kiosk.pass_time(after_s)

    kiosk.scan(ticket)
    kiosk.pass_time(60)

    assert kiosk.world.tray == ["kit"]
    assert kiosk.units_taken() == 1


def test_a_ticket_of_choice_that_is_presented_twice_and_chosen_twice_gives_once(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue()

    for _ in range(2):
        kiosk.scan(ticket)
        kiosk.kiosk.controller.choose(ItemChosen(ItemId("kit")))
    kiosk.pass_time(60)

    assert kiosk.world.tray == ["kit"]
    assert kiosk.units_taken() == 1


def test_two_tickets_at_the_same_instant_lose_neither(kiosk: VirtualKiosk) -> None:
    tickets = kiosk.issue("kit", count=2)

    for ticket in tickets:
        kiosk.scan(ticket)
    kiosk.pass_time(60)
    kiosk.scan(tickets[1])
    kiosk.pass_time(60)

    assert kiosk.world.tray == ["kit", "kit"]
    assert kiosk.units_taken() == 2


# --- a power cut at any I/O


@contextmanager
def plugged(folder: Path, disk: Disk) -> Iterator[PluggedKiosk]:
    kiosk = PluggedKiosk(folder / "data", disk)
    try:
        kiosk.load("B1", 5)
        yield kiosk
    finally:
        kiosk.kiosk.close()


def cut_in_a_vend(kiosk: PluggedKiosk, ticket: str, ios: int) -> bool:
    """Present the ticket and pull the plug after so many I/Os; whether it came to that before all was over."""
    kiosk.disk.cut_after(ios)
    with suppress(PowerLost):
        kiosk.scan(ticket)
        kiosk.pass_time(20)  # the log is wiped in it, too
        kiosk.disk.cut_at = None
        return False
    kiosk.kill_and_restart(kiosk.disk.switch_on)
    return True


def test_wherever_the_power_goes_a_ticket_is_neither_lost_nor_certainly_given_twice(tmp_path: Path) -> None:
    ends = set()
    for ios in count(1):
        with simulated_disk(ios) as disk, plugged(tmp_path / str(ios), disk) as kiosk:
            (ticket,) = kiosk.issue("kit")
            was_cut = cut_in_a_vend(kiosk, ticket, ios)
            first = (kiosk.counted("delivered"), kiosk.counted("uncertain"))

            kiosk.scan(ticket)
            kiosk.pass_time(20)

            ends.add(first)
            assert (kiosk.counted("delivered"), kiosk.units_taken()) == (1, 1), f"cut after {ios} I/Os"
            assert kiosk.counted("uncertain") <= 1
            kiosk.check()
        if not was_cut:
            break

    assert ends == {(0, 0), (0, 1), (1, 0)}  # before the intent, between the two commits, after the outcome
    assert ios >= 15


def test_a_ticket_whose_vend_is_uncertain_since_the_door_was_opened_is_not_spent(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")
    kiosk.scan(ticket)
    kiosk.pass_time(0.7)
    kiosk.world.set_door(is_open=True)
    kiosk.pass_time(1)
    kiosk.world.set_door(is_open=False)

    assert (kiosk.counted("uncertain"), kiosk.units_taken()) == (1, 0)
    kiosk.scan(ticket)
    kiosk.pass_time(60)
    assert (kiosk.counted("delivered"), kiosk.units_taken()) == (1, 1)


def test_a_ticket_whose_vend_was_cut_short_twice_still_gives(tmp_path: Path) -> None:
    with simulated_disk(1) as disk, plugged(tmp_path, disk) as kiosk:
        (ticket,) = kiosk.issue("kit")
        for _ in range(2):
            kiosk.cuts_at_motor_on = True
            with suppress(PowerLost):
                kiosk.scan(ticket)
                kiosk.pass_time(5)
            kiosk.cuts_at_motor_on = False
            kiosk.kill_and_restart(disk.switch_on)

        kiosk.scan(ticket)
        kiosk.pass_time(20)

        assert (kiosk.counted("delivered"), kiosk.counted("uncertain"), kiosk.units_taken()) == (1, 2, 1)


# --- a vend that fails


@pytest.mark.parametrize("fault", [Fault.JAM, Fault.NO_DROP, Fault.STUCK_HOME])
def test_a_ticket_whose_vends_fail_gives_when_the_slot_is_mended(kiosk: VirtualKiosk, fault: Fault) -> None:
    (ticket,) = kiosk.issue("kit")
    for slot in ("B1", "B2"):
        kiosk.world.set_fault(slot, fault)
    kiosk.scan(ticket)
    kiosk.pass_time(60)
    assert (kiosk.world.tray, kiosk.units_taken()) == ([], 0)

    for slot in ("B1", "B2"):
        kiosk.world.set_fault(slot, Fault.NONE)
        kiosk.world.set_angle(slot, 0.0)
        kiosk.load(slot, 1)
    kiosk.scan(ticket)
    kiosk.pass_time(60)

    assert kiosk.world.tray == ["kit"]
    kiosk.scan(ticket)
    kiosk.pass_time(0)
    assert said(kiosk) is Refusal.USED_CODE
