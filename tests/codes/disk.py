"""A disk that keeps only what was synced, and one that is full: for proofs about files."""

from __future__ import annotations

import errno
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LossyDisk:
    """Knows what would be left if the power failed now. Stands in for ``os.fsync``."""

    def __init__(self) -> None:
        self.loses_names = False  # set it, and folders fail to sync
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, set[str]] = {}

    def fsync(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            if self.loses_names:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            self._names[status.st_ino] = set(os.listdir(descriptor))
        else:
            self._contents[status.st_ino] = Path(f"/proc/self/fd/{descriptor}").read_bytes()

    def names_left(self, folder: Path) -> set[str]:
        return self._names.get(folder.stat().st_ino, set())

    def content_left(self, path: Path) -> bytes | None:
        return self._contents.get(path.stat().st_ino) if path.name in self.names_left(path.parent) else None


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """Let no file grow beyond *room* bytes: the system itself refuses to write more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
