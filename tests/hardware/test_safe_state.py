"""kiosk-safe-state by itself: its file, its messages, and that it needs nothing of ours. Pins: ``tests/cage``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hardware import safe_state
from hardware.safe_state import DONE, FAILED, UNUSABLE, Unusable, read, write
from tests.codes.disk import LossyDisk, full_disk

PROGRAM = Path(safe_state.__file__)
OFF = [(25, 1), (17, 0), (24, 0)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / safe_state.NAME


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run it as one file; -I: with nothing of this project to be found, and no driver."""
    command = [sys.executable, "-I", "-S", str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


# --- the file


def test_what_is_written_is_read_in_its_order(file: Path) -> None:
    write(str(file), OFF)

    assert list(read(str(file)).items()) == OFF
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_the_same_again_writes_nothing(file: Path) -> None:
    write(str(file), OFF)
    before = file.stat()
    write(str(file), OFF)

    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_other_pins_take_the_place_of_the_old_ones(file: Path) -> None:
    write(str(file), OFF)
    write(str(file), [(18, 0)])

    assert read(str(file)) == {18: 0}


def test_what_is_written_is_on_the_disk_with_its_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = LossyDisk()
    monkeypatch.setattr(os, "fsync", disk.fsync)
    write(str(file), OFF)

    assert disk.content_left(file) == file.read_bytes()


def test_a_full_disk_leaves_the_old_pins(file: Path) -> None:
    write(str(file), OFF)

    with full_disk(room=8), pytest.raises(OSError, match="too large"):
        write(str(file), [(18, 0)])
    assert list(read(str(file)).items()) == OFF


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "\x00" * 64,
        "[]",
        "null",
        "17",
        "{}",
        '{"off": [[17, 0]]}',
        '{"v": null, "off": [[17, 0]]}',
        '{"v": true, "off": [[17, 0]]}',
        '{"v": 1}',
        '{"v": 1, "off": {"17": 0}}',
        '{"v": 1, "off": [17]}',
        '{"v": 1, "off": [[17]]}',
        '{"v": 1, "off": [[17, 2]]}',
        '{"v": 1, "off": [[17, true]]}',
        '{"v": 1, "off": [[-1, 0]]}',
        '{"v": 1, "off": [[64, 0]]}',
        '{"v": 1, "off": [["17", 0]]}',
        '{"v": 1, "off": [[17, 0]',
        "[" * 60000,
    ],
)
def test_a_damaged_file_moves_no_pin_and_says_so(content: str, file: Path) -> None:
    file.write_text(content)

    with pytest.raises(Unusable, match="start the service, which writes it anew"):
        read(str(file))


def test_bytes_that_are_no_text_are_damage(file: Path) -> None:
    file.write_bytes(b"\xff\xfe" * 20)

    with pytest.raises(Unusable, match="damaged"):
        read(str(file))


def test_a_file_of_another_version_moves_no_pin_and_says_so(file: Path) -> None:
    file.write_text('{"v": 2, "off": [[17, 0]]}')

    with pytest.raises(Unusable, match="of version 2, not 1"):
        read(str(file))


# --- the program


def test_at_the_very_first_start_there_is_no_file_and_that_is_fine(file: Path) -> None:
    ran = run(file)

    assert (ran.returncode, ran.stderr) == (DONE, "")
    assert f"{file} is not there" in ran.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"{", "is damaged"), (b'{"v": 9, "off": []}', "is of version 9"), (b"\xff", "is damaged")],
)
def test_a_file_that_cannot_be_used_is_named_with_what_to_do(content: bytes, says: str, file: Path) -> None:
    file.write_bytes(content)
    ran = run(file)

    assert (ran.returncode, ran.stdout) == (UNUSABLE, "")
    assert f"motors may be on: {file} {says}" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_file_that_cannot_be_read_is_named_with_what_to_do(tmp_path: Path) -> None:
    ran = run(tmp_path)

    assert ran.returncode == UNUSABLE
    assert f"{tmp_path} cannot be read (Is a directory)" in ran.stderr


def test_a_missing_driver_is_named_with_what_to_install(file: Path) -> None:
    write(str(file), OFF)
    ran = run(file)

    assert ran.returncode == FAILED
    assert "sudo apt install python3-lgpio" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_driver_that_cannot_even_be_loaded_is_an_error_in_one_line(file: Path, tmp_path: Path) -> None:
    write(str(file), OFF)
    (tmp_path / "lgpio.py").write_text("raise FileNotFoundError('.lgd-nfy-3')")
    copy = shutil.copy(PROGRAM, tmp_path)  # what lies beside it is found first
    ran = subprocess.run([sys.executable, copy, str(file)], capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (FAILED, "kiosk-safe-state: motors may be on: .lgd-nfy-3\n")


def test_a_cabinet_without_outputs_needs_no_driver(file: Path) -> None:
    write(str(file), [])

    assert run(file).returncode == DONE


@pytest.mark.parametrize("arguments", [("a", "b"), ("",)])
def test_wrong_usage_is_told(arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)

    assert ran.returncode == UNUSABLE
    assert "usage: kiosk-safe-state [FILE]" in ran.stderr


def test_it_tells_its_usage() -> None:
    ran = run("--help")

    assert ran.returncode == DONE
    assert "/var/lib/kiosk/safe-state.json" in ran.stdout


def test_it_loads_nothing_of_ours_and_nothing_slow() -> None:
    program = "import sys; before = set(sys.modules); import hardware.safe_state; print(*set(sys.modules) - before)"
    ran = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True,
                         cwd=PROGRAM.parents[1], env={})  # fmt: skip
    loaded = {name.partition(".")[0] for name in ran.stdout.split()} - {"hardware"}

    assert loaded <= sys.stdlib_module_names
    assert not loaded & {"argparse", "asyncio", "dataclasses", "inspect", "logging", "pathlib", "tempfile", "typing"}


def test_it_is_a_command_of_its_own() -> None:
    scripts = tomllib.loads((PROGRAM.parents[1] / "pyproject.toml").read_text())["project"]["scripts"]

    assert scripts["kiosk-safe-state"] == f"{safe_state.main.__module__}:{safe_state.main.__name__}"
