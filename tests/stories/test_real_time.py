"""The same kiosk in real time, with its real threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest

from kiosk.config import load
from kiosk.core.asks import LoadSlot
from kiosk.core.events import ItemChosen, StopAsked
from kiosk.core.situation import Ending
from kiosk.core.values import ItemId, Outcome, Refusal, SlotId
from kiosk.snapshot import Snapshot
from kiosk.wiring import Kiosk, Surroundings
from tests.kit import CONFIG

PATIENCE_S = 20.0


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Kiosk]:
    """A kiosk whose owner is a thread of the test."""
    path = tmp_path / "kiosk.yaml"
    path.write_text(CONFIG.format(data=tmp_path / "data", beam_down="home"))
    config = load(path).config
    assert config
    kiosk = Kiosk(config, Surroundings(), simulate=True)
    owner = threading.Thread(target=kiosk.controller.run)
    kiosk.start()
    owner.start()
    try:
        kiosk.controller.ask(LoadSlot(SlotId("D1"), 5)).result(PATIENCE_S)
        yield kiosk
    finally:
        kiosk.controller.post(StopAsked())
        owner.join(PATIENCE_S)
        kiosk.close()


def test_six_touches_from_six_threads_make_one_vend(running: Kiosk) -> None:
    together = threading.Barrier(6)

    def touch() -> Refusal | None:
        together.wait(PATIENCE_S)
        return running.controller.choose(ItemChosen(ItemId("condoms"))).result(PATIENCE_S)

    with ThreadPoolExecutor(6) as people:
        answers = [future.result(PATIENCE_S) for future in [people.submit(touch) for _ in range(6)]]

    assert answers.count(None) == 1
    assert answers.count(Refusal.BUSY) == 5
    assert wait_for_ending(running).outcome is Outcome.DELIVERED
    assert running.bench
    assert running.bench.world.tray == ["condoms"]


def wait_for_ending(kiosk: Kiosk) -> Ending:
    pictures: SimpleQueue[Snapshot] = SimpleQueue()
    kiosk.controller.board.listen(pictures.put)
    snapshot = kiosk.controller.board.snapshot
    while not isinstance(snapshot.said, Ending):
        snapshot = pictures.get(timeout=PATIENCE_S)
    return snapshot.said
