"""What can befall a ledger's file while nobody has it open, and a process that is killed at one of its steps."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

PAGE = 1024


def by_sql(*statements: str) -> Callable[[Path], None]:
    """Edit the file as no program of ours would."""

    def harm(path: Path) -> None:
        connection = apsw.Connection(str(path))
        connection.execute("PRAGMA ignore_check_constraints = 1")
        for statement in statements:
            connection.execute(statement)
        connection.close()

    return harm


def tear(path: Path) -> None:
    """Overwrite every page but the first, as a worn card does."""
    with path.open("r+b") as file:
        pages = path.stat().st_size // PAGE
        for page in range(1, pages):
            file.seek(page * PAGE)
            file.write(b"\xa5" * (PAGE // 2))


def tear_the_days(path: Path) -> None:
    """Overwrite a page that no start and no vend reads."""
    connection = apsw.Connection(str(path))
    ((page,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'sealed_days'")
    connection.close()
    with path.open("r+b") as file:
        file.seek((int(str(page)) - 1) * PAGE)
        file.write(b"\xa5" * PAGE)


HARM: dict[str, Callable[[Path], None]] = {
    "garbage": lambda path: _write(path, b"no ledger at all" * 1000),
    "of length zero": lambda path: _write(path, b""),
    "gone": lambda path: path.unlink(),
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE),
    "its first bytes only": lambda path: os.truncate(path, 100),
    "torn pages": tear,
    "a page torn that nobody reads": tear_the_days,
    "a table lost": by_sql("DROP TABLE codes"),
    "no room for a vend": by_sql("DELETE FROM open_vend"),
    "a state that nobody knows": by_sql("UPDATE slots SET state = 'rusty'"),
    "a date that is none": by_sql("UPDATE lots SET expires = 'some day'"),
}


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def is_killed(act: Callable[[], object], step: int) -> bool:
    """Whether *act*, in a process of its own, came to its file operation number *step*: it is killed before it."""
    child = os.fork()
    if child == 0:
        try:
            _be_killed_at(step)
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _be_killed_at(step: int) -> None:
    seen = 0

    def look(event: str, _arguments: object) -> None:
        nonlocal seen
        if event in ("open", "os.rename", "os.remove"):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


@contextmanager
def ordinary_rights() -> Iterator[None]:
    """Have the system mind who may write a file, even if the tests are root's."""
    if os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread
    before, without = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    for sets in (before, without):
        assert libc.capget(header, sets) == 0
    without[0] &= ~0b111110  # CAP_DAC_OVERRIDE and what is like it: the right to pass over a file's mode
    assert libc.capset(header, without) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0


@contextmanager
def without_right(path: Path, right: int) -> Iterator[None]:
    """Take a right to *path* away from everybody: 0o222 to write it, 0o444 to read it."""
    mode = path.stat().st_mode
    path.chmod(mode & ~right)
    with ordinary_rights():
        yield
    path.chmod(mode)
