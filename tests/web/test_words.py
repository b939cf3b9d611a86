"""The pages' texts: complete in every language that is there, and compiled."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from web.words import DOMAIN, FOLDER, Words, pick

LANGUAGES = sorted(path.parent.parent.name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}


def texts_in_the_code() -> set[str]:
    found = extract_from_dir(FOLDER.parent, METHODS, OPTIONS, {"_": None, "gettext": None, "N_": None})
    return {str(text) for _, _, text, _, _ in found}


def translations(language: str) -> dict[str, str]:
    with (FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file) if each.id}


def test_there_are_translations() -> None:
    assert LANGUAGES == ["es", "fr"]
    assert "Take it: it is in the tray." in texts_in_the_code()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_no_other(language: str) -> None:
    translated = translations(language)

    assert set(translated) == texts_in_the_code()
    assert [text for text, said in translated.items() if not said] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_marks_of_its_text(language: str) -> None:
    for text, said in translations(language).items():
        assert re.findall(r"</?\w+>|%\(\w+\)s", text) == re.findall(r"</?\w+>|%\(\w+\)s", said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    compiled = gettext.translation(DOMAIN, FOLDER, [language])

    for text, said in translations(language).items():
        assert compiled.gettext(text) == said, "run make words"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draft_says_that_it_is_one(language: str) -> None:
    head = (FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po").read_text()[:300]

    assert "Draft." in head


def test_languages_are_named_in_their_own_words() -> None:
    words = Words(("en", "es", "fr", "xx", "es-MX"))

    assert [words.name_of(each) for each in words.languages] == ["English", "Español", "Français", "xx", "Español"]


def test_a_language_without_translations_speaks_english() -> None:
    assert Words(("xx",)).say("xx", "More") == "More"
    assert Words(("es",)).say("es", "no such text") == "no such text"


def test_an_unknown_language_is_the_usual_one() -> None:
    words = Words(("fr", "en"))

    assert [words.known(each) for each in ("en", "de", None, "")] == ["en", "fr", "fr", "fr"]


@pytest.mark.parametrize(("language", "name"), [("es", "Kit"), ("fr", "Supply kit"), ("en", "Supply kit")])
def test_a_thing_without_a_name_in_a_language_has_its_english_one(language: str, name: str) -> None:
    assert pick({"es": "Kit", "en": "Supply kit"}, language) == name


def test_a_thing_without_an_english_name_has_its_first() -> None:
    assert pick({"de": "Besteck", "fr": "Trousse"}, "en") == "Besteck"


def test_the_folder_of_translations_goes_with_the_program() -> None:
    assert Path(__file__).parents[2] / "web" in FOLDER.parents


@pytest.mark.parametrize("length", [0, 3, 100, 2000])
def test_texts_cut_short_by_a_power_cut_are_english_and_the_log_says_what_to_do(
    tmp_path: Path, length: int, caplog: pytest.LogCaptureFixture
) -> None:
    cut = tmp_path / "es" / "LC_MESSAGES" / f"{DOMAIN}.mo"
    cut.parent.mkdir(parents=True)
    cut.write_bytes((FOLDER / "es" / "LC_MESSAGES" / f"{DOMAIN}.mo").read_bytes()[:length])

    assert Words(("es",), tmp_path).say("es", "More") == "More"
    assert "install the program again" in caplog.text
