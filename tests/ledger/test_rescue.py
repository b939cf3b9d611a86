"""A damaged ledger is set aside and its backup goes on; a disk that only refuses is waited for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from kiosk.core.asks import (
    AddBatch,
    Ask,
    BackUpLedger,
    CodeList,
    EndImport,
    MakeList,
    RevokeCodes,
    Signers,
    TrustSigner,
)
from kiosk.core.values import CodeBatch, Kind, Outcome, SlotState, Tag
from kiosk.ledger.backup import BACKUP_NAME, back_up
from kiosk.ledger.database import Database, LedgerDamaged, LedgerFailed, LedgerUnusable
from kiosk.ledger.desk import answer
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.ledger.rescue import DAMAGED_NAME, MORE_BOOTS, MORE_LISTS, NEXT_NAME, open_or_rescue, prepare
from kiosk.ledger.schema import MIGRATIONS
from kiosk.ledger.verify import verify
from tests.codes.disk import full_disk, mode
from tests.ledger.book import DAY, SLOTS, TAG, Book
from tests.ledger.harm import HARM, by_sql, is_killed, without_right

LATER = Tag(b"used after backup")[:16]
DAMAGE = pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed ledger and its backup. Since that was made, one more kit went out and one more ticket was used."""
    book = Book(tmp_path)
    book.add_batch("kit", name="spring", tags=[TAG, Tag(LATER)])
    book.load("A1", 4, "NX", expires=DAY)
    book.load("B1", 5, "L1", expires=DAY)
    book.vend(Outcome.DELIVERED, tag=TAG)
    book.vend(Outcome.UNCERTAIN)
    book.ledger.begin_boot()
    back_up(book.ledger.database)
    book.vend(Outcome.DELIVERED, tag=Tag(LATER))
    book.ledger.close()
    return tmp_path


def build(path: Path) -> Ledger:
    return Ledger(path, SLOTS)


def opened(folder: Path) -> tuple[Book, str | None]:
    """The ledger as the service opens it."""
    ledger, notice = open_or_rescue(folder / LEDGER_NAME, DAY, build)
    ledger.close()
    return Book(folder), notice


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_path_that_no_disk_can_take_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerFailed, match="cannot be opened"):
        open_or_rescue(tmp_path / ("l" * 300), DAY, build)


# --- from the backup


@DAMAGE
def test_the_backup_takes_the_place_of_a_damaged_ledger(folder: Path, harm: Callable[[Path], None]) -> None:
    harm(folder / LEDGER_NAME)

    book, notice = opened(folder)

    assert "its last backup took its place" in str(notice)
    assert book.faults() == ()
    assert (book.taken(TAG), book.taken(Tag(LATER))) == (1, 0)
    assert book.batches() == ("spring",)
    book.ledger.close()


@DAMAGE
def test_no_number_is_called_certain_and_every_slot_waits_to_be_counted(
    folder: Path, harm: Callable[[Path], None]
) -> None:
    harm(folder / LEDGER_NAME)

    book, _ = opened(folder)

    assert {stock.state for stock in book.ledger.stock()} == {SlotState.COUNT_NEEDED}
    assert [book.units(slot) for slot in ("A1", "B1", "B2")] == [(0, 4), (0, 4), (0, 0)]
    book.ledger.close()


@DAMAGE
def test_what_is_left_of_the_damaged_ledger_is_kept(folder: Path, harm: Callable[[Path], None]) -> None:
    harm(folder / LEDGER_NAME)
    left = (folder / LEDGER_NAME).read_bytes() if (folder / LEDGER_NAME).exists() else None

    opened(folder)[0].ledger.close()

    aside = folder / DAMAGED_NAME
    assert (aside.read_bytes() if aside.exists() else None) == left
    assert NEXT_NAME not in names(folder)


def test_what_was_wrong_with_a_damaged_ledger_is_in_the_log(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    HARM["garbage"](folder / LEDGER_NAME)
    opened(folder)[0].ledger.close()

    assert f"the ledger {folder / LEDGER_NAME} is damaged" in caplog.text


def test_of_two_damaged_ledgers_only_the_last_one_is_kept_and_no_log_of_the_first(folder: Path) -> None:
    HARM["garbage"](folder / LEDGER_NAME)
    for end in ("", "-wal"):
        (folder / f"{DAMAGED_NAME}{end}").write_bytes(b"of the first")
    opened(folder)[0].ledger.close()

    assert (folder / DAMAGED_NAME).read_bytes() != b"of the first"
    assert f"{DAMAGED_NAME}-wal" not in names(folder)


def test_the_rescued_ledger_has_a_new_name_and_higher_boots(folder: Path) -> None:
    before = Book(folder)
    old_name, old_boot = before.ledger.id, before.ledger.begin_boot()
    before.ledger.close()
    HARM["garbage"](folder / LEDGER_NAME)

    book, _ = opened(folder)

    assert book.ledger.id != old_name
    assert len(book.ledger.id) == len(old_name)
    assert book.ledger.begin_boot() > old_boot + MORE_BOOTS / 2  # else all it says were old news
    book.ledger.close()


def test_a_count_puts_a_slot_right(folder: Path) -> None:
    HARM["garbage"](folder / LEDGER_NAME)
    book, _ = opened(folder)

    book.count("B1", 3)

    assert (book.units("B1"), book.state("B1")) == ((3, 0), SlotState.OK)
    assert book.booked("B1")["reconciled"] == 3
    assert book.faults() == ()
    book.ledger.close()


def test_units_loaded_before_the_count_are_the_only_certain_ones(folder: Path) -> None:
    HARM["garbage"](folder / LEDGER_NAME)
    book, _ = opened(folder)

    book.load("B1", 2)

    assert book.units("B1") == (2, 4)
    book.ledger.close()


def test_units_of_a_slot_that_is_not_in_the_cabinet_now_are_not_certain_when_it_is_back(folder: Path) -> None:
    HARM["garbage"](folder / LEDGER_NAME)
    ledger, _ = open_or_rescue(folder / LEDGER_NAME, DAY, lambda path: Ledger(path, SLOTS[:1]))
    ledger.close()

    book = Book(folder)

    assert (book.units("B1"), book.state("B1")) == ((0, 4), SlotState.COUNT_NEEDED)
    book.ledger.close()


def test_what_is_booked_after_a_rescue_is_in_no_report_of_before(folder: Path) -> None:
    before = Book(folder)
    open_report = before.ledger.database.rows("SELECT max(n) FROM reports")[0][0]
    before.ledger.close()
    HARM["garbage"](folder / LEDGER_NAME)

    book, _ = opened(folder)
    book.count("B1", 3)

    (report,) = [report for report in book.ledger.reports(0, 10).reports if report.number == open_report]
    (kits,) = [slot for slot in report.slots if slot.slot == "B1"]
    moved = dict(kits.moved)
    assert (moved["loaded"], moved["delivered"], moved["uncertain"], moved["reconciled"]) == (5, 1, 1, 0)
    book.ledger.close()


def test_a_backup_of_an_earlier_version_is_brought_up_to_date_with_this_kiosks_doses(folder: Path) -> None:
    (folder / BACKUP_NAME).unlink()
    by_sql(
        "PRAGMA page_size = 1024",
        MIGRATIONS[0],
        MIGRATIONS[1],
        "INSERT INTO ledger VALUES (1, 'name', 3)",
        "INSERT INTO open_vend VALUES (1, 0, 0, 0, '', '', zeroblob(16), 0)",
        "INSERT INTO slots VALUES ('A1', 'naloxone', 'ok')",
        "INSERT INTO lots (slot, item, lot, funding, loaded, on_hand) VALUES ('A1', 'naloxone', 'NX', '', 4, 4)",
        "INSERT INTO days VALUES ('2026-11-20', 1, 'loaded', 4)",
        "PRAGMA user_version = 2",
    )(folder / BACKUP_NAME)
    HARM["garbage"](folder / LEDGER_NAME)

    ledger, notice = open_or_rescue(folder / LEDGER_NAME, DAY, lambda path: Ledger(path, SLOTS, doses={"naloxone": 2}))

    assert "its last backup took its place" in str(notice)
    assert ledger.database.rows("SELECT doses, band FROM stock WHERE lot <> ''") == [(2, 4)]
    ledger.close()


def test_a_sound_ledger_is_opened_as_it_is(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = names(folder)

    book, notice = opened(folder)

    assert (notice, caplog.text) == (None, "")
    assert (book.units("B1"), book.state("B1"), book.taken(Tag(LATER))) == ((2, 1), SlotState.OK, 1)
    book.ledger.close()
    assert names(folder) == before


def test_a_vend_that_was_cut_short_is_booked_as_uncertain_at_the_opening(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    book = Book(folder)
    book.intend(vend=book.ledger.next_vend, slot="A1")
    book.ledger.close()

    book, _ = opened(folder)

    assert book.units("A1") == (3, 1)
    assert "a vend was cut short" in caplog.text
    book.ledger.close()


def test_what_a_kill_left_in_the_log_is_gone_after_the_opening(book: Book, tmp_path: Path) -> None:
    book.load("B1", 3)
    book.vend(Outcome.DELIVERED)
    killed = tmp_path / "killed.db"
    for end in ("", "-wal"):
        shutil.copy(f"{book.path}{end}", f"{killed}{end}")

    ledger, _ = open_or_rescue(killed, DAY, build)

    assert Path(f"{killed}-wal").stat().st_size == 0
    ledger.close()


def test_only_the_owner_can_read_what_a_rescue_leaves(folder: Path) -> None:
    HARM["garbage"](folder / LEDGER_NAME)

    opened(folder)[0].ledger.close()

    assert {mode(folder / name) for name in names(folder)} == {0o600}


def test_a_log_that_is_garbage_is_passed_over(folder: Path) -> None:
    (folder / f"{LEDGER_NAME}-wal").write_bytes(b"no log at all" * 1000)

    book, notice = opened(folder)

    assert notice is None
    assert book.units("B1") == (2, 1)
    book.ledger.close()


def test_an_old_log_is_not_played_into_the_ledger_that_takes_the_place(folder: Path) -> None:
    prepare(folder / LEDGER_NAME, folder / BACKUP_NAME, DAY, build)
    (folder / f"{NEXT_NAME}.draft").rename(folder / NEXT_NAME)
    book = Book(folder)
    book.load("B2", 3)
    shutil.copy(folder / f"{LEDGER_NAME}-wal", folder / "log")
    book.ledger.close()
    shutil.move(folder / "log", folder / f"{LEDGER_NAME}-wal")  # as a kill would have left it

    book, _ = opened(folder)

    assert (book.units("B2"), book.faults()) == ((0, 0), ())
    assert DAMAGED_NAME not in names(folder)  # it was whole from the first moment
    book.ledger.close()


# --- without a good backup


@DAMAGE
def test_without_a_backup_an_empty_ledger_begins_whose_slots_wait_to_be_counted(
    folder: Path, harm: Callable[[Path], None]
) -> None:
    (folder / BACKUP_NAME).unlink()
    harm(folder / LEDGER_NAME)
    if not (folder / LEDGER_NAME).exists() or not (folder / LEDGER_NAME).stat().st_size:
        (folder / f"{LEDGER_NAME}-wal").write_bytes(b"the log of a ledger")  # the only trace of it

    book, notice = opened(folder)

    assert "issue new codes" in str(notice)
    assert {stock.state for stock in book.ledger.stock()} == {SlotState.COUNT_NEEDED}
    assert (book.batches(), book.faults()) == ((), ())
    book.ledger.close()


@pytest.mark.parametrize("name", HARM.keys() - {"gone"})
def test_a_damaged_backup_is_not_put_in_place(folder: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    HARM["garbage"](folder / LEDGER_NAME)
    HARM[name](folder / BACKUP_NAME)

    book, notice = opened(folder)

    assert "no good backup was there" in str(notice)
    assert f"the backup {folder / BACKUP_NAME} cannot be used: " in caplog.text
    assert book.batches() == ()
    book.ledger.close()


def test_a_backup_in_which_units_are_missing_is_not_put_in_place(folder: Path) -> None:
    HARM["garbage"](folder / LEDGER_NAME)
    by_sql("UPDATE units SET loaded = loaded + 1")(folder / BACKUP_NAME)

    book, notice = opened(folder)

    assert "no good backup was there" in str(notice)
    assert book.batches() == ()
    book.ledger.close()


def test_a_backup_that_is_not_put_in_place_is_given_back(folder: Path) -> None:
    by_sql("UPDATE units SET loaded = loaded + 1")(folder / BACKUP_NAME)
    with pytest.raises(LedgerDamaged) as refused:
        prepare(folder / LEDGER_NAME, folder / BACKUP_NAME, DAY, build)

    Database(folder / f"{NEXT_NAME}.draft").close()  # fails while anybody holds the file
    assert refused.value.__traceback__  # which keeps a connection that nobody closed


def test_a_prepared_ledger_that_cannot_take_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / LEDGER_NAME).mkdir()
    (tmp_path / NEXT_NAME).touch()

    with pytest.raises(LedgerFailed, match="cannot take the ledger's place"):
        open_or_rescue(tmp_path / LEDGER_NAME, DAY, build)


def test_an_empty_log_beside_no_ledger_is_no_trace_of_one(tmp_path: Path) -> None:
    (tmp_path / f"{LEDGER_NAME}-wal").touch()

    book, notice = opened(tmp_path)

    assert (notice, book.state()) == (None, SlotState.EMPTY)
    book.ledger.close()


def test_a_new_kiosk_begins_with_slots_that_are_empty(tmp_path: Path) -> None:
    book, notice = opened(tmp_path)

    assert notice is None
    assert {stock.state for stock in book.ledger.stock()} == {SlotState.EMPTY}
    book.ledger.close()


# --- no damage


def is_refused(folder: Path, says: str, kind: type[LedgerFailed] = LedgerFailed) -> bool:
    """Whether the opening is refused with these words, and not taken for damage."""
    with pytest.raises(kind, match=says) as refused:
        open_or_rescue(folder / LEDGER_NAME, DAY, build)
    return not isinstance(refused.value, LedgerDamaged)


def unchanged(folder: Path) -> bool:
    """Whether the ledger opens as if nothing had been, and nothing was set aside."""
    book, notice = opened(folder)
    book.ledger.close()
    return notice is None and book.path.exists() and DAMAGED_NAME not in names(folder)


def test_a_full_disk_is_no_damage(folder: Path) -> None:
    book = Book(folder)
    book.intend(vend=book.ledger.next_vend)  # and the plug is pulled: the opening has something to write
    book.ledger.close()

    with full_disk(room=0):
        assert is_refused(folder, "room")

    assert unchanged(folder)


def test_a_ledger_that_may_not_be_written_is_not_damaged(folder: Path) -> None:
    with without_right(folder / LEDGER_NAME, 0o222):
        assert is_refused(folder, "let this user write the file and its folder")

    assert unchanged(folder)


def test_a_folder_that_may_not_be_written_is_no_damage(folder: Path) -> None:
    with without_right(folder, 0o222):
        assert is_refused(folder, "its folder")

    assert unchanged(folder)


def test_a_folder_that_is_not_there_is_no_damage(folder: Path) -> None:
    away = folder.rename(folder.with_name("away"))
    assert is_refused(folder, "see that its folder is there")

    away.rename(folder)
    assert unchanged(folder)


def test_a_ledger_that_another_program_holds_is_not_damaged(folder: Path) -> None:
    holder = Database(folder / LEDGER_NAME)
    assert is_refused(folder, "end that one first")

    holder.close()
    assert unchanged(folder)


def test_a_ledger_of_a_newer_version_is_not_damaged(folder: Path) -> None:
    by_sql("PRAGMA user_version = 99")(folder / LEDGER_NAME)

    assert is_refused(folder, "install that version again", LedgerUnusable)
    assert DAMAGED_NAME not in names(folder)


def test_a_rescue_for_which_there_is_no_room_is_made_when_there_is(folder: Path) -> None:
    HARM["garbage"](folder / LEDGER_NAME)
    with full_disk(room=0):
        assert is_refused(folder, "room")
    assert (folder / LEDGER_NAME).read_bytes().startswith(b"no ledger")

    book, notice = opened(folder)

    assert "its last backup took its place" in str(notice)
    book.ledger.close()


def test_a_backup_that_cannot_be_read_now_is_waited_for(folder: Path) -> None:
    HARM["garbage"](folder / LEDGER_NAME)

    with without_right(folder / BACKUP_NAME, 0o444):
        assert is_refused(folder, "cannot be set aside: .*Permission denied")

    book, _ = opened(folder)
    assert book.batches() == ("spring",)
    book.ledger.close()


# --- a rescue that is cut short


@pytest.mark.parametrize("has_backup", [True, False])
def test_a_process_that_is_killed_at_any_step_of_a_rescue_leaves_it_to_the_next(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, has_backup: bool
) -> None:
    HARM["torn pages"](folder / LEDGER_NAME)
    if not has_backup:
        (folder / BACKUP_NAME).unlink()
    damaged = (folder / LEDGER_NAME).read_bytes()
    for step in count(1):
        attempt = tmp_path_factory.mktemp("attempt")
        shutil.copytree(folder, attempt, dirs_exist_ok=True)
        was_killed = is_killed(lambda at=attempt: open_or_rescue(at / LEDGER_NAME, DAY, build), step)  # type: ignore[misc]

        book, _ = opened(attempt)

        assert {stock.state for stock in book.ledger.stock()} == {SlotState.COUNT_NEEDED}
        assert book.batches() == (("spring",) if has_backup else ())
        assert verify(book.ledger.database) == ()
        assert (attempt / DAMAGED_NAME).read_bytes() == damaged
        book.ledger.close()
        if not was_killed:
            break

    assert step > 15


def test_after_a_rescue_that_was_cut_short_the_technician_is_told_to_count(folder: Path) -> None:
    HARM["garbage"](folder / LEDGER_NAME)
    opened(folder)[0].ledger.close()
    os.rename(folder / LEDGER_NAME, folder / NEXT_NAME)
    HARM["garbage"](folder / LEDGER_NAME)

    book, notice = opened(folder)

    assert "count every slot" in str(notice)
    assert book.batches() == ("spring",)
    book.ledger.close()


def test_what_was_recalled_before_the_backup_and_after_it_is_recalled(folder: Path) -> None:
    for name in (LEDGER_NAME, BACKUP_NAME):
        by_sql("INSERT INTO recalls VALUES ('kit', 'L1')")(folder / name)
    by_sql("INSERT INTO recalls VALUES ('kit', 'L2')", "DELETE FROM open_vend")(folder / LEDGER_NAME)

    book, _ = opened(folder)

    assert book.ledger.database.rows("SELECT lot FROM recalls ORDER BY lot") == [("L1",), ("L2",)]
    book.ledger.close()


def test_what_was_recalled_stays_recalled_if_it_can_be_read_in_what_is_left(folder: Path) -> None:
    by_sql("INSERT INTO recalls VALUES ('kit', 'L1')", "DELETE FROM open_vend")(folder / LEDGER_NAME)

    book, notice = opened(folder)

    assert "recall again" in str(notice)
    assert book.ledger.database.rows("SELECT item, lot FROM recalls") == [("kit", "L1")]
    book.ledger.close()


# --- what must not be forgotten of codes

OTHER, SIGNER, NEW_SIGNER = Tag(bytes(range(16))), bytes(range(32)), bytes(range(32, 64))


def tell(folder: Path, *asks: Ask) -> None:
    """Have things asked of the ledger, and end in order."""
    book = Book(folder)
    for ask in asks:
        answer(book.ledger, ask, DAY)
    book.ledger.close()


def damage(folder: Path, *sql: str) -> None:
    """Make the ledger unusable, but not unreadable."""
    by_sql("DELETE FROM open_vend", *sql)(folder / LEDGER_NAME)


def test_what_was_revoked_since_the_backup_stays_revoked(folder: Path) -> None:
    tell(folder, RevokeCodes("spring", (OTHER,)))
    damage(folder)

    book, notice = opened(folder)

    assert "revoke again what was revoked since" in str(notice)
    assert [facts.is_revoked for facts in book.ledger.codes.facts()] == [True]
    assert book.ledger.database.rows("SELECT tag FROM revoked") == [(OTHER,)]
    book.ledger.close()


def test_what_was_revoked_before_the_backup_stays_revoked_if_nothing_else_is_left(folder: Path) -> None:
    tell(folder, RevokeCodes("spring", (OTHER,)), BackUpLedger())
    HARM["garbage"](folder / LEDGER_NAME)

    book, _ = opened(folder)

    assert [facts.is_revoked for facts in book.ledger.codes.facts()] == [True]
    assert book.ledger.database.rows("SELECT tag FROM revoked") == [(OTHER,)]
    book.ledger.close()


def test_signers_are_known_with_the_newest_version_of_either_ledger(folder: Path) -> None:
    tell(folder, TrustSigner(SIGNER), EndImport(SIGNER, 3, (), ()), BackUpLedger())
    tell(folder, EndImport(SIGNER, 5, (), ()), TrustSigner(NEW_SIGNER), EndImport(NEW_SIGNER, 2, (), ()))
    damage(folder)

    book, _ = opened(folder)

    assert book.ledger.codes.signers() == Signers(((SIGNER, 5), (NEW_SIGNER, 2)))
    book.ledger.close()


def test_a_version_that_only_the_backup_knows_is_not_lowered(folder: Path) -> None:
    tell(folder, TrustSigner(SIGNER), EndImport(SIGNER, 3, (), ()), BackUpLedger())
    damage(folder, "UPDATE signers SET version = 1")

    book, _ = opened(folder)

    assert book.ledger.codes.signers() == Signers(((SIGNER, 3),))
    book.ledger.close()


@pytest.mark.parametrize("has_backup", [True, False])
@pytest.mark.parametrize("harm", [HARM["garbage"], by_sql("DELETE FROM open_vend")], ids=["unreadable", "readable"])
def test_no_version_of_a_list_is_used_twice(folder: Path, harm: Callable[[Path], None], has_backup: bool) -> None:
    tell(folder, MakeList(()), BackUpLedger(), *[MakeList(())] * 3)
    if not has_backup:
        (folder / BACKUP_NAME).unlink()
    harm(folder / LEDGER_NAME)

    book, _ = opened(folder)

    made = answer(book.ledger, MakeList(()), DAY)
    assert isinstance(made, CodeList)
    assert made.version > MORE_LISTS
    book.ledger.close()


def test_the_version_rises_from_the_highest_that_either_ledger_knows(folder: Path) -> None:
    tell(folder, MakeList(()), BackUpLedger())
    damage(folder, "UPDATE ledger SET list = 5000")

    book, _ = opened(folder)

    assert answer(book.ledger, MakeList(()), DAY) == CodeList(5000 + MORE_LISTS + 1, (), (), ())
    book.ledger.close()


def test_what_is_in_the_list_for_others_stays_in_it(folder: Path) -> None:
    passes = CodeBatch("passes", (), None, (OTHER,), Kind.PASS)
    tell(folder, AddBatch(passes), BackUpLedger(), MakeList(("passes",)))
    damage(folder)

    book, _ = opened(folder)

    assert answer(book.ledger, MakeList(()), DAY) == CodeList(MORE_LISTS + 2, (passes,), (), ())
    book.ledger.close()


def test_one_table_that_is_lost_keeps_nothing_of_the_others_from_being_carried_over(folder: Path) -> None:
    tell(folder, RevokeCodes("spring"), TrustSigner(SIGNER))
    damage(folder, "DROP TABLE revoked", "DROP TABLE recalls")

    book, _ = opened(folder)

    assert [facts.is_revoked for facts in book.ledger.codes.facts()] == [True]
    assert book.ledger.codes.signers() == Signers(((SIGNER, 0),))
    book.ledger.close()


def test_rows_that_no_kiosk_wrote_keep_no_rescue_from_ending(folder: Path) -> None:
    damage(
        folder,
        *(f"DROP TABLE {table}" for table in ("recalls", "revoked", "signers")),
        "CREATE TABLE recalls AS SELECT x'00' AS item, 7 AS lot UNION SELECT 'kit', 'L1'",
        "CREATE TABLE revoked AS SELECT 'text' AS tag UNION SELECT x'00' UNION SELECT NULL",
        "CREATE TABLE signers AS SELECT 'text' AS key, 'text' AS version UNION SELECT x'00', NULL",
    )

    book, notice = opened(folder)

    assert "its last backup took its place" in str(notice)
    assert book.ledger.database.rows("SELECT item, lot FROM recalls") == [("kit", "L1")]
    assert (book.ledger.database.rows("SELECT * FROM revoked"), book.ledger.codes.signers()) == ([], Signers(()))
    book.ledger.close()
