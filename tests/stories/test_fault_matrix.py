"""Naloxone comes out whatever else fails: eight faults in all their 256 combinations, with a coil jammed on top."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from cheroot import wsgi

from hardware.bench.physics import Fault as CoilFault
from tests.broker import Broker
from tests.stories.faults import FAULTS, FULL_DISK, Fault, PlacedKiosk, placed_kiosk, plugged_in_scanner

UNTIL_THE_NEXT_S = 45.0  # a vend of two coils, and the cooldown after it
COMBINATIONS = [names for size in range(len(FAULTS) + 1) for names in combinations(FAULTS, size)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture(scope="module")
def scanner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with plugged_in_scanner(tmp_path_factory.mktemp("scanner")) as scanner:
        yield scanner


@pytest.fixture(autouse=True)
def quick_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let cheroot look every 5 ms whether it is to end, and not every 500."""
    monkeypatch.setattr(wsgi.Server, "expiration_interval", 0.005)


def faults_of(names: tuple[str, ...]) -> list[Fault]:
    """The faults of these names. The ledger of every other combination opens, and then finds its disk full."""
    is_full = len(names) % 2 == 0
    return [FULL_DISK if name == "database" and is_full else FAULTS[name] for name in names]


def ask_and_wait(kiosk: PlacedKiosk) -> None:
    kiosk.ask_for("naloxone")
    kiosk.pass_time(UNTIL_THE_NEXT_S)


@pytest.mark.parametrize("names", COMBINATIONS, ids=lambda names: ", ".join(names) or "none")
def test_naloxone_comes_out_once_for_each_ask_whatever_fails(
    tmp_path: Path, broker: Broker, scanner: Path, names: tuple[str, ...]
) -> None:
    faults = faults_of(names)
    with placed_kiosk(tmp_path, broker.port, scanner, *faults) as kiosk:
        for fault in faults:
            if not fault.first_when_asked:
                kiosk.wait_until(f"the kiosk to say what is the matter with {names}", fault.says)

        ask_and_wait(kiosk)
        assert (kiosk.world.tray, kiosk.turns()) == (["naloxone"], ["A1"])
        assert all(fault.says(kiosk.snapshot) for fault in faults)

        kiosk.world.set_fault("A1", CoilFault.JAM)
        ask_and_wait(kiosk)
        assert (kiosk.world.tray, kiosk.turns()) == (["naloxone"] * 2, ["A1", "A1", "A2"])
        assert kiosk.motors_on() == []
