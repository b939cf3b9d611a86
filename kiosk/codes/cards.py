"""Cards: a new batch as files for the printer, a table or a folder of QR images.

These files are the only place where codes are ever written: for their owner's eyes, over nothing that is there already,
all of them or none. There are no PDF sheets in this version, and no picture library is needed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from qrcode.constants import ERROR_CORRECT_Q
from qrcode.image.svg import SvgPathImage
from qrcode.main import QRCode

from kiosk.codes.format import printed, qr_text
from kiosk.codes.issue import Issued, gives_text
from kiosk.codes.private_files import sync_folder, write_new
from kiosk.core.values import Secret

QR_VERSION = 2  # at level Q it holds 29 characters; ours are 27
QUIET_ZONE = 4  # modules, ISO/IEC 18004
MASK: Final = 3  # one for all: the search for the prettiest takes five times as long, and readers read any
PIXELS_PER_MODULE = 8  # of a PNG: one byte of one-bit pixels
PIXELS_PER_METRE = 8000  # so that a module prints 1 mm wide, as in the SVG

COLUMNS = ("number", "qr_text", "printed", "gives", "expires")

WhenWritten = Callable[[], None]
Draw = Callable[[Secret], bytes]
Write = Callable[[Path, Issued, WhenWritten, ExitStack], None]


class CardsNotWritten(Exception):
    """The cards were not written, nothing is left behind, and the message says what to do."""


class CardsNameRefused(CardsNotWritten, ValueError):
    """The name does not say which kind of cards is wanted, or says a kind that there is not."""


class CardsInTheWay(CardsNotWritten, FileExistsError):
    """Something has that name already."""


class CardsUnwritable(CardsNotWritten, OSError):
    """The system did not let us write."""


class PngWriterMissing(CardsNotWritten, ImportError):
    """PNG images need a package that is not installed."""


def write_cards(out: Path, issued: Issued, when_written: WhenWritten = lambda: None) -> None:
    """Write a card for every code, in printing order and durable, of the kind that the name *out* says.

    A name that ends in ``.csv`` is a file, one in ``png`` or ``svg`` a new folder of images ``0001.png`` …; files have
    mode 0600, the folder 0700. *when_written* is called once a card. Raises a ``CardsNotWritten``, or what
    *when_written* raises; nothing is left behind then, and what was there before is unchanged.
    """
    write = _writer(out.name.lower())
    with ExitStack() as undo:
        write(out, issued, when_written, undo)
        _sync(out.parent)
        undo.pop_all()


def card_name(number: int, count: int) -> str:
    """Return the name of card *number* of *count*: at least four digits, so that names sort in printing order."""
    return f"{number:0{max(4, len(str(count)))}}"


def _writer(name: str) -> Write:
    for ending, write in _WRITERS.items():
        if name.endswith(ending):
            return write
    fault = "PDF sheets are not in this version." if name.endswith(".pdf") else "That name says no kind of cards."
    raise CardsNameRefused(f"{fault} Name a file that ends in .csv, or a folder that ends in png or svg.")


def _write_table(out: Path, issued: Issued, when_written: WhenWritten, undo: ExitStack) -> None:
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(COLUMNS)
    gives, expires = gives_text(issued.batch.gives), issued.batch.expires
    for number, code in enumerate(issued.codes, start=1):
        rows.writerow((number, qr_text(code), printed(code), gives, expires))
    _write(out, table.getvalue().encode(), undo)
    for _ in issued.codes:
        when_written()


def _images(ending: str, draw: Draw) -> Write:
    def write_images(out: Path, issued: Issued, when_written: WhenWritten, undo: ExitStack) -> None:
        _make_folder(out, undo)
        for number, code in enumerate(issued.codes, start=1):
            _write(out / f"{card_name(number, len(issued.codes))}.{ending}", draw(code), undo)
            when_written()
        _sync(out)

    return write_images


def _png(code: Secret) -> bytes:
    try:
        import png  # noqa: PLC0415 only those who want PNG need it
    except ImportError as error:
        raise PngWriterMissing("PNG images need one more package: pip install 'supply-kiosk[cards]'") from error
    rows = [bytes(0x00 if dark else 0xFF for dark in row) for row in _qr(code).get_matrix()]
    metre = {"x_pixels_per_unit": PIXELS_PER_METRE, "y_pixels_per_unit": PIXELS_PER_METRE, "unit_is_meter": True}
    side = len(rows) * PIXELS_PER_MODULE
    image = io.BytesIO()
    writer = png.Writer(side, side, greyscale=True, bitdepth=1, **metre)
    writer.write_packed(image, (row for row in rows for _ in range(PIXELS_PER_MODULE)))
    return image.getvalue()


def _svg(code: Secret) -> bytes:
    image = io.BytesIO()
    _qr(code).make_image(image_factory=SvgPathImage).save(image)
    return image.getvalue()


def _qr(code: Secret) -> QRCode[SvgPathImage]:
    qr = QRCode(QR_VERSION, ERROR_CORRECT_Q, 10, QUIET_ZONE, SvgPathImage, MASK)
    qr.add_data(qr_text(code), optimize=0)  # in one piece, by its characters in alphanumeric mode
    return qr


_WRITERS: dict[str, Write] = {
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
