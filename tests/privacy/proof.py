"""Proof that goes on: other weeks and other trials from fresh seeds; what was found adds up in one file."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from time import monotonic

from tests.privacy.game import Game, played
from tests.privacy.seizure import VISITS, seized
from tests.proving import until_interrupted, write_report

LEARNING, TRIALS = 400, 2000  # of one seed, for each of the two places


@dataclass
class Report:
    """What was proven so far. *data* and *memory* are the sums of each seed's AUC; *broken* says what was found."""

    next_seed: int = 0
    runs: int = 0
    seconds: float = 0.0
    seeds: int = 0
    data: float = 0.0
    memory: float = 0.0
    broken: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        seeds = self.seeds or 1
        return (
            f"{self.seeds * VISITS:,} visits searched; in {self.seeds * TRIALS:,} trials each, linkage has AUC "
            f"{self.data / seeds:.4f} by the data directory, {self.memory / seeds:.4f} by the memory folder after; "
            f"{self.runs} runs, {self.seconds / 60:.1f} minutes: {len(self.broken)} seeds broken"
        )


def read_report(path: Path) -> Report:
    """The report so far, or a new one."""
    return Report(**json.loads(path.read_text())) if path.exists() else Report()


def go_on(path: Path, minutes: float) -> Report:
    """Go on for so long, or until Ctrl-C; the report is written after each seed."""
    report, began = read_report(path), monotonic()
    report.runs += 1
    with until_interrupted() as is_interrupted:
        for seed in chain([int(number) for number in report.broken], count(report.next_seed)):
            before = monotonic()
            if is_interrupted() or before - began >= minutes * 60:
                break
            _try(seed, report)
            report.seconds = round(report.seconds + monotonic() - before, 1)
            write_report(path, report)
    return report


def _try(seed: int, report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="kiosk-privacy-") as folder:
        (seizure := Path(folder) / "seizure").mkdir()
        found = seized(seizure, seed).must_not_be()
        data = played(Game(Path(folder) / "data", seed).data(LEARNING + TRIALS), LEARNING)
        memory = played(Game(Path(folder) / "memory", seed).memory(LEARNING + TRIALS), LEARNING)
    report.broken.pop(str(seed), None)
    if found:
        report.broken[str(seed)] = "; ".join(sorted(found))
    if seed >= report.next_seed:
        report.seeds, report.data, report.memory = report.seeds + 1, report.data + data, report.memory + memory
    report.next_seed = max(report.next_seed, seed + 1)
