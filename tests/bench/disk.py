"""A file layer for SQLite that counts what reaches the disk: commits, syncs, bytes.

It believes only what it sees written, and not what the ledger says of itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import apsw

NAME = "counting"
# https://sqlite.org/fileformat2.html#walformat: bytes 4 to 7 are zero except in the last frame of a commit
FRAME_HEADER_BYTES = 24


@dataclass(slots=True)
class Counts:
    """What was written since the last ``reset``. A *commit* counts once it is synced."""

    commits: int = 0
    syncs: int = 0
    bytes: int = 0
    unsynced: int = 0

    def reset(self) -> None:
        """Count anew."""
        self.__init__()  # type: ignore[misc]


class CountingFile(apsw.VFSFile):
    """A file that counts."""

    def __init__(self, base: str, name: str | apsw.URIFilename | None, flags: list[int], counts: Counts) -> None:
        super().__init__(base, name, flags)
        self._counts = counts
        self._is_log = bool(flags[0] & apsw.SQLITE_OPEN_WAL)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's own name
        self._counts.bytes += len(data)
        if self._is_log and len(data) == FRAME_HEADER_BYTES and any(data[4:8]):
            self._counts.unsynced += 1
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's own name
        super().xSync(flags)
        self._counts.syncs += 1
        if self._is_log:
            self._counts.commits += self._counts.unsynced
            self._counts.unsynced = 0


class CountingLayer(apsw.VFS):
    """SQLite's own file layer with ``CountingFile`` in front; the default one while it is registered."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._base = apsw.vfs_names()[0]
        super().__init__(NAME, self._base, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> CountingFile:  # noqa: N802
        return CountingFile(self._base, name, flags, self.counts)


@contextmanager
def counting() -> Iterator[Counts]:
    """Count all that SQLite files opened meanwhile write; they must be closed at the end."""
    layer = CountingLayer()
    try:
        yield layer.counts
    finally:
        layer.unregister()
