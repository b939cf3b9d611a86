"""Cards: a new batch as files for the printer: sheets, a table or a folder of QR images, which codes to be typed lack.

These files are the only place where codes are ever written: for their owner's eyes, over nothing that is there already,
all of them or none. Tables and SVG images need no package that the kiosk does not need.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from qrcode.image.svg import SvgPathImage

from kiosk.codes.format import TYPED, printed, qr_text
from kiosk.codes.issue import Issued, gives_text
from kiosk.codes.layouts import SHEETS, Look
from kiosk.codes.private_files import sync_folder, write_new
from kiosk.codes.refusals import CardsInTheWay, CardsNameRefused, CardsPackageMissing, CardsUnwritable
from kiosk.codes.symbol import qr
from kiosk.core.values import Kind, Secret

PIXELS_PER_MODULE = 8  # of a PNG: one byte of one-bit pixels
PIXELS_PER_METRE = 8000  # so that a module prints 1 mm wide, as in the SVG

COLUMNS = ("number", "qr_text", "printed", "gives", "expires")

WhenWritten = Callable[[], None]
Draw = Callable[[Secret], bytes]
USUAL_LOOK = Look()
Write = Callable[[Path, Issued, Look, WhenWritten, ExitStack], None]


def write_cards(out: Path, issued: Issued, when_written: WhenWritten = lambda: None, look: Look = USUAL_LOOK) -> None:
    """Write a card for every code, in printing order and durable, of the kind that the name *out* says.

    A name that ends in ``.pdf`` or ``.csv`` is a file, one in ``png`` or ``svg`` a new folder of images ``0001.png`` …;
    files have mode 0600, the folder 0700. Of a shared code, which everybody is told, a sheet is full. *when_written* is
    called once a card; *look* is for sheets. Raises a ``CardsNotWritten``, or what *when_written* raises; nothing is
    left behind then, and what was there is unchanged.
    """
    write = _writer(out.name.lower())
    with ExitStack() as undo:
        write(out, issued, look, when_written, undo)
        _sync(out.parent)
        undo.pop_all()


def card_name(number: int, count: int) -> str:
    """Return the name of card *number* of *count*: at least four digits, so that names sort in printing order."""
    return f"{number:0{max(4, len(str(count)))}}"


def _writer(name: str) -> Write:
    for ending, write in _WRITERS.items():
        if name.endswith(ending):
            return write
    raise CardsNameRefused(
        "That name says no kind of cards. Name a file that ends in .pdf or .csv, or a folder that ends in png or svg."
    )


def _write_sheets(out: Path, issued: Issued, look: Look, when_written: WhenWritten, undo: ExitStack) -> None:
    try:
        from kiosk.codes.sheets import draw_sheets  # noqa: PLC0415 only those who want sheets need what it needs
    except ImportError as error:
        raise _package_missing("PDF sheets") from error
    kind = issued.batch.kind
    codes = issued.codes * SHEETS[look.paper, look.layout].cards if kind is Kind.SHARED else issued.codes
    _write(out, draw_sheets(codes, look, when_written, are_typed=kind in TYPED), undo)


def _write_table(out: Path, issued: Issued, _look: Look, when_written: WhenWritten, undo: ExitStack) -> None:
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(COLUMNS)
    gives, expires, is_typed = gives_text(issued.batch.gives), issued.batch.expires, issued.batch.kind in TYPED
    for number, code in enumerate(issued.codes, start=1):
        rows.writerow((number, "" if is_typed else qr_text(code), printed(code), gives, expires))
    _write(out, table.getvalue().encode(), undo)
    for _ in issued.codes:
        when_written()


def _images(ending: str, draw: Draw) -> Write:
    def write_images(out: Path, issued: Issued, _look: Look, when_written: WhenWritten, undo: ExitStack) -> None:
        _refuse_digits(issued)
        _make_folder(out, undo)
        for number, code in enumerate(issued.codes, start=1):
            _write(out / f"{card_name(number, len(issued.codes))}.{ending}", draw(code), undo)
            when_written()
        _sync(out)

    return write_images


def _refuse_digits(issued: Issued) -> None:
    if issued.batch.kind in TYPED:
        raise CardsNameRefused(
            "Numbers are typed and have no images to be scanned. Name a file that ends in .pdf or .csv."
        )


def _png(code: Secret) -> bytes:
    try:
        import png  # noqa: PLC0415 only those who want PNG need it
    except ImportError as error:
        raise _package_missing("PNG images") from error
    rows = [bytes(0x00 if dark else 0xFF for dark in row) for row in qr(qr_text(code)).get_matrix()]
    metre = {"x_pixels_per_unit": PIXELS_PER_METRE, "y_pixels_per_unit": PIXELS_PER_METRE, "unit_is_meter": True}
    side = len(rows) * PIXELS_PER_MODULE
    image = io.BytesIO()
    writer = png.Writer(side, side, greyscale=True, bitdepth=1, **metre)
    writer.write_packed(image, (row for row in rows for _ in range(PIXELS_PER_MODULE)))
    return image.getvalue()


def _svg(code: Secret) -> bytes:
    image = io.BytesIO()
    qr(qr_text(code)).make_image(image_factory=SvgPathImage).save(image)
    return image.getvalue()


def _package_missing(what: str) -> CardsPackageMissing:
    return CardsPackageMissing(f"{what} need a package that is not installed: pip install 'supply-kiosk[cards]'")


_WRITERS: dict[str, Write] = {
    ".pdf": _write_sheets,
    ".csv": _write_table,
    "png": _images("png", _png),
    "svg": _images("svg", _svg),
}


def _write(path: Path, content: bytes, undo: ExitStack) -> None:
    with _in_plain_words(path):
        write_new(path, content)
    undo.callback(path.unlink)


def _make_folder(out: Path, undo: ExitStack) -> None:
    with _in_plain_words(out):
        out.mkdir(mode=0o700)
    undo.callback(out.rmdir)


def _sync(folder: Path) -> None:
    with _in_plain_words(folder):
        sync_folder(folder)


@contextmanager
def _in_plain_words(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise CardsInTheWay(f"{path} is there already and stays as it is. Give another name.") from error
    except OSError as error:
        raise CardsUnwritable(f"Cannot write to {path}: {error.strerror}.") from error
