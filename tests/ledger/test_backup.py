"""The backup beside the ledger: one copy, proven before it takes the last one's place."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest

from kiosk.core.values import Outcome, Tag
from kiosk.ledger.backup import BACKUP_NAME, back_up, prove
from kiosk.ledger.database import BEFORE_MIGRATION_NAME, Database, LedgerFailed, ReadOnly
from kiosk.ledger.ledger import LEDGER_NAME
from kiosk.ledger.schema import MIGRATIONS
from tests.codes.disk import full_disk, mode
from tests.cuts.births import FILE, RELEASED, released
from tests.cuts.disk import simulated_disk
from tests.ledger.book import TAG, Book
from tests.ledger.harm import by_sql, is_killed


@pytest.fixture
def stocked(book: Book) -> Book:
    book.add_batch("kit", tags=[TAG])
    book.load("B1", 3, "L1")
    book.vend(Outcome.DELIVERED, tag=TAG)
    return book


def backup_of(book: Book) -> Path:
    return book.path.with_name(BACKUP_NAME)


def make(book: Book) -> None:
    back_up(book.ledger.database)


def units(backup: Path) -> object:
    """The units on hand that a backup knows of."""
    copy = ReadOnly(backup)
    ((found,),) = copy.rows("SELECT total(on_hand) FROM stock")
    copy.close()
    return found


def test_a_backup_holds_all_that_the_ledger_holds(stocked: Book) -> None:
    make(stocked)

    prove(backup_of(stocked))
    assert units(backup_of(stocked)) == 2


def test_a_newer_backup_takes_the_place_of_the_last_one_and_leaves_no_other(stocked: Book) -> None:
    make(stocked)
    stocked.load("B2", 4)
    make(stocked)

    assert units(backup_of(stocked)) == 6
    assert {path.name for path in stocked.path.parent.iterdir()} == {
        LEDGER_NAME,
        f"{LEDGER_NAME}-wal",
        BACKUP_NAME,
    }


def test_only_the_owner_can_read_a_backup(stocked: Book) -> None:
    make(stocked)

    assert mode(backup_of(stocked)) == 0o600


def test_what_was_wiped_from_the_ledger_is_not_in_its_backup(stocked: Book) -> None:
    stocked.intend(2, tag=Tag(b"tag of an open 1"))
    stocked.end(Outcome.NOT_DELIVERED)
    make(stocked)

    assert b"tag of an open 1" not in backup_of(stocked).read_bytes()


def test_a_ledger_that_does_not_hold_together_leaves_the_last_backup(stocked: Book) -> None:
    make(stocked)
    stocked.ledger.database.rows("PRAGMA ignore_check_constraints = 1")
    stocked.ledger.database.rows("UPDATE units SET loaded = 1000009 WHERE id = (SELECT id FROM lots WHERE lot = 'L1')")
    stocked.is_damaged = True

    with pytest.raises(LedgerFailed, match="no good copy of the ledger: slot B1 lot L1: 2 on hand"):
        make(stocked)

    assert units(backup_of(stocked)) == 2
    assert {path.name for path in stocked.path.parent.iterdir()} == {LEDGER_NAME, f"{LEDGER_NAME}-wal", BACKUP_NAME}


def test_a_ledger_with_a_text_that_is_none_leaves_the_last_backup(stocked: Book) -> None:
    make(stocked)
    stocked.ledger.database.rows("UPDATE lots SET lot = CAST(x'ff' AS TEXT)")
    stocked.is_damaged = True

    with pytest.raises(LedgerFailed, match="the file cannot be read"):
        make(stocked)

    assert units(backup_of(stocked)) == 2


def test_a_copy_in_which_one_thing_is_wrong_is_no_good_copy(stocked: Book) -> None:
    stocked.ledger.database.rows("UPDATE batches SET gives = ''")
    stocked.ledger.database.rows("UPDATE codes SET taken = x'0002'")
    stocked.is_damaged = True

    files = len(os.listdir("/proc/self/fd"))
    with pytest.raises(LedgerFailed, match=r"no good copy of the ledger: batch .*: a code has more units") as refused:
        make(stocked)

    assert len(os.listdir("/proc/self/fd")) == files
    assert refused.value.__traceback__  # which keeps a connection that nobody closed


def test_a_copy_that_is_no_ledger_is_said(tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(b"no ledger at all" * 1000)

    with pytest.raises(LedgerFailed, match="the file cannot be read"):
        prove(tmp_path / "copy")


def test_a_copy_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerFailed, match="nowhere cannot be opened"):
        prove(tmp_path / "nowhere")


def test_a_backup_leaves_no_file_open(stocked: Book) -> None:
    make(stocked)
    before = len(os.listdir("/proc/self/fd"))

    make(stocked)

    assert len(os.listdir("/proc/self/fd")) == before


def test_a_disk_without_room_for_another_backup_leaves_the_last_one(stocked: Book) -> None:
    make(stocked)
    stocked.load("B2", 4)

    with full_disk(room=2000), pytest.raises(LedgerFailed):
        make(stocked)

    assert units(backup_of(stocked)) == 2
    make(stocked)
    assert units(backup_of(stocked)) == 6


def test_a_place_that_takes_no_file_is_named(stocked: Book) -> None:
    backup_of(stocked).mkdir()

    with pytest.raises(LedgerFailed, match=r"backup cannot be written to .*ledger\.backup\.db"):
        make(stocked)


def test_a_draft_that_cannot_be_taken_away_does_not_hide_what_is_wrong(stocked: Book) -> None:
    Path(f"{backup_of(stocked)}.draft").mkdir()

    with pytest.raises(LedgerFailed, match="backup cannot be written to"):
        make(stocked)


def test_a_process_that_is_killed_at_any_step_leaves_a_proven_backup(stocked: Book) -> None:
    make(stocked)
    stocked.load("B2", 4)
    path, backup = stocked.path, backup_of(stocked)
    stocked.ledger.close()

    def make_anew() -> None:
        database = Database(path)
        back_up(database)

    for step in count(1):
        was_killed = is_killed(make_anew, step)
        prove(backup)
        if not was_killed:
            break
        assert units(backup) in (2, 6)

    assert step > 4
    assert units(backup) == 6


# --- before a migration


def of_the_first_version(folder: Path) -> Path:
    """A ledger as version 1 left it, with one slot."""
    path = folder / LEDGER_NAME
    by_sql(
        "PRAGMA page_size = 1024",
        MIGRATIONS[0],
        "INSERT INTO ledger VALUES (1, 'name')",
        "INSERT INTO open_vend VALUES (1, 0, 0, 0, '', '', zeroblob(16), 0)",
        "INSERT INTO slots VALUES ('A1', 'naloxone', 'ok')",
        "PRAGMA user_version = 1",
    )(path)
    return path


def version_of(path: Path) -> object:
    copy = ReadOnly(path)
    ((version,),) = copy.rows("PRAGMA user_version")
    copy.close()
    return version


def test_a_ledger_is_kept_as_it_was_before_it_is_migrated(tmp_path: Path) -> None:
    path = of_the_first_version(tmp_path)

    Database(path).close()

    assert version_of(path) == len(MIGRATIONS)
    assert version_of(tmp_path / BEFORE_MIGRATION_NAME) == 1
    assert mode(tmp_path / BEFORE_MIGRATION_NAME) == 0o600


@pytest.mark.parametrize("times", [1, 2], ids=["new", "of this version"])
def test_where_nothing_is_migrated_nothing_is_kept(tmp_path: Path, times: int) -> None:
    for _ in range(times):
        Database(tmp_path / LEDGER_NAME).close()

    assert [path.name for path in tmp_path.iterdir()] == [LEDGER_NAME]


def test_a_ledger_that_cannot_be_kept_is_not_migrated(tmp_path: Path) -> None:
    path = of_the_first_version(tmp_path)
    (tmp_path / BEFORE_MIGRATION_NAME).mkdir()

    with pytest.raises(LedgerFailed):
        Database(path)

    (tmp_path / BEFORE_MIGRATION_NAME).rmdir()
    by_sql()(path)
    assert version_of(path) == 1


def test_a_process_that_is_killed_while_a_ledger_is_migrated_leaves_it_or_its_copy_as_it_was(tmp_path: Path) -> None:
    path = of_the_first_version(tmp_path)

    for step in count(1):
        was_killed = is_killed(lambda: Database(path), step)
        by_sql()(path)  # takes up the log that the kill left
        if not was_killed:
            break
        assert version_of(path) == 1 or version_of(tmp_path / BEFORE_MIGRATION_NAME) == 1

    assert step > 3
    assert version_of(path) == len(MIGRATIONS)


def test_on_another_file_layer_a_ledger_is_migrated_without_a_copy() -> None:
    with simulated_disk() as disk:
        released(RELEASED[0]).on(disk)

        database = Database(FILE, vfs=disk.name)

        assert database.rows("PRAGMA user_version") == [(len(MIGRATIONS),)]
        database.close()
