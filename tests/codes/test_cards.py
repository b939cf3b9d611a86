from __future__ import annotations

import csv
import logging
import re
import sys
from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path
from xml.etree import ElementTree

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageOps

from kiosk.codes.cards import card_name, write_cards
from kiosk.codes.format import printed, qr_text
from kiosk.codes.issue import Issued, Wish, issue_codes, issue_tickets
from kiosk.codes.layouts import SHEETS, Look
from kiosk.codes.refusals import (
    CardsInTheWay,
    CardsNameRefused,
    CardsNotWritten,
    CardsPackageMissing,
    CardsUnwritable,
    WordsTooLong,
)
from kiosk.core.values import ItemId, Kind
from tests.codes.disk import LossyDisk, full_disk, mode
from tests.codes.making import KEY, code_of

MODULES = 33  # version 2 has 25, and a quiet zone of 4 on each side
KINDS = ["cards.pdf", "cards.csv", "cards-png", "cards.svg"]


class Stopped(OSError):
    """The terminal of the progress bar went away."""


def issue(cards: int = 3) -> Issued:
    kit, strips = ItemId("kit"), ItemId("strips")
    return issue_tickets(cards, KEY, "spring", (kit, strips, strips), date(2027, 3, 31))


def png_picture(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("L")


def svg_picture(path: Path) -> Image.Image:
    """Draw an SVG of unit squares with 8 pixels a unit, dark on light."""
    modules = Image.new("L", (MODULES, MODULES), 255)
    outline = ElementTree.parse(path).getroot()[0].attrib["d"]
    for square in re.findall(r"M(\d+),(\d+)H(\d+)V(\d+)H\1z", outline):
        column, row, right, bottom = map(int, square)
        modules.paste(0, (column, row, right, bottom))
    return modules.resize((MODULES * 8, MODULES * 8), Image.Resampling.NEAREST)


def is_dark(picture: Image.Image, row: int, column: int) -> bool:
    """Tell the colour of one module, counted from the symbol's own corner, inside the quiet zone."""
    return picture.getpixel(((column + 4) * 8 + 4, (row + 4) * 8 + 4)) == 0


def read_back(picture: Image.Image) -> zxingcpp.Barcode:
    found = zxingcpp.read_barcode(picture)
    assert found is not None
    return found


def text_of(path: Path) -> str:
    pages = pypdfium2.PdfDocument(path.read_bytes())
    return "".join(page.get_textpage().get_text_bounded() for page in pages)


def stop_at(card: int) -> Callable[[], None]:
    cards = count(1)

    def when_written() -> None:
        if next(cards) == card:
            raise Stopped("the terminal is gone")

    return when_written


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_table_holds_every_code_in_printing_order(tmp_path: Path) -> None:
    issued = issue(3)

    write_cards(tmp_path / "cards.csv", issued)

    with (tmp_path / "cards.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["number", "qr_text", "printed", "gives", "expires"]
    assert rows[1:] == [
        [str(number), qr_text(code), printed(code), "kit:1,strips:2", "2027-03-31"]
        for number, code in enumerate(issued.codes, start=1)
    ]


def test_a_table_of_free_choice_without_a_last_day_says_neither(tmp_path: Path) -> None:
    write_cards(tmp_path / "cards.csv", issue_tickets(1, KEY, "spring"))

    assert (tmp_path / "cards.csv").read_text().splitlines()[1].endswith(",,")


@pytest.mark.parametrize("wish", [Wish(Kind.NUMBER, 3), Wish(Kind.SHARED)], ids=["numbers", "a shared code"])
def test_a_table_of_digits_has_them_in_groups_and_no_text_for_a_symbol(tmp_path: Path, wish: Wish) -> None:
    issued = issue_codes(wish, KEY, "spring")

    write_cards(tmp_path / "cards.csv", issued)

    with (tmp_path / "cards.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert rows == [[str(number), "", printed(code), "", ""] for number, code in enumerate(issued.codes, start=1)]


@pytest.mark.parametrize("wish", [Wish(Kind.NUMBER, 3), Wish(Kind.SHARED)], ids=["numbers", "a shared code"])
@pytest.mark.parametrize("name", ["cards-png", "cards.svg"])
def test_images_of_digits_are_refused_with_what_there_is(tmp_path: Path, wish: Wish, name: str) -> None:
    issued = issue_codes(wish, KEY, "spring")

    with pytest.raises(CardsNameRefused, match=r"typed and have no images.*\.pdf or \.csv") as refusal:
        write_cards(tmp_path / name, issued)
    assert everything_in(tmp_path) == []
    assert issued.codes[0].reveal() not in f"{refusal.value!r}"


def test_each_number_has_a_card(tmp_path: Path) -> None:
    issued = issue_codes(Wish(Kind.NUMBER, 12), KEY, "spring")

    write_cards(tmp_path / "cards.pdf", issued)

    said = text_of(tmp_path / "cards.pdf")
    assert [said.count(printed(code)) for code in issued.codes] == [1] * 12


def test_a_sheet_is_full_of_the_one_shared_code(tmp_path: Path) -> None:
    issued, told = issue_codes(Wish(Kind.SHARED), KEY, "spring"), list[None]()

    write_cards(tmp_path / "cards.pdf", issued, lambda: told.append(None), Look("letter", "labels"))

    cards = SHEETS["letter", "labels"].cards
    assert text_of(tmp_path / "cards.pdf").count(printed(issued.codes[0])) == len(told) == cards


def test_a_pass_has_a_symbol_as_a_ticket_has(tmp_path: Path) -> None:
    issued = issue_codes(Wish(Kind.PASS), KEY, "spring")

    write_cards(tmp_path / "png", issued)

    assert read_back(png_picture(tmp_path / "png/0001.png")).text == qr_text(issued.codes[0])


def test_a_png_reads_back_as_the_code(tmp_path: Path) -> None:
    issued = issue(20)

    write_cards(tmp_path / "cards-png", issued)

    read = [read_back(png_picture(path)).text for path in sorted((tmp_path / "cards-png").iterdir())]
    assert read == [qr_text(code) for code in issued.codes]


def test_an_svg_reads_back_as_the_code(tmp_path: Path) -> None:
    issued = issue(20)

    write_cards(tmp_path / "cards.svg", issued)

    read = [read_back(svg_picture(path)).text for path in sorted((tmp_path / "cards.svg").iterdir())]
    assert read == [qr_text(code) for code in issued.codes]


def test_png_and_svg_of_a_code_are_the_same_picture(tmp_path: Path) -> None:
    issued = issue(1)

    write_cards(tmp_path / "png", issued)
    write_cards(tmp_path / "svg", issued)

    pictures = png_picture(tmp_path / "png/0001.png"), svg_picture(tmp_path / "svg/0001.svg")
    assert pictures[0].tobytes() == pictures[1].tobytes()


def test_a_qr_symbol_is_version_2_at_level_q_with_a_quiet_zone_of_4(tmp_path: Path) -> None:
    write_cards(tmp_path / "png", issue(1))

    picture = png_picture(tmp_path / "png/0001.png")
    assert picture.size == (MODULES * 8, MODULES * 8)
    assert ImageOps.invert(picture).getbbox() == (4 * 8, 4 * 8, 29 * 8, 29 * 8)
    assert read_back(picture).ec_level == "Q"


def test_a_qr_symbol_is_one_alphanumeric_piece_digits_or_not(tmp_path: Path) -> None:
    digits_only = Issued((code_of(0),), issue(1).batch)

    write_cards(tmp_path / "png", digits_only)

    # the first data bits run up the two rightmost columns; mask 3 turns every third diagonal round
    picture = png_picture(tmp_path / "png/0001.png")
    places = [(row, column) for row in range(24, 17, -1) for column in (24, 23)][:13]
    bits = "".join(str(int(is_dark(picture, *place) ^ (sum(place) % 3 == 0))) for place in places)
    assert bits == "0010" + f"{27:09b}"  # alphanumeric, 27 characters


def test_all_cards_have_the_same_mask(tmp_path: Path) -> None:
    write_cards(tmp_path / "png", issue(20))

    # format information beside the upper left eye: level, mask and their check bits
    pictures = [png_picture(path) for path in (tmp_path / "png").iterdir()]
    assert len({tuple(is_dark(picture, 8, column) for column in range(6)) for picture in pictures}) == 1


def test_a_module_prints_a_millimetre_wide_in_both_kinds(tmp_path: Path) -> None:
    write_cards(tmp_path / "png", issue(1))
    write_cards(tmp_path / "svg", issue(1))

    with Image.open(tmp_path / "png/0001.png") as image:
        assert image.info["dpi"] == pytest.approx((8 * 25.4, 8 * 25.4))
    assert ElementTree.parse(tmp_path / "svg/0001.svg").getroot().attrib["width"] == "33mm"


def test_images_are_numbered_from_0001(tmp_path: Path) -> None:
    write_cards(tmp_path / "svg", issue(2))

    assert everything_in(tmp_path / "svg") == ["0001.svg", "0002.svg"]


@pytest.mark.parametrize("cards", [1, 9_999, 10_000])
def test_names_sort_in_printing_order(cards: int) -> None:
    names = [card_name(number, cards) for number in range(1, cards + 1)]

    assert names == sorted(names)


@pytest.mark.parametrize("name", ["CARDS.CSV", "Cards.PDF", "PNG", "my cards.Png", "svg", "cards-svg", "cards.csv.svg"])
def test_the_names_ending_says_the_kind_in_any_case(tmp_path: Path, name: str) -> None:
    write_cards(tmp_path / name, issue(1))

    assert (tmp_path / name).is_file() == name.lower().endswith(("csv", "pdf"))


@pytest.mark.parametrize("name", ["cards", "csv", "pdf", "cards.jpg", "cards.csv.gz"])
def test_a_name_of_no_kind_is_refused_with_what_there_is(tmp_path: Path, name: str) -> None:
    with pytest.raises(CardsNameRefused, match=r"says no kind of cards.*\.pdf or \.csv.*png or svg"):
        write_cards(tmp_path / name, issue(1))
    assert everything_in(tmp_path) == []


@pytest.mark.usefixtures("careless_umask")
@pytest.mark.parametrize("name", KINDS)
def test_cards_are_for_their_owner_only(tmp_path: Path, name: str) -> None:
    write_cards(tmp_path / name, issue(2))

    for path in tmp_path.rglob("*"):
        assert mode(path) == (0o700 if path.is_dir() else 0o600)


@pytest.mark.parametrize("name", KINDS)
def test_cards_are_on_the_disk_when_written(tmp_path: Path, name: str, lossy_disk: LossyDisk) -> None:
    write_cards(tmp_path / name, issue(2))

    assert lossy_disk.names_left(tmp_path) == {name}
    for path in tmp_path.rglob("*.???"):
        assert path.is_dir() or lossy_disk.content_left(path) == path.read_bytes()


@pytest.mark.parametrize("name", KINDS)
def test_progress_is_told_once_a_card(tmp_path: Path, name: str) -> None:
    told: list[None] = []

    write_cards(tmp_path / name, issue(3), lambda: told.append(None))

    assert len(told) == 3


@pytest.mark.parametrize("name", KINDS)
def test_a_file_in_the_way_stays_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("last year's cards")

    with pytest.raises(CardsInTheWay, match=f"{name} is there already"):
        write_cards(tmp_path / name, issue(1))
    assert (tmp_path / name).read_text() == "last year's cards"


@pytest.mark.parametrize("name", KINDS)
def test_a_folder_in_the_way_stays_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()

    with pytest.raises(CardsInTheWay):
        write_cards(tmp_path / name, issue(1))
    assert everything_in(tmp_path) == [name]


@pytest.mark.parametrize("name", KINDS)
def test_a_failure_in_the_middle_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    with pytest.raises(Stopped):
        write_cards(tmp_path / name, issue(3), stop_at(2))

    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("name", KINDS)
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    with full_disk(room=50), pytest.raises(CardsUnwritable, match=r"Cannot write to .*too large"):
        write_cards(tmp_path / name, issue(3))

    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("name", KINDS)
def test_a_disk_that_does_not_keep_names_leaves_nothing_behind(
    tmp_path: Path, name: str, lossy_disk: LossyDisk
) -> None:
    lossy_disk.loses_names = True

    with pytest.raises(CardsUnwritable, match=r"Cannot write to .*Input/output error"):
        write_cards(tmp_path / name, issue(2))

    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("name", KINDS)
def test_a_missing_folder_is_refused_in_plain_words(tmp_path: Path, name: str) -> None:
    with pytest.raises(CardsUnwritable, match="No such file or directory"):
        write_cards(tmp_path / "missing" / name, issue(1))


@pytest.mark.parametrize(("name", "module"), [("png", "png"), ("cards.pdf", "reportlab.pdfgen.canvas")])
def test_a_missing_package_is_named_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    monkeypatch.delitem(sys.modules, "kiosk.codes.sheets", raising=False)
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(CardsPackageMissing, match=re.escape("pip install 'supply-kiosk[cards]'")):
        write_cards(tmp_path / name, issue(1))
    assert everything_in(tmp_path) == []


def test_words_that_are_refused_leave_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(WordsTooLong):
        write_cards(tmp_path / "cards.pdf", issue(1), look=Look(words=("word " * 200,)))

    assert everything_in(tmp_path) == []


def test_svg_and_tables_need_no_package_for_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("png", "PIL", "reportlab", "kiosk.codes.sheets"):
        monkeypatch.setitem(sys.modules, module, None)

    write_cards(tmp_path / "cards.svg", issue(1))
    write_cards(tmp_path / "cards.csv", issue(1))

    assert everything_in(tmp_path) == ["cards.csv", "cards.svg", "cards.svg/0001.svg"]


@pytest.mark.parametrize("name", ["missing/cards.pdf", "missing/cards.csv", "missing/png"])
def test_no_failure_or_log_shows_a_code(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.NOTSET)
    issued = issue(1)

    with pytest.raises(CardsNotWritten) as failure:
        write_cards(tmp_path / name, issued)

    assert issued.codes[0].reveal() not in f"{failure.value!r}{failure.value.__cause__!r}{caplog.text}"


def test_the_folder_for_images_is_the_only_one_made(tmp_path: Path) -> None:
    write_cards(tmp_path / "out-png", issue(1))

    assert everything_in(tmp_path) == ["out-png", "out-png/0001.png"]
