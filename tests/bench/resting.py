"""What the service takes while nobody comes: memory, processor and writes, after one vend."""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from tests.bench.figures import Effort, Figure
from tests.bench.processes import (
    MeasuredService,
    cpu_s,
    cpu_ticks_s,
    import_command,
    loaded_service,
    proportional_mb,
    resident_mb,
    started,
    unloaded_service,
    written,
)

REPEATS = 3


def memory(_effort: Effort) -> Iterator[Figure]:
    """Resident memory after one vend; floor: a process that only imports the same third-party libraries.

    VmRSS counts pages that several processes share whole, PSS by share: it depends on what else runs.
    """
    with unloaded_service() as service:
        imports = import_command(service)
    pairs = [_memory_mb(imports) for _ in range(REPEATS)]
    for n, (name, aim) in enumerate((("VmRSS", "≤ 65 MB"), ("PSS", ""))):
        mine, least = [run[n] for run, _ in pairs], [floor[n] for _, floor in pairs]
        yield Figure(f"memory after one vend, {name}", mine, "MB", least, aim)


def idle(effort: Effort) -> Iterator[Figure]:
    """Processor time as a share of one core, and bytes written, from 10 s after a vend on. Floor: nothing."""
    with rested_service() as service:
        pid = service.pid
        cpu, ticks, before = cpu_s(pid), cpu_ticks_s(pid), written(pid)
        select.select([], [], [], effort.seconds)
        shares = [100 * (now - then) / effort.seconds for now, then in ((cpu_s(pid), cpu), (cpu_ticks_s(pid), ticks))]
        calls, disk = (now - then for now, then in zip(written(pid), before, strict=True))
    yield Figure(f"idle for {effort.seconds:g} s, schedstat", shares[:1], "%", aim="≤ 0.3 %")
    yield Figure(f"idle for {effort.seconds:g} s, stat (10 ms ticks)", shares[1:], "%", aim="≤ 0.3 %")
    yield Figure("written meanwhile, by calls", [calls], "B", aim="0")
    yield Figure("written meanwhile, to the disk", [disk], "B", aim="0")


@contextmanager
def rested_service() -> Iterator[MeasuredService]:
    """A service that has vended once and has wiped the ledger's log."""
    with loaded_service() as service:
        (ticket,) = service.tickets(1)
        service.vend(ticket)
        service.wait_for_rest()
        yield service


def _memory_mb(imports: Sequence[str]) -> tuple[tuple[float, float], tuple[float, float]]:
    with ExitStack() as stack:
        service = stack.enter_context(rested_service())
        floor, _ = stack.enter_context(started(*imports))
        return _both_mb(service.pid), _both_mb(floor)


def _both_mb(pid: int) -> tuple[float, float]:
    return resident_mb(pid), proportional_mb(pid)
