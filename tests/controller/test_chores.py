"""What the owner does besides vends: when it wakes, and when it wipes the ledger's log."""

from __future__ import annotations

import pytest

from kiosk.books import LOOK_S, TIDY_S
from kiosk.controller import Controller
from kiosk.core.asks import ReadStock
from tests.controller.conftest import begin_turn, snapshot, wal_bytes, writes_refused
from tests.kit import VirtualKiosk


def test_an_idle_kiosk_only_looks_now_and_then_whether_a_day_is_over(
    kiosk: VirtualKiosk, controller: Controller
) -> None:
    assert controller.deadline == kiosk.now + LOOK_S


def test_a_turning_coil_wakes_the_owner(kiosk: VirtualKiosk, controller: Controller) -> None:
    begin_turn(kiosk)

    assert controller.deadline == kiosk.kiosk.cabinet.deadline


def test_an_open_drop_window_wakes_the_owner(kiosk: VirtualKiosk, controller: Controller) -> None:
    begin_turn(kiosk)
    kiosk.pass_time(1.2)

    assert controller.deadline == controller.situation.deadline
    assert controller.deadline is not None


def test_the_log_is_wiped_some_time_after_the_last_vend(kiosk: VirtualKiosk, controller: Controller) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()
    due = controller.deadline
    assert due is not None
    assert due == pytest.approx(kiosk.now + TIDY_S, abs=0.1)

    kiosk.pass_time(due - kiosk.now - 0.01)
    assert wal_bytes(kiosk) > 0

    kiosk.pass_time(0.01)
    assert wal_bytes(kiosk) == 0


def test_in_a_rush_the_log_is_wiped_after_the_last_of_the_vends(kiosk: VirtualKiosk) -> None:
    for _ in range(4):
        kiosk.choose("condoms")
        kiosk.finish_vend()
        kiosk.pass_time(TIDY_S - 0.5)
        assert wal_bytes(kiosk) > 0

    kiosk.pass_time(1)

    assert wal_bytes(kiosk) == 0


def test_the_log_is_not_wiped_while_a_motor_is_on(kiosk: VirtualKiosk, controller: Controller) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()
    kiosk.pass_time(TIDY_S - 0.2)
    begin_turn(kiosk)

    assert wal_bytes(kiosk) > 0
    assert controller.deadline is not None
    assert controller.deadline > kiosk.now  # what has to wait does not keep the loop awake


def test_a_log_that_cannot_be_wiped_is_a_fault_and_the_kiosk_goes_on(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()

    kiosk.ledger.database.rows("BEGIN IMMEDIATE")  # SQLite wipes no log in the middle of a transaction
    kiosk.pass_time(TIDY_S)
    assert [device for device, _ in snapshot(kiosk).faults] == ["storage"]

    kiosk.ledger.database.rows("ROLLBACK")
    kiosk.choose("condoms")
    kiosk.finish_vend()
    assert kiosk.world.tray == ["condoms", "condoms"]


def test_a_log_that_could_not_be_wiped_is_wiped_later(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()
    kiosk.ledger.database.rows("BEGIN IMMEDIATE")
    kiosk.pass_time(TIDY_S)
    kiosk.ledger.database.rows("ROLLBACK")

    kiosk.pass_time(60)

    assert wal_bytes(kiosk) == 0


def test_outcomes_that_were_written_late_are_wiped_from_the_log_too(kiosk: VirtualKiosk) -> None:
    with writes_refused(kiosk):
        for _ in range(3):
            kiosk.choose("naloxone")
            kiosk.finish_vend()
            kiosk.pass_time(20)  # the cooldown

    kiosk.pass_time(60)

    assert kiosk.counted("delivered") == 3
    assert wal_bytes(kiosk) == 0


def test_reading_leaves_nothing_to_do(kiosk: VirtualKiosk, controller: Controller) -> None:
    before = controller.deadline

    kiosk.ask(ReadStock())

    assert controller.deadline == before
