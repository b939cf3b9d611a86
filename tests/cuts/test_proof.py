"""The proof that goes on: it adds up over runs, tries again what was broken, and ends in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.broker import wait_for
from tests.cuts.life import Tally
from tests.cuts.proof import FIRST_SEED, Report, go_on, read_report
from tests.proving import write_report

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "proof" / "cuts.json"


def test_two_runs_add_up_and_no_seed_is_lived_twice(path: Path) -> None:
    first = go_on(path, minutes=0.02)
    second = go_on(path, minutes=0.02)

    lives = second.ledger.lives + second.kiosk.lives + second.simulation.runs
    assert (first.runs, second.runs) == (1, 2)
    assert second.ledger.cuts > first.ledger.cuts
    assert second.simulation.runs > 0
    assert second.next_seed == FIRST_SEED + lives
    assert read_report(path) == second


def test_a_seed_that_was_broken_and_is_kept_now_is_struck_off(path: Path) -> None:
    write_report(path, Report(next_seed=FIRST_SEED + 5, ledger=Tally(lives=4), broken={str(FIRST_SEED + 1): "so"}))

    assert go_on(path, minutes=0.005).broken == {}


def test_ctrl_c_ends_it_with_a_summary(path: Path) -> None:
    command = [sys.executable, "-m", "tests.cuts", "--minutes", "5", "--report", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ) as run:
        wait_for("the report", path.exists, within_s=60)
        run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=30)

    assert run.returncode == 0
    assert "power cuts of the ledger" in said


def test_a_life_is_told_in_plain_sentences() -> None:
    command = [sys.executable, "-m", "tests.cuts", "--seed", "3"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "The plug is pulled while it runs" in said
    assert said.endswith("of them in recovery.\n")
