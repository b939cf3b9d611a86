"""Proof that goes on: thousands of people served from fresh seeds; what was served adds up in one file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from hardware.bench.physics import CabinetBurned
from tests.matrix.serving import Served, full_matrix, serve
from tests.proving import until_interrupted, write_report

VENDS = 1000  # of one seed


@dataclass
class Report:
    """What was proven so far. *broken*: how seeds failed; each is tried again at the beginning of the next run."""

    next_seed: int = 0
    runs: int = 0
    seconds: float = 0.0
    served: Served = field(default_factory=Served)
    broken: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        coils = self.served.coils.values()
        return (
            f"{self.served.vends:,} vends of {len(coils)} coils, the least served {min(coils, default=0):,} times, "
            f"{self.served.loads:,} loads; {self.runs} runs, {self.seconds / 60:.1f} minutes: "
            f"{len(self.broken)} seeds broken"
        )


def live(seed: int, vends: int = VENDS) -> Served:
    """Serve all of one seed in a kiosk of its own. Raises whatever went wrong."""
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(dir=in_memory) as folder, full_matrix(Path(folder) / "data") as kiosk:
        return serve(kiosk, seed, vends)


def read_report(path: Path) -> Report:
    """The report so far, or a new one."""
    if not path.exists():
        return Report()
    found = json.loads(path.read_text())
    return Report(**{**found, "served": Served(**found["served"])})


def go_on(path: Path, minutes: float, vends: int = VENDS) -> Report:
    """Serve from fresh seeds for so long, or until Ctrl-C; the report is written after each seed."""
    report = read_report(path)
    report.runs += 1
    began = monotonic()
    with until_interrupted() as is_interrupted:
        for seed in chain([int(seed) for seed in report.broken], count(report.next_seed)):
            before = monotonic()
            if is_interrupted() or before - began >= minutes * 60:
                break
            _live(seed, vends, report)
            report.seconds = round(report.seconds + monotonic() - before, 1)
            write_report(path, report)
    write_report(path, report)
    return report


def _live(seed: int, vends: int, report: Report) -> None:
    try:
        report.served.add(live(seed, vends))
    except (Exception, CabinetBurned) as broken:  # noqa: BLE001 - whatever it is, it is what was looked for
        report.broken[str(seed)] = f"{type(broken).__name__}: {broken}"
    else:
        report.broken.pop(str(seed), None)
    report.next_seed = max(report.next_seed, seed + 1)
