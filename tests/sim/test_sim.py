"""Hundreds of runs, and that a run is the same whenever and wherever it is lived."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim.breakages import (
    DoubtsNothing,
    ForgetsIntents,
    ForgetsOpenVends,
    ForgetsReports,
    LosesUnits,
    MovesAtStart,
    NoLease,
    TakesTicketsEarly,
    TrustsCounts,
    TwoAtOnce,
    with_cabinet,
    with_ledger,
)
from tests.sim.run import Tally, live
from tests.sim.shorten import shorten
from tests.sim.stage import Make

ROOT = Path(__file__).parents[2]
RUNS = 150
NORMAL = 1  # the setting of SQLite with which it forgets
BREAKAGES = {
    "a ledger that syncs less": ("I1", Make(synchronous=NORMAL)),
    "a ledger that forgets intents": ("I1", with_ledger(ForgetsIntents)),
    "a ledger that loses units": ("I2", with_ledger(LosesUnits)),
    "a kiosk that moves at its start": ("I3", Make(kiosk=MovesAtStart)),
    "a ledger that takes tickets early": ("I4", with_ledger(TakesTicketsEarly)),
    "a ledger that forgets open vends": ("I5", with_ledger(ForgetsOpenVends)),
    "a ledger that forgets reports": ("I5", with_ledger(ForgetsReports)),
    "a cabinet with two motors on": ("I6", with_cabinet(TwoAtOnce)),
    "a cabinet without a lease": ("I7", Make(timers=NoLease)),
    "a ledger that doubts nothing": ("truth", with_ledger(DoubtsNothing)),
    "a ledger that trusts its counts": ("naloxone", with_ledger(TrustsCounts)),
}

SEEDS_UNTIL_NOTICED = 150


def test_hundreds_of_runs_break_no_invariant() -> None:
    tally = Tally()
    broken = []
    for seed in range(RUNS):
        verdict = live(seed)
        tally.add(verdict.tally)
        if verdict.wrong:
            broken.append(str(verdict))

    assert not broken, "\n".join(broken)
    assert tally.motor_ons >= 8 * RUNS
    assert tally.cuts >= RUNS
    assert tally.cuts_in_recovery >= RUNS // 4
    assert tally.hours >= 3 * RUNS


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_kiosk_that_is_built_wrong_is_noticed_by_the_invariant_it_breaks(name: str) -> None:
    rule, make = BREAKAGES[name]

    assert any(live(seed, make).rule == rule for seed in range(SEEDS_UNTIL_NOTICED))


def test_a_seed_is_the_same_story_whenever_and_wherever_it_is_lived() -> None:
    command = [sys.executable, "-m", "tests.sim", "--runs", "8"]
    said = {
        subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": salt}
        ).stdout
        for salt in ("0", "1", "2")
    }

    assert len(said) == 1
    assert live(3).story.lines == live(3).story.lines


def test_a_story_is_told_in_plain_sentences_and_ends_with_the_verdict() -> None:
    command = [sys.executable, "-m", "tests.sim", "--seed", "3", "--explain"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "Day 1, " in said
    assert "A person " in said
    assert "Seed 3: all held" in said


def test_a_failing_run_names_the_command_that_replays_it_and_a_shorter_one_fails_alike() -> None:
    _, make = BREAKAGES["a ledger that takes tickets early"]
    seed = next(seed for seed in range(SEEDS_UNTIL_NOTICED) if live(seed, make).rule == "I4")
    whole = live(seed, make)
    short = shorten(whole, make)
    assert short.only

    assert f"python -m tests.sim --seed {seed} --explain" in str(whole)
    assert f"--only {','.join(map(str, short.only))} --explain" in str(short)
    assert short.rule == "I4"
    assert len(short.only) <= 3
    assert live(seed, make, short.only).story.lines == short.story.lines
