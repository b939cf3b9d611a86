"""Where things stand on a sheet and on a card: measures only, in millimetres, with their reasons. It draws nothing.

A module is a square of the QR symbol, and no layout has it smaller than 0.5 mm. That is 4 dots of a 203-dpi label
printer and 6 of a 300-dpi one, so that a dot of ink too much or too little makes no square another. And the usual
scanner has 2 of its pixels for it at the far end of its reach (GM65-S manual: 648 pixels over 35°, 25 cm), with fewer
of which no reader is sure. Cards have room for twice that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.codes.symbol import QUIET_ZONE, SIDE

LEAST_MODULE_MM = 0.5
INCH_MM = 25.4


@dataclass(frozen=True, slots=True)
class Number:
    """A number large over the whole width of a card, the text under it, with *gap_mm* between.

    *height_mm* is that of its digits: what somebody types who cannot hold the card close to their eyes. *margin_mm* is
    above and below, and *words_pt* are the sizes to try for the text.
    """

    height_mm: float
    gap_mm: float
    margin_mm: float
    words_pt: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of paper with its cards in the middle. Lengths are in millimetres, the sizes of type to try in points.

    *gap_mm* is between cards, *margin_mm* what stays white around a card's content, *gutter_mm* from symbol to text.
    *number* says how a card looks that has a number to be typed in the place of a symbol.
    """

    paper_mm: tuple[float, float]
    across: int
    down: int
    card_mm: tuple[float, float]
    gap_mm: tuple[float, float]
    margin_mm: float
    module_mm: float
    gutter_mm: float
    words_pt: tuple[float, ...]
    number: Number
    has_cut_marks: bool

    @property
    def cards(self) -> int:
        """How many cards are on a sheet."""
        return self.across * self.down

    @property
    def symbol_mm(self) -> float:
        """The side of the QR symbol, without its quiet zone."""
        return SIDE * self.module_mm

    @property
    def measure_mm(self) -> float:
        """The width of a card's content."""
        return self.card_mm[0] - 2 * self.margin_mm

    @property
    def words_mm(self) -> tuple[float, float]:
        """Width and height of the room for the text: beside the symbol, down to where its quiet zone ends."""
        return self.measure_mm - self.symbol_mm - self.gutter_mm, self.symbol_mm + QUIET_ZONE * self.module_mm

    @property
    def words_corner_mm(self) -> tuple[float, float]:
        """The upper left corner of that room, from the card's own."""
        return self.margin_mm + self.symbol_mm + self.gutter_mm, self.margin_mm

    @property
    def number_words_mm(self) -> tuple[float, float]:
        """Width and height of the room for the text under a number."""
        return self.measure_mm, self.card_mm[1] - self.number.margin_mm - self.number_words_corner_mm[1]

    @property
    def number_words_corner_mm(self) -> tuple[float, float]:
        """The upper left corner of that room, from the card's own."""
        return self.margin_mm, self.number.margin_mm + self.number.height_mm + self.number.gap_mm

    @property
    def corner_mm(self) -> tuple[float, float]:
        """The upper left corner of the first card, from the upper left corner of the paper."""
        return _before(self.paper_mm[0], self.across, self.card_mm[0], self.gap_mm[0]), _before(
            self.paper_mm[1], self.down, self.card_mm[1], self.gap_mm[1]
        )

    def corners_mm(self) -> Iterator[tuple[float, float]]:
        """Yield the upper left corner of each card, row by row."""
        left, top = self.corner_mm
        for row in range(self.down):
            for column in range(self.across):
                yield (
                    left + column * (self.card_mm[0] + self.gap_mm[0]),
                    top + row * (self.card_mm[1] + self.gap_mm[1]),
                )


def _before(paper: float, count: int, card: float, gap: float) -> float:
    return (paper - count * card - (count - 1) * gap) / 2


A4, LETTER = (210.0, 297.0), (8.5 * INCH_MM, 11 * INCH_MM)
US_CARD, US_LABEL = (3.5 * INCH_MM, 2 * INCH_MM), (2.625 * INCH_MM, INCH_MM)

CARD_NUMBER = Number(7.6, 6.0, 7.5, (9.5, 9, 8.5, 8, 7.5, 7))
LABEL_NUMBER = Number(5.8, 4.5, 4.5, (7.5, 7, 6.5, 6))
US_LABEL_NUMBER = Number(4.6, 1.9, 2.8, (6.5, 6))

# by paper and layout: business cards are cut apart; labels are ready-made, a4's as L7160 and letter's as 5160
SHEETS: dict[tuple[str, str], Sheet] = {
    ("a4", "cards"): Sheet(A4, 2, 5, (85, 54), (0, 0), 7.5, 1.0, 5.0, (8.5, 8, 7.5, 7), CARD_NUMBER, True),
    ("letter", "cards"): Sheet(LETTER, 2, 5, US_CARD, (0, 0), 7, 1.0, 5.0, (8.5, 8, 7.5, 7), CARD_NUMBER, True),
    ("a4", "labels"): Sheet(A4, 3, 7, (63.5, 38.1), (2.5, 0), 4.5, 0.75, 3.5, (7, 6.5, 6), LABEL_NUMBER, False),
    ("letter", "labels"): Sheet(
        *(LETTER, 3, 10, US_LABEL, (0.125 * INCH_MM, 0), 4, 0.5, 2.5, (6.5, 6), US_LABEL_NUMBER, False)
    ),
}
PAPERS = tuple(dict.fromkeys(paper for paper, _ in SHEETS))
LAYOUTS = tuple(dict.fromkeys(layout for _, layout in SHEETS))


@dataclass(frozen=True, slots=True)
class Look:
    """How sheets are wanted: a *paper* and a *layout* of ``SHEETS``, and the *words* on each card, a paragraph each."""

    paper: str = "a4"
    layout: str = "cards"
    words: tuple[str, ...] = ()
