"""One run: a seed is lived from beginning to end, and the first invariant that breaks ends it."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hardware.bench.physics import CabinetBurned
from tests.cuts.disk import Disk, simulated_disk
from tests.cuts.life import PowerLost
from tests.sim.accidents import mend_all
from tests.sim.invariants import hold_all
from tests.sim.script import Beat, script
from tests.sim.stage import USUAL, Make, Stage
from tests.sim.story import Story, Voice

PAUSES_S = (*((2, 30),) * 4, *((10, 300),) * 4, *((60, 1800),) * 2, (3600, 10_000))  # between two episodes
PAUSE_WITHOUT_STORAGE_S = 300.0  # the kiosk tries the disk every 5 s
WAITS_S = (0.0, 0.0, 0.4, 2.0, 8.0)  # between two beats, at most
AFTER_ALL_S = 300.0


@dataclass
class Tally:
    """What runs have been through."""

    runs: int = 0
    episodes: int = 0
    beats: int = 0
    motor_ons: int = 0
    fell: int = 0
    cuts: int = 0
    cuts_in_recovery: int = 0
    restarts: int = 0
    failed_ios: int = 0
    hours: float = 0.0

    def add(self, other: Tally) -> None:
        """Add another's."""
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self) -> str:
        return (
            f"{self.runs:,} runs of {self.hours / 24:,.0f} virtual days, {self.beats:,} acts, {self.motor_ons:,} turns "
            f"of a coil, {self.fell:,} items fell, {self.restarts:,} restarts, {self.cuts:,} power cuts, "
            f"{self.cuts_in_recovery:,} of them in recovery"
        )


@dataclass(frozen=True)
class Verdict:
    """How a run ended. *wrong*: the invariant that broke, in a sentence that begins with its name."""

    seed: int
    story: Story
    tally: Tally
    wrong: str | None
    last_beat: int
    only: tuple[int, ...] | None = None  # the beats that were not left out

    @property
    def rule(self) -> str:
        """The name of what broke."""
        return (self.wrong or "").split(":", maxsplit=1)[0]

    @property
    def replay(self) -> str:
        """The command that tells this run again."""
        only = f" --only {','.join(map(str, self.only))}" if self.only is not None else ""
        return f"python -m tests.sim --seed {self.seed}{only} --explain"

    def __str__(self) -> str:
        if self.wrong:
            return f"Seed {self.seed} BROKEN. {self.wrong}\n  to see it again: {self.replay}"
        return (
            f"Seed {self.seed}: all held through {self.tally.hours:g} hours, {self.tally.motor_ons} turns of a coil, "
            f"{self.tally.restarts} restarts and {self.tally.cuts} power cuts. Story {self.story.digest}."
        )


def live(seed: int, make: Make = USUAL, only: Collection[int] | None = None) -> Verdict:
    """Live the run of that seed; *only* some of its beats. Never raises for what the kiosk does."""
    with tempfile.TemporaryDirectory(prefix="kiosk-sim-") as folder, simulated_disk(seed) as disk:
        return Run(seed, make, only).live(Path(folder), disk)


class Run:
    """Goes through a script, restarts what ends, and holds the invariants after each beat."""

    def __init__(self, seed: int, make: Make, only: Collection[int] | None) -> None:
        self.seed = seed
        self.make = make
        self.only = None if only is None else tuple(only)
        self.beats = [beat for beat in script(seed) if only is None or beat.number in only]
        self.story = Story()
        self.tally = Tally(runs=1)
        self.beat = -1

    def live(self, folder: Path, disk: Disk) -> Verdict:
        """From the first beat to the verdict."""
        stage: Stage | None = None
        wrong = None
        try:
            self.story.tell(0.0, Voice.HEADING, f"Run {self.seed}: the kiosk is set up.")
            stage = Stage(folder, disk, self.seed, self.story, self.make)
            self._perform(stage)
        except (AssertionError, CabinetBurned) as broken:
            wrong = _said(stage, broken)
        except Exception as crash:  # noqa: BLE001 - a kiosk must not end by itself, whatever happens to it
            wrong = f"crash: {type(crash).__name__}: {crash}"
        finally:
            if stage:
                self._note(stage)
                stage.kiosk.close()
        if wrong and stage:
            stage.tell(f"BROKEN. {wrong}", Voice.WRONG)
        return Verdict(self.seed, self.story, self.tally, wrong, self.beat, self.only)

    def _perform(self, stage: Stage) -> None:
        episode = -1
        for beat in self.beats:
            self.beat = beat.number
            stage.chance = beat.chance(self.seed)
            with self._powered(stage):
                self._pause(stage, beat, is_new=beat.episode != episode)
                beat.act.does(stage)
                stage.pass_time(0)
            episode = beat.episode
            hold_all(stage)
        self._end_in_peace(stage)

    def _pause(self, stage: Stage, beat: Beat, *, is_new: bool) -> None:
        if not is_new:
            stage.pass_time(stage.chance.uniform(0, stage.chance.choice(WAITS_S)))
            return
        seconds = stage.chance.uniform(*stage.chance.choice(PAUSES_S))
        if not stage.stock_is_known():
            seconds = min(seconds, PAUSE_WITHOUT_STORAGE_S)
        stage.pass_time(seconds)
        self.tally.episodes += 1
        stage.tell(beat.heading, Voice.HEADING)

    @contextmanager
    def _powered(self, stage: Stage) -> Iterator[None]:
        try:
            yield
        except PowerLost:
            self._restart(stage)

    def _restart(self, stage: Stage) -> None:
        stage.tell("The power goes.", Voice.SERVICE)
        is_starting = False
        while stage.disk.is_off:
            self.tally.cuts += 1
            self.tally.cuts_in_recovery += is_starting
            is_starting = True
            away_s = stage.chance.choice((1.0, 60.0, 7200.0))
            again = stage.chance.randint(1, 40) if stage.chance.random() < 0.25 else None
            try:
                stage.power_up(away_s, again)
            except PowerLost:
                stage.tell("The power goes again while the service starts.", Voice.SERVICE)
        stage.disk.cut_at = None

    def _end_in_peace(self, stage: Stage) -> None:
        """Everything is mended, the service is started once more, and all must be in order."""
        stage.tell("Everything is mended.", Voice.HEADING)
        stage.disk.cut_at, stage.cuts_at_motor_on = None, False
        stage.disk.repair()
        mend_all(stage)
        stage.set_door(is_open=False)
        stage.operator.is_reached = True
        stage.pass_time(AFTER_ALL_S)
        stage.stop_in_order()
        turns = len(stage.turns())
        stage.pass_time(AFTER_ALL_S)
        assert len(stage.turns()) == turns, "I3: a motor moved after a start without anybody's act"
        assert stage.stock_is_known(), "storage: the disk is in order and the ledger is not used"
        hold_all(stage)

    def _note(self, stage: Stage) -> None:
        self.tally.beats = len(self.beats)
        self.tally.motor_ons = len(stage.turns())
        self.tally.fell = sum(stage.truth.fell[item] for item in sorted(stage.truth.fell))
        self.tally.failed_ios = stage.disk.failed
        self.tally.hours = round(stage.lived_s / 3600, 1)
        self.tally.restarts = stage.starts - 1


def _said(stage: Stage | None, broken: BaseException) -> str:
    if stage and stage.witness.failures:
        return stage.witness.failures[0]
    text = str(broken)
    if isinstance(broken, CabinetBurned):
        return f"{'I6' if 'together' in text else 'I7'}: {text}"
    return text or "assertion without words"
