"""Proof that goes on from fresh seeds and adds up over runs, in one small file."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from time import monotonic

from tests.cuts.kiosk import live_plugged
from tests.cuts.life import Broken, Life, Tally
from tests.proving import until_interrupted, write_report
from tests.sim.run import Tally as Days
from tests.sim.run import live as live_days

# the seeds below are those of `make test`
FIRST_SEED = 1_000_000
LIVES_PER_KIOSK = 20
LIVES_PER_DAYS = 2
SAVE_EVERY_S = 10.0


@dataclass
class Report:
    """What was proven so far. *broken*: how seeds failed; each is tried again at the beginning of the next run."""

    next_seed: int = FIRST_SEED
    runs: int = 0
    seconds: float = 0.0
    ledger: Tally = field(default_factory=Tally)
    kiosk: Tally = field(default_factory=Tally)
    simulation: Days = field(default_factory=Days)
    intents_held: int = 0
    broken: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.ledger.cuts:,} power cuts of the ledger, {self.ledger.cuts_in_recovery:,} of them in recovery; "
            f"{self.kiosk.cuts:,} of a whole kiosk, {self.intents_held:,} intents held as their motors went on.\n"
            f"Simulated: {self.simulation}.\n"
            f"{self.runs} runs, {self.seconds / 60:.1f} minutes: {len(self.broken)} seeds broken"
        )


def read_report(path: Path) -> Report:
    """The report so far, or a new one."""
    if not path.exists():
        return Report()
    found = json.loads(path.read_text())
    tallies = {"ledger": Tally(**found["ledger"]), "kiosk": Tally(**found["kiosk"])}
    return Report(**{**found, **tallies, "simulation": Days(**found.get("simulation", {}))})


def go_on(path: Path, minutes: float) -> Report:
    """Live fresh lives for so long, or until Ctrl-C; the report is written on the way and at the end."""
    report = read_report(path)
    report.runs += 1
    before, began = report.seconds, monotonic()
    saved = began - SAVE_EVERY_S
    with tempfile.TemporaryDirectory(prefix="kiosk-cuts-") as folder, until_interrupted() as is_interrupted:
        for seed in chain([int(seed) for seed in report.broken], count(report.next_seed)):
            now = monotonic()
            report.seconds = round(before + now - began, 1)
            if is_interrupted() or now - began >= minutes * 60:
                break
            _live(report, seed, Path(folder))
            if now - saved >= SAVE_EVERY_S:
                write_report(path, report)
                saved = now
    write_report(path, report)
    return report


def _live(report: Report, seed: int, folder: Path) -> None:
    try:
        if seed % LIVES_PER_KIOSK == 0:
            tally, held = live_plugged(folder, seed)
            report.kiosk.add(tally)
            report.intents_held += held
        elif seed % LIVES_PER_DAYS == 0:
            verdict = live_days(seed)
            report.simulation.add(verdict.tally)
            if verdict.wrong:
                raise Broken(str(verdict))
        else:
            report.ledger.add(Life(seed).live())
    except Broken as broken:
        report.broken[str(seed)] = str(broken)
    else:
        report.broken.pop(str(seed), None)
    report.next_seed = max(report.next_seed, seed + 1)
