"""A disk in memory that knows what is synced, for the ledger's real SQLite: an apsw file layer with a power switch.

What SQLite asks of a disk, after https://sqlite.org/atomiccommit.html and the unix layer's own source:

- ``xSync`` makes a file's content and size durable. Of what was not synced, each 512 or 4,096 bytes that were written
  are kept, lost or torn in half when the power goes, later writes without earlier ones too; so is a change of size.
- A name is durable once its directory was synced: by ``xDelete`` with its flag, and by the first ``xSync`` of a journal
  or log that was opened to be created. Each other new, changed or deleted name is kept or lost.
- Bytes beside those that were written stay as they are: ``POWERSAFE_OVERWRITE``, as the unix layer says of all disks.

Not modelled: disks that lie about a sync, damage what was synced long ago or rot; caches between processes (the ledger
is opened for one connection alone, so there is no -shm); files that grow by ``fallocate`` or are mapped into memory.
"""
# ruff: noqa: N802, ARG002 - the names and arguments are SQLite's own

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import apsw

NAMES = count(1)
FOREVER = 1 << 60
# what is synced into its directory by its own first sync, if it was opened to be created
DIRECTORY_TOO = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL | apsw.SQLITE_OPEN_WAL
# as the unix layer answers; a test holds both against it
CHARACTERISTICS = apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE | apsw.SQLITE_IOCAP_SUBPAGE_READ
SECTOR_BYTES = 4096


class Content:
    """One file's bytes: *live* as programs read them, *durable* as they would be found after a cut that loses all."""

    def __init__(self, durable: bytes = b"") -> None:
        self.live = bytearray(durable)
        self.durable = durable
        self.unsynced: list[tuple[int, bytes | None]] = []  # a write at an offset, or a new size

    def write(self, offset: int, data: bytes) -> None:
        _put(self.live, offset, data)
        self.unsynced.append((offset, data))

    def resize(self, size: int) -> None:
        _resize(self.live, size)
        self.unsynced.append((size, None))

    def sync(self) -> None:
        if self.unsynced:
            self.durable = bytes(self.live)
            self.unsynced.clear()

    def lose_power(self, fate: Fate) -> None:
        """Become what is found afterwards."""
        found = bytearray(self.durable)
        for offset, data in self.unsynced:
            if data is None:
                if fate.keeps():
                    _resize(found, offset)
                continue
            for at, part in fate.what_is_left(offset, data):
                _put(found, at, part, fate.filling)
        self.live = found
        self.unsynced.clear()
        self.durable = bytes(found)


class Fate:
    """What one power cut does, out of its seed: how likely a block is kept, and how large blocks are."""

    def __init__(self, seed: str) -> None:
        self._chance = random.Random(seed)
        self._block_bytes = self._chance.choice((512, 4096))
        # all and nothing are the most usual ends, and the ones a middling chance would hardly ever make
        self._keeps = self._chance.choice((0.0, 0.0, 1.0, self._chance.random(), self._chance.random()))
        self.filling = self._chance.choice((b"\0", b"\xa5"))  # where a file grew, but what was written was lost

    def keeps(self) -> bool:
        return self._chance.random() < self._keeps

    def what_is_left(self, offset: int, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The parts of a write that reached the disk."""
        start, end = offset, offset + len(data)
        while start < end:
            stop = min(end, start - start % self._block_bytes + self._block_bytes)
            first, last = (
                self._torn(start, stop) if 0 < self._keeps < 1 and self._chance.random() < 0.2 else (start, stop)
            )
            if self.keeps():
                yield first, data[first - offset : last - offset]
            start = stop

    def _torn(self, start: int, stop: int) -> tuple[int, int]:
        if self._keeps == 1 or self._chance.random() < 0.8:
            return start, stop
        middle = (start + stop) // 2
        return (start, middle) if self._chance.random() < 0.5 else (middle, stop)


class Disk(apsw.VFS):
    """The disk. ``ios`` counts what SQLite asked of it; at number *cut_at* the power goes, until ``switch_on``.

    Those with a number in *failing* fail, and tell a write *error*; the disk does not lose its power by that.
    """

    def __init__(self, seed: object = 0) -> None:
        self.name = f"simulated disk {next(NAMES)}"
        self.seed = seed
        self.ios = 0
        self.cuts = 0
        self.cut_at: int | None = None
        self.failing = range(0)
        self.error = apsw.SQLITE_IOERR
        self.failed = 0  # how many I/Os have
        self.is_off = False
        self._is_looked_at = False
        self.power = 0  # files opened before a cut or a kill are lost with their process
        self._names: dict[str, Content] = {}
        self._durable_names: dict[str, Content] = {}
        super().__init__(self.name, "")

    # --- what happens to it

    def cut_after(self, ios: int) -> None:
        """Let the power go at that number of I/Os from now."""
        self.cut_at = self.ios + ios

    def cut_now(self) -> None:
        """Pull the plug."""
        self.is_off = True

    def switch_on(self) -> None:
        """Give power again: what is found is what was synced, and chance of the rest."""
        if self.is_off:
            self.cuts += 1
            fate = Fate(f"{self.seed} cut {self.cuts}")
            self._lose_names(fate)
            for content in self._names.values():
                content.lose_power(fate)
        self.kill()
        self.is_off, self.cut_at = False, None

    def kill(self) -> None:
        """End the process that has files open; the system keeps all that was written."""
        self.power += 1

    def repair(self) -> None:
        """Let no I/O fail any more."""
        self.failing = range(0)

    def settle(self) -> None:
        """Make all durable that there is."""
        self.sync_names()
        for content in self._names.values():
            content.sync()

    def worst_copy(self) -> Disk:
        """Another disk, as this one would be found if all were lost now that can be."""
        copy = Disk(self.seed)
        for name, content in self._durable_names.items():
            copy._names[name] = Content(content.durable)
        copy.sync_names()
        return copy

    def bytes_of(self, name: str) -> bytes:
        """A file as a program would read it; empty if it is not there."""
        content = self._names.get(name)
        return bytes(content.live) if content else b""

    @contextmanager
    def looked_at(self) -> Iterator[None]:
        """Let somebody read without a trace: no I/O counts, fails or loses the power meanwhile."""
        self._is_looked_at = True
        try:
            yield
        finally:
            self._is_looked_at = False

    # --- SQLite's side

    def must_be_on(self, power: int, error: int) -> None:
        if self.is_off or power != self.power:
            raise apsw.exception_for(error)

    def begin(self, power: int, error: int) -> None:
        """Begin an I/O; *error* is how SQLite is told if the disk is off."""
        self.must_be_on(power, error)
        if self._is_looked_at:
            return
        self.ios += 1
        if self.ios in self.failing:
            self.failed += 1
            is_full = self.error == apsw.SQLITE_FULL and error == apsw.SQLITE_IOERR_WRITE
            raise apsw.exception_for(self.error if is_full else error)

    def go_on(self, error: int) -> None:
        """End an I/O, or lose the power in the middle of it."""
        if self.ios == self.cut_at and not self._is_looked_at:
            self.is_off = True
            raise apsw.exception_for(error)

    def sync_names(self) -> None:
        self._durable_names = dict(self._names)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> File:  # type: ignore[override]  # any object with its methods will do
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self.begin(self.power, apsw.SQLITE_CANTOPEN)
        if path not in self._names:
            if not flags[0] & apsw.SQLITE_OPEN_CREATE:
                raise apsw.exception_for(apsw.SQLITE_CANTOPEN)
            self._names[path] = Content()
        self.go_on(apsw.SQLITE_CANTOPEN)
        flags[1] = flags[0]
        return File(self, self._names[path], flags[0])

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.begin(self.power, apsw.SQLITE_IOERR_DELETE)
        if filename not in self._names:
            raise apsw.exception_for(apsw.SQLITE_IOERR_DELETE_NOENT)
        del self._names[filename]
        self.go_on(apsw.SQLITE_IOERR_DELETE)
        if syncdir:
            self.sync_names()

    def xAccess(self, pathname: str, flags: int) -> bool:
        self.begin(self.power, apsw.SQLITE_IOERR_ACCESS)
        self.go_on(apsw.SQLITE_IOERR_ACCESS)
        return pathname in self._names

    def xFullPathname(self, name: str) -> str:
        return name

    def xSleep(self, microseconds: int) -> int:
        return microseconds

    def _lose_names(self, fate: Fate) -> None:
        for name in sorted({*self._names, *self._durable_names}):
            now, before = self._names.get(name), self._durable_names.get(name)
            found = now if now is before or fate.keeps() else before
            self._names.pop(name, None)
            if found:
                self._names[name] = found
        self.sync_names()


class File:
    """One opened file. Locks are no matter: nobody else is there."""

    def __init__(self, disk: Disk, content: Content, flags: int) -> None:
        self._disk = disk
        self._content = content
        self._power = disk.power
        self._syncs_directory = bool(flags & apsw.SQLITE_OPEN_CREATE and flags & DIRECTORY_TOO)

    def xRead(self, amount: int, offset: int) -> bytes:
        self._disk.begin(self._power, apsw.SQLITE_IOERR_READ)
        self._disk.go_on(apsw.SQLITE_IOERR_READ)
        return bytes(self._content.live[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        try:
            self._disk.begin(self._power, apsw.SQLITE_IOERR_WRITE)
        except apsw.Error:
            if not self._disk.is_off and self._power == self._disk.power:
                self._content.write(offset, bytes(data[: len(data) // 2]))  # the disk was full in the middle of it
            raise
        self._content.write(offset, bytes(data))
        self._disk.go_on(apsw.SQLITE_IOERR_WRITE)

    def xTruncate(self, newsize: int) -> None:
        self._disk.begin(self._power, apsw.SQLITE_IOERR_TRUNCATE)
        self._content.resize(newsize)
        self._disk.go_on(apsw.SQLITE_IOERR_TRUNCATE)

    def xSync(self, flags: int) -> None:
        self._disk.begin(self._power, apsw.SQLITE_IOERR_FSYNC)
        self._disk.go_on(apsw.SQLITE_IOERR_FSYNC)  # in the middle of a sync some is on the disk, some is not
        self._content.sync()
        if self._syncs_directory:
            self._disk.sync_names()
            self._syncs_directory = False

    def xFileSize(self) -> int:
        # no I/O: of an open file the system knows it
        self._disk.must_be_on(self._power, apsw.SQLITE_IOERR_FSTAT)
        return len(self._content.live)

    def xLock(self, level: int) -> None:
        pass

    def xUnlock(self, level: int) -> None:
        pass

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return SECTOR_BYTES

    def xDeviceCharacteristics(self) -> int:
        return CHARACTERISTICS

    def xClose(self) -> None:
        pass


@contextmanager
def simulated_disk(seed: object = 0) -> Iterator[Disk]:
    """A new, empty disk; files on it must be closed at the end."""
    disk = Disk(seed)
    try:
        yield disk
    finally:
        disk.unregister()


def _put(content: bytearray, offset: int, data: bytes, filling: bytes = b"\0") -> None:
    if offset > len(content):
        content.extend(filling * (offset - len(content)))
    content[offset : offset + len(data)] = data


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))
