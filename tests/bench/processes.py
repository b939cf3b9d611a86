"""Processes to be measured, and what Linux says of them. Times are monotonic seconds, as in the kiosk's trace."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from tests.broker import free_port
from tests.process.service import CONFIG, PATIENCE_S, Service, screened, wait_for

PLENTY = re.sub(r"capacity: \d+", "capacity: 999", CONFIG)  # no restocking in the middle of a run
QUICK = "timing: {{emergency_cooldown_s: 0.01}}\n"  # nor a wait between two touches of naloxone
SCANNER_READS_S = 0.02  # far more than waking up takes, far less than the silence that ends a code

IMPORTING = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print("ready:", file=sys.stderr, flush=True)
sys.stdin.read()
"""


class MeasuredService(Service):
    """A service whose scanner says when its last byte left, and whose start is timed to the millisecond."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()  # with a screen, as a kiosk has
        super().__init__(folder, screened(PLENTY + QUICK, self.port))

    @property
    def pid(self) -> int:
        """The process."""
        assert self.process
        return self.process.pid

    def scan_slowly(self, code: str) -> float:
        """Hold a code to the scanner; when its last byte was written, the ones before it being read already."""
        os.write(self._scanner, code.encode())
        select.select([], [], [], SCANNER_READS_S)
        last = monotonic()
        os.write(self._scanner, b"\r")
        return last

    def vend(self, code: str) -> tuple[float, list[dict[str, object]]]:
        """Let one ticket be vended: when its last byte was written, and what the trace says of it."""
        before, commits = len(self.trace()), self.happened("commit").count("commit")
        last = self.scan_slowly(code)
        select.select([], [], [], 0.5)  # nobody looks into the trace while the figures are made
        self.wait_for_outcome(commits + 2)
        return last, self.trace()[before:]

    def wait_for_rest(self) -> None:
        """Wait until the ledger's log is wiped."""
        log = self.folder / "data" / "ledger.db-wal"
        wait_for("the log to be wiped", lambda: log.stat().st_size == 0)


@contextmanager
def loaded_service() -> Iterator[MeasuredService]:
    """A running simulated kiosk with plenty of kits, in a folder of its own."""
    with unloaded_service() as service:
        service.done("load", "B1", "999")
        service.simulate()
        yield service


@contextmanager
def unloaded_service() -> Iterator[MeasuredService]:
    """A kiosk that does not run yet, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="kiosk-bench-") as folder:
        service = MeasuredService(Path(folder))
        try:
            yield service
        finally:
            service.close()


@contextmanager
def started(*arguments: str) -> Iterator[tuple[int, float]]:
    """A python process once it says ``ready:``; its number, and the seconds from before its birth until then."""
    began = monotonic()
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr
            while b"ready:" not in (line := process.stderr.readline()):
                assert line, f"{command} ended without being ready"
            yield process.pid, monotonic() - began
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)


def run_arguments(service: Service) -> Sequence[str]:
    """What ``kiosk`` is to do: be the service."""
    return ("run", "--simulate", "--config", str(service.config))


def import_command(service: Service) -> Sequence[str]:
    """Python's arguments for a process that imports what the service imports of others, and then waits."""
    return ("-c", IMPORTING, *imported_libraries(service))


def imported_libraries(service: Service) -> list[str]:
    """The third-party modules of a real run, the first one first: asked and not listed, so that none is forgotten."""
    out = service.folder / "libraries.json"
    with started("-m", "tests.bench.probe", str(out), *run_arguments(service)):
        pass
    names: list[str] = json.loads(out.read_text())
    return names


def resident_mb(pid: int) -> float:
    """Resident memory, shared pages counted whole."""
    return _kilobytes(f"/proc/{pid}/status", "VmRSS:") / 1024


def proportional_mb(pid: int) -> float:
    """Resident memory, shared pages counted by share."""
    return _kilobytes(f"/proc/{pid}/smaps_rollup", "Pss:") / 1024


def cpu_s(pid: int) -> float:
    """Processor time of all living threads; the scheduler's own count, in nanoseconds underneath."""
    stats = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(stat.read_text().split()[0]) for stat in stats) / 1e9


def cpu_ticks_s(pid: int) -> float:
    """Processor time of the process, ended threads too; coarse ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def written(pid: int) -> tuple[int, int]:
    """Bytes given to write calls, and bytes that will reach a disk."""
    figures = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(figures["wchar"]), int(figures["write_bytes"])


def _kilobytes(file: str, name: str) -> int:
    line = next(line for line in Path(file).read_text().splitlines() if line.startswith(name))
    return int(line.split()[1])
