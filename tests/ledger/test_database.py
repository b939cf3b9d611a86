"""The one connection: its settings, its file, its transactions."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from kiosk.ledger.database import Database, LedgerDamaged, LedgerFailed, LedgerUnusable
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.schema import MIGRATIONS

SETTINGS = [
    ("page_size", 1024),
    ("locking_mode", "exclusive"),
    ("journal_mode", "wal"),
    ("synchronous", 2),  # FULL
    ("foreign_keys", 1),
    ("secure_delete", 1),
    ("temp_store", 2),  # memory
    ("trusted_schema", 0),
]
INSERT = "INSERT INTO slots VALUES (?, 'kit', 'o')"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(path)
    yield database
    database.close()


@pytest.fixture
def careless_umask() -> Iterator[None]:
    """Programs started here make files for everybody, unless they say otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def edit(path: Path, sql: str) -> None:
    """Write into the file as another program would."""
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


def transact(database: Database, *statements: tuple[str, ...]) -> None:
    with database.transaction():
        for sql, *values in statements:
            database.change(sql, *values)


def interrupted(database: Database) -> None:
    with database.transaction():
        database.change(INSERT, "A1")
        raise KeyboardInterrupt


def slots(database: Database) -> list[object]:
    return [slot for (slot,) in database.rows("SELECT slot FROM slots")]


# --- opening


@pytest.mark.parametrize(("name", "value"), SETTINGS)
@pytest.mark.parametrize("times", [1, 2], ids=["new", "opened again"])
def test_a_setting_is_what_the_promises_were_measured_with(path: Path, name: str, value: object, times: int) -> None:
    for _ in range(times):
        database = Database(path)
        found = database.rows(f"PRAGMA {name}")
        database.close()

    assert found == [(value,)]


def test_a_setting_that_sqlite_refuses_is_noticed(path: Path) -> None:
    edit(path, "PRAGMA page_size = 4096; CREATE TABLE other (x)")

    with pytest.raises(LedgerUnusable, match="SQLite keeps page_size = 4096, needed is 1024"):
        Database(path)


@pytest.mark.usefixtures("careless_umask")
def test_the_files_are_for_their_owner_only(database: Database, path: Path) -> None:
    with database.transaction():
        database.change(INSERT, "A1")

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"ledger.db": 0o600, "ledger.db-wal": 0o600}


@pytest.mark.usefixtures("database")
def test_a_second_connection_is_refused(path: Path) -> None:
    with pytest.raises(LedgerFailed, match="locked"):
        Database(path)


@pytest.mark.usefixtures("database")
def test_a_ledger_that_another_program_holds_is_not_called_damaged(path: Path) -> None:
    with pytest.raises(LedgerFailed) as refused:
        Database(path)

    # moved away, an intact ledger would take its open vend and its spent tickets along
    assert "move it away" not in str(refused.value)


def test_another_program_cannot_even_read(database: Database, path: Path) -> None:
    assert slots(database) == []

    with pytest.raises(apsw.BusyError):
        edit(path, "SELECT * FROM slots")


def test_a_refused_second_connection_disturbs_nothing(database: Database, path: Path) -> None:
    with pytest.raises(LedgerFailed):
        Database(path)

    with database.transaction():
        database.change(INSERT, "A1")
    assert slots(database) == ["A1"]


def test_a_closed_ledger_can_be_opened_again(path: Path) -> None:
    first = Database(path)
    first.close()
    first.close()

    second = Database(path)

    assert second.rows("SELECT count(*) FROM ledger") == [(1,)]
    second.close()


def test_a_ledger_keeps_its_name_and_another_has_another(path: Path) -> None:
    names = set()
    for file in (path, path, path.with_name("other.db")):
        database = Database(file)
        names |= set(database.rows("SELECT id FROM ledger"))
        database.close()

    assert len(names) == 2


def test_a_ledger_of_a_newer_version_is_refused_with_a_remedy(path: Path) -> None:
    Database(path).close()
    edit(path, "PRAGMA user_version = 99")

    with pytest.raises(LedgerUnusable, match="written by a newer version; install that version again"):
        Database(path)


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at " * 50, b"SQLite format 3\x00"])
def test_a_file_that_is_no_ledger_is_refused_with_a_remedy_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(LedgerDamaged, match="when the service starts, it sets it aside and goes on from its backup"):
        Database(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    edit(path, "PRAGMA page_size = 1024; CREATE TABLE slots (other)")

    with pytest.raises(LedgerUnusable, match="table slots already exists"):
        Database(path)


def test_a_refused_file_is_given_back(path: Path) -> None:
    Database(path).close()
    edit(path, "PRAGMA user_version = 99")
    with pytest.raises(LedgerUnusable) as refused:
        Database(path)

    edit(path, f"PRAGMA user_version = {len(MIGRATIONS)}")  # fails while anybody holds the file
    assert refused.value.__traceback__  # which keeps a connection that nobody closed

    Database(path).close()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerFailed, match=r"nowhere/ledger\.db cannot be opened: .*No such file"):
        Database(tmp_path / "nowhere" / "ledger.db")


def test_a_file_layer_that_nobody_knows_is_said(path: Path) -> None:
    with pytest.raises(LedgerFailed, match="cannot be opened"):
        Database(path, vfs="nobody knows this one")
    with pytest.raises(LedgerFailed, match="cannot be opened"):
        Ledger(path, (), vfs="nobody knows this one")


def test_a_folder_in_the_ledgers_place_is_named(path: Path) -> None:
    path.mkdir()

    with pytest.raises(LedgerFailed, match=r"cannot be opened: .*directory"):
        Database(path)


def test_a_migration_that_is_cut_short_leaves_nothing_and_is_made_at_the_next_start(path: Path) -> None:
    edit(path, "PRAGMA page_size = 1024; CREATE TABLE tickets (in_the_way)")  # the last table of the migration
    with pytest.raises(LedgerUnusable):
        Database(path)

    edit(path, "DROP TABLE tickets")  # had half a migration stayed, its first table would be in the way now
    database = Database(path)

    assert database.rows("PRAGMA user_version") == [(len(MIGRATIONS),)]
    database.close()


# --- transactions


def test_a_transaction_is_there_after_it(database: Database) -> None:
    with database.transaction():
        database.change(INSERT, "A1")
        database.change(INSERT, "A2")

    assert slots(database) == ["A1", "A2"]


def test_an_exception_rolls_everything_back(database: Database) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(database)

    assert slots(database) == []


def test_after_a_rollback_the_next_transaction_goes_through(database: Database) -> None:
    with pytest.raises(LedgerFailed):
        transact(database, (INSERT, "A1"), ("INSERT INTO nowhere VALUES (1)",))

    transact(database, (INSERT, "A2"))

    assert slots(database) == ["A2"]


def test_a_commit_that_sqlite_refuses_is_rolled_back(database: Database) -> None:
    at_the_commit_only = "PRAGMA defer_foreign_keys = 1"
    of_no_lot = "INSERT INTO sealed_days VALUES (0, 99, 'loaded', 1)"

    with pytest.raises(LedgerFailed, match="FOREIGN KEY"):
        transact(database, (INSERT, "A1"), (at_the_commit_only,), (of_no_lot,))

    assert (database.rows("SELECT * FROM sealed_days"), slots(database)) == ([], [])
    transact(database, (INSERT, "A1"))


def test_a_transaction_that_sqlite_ended_itself_raises_what_went_wrong(database: Database) -> None:
    with pytest.raises(LedgerFailed, match="UNIQUE"):
        transact(database, (INSERT, "A1"), (INSERT.replace("INSERT", "INSERT OR ROLLBACK"), "A1"))

    assert slots(database) == []


def test_a_transaction_inside_another_is_refused_and_takes_it_along(database: Database) -> None:
    with pytest.raises(LedgerFailed, match="within a transaction"):
        transact(database, (INSERT, "A1"), ("BEGIN IMMEDIATE",))

    assert slots(database) == []


def test_a_change_says_how_many_rows_it_changed(database: Database) -> None:
    with database.transaction():
        for slot in ("A1", "A2"):
            database.change(INSERT, slot)

        assert database.change("UPDATE slots SET state = 'j'") == 2
        assert database.change("UPDATE slots SET state = 'o' WHERE slot = 'Z9'") == 0


def test_a_commit_is_told_after_it_is_durable_and_a_rollback_is_not(path: Path) -> None:
    told: list[bool] = []
    database = Database(path, lambda: told.append(path.with_name("ledger.db-wal").stat().st_size > 0))
    told.clear()

    with database.transaction():
        database.change(INSERT, "A1")
        assert told == []
    with pytest.raises(RuntimeError), database.transaction():
        raise RuntimeError

    assert told == [True]
    database.close()


# --- failing


@pytest.mark.parametrize("sql", ["SELECT * FROM nowhere", "not SQL at all"])
def test_what_cannot_be_read_is_said(database: Database, sql: str) -> None:
    with pytest.raises(LedgerFailed, match="the ledger cannot be read: "):
        database.rows(sql)


def test_a_ledger_on_a_card_turned_read_only_takes_nothing(database: Database) -> None:
    database.rows("PRAGMA query_only = 1")

    with pytest.raises(LedgerFailed, match=r"the ledger cannot be written: .*readonly"):
        transact(database, (INSERT, "A1"))

    database.rows("PRAGMA query_only = 0")
    assert slots(database) == []


@pytest.mark.parametrize("what", ["rows", "change", "tidy"])
def test_a_closed_ledger_says_so_whatever_is_asked_of_it(database: Database, what: str) -> None:
    database.close()

    with pytest.raises(LedgerFailed):
        {
            "rows": lambda: database.rows("SELECT * FROM slots"),
            "change": lambda: database.change(INSERT, "A1"),
            "tidy": database.tidy,
        }[what]()


def test_a_copy_that_cannot_be_made_is_said(database: Database, tmp_path: Path) -> None:
    with pytest.raises(LedgerFailed, match="cannot be copied to"):
        database.copy_into(tmp_path / "nowhere" / "copy")


def test_the_log_is_not_emptied_while_a_transaction_is_open(database: Database) -> None:
    with database.transaction():
        database.change(INSERT, "A1")
        with pytest.raises(LedgerFailed, match="the ledger's log cannot be emptied"):
            database.tidy()

    assert slots(database) == ["A1"]
