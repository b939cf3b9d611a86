"""Trying one mutant: the tests run in a child of this process, in which one module has the fault and nothing else has.

No file is changed: the child's import of that module is answered with the mutant. It works in a copy of the project, so
that somebody may go on working meanwhile. The child ends at the first test
that fails, or when its time is over.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FrameType, ModuleType

import pytest

MOST_BYTES = 4 << 30
LONGEST_S = 3.0  # a test that takes longer is left out: each survivor would have to wait for it
# no state is kept between runs, and hypothesis tries the same examples each time
OPTIONS = ("-q", "-W", "ignore:Module already imported", "-p", "no:cacheprovider", "--hypothesis-seed=0")
SURVIVED = "survived"
OUT_OF_TIME = "out of time"
BROKEN = "nothing could be run"


@dataclass(frozen=True, slots=True)
class Bench:
    """The tests of one folder: in which order to run them, and what they need without a fault.

    *root* is a copy of the project; all that a child writes is in *scratch*.
    """

    root: Path
    tests: str
    scratch: Path
    cpu_s: float = 600.0  # while watched, which takes two or three times as long
    order: dict[str, float] = field(default_factory=dict)  # seconds by test: the quick ones first
    reached: dict[str, list[int]] = field(
        default_factory=dict
    )  # by function: places in *order* of the tests that call it

    def calling(self, function: str) -> list[str]:
        """The tests that call this function; empty when not known: it may concern every test."""
        tests = list(self.order)
        return [tests[place] for place in self.reached.get(function, ())]


class Shadow(MetaPathFinder, Loader):
    """Answers the import of one module with a mutant of it."""

    def __init__(self, module: str, path: Path, code: CodeType) -> None:
        self._module, self._path, self._code = module, path, code

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def create_module(self, _: ModuleSpec) -> None:
        """An ordinary one."""

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


class Order:
    """Runs the likeliest tests first, then the quick ones; keeps what failed and how long each took.

    *only*: leave out all but these; none: leave out nothing.
    """

    def __init__(self, first: Sequence[str], order: dict[str, float], only: Collection[str] = ()) -> None:
        self._rank = {test: place for place, test in enumerate(first)}
        self._seconds = order
        self._only = frozenset(only)
        self.failed = ""
        self.took: dict[str, float] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        last = len(self._rank)
        items[:] = [item for item in items if self._seconds.get(item.nodeid, 0.0) <= LONGEST_S]
        items[:] = [item for item in items if item.nodeid in self._only] or items
        items.sort(key=lambda item: (self._rank.get(item.nodeid, last), self._seconds.get(item.nodeid, 0.0)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.took[report.nodeid] = self.took.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed = self.failed or report.nodeid


class Watch:
    """Notes which tests call which functions of the project: a fault in a function concerns no other test."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"
        self._names: dict[CodeType, str] = {}
        self._test = ""
        self._reached: dict[str, set[str]] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._test = nodeid

    def called(self, frame: FrameType, event: str, _: object) -> None:
        """For ``sys.setprofile``."""
        if event == "call":
            if (name := self._names.get(frame.f_code)) is None:
                name = self._names[frame.f_code] = self._named(frame.f_code)
            if name:
                self._reached.setdefault(name, set()).add(self._test)

    def _named(self, code: CodeType) -> str:
        file = code.co_filename.removeprefix(self._root)
        return "" if file == code.co_filename else f"{file} {code.co_qualname.partition('.<')[0]}"

    def reached(self, order: Collection[str]) -> dict[str, list[int]]:
        """By function: the tests that call it. What is called while tests are read concerns all, and is left out."""
        places = {test: place for place, test in enumerate(order)}
        return {name: sorted(map(places.__getitem__, by)) for name, by in self._reached.items() if "" not in by}


@dataclass
class Trial:
    """A child that is on its way. *key* says what it tries."""

    key: str
    pid: int
    folder: Path
    began: float
    limit_s: float

    def is_late(self) -> bool:
        return time.monotonic() - self.began > self.limit_s

    def stop(self) -> None:
        os.killpg(self.pid, signal.SIGKILL)

    def verdict(self, status: int) -> str:
        """The test that noticed, or what else became of it; the child and what it began are gone then."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # programs that a test began
        said = self.folder / "failed"
        failed = said.read_text() if said.exists() else ""
        shutil.rmtree(self.folder, ignore_errors=True)
        if os.WIFSIGNALED(status):
            return OUT_OF_TIME
        code = os.waitstatus_to_exitcode(status)
        return SURVIVED if code == pytest.ExitCode.OK else failed or BROKEN


def begin(
    key: str, bench: Bench, first: Sequence[str] = (), shadow: Shadow | None = None, only: Collection[str] = ()
) -> Trial:
    """Begin to run the tests in a child; without *shadow* they run without a fault and all of them."""
    folder = Path(tempfile.mkdtemp(prefix="kiosk-mutant-", dir=bench.scratch))
    limit_s = 60 + 10 * bench.cpu_s
    pid = os.fork()
    if pid == 0:
        _run(bench, folder, Order(first, bench.order, only), shadow)
    return Trial(key, pid, folder, time.monotonic(), limit_s)


def _run(bench: Bench, folder: Path, order: Order, shadow: Shadow | None) -> None:
    code = 70
    try:
        _keep_apart(bench, folder)
        stop, watch = [], Watch(bench.root)
        if shadow:
            sys.meta_path.insert(0, shadow)
            stop = ["-x"]
        else:
            sys.setprofile(watch.called)
        places = [f"--rootdir={bench.root}", f"--basetemp={folder / 'tmp'}", bench.tests]
        code = pytest.main([*OPTIONS, *stop, *places], plugins=[order, watch])
        sys.setprofile(None)
        (folder / "failed").write_text(order.failed)
        (folder / "clean").write_text(json.dumps({"order": order.took, "reached": watch.reached(order.took)}))
    except BaseException:  # noqa: BLE001 - nothing may come back from here: this process is the child
        traceback.print_exc()  # into the file that keeps what is said
    finally:
        sys.stderr.flush()
        os._exit(code)


def _keep_apart(bench: Bench, folder: Path) -> None:
    """Nothing that a mutant does reaches the terminal, the working tree or the end of the memory."""
    os.setpgid(0, 0)
    os.chdir(bench.root)
    os.environ |= {"HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"), "TMPDIR": str(folder)}
    tempfile.tempdir = None
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]  # those of the working tree
    sys.path.insert(0, str(bench.root))
    # what is compiled once serves every child, and none of it comes near the working tree
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(bench.scratch / "compiled")
    silent = os.open(folder / "said", os.O_WRONLY | os.O_CREAT)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_PROF, 10 + bench.cpu_s)  # of the processor: a busy machine kills no mutant
