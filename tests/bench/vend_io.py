"""What one ordinary ticket vend costs the disk, counted under SQLite. Counts are not times: they are the same each run.

Two commits are the floor: one before the motor, one after it. Their least is one page each and its frame's header.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kiosk.codes.issue import MOST_CODES
from tests.bench.disk import FRAME_HEADER_BYTES, Counts, counting
from tests.bench.figures import Effort, Figure
from tests.bench.history import live_through
from tests.kit import CONFIG, TODAY, VirtualKiosk, virtual_kiosk

LEAST_KB = 2 * (1024 + FRAME_HEADER_BYTES) / 1000
TIDY_S = 11.0  # the ledger's log is wiped 10 s after the last vend

ROOMY = re.sub(r"capacity: \d+", "capacity: 99", CONFIG)  # a month's units in each coil


@dataclass(frozen=True, slots=True)
class VendCost:
    """What a vend wrote until its outcome was durable, what the one right behind it wrote, what wiping the log adds."""

    rested: Counts
    rush: Counts
    wipe: Counts


def vend_io(_effort: Effort) -> Iterator[Figure]:
    """One ordinary ticket vend after a rest, one in a rush, and the wipe of the log after them."""
    cost = measure()
    for name, counts, aim, most in (
        ("a vend after a rest", cost.rested, "2", "≤ 25 KB"),
        ("a vend in a rush", cost.rush, "2", "≤ 25 KB"),
        ("the wipe after both", cost.wipe, "", ""),
    ):
        commits_floor, kb_floor = ([2], [LEAST_KB]) if aim else ([], [])
        yield Figure(f"{name}: durable commits", [counts.commits], "", commits_floor, aim)
        yield Figure(f"{name}: syncs", [counts.syncs], "", commits_floor)
        yield Figure(f"{name}: written", [counts.bytes / 1000], "KB", kb_floor, most)


def measure() -> VendCost:
    """Count, in virtual time; the ledger is a real file with 13 months behind it and a full batch of tickets."""
    with tempfile.TemporaryDirectory(prefix="kiosk-bench-") as folder, counting() as counts:
        with virtual_kiosk(Path(folder) / "data", ROOMY) as kiosk:
            live_through(kiosk.ledger, TODAY)
            tickets = kiosk.issue("kit", count=MOST_CODES)
            _vend(kiosk, tickets[0])
            kiosk.pass_time(TIDY_S)
            rested, rush = (_counted_vend(kiosk, ticket, counts) for ticket in tickets[1:3])
            counts.reset()
            kiosk.pass_time(TIDY_S)
            return VendCost(rested, rush, replace(counts))


def _counted_vend(kiosk: VirtualKiosk, ticket: str, counts: Counts) -> Counts:
    counts.reset()
    _vend(kiosk, ticket)
    return replace(counts)


def _vend(kiosk: VirtualKiosk, ticket: str) -> None:
    kiosk.scan(ticket)
    kiosk.finish_vend()
