from __future__ import annotations

import re
from datetime import date

import pytest

from kiosk.codes.format import TYPED
from kiosk.codes.layouts import LAYOUTS, PAPERS, Look
from kiosk.codes.refusals import LettersLacking, WordsTooLong
from kiosk.codes.sheets import draw_sheets
from kiosk.codes.wording import NEUTRAL_WORDS, Face, Room, neutral_words, paragraphs, set_words
from kiosk.core.values import Kind

# words that would say from outside what a card is for
TELLING = re.compile(
    r"drug|harm|naloxon|needle|syring|jering|seringue|kit|clinic|health|salud|santé|drog|overdos", re.I
)

MONO = Face(frozenset("abcdefghijklmnopqrstuvwxyzé- \N{NO-BREAK SPACE}"), lambda text: len(text) * 0.5)


def lines_of(*words: str, width: float = 50, height: float = 100, sizes: tuple[float, ...] = (10,)) -> list[str]:
    return [line.text for line in set_words(words, MONO, Room(width, height, sizes)).lines]


def test_words_break_where_the_next_does_not_fit() -> None:
    assert lines_of("one two three four") == ["one two", "three four"]


def test_a_break_of_the_programmes_own_stays() -> None:
    assert lines_of("one\ntwo\n\nsix") == ["one", "two", "", "six"]


def test_what_a_no_break_space_joins_stays_together() -> None:
    assert lines_of("one two\N{NO-BREAK SPACE}three") == ["one", "two\N{NO-BREAK SPACE}three"]


def test_paragraphs_stand_apart() -> None:
    setting = set_words(["one", "two", "six\nten"], MONO, Room(50, 100, (10,)))

    downs = [line.down for line in setting.lines]
    assert downs[1] - downs[0] == downs[2] - downs[1] > downs[3] - downs[2] > 10


def test_a_longer_text_is_set_smaller() -> None:
    short = set_words(["one"], MONO, Room(50, 25, (10, 8, 6)))
    long = set_words(["one two three four five six seven"], MONO, Room(50, 25, (10, 8, 6)))

    assert (short.size, long.size) == (10, 6)


def test_a_text_that_is_too_long_is_refused_with_what_fits() -> None:
    with pytest.raises(WordsTooLong, match=r"What fits: 'one two / three four'\."):
        lines_of("one two three four five six", height=25)


def test_a_word_that_is_too_wide_is_refused_by_name() -> None:
    with pytest.raises(WordsTooLong, match=r"^'unbelievably' is too wide"):
        lines_of("one unbelievably long")


def test_letters_that_the_face_lacks_are_refused_by_name() -> None:
    with pytest.raises(LettersLacking, match=r"lacks 'ш' \(CYRILLIC SMALL LETTER SHA\)\. It has Latin"):
        lines_of("one ш two ш")


def test_more_than_three_lacking_letters_are_counted() -> None:
    with pytest.raises(LettersLacking, match=r"'A' .*, 'B' .*, 'C' .* and 2 more\."):
        lines_of("ABCDE")


@pytest.mark.parametrize("control", ["\x00", "\x07", "\x1b", "\u200f", "\u0301", "\U000f0000", "\ud800"])
def test_controls_and_lone_marks_are_refused(control: str) -> None:
    with pytest.raises(LettersLacking):
        draw_sheets([], Look(words=(f"x{control}",)), lambda: None)


def test_an_accent_that_comes_apart_from_its_letter_is_put_on_it() -> None:
    assert lines_of("cafe\u0301") == ["café"]


@pytest.mark.parametrize("text", ["", " ", "\n\n\n"])
def test_no_text_is_no_text(text: str) -> None:
    assert "".join(lines_of(text)) == ""


def test_empty_lines_in_a_file_stand_between_languages() -> None:
    assert paragraphs("one\ntwo\r\n\r\n\n\nsix\n") == ("one\ntwo", "six")


@pytest.mark.parametrize(
    "text",
    [
        "Zażółć gęślą jaźń, příliš žluťoučký kůň, øæå, ßẞ, ğışİ, ăâîșț, õüšž, ħġ, þð, ĳ, Ŵŷ",
        "Съешь ещё этих мягких булок; ґєії, ўјљњћџ, ә",
        "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
        "Tiếng Việt: ướm thử, Ệ ẵ",
        "“curly” ‘quotes’ – dashes — and … • № € § ° ½ × « » ¿¡",
    ],
)
def test_the_face_has_the_letters_of_many_languages(text: str) -> None:
    assert draw_sheets([], Look(words=(text,)), lambda: None)


@pytest.mark.parametrize("text", ["漢字", "العربية", "עברית", "हिन्दी", "ไทย", "🙂", "አማርኛ"])
def test_scripts_that_the_face_has_not_are_refused(text: str) -> None:
    with pytest.raises(LettersLacking, match="Latin, Greek and Cyrillic"):
        draw_sheets([], Look(words=(text,)), lambda: None)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("kind", Kind)
def test_the_neutral_words_fit_on_every_card(paper: str, layout: str, kind: Kind) -> None:
    words = neutral_words(kind, ["en", "es", "fr"], date(2028, 12, 31))

    assert draw_sheets([], Look(paper, layout, words), lambda: None, are_typed=kind in TYPED)


def test_the_neutral_words_do_not_say_what_a_card_is_for() -> None:
    said = " ".join(" ".join(neutral_words(kind, ["en", "es", "fr"], date(2028, 12, 31))) for kind in Kind)

    assert not TELLING.search(said)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Kind.PASS, "Hold this to the scanner. Reusable."),
        (Kind.TICKET, "Hold this to the scanner. Good once."),
        (Kind.NUMBER, "Type this number at the kiosk. It can be used again."),
        (Kind.SHARED, "Type this number at the kiosk. For everybody."),
    ],
)
def test_the_neutral_words_say_how_each_kind_is_used(kind: Kind, says: str) -> None:
    assert neutral_words(kind, ["en"], None)[0].replace("\N{NO-BREAK SPACE}", " ") == says


def test_every_kind_has_words_in_the_same_languages() -> None:
    assert {tuple(words) for words in NEUTRAL_WORDS.values()} == {("en", "es", "fr")}


@pytest.mark.parametrize("kind", Kind)
def test_the_neutral_words_are_in_the_kiosks_languages_or_else_in_english(kind: Kind) -> None:
    (english,), (spanish,), (french,) = (neutral_words(kind, [language], None) for language in ("en", "es", "fr"))

    assert neutral_words(kind, ["fr", "de", "es"], None) == (french, spanish)
    assert neutral_words(kind, ["de"], date(2027, 3, 31)) == (english, "EXP 2027-03-31")
