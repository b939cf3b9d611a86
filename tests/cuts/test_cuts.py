"""Ten thousand power cuts: whatever the instant, the ledger holds what was promised and the kiosk does not move."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from kiosk.core.asks import StorageFailed
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.verify import verify
from tests.cuts.births import FILE, RELEASED, released
from tests.cuts.disk import simulated_disk
from tests.cuts.kiosk import CUTS as KIOSK_CUTS
from tests.cuts.kiosk import PluggedKiosk, live_plugged
from tests.cuts.life import CUTS, NORMAL, Broken, Life, Tally
from tests.cuts.promise import DOSES, picture_of
from tests.ledger.book import SLOTS

LIVES = 400
KIOSKS = 60


def test_ten_thousand_power_cuts_break_no_promise_and_two_thousand_of_them_come_in_recovery() -> None:
    tally = Tally()
    for seed in range(LIVES):
        tally.add(Life(seed).live())

    assert tally.cuts == LIVES * CUTS == 10_000
    assert tally.cuts_in_recovery >= 2_000
    assert tally.cuts_in_first_starts >= 400
    assert tally.steps_cut_whole >= 100
    assert tally.steps_cut_away >= 1_000
    assert tally.reports >= 5_000


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_a_ledger_of_an_earlier_version_is_cut_at_every_io_of_its_taking_over_and_promises_what_it_did(
    path: Path,
) -> None:
    for ios in count(1):
        with simulated_disk(ios) as disk:
            promise = released(path).on(disk)
            disk.cut_after(ios)
            with suppress(StorageFailed):
                Ledger(FILE, SLOTS, doses=DOSES, vfs=disk.name).close()
            is_over = not disk.is_off
            disk.switch_on()

            ledger = Ledger(FILE, SLOTS, doses=DOSES, vfs=disk.name)
            assert (verify(ledger.database), picture_of(ledger)) == ((), promise.picture())
            ledger.close()
        if is_over:
            break

    assert ios >= 50


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
