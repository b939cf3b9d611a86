from __future__ import annotations

import pytest

from kiosk.config.faults import Place, Tree
from kiosk.config.places import MOST_DEPTH, read_document
from tests.config.conftest import Read

BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_every_key_and_entry_has_its_place() -> None:
    places = read_document("slots:\n  - id: A1\n    motor: {pin: 17}\n  - id: A2\n").places

    assert places["slots",] == Place(1, 1)
    assert places["slots", 0] == Place(2, 5)
    assert places["slots", 0, "motor", "pin"] == Place(3, 13)
    assert places["slots", 1, "id"] == Place(4, 5)


def test_what_is_missing_has_the_place_of_what_would_hold_it() -> None:
    document = read_document("slots:\n  - id: A1\n    motor: {pin: 17}\n")

    assert document.place(("slots", 0, "home", "pin")) == Place(2, 5)
    assert document.place(("kiosk",)) == Place(1, 1)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("on", "on"),
        ("017", 17),
        ("-3", -3),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("9" * 19, 1e19),
        ("12:30", "12:30"),
        ("2026-11-24", "2026-11-24"),
        ("1_000", "1_000"),
        ("'17'", "17"),
        ('"true"', "true"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_text_means_what_yaml_1_2_says(text: str, meaning: Tree) -> None:
    assert read_document(f"key: {text}\n").sections == {"key": meaning}


def test_not_a_number_is_read_as_such() -> None:
    (value,) = read_document("key: .nan\n").sections.values()

    assert value != value  # noqa: PLR0124  # only not-a-number differs from itself


def test_a_yaml_1_1_directive_changes_no_meaning() -> None:
    assert read_document("%YAML 1.1\n---\nkey: no\n").sections == {"key": "no"}


def test_of_two_equal_keys_the_first_counts() -> None:
    document = read_document("pin: {a: 1}\npin: {a: 2}\n")

    assert document.sections == {"pin": {"a": 1}}
    assert document.places["pin", "a"] == Place(1, 7)


def test_every_doubled_key_is_named(good: str, read: Read) -> None:
    faults = read(good + "door:\ndoor:\n").faults

    assert [(fault.line, fault.path) for fault in faults] == [(29, "door"), (30, "door")]


def test_a_key_with_a_tag_or_a_control_character_is_refused(good: str, read: Read) -> None:
    faults = read(good + '!!str more: 1\n"\\a": 2\n').faults

    assert [fault.line for fault in faults] == [29, 30]
    assert {fault.message for fault in faults} == {"a key must be plain text"}


def test_a_tag_on_a_section_refuses_the_section(good: str, read: Read) -> None:
    (fault,) = read(good.replace("door: {", "door: !!python/object:os.system {")).faults

    assert fault.message == "the tag '!!python/object:os.system' means nothing here"


def test_a_refused_value_under_an_unknown_key_gives_both_faults(good: str, read: Read) -> None:
    faults = read(good + "more: *more\n").faults

    assert [(fault.path, fault.message) for fault in faults] == [
        ("more", "is no key that belongs here"),
        ("more", "the alias '*more' repeats another part of the file"),
    ]


def test_a_bomb_of_aliases_is_refused_and_never_unfolded(read: Read) -> None:
    messages = [fault.message for fault in read(BOMB).faults]

    assert sum("repeats another part" in message for message in messages) == 16


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[?"])
def test_endless_nesting_is_refused(opening: str, read: Read) -> None:
    (fault,) = read(opening * 100_000).faults

    assert fault.message == f"this is nested more than {MOST_DEPTH} deep"


def test_a_control_character_in_the_file_has_its_place(read: Read) -> None:
    (fault,) = read(b"kiosk:\n  id: a\x07b\n").faults

    assert str(fault) == "kiosk.yaml:2:8: the control character U+0007 stands here"


def test_text_on_which_the_parser_itself_fails_is_a_fault(read: Read) -> None:
    (fault,) = read('kiosk:\n  id: "\\UFFFFFFFF"\n').faults

    assert str(fault) == "kiosk.yaml:2:3: what follows here is not YAML"


def test_a_fault_stays_one_short_line_whatever_the_key_is(good: str, read: Read) -> None:
    key = "key\\n" * 100
    (fault,) = read(good + f'"{key}": 1\n').faults

    assert str(fault).startswith("kiosk.yaml:29:1 'key\\nkey\\n")
    assert len(str(fault)) < 200
    assert "\n" not in str(fault)
