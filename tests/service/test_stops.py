"""A signal ends the service, whichever thread it hits and whatever the owner waits for."""

from __future__ import annotations

import select
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.cli.run import live
from kiosk.cli.stops import STOPS
from kiosk.config import load
from kiosk.core.events import StopAsked
from kiosk.wiring import Kiosk, Surroundings
from tests.kit import CONFIG

PATIENCE_S = 10.0


@pytest.fixture(autouse=True)
def handlers_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in STOPS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    path = tmp_path / "kiosk.yaml"
    path.write_text(CONFIG.format(data=tmp_path / "data", beam_down="home"))
    config = load(path).config
    assert config
    return Kiosk(config, Surroundings(), simulate=True)


def wait_until_the_owner_waits() -> None:
    owner = threading.main_thread().ident
    assert owner
    while sys._current_frames()[owner].f_code.co_name != "_wait":
        select.select([], [], [], 0.001)
    select.select([], [], [], 0.01)  # it is in Python's own queue now, and there is nothing to be seen of that


@pytest.mark.parametrize("number", STOPS)
def test_a_signal_that_hits_another_thread_ends_a_service_whose_owner_waits(
    kiosk: Kiosk, number: signal.Signals
) -> None:
    late = threading.Timer(PATIENCE_S, lambda: kiosk.controller.post(StopAsked()))

    def hit() -> None:
        wait_until_the_owner_waits()
        signal.pthread_kill(threading.get_ident(), number)

    late.start()
    live(kiosk, threading.Thread(target=hit).start)

    assert late.is_alive(), f"{number.name} was slept over"
    late.cancel()
