"""Measures of sheets, against what paper, printers, scanners and the makers of label sheets ask for."""

from __future__ import annotations

from itertools import pairwise

import pytest

from kiosk.codes.format import printed
from kiosk.codes.layouts import INCH_MM, LEAST_MODULE_MM, SHEETS, Sheet
from kiosk.codes.sheets import CAPITAL, MARK_MM, _face
from kiosk.codes.symbol import QUIET_ZONE
from kiosk.core.values import Secret

LEAST_DIGIT_MM = 4.5  # as the capitals on the screen: read at arm's length while the other hand types
UNPRINTABLE_MM = 4.3  # at the edges of paper: 1/6 inch, as laser printers have it

every_sheet = pytest.mark.parametrize("sheet", list(SHEETS.values()), ids=["-".join(kind) for kind in SHEETS])


@every_sheet
def test_no_module_is_smaller_than_a_scanner_and_a_label_printer_need(sheet: Sheet) -> None:
    pixels_per_mm = 648 / (2 * 250 * 0.3153)  # GM65-S: 648 pixels over 35° (tangent of the half: 0.3153), up to 25 cm

    assert sheet.module_mm >= LEAST_MODULE_MM
    assert sheet.module_mm * pixels_per_mm >= 2
    assert sheet.module_mm * 203 / INCH_MM >= 3.99


@every_sheet
def test_nothing_stands_in_the_quiet_zone(sheet: Sheet) -> None:
    quiet_mm = QUIET_ZONE * sheet.module_mm
    code_height_mm = sheet.measure_mm / (29 * 0.6) * 0.75  # 29 characters, each 0.6 of the type's size wide

    assert sheet.gutter_mm >= quiet_mm
    assert sheet.card_mm[1] - 2 * sheet.margin_mm - sheet.symbol_mm - code_height_mm >= quiet_mm
    assert sheet.margin_mm >= quiet_mm


@every_sheet
def test_the_longest_number_fits_and_its_digits_are_large(sheet: Sheet) -> None:
    size_mm = sheet.number.height_mm / CAPITAL
    width_mm = _face().width(printed(Secret("9" * 10))) * size_mm

    assert width_mm <= sheet.measure_mm
    assert sheet.number.height_mm >= LEAST_DIGIT_MM


@every_sheet
def test_a_cut_or_a_feed_a_millimetre_off_leaves_a_number_whole(sheet: Sheet) -> None:
    assert min(sheet.number.margin_mm, sheet.margin_mm) >= 2.5


@every_sheet
def test_cards_are_in_the_middle_of_the_paper_and_never_overlap(sheet: Sheet) -> None:
    corners = list(sheet.corners_mm())

    assert len(set(corners)) == sheet.cards == len(corners)
    for side in (0, 1):
        places = sorted({corner[side] for corner in corners})
        assert all(after - before > sheet.card_mm[side] - 1e-6 for before, after in pairwise(places))
        assert places[0] == pytest.approx(sheet.paper_mm[side] - places[-1] - sheet.card_mm[side])


@every_sheet
def test_whatever_is_printed_is_where_printers_print(sheet: Sheet) -> None:
    to_content = min(sheet.corner_mm) + sheet.margin_mm
    to_marks = min(sheet.corner_mm) - MARK_MM[1]

    assert to_content >= UNPRINTABLE_MM
    assert not sheet.has_cut_marks or to_marks >= UNPRINTABLE_MM


@every_sheet
def test_a_cut_or_a_feed_a_millimetre_off_leaves_the_symbol_its_quiet_zone(sheet: Sheet) -> None:
    assert sheet.margin_mm - 1 >= QUIET_ZONE * sheet.module_mm


@pytest.mark.parametrize(
    ("kind", "first_mm", "apart_mm", "cards"),
    [
        (("a4", "cards"), (20, 13.5), (85, 54), 10),
        (("letter", "cards"), (0.75 * INCH_MM, 0.5 * INCH_MM), (3.5 * INCH_MM, 2 * INCH_MM), 10),
        (("a4", "labels"), (7.25, 15.15), (66, 38.1), 21),
        (("letter", "labels"), (0.1875 * INCH_MM, 0.5 * INCH_MM), (2.75 * INCH_MM, INCH_MM), 30),
    ],
)
def test_cards_lie_where_makers_of_ready_made_sheets_have_them(
    kind: tuple[str, str], first_mm: tuple[float, float], apart_mm: tuple[float, float], cards: int
) -> None:
    corners = list(SHEETS[kind].corners_mm())

    assert corners[0] == pytest.approx(first_mm)
    assert corners[SHEETS[kind].across + 1] == pytest.approx((first_mm[0] + apart_mm[0], first_mm[1] + apart_mm[1]))
    assert len(corners) == cards
