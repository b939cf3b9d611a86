"""Cards as a scanner sees them: sheets rendered, worn, and read back by two readers that share no code.

``python -m tests.codes.reading [--cards N]`` counts how many of how many are read, with ever more wear.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import click
import pypdfium2
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter
from pyzbar import pyzbar

from kiosk.codes.format import make_code, qr_text
from kiosk.codes.layouts import INCH_MM, SHEETS, Look, Sheet
from kiosk.codes.sheets import draw_sheets
from kiosk.codes.symbol import SIDE
from kiosk.codes.wording import neutral_words
from kiosk.core.values import Kind, Secret

WORDS = neutral_words(Kind.TICKET, ["en", "es", "fr"], None)
MOST_WRONG = 11  # codewords of the 44 that level Q corrects at version 2
CODEWORDS = 44

Picture = Image.Image
Wear = Callable[["Card", random.Random], Picture]


@dataclass(frozen=True, slots=True)
class Card:
    """A card cut out of a rendered sheet: where its symbol is, in pixels, and what it should be read as."""

    picture: Picture
    left: float
    top: float
    module: float
    text: str

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Return the pixels of a module, as Pillow's drawing counts them."""
        left, top = self.left + column * self.module, self.top + row * self.module
        return round(left), round(top), round(left + self.module) - 1, round(top + self.module) - 1


def make_codes(chance: random.Random, count: int) -> list[Secret]:
    return [make_code(chance.getrandbits) for _ in range(count)]


def render(pdf: bytes, dpi: int) -> list[Picture]:
    """Render each page in grey."""
    return [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in pypdfium2.PdfDocument(io.BytesIO(pdf))]


def print_cards(codes: Sequence[Secret], look: Look, dpi: int) -> list[Card]:
    """Draw sheets, render them, and cut them apart where their layout says."""
    pages = render(draw_sheets(codes, look, lambda: None), dpi)
    sheet, per_mm = SHEETS[look.paper, look.layout], dpi / INCH_MM
    places = ((page, corner) for page in pages for corner in sheet.corners_mm())
    return [
        cut_out(page, sheet, corner, per_mm, qr_text(code)) for code, (page, corner) in zip(codes, places, strict=False)
    ]


def cut_out(page: Picture, sheet: Sheet, corner: tuple[float, float], per_mm: float, text: str) -> Card:
    left, top = (side * per_mm for side in corner)
    width, height = (side * per_mm for side in sheet.card_mm)
    box = tuple(map(round, (left, top, left + width, top + height)))
    assert len(box) == 4
    margin = sheet.margin_mm * per_mm
    return Card(page.crop(box), left + margin - box[0], top + margin - box[1], sheet.module_mm * per_mm, text)


# --- wear


def blurred(modules: float) -> Wear:
    """Out of focus by that many modules (the standard deviation of the blur)."""
    return lambda card, _: card.picture.filter(ImageFilter.GaussianBlur(modules * card.module))


def turned(card: Card, chance: random.Random) -> Picture:
    """Held at any angle, before something grey."""
    return card.picture.rotate(chance.uniform(0, 360), Image.Resampling.BICUBIC, expand=True, fillcolor=160)


def tilted(degrees: float) -> Wear:
    """Seen from the side: the far edge is shorter by perspective."""

    def wear(card: Card, chance: random.Random) -> Picture:
        width, height = card.picture.size
        squeeze = height * degrees / 90 / 2
        corners = (0, -squeeze, 0, height + squeeze, width, height, width, 0)
        return card.picture.transform(
            card.picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=255
        )

    return wear


def far(pixels: float) -> Wear:
    """As far away as leaves a scanner that many pixels for a module, the card lying anyhow on its grid."""

    def wear(card: Card, chance: random.Random) -> Picture:
        askew = card.picture.rotate(chance.uniform(-20, 20), Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        scale = pixels / card.module
        size = round(askew.width * scale), round(askew.height * scale)
        return askew.resize(size, Image.Resampling.BOX)

    return wear


def spread(card: Card, _: random.Random) -> Picture:
    """Printed with a dot of ink too much on each side."""
    return card.picture.filter(ImageFilter.MinFilter(3))


def faint(card: Card, _: random.Random) -> Picture:
    """Printed in grey on grey, 25 % of contrast left."""
    return card.picture.point(lambda value: 150 + value // 4)


def ruined(codewords: int) -> Wear:
    """That many codewords turned round, module by module: nothing of them is left to guess."""

    def wear(card: Card, chance: random.Random) -> Picture:
        picture = card.picture.copy()
        draw = ImageDraw.Draw(picture)
        for word in chance.sample(range(CODEWORDS), codewords):
            for place in islice(places(), 8 * word, 8 * word + 8):
                box = card.box(*place)
                draw.rectangle(
                    box, 255 if picture.getpixel(((box[0] + box[2]) // 2, (box[1] + box[3]) // 2)) == 0 else 0
                )
        return picture

    return wear


def dirty(codewords: int) -> Wear:
    """Dark round blots on data, on that many codewords or a few less; the marks that readers aim by stay clean."""

    def wear(card: Card, chance: random.Random) -> Picture:
        picture, hit = card.picture.copy(), set[int]()
        for _ in range(200):
            blot = chance.uniform(0, SIDE), chance.uniform(0, SIDE), chance.uniform(0.6, 1.8)
            covered = under(*blot)
            more = hit | {DATA[place] for place in covered & DATA.keys()}
            if covered <= DATA.keys() and len(more) <= codewords:
                hit = more
                draw_blot(card, picture, *blot)
        return picture

    return wear


def blotted(modules: float) -> Wear:
    """One dark round blot of that width, anywhere on the symbol."""

    def wear(card: Card, chance: random.Random) -> Picture:
        picture = card.picture.copy()
        draw_blot(card, picture, chance.uniform(0, SIDE), chance.uniform(0, SIDE), modules / 2)
        return picture

    return wear


def draw_blot(card: Card, picture: Picture, row: float, column: float, radius: float) -> None:
    y, x, r = card.top + row * card.module, card.left + column * card.module, radius * card.module
    ImageDraw.Draw(picture).ellipse((x - r, y - r, x + r, y + r), 40)


def under(row: float, column: float, radius: float) -> set[tuple[int, int]]:
    """Return the modules of which a blot covers any part."""
    return {
        (y, x)
        for y in range(max(0, int(row - radius)), min(SIDE, int(row + radius) + 1))
        for x in range(max(0, int(column - radius)), min(SIDE, int(column + radius) + 1))
        if max(y - row, row - y - 1, 0) ** 2 + max(x - column, column - x - 1, 0) ** 2 < radius**2
    }


def places() -> Iterator[tuple[int, int]]:
    """Yield the data modules of version 2 in ISO/IEC 18004's order: in twos from the right, up and down in turn."""
    upwards = True
    for right in (24, 22, 20, 18, 16, 14, 12, 10, 8, 5, 3, 1):  # column 6 is timing
        for row in range(SIDE - 1, -1, -1) if upwards else range(SIDE):
            yield from ((row, column) for column in (right, right - 1) if holds_data(row, column))
        upwards = not upwards


def holds_data(row: int, column: int) -> bool:
    in_eye = (row < 9 and (column < 9 or column > 16)) or (row > 16 and column < 9)
    return not (in_eye or row == 6 or column == 6 or (16 <= row <= 20 and 16 <= column <= 20))


DATA = {place: number // 8 for number, place in enumerate(islice(places(), 8 * CODEWORDS))}  # its codeword

# --- readers


def read_by_zxing(picture: Picture) -> list[str]:
    return [
        found.text
        for found in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    ]


def read_by_zbar(picture: Picture) -> list[str]:
    return [found.data.decode() for found in pyzbar.decode(picture, [pyzbar.ZBarSymbol.QRCODE])]


READERS = {"zxing-cpp": read_by_zxing, "zbar": read_by_zbar}

WEARS: dict[str, Wear] = {
    "as printed": lambda card, _: card.picture,
    "turned by any angle": turned,
    "tilted by 20°": tilted(20),
    "tilted by 40°": tilted(40),
    "blurred by 0.3 modules": blurred(0.3),
    "blurred by 0.4 modules": blurred(0.4),
    "blurred by 0.5 modules": blurred(0.5),
    "blurred by 0.7 modules": blurred(0.7),
    "4 pixels for a module": far(4),
    "3 pixels for a module": far(3),
    "2 pixels for a module": far(2),
    "1.5 pixels for a module": far(1.5),
    "a dot of ink too much": spread,
    "a quarter of the contrast": faint,
    "5 codewords blotted": dirty(5),
    "11 codewords blotted": dirty(11),
    "a blot of 3 modules anywhere": blotted(3),
    "a blot of 5 modules anywhere": blotted(5),
    "11 codewords turned round": ruined(11),
    "12 codewords turned round": ruined(12),
}


@click.command()
@click.option("--cards", default=100, show_default=True, help="How many of each kind.")
@click.option("--seed", default=1, show_default=True)
def main(cards: int, seed: int) -> None:
    """Print how many of how many cards each reader reads; *misread* is any other text than the card's."""
    for (paper, layout), dpi in ((kind, dpi) for kind in SHEETS for dpi in (300, 203)):
        chance = random.Random(seed)
        printed = print_cards(make_codes(chance, cards), Look(paper, layout, WORDS), dpi)
        module = SHEETS[paper, layout].module_mm
        click.secho(f"{paper} {layout}, {module} mm, {dpi} dpi: of {cards}", bold=True)
        for name, wear in WEARS.items():
            worn = [(card.text, wear(card, chance)) for card in printed]
            click.echo(
                f"  {name:28}" + "".join(f"{reader:>12} {counts(worn, read)}" for reader, read in READERS.items())
            )


def counts(worn: Sequence[tuple[str, Picture]], read: Callable[[Picture], list[str]]) -> str:
    found = [(text, read(picture)) for text, picture in worn]
    good = sum(text in texts for text, texts in found)
    misread = sum(any(other != text for other in texts) for text, texts in found)
    return f"{good:5}" + (f" ({misread} misread)" if misread else "")


if __name__ == "__main__":
    main()
