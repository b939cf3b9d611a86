"""A ledger that cannot be opened or is damaged: naloxone comes out, it is said, and the kiosk is back by itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.books import BACK_UP_S, REOPEN_S
from kiosk.core.asks import CountSlot, LoadSlot, StorageFailed
from kiosk.core.values import Refusal, SlotId, SlotState
from kiosk.ledger.backup import BACKUP_NAME
from kiosk.ledger.database import ReadOnly
from kiosk.ledger.ledger import LEDGER_NAME
from kiosk.ledger.missing import MissingLedger
from kiosk.ledger.rescue import DAMAGED_NAME
from kiosk.wiring import Kiosk, Surroundings
from tests.broker import Broker
from tests.codes.disk import full_disk
from tests.controller.conftest import begin_turn, snapshot
from tests.kit import CONFIG, VirtualKiosk
from tests.ledger.harm import HARM, tear, without_right

INFO = "kiosks/v1/river-street/up/info"
Trouble = Callable[[Path], AbstractContextManager[None]]


@contextmanager
def folder_gone(data: Path) -> Iterator[None]:
    """The disk is not there; its place belongs to somebody else."""
    away = data.rename(data.with_name("away"))
    data.write_text("no folder")
    yield
    data.unlink()
    away.rename(data)


def file_read_only(data: Path) -> AbstractContextManager[None]:
    return without_right(data / LEDGER_NAME, 0o222)


def folder_read_only(data: Path) -> AbstractContextManager[None]:
    return without_right(data, 0o222)


def disk_full(_: Path) -> AbstractContextManager[None]:
    return full_disk(0)


@contextmanager
def folder_in_its_place(data: Path) -> Iterator[None]:
    """The ledger's name leads to something that cannot be opened."""
    away = (data / LEDGER_NAME).rename(data / "away")
    (data / LEDGER_NAME).mkdir()
    yield
    (data / LEDGER_NAME).rmdir()
    away.rename(data / LEDGER_NAME)


TROUBLE: dict[str, Trouble] = {
    "folder gone": folder_gone,
    "file read-only": file_read_only,
    "folder read-only": folder_read_only,
    "disk full": disk_full,
    "a folder in its place": folder_in_its_place,
}
TROUBLES = pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
DAMAGE = pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())


@contextmanager
def started_in(kiosk: VirtualKiosk, trouble: Trouble) -> Iterator[None]:
    """Pull the plug in the middle of a vend, and start again in that trouble: the ledger cannot be opened."""
    begin_turn(kiosk)
    kiosk.witness.storage_is_down = True
    kiosk.kiosk.close()
    with trouble(kiosk.config.data):
        kiosk.kill_and_restart()
        assert isinstance(kiosk.kiosk.ledger, MissingLedger)
        yield
    kiosk.pass_time(REOPEN_S)
    kiosk.witness.storage_is_down = False


def damage(kiosk: VirtualKiosk, harm: Callable[[Path], None], *, backup: bool = True) -> None:
    """Stop the kiosk, after a day's backup or without one, let its ledger be damaged, and start it again."""
    if backup:
        kiosk.pass_time(BACK_UP_S)
    kiosk.kill_and_restart(lambda: harm(kiosk.config.data / LEDGER_NAME))


def faults(kiosk: VirtualKiosk) -> dict[str, str]:
    return dict(snapshot(kiosk).faults)


def take_naloxone(kiosk: VirtualKiosk) -> None:
    kiosk.pass_time(20)  # the cooldown after the one before
    kiosk.world.tray.clear()
    assert kiosk.choose("naloxone") is None
    kiosk.finish_vend()
    assert kiosk.world.tray == ["naloxone"]


def settle(kiosk: VirtualKiosk) -> None:
    """Let time pass until the drop window of an empty coil is almost over."""
    while snapshot(kiosk).state != "settling":
        kiosk.pass_time(0.1)
    kiosk.pass_time(2)
    assert snapshot(kiosk).state == "settling"


# --- a ledger that cannot be opened


@TROUBLES
def test_naloxone_comes_out_while_the_ledger_cannot_be_opened(kiosk: VirtualKiosk, trouble: Trouble) -> None:
    with started_in(kiosk, trouble):
        take_naloxone(kiosk)
        take_naloxone(kiosk)
        assert kiosk.choose("condoms") is Refusal.NOT_STOCKED


@TROUBLES
def test_what_is_wrong_is_said_with_what_to_do_and_no_backup_is_asked_for(
    kiosk: VirtualKiosk, trouble: Trouble
) -> None:
    with started_in(kiosk, trouble):
        assert "tries again by itself" in faults(kiosk)["ledger"]
        assert "backup" not in faults(kiosk)["ledger"]
        assert "restart" not in faults(kiosk)["ledger"]


@TROUBLES
def test_the_kiosk_is_back_by_itself_when_the_cause_is_gone(kiosk: VirtualKiosk, trouble: Trouble) -> None:
    (ticket,) = kiosk.issue("kit")
    with started_in(kiosk, trouble):
        kiosk.pass_time(5 * REOPEN_S)

    assert faults(kiosk) == {}
    assert kiosk.choose("condoms") is None
    kiosk.finish_vend()
    kiosk.scan(ticket)
    kiosk.finish_vend()
    assert kiosk.world.tray[-2:] == ["condoms", "kit"]
    assert kiosk.units_taken() == 1
    kiosk.check()


@TROUBLES
def test_what_came_out_meanwhile_is_booked_once(kiosk: VirtualKiosk, trouble: Trouble) -> None:
    with started_in(kiosk, trouble):
        for _ in range(3):
            take_naloxone(kiosk)

    kiosk.pass_time(60)

    assert kiosk.counted("delivered", "A*") == 3
    assert kiosk.counted("uncertain", "D1") == 1  # the vend that the plug cut short
    assert kiosk.stock("A1").count + kiosk.stock("A2").count == 7
    kiosk.check()


@TROUBLES
def test_the_desk_is_told_why_and_reaches_the_ledger_that_is_back(kiosk: VirtualKiosk, trouble: Trouble) -> None:
    with started_in(kiosk, trouble):
        with pytest.raises(StorageFailed, match="cannot be opened"):
            kiosk.ask(LoadSlot(SlotId("D1"), 1))

    kiosk.ask(CountSlot(SlotId("D1"), 3))

    assert kiosk.stock("D1").count == 3


def test_vends_after_the_ledger_is_back_are_numbered_above_all_that_it_knows(kiosk: VirtualKiosk) -> None:
    for _ in range(3):
        kiosk.choose("condoms")
        kiosk.finish_vend()

    with started_in(kiosk, folder_gone):
        take_naloxone(kiosk)

    assert kiosk.choose("condoms") is None
    kiosk.finish_vend()
    assert kiosk.ledger.database.rows("SELECT is_open, vend FROM open_vend") == [(0, 5)]


def test_a_ledger_is_not_opened_in_the_middle_of_a_vend(kiosk: VirtualKiosk) -> None:
    kiosk.kiosk.close()
    kiosk.witness.storage_is_down = True
    with file_read_only(kiosk.config.data):
        kiosk.kill_and_restart()
        kiosk.world.coils["A1"].items = 0
        kiosk.pass_time(REOPEN_S - 2)
        kiosk.choose("naloxone")
    settle(kiosk)
    assert isinstance(kiosk.kiosk.ledger, MissingLedger)  # it is due, and waits

    kiosk.finish_vend()
    kiosk.pass_time(2)

    assert kiosk.counted("delivered", "A2") == 1


def test_a_ledger_that_stays_away_is_logged_once(kiosk: VirtualKiosk, caplog: pytest.LogCaptureFixture) -> None:
    with started_in(kiosk, folder_gone):
        caplog.clear()
        kiosk.pass_time(20 * REOPEN_S)
        assert caplog.records == []


def test_commands_reach_the_service_once_its_data_directory_is_there(kiosk: VirtualKiosk) -> None:
    data = kiosk.config.data
    kiosk.kiosk.close()
    with folder_gone(data):
        service = Kiosk(kiosk.config, Surroundings(lambda: kiosk.now, kiosk.timers, kiosk.calendar))
        service.start()
        service.controller.step(kiosk.now)
        lost = {device for device, _ in service.controller.board.snapshot.faults}
    for _ in range(2):
        kiosk.now += REOPEN_S
        service.controller.step(kiosk.now)
    found = lost - {device for device, _ in service.controller.board.snapshot.faults}

    assert found == {"data", "ledger", "codes", "commands"}
    assert (data / "kiosk.sock").is_socket()
    service.close()


def test_the_operator_hears_of_a_ledger_that_is_back_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    with Broker(tmp_path / "broker") as broker:
        telemetry = f"telemetry: {{{{broker: 'mqtt://localhost:{broker.port}', grid_minutes: 0}}}}\n"
        kiosk = VirtualKiosk(tmp_path / "data", CONFIG + telemetry)
        kiosk.kiosk.close()
        with folder_gone(kiosk.config.data):
            service = Kiosk(kiosk.config, Surroundings(lambda: kiosk.now, kiosk.timers, kiosk.calendar))
            service.start()
            broker.wait_for(INFO, lambda payload: json.loads(payload)["ledger"] == "")
        kiosk.now += REOPEN_S
        service.controller.step(kiosk.now)

        broker.wait_for(INFO, lambda payload: json.loads(payload)["ledger"] == service.data.ledger_id != "")
        service.close()


# --- a damaged ledger


@DAMAGE
def test_naloxone_comes_out_of_a_kiosk_whose_ledger_was_damaged(
    kiosk: VirtualKiosk, harm: Callable[[Path], None]
) -> None:
    damage(kiosk, harm)

    take_naloxone(kiosk)

    assert kiosk.counted("delivered", "A*") == 1
    kiosk.check()


@DAMAGE
def test_a_ticket_of_before_opens_a_kiosk_whose_ledger_was_damaged_once_its_slots_are_counted(
    kiosk: VirtualKiosk, harm: Callable[[Path], None]
) -> None:
    (ticket,) = kiosk.issue("kit")
    damage(kiosk, harm)
    assert kiosk.stock("B1").state is SlotState.COUNT_NEEDED
    kiosk.scan(ticket)
    kiosk.finish_vend()
    assert (snapshot(kiosk).said, kiosk.turns()) == (Refusal.NOT_STOCKED, [])

    kiosk.ask(CountSlot(SlotId("B1"), 5))
    kiosk.scan(ticket)
    kiosk.finish_vend()

    assert kiosk.world.tray == ["kit"]
    assert kiosk.units_taken() == 1
    kiosk.check()


@DAMAGE
def test_a_rescue_is_said_with_what_to_do(kiosk: VirtualKiosk, harm: Callable[[Path], None]) -> None:
    damage(kiosk, harm)

    assert "kiosk count SLOT COUNT" in faults(kiosk)["ledger"]


def test_without_a_backup_naloxone_comes_out_and_the_kiosk_begins_anew(kiosk: VirtualKiosk) -> None:
    kiosk.issue("kit")
    damage(kiosk, HARM["garbage"], backup=False)

    take_naloxone(kiosk)

    assert "issue new codes" in faults(kiosk)["ledger"]
    assert kiosk.counted("found", "A*") == 1
    assert (kiosk.config.data / DAMAGED_NAME).exists()


def test_a_ledger_that_tears_while_the_kiosk_runs_is_rescued_without_a_restart(kiosk: VirtualKiosk) -> None:
    kiosk.issue("kit", count=300)
    kiosk.pass_time(BACK_UP_S)
    kiosk.kill_and_restart()
    tear(kiosk.config.data / LEDGER_NAME)
    kiosk.ledger.database.rows("PRAGMA shrink_memory")  # what SQLite remembers it would not read again

    kiosk.witness.storage_is_down = True
    take_naloxone(kiosk)
    kiosk.pass_time(10)
    kiosk.witness.storage_is_down = False

    assert "its last backup took its place" in faults(kiosk)["ledger"]
    assert "storage" not in faults(kiosk)
    assert kiosk.counted("delivered", "A*") == 1
    kiosk.check()


# --- the daily backup


def backups(kiosk: VirtualKiosk) -> int:
    """When the backup was last made, as the disk knows it; 0 if there is none."""
    path = kiosk.config.data / BACKUP_NAME
    return path.stat().st_ino if path.exists() else 0


def test_a_backup_is_made_once_a_day_if_anything_has_changed(kiosk: VirtualKiosk) -> None:
    kiosk.pass_time(BACK_UP_S - 1)
    assert backups(kiosk) == 0
    kiosk.pass_time(1)
    first = os.open(kiosk.config.data / BACKUP_NAME, os.O_RDONLY)  # held, so that its number is not given again

    kiosk.load("C1", 1)
    kiosk.pass_time(5 * BACK_UP_S)
    assert backups(kiosk) == os.fstat(first).st_ino

    kiosk.calendar.day += timedelta(days=1)
    kiosk.pass_time(BACK_UP_S)
    assert backups(kiosk) != os.fstat(first).st_ino
    os.close(first)


def test_a_backup_is_not_made_in_the_middle_of_a_vend(kiosk: VirtualKiosk) -> None:
    kiosk.pass_time(BACK_UP_S - 2.5)
    begin_turn(kiosk)
    kiosk.world.coils["D1"].items = 0
    settle(kiosk)
    assert backups(kiosk) == 0

    kiosk.finish_vend()
    kiosk.pass_time(2)

    assert backups(kiosk)


def test_a_backup_holds_what_the_kiosk_has_booked(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()

    kiosk.pass_time(BACK_UP_S)

    copy = ReadOnly(kiosk.config.data / BACKUP_NAME)
    assert copy.rows("SELECT delivered, on_hand FROM stock WHERE slot = 'D1'") == [(1, 4)]
    copy.close()


def test_a_backup_that_cannot_be_made_disturbs_nothing(kiosk: VirtualKiosk, caplog: pytest.LogCaptureFixture) -> None:
    (kiosk.config.data / BACKUP_NAME).mkdir()

    kiosk.pass_time(BACK_UP_S)

    assert "backup cannot be written" in caplog.text
    assert "tried again every hour" in faults(kiosk)["backup"]
    take_naloxone(kiosk)


def test_a_backup_that_could_not_be_made_is_made_within_the_hour(kiosk: VirtualKiosk) -> None:
    (kiosk.config.data / BACKUP_NAME).mkdir()
    kiosk.pass_time(BACK_UP_S)

    (kiosk.config.data / BACKUP_NAME).rmdir()
    kiosk.pass_time(BACK_UP_S)

    assert faults(kiosk) == {}
    assert backups(kiosk) > 0


def test_a_kiosk_without_a_ledger_makes_no_backup_of_nothing(kiosk: VirtualKiosk) -> None:
    with started_in(kiosk, folder_in_its_place):
        kiosk.pass_time(2 * BACK_UP_S)
        assert backups(kiosk) == 0
