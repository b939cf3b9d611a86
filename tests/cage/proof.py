"""Proof that goes on: services killed at moments out of fresh seeds; what was lived through adds up in one file."""

from __future__ import annotations

import json
import random
import signal
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic

from tests.cage.cage import Moment
from tests.cage.life import Life, Tally, caged_life
from tests.cage.protections import BARE, Protection
from tests.proving import until_interrupted, write_report

ROUNDS = 20  # in one life
THINGS = 8  # that pass in a vend which begins at home; one that does not has fewer if its item falls on the way home
SIGNALS = (
    *[signal.SIGKILL] * 8,
    *(signal.SIGTERM, signal.SIGHUP, signal.SIGINT),
    *(signal.SIGSTOP, signal.SIGSTOP, signal.SIGUSR1, signal.SIGUSR2),
)


@dataclass
class Report:
    """What was proven so far. *broken*: how seeds failed; moments are real time, so a seed may not fail twice."""

    next_seed: int = 0
    seconds: float = 0.0
    lived: Tally = field(default_factory=Tally)
    broken: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lived = self.lived
        return (
            f"{lived.kills:,} kills of a real service, {lived.stops:,} stops, {lived.freezes:,} freezes, "
            f"{lived.hangs:,} hung owners; {lived.made_safe:,} made safe; {lived.motors_left_on:,} motors left on, "
            f"each off {1000 * lived.slowest_low_s:.0f} ms after the next start's first call at the latest; "
            f"{lived.uncertain:,} vends uncertain, {lived.ran_alone:,} units ran out alone; "
            f"{self.seconds / 60:.1f} minutes: {len(self.broken)} seeds broken"
        )


def go_on(path: Path, minutes: float) -> Report:
    """Live fresh lives for so long, or until Ctrl-C; the report is written after each."""
    report = read_report(path)
    began = monotonic()
    with until_interrupted() as is_interrupted:
        for seed in count(report.next_seed):
            if is_interrupted() or monotonic() - began >= minutes * 60:
                return report
            before = monotonic()
            live(seed, report)
            report.seconds = round(report.seconds + monotonic() - before, 1)
            write_report(path, report)
    return report


def live(seed: int, report: Report, rounds: int = ROUNDS) -> None:
    """Live the life of one seed."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="kiosk-cage-") as folder:
        try:
            with caged_life(Path(folder), any_protections(chance), tickets=rounds) as life:
                _live(life, chance, rounds)
                report.lived.add(life.tally)
        except AssertionError as broken:
            report.broken[str(seed)] = str(broken)
    report.next_seed = seed + 1


def _live(life: Life, chance: random.Random, rounds: int) -> None:
    is_home = True
    for _ in range(rounds):
        # no restart is so quick that something still falls; a motor left on for 12 s would burn, and that is known
        life.cage.alone_s = chance.choice((0.5, 1.5, 3.0))
        life.vend_and_hit(any_moment(chance, is_home), chance.choice(SIGNALS))
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            life.start_and_kill(Moment(chance.randint(1, 40), late=chance.random() < 0.5))
        is_home = chance.random() < 0.7
        life.go_on(brings_home=is_home)
    life.end()


def any_protections(chance: random.Random) -> frozenset[Protection]:
    """Some of what a kiosk may have, beyond what every service has."""
    more = (Protection.STRICT, Protection.SAFE_STATE, Protection.PULSE)
    return BARE | {protection for protection in more if chance.random() < 0.4}


def any_moment(chance: random.Random, is_home: bool) -> Moment:
    """A moment that is sure to come: around a call or an edge, somewhere in a turn, or before it."""
    match chance.randrange(3 if is_home else 2):
        case 0:
            return Moment(turned_s=chance.uniform(0.0, 2.2))
        case 1:
            return Moment(wait_s=chance.uniform(0.001, 0.03))  # the intent is committed within these milliseconds
        case _:
            wait_s = chance.choice((0.0, chance.uniform(0.0005, 0.005)))
            return Moment(chance.randint(1, THINGS), late=chance.random() < 0.5, wait_s=wait_s)


def read_report(path: Path) -> Report:
    """The report so far, or a new one."""
    if not path.exists():
        return Report()
    found = json.loads(path.read_text())
    return Report(**{**found, "lived": Tally(**found["lived"])})
