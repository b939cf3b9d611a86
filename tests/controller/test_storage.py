"""A ledger that refuses: only emergency items come out, and no outcome is forgotten or written twice."""

from __future__ import annotations

import pytest

from kiosk.books import RETRY_STORAGE_S
from kiosk.controller import Controller
from kiosk.core.asks import AskRefused, CountSlot, ReadStock, Stock, StorageFailed
from kiosk.core.situation import State
from kiosk.core.values import Outcome, Refusal, SlotId
from tests.codes.disk import full_disk
from tests.controller.conftest import (
    begin_turn,
    ending,
    refuse_writes,
    snapshot,
    table_gone,
    writes_refused,
)
from tests.kit import VirtualKiosk

D1 = SlotId("D1")


def faults(kiosk: VirtualKiosk) -> list[str]:
    """The devices that the snapshot calls faulty."""
    return [device for device, _ in snapshot(kiosk).faults]


def wait_for_the_retry(kiosk: VirtualKiosk) -> None:
    kiosk.pass_time(RETRY_STORAGE_S)


# --- intents


@pytest.mark.parametrize("item", ["condoms", "strips"])
def test_an_ordinary_item_is_refused_while_the_ledger_cannot_write(kiosk: VirtualKiosk, item: str) -> None:
    with writes_refused(kiosk):
        assert kiosk.choose(item) is Refusal.STORAGE

    assert kiosk.turns() == []
    assert snapshot(kiosk).said is Refusal.STORAGE
    assert snapshot(kiosk).state is State.READY


def test_a_ticket_is_refused_and_not_spent_while_the_ledger_cannot_write(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")

    with writes_refused(kiosk):
        kiosk.scan(ticket)
        kiosk.pass_time(10)

    assert kiosk.turns() == []
    assert snapshot(kiosk).said is Refusal.STORAGE
    assert kiosk.units_taken() == 0


def test_a_code_is_refused_while_tickets_cannot_be_read(kiosk: VirtualKiosk) -> None:
    (ticket,) = kiosk.issue("kit")

    with table_gone(kiosk, "codes"):
        kiosk.scan(ticket)
        kiosk.pass_time(0)

    assert snapshot(kiosk).said is Refusal.STORAGE
    assert faults(kiosk) == ["storage"]
    assert kiosk.turns() == []


def test_naloxone_comes_out_while_the_ledger_cannot_write(kiosk: VirtualKiosk) -> None:
    with writes_refused(kiosk):
        assert kiosk.choose("naloxone") is None
        kiosk.finish_vend()

        assert kiosk.world.tray == ["naloxone"]
        assert ending(kiosk) == (Outcome.DELIVERED, None)
        assert kiosk.counted("delivered") == 0


# --- outcomes


def test_naloxones_outcome_is_written_when_writing_works_again(kiosk: VirtualKiosk) -> None:
    with writes_refused(kiosk):
        kiosk.choose("naloxone")
        kiosk.finish_vend()

    wait_for_the_retry(kiosk)

    assert kiosk.counted("delivered", "A1") == 1
    assert kiosk.stock("A1").count == 4
    assert snapshot(kiosk).stock == kiosk.ledger.stock()
    kiosk.check()


def test_every_outcome_that_waits_is_written_once(kiosk: VirtualKiosk) -> None:
    with writes_refused(kiosk):
        for _ in range(3):
            kiosk.choose("naloxone")
            kiosk.finish_vend()
            kiosk.pass_time(20)  # the cooldown

    wait_for_the_retry(kiosk)
    kiosk.pass_time(60)

    assert kiosk.counted("delivered") == 3
    assert len(kiosk.world.tray) == 3
    kiosk.check()


def test_the_ledger_is_tried_again_after_a_while_and_not_at_every_step(kiosk: VirtualKiosk) -> None:
    with writes_refused(kiosk):
        kiosk.choose("naloxone")
        kiosk.finish_vend()

    kiosk.pass_time(RETRY_STORAGE_S - 0.2)
    assert kiosk.counted("delivered") == 0

    kiosk.pass_time(0.2)
    assert kiosk.counted("delivered") == 1


def test_the_ledger_is_tried_again_and_again(kiosk: VirtualKiosk, controller: Controller) -> None:
    refuse_writes(kiosk)
    kiosk.choose("naloxone")
    kiosk.finish_vend()
    kiosk.pass_time(100)

    assert controller.deadline is not None
    assert kiosk.now < controller.deadline <= kiosk.now + RETRY_STORAGE_S

    refuse_writes(kiosk, refuse=False)
    wait_for_the_retry(kiosk)

    assert kiosk.counted("delivered") == 1


def test_an_outcome_that_fails_after_the_motor_ran_is_told_kept_and_written_later(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)
    with writes_refused(kiosk):
        kiosk.finish_vend()

        assert ending(kiosk) == (Outcome.DELIVERED, None)
        assert kiosk.counted("delivered") == 0

    wait_for_the_retry(kiosk)

    assert kiosk.counted("delivered", "D1") == 1
    kiosk.check()


def test_an_outcome_that_waits_is_written_before_the_next_intent(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)
    with writes_refused(kiosk):
        kiosk.finish_vend()

    assert kiosk.choose("strips") is None  # at once: long before the next try

    assert kiosk.counted("delivered", "D1") == 1
    assert kiosk.turns() == ["D1", "C1"]


def test_no_intent_is_committed_before_the_outcome_that_waits(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)
    with writes_refused(kiosk):
        kiosk.finish_vend()

        assert kiosk.choose("strips") is Refusal.STORAGE
        assert kiosk.turns() == ["D1"]


def test_an_outcome_that_waits_is_written_before_an_ask_is_answered(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)
    with writes_refused(kiosk):
        kiosk.finish_vend()

    kiosk.ask(CountSlot(D1, 4))

    assert (kiosk.counted("delivered", "D1"), kiosk.counted("adjusted", "D1")) == (1, 0)
    assert kiosk.stock("D1").count == 4


def test_an_ask_is_refused_while_an_outcome_cannot_be_written(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)
    with writes_refused(kiosk):
        kiosk.finish_vend()

        with pytest.raises(StorageFailed):
            kiosk.ask(CountSlot(D1, 4))

    wait_for_the_retry(kiosk)
    assert kiosk.stock("D1").count == 4
    kiosk.check()


def test_stock_can_be_read_while_an_outcome_cannot_be_written(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)
    with writes_refused(kiosk):
        kiosk.finish_vend()

        assert kiosk.ask(ReadStock()) == Stock(kiosk.ledger.stock())


# --- what is said about it


def test_a_storage_fault_appears_and_vanishes_when_all_is_written(kiosk: VirtualKiosk) -> None:
    with writes_refused(kiosk):
        kiosk.choose("naloxone")
        kiosk.finish_vend()
        kiosk.pass_time(60)
        assert faults(kiosk) == ["storage"]

    wait_for_the_retry(kiosk)

    assert faults(kiosk) == []


def test_a_storage_fault_stays_for_as_long_as_the_ledger_refuses(kiosk: VirtualKiosk) -> None:
    with writes_refused(kiosk):
        assert kiosk.choose("condoms") is Refusal.STORAGE
        kiosk.pass_time(60)

        assert faults(kiosk) == ["storage"]


def test_a_ledger_that_refuses_is_logged_once(kiosk: VirtualKiosk, caplog: pytest.LogCaptureFixture) -> None:
    with writes_refused(kiosk):
        for _ in range(3):
            kiosk.choose("condoms")
            kiosk.pass_time(10)

    assert caplog.text.count("ERROR") == 1


def test_a_ledger_that_refuses_an_outcome_again_and_again_is_logged_once(
    kiosk: VirtualKiosk, caplog: pytest.LogCaptureFixture
) -> None:
    with writes_refused(kiosk):
        kiosk.choose("naloxone")
        kiosk.pass_time(60)

    assert caplog.text.count("ERROR") == 1


# --- a ledger that cannot be read


def test_naloxone_comes_out_while_the_stock_cannot_be_read(kiosk: VirtualKiosk) -> None:
    before = snapshot(kiosk).stock
    begin_turn(kiosk)

    with table_gone(kiosk, "slots"):
        kiosk.finish_vend()  # its outcome cannot be written, and the stock not be read again
        assert snapshot(kiosk).stock == before
        assert faults(kiosk) == ["storage"]

        assert kiosk.choose("naloxone") is None
        kiosk.finish_vend()

    assert kiosk.world.tray == ["condoms", "naloxone"]
    wait_for_the_retry(kiosk)
    assert kiosk.counted("delivered") == 2
    assert snapshot(kiosk).stock == kiosk.ledger.stock()


# --- a ledger that fails at the start


@pytest.mark.parametrize("table", ["open_vend", "slots", "lots", "codes"])
def test_naloxone_comes_out_of_a_kiosk_that_started_without_a_part_of_its_ledger(
    kiosk: VirtualKiosk, table: str
) -> None:
    kiosk.ledger.database.rows(f"ALTER TABLE {table} RENAME TO gone")
    kiosk.witness.storage_is_down = True

    kiosk.kill_and_restart()

    assert kiosk.choose("naloxone") is None
    kiosk.finish_vend()
    assert kiosk.world.tray == ["naloxone"]
    assert faults(kiosk) != []


def test_naloxone_comes_out_of_a_kiosk_that_started_without_a_readable_ledger(kiosk: VirtualKiosk) -> None:
    kiosk.kiosk.close()
    (kiosk.config.data / "ledger.db").write_bytes(b"not a ledger" * 1000)

    kiosk.kill_and_restart()

    assert kiosk.choose("condoms") is Refusal.NOT_STOCKED
    assert kiosk.choose("naloxone") is None
    kiosk.finish_vend()
    assert kiosk.world.tray == ["naloxone"]
    assert "ledger" in faults(kiosk)


def test_naloxone_comes_out_of_a_kiosk_that_started_on_a_full_disk_with_a_vend_open(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)  # and the plug is pulled
    kiosk.kiosk.close()
    kiosk.witness.storage_is_down = True

    with full_disk(1000):
        kiosk.kill_and_restart()
        assert kiosk.choose("naloxone") is None
        kiosk.finish_vend()

    assert kiosk.world.tray == ["naloxone"]
    assert faults(kiosk) != []


def test_what_waited_is_shown_once_it_is_written_even_if_what_was_asked_then_is_refused(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)
    with writes_refused(kiosk):
        kiosk.finish_vend()

    with pytest.raises(AskRefused):
        kiosk.ask(CountSlot(D1, 99))

    assert kiosk.stock("D1") in snapshot(kiosk).stock
