"""``kiosk codes issue`` without a service: cards, batch files, and what is refused before a code is made."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from pathlib import Path

import pypdfium2
import pytest
from click.testing import Result

from kiosk.codes.key_files import KeyMissing
from kiosk.codes.tags import KEY_NAME, read_programme_key, tag
from kiosk.core.values import Kind, Secret
from kiosk.spare.batches import open_batch
from kiosk.spare.encryption import PassphraseWrong
from tests.codes.disk import LossyDisk
from tests.commands.conftest import Run

ISSUES = {
    Kind.PASS: ("--count", "3", "--policy", "generous", "--expires", "2028-03-31"),
    Kind.TICKET: ("--count", "3", "--gives", "kit:2", "--anywhere"),
    Kind.NUMBER: ("--count", "3", "--digits", "9", "--policy", "default"),
    Kind.SHARED: ("--digits", "5"),
}

every_kind = pytest.mark.parametrize("kind", Kind)


def everything_in(folder: Path) -> list[str]:
    """All that the command has left in a folder, but for what was there before it."""
    return sorted(path.name for path in folder.iterdir() if path.name not in ("kiosk.yaml", "data"))


def printed_in(table: Path) -> list[str]:
    with table.open(newline="") as file:
        return [row["printed"] for row in csv.DictReader(file)]


def said(result: Result, name: str) -> str:
    """What a line ``name: value`` of the answer says."""
    (value,) = (line.partition(": ")[2] for line in result.stdout.splitlines() if line.startswith(f"{name}: "))
    return value


def issue(run: Run, *arguments: str, count: int = 2, out: str = "cards.pdf") -> Result:
    return run("issue", "--kind", "ticket", "--gives", "kit:1", "--count", str(count), "--out", out, *arguments)


def pages(path: Path) -> list[pypdfium2.PdfPage]:
    return list(pypdfium2.PdfDocument(io.BytesIO(path.read_bytes())))


def text_of(path: Path) -> str:
    return "".join(page.get_textpage().get_text_bounded() for page in pages(path))


def test_sheets_are_for_their_owner_only_and_the_command_says_that_the_codes_are_nowhere_else(
    run: Run, tmp_path: Path
) -> None:
    issued = issue(run, count=11)

    assert (issued.exit_code, "codes: 11" in issued.stdout) == (0, True)
    assert "cards.pdf is the only place where these codes exist" in issued.stderr
    assert stat.S_IMODE((tmp_path / "cards.pdf").stat().st_mode) == 0o600
    assert len(pages(tmp_path / "cards.pdf")) == 2


def test_a_last_good_day_that_is_past_is_said(run: Run) -> None:
    issued = issue(run, "--expires", "2020-03-31")

    assert (issued.exit_code, "2020-03-31 is past: these codes open nothing" in issued.stderr) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        ((), (595, 842)),
        (("--paper", "a4", "--layout", "labels"), (595, 842)),
        (("--paper", "letter"), (612, 792)),
    ],
)
def test_sheets_are_as_large_as_the_paper(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], size: tuple[int, int]
) -> None:
    issue(run, *arguments)

    (page,) = pages(tmp_path / "cards.pdf")
    assert page.get_size() == pytest.approx(size, abs=1)


def test_cards_say_what_the_programme_wants_once_for_each_language(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("Καλημέρα\n\nДобрый день\n", encoding="utf-8")

    issue(run, "--text", "Grüß Gott", "--text-file", "text", count=3)

    said = text_of(tmp_path / "cards.pdf")
    assert [said.count(words) for words in ("Grüß Gott", "Καλημέρα", "Добрый день", "scanner")] == [3, 3, 3, 0]


def test_without_words_of_its_own_a_card_says_how_it_is_used_and_until_when(run: Run, tmp_path: Path) -> None:
    issue(run, "--expires", "2028-03-31")

    said = text_of(tmp_path / "cards.pdf")
    assert "Hold this to the scanner." in said
    assert "EXP 2028-03-31" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--text", "漢"), "lacks '漢'"),
        (("--text", "word " * 200), "too long for a card. What fits: 'word"),
        (("--layout", "posters"), "'posters' is not one of 'cards', 'labels'"),
        (("--text-file", "latin1"), "not in UTF-8"),
        (("--text-file", "missing"), "No such file"),
    ],
)
def test_what_cannot_be_printed_is_refused_and_no_batch_is_made(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    (tmp_path / "latin1").write_bytes("Grüß Gott".encode("latin-1"))

    refused = issue(run, *arguments)

    assert (refused.exit_code, says in refused.stderr) == (2, True)
    assert not (tmp_path / "cards.pdf").exists()
    assert everything_in(tmp_path) == ["latin1"]
    assert "there are no codes yet" in run("list").output


@pytest.mark.parametrize("arguments", [("--paper", "a4"), ("--layout", "cards"), ("--text", "Grüß Gott")])
def test_what_is_for_sheets_is_refused_where_there_are_none(
    run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    refused = issue(run, *arguments, out="cards.csv")

    assert (refused.exit_code, "name a file that ends in .pdf" in refused.stderr) == (2, True)
    assert not (tmp_path / "cards.csv").exists()


# --- the four kinds


@pytest.mark.parametrize(
    ("kind", "codes", "expires", "policy"),
    [
        (Kind.PASS, 3, "2028-03-31", "generous"),
        (Kind.TICKET, 3, None, ""),
        (Kind.NUMBER, 3, None, "default"),
        (Kind.SHARED, 1, None, ""),
    ],
)
def test_a_batch_of_each_kind_is_known_afterwards(
    run: Run, kind: Kind, codes: int, expires: str | None, policy: str
) -> None:
    issued = run("issue", "--kind", kind, *ISSUES[kind], "--out", "cards.csv")

    assert issued.exit_code == 0, issued.output
    rule = {"kind": kind, "codes": codes, "expires": expires, "policy": policy}
    marks = {"revoked": False, "listed": False, "foreign": False}
    assert json.loads(run("list", "--json").stdout)["batches"] == [{"batch": said(issued, "batch")} | rule | marks]


@every_kind
def test_the_cards_of_each_kind_say_how_it_is_used(run: Run, tmp_path: Path, kind: Kind) -> None:
    run("issue", "--kind", kind, *ISSUES[kind], "--out", "cards.pdf")

    way = "Type this number" if kind in (Kind.NUMBER, Kind.SHARED) else "Hold this to the scanner"
    assert way in text_of(tmp_path / "cards.pdf")


def test_a_shared_code_of_the_programmes_choice_is_the_one_on_the_card(run: Run, tmp_path: Path) -> None:
    run("issue", "--kind", "shared", "--code", "25-80 36", "--out", "cards.csv")

    assert printed_in(tmp_path / "cards.csv") == ["258 036"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--kind", "voucher", "--count", "1"), "'voucher' is not one of 'pass', 'ticket', 'number', 'shared'"),
        (("--kind", "pass"), "Say how many codes are wanted, as --count 100."),
        (("--kind", "pass", "--count", "1", "--gives", "kit:1"), "--gives is for --kind ticket only"),
        (("--kind", "number", "--count", "1", "--anywhere"), "--anywhere is for --kind ticket only"),
        (("--kind", "ticket", "--count", "1", "--policy", "generous"), "--policy is for --kind pass and number only"),
        (("--kind", "pass", "--count", "1", "--policy", "g"), "no policy 'g'. Known policies: default, generous."),
        (("--kind", "pass", "--count", "1", "--digits", "8"), "--digits is for --kind number and shared only"),
        (("--kind", "number", "--count", "1", "--digits", "7"), "A number has 8 to 10 digits, not 7."),
        (("--kind", "number", "--count", "101", "--digits", "8"), "Issue 100 at most, or take more digits"),
        (("--kind", "shared", "--count", "2"), "there is one in a batch, not 2"),
        (("--kind", "shared", "--code", "SECRET12"), "--code takes the 4 to 8 digits"),
        (("--kind", "shared", "--code", "1234567890"), "A shared code has 4 to 8 digits, not 10."),
        (("--kind", "shared", "--code", "2580", "--digits", "4"), "Leave --digits out."),
        (("--kind", "ticket", "--count", "10001"), "A batch has 1 to 10000 codes, not 10001."),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_sentence_and_nothing_is_left(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    refused = run("issue", *arguments, "--out", "cards.csv")

    assert (refused.exit_code, says in " ".join(refused.stderr.split())) == (2, True), refused.stderr
    assert not {"SECRET12", "2580", "1234567890"} & set(refused.output.replace(".", " ").split())
    assert everything_in(tmp_path) == []
    assert json.loads(run("list", "--json").stdout)["batches"] == []


@pytest.mark.parametrize("out", ["cardspng", "cards.svg"])
def test_images_of_numbers_are_refused_and_nothing_is_left(run: Run, tmp_path: Path, out: str) -> None:
    refused = run("issue", "--kind", "number", "--count", "1", "--out", out)

    assert (refused.exit_code, "Name a file that ends in .pdf or .csv" in refused.stderr) == (1, True)
    assert everything_in(tmp_path) == []


def test_a_code_that_is_here_already_withdraws_cards_and_batch_file(run: Run, tmp_path: Path) -> None:
    run("issue", "--kind", "shared", "--code", "2580", "--out", "first.csv")

    refused = run("issue", "--kind", "shared", "--code", "2580", "--out", "second.csv")

    assert (refused.exit_code, "issue others" in refused.stderr) == (1, True)
    assert everything_in(tmp_path) == ["first.batch", "first.csv"]


@pytest.mark.parametrize(
    ("screen", "is_said"), [("", True), ("screen: {port: 8080, width_mm: 154}\n", False)], ids=["none", "one"]
)
def test_whoever_issues_codes_to_choose_with_is_told_if_there_is_no_screen(
    run: Run, tmp_path: Path, screen: str, is_said: bool
) -> None:
    with (tmp_path / "kiosk.yaml").open("a") as file:
        file.write(screen)

    chosen = run("issue", "--kind", "pass", "--count", "1", "--out", "passes.csv")
    named = run("issue", "--kind", "ticket", "--gives", "kit:1", "--count", "1", "--out", "tickets.csv")

    assert ("kiosk.yaml has none (screen:)" in chosen.stderr, "screen" in named.stderr) == (is_said, False)


@every_kind
def test_no_code_is_ever_said(run: Run, tmp_path: Path, kind: Kind) -> None:
    issued = run("issue", "--kind", kind, *ISSUES[kind], "--out", "cards.csv")
    again = run("issue", "--kind", kind, *ISSUES[kind], "--out", "cards.csv")

    told = issued.output + again.output + run("list").output + run("list", "--json").output
    assert (issued.exit_code, again.exit_code) == (0, 1)
    for code in printed_in(tmp_path / "cards.csv"):
        assert code not in told
        assert code.replace("-", "").replace(" ", "") not in told


# --- the batch file


@pytest.mark.parametrize(
    ("out", "name"),
    [
        ("cards.pdf", "cards.batch"),
        ("Cards.CSV", "Cards.batch"),
        ("cardspng", "cardspng.batch"),
        ("cards.svg", "cards.svg.batch"),
    ],
)
def test_the_batch_file_stands_beside_the_cards_for_its_owner_only(
    run: Run, tmp_path: Path, out: str, name: str
) -> None:
    issued = issue(run, out=out)

    assert said(issued, "batch file") == name
    assert everything_in(tmp_path) == sorted([out, name])
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


@every_kind
def test_the_passphrase_that_is_said_once_opens_the_tags_and_the_key(run: Run, tmp_path: Path, kind: Kind) -> None:
    issued = run("issue", "--kind", kind, *ISSUES[kind], "--out", "cards.csv")

    kept = open_batch((tmp_path / "cards.batch").read_bytes(), Secret(said(issued, "passphrase")))
    assert kept.key == read_programme_key(tmp_path / "data" / KEY_NAME)
    assert (kept.batch.batch, kept.batch.kind) == (said(issued, "batch"), kind)
    codes = (Secret(code.replace("-", "").replace(" ", "")) for code in printed_in(tmp_path / "cards.csv"))
    assert set(kept.batch.tags) == {tag(kept.key, code) for code in codes}
    assert "Write the passphrase down" in issued.stderr
    assert "away from this machine" in issued.stderr


def test_a_passphrase_of_ones_own_is_not_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("four words by chance\n")

    issued = issue(run, "--passphrase-file", "words")

    assert "four words" not in issued.output
    assert "passphrase: " not in issued.stdout
    assert open_batch((tmp_path / "cards.batch").read_bytes(), Secret("four words by chance"))
    with pytest.raises(PassphraseWrong):
        open_batch((tmp_path / "cards.batch").read_bytes(), Secret("five words by chance"))


@pytest.mark.parametrize(
    ("words", "says"), [("short", "12 letters at the least"), (None, "words cannot be read: No such file")]
)
def test_a_passphrase_that_will_not_do_is_refused_before_a_code_is_made(
    run: Run, tmp_path: Path, words: str | None, says: str
) -> None:
    if words:
        (tmp_path / "words").write_text(words)

    refused = issue(run, "--passphrase-file", "words")

    assert (refused.exit_code, says in refused.stderr) == (1, True)
    assert [name for name in everything_in(tmp_path) if name != "words"] == []
    with pytest.raises(KeyMissing):
        read_programme_key(tmp_path / "data" / KEY_NAME)


def test_batch_files_of_cards_that_were_printed_and_deleted_stay_beside_new_ones(run: Run, tmp_path: Path) -> None:
    for name in ("cards.batch", "cards-2.batch"):
        (tmp_path / name).write_text("last year's")

    issued = issue(run)

    assert said(issued, "batch file") == "cards-3.batch"
    assert (tmp_path / "cards.batch").read_text() == (tmp_path / "cards-2.batch").read_text() == "last year's"
    assert open_batch((tmp_path / "cards-3.batch").read_bytes(), Secret(said(issued, "passphrase")))


def test_cards_in_the_way_leave_no_batch_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cards.pdf").write_text("last year's")

    refused = issue(run)

    assert (refused.exit_code, "cards.pdf is there already" in refused.stderr) == (1, True)
    assert everything_in(tmp_path) == ["cards.pdf"]


def test_a_disk_that_does_not_keep_names_leaves_neither_cards_nor_batch_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(run, out="first.csv")
    disk = LossyDisk()
    disk.loses_names = True
    monkeypatch.setattr(os, "fsync", disk.fsync)

    refused = issue(run, out="second.csv")

    assert (refused.exit_code, "second.batch cannot be written: Input/output error" in refused.stderr) == (1, True)
    assert everything_in(tmp_path) == ["first.batch", "first.csv"]


def test_a_place_that_takes_no_batch_file_is_named(run: Run, tmp_path: Path) -> None:
    refused = issue(run, out="missing/cards.pdf")

    assert (refused.exit_code, "missing/cards.batch cannot be written: No such file" in refused.stderr) == (1, True)
