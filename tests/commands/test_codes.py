"""``kiosk codes issue`` without a service: sheets of cards, and what is refused before a code is made."""

from __future__ import annotations

import io
import stat
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from tests.kit import CONFIG

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    path = tmp_path / "kiosk.yaml"
    path.write_text(CONFIG.format(data=tmp_path / "data", beam_down="home"))
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("KIOSK_CONFIG", str(path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(main, ("codes", *arguments))


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
    assert run("list").output == ""


@pytest.mark.parametrize("arguments", [("--paper", "a4"), ("--layout", "cards"), ("--text", "Grüß Gott")])
def test_what_is_for_sheets_is_refused_where_there_are_none(
    run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    refused = issue(run, *arguments, out="cards.csv")

    assert (refused.exit_code, "name a file that ends in .pdf" in refused.stderr) == (2, True)
    assert not (tmp_path / "cards.csv").exists()
