"""``kiosk codes list``, ``revoke`` and ``restore`` without a service."""

from __future__ import annotations

import csv
import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import Result

from kiosk.codes.format import printed, read_any
from kiosk.codes.tags import KEY_NAME, read_programme_key, tag
from kiosk.config import load
from kiosk.core.asks import AddBatch, EndImport, MakeList
from kiosk.core.values import CodeBatch, Kind, Secret, StoredCode, Tag
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.spare.encryption import encrypt
from kiosk.spare.restoring import KEPT_KEY
from tests.commands.conftest import Run

SIGNER = bytes(range(32))
PASSPHRASE = "four words by chance"
COUNTS = {Kind.PASS: 3, Kind.TICKET: 3, Kind.NUMBER: 3, Kind.SHARED: 1}

every_kind = pytest.mark.parametrize("kind", Kind)


def issue(run: Run, kind: Kind = Kind.TICKET) -> list[Secret]:
    """Issue codes with the batch file ``cards.batch``; the codes."""
    Path("words").write_text(PASSPHRASE)
    given = ("--kind", kind, "--count", COUNTS[kind], "--out", "cards.csv", "--passphrase-file", "words")
    issued = run("issue", *given)
    assert issued.exit_code == 0, issued.output
    with Path("cards.csv").open(newline="") as file:
        return [read_any(row["printed"]) for row in csv.DictReader(file)]


def batches(run: Run) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("list", "--json").stdout)["batches"]
    return found


@contextmanager
def ledger() -> Iterator[Ledger]:
    """The ledger as it is on the disk."""
    configured = load(Path("kiosk.yaml")).config
    assert configured
    with closing(Ledger(configured.data / LEDGER_NAME, configured.slots)) as opened:
        yield opened


def stored(code: Secret) -> StoredCode:
    key = read_programme_key(Path("data") / KEY_NAME)
    with ledger() as opened:
        found = opened.find_code(tag(key, code))
    assert found is not None
    return found


def is_in_words(result: Result, exit_code: int, says: str) -> bool:
    assert "Traceback" not in result.output
    return result.exit_code == exit_code and says in " ".join(result.stderr.split())


# --- list


def fill_with_marks() -> None:
    """A batch of each state, with the longest names there are."""
    with ledger() as opened, opened.database.transaction():
        opened.codes.trust(SIGNER)
        opened.codes.add(AddBatch(CodeBatch("number-aaaaaaaa", (), None, (Tag(bytes(16)),), Kind.NUMBER, "p" * 40)))
        opened.codes.add(AddBatch(CodeBatch("ticket-bbbbbbbb", (), None, (), anywhere=True)))
        opened.codes.add(AddBatch(CodeBatch("pass-cccccccc", (), None, (), Kind.PASS), SIGNER))
        opened.codes.make_list(MakeList(("number-aaaaaaaa", "ticket-bbbbbbbb")))
        opened.codes.end_import(EndImport(SIGNER, 1, ("pass-cccccccc",), ()))


def test_a_list_of_no_batches_says_how_they_are_made(run: Run) -> None:
    assert run("list").stdout == "there are no codes yet; kiosk codes issue makes them\n"
    assert batches(run) == []


def test_a_terminal_of_80_columns_shows_every_batch_whole(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run("issue", "--kind", "ticket", "--count", "10000", "--expires", "2028-03-31", "--out", "cards.csv")
    fill_with_marks()

    lines = run("list").stdout.splitlines()

    assert max(map(len, lines)) <= 80
    rows = [line.split() for line in lines if "-" in line]
    assert rows[0] == [str(batches(run)[0]["batch"]), "ticket", "10000", "2028-03-31", "good"]
    assert rows[1][:3] == ["number-aaaaaaaa", "number", "1"]
    assert rows[2] == ["ticket-bbbbbbbb", "ticket", "0", "good", "listed"]
    assert rows[3] == ["pass-cccccccc", "pass", "0", "revoked", "from", "another"]


def test_programs_are_told_every_fact_by_name(run: Run) -> None:
    fill_with_marks()

    marks = {batch["batch"]: (batch["revoked"], batch["listed"], batch["foreign"]) for batch in batches(run)}

    assert marks == {
        "number-aaaaaaaa": (False, True, False),
        "ticket-bbbbbbbb": (False, True, False),
        "pass-cccccccc": (True, False, True),
    }


# --- revoke


@every_kind
def test_a_revoked_batch_opens_nothing_any_more(run: Run, kind: Kind) -> None:
    codes = issue(run, kind)

    revoked = run("revoke", batches(run)[0]["batch"])

    assert (revoked.exit_code, revoked.stdout) == (0, f"revoked: {batches(run)[0]['batch']}\n")
    assert "only by a new list: kiosk codes export" in revoked.stderr
    assert all(stored(code).is_revoked for code in codes)
    assert batches(run)[0]["revoked"] is True


@every_kind
def test_one_code_is_revoked_and_its_batch_goes_on(run: Run, kind: Kind) -> None:
    first, *others = issue(run, kind)

    revoked = run("revoke", "--code", typed=f"{printed(first).lower()}\r\n")

    assert (revoked.exit_code, revoked.stdout) == (0, "revoked: one code\n")
    assert "only by a new list" in revoked.stderr
    assert stored(first).is_revoked
    assert not any(stored(code).is_revoked for code in others)
    assert not {first.reveal(), printed(first)} & set(revoked.output.split())


@pytest.mark.parametrize("typed", ["", "\n", "SECRET", "1" * 25, "0" * 5000, "\x00\x1b[2J", "٠١٢٣٤٥", "12345678901"])
def test_what_is_no_code_is_said_so_and_not_repeated(run: Run, typed: str) -> None:
    issue(run)

    refused = run("revoke", "--code", typed=typed)

    assert is_in_words(refused, 1, "That is no access code. Nothing was revoked.")
    assert not typed.strip() or typed.strip() not in refused.output
    with ledger() as opened:
        assert opened.database.rows("SELECT count(*) FROM revoked") == [(0,)]


@pytest.mark.parametrize("arguments", [(), ("ticket-00000000", "--code")])
def test_revoking_neither_or_both_is_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert is_in_words(run("revoke", *arguments), 2, "Name a batch (kiosk codes list shows them), or say --code")


def test_a_batch_that_is_not_there_is_said_so(run: Run) -> None:
    assert is_in_words(run("revoke", "ticket-00000000"), 1, "there is no batch ticket-00000000")


def test_without_the_programmes_key_no_single_code_can_be_revoked(run: Run) -> None:
    assert is_in_words(run("revoke", "--code", typed="1234567890\n"), 1, "There is no programme key")


class Terminal:
    """A person at a terminal who types what is asked for, once it is asked."""

    def __init__(self) -> None:
        self.keyboard, terminal = pty.openpty()
        command = [sys.executable, "-m", "kiosk", "codes", "revoke", "--code"]
        self._ran = subprocess.Popen(
            command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        os.close(terminal)
        self.said = b""

    def type(self, text: str) -> None:
        assert self._ran.stderr
        begun = len(self.said)
        while b": " not in self.said[begun:]:  # before that, what is typed would be thrown away
            read = os.read(self._ran.stderr.fileno(), 1000)
            assert read, self.said
            self.said += read
        os.write(self.keyboard, text.encode() + b"\n")

    def end(self) -> int:
        out, errors = self._ran.communicate(timeout=20)
        self.said += out + errors
        return self._ran.returncode

    def shown(self) -> bytes:
        """What the terminal itself has shown of what was typed."""
        os.set_blocking(self.keyboard, False)
        try:
            return os.read(self.keyboard, 1000)
        except OSError:
            return b""
        finally:
            os.close(self.keyboard)


def test_a_code_that_is_typed_at_a_terminal_is_never_shown(run: Run) -> None:
    code, *_ = issue(run)

    terminal = Terminal()
    terminal.type(code.reveal())

    assert (terminal.end(), stored(code).is_revoked) == (0, True)
    assert code.reveal().encode() not in terminal.said + terminal.shown()


def test_a_number_is_typed_twice_since_a_wrong_digit_makes_another_number(run: Run) -> None:
    first, second, _ = issue(run, Kind.NUMBER)

    unsure, sure = Terminal(), Terminal()
    unsure.type(first.reveal())
    unsure.type(second.reveal())
    sure.type(first.reveal())
    sure.type(printed(first))

    assert (unsure.end(), b"two different numbers. Nothing was revoked" in unsure.said) == (1, True)
    assert (sure.end(), stored(first).is_revoked, stored(second).is_revoked) == (0, True, False)


# --- restore


def lose_the_card() -> None:
    """Put a new card into the machine: all data gone."""
    shutil.rmtree("data")


@every_kind
def test_cards_go_on_working_on_a_new_machine(run: Run, kind: Kind) -> None:
    codes = issue(run, kind)
    before = batches(run)
    lose_the_card()

    restored = run("restore", "cards.batch", "--passphrase-file", "words")

    assert restored.stdout == f"batch: {before[0]['batch']}\nkind: {kind}\ncodes: {COUNTS[kind]}\n"
    assert "restart it" in restored.stderr
    assert batches(run) == before
    assert all(stored(code) for code in codes)


def test_the_passphrase_is_asked_for(run: Run) -> None:
    issue(run)
    lose_the_card()

    restored = run("restore", "cards.batch", typed=f"{PASSPHRASE}\n")

    assert (restored.exit_code, len(batches(run))) == (0, 1)
    assert PASSPHRASE not in restored.output


def test_a_key_made_at_the_new_machines_first_start_gives_way(run: Run) -> None:
    issue(run)
    lose_the_card()
    Path("data").mkdir()
    (Path("data") / KEY_NAME).write_bytes(bytes(32))
    (Path("data") / KEY_NAME).chmod(0o600)

    restored = run("restore", "cards.batch", "--passphrase-file", "words")

    assert restored.exit_code == 0, restored.output
    assert (Path("data") / KEPT_KEY).read_bytes() == bytes(32)


def test_another_programmes_codes_and_key_are_not_touched(run: Run) -> None:
    issue(run)
    lose_the_card()
    run("issue", "--kind", "shared", "--out", "theirs.csv")
    key = read_programme_key(Path("data") / KEY_NAME)

    refused = run("restore", "cards.batch", "--passphrase-file", "words")

    assert is_in_words(refused, 1, "is another programme's key: the codes issued with it would stop working")
    assert read_programme_key(Path("data") / KEY_NAME) == key
    assert [batch["kind"] for batch in batches(run)] == ["shared"]


def test_a_used_ticket_stays_used_where_the_ledger_knows_it(run: Run) -> None:
    code, *_ = issue(run)
    with ledger() as opened, opened.database.transaction():
        opened.codes.take_unit(tag(read_programme_key(Path("data") / KEY_NAME), code), 0)

    restored = run("restore", "cards.batch", "--passphrase-file", "words")

    assert (restored.exit_code, stored(code).taken) == (0, 1)


@pytest.mark.parametrize(
    ("file", "words", "says"),
    [
        ("cards.batch", "five words by chance", "the passphrase is not the one that the batch file was made with"),
        ("a.backup", PASSPHRASE, "this is a backup, and no batch file; kiosk restore puts it in place"),
        ("cards.csv", PASSPHRASE, "this is no batch file of a kiosk; name a file that kiosk codes issue has written"),
        ("cut.batch", PASSPHRASE, "the batch file was cut short or changed"),
        ("missing.batch", PASSPHRASE, "missing.batch cannot be read: No such file"),
    ],
)
def test_a_file_that_cannot_be_put_back_changes_nothing(run: Run, file: str, words: str, says: str) -> None:
    issue(run)
    lose_the_card()
    Path("words").write_text(words)
    Path("a.backup").write_bytes(encrypt(b"{}", Secret(PASSPHRASE)))
    Path("cut.batch").write_bytes(Path("cards.batch").read_bytes()[:-1])

    assert is_in_words(run("restore", file, "--passphrase-file", "words"), 1, says)
    assert not (Path("data") / KEY_NAME).exists()
    assert batches(run) == []


def test_a_backup_does_not_take_a_batch_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(run)
    command = [sys.executable, "-m", "kiosk", "restore", "cards.batch", "--passphrase-file", "words"]

    refused = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (refused.returncode, "this is a batch file, and no backup" in refused.stderr) == (1, True)
