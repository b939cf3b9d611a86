"""What every vend pays at its end: the outcome's transaction, and reading the whole stock.

A full cabinet of 72 slots with a past of 13 months, against the same cabinet loaded for the first time, and against
one of 6 slots. Each has a file of its own and they take turns. And what that past weighs: on the disk, when the ledger
is opened and proven at a start, and when its daily backup is made.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter

from kiosk.core.asks import LoadSlot
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.values import Outcome, SlotId
from kiosk.ledger.backup import back_up
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.rescue import proven
from tests.bench.figures import Effort, Figure
from tests.bench.history import LEFT, live_through
from tests.bench.processes import import_command, run_arguments, unloaded_service
from tests.bench.start import start_s

TODAY = date(2026, 11, 24)
ROUNDS = 150
STARTS = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """A slot of the cabinet."""

    id: str
    item: str = "kit"
    capacity: int = 50


@dataclass(frozen=True, slots=True)
class Costs:
    """Milliseconds of many vends' ends."""

    outcome: list[float]
    stock: list[float]

    @property
    def both(self) -> list[float]:
        """What the owner thread is held up by."""
        return [outcome + stock for outcome, stock in zip(self.outcome, self.stock, strict=True)]


def stock_of_72(effort: Effort) -> Iterator[Figure]:
    """The end of a vend in the three cabinets, the first vends not counted, then starts and backups."""
    with tempfile.TemporaryDirectory(prefix="kiosk-bench-") as folder, ExitStack() as stack:
        ledgers = [_open(Path(folder) / name, slots) for name, slots in (("old", 72), ("new", 72), ("small", 6))]
        for ledger in ledgers:
            stack.callback(ledger.close)
        live_through(ledgers[0], TODAY)
        for ledger in ledgers[1:]:
            for slot in ledger.slots:
                ledger.load(LoadSlot(slot, LEFT), TODAY)
        for ledger in ledgers:
            ledger.tidy()
        costs = [Costs([], []) for _ in ledgers]
        for number in range(1, ROUNDS + 1):
            for ledger, cost in zip(ledgers, costs, strict=True):
                _end_a_vend(ledger, number, cost)
        past = list(_past(ledgers[0], ledgers[1], effort))
    old, new, small = costs
    for cabinet, floor in (("new of 72", new), ("new of 6", small)):
        yield Figure(f"72 slots, 13 months / {cabinet}: outcome", old.outcome, "ms", floor.outcome)
        yield Figure(f"72 slots, 13 months / {cabinet}: stock()", old.stock, "ms", floor.stock)
        yield Figure(
            f"72 slots, 13 months / {cabinet}: both", old.both, "ms", floor.both, "≤ 1.1×" if floor is new else ""
        )
    yield from past


def _past(old: Ledger, new: Ledger, effort: Effort) -> Iterator[Figure]:
    sizes = [ledger.database.path.stat().st_size / 1e6 for ledger in (old, new)]
    yield Figure("72 slots, 13 months / new of 72: file", sizes[:1], "MB", sizes[1:])
    backups = [[_ms(partial(back_up, ledger.database)) for _ in range(STARTS)] for ledger in (old, new)]
    yield Figure("72 slots, 13 months / new of 72: daily backup", backups[0], "ms", backups[1])
    for ledger in (old, new):
        ledger.close()
    opened = [[_ms(partial(_start, ledger)) for _ in range(STARTS)] for ledger in (old, new)]
    yield Figure("72 slots, 13 months / new of 72: opened", opened[0], "ms", opened[1])
    with unloaded_service() as service:
        import_command(service)  # runs it once
        whole = min(start_s("-m", "kiosk", *run_arguments(service)) for _ in range(effort.starts))
    starts = [[1e3 * whole + ms for ms in each] for each in opened]
    yield Figure("72 slots, 13 months / new of 72: start, reckoned", starts[0], "ms", starts[1], "≤ 1.2×")


def _start(closed: Ledger) -> None:
    proven(Ledger(closed.database.path, list(closed.slots.values())), TODAY).close()


def _ms(act: Callable[[], object]) -> float:
    began = perf_counter()
    act()
    return 1e3 * (perf_counter() - began)


def _open(path: Path, slots: int) -> Ledger:
    return Ledger(path, [Plan(f"{'ABCDEFGH'[n // 9]}{n % 9 + 1}") for n in range(slots)])


def _end_a_vend(ledger: Ledger, number: int, cost: Costs) -> None:
    slot = list(ledger.slots)[number % len(ledger.slots)]
    vend = ledger.next_vend
    ledger.commit_intent(CommitIntent(vend, 1, slot, None, 0))
    began = perf_counter()
    ledger.record_outcome(RecordOutcome(vend, SlotId(slot), Outcome.DELIVERED, None, 0, jammed=False), TODAY)
    recorded = perf_counter()
    ledger.stock()
    cost.outcome.append(1e3 * (recorded - began))
    cost.stock.append(1e3 * (perf_counter() - recorded))
