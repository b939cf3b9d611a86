"""The linkage game: two visits are pointed out to an attacker, who must say whether it was the same pass.

It is as easy as can be: nobody else came, both took the same item, and the attacker has all that is stored, before the
first visit and after the second. 0.5 is guessing, 1 is knowing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kiosk.data import Data
from tests.privacy.game import Game, played
from tests.privacy.leaks import CounterPerPass, CountersThatStay, LastSeenLast, RowPerVisit

LEARNING, TRIALS, TRIALS_OF_MEMORY = 400, 2000, 3000
FEW = 200  # are enough to see a leak


def tell(what: str, told: float) -> None:
    sys.stdout.write(f"linkage, {what}: AUC {told:.3f}\n")


def test_the_data_directory_does_not_tell_whether_two_visits_were_one_passs(tmp_path: Path) -> None:
    told = played(Game(tmp_path, 1).data(LEARNING + TRIALS), LEARNING)

    tell("data directory", told)
    assert abs(told - 0.5) <= 0.03


def test_the_memory_folder_does_not_tell_it_once_the_period_is_over(tmp_path: Path) -> None:
    told = played(Game(tmp_path, 2).memory(LEARNING + TRIALS_OF_MEMORY), LEARNING)

    tell("memory folder after the period", told)
    assert abs(told - 0.5) <= 0.03


@pytest.mark.parametrize("leak", [RowPerVisit, CounterPerPass, LastSeenLast])
def test_a_ledger_that_keeps_more_is_found_out_by_the_same_attacker(tmp_path: Path, leak: type[Data]) -> None:
    told = played(Game(tmp_path, 3, leak).data(2 * FEW), FEW)

    tell(leak.__name__, told)
    assert told > 0.9


def test_counters_that_outlive_their_period_are_found_out_by_the_same_attacker(tmp_path: Path) -> None:
    told = played(Game(tmp_path, 4, allowances=CountersThatStay).memory(2 * FEW), FEW)

    tell("counters that stay", told)
    assert told > 0.9


def test_a_machine_that_is_taken_while_it_runs_tells_it(tmp_path: Path) -> None:
    """Two pictures of the memory folder show that a counter rose twice, though not whose: SECURITY.md says so."""
    told = played(Game(tmp_path, 5).memory_of_a_running_machine(2 * FEW), FEW)

    tell("memory folder within the period", told)
    assert told > 0.9
