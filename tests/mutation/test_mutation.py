"""The mutation tool itself, on a file of three lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import mutants_of
from tests.mutation.sql import sql_faults

ROOT = Path(__file__).parents[2]
SOURCE = "def is_full(count: int, capacity: int) -> bool:\n    return count >= capacity\n"
TEST = "from toy.slot import is_full\n\n\ndef test_more_is_full():\n    assert is_full(3, 2)\n"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A project whose only test does not look at the border."""
    for name, text in (("toy/__init__.py", ""), ("toy/slot.py", SOURCE), ("tests/test_slot.py", TEST)):
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"


def prove(toy: Path, report: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.mutation", "--root", str(toy), "--target", "toy", "tests"]
    return subprocess.run(
        [*command, "--report", str(report)], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False
    )


def test_one_fault_is_noticed_and_one_survives(toy: Path, tmp_path: Path) -> None:
    report = tmp_path / "mutants.json"
    found = prove(toy, report)

    verdicts = {key: verdict["by"] for key, verdict in json.loads(report.read_text())["verdicts"].items()}
    assert verdicts == {
        "toy/slot.py is_full: count >= capacity → count > capacity": "survived",
        "toy/slot.py is_full: count >= capacity → count < capacity": "tests/test_slot.py::test_more_is_full",
    }
    assert (found.returncode, "1 killed (50.0%)" in found.stdout) == (1, True)
    assert (toy / "toy/slot.py").read_text() == SOURCE


def test_a_name_stays_when_lines_move(toy: Path) -> None:
    before = mutants_of(toy, "toy/slot.py")
    (toy / "toy/slot.py").write_text(f"# moved\n\n\n{SOURCE}")

    assert mutants_of(toy, "toy/slot.py") == before


def test_a_fault_in_sql_keeps_off_texts_and_checks() -> None:
    faults = [new for new, _ in sql_faults("SELECT n FROM t WHERE a = 'x = y' CHECK (n = 1)")]

    assert faults == [
        "SELECT n FROM t WHERE a <> 'x = y' CHECK (n = 1)",
        "SELECT n FROM t",
        "SELECT n FROM t WHERE a = 'x = y'",
    ]
