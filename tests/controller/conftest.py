"""What the tests of the controller share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue

import pytest

from hardware.bench.bench import Bench
from hardware.bench.physics import World
from hardware.cabinet import Cabinet
from hardware.plan import CoilPlan
from kiosk.controller import Controller
from kiosk.core.situation import Ending
from kiosk.core.values import Outcome, Reason
from kiosk.parts import Parts
from kiosk.snapshot import Snapshot
from kiosk.translation import TranslatedCabinet, plan_of, rules_of
from tests.kit import VirtualKiosk


@pytest.fixture
def controller(kiosk: VirtualKiosk) -> Controller:
    """The controller of the loaded kiosk."""
    return kiosk.kiosk.controller


def snapshot(kiosk: VirtualKiosk) -> Snapshot:
    return kiosk.kiosk.controller.board.snapshot


def ending(kiosk: VirtualKiosk) -> tuple[Outcome, Reason | None]:
    """How the last vend ended, as the person is told."""
    said = snapshot(kiosk).said
    assert isinstance(said, Ending)
    return said.outcome, said.reason


def begin_turn(kiosk: VirtualKiosk, item: str = "condoms") -> None:
    """Bring the kiosk into the middle of a turn."""
    assert kiosk.choose(item) is None
    kiosk.pass_time(0.5)
    assert len(kiosk.motors_on()) == 1


def refuse_writes(kiosk: VirtualKiosk, refuse: bool = True) -> None:
    """Let the ledger refuse to write, or take it again."""
    kiosk.ledger.database.rows(f"PRAGMA query_only = {int(refuse)}")
    kiosk.witness.storage_is_down = refuse


@contextmanager
def writes_refused(kiosk: VirtualKiosk) -> Iterator[None]:
    refuse_writes(kiosk)
    yield
    refuse_writes(kiosk, refuse=False)


@contextmanager
def table_gone(kiosk: VirtualKiosk, table: str) -> Iterator[None]:
    """Take a table out of the ledger: what needs it fails, all else goes on."""
    kiosk.ledger.database.rows(f"ALTER TABLE {table} RENAME TO gone")
    kiosk.witness.storage_is_down = True
    yield
    kiosk.ledger.database.rows(f"ALTER TABLE gone RENAME TO {table}")
    kiosk.witness.storage_is_down = False


def another_controller(
    kiosk: VirtualKiosk,
    prepare: Callable[[World], None] = lambda _: None,
    *,
    coils: tuple[CoilPlan, ...] | None = None,
    clock: Callable[[], float] | None = None,
) -> Controller:
    """A second controller on the kiosk's ledger, with a simulated cabinet of its own as *prepare* has left it."""
    now = clock or (lambda: kiosk.now)
    plan = plan_of(kiosk.config)
    if coils is not None:
        plan = replace(plan, coils=coils)
    bench = Bench(plan, now, lambda *_, **__: None)
    prepare(bench.world)
    inbox: SimpleQueue[object] = SimpleQueue()
    cabinet = Cabinet(plan, bench.pins, inbox.put, now, kiosk.timers)
    parts = Parts(
        inbox=inbox,
        cabinet=TranslatedCabinet(cabinet),
        storage=kiosk.kiosk.data,
        codes=kiosk.kiosk.data,
        calendar=kiosk.calendar,
        desk=kiosk.kiosk.data.answer,
        clock=now,
    )
    return Controller(parts, rules_of(kiosk.config, cabinet.has_beam, cabinet.levels))


def wal_bytes(kiosk: VirtualKiosk) -> int:
    """How long the write-ahead log is."""
    return (kiosk.config.data / "ledger.db-wal").stat().st_size
