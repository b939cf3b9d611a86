"""Sheets as a printer and a scanner get them: rendered, measured, and read back by two readers."""

from __future__ import annotations

import functools
import io
import random
from datetime import date

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageOps

from kiosk.codes.format import printed, qr_text
from kiosk.codes.layouts import INCH_MM, SHEETS, Look, Sheet
from kiosk.codes.sheets import draw_sheets
from kiosk.codes.symbol import QUIET_ZONE, SIDE
from kiosk.codes.wording import neutral_words
from kiosk.core.values import Kind as Code
from kiosk.core.values import Secret
from tests.codes.reading import (
    MOST_WRONG,
    READERS,
    WORDS,
    Card,
    Wear,
    blurred,
    dirty,
    faint,
    far,
    make_codes,
    print_cards,
    render,
    ruined,
    tilted,
    turned,
)

Kind = tuple[str, str]

RESOLUTIONS = (300, 203)

every_kind = pytest.mark.parametrize("kind", SHEETS, ids="-".join)
every_resolution = pytest.mark.parametrize("dpi", RESOLUTIONS)
both_readers = pytest.mark.parametrize("reader", READERS)

WEARS: dict[str, Wear] = {
    "turned by any angle": turned,
    "tilted": tilted(40),
    "blurred": blurred(0.3),
    "far away": far(3),
    "faint": faint,
    "dirty": dirty(MOST_WRONG),
    "as damaged as level Q allows": ruined(MOST_WRONG),
}


def codes_of(count: int) -> list[Secret]:
    return make_codes(random.Random(count), count)


def sheets(kind: Kind, codes: list[Secret], words: tuple[str, ...] = WORDS) -> bytes:
    return draw_sheets(codes, Look(*kind, words), lambda: None)


@functools.cache
def cards_of(kind: Kind, dpi: int, count: int = 10) -> list[Card]:
    return print_cards(codes_of(count), Look(*kind, WORDS), dpi)


def texts(pdf: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(io.BytesIO(pdf))]


def ink(picture: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageOps.invert(picture).getbbox()


def without_cards(page: Image.Image, sheet: Sheet, dpi: int) -> Image.Image:
    """Blank every card out, and half a millimetre around it."""
    rest, per_mm = page.copy(), dpi / INCH_MM
    for left, top in sheet.corners_mm():
        box = (left - 0.5, top - 0.5, left + sheet.card_mm[0] + 0.5, top + sheet.card_mm[1] + 0.5)
        rest.paste(255, tuple(round(side * per_mm) for side in box))  # type: ignore[arg-type]
    return rest


# --- read back


@every_kind
@every_resolution
@both_readers
def test_each_card_of_several_sheets_is_read_in_printing_order(kind: Kind, dpi: int, reader: str) -> None:
    count = SHEETS[kind].cards + 3

    cards = cards_of(kind, dpi, count)

    assert [READERS[reader](card.picture) for card in cards] == [[qr_text(code)] for code in codes_of(count)]


@every_kind
@every_resolution
@both_readers
@pytest.mark.parametrize("wear", WEARS)
def test_a_worn_card_is_read(kind: Kind, dpi: int, reader: str, wear: str) -> None:
    chance = random.Random(wear)

    cards = cards_of(kind, dpi, 5)

    read = [READERS[reader](WEARS[wear](card, chance)) for card in cards]

    assert read == [[card.text] for card in cards]


@every_resolution
@both_readers
def test_a_card_that_is_damaged_beyond_level_q_is_not_read_as_another(dpi: int, reader: str) -> None:
    chance = random.Random(12)

    read = [READERS[reader](ruined(MOST_WRONG + 1)(card, chance)) for card in cards_of(("a4", "cards"), dpi)]

    assert read == [[]] * 10


# --- measured


@every_kind
def test_a_symbol_has_its_size_and_nothing_stands_around_it(kind: Kind) -> None:
    card = cards_of(kind, 300)[0]
    quiet, side = QUIET_ZONE * card.module, SIDE * card.module

    box = (card.left - quiet, card.top - quiet, card.left + side + quiet, card.top + side + quiet)
    found = ink(card.picture.crop(tuple(map(round, box))))  # type: ignore[arg-type]

    assert found == pytest.approx((quiet, quiet, quiet + side, quiet + side), abs=1.51)  # pixels
    assert side == pytest.approx(SIDE * SHEETS[kind].module_mm * 300 / INCH_MM)


@every_kind
def test_all_content_keeps_its_margin(kind: Kind) -> None:
    sheet, card = SHEETS[kind], cards_of(kind, 300)[0]

    left, top, right, bottom = ink(card.picture) or (0, 0, 0, 0)

    margin, width, height = (side * 300 / INCH_MM for side in (sheet.margin_mm, *sheet.card_mm))
    assert (left, right) == pytest.approx((margin, width - margin), abs=5)  # a letter is narrower than its place
    assert bottom == pytest.approx(height - margin, abs=3)
    assert margin - 5 < top <= margin  # an accent may stand above capitals


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_every_cut_has_its_marks_outside_all_cards(paper: str) -> None:
    sheet = SHEETS[paper, "cards"]
    (page,) = render(sheets((paper, "cards"), codes_of(3), words=()), 300)
    rest = without_cards(page, sheet, 300)

    per_mm, (left, top) = 300 / INCH_MM, sheet.corner_mm
    for column in range(sheet.across + 1):
        x = round((left + column * sheet.card_mm[0]) * per_mm)
        assert all(ink(rest.crop((x - 2, 0, x + 2, rest.height)).crop(half)) for half in halves(4, rest.height))
    for row in range(sheet.down + 1):
        y = round((top + row * sheet.card_mm[1]) * per_mm)
        assert all(ink(rest.crop((0, y - 2, rest.width, y + 2)).crop(half)) for half in halves(rest.width, 4))


def halves(width: int, height: int) -> list[tuple[int, int, int, int]]:
    if width > height:
        return [(0, 0, width // 2, height), (width // 2, 0, width, height)]
    return [(0, 0, width, height // 2), (0, height // 2, width, height)]


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_nothing_but_labels_is_printed_on_sheets_of_labels(paper: str) -> None:
    (page,) = render(sheets((paper, "labels"), codes_of(3)), 300)

    assert ink(without_cards(page, SHEETS[paper, "labels"], 300)) is None


# --- what cards say, and what not


@every_kind
def test_a_card_has_the_five_groups_for_staff_and_the_programmes_words(kind: Kind) -> None:
    (text,) = texts(sheets(kind, codes_of(3), words=("Bonjour", "Привет")))

    assert [text.count(printed(code)) for code in codes_of(3)] == [1, 1, 1]
    assert (text.count("Bonjour"), text.count("Привет")) == (3, 3)


@every_kind
def test_a_card_says_nothing_else(kind: Kind) -> None:
    (text,) = texts(sheets(kind, codes_of(2), words=("Bonjour",)))

    for said in (*map(printed, codes_of(2)), "Bonjour", "1 / 1" if kind[1] == "cards" else ""):
        text = text.replace(said, "")
    assert text.strip() == ""


@every_kind
def test_cards_of_a_batch_differ_by_their_codes_only(kind: Kind) -> None:
    first, *others = (blank(card) for card in cards_of(kind, 203))

    assert ink(first) is not None
    assert all(
        ImageChops.difference(first, other).point(lambda value: value > 200).getbbox() is None for other in others
    )


def blank(card: Card) -> Image.Image:
    """Leave of a card what is neither symbol nor code, and move it to where whole pixels begin."""
    rest = card.picture.copy()
    side = round(SIDE * card.module) + 2
    rest.paste(255, (round(card.left) - 1, round(card.top) - 1, round(card.left) + side, round(card.top) + side))
    rest.paste(255, (0, round(rest.height - card.left - 4 * card.module), rest.width, rest.height))
    return rest.resize((rest.width // 8, rest.height // 8), Image.Resampling.BOX)


@every_kind
def test_there_are_as_many_sides_as_the_cards_need_and_none_for_the_back(kind: Kind) -> None:
    cards = SHEETS[kind].cards

    counts = [len(texts(sheets(kind, codes_of(count)))) for count in (1, cards, cards + 1)]

    assert counts == [1, 1, 2]
    assert b"/Duplex /Simplex" in sheets(kind, codes_of(1))
    assert b"/PrintScaling /None" in sheets(kind, codes_of(1))


def test_the_file_does_not_say_when_it_was_made() -> None:
    pdf = sheets(("a4", "cards"), codes_of(3))

    assert b"/CreationDate (D:20000101" in pdf
    assert pdf == sheets(("a4", "cards"), codes_of(3))


def test_both_faces_are_in_the_file() -> None:
    assert sheets(("a4", "cards"), codes_of(1)).count(b"/FontFile2") == 2


def test_cards_may_say_nothing_at_all() -> None:
    (text,) = texts(sheets(("a4", "labels"), codes_of(1), words=()))

    assert text.strip() == printed(codes_of(1)[0])


# --- numbers, to be typed


NUMBERS = [Secret("9080706050"), Secret("12345678"), Secret("1234567890")]  # a 1 is narrower than its place


def number_sheet(kind: Kind, words: tuple[str, ...] = WORDS) -> bytes:
    return draw_sheets(NUMBERS, Look(*kind, words), lambda: None, are_typed=True)


def number_card(kind: Kind, words: tuple[str, ...]) -> Image.Image:
    (page,), sheet, per_mm = render(number_sheet(kind, words), 300), SHEETS[kind], 300 / INCH_MM
    left, top = next(sheet.corners_mm())
    box = (left, top, left + sheet.card_mm[0], top + sheet.card_mm[1])
    return page.crop(tuple(round(side * per_mm) for side in box))  # type: ignore[arg-type]


@every_kind
def test_a_number_stands_in_groups_with_the_programmes_words_and_nothing_else(kind: Kind) -> None:
    (text,) = texts(number_sheet(kind, ("Bonjour",)))

    for said in ("1234 567 890", "1234 5678", "9080 706 050", *["Bonjour"] * 3, "1 / 1" if kind[1] == "cards" else ""):
        assert said in text
        text = text.replace(said, "", 1)
    assert text.strip() == ""


@every_kind
def test_a_number_is_as_large_as_its_layout_says_and_begins_where_the_margins_end(kind: Kind) -> None:
    number, per_mm = SHEETS[kind].number, 300 / INCH_MM

    left, top, _, bottom = ink(number_card(kind, ())) or (0, 0, 0, 0)

    assert (left, top) == pytest.approx((SHEETS[kind].margin_mm * per_mm, number.margin_mm * per_mm), abs=8)
    assert bottom - top == pytest.approx(number.height_mm * per_mm, abs=6)  # round digits reach over


@every_kind
def test_words_stand_under_the_number_and_keep_all_margins(kind: Kind) -> None:
    sheet, per_mm = SHEETS[kind], 300 / INCH_MM
    card = number_card(kind, neutral_words(Code.NUMBER, ["en", "es", "fr"], date(2028, 12, 31)))
    number_ends = round((sheet.number.margin_mm + sheet.number.height_mm + 0.2) * per_mm)

    _, top, right, bottom = ink(card.crop((0, number_ends, *card.size))) or (0, 0, 0, 0)

    assert top >= 0.8 * per_mm  # clear of the number, the accent on a capital too
    assert right <= (sheet.card_mm[0] - sheet.margin_mm) * per_mm + 2
    assert number_ends + bottom <= (sheet.card_mm[1] - sheet.number.margin_mm) * per_mm + 8  # a comma may hang lower


@every_kind
@both_readers
def test_a_number_has_no_symbol(kind: Kind, reader: str) -> None:
    (page,) = render(number_sheet(kind), 300)

    assert READERS[reader](page) == []
