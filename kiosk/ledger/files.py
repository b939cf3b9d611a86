"""Files that a power cut leaves old or new, never half: written aside, made durable, and only then put in their place.

Every function raises ``OSError``. Nothing here opens a database.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

LOG_ENDS = ("-wal", "-shm", "-journal")  # what SQLite may have laid beside a ledger


def sync(path: Path) -> None:
    """Have what was written to a file, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put(new: Path, place: Path) -> None:
    """Have *new* take *place*, durably: a power cut leaves the one or the other there, whole."""
    sync(new)
    new.replace(place)
    sync(place.parent)


def make_empty(path: Path) -> None:
    """Make an empty file for its owner's eyes only, whatever was there."""
    remove(path, "", *LOG_ENDS)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def write(path: Path, content: bytes) -> None:
    """Write a file for its owner's eyes only, durably, whatever was there."""
    make_empty(path)
    with path.open("r+b") as file:
        file.write(content)
    sync(path)
    sync(path.parent)


def copy(path: Path, place: Path) -> None:
    """Have a copy of *path* take *place*, durably, for its owner's eyes only."""
    draft = Path(f"{place}.draft")
    make_empty(draft)
    shutil.copyfile(path, draft)
    put(draft, place)


def set_aside(ledger: Path, place: Path) -> None:
    """Keep a copy of a closed ledger as it is, log and all, in *place*, over what was kept there before."""
    remove(place, *LOG_ENDS)
    for end in ("", "-wal"):
        if Path(f"{ledger}{end}").exists():
            copy(Path(f"{ledger}{end}"), Path(f"{place}{end}"))


def remove(path: Path, *ends: str) -> None:
    """Have the files *path* + each of *ends* be gone, durably."""
    gone: Sequence[Path] = [file for end in ends if (file := Path(f"{path}{end}")).exists()]
    for file in gone:
        file.unlink()
    if gone:
        sync(path.parent)
