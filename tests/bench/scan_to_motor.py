"""From a scan's last byte on the serial line to the motor's pin, in a real process.

Measured as the trace tells it: the code is cut out and posted (scan), the intent is durable (commit), the pin is
switched (motor_on). Floor: one bare durable commit in the same folder, one after each vend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench.figures import Effort, Figure
from tests.bench.floor import BareCommits
from tests.bench.processes import MeasuredService, loaded_service


@dataclass(frozen=True, slots=True)
class Times:
    """One vend's milestones and the floor beside it, in milliseconds."""

    scan: float
    commit: float
    motor: float
    floor: float

    @property
    def whole(self) -> float:
        """From the last byte to the motor."""
        return self.scan + self.commit + self.motor


def scan_to_motor(effort: Effort) -> Iterator[Figure]:
    """Vends in a rush, then vends of which each finds the ledger's log wiped, as most do in a real kiosk."""
    with loaded_service() as service, bare_commits(service) as floor:
        tickets = service.tickets(1 + effort.vends + effort.rested)
        first = _vend(service, tickets.pop(), floor.commit)
        rush = [_vend(service, tickets.pop(), floor.commit) for _ in range(effort.vends)]
        rested = [_rested(service, ticket, floor) for ticket in tickets]
    yield Figure("first vend since the start: scan to motor", [first.whole], "ms", [first.floor])
    yield from _figures("in a rush", rush, "≤ 2×")
    yield from _figures("10 s after the last", rested, "")


@contextmanager
def bare_commits(service: MeasuredService) -> Iterator[BareCommits]:
    """The floor, in the folder of the service's ledger."""
    commits = BareCommits(service.folder / "data")
    try:
        yield commits
    finally:
        commits.close()


def _figures(when: str, times: list[Times], aim: str) -> Iterator[Figure]:
    floor = [one.floor for one in times]
    yield Figure(f"{when}: scan to motor", [one.whole for one in times], "ms", floor, aim)
    yield Figure(f"{when}: the same without a floor's commit", [one.whole - one.floor for one in times], "ms")
    yield Figure(f"{when}: last byte → scan", [one.scan for one in times], "ms", floor)
    yield Figure(f"{when}: scan → commit", [one.commit for one in times], "ms", floor)
    yield Figure(f"{when}: commit → motor_on", [one.motor for one in times], "ms", floor)


def _rested(service: MeasuredService, ticket: str, floor: BareCommits) -> Times:
    service.wait_for_rest()
    floor.rest()
    return _vend(service, ticket, floor.commit)


def _vend(service: MeasuredService, ticket: str, commit: Callable[[], float]) -> Times:
    last_byte, trace = service.vend(ticket)
    at: dict[object, float] = {}
    for line in trace:
        assert isinstance(line["t"], float)
        at.setdefault(line["what"], line["t"])  # the first commit is the intent's
    scan, committed, motor = at["scan"], at["commit"], at["motor_on"]
    return Times(1e3 * (scan - last_byte), 1e3 * (committed - scan), 1e3 * (motor - committed), 1e3 * commit())
