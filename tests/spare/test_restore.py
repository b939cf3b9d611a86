"""From a kiosk to a spare machine and back: ``kiosk backup`` and ``kiosk restore``, as a technician gives them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from kiosk.codes.private_files import write_new
from kiosk.codes.signing import SIGNING_KEY_NAME
from kiosk.codes.tags import KEY_NAME
from kiosk.config import load
from kiosk.core.asks import CodeList, EndImport, MakeList, RevokeCodes, Signers, TrustSigner
from kiosk.core.values import Outcome, Secret, SlotState, Tag
from kiosk.ledger.backup import BACKUP_NAME
from kiosk.ledger.desk import answer
from kiosk.ledger.ledger import LEDGER_NAME
from kiosk.ledger.rescue import NEXT_NAME, put_next
from kiosk.ledger.verify import verify
from kiosk.lock import InstanceLock
from kiosk.spare.contents import Contents, unpack
from kiosk.spare.encryption import decrypt, encrypt
from kiosk.spare.restoring import KEPT_KEY, KEPT_LEDGER, KEPT_SIGNING_KEY, restore, usable_config
from tests.codes.disk import full_disk, mode
from tests.kit import CONFIG
from tests.ledger.book import TAG, Book
from tests.ledger.harm import HARM, by_sql, is_killed

PASSPHRASE = "four words by chance"
LATER = Tag(b"used after backup"[:16])
OTHER, SIGNER = Tag(bytes(16)), bytes(range(32))
TODAY = date(2026, 11, 24)


class Machine:
    """A machine with a configuration and data of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "etc" / "kiosk.yaml"
        self.passphrase = folder / "passphrase"
        folder.mkdir()
        self.passphrase.write_text(PASSPHRASE + "\n")

    def configure(self, kiosk: str = "river-street") -> None:
        self.config.parent.mkdir(exist_ok=True)
        text = CONFIG.format(data=self.data, beam_down="home")
        self.config.write_text(text.replace("river-street", kiosk))

    def run(self, *arguments: str, typed: str | None = None) -> Result:
        given = () if typed is not None else ("--passphrase-file", str(self.passphrase))
        command = [*arguments, *given, "--config", str(self.config)]
        return CliRunner().invoke(main, command, input=typed)

    def done(self, *arguments: str) -> str:
        ran = self.run(*arguments)
        assert ran.exit_code == 0, ran.output
        return ran.output

    def book(self) -> Book:
        """The ledger as it is now, opened with the slots of the configuration."""
        configured = load(self.config).config
        assert configured
        put_next(self.data / LEDGER_NAME)
        return Book(self.data, configured.slots)

    def files(self) -> dict[str, bytes]:
        """All files but the lock, to be held against later."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.name != "kiosk.lock"
        }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A kiosk with units, a spent ticket and one that is not."""
    made = Machine(tmp_path / "machine")
    made.configure()
    made.data.mkdir()
    (made.data / KEY_NAME).write_bytes(bytes(range(32)))
    (made.data / KEY_NAME).chmod(0o600)
    book = made.book()
    book.add_batch("kit", name="spring", tags=[TAG, LATER])
    book.load("A1", 4, "NX")
    book.load("B1", 5)
    book.vend(Outcome.DELIVERED, tag=TAG)
    book.ledger.close()
    return made


@pytest.fixture
def file(machine: Machine, tmp_path: Path) -> Path:
    """A backup of the machine."""
    path = tmp_path / "a.backup"
    machine.done("backup", str(path))
    return path


def contents_of(file: Path) -> Contents:
    return unpack(decrypt(file.read_bytes(), Secret(PASSPHRASE)))


def rewritten(file: Path, contents: Contents) -> str:
    """Another backup with these contents."""
    path = file.with_name("rewritten.backup")
    path.write_bytes(encrypt(contents.pack(), Secret(PASSPHRASE)))
    return str(path)


def lose(machine: Machine) -> None:
    """Take the machine's files away, as on a spare one with the same configuration's paths."""
    for path in sorted(machine.folder.rglob("*"), reverse=True):
        if path.is_file() and path != machine.passphrase:
            path.unlink()


def says(ran: Result, sentence: str) -> bool:
    """Whether the command failed with one plain sentence."""
    assert ran.exit_code == 1, ran.output
    assert "Traceback" not in ran.output
    assert len(ran.output.strip().splitlines()) < 20
    return sentence in ran.output


# --- backup


def test_a_backup_holds_ledger_configuration_and_key(machine: Machine, file: Path) -> None:
    contents = contents_of(file)

    assert contents.kiosk == "river-street"
    assert contents.config == machine.config.read_bytes()
    assert contents.key == (machine.data / KEY_NAME).read_bytes()
    assert contents.ledger == (machine.data / BACKUP_NAME).read_bytes()


def test_only_the_owner_can_read_a_backup_and_only_the_passphrase_opens_it(file: Path) -> None:
    assert mode(file) == 0o600
    assert bytes(TAG) not in file.read_bytes()


def test_the_passphrase_is_asked_for_twice(machine: Machine, tmp_path: Path) -> None:
    typed = ("four wurds by chance", PASSPHRASE, PASSPHRASE, PASSPHRASE, "")  # the first two do not match

    ran = machine.run("backup", str(tmp_path / "b"), typed="\n".join(typed))

    assert ran.exit_code == 0, ran.output
    assert PASSPHRASE not in ran.output
    assert contents_of(tmp_path / "b").kiosk == "river-street"


def test_a_short_passphrase_is_refused(machine: Machine, tmp_path: Path) -> None:
    machine.passphrase.write_text("kiosk")

    assert says(machine.run("backup", str(tmp_path / "b")), "a passphrase needs 12 letters at the least")
    assert not (tmp_path / "b").exists()


def test_no_file_is_written_over(machine: Machine, file: Path) -> None:
    before = file.read_bytes()

    assert says(machine.run("backup", str(file)), "is there already; name another file")
    assert file.read_bytes() == before


@pytest.mark.parametrize("name", ["nowhere/b", "."])
def test_a_place_that_takes_no_file_is_named(machine: Machine, tmp_path: Path, name: str) -> None:
    ran = machine.run("backup", str(tmp_path / name))

    assert ran.exit_code == 1
    assert "cannot be written" in ran.output or "is there already" in ran.output


def test_a_disk_without_room_leaves_no_half_backup(machine: Machine, tmp_path: Path) -> None:
    machine.done("backup", str(tmp_path / "whole"))
    with full_disk((tmp_path / "whole").stat().st_size - 1):
        ran = machine.run("backup", str(tmp_path / "b"))

    assert says(ran, "make room on the disk")
    assert {path.name for path in tmp_path.iterdir()} == {"machine", "whole"}


def test_a_lost_key_is_said_while_there_are_tickets(machine: Machine, tmp_path: Path) -> None:
    (machine.data / KEY_NAME).unlink()

    assert says(machine.run("backup", str(tmp_path / "b")), "There is no programme key")


def test_a_kiosk_that_never_had_a_ticket_needs_no_key(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine")
    machine.configure()

    machine.done("backup", str(tmp_path / "b"))

    assert contents_of(tmp_path / "b").key is None


def test_a_passphrase_file_that_is_not_there_is_named(machine: Machine, tmp_path: Path) -> None:
    machine.passphrase.unlink()

    assert says(machine.run("backup", str(tmp_path / "b")), "passphrase cannot be read: No such file")


def test_a_kiosk_that_never_made_a_list_has_no_key_for_one_and_none_is_made(machine: Machine, file: Path) -> None:
    assert contents_of(file).signing_key is None
    assert not (machine.data / SIGNING_KEY_NAME).exists()


def test_a_backup_of_before_there_were_lists_is_read(file: Path) -> None:
    packed = json.loads(contents_of(file).pack())
    del packed["signing_key"]

    assert unpack(json.dumps(packed).encode()) == contents_of(file)


# --- dry run


def test_a_dry_run_says_what_the_backup_holds_and_changes_nothing(machine: Machine, file: Path) -> None:
    before = machine.files()
    book = machine.book()
    name = book.ledger.id
    book.ledger.close()

    said = machine.done("restore", str(file), "--dry-run")

    assert f"kiosk: river-street (River Street)\nmade: {contents_of(file).made}\nledger: {name}\n" in said
    assert "units: 8\n" in said
    assert "  B1 kit 4\n" in said
    assert "batches: 1\n  spring 2 codes\n" in said
    assert "Tickets that were used after" in said
    assert machine.files() == before


def test_a_dry_run_finds_what_would_hinder_the_restore(machine: Machine, file: Path) -> None:
    contents = contents_of(file)
    HARM["torn pages"](machine.data / BACKUP_NAME)
    torn = rewritten(file, replace(contents, ledger=(machine.data / BACKUP_NAME).read_bytes()))

    assert says(machine.run("restore", torn, "--dry-run"), "the backup's ledger cannot be used")


# --- restore


def test_a_spare_machine_goes_on_with_ledger_key_and_configuration(machine: Machine, file: Path) -> None:
    text, key = machine.config.read_bytes(), (machine.data / KEY_NAME).read_bytes()
    lose(machine)

    machine.done("restore", str(file))

    assert machine.config.read_bytes() == text
    assert (machine.data / KEY_NAME).read_bytes() == key
    assert {mode(machine.data / name) for name in (LEDGER_NAME, KEY_NAME, BACKUP_NAME)} == {0o600}
    book = machine.book()
    assert (book.taken(TAG), book.taken(LATER)) == (1, 0)
    assert verify(book.ledger.database) == ()
    book.ledger.close()


def test_a_restored_ledger_has_a_new_name_and_no_certain_number(machine: Machine, file: Path) -> None:
    before = machine.book()
    name = before.ledger.id
    before.ledger.close()

    machine.done("restore", str(file))

    book = machine.book()
    assert book.ledger.id != name
    assert {stock.state for stock in book.ledger.stock()} == {SlotState.COUNT_NEEDED}
    assert book.units("B1") == (0, 4)
    book.ledger.close()


def test_what_a_restore_replaces_is_kept(machine: Machine, file: Path) -> None:
    machine.config.write_text(machine.config.read_text() + "# a remark\n")
    (machine.data / KEY_NAME).write_bytes(bytes(32))
    before = machine.files()

    machine.done("restore", str(file))

    assert (machine.data / KEPT_LEDGER).read_bytes() == before[f"data/{LEDGER_NAME}"]
    assert (machine.data / KEPT_KEY).read_bytes() == bytes(32)
    assert machine.config.with_name("kiosk.before-restore.yaml").read_text().endswith("# a remark\n")


def test_the_key_for_lists_comes_back_and_the_one_that_is_there_is_kept(machine: Machine, tmp_path: Path) -> None:
    own, other = bytes(range(32)), bytes(32)
    write_new(machine.data / SIGNING_KEY_NAME, own)
    machine.done("backup", str(tmp_path / "b"))
    (machine.data / SIGNING_KEY_NAME).write_bytes(other)

    machine.done("restore", str(tmp_path / "b"))

    assert (machine.data / SIGNING_KEY_NAME).read_bytes() == own
    assert (machine.data / KEPT_SIGNING_KEY).read_bytes() == other
    assert mode(machine.data / SIGNING_KEY_NAME) == 0o600


def test_what_was_revoked_since_the_backup_stays_revoked_and_no_version_of_a_list_comes_twice(
    machine: Machine, file: Path
) -> None:
    book = machine.book()
    for ask in (RevokeCodes("spring", (OTHER,)), TrustSigner(SIGNER), EndImport(SIGNER, 3, (), ()), MakeList(())):
        answer(book.ledger, ask, TODAY)
    book.ledger.close()

    said = machine.run("restore", str(file)).output

    assert "revoke again what was revoked since" in " ".join(said.split())
    book = machine.book()
    found = book.ledger.find_code(LATER)
    assert found
    assert found.is_revoked
    assert book.ledger.codes.signers() == Signers(((SIGNER, 3),))
    assert answer(book.ledger, MakeList(()), TODAY) == CodeList(1002, (), ("spring",), (OTHER,))
    book.ledger.close()


def test_a_restore_leaves_nothing_else_behind(machine: Machine, file: Path) -> None:
    before = set(machine.files())

    machine.done("restore", str(file))

    assert set(machine.files()) - before == {f"data/{KEPT_LEDGER}"}


def test_the_copy_beside_the_ledger_is_of_the_restored_one(machine: Machine, file: Path) -> None:
    book = machine.book()
    book.add_batch("kit", name="summer", tags=[Tag(bytes(16))])
    book.ledger.close()
    machine.done("backup", f"{file}.later")

    machine.done("restore", str(file))
    HARM["garbage"](machine.data / LEDGER_NAME)
    machine.run("stock")

    assert (machine.data / BACKUP_NAME).read_bytes() == contents_of(file).ledger


# --- refused


def is_refused(machine: Machine, file: str, sentence: str, *options: str) -> bool:
    """Whether the restore is refused with this sentence, and changes nothing."""
    before = machine.files()
    ran = machine.run("restore", file, *options)
    return says(ran, sentence) and machine.files() == before


def test_a_wrong_passphrase_changes_nothing(machine: Machine, file: Path) -> None:
    machine.passphrase.write_text("five words by chance")

    assert is_refused(machine, str(file), "the passphrase is not the one that the backup was made with")


def test_a_changed_file_changes_nothing(machine: Machine, file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[200] ^= 1
    file.write_bytes(content)

    assert is_refused(machine, str(file), "the backup was cut short or changed")


def test_a_file_that_is_not_there_is_named(machine: Machine) -> None:
    assert is_refused(machine, "nowhere.backup", "nowhere.backup cannot be read: No such file")


def test_another_kiosk_is_replaced_only_if_told_to(machine: Machine, file: Path) -> None:
    machine.configure("hill-road")
    assert is_refused(machine, str(file), "the backup is of kiosk river-street, and this machine is hill-road")

    machine.done("restore", str(file), "--force")

    assert "river-street" in machine.config.read_text()


def test_a_configuration_that_cannot_be_read_is_no_hindrance(machine: Machine, file: Path) -> None:
    machine.config.write_text("kiosk: [")

    machine.done("restore", str(file))

    assert "river-street" in machine.config.read_text()


def test_while_a_service_runs_nothing_is_restored(machine: Machine, file: Path) -> None:
    service = InstanceLock(machine.data)

    assert is_refused(machine, str(file), "stop it first")

    service.close()
    machine.done("restore", str(file))


def test_while_a_service_runs_on_other_data_nothing_is_restored(machine: Machine, file: Path) -> None:
    machine.config.write_text(machine.config.read_text().replace(str(machine.data), str(machine.folder / "other")))
    (machine.folder / "other").mkdir()
    service = InstanceLock(machine.folder / "other")

    assert is_refused(machine, str(file), "stop it first")
    service.close()


def test_a_ledger_in_which_units_are_missing_is_not_restored(machine: Machine, file: Path) -> None:
    by_sql("UPDATE units SET loaded = loaded + 1")(machine.data / BACKUP_NAME)
    wrong = rewritten(file, replace(contents_of(file), ledger=(machine.data / BACKUP_NAME).read_bytes()))

    assert is_refused(machine, wrong, "is no good copy of a ledger")


def test_a_ledger_of_a_newer_version_is_not_restored(machine: Machine, file: Path) -> None:
    by_sql("PRAGMA user_version = 99")(machine.data / BACKUP_NAME)
    newer = rewritten(file, replace(contents_of(file), ledger=(machine.data / BACKUP_NAME).read_bytes()))

    assert is_refused(machine, newer, "written by a newer version")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda it: replace(it, config=b"kiosk: ["), "the backup's configuration does not suit this version"),
        (lambda it: replace(it, config=b"\xff\xfe"), "the backup's configuration does not suit this version"),
        (lambda it: replace(it, key=b"short"), "a key in the backup is none"),
        (lambda it: replace(it, signing_key=b"short"), "a key in the backup is none"),
        (lambda it: replace(it, ledger=b""), "the backup's ledger cannot be used"),
        (lambda it: replace(it, ledger=b"no ledger" * 1000), "the backup's ledger cannot be used"),
    ],
    ids=["configuration", "no text", "key", "key for lists", "empty ledger", "no ledger"],
)
def test_contents_that_cannot_be_used_change_nothing(
    machine: Machine, file: Path, spoil: Callable[[Contents], Contents], sentence: str
) -> None:
    unusable = rewritten(file, spoil(contents_of(file)))

    assert is_refused(machine, unusable, sentence)


def test_without_room_nothing_is_replaced(machine: Machine, file: Path) -> None:
    before = machine.files()
    with full_disk(room=0):
        ran = machine.run("restore", str(file))

    assert says(ran, "room")
    assert machine.files() == before


def test_a_process_that_is_killed_at_any_step_leaves_whole_files_and_the_next_restore_ends_it(
    machine: Machine, file: Path, tmp_path: Path
) -> None:
    contents = replace(contents_of(file), config=machine.config.read_bytes() + b"# restored\n")
    before = {path: (machine.folder / path).read_bytes() for path in ("etc/kiosk.yaml", f"data/{KEY_NAME}")}
    original = machine.files()[f"data/{LEDGER_NAME}"]
    config = usable_config(contents)

    for step in count(1):
        was_killed = is_killed(lambda: restore(contents, config, machine.config, TODAY), step)
        assert machine.config.read_bytes() in (before["etc/kiosk.yaml"], contents.config)
        assert (machine.data / KEY_NAME).read_bytes() == contents.key
        book = machine.book()
        assert verify(book.ledger.database) == ()
        assert book.taken(TAG) == 1
        book.ledger.close()
        if not was_killed:
            break
        restore(contents, config, machine.config, TODAY)
        assert (machine.data / LEDGER_NAME).read_bytes() != original
        machine.config.write_bytes(before["etc/kiosk.yaml"])

    assert step > 25


def test_what_was_there_first_is_kept_though_a_restore_was_cut_short(machine: Machine, file: Path) -> None:
    kept = [machine.data / KEPT_LEDGER, machine.data / f"{KEPT_LEDGER}-wal"]
    for name in (*kept, machine.data / NEXT_NAME):  # as if the power had gone when the old log was just removed
        name.write_bytes(b"kept by the attempt before")

    machine.done("restore", str(file))

    assert [name.read_bytes() for name in kept] == [b"kept by the attempt before"] * 2
