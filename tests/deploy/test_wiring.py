"""The wiring guide: its drawings are there and harmless, and its table of pins agrees with what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from gpiozero.pins.mock import MockFactory

from kiosk.config import parse
from kiosk.config.rules import PULLED_UP, SERIAL_CONSOLE
from tests.selftest.stage import CONFIG

DEPLOY = Path(__file__).parents[2] / "deploy"
GUIDE = (DEPLOY / "wiring.md").read_text(encoding="utf-8")
DRAWINGS = sorted((DEPLOY / "drawings").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
DRAWS = {"circle", "desc", "path", "polyline", "rect", "style", "svg", "text", "title"}  # nothing that runs or fetches

PINS = {
    int(bcm): (int(pin), motor == "yes")
    for pin, bcm, motor in re.findall(r"^\| (\d+) \| (\d+) \| (yes|no) \|", GUIDE, re.M)
}


def words(drawing: Path) -> Iterator[str]:
    return (each.text or "" for each in ElementTree.parse(drawing).iter(f"{SVG}text"))


def test_every_drawing_that_is_named_exists_and_every_one_that_exists_is_named() -> None:
    named = set(re.findall(r"\]\((drawings/[^)]+)\)", GUIDE))

    assert named == {f"drawings/{drawing.name}" for drawing in DRAWINGS}


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.stem)
def test_a_drawing_is_well_formed_runs_nothing_and_fetches_nothing(drawing: Path) -> None:
    text = drawing.read_text(encoding="utf-8")

    elements = list(ElementTree.fromstring(text).iter())
    assert {each.tag.removeprefix(SVG) for each in elements} <= DRAWS
    assert not [name for each in elements for name in each.attrib if name.startswith("on") or "href" in name]
    assert not re.search(r"<!|url\(|@import|javascript:", text.replace("<!--", ""))


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.stem)
def test_a_drawing_says_what_it_is_to_whoever_cannot_see_it_and_is_readable_in_the_dark(drawing: Path) -> None:
    root = ElementTree.parse(drawing).getroot()

    assert [root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")] != [None, None]
    assert root.get("role") == "img"
    assert "prefers-color-scheme: dark" in (root.findtext(f"{SVG}style") or "")


def test_the_table_of_pins_agrees_with_what_a_configuration_may_say() -> None:
    safe = {bcm for bcm, (_, motor) in PINS.items() if motor}

    assert set(PINS) == set(range(28))
    assert safe == set(range(28)) - set(PULLED_UP) - set(SERIAL_CONSOLE)


@pytest.mark.parametrize("bcm", range(28))
def test_a_motor_on_a_pin_is_refused_exactly_where_the_table_says_no(bcm: int) -> None:
    config = CONFIG.format(data="data").replace("pin: 17,", f"pin: {bcm},")

    faults = [fault for fault in parse(config.encode(), "kiosk.yaml").faults if "the motor would run" in fault.message]
    assert bool(faults) is not PINS[bcm][1]


def test_what_the_guide_says_to_write_is_a_configuration_without_a_fault() -> None:
    said = GUIDE + "\n".join(word for drawing in DRAWINGS for word in words(drawing))
    keys = ("motor", "home", "drop_sensor", "door", "motor_enable")
    parts = {key: re.search(rf"^ *{key}: +{{[^}}…]+}}", said, re.M) for key in keys}

    found = {key: part[0].strip() for key, part in parts.items() if part}
    head = CONFIG.split("slots:")[0].format(data="data")
    slot = f"  - {{id: A1, item: naloxone, capacity: 10, {found.pop('motor')}, {found.pop('home')}}}"
    assert parse("\n".join([head + "slots:", slot, *found.values()]).encode(), "kiosk.yaml").faults == ()
    assert len(found) == len(keys) - 2


def test_places_on_the_header_are_where_the_board_has_them() -> None:
    header = MockFactory().board_info.headers["J8"].pins
    there = {next(iter(pin.names & {f"GPIO{bcm}" for bcm in PINS}), ""): place for place, pin in header.items()}

    assert {f"GPIO{bcm}": pin for bcm, (pin, _) in PINS.items()} == {name: at for name, at in there.items() if name}


def test_the_drawing_of_the_header_says_the_same_as_the_table() -> None:
    said = list(words(DEPLOY / "drawings" / "header.svg"))

    drawn = {}
    for place, word in enumerate(said):
        if found := re.fullmatch(r"BCM (\d+)", word):
            drawn[int(found[1])] = said[place + 1] == "motor"
    assert drawn == {bcm: motor for bcm, (_, motor) in PINS.items()}


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.stem)
def test_pins_in_a_drawing_stand_where_the_table_has_them(drawing: Path) -> None:
    for bcm, pin in re.findall(r"BCM (\d+) \((?:pin )?(\d+)\)", " ".join(words(drawing))):
        assert PINS[int(bcm)][0] == int(pin)
