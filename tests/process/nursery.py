"""Where services are born quickly: a process that has imported what a service needs, and forks.

What is born is a process of its own and runs ``kiosk`` as from a shell, to the interpreter's own end; only the start
and its imports, most of a second on a busy computer, were done once for all. ``python -m tests.process.nursery`` is the
nursery itself.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any


class Born:
    """One that was born; what of ``subprocess.Popen`` the tests use."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery, self.pid = nursery, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, if it has ended."""
        if self.returncode is None:
            self.returncode = self._nursery.code_of(self.pid)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Its exit code, once it has ended."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            select.select([], [], [], 0.001)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The nursery as tests see it; any thread. It ends, with all that were born, when its test process does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[int, int] = {}
        command = [sys.executable, "-m", "tests.process.nursery"]
        # a session of its own: Ctrl-C ends the tests, and they end it
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, start_new_session=True
        )

    def launch(self, arguments: Sequence[str], log: Path, environment: dict[str, str]) -> Born:
        """Let ``kiosk`` be born with these arguments and its errors in *log*."""
        request = {"arguments": list(arguments), "log": str(log), "environment": environment}
        with self._lock:
            assert self._process.stdin
            self._process.stdin.write(json.dumps(request) + "\n")
            while (pid := self._hear()) is None:
                pass
        return Born(self, pid)

    def code_of(self, pid: int) -> int | None:
        """The exit code of one that has ended."""
        assert self._process.stdout
        with self._lock:
            while select.select([self._process.stdout], [], [], 0)[0]:
                assert self._hear() is None
        return self._codes.get(pid)

    def _hear(self) -> int | None:
        """Take one message in: the number of one that was born, or that one has ended."""
        assert self._process.stdout
        # no more than a line may be read, or select would not see what lies in a buffer
        line = os.read(self._process.stdout.fileno(), LINE)
        assert len(line) == LINE, "the nursery has ended"
        what, pid, code = line.split()
        if what == b"born":
            return int(pid)
        self._codes[int(pid)] = int(code)
        return None


LINE = 32  # bytes of a message


def nursery() -> Nursery:
    """The one nursery of this test process; any thread."""
    with _ONE_AT_A_TIME:
        return _nursery()


_ONE_AT_A_TIME = threading.Lock()
_nursery = cache(Nursery)


# --- the nursery itself


def main() -> None:
    """Fork for each request, and tell of each end, until nobody is there any more."""
    import kiosk.cli.run  # noqa: PLC0415 - the whole service, and in the nursery only
    import kiosk.pages  # noqa: F401, PLC0415

    hears, told = os.pipe()
    os.set_blocking(told, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(told)
    children: set[int] = set()
    pending = b""
    while True:
        ready, _, _ = select.select([0, hears], [], [])
        if hears in ready:
            os.read(hears, 4096)
            _tell_ends(children)
        if 0 in ready:
            read = os.read(0, 65536)
            if not read:
                break
            *requests, pending = (pending + read).split(b"\n")
            for request in requests:
                if not (pid := os.fork()):
                    os.close(hears)
                    os.close(told)
                    _live(**json.loads(request))
                    return
                children.add(pid)
                _tell("born", pid, 0)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _tell_ends(children: set[int]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            children.discard(pid)
            _tell("ended", pid, os.waitstatus_to_exitcode(status))


def _tell(what: str, pid: int, code: int) -> None:
    os.write(1, f"{what} {pid} {code}".ljust(LINE).encode())


def _live(arguments: list[str], log: str, environment: dict[str, str]) -> Any:
    """Be a service; it is in the child's main thread, and ends as any program does."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDWR)
    for old, new in ((nothing, 0), (nothing, 1), (errors, 2)):
        os.dup2(old, new)
    os.environ.update(environment)
    sys.path[:0] = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.argv = ["kiosk", *arguments]
    from kiosk.cli import main as kiosk  # noqa: PLC0415

    kiosk()


if __name__ == "__main__":
    main()
