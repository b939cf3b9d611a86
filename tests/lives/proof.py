"""Proof that goes on: lives on paper from fresh seeds; what was lived through adds up in one file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from time import monotonic

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import get_state_machine_test

from tests.lives.life import LIVED, KioskLife, Lived
from tests.proving import until_interrupted, write_report

LIVES = 20  # of one seed
STEPS = 60  # of one life
# no database: a seed says it all. No shrinking here: it takes minutes, and --seed does it
ONE_SEED = settings(
    max_examples=LIVES,
    stateful_step_count=STEPS,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


@dataclass
class Report:
    """What was proven so far. *broken*: how seeds failed; each is tried again at the beginning of the next run."""

    next_seed: int = 0
    runs: int = 0
    seconds: float = 0.0
    lived: Lived = field(default_factory=Lived)
    broken: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lived = self.lived
        return (
            f"{lived.lives:,} lives of {lived.steps:,} steps: {lived.vends:,} vends, {lived.starts:,} starts, "
            f"{lived.cuts:,} power cuts, {lived.failing_disks:,} failing disks; naloxone asked for "
            f"{lived.naloxone_asked:,} times, {lived.naloxone_refused:,} refused as documented; "
            f"{self.runs} runs, {self.seconds / 60:.1f} minutes: {len(self.broken)} seeds broken"
        )


def live(number: int, how: settings = ONE_SEED) -> None:
    """Live the lives of one seed. Raises whatever a life found."""
    seed(number)(get_state_machine_test(KioskLife, settings=how))()


def read_report(path: Path) -> Report:
    """The report so far, or a new one."""
    if not path.exists():
        return Report()
    found = json.loads(path.read_text())
    return Report(**{**found, "lived": Lived(**found["lived"])})


def go_on(path: Path, minutes: float) -> Report:
    """Live fresh lives for so long, or until Ctrl-C; the report is written after each seed."""
    report = read_report(path)
    report.runs += 1
    began = monotonic()
    with until_interrupted() as is_interrupted:
        for number in chain([int(number) for number in report.broken], count(report.next_seed)):
            before = monotonic()
            if is_interrupted() or before - began >= minutes * 60:
                break
            _live(number, report)
            report.seconds = round(report.seconds + monotonic() - before, 1)
            write_report(path, report)
    write_report(path, report)
    return report


def _live(number: int, report: Report) -> None:
    try:
        live(number)
    except Exception as broken:  # noqa: BLE001 - whatever it is, it is what was looked for
        notes = getattr(broken, "__notes__", [])
        report.broken[str(number)] = "\n".join([f"{type(broken).__name__}: {broken}", *notes])
    else:
        report.broken.pop(str(number), None)
    report.lived.add(LIVED)
    vars(LIVED).update(vars(Lived()))
    report.next_seed = max(report.next_seed, number + 1)
