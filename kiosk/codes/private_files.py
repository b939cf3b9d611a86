"""Files for their owner's eyes only, made once and made durable. Nothing here ever overwrites a file."""

from __future__ import annotations

import os
from pathlib import Path


def write_new(path: Path, content: bytes) -> None:
    """Make the file *path* with mode 0600 and *content*, and have the disk keep the content.

    Raises ``FileExistsError``, also for a link that leads nowhere, or another ``OSError``; nothing is left behind then.
    The name itself is durable after ``sync_folder``.
    """
    with open(path, "xb", opener=for_owner_only) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise


def sync_folder(folder: Path) -> None:
    """Have the disk keep the names that were made in *folder*. Raises ``OSError``."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def for_owner_only(path: str, flags: int) -> int:
    """Open a file as ``open`` wants its *opener* to, made with mode 0600 if it is new."""
    return os.open(path, flags, mode=0o600)  # from the first moment: a chmod afterwards would come too late
