"""Sheets: the cards of a batch as pages of a PDF, to be printed on one side and cut. Needs reportlab.

On a card are the QR symbol, the code for staff's eyes under it, and the programme's text beside it, in black; or, where
the code is to be typed, its digits large and the text under them. Nothing counts the cards, and no date of making: the
cards of a batch differ by their codes only, and the file does not say when it was made.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from kiosk.codes.format import printed
from kiosk.codes.layouts import SHEETS, Look, Sheet
from kiosk.codes.symbol import SIDE, Symbols
from kiosk.codes.wording import Face, Room, Setting, set_words
from kiosk.core.values import Secret

MM = 72 / 25.4  # points, the unit of PDF
FONTS = Path(__file__).parent / "fonts"
WORDS, CODE = "NotoSans-Regular", "NotoSansMono-Regular"  # Noto's zero has a stroke, and no two letters look alike
CAPITAL = 0.714  # height of both faces' capitals, in sizes of the type
HAIRLINE_PT = 0.25
MARK_MM = (3.0, 7.0)  # a cut mark's ends, from the cards: no cut leaves ink on a card, no printer loses it at the edge
SHEET_NUMBER_PT = 6

_RUNS = [  # by row: a run of dark modules, by its first column and the one after it, as a rectangle in PDF's words
    {(first, end): f"{first} {row} {end - first} 1 re" for first in range(SIDE) for end in range(first + 1, SIDE + 1)}
    for row in range(SIDE)
]

Draw = Callable[[Secret], None]  # a card without its text, at the origin

rl_config.useA85 = 0  # compressed pages need not be spelled in letters: that takes longer than all the rest


def draw_sheets(
    codes: Sequence[Secret], look: Look, when_drawn: Callable[[], None], *, are_typed: bool = False
) -> bytes:
    """Return a PDF with a card for each of *codes*, in their order; *when_drawn* is called once a card.

    *are_typed*: the codes are digits and have no symbol. Raises a ``WordsRefused``.
    """
    sheet = SHEETS[look.paper, look.layout]
    words = _set_words(sheet, look.words, are_typed=are_typed)
    file = io.BytesIO()
    size = sheet.paper_mm[0] * MM, sheet.paper_mm[1] * MM
    canvas = Canvas(file, size, pageCompression=1, invariant=1)  # 1: it says the same time in every file
    _describe(canvas)
    _define_words(canvas, sheet, *words)
    draw = _number_drawer(canvas, sheet) if are_typed else _symbol_drawer(canvas, sheet)
    count = -(-len(codes) // sheet.cards)
    for number in range(count):
        page = codes[number * sheet.cards : (number + 1) * sheet.cards]
        _draw_page(canvas, sheet, draw, page, when_drawn)
        if sheet.has_cut_marks:
            _draw_cut_marks(canvas, sheet, f"{number + 1} / {count}")
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _set_words(sheet: Sheet, words: tuple[str, ...], *, are_typed: bool) -> tuple[Setting, tuple[float, float]]:
    """Return the text as it stands on every card, and its corner."""
    if are_typed:
        room, sizes, corner = sheet.number_words_mm, sheet.number.words_pt, sheet.number_words_corner_mm
    else:
        room, sizes, corner = sheet.words_mm, sheet.words_pt, sheet.words_corner_mm
    return set_words(words, _face(), Room(room[0] * MM, room[1] * MM, sizes)), corner


def _face() -> Face:
    words, code = (TTFont(name, FONTS / f"{name}.ttf") for name in (WORDS, CODE))
    pdfmetrics.registerFont(words)
    pdfmetrics.registerFont(code)
    return Face(frozenset(map(chr, words.face.charToGlyph)), lambda text: words.stringWidth(text, 1))


def _describe(canvas: Canvas) -> None:
    canvas.setTitle("cards")
    canvas.setAuthor("")
    canvas.setViewerPreference("PrintScaling", "None")  # scaled to fit, labels are missed and modules shrink
    canvas.setViewerPreference("Duplex", "Simplex")  # nothing on the back


def _define_words(canvas: Canvas, sheet: Sheet, setting: Setting, corner_mm: tuple[float, float]) -> None:
    (width, height), (left, top) = sheet.card_mm, corner_mm
    # once a file, being the same on every card; its box in whole points, around what is drawn
    canvas.beginForm("words", 0, -ceil(height * MM), ceil(width * MM), 0)
    canvas.setFont(WORDS, setting.size)
    for line in setting.lines:
        canvas.drawString(left * MM, -top * MM - line.down - CAPITAL * setting.size, line.text)
    canvas.endForm()


def _draw_page(
    canvas: Canvas, sheet: Sheet, draw: Draw, codes: Sequence[Secret], when_drawn: Callable[[], None]
) -> None:
    for code, (left, top) in zip(codes, sheet.corners_mm(), strict=False):
        canvas.saveState()
        canvas.translate(left * MM, (sheet.paper_mm[1] - top) * MM)
        canvas.doForm("words")
        draw(code)
        canvas.restoreState()
        when_drawn()


def _symbol_drawer(canvas: Canvas, sheet: Sheet) -> Draw:
    symbols = Symbols()

    def draw(code: Secret) -> None:
        canvas.addLiteral(_symbol(sheet, symbols.rows(code)))
        _draw_code(canvas, sheet, printed(code))

    return draw


def _number_drawer(canvas: Canvas, sheet: Sheet) -> Draw:
    height = sheet.number.height_mm * MM

    def draw(code: Secret) -> None:
        canvas.setFont(WORDS, height / CAPITAL)  # not the code's face: on a keypad zero has no stroke
        canvas.drawString(sheet.margin_mm * MM, -sheet.number.margin_mm * MM - height, printed(code))

    return draw


def _symbol(sheet: Sheet, rows: Sequence[str]) -> str:
    """Spell the symbol in PDF's words: one path, so that no light shows between its rows, in units of a module."""
    runs = [_RUNS[row][run.span()] for row, modules in enumerate(rows) for run in re.finditer("1+", modules)]
    module, margin = sheet.module_mm * MM, sheet.margin_mm * MM
    return f"q {module:.5f} 0 0 {-module:.5f} {margin:.5f} {-margin:.5f} cm {' '.join(runs)} f Q"


def _draw_code(canvas: Canvas, sheet: Sheet, text: str) -> None:
    """Draw the code along the bottom, as wide as the card's content."""
    size = sheet.measure_mm * MM / pdfmetrics.stringWidth(text, CODE, 1)
    canvas.setFont(CODE, size)
    canvas.drawString(sheet.margin_mm * MM, (sheet.margin_mm - sheet.card_mm[1]) * MM, text)


def _draw_cut_marks(canvas: Canvas, sheet: Sheet, number: str) -> None:
    """Draw hairlines beside the cards, never on one, and the sheet's number where it is cut off."""
    near, far = MARK_MM
    (left, top), (width, height) = sheet.corner_mm, sheet.paper_mm
    canvas.saveState()
    canvas.scale(MM, MM)
    canvas.setLineWidth(HAIRLINE_PT / MM)
    for x in (left + column * sheet.card_mm[0] for column in range(sheet.across + 1)):
        canvas.lines([(x, top - far, x, top - near), (x, height - top + near, x, height - top + far)])
    for y in (top + row * sheet.card_mm[1] for row in range(sheet.down + 1)):
        canvas.lines([(left - far, y, left - near, y), (width - left + near, y, width - left + far, y)])
    canvas.restoreState()
    canvas.setFont(WORDS, SHEET_NUMBER_PT)
    canvas.drawString((left + sheet.margin_mm) * MM, (top - far) * MM, number)
