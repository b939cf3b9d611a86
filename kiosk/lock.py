"""One process owns the pins and the data: an advisory lock on a file, given back by the kernel whatever happens."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class AlreadyRunning(RuntimeError):
    """Another process owns the data directory."""


class DataUnusable(RuntimeError):
    """The data directory cannot be used; the message says what to do."""


class InstanceLock:
    """Held from construction to ``close()``, which may be called twice. Makes the data directory if need be."""

    def __init__(self, data: Path) -> None:
        path = data / "kiosk.lock"
        try:
            data.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise DataUnusable(
                f"the data directory {data} cannot be used ({error.strerror}): make it and give it to this user, "
                "or name another one as data: in kiosk.yaml"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            raise AlreadyRunning(
                f"another kiosk process uses {data}; stop it first, or wait until it is done"
            ) from error

    def close(self) -> None:
        """Give the lock back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
