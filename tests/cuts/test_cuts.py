"""Ten thousand power cuts: whatever the instant, the ledger holds what was promised and the kiosk does not move."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cuts.disk import simulated_disk
from tests.cuts.kiosk import CUTS as KIOSK_CUTS
from tests.cuts.kiosk import PluggedKiosk, live_plugged
from tests.cuts.life import CUTS, NORMAL, Broken, Life, Tally

LIVES = 400
KIOSKS = 60


def test_ten_thousand_power_cuts_break_no_promise_and_two_thousand_of_them_come_in_recovery() -> None:
    tally = Tally()
    for seed in range(LIVES):
        tally.add(Life(seed).live())

    assert tally.cuts == LIVES * CUTS == 10_000
    assert tally.cuts_in_recovery >= 2_000
    assert tally.steps_cut_whole >= 100
    assert tally.steps_cut_away >= 1_000


def test_a_whole_kiosk_is_cut_off_at_any_instant_and_nothing_moves_when_it_is_back(tmp_path: Path) -> None:
    tally, intents = Tally(), 0
    for seed in range(KIOSKS):
        life, held = live_plugged(tmp_path, seed)
        tally.add(life)
        intents += held

    assert tally.cuts >= KIOSKS * KIOSK_CUTS
    assert tally.cuts_in_recovery >= KIOSKS
    assert intents >= 500


@pytest.mark.parametrize("seed", range(5))
def test_with_a_ledger_that_syncs_less_the_same_proof_fails(seed: int) -> None:
    with pytest.raises(Broken, match=rf"promised .*\n.* python -m tests.cuts --seed {seed}"):
        Life(seed, synchronous=NORMAL).live()


def test_with_a_ledger_that_syncs_less_an_intent_is_not_safe_when_its_motor_goes_on(tmp_path: Path) -> None:
    with simulated_disk() as disk:
        kiosk = PluggedKiosk(tmp_path / "data", disk, synchronous=NORMAL)
        kiosk.load("D1", 3)

        with pytest.raises(AssertionError, match=r"I1: .* a cut now would leave"):
            kiosk.choose("condoms")
        kiosk.kiosk.close()


def test_the_same_seed_is_the_same_life() -> None:
    one, other = Life(17), Life(17)

    assert one.live() == other.live()
    assert one.story == other.story
