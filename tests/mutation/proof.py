"""The proof that goes on where it stopped: which mutants the tests notice, in one file that adds up over runs.

A verdict holds until the function or table that its fault is in has changed. One that survived is tried again when the
tests have changed, one that was killed when the test that killed it is gone. Removing the file begins anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import select
import shutil
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation.mutants import Mutant, compiled, mutants_of
from tests.mutation.trial import SURVIVED, Bench, Shadow, Trial, begin
from tests.proving import write_report

# what is mutated, and the tests that must notice without help from others
TARGETS = {"kiosk/core": "tests/core", "kiosk/ledger": "tests/ledger"}
EXPLAINED = Path(__file__).with_name("survivors.toml")
MEMORY = Path("/dev/shm")  # a ledger that waits for no disk is tried ten times as fast
NOT_COPIED = (".*", "__pycache__", "proof")
SEED = 1
SAVE_EVERY_S = 10.0
LOOK_S = 0.1  # how often the time limits are looked at while no child ends
LIKELIEST = 30
WANTED = 0.9


class TestsFail(RuntimeError):
    """The tests fail without any fault: nothing can be said of mutants then."""

    __test__ = False


@dataclass
class Verdict:
    """*by*: the test that noticed, or ``survived``. *tests*: hash of the tests it met."""

    definition: str
    by: str
    tests: str


@dataclass
class Clean:
    """The tests of a folder without a fault: *of* which state of both, for how long, and each one's seconds."""

    of: str
    cpu_s: float
    order: dict[str, float]
    reached: dict[str, list[int]]


@dataclass
class Report:
    """What was found so far."""

    runs: int = 0
    seconds: float = 0.0
    clean: dict[str, Clean] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)


def read_report(path: Path) -> Report:
    """The report so far, or a new one."""
    if not path.exists():
        return Report()
    found = json.loads(path.read_text())
    clean = {tests: Clean(**each) for tests, each in found["clean"].items()}
    verdicts = {key: Verdict(**each) for key, each in found["verdicts"].items()}
    return Report(found["runs"], found["seconds"], clean, verdicts)


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """The project as it is now, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kiosk-mutants-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield shutil.copytree(root, Path(folder) / "project", ignore=shutil.ignore_patterns(*NOT_COPIED))


@dataclass
class Proof:
    """One run of the proof: *targets* are folders of sources and their tests, both below *root*, a copy."""

    root: Path
    path: Path
    targets: Mapping[str, str]
    workers: int = 1
    report: Report = field(init=False)
    mutants: dict[str, Mutant] = field(init=False)
    benches: dict[str, Bench] = field(init=False, default_factory=dict)
    hashes: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.report = read_report(self.path)
        files = [path for folder in self.targets for path in sorted((self.root / folder).rglob("*.py"))]
        found = [each for path in files for each in mutants_of(self.root, str(path.relative_to(self.root)))]
        self.mutants = {mutant.key: mutant for mutant in found}
        self.hashes = {tests: _hash(self.root / tests) for tests in self.targets.values()}
        self.report.verdicts = {k: v for k, v in self.report.verdicts.items() if k in self.mutants}

    def go_on(self, minutes: float, only: str = "") -> None:
        """Try mutants for so long, or until Ctrl-C; *only* those whose key has this text, again if need be."""
        self.report.runs += 1
        running: dict[int, Trial] = {}
        try:
            self.benches = {tests: self._measured(folder, tests) for folder, tests in self.targets.items()}
            self._try_all(self._to_try(only), minutes, running)
        except KeyboardInterrupt:
            pass
        finally:
            for trial in running.values():
                trial.stop()
                trial.verdict(os.waitpid(trial.pid, 0)[1])
            write_report(self.path, self.report, indent=None)

    def _try_all(self, keys: Iterator[str], minutes: float, running: dict[int, Trial]) -> None:
        began, before = time.monotonic(), self.report.seconds
        saved = began
        for key in keys:
            self._begin(key, running)
            while len(running) >= self.workers:
                self._end_one(running)
            now = time.monotonic()
            self.report.seconds = round(before + now - began, 1)
            if now - saved >= SAVE_EVERY_S:
                write_report(self.path, self.report, indent=None)
                saved = now
            if now - began >= minutes * 60:
                break
        while running:
            self._end_one(running)

    def _to_try(self, only: str) -> Iterator[str]:
        keys = sorted(self.mutants)
        random.Random(SEED).shuffle(keys)  # a part of them already says something of the whole
        if only:
            return iter([key for key in keys if only in key])
        keys = [key for key in keys if not self._holds(key)]
        return iter(sorted(keys, key=lambda key: key in self.report.verdicts))  # what was never tried comes first

    def _holds(self, key: str) -> bool:
        verdict, mutant = self.report.verdicts.get(key), self.mutants[key]
        if verdict is None or verdict.definition != mutant.definition:
            return False
        if verdict.by == SURVIVED:
            return verdict.tests == self.hashes[self._tests_of(mutant)]
        file, _, test = verdict.by.partition("::")
        name = test.rpartition("::")[2].partition("[")[0]
        return not test or ((self.root / file).exists() and name in (self.root / file).read_text())

    def _tests_of(self, mutant: Mutant) -> str:
        return next(tests for folder, tests in self.targets.items() if mutant.file.startswith(f"{folder}/"))

    def _measured(self, folder: str, tests: str) -> Bench:
        """The tests without a fault: whether they pass, and how long they take."""
        of = _hash(self.root / folder) + self.hashes[tests]
        clean = self.report.clean.get(tests)
        if clean is None or clean.of != of:
            trial = begin(tests, Bench(self.root, tests, self.root.parent))
            _, status, used = os.wait4(trial.pid, 0)
            said = trial.folder / "clean"
            found = json.loads(said.read_text()) if said.exists() else {}
            if (noticed := trial.verdict(status)) != SURVIVED:
                raise TestsFail(f"{tests} fails without any fault: {noticed}")
            clean = self.report.clean[tests] = Clean(of, round(used.ru_utime + used.ru_stime, 1), **found)
        return Bench(self.root, tests, self.root.parent, clean.cpu_s, clean.order, clean.reached)

    def _begin(self, key: str, running: dict[int, Trial]) -> None:
        mutant = self.mutants[key]
        module = mutant.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        shadow = Shadow(module, self.root / mutant.file, compiled(self.root, mutant))
        bench = self.benches[self._tests_of(mutant)]
        trial = begin(key, bench, self._likeliest(mutant), shadow, bench.calling(key.partition(": ")[0]))
        running[trial.pid] = trial

    def _likeliest(self, mutant: Mutant) -> list[str]:
        """The tests that noticed most faults of the same function, then of the same file."""
        function, near, far = mutant.key.split(": ")[0], Counter[str](), Counter[str]()
        for key, verdict in self.report.verdicts.items():
            if key.startswith(f"{mutant.file} ") and "::" in verdict.by:
                (near if key.startswith(f"{function}: ") else far)[verdict.by] += 1
        return [test for test, _ in (*near.most_common(LIKELIEST), *far.most_common(LIKELIEST))]

    def _end_one(self, running: dict[int, Trial]) -> None:
        ended, status = os.waitpid(-1, os.WNOHANG)
        if ended not in running:
            for trial in running.values():
                if trial.is_late():
                    trial.stop()
            _wait_for_one(running)
            return
        trial = running.pop(ended)
        mutant = self.mutants[trial.key]
        verdict = Verdict(mutant.definition, trial.verdict(status), self.hashes[self._tests_of(mutant)])
        self.report.verdicts[trial.key] = verdict


def _wait_for_one(children: Iterable[int]) -> None:
    """Wait until a child has ended, and no longer than until the next look at their time limits."""
    with ExitStack() as opened:
        ends = [os.pidfd_open(child) for child in children]
        for end in ends:
            opened.callback(os.close, end)
        select.select(ends, [], [], LOOK_S)


def _hash(folder: Path) -> str:
    texts = [path.read_bytes() for path in sorted(folder.rglob("*.py"))]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]


def explained(path: Path = EXPLAINED) -> dict[str, str]:
    """Why a mutant may survive, by its key."""
    found = tomllib.loads(path.read_text())
    return {f"{file} {words}": why for file, table in found.items() for words, why in table.items()}


@dataclass(frozen=True, slots=True)
class Score:
    """How it stands: mutants by what became of them; *stale* explanations explain nothing that survives."""

    mutants: int
    killed: int
    explained: Sequence[str]
    unexplained: Sequence[str]
    stale: Sequence[str]

    @property
    def share(self) -> float:
        """Of those that were tried, how many were killed."""
        tried = self.killed + len(self.explained) + len(self.unexplained)
        return self.killed / tried if tried else 0.0

    def __str__(self) -> str:
        tried = self.killed + len(self.explained) + len(self.unexplained)
        return (
            f"{self.mutants:,} mutants, {tried:,} tried: {self.killed:,} killed ({self.share:.1%}), "
            f"{len(self.explained)} survived for a reason that is known, {len(self.unexplained)} unexplained"
        )


def score(proof: Proof, reasons: Mapping[str, str], within: str = "") -> Score:
    """The score of all mutants, or of those of one folder or file."""
    verdicts = {key: verdict for key, verdict in proof.report.verdicts.items() if key.startswith(within)}
    alive = sorted(key for key, verdict in verdicts.items() if verdict.by == SURVIVED)
    return Score(
        sum(key.startswith(within) for key in proof.mutants),
        len(verdicts) - len(alive),
        [key for key in alive if key in reasons],
        [key for key in alive if key not in reasons],
        sorted(key for key in reasons if key not in alive and (key in verdicts or key not in proof.mutants)),
    )
