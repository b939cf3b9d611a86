"""Lives of a kiosk without hardware, as many as fit into some seconds; and the proof that goes on adds up."""

from __future__ import annotations

from pathlib import Path

from hypothesis import settings

from tests.lives.life import KioskLife
from tests.lives.proof import LIVES, go_on, read_report

TestKioskLife = KioskLife.TestCase
TestKioskLife.settings = settings(deadline=None, max_examples=80, stateful_step_count=40)


def test_two_runs_of_the_proof_add_up_and_no_seed_is_lived_twice(tmp_path: Path) -> None:
    path = tmp_path / "proof" / "lives.json"
    first = go_on(path, minutes=0.001)
    second = go_on(path, minutes=0.001)

    assert (first.next_seed, second.next_seed) == (1, 2)
    assert second.lived.lives >= 2 * LIVES
    assert second.lived.steps > first.lived.steps
    assert read_report(path) == second
    assert second.broken == {}
