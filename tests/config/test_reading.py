from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.config import load
from kiosk.config.reading import MOST_BYTES
from tests.config.conftest import Read

NOBODY = 65534


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Root may read everything: be somebody else for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(before)


@pytest.fixture
def locked_file(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.yaml"
    path.touch(mode=0o000)
    return path


def test_a_missing_file_is_a_fault_without_a_place(kiosk_yaml: Path) -> None:
    (fault,) = load(kiosk_yaml).faults

    assert str(fault) == "kiosk.yaml: there is no such file"
    assert fault.remedy == "Name the file on the command line, with --config FILE or in $KIOSK_CONFIG."
    assert (fault.line, fault.column, fault.path) == (None, None, "")


def test_a_directory_is_a_fault(kiosk_yaml: Path) -> None:
    kiosk_yaml.mkdir()
    (fault,) = load(kiosk_yaml).faults

    assert str(fault) == "kiosk.yaml: is a directory, not a file"


def test_an_unreadable_file_is_a_fault(locked_file: Path, as_nobody: None) -> None:
    (fault,) = load(locked_file).faults

    assert str(fault) == f"{locked_file}: cannot be read: Permission denied"


def test_a_name_too_long_for_the_system_is_a_fault() -> None:
    (fault,) = load(Path("x" * 5000)).faults

    assert fault.message == "cannot be read: File name too long"


def test_a_name_with_a_zero_byte_is_a_fault() -> None:
    (fault,) = load(Path("kiosk\0.yaml")).faults

    assert fault.message == "cannot be read: embedded null byte"


def test_a_file_that_is_too_large_is_a_fault(read: Read) -> None:
    (fault,) = read(b"#" * (MOST_BYTES + 1)).faults

    assert str(fault) == "kiosk.yaml: is larger than 1 MB, so it is no kiosk configuration"


def test_an_endless_file_is_a_fault() -> None:
    (fault,) = load(Path("/dev/zero")).faults

    assert fault.message == "is larger than 1 MB, so it is no kiosk configuration"


def test_latin_1_is_a_fault_with_its_place(read: Read) -> None:
    (fault,) = read("kiosk:\n  name: Caf\xe9\n".encode("latin-1")).faults

    assert str(fault) == "kiosk.yaml:2:12: byte 0xe9 is not UTF-8 text"
    assert fault.remedy == "Save the file as UTF-8 in your editor."


def test_utf_16_is_a_fault(good: str, read: Read) -> None:
    (fault,) = read(good.encode("utf-16")).faults

    assert (fault.line, fault.column) == (1, 1)


def test_a_byte_order_mark_does_no_harm(good: str, read: Read) -> None:
    assert read(good.encode("utf-8-sig")).config is not None


def test_lines_that_end_as_on_windows_do_no_harm(good: str, read: Read) -> None:
    assert read(good.replace("\n", "\r\n")).config is not None


def test_an_empty_file_is_a_fault(read: Read) -> None:
    (fault,) = read("").faults

    assert str(fault) == "kiosk.yaml:1:1: the file is empty"
