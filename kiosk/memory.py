"""Where the machine keeps what no power cut may outlive: a folder of this kiosk's own in memory (tmpfs), or nowhere.

A folder on a disk is never taken: what was once written to a card can be read from it for years.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)

MOUNTS = Path("/proc/self/mounts")
IN_MEMORY = ("tmpfs", "ramfs")


def memory_folder(kiosk: str, environ: Mapping[str, str] = os.environ, mounts: Path = MOUNTS) -> Path | None:
    """The kiosk's folder in memory, made if need be; None: there is none, and a restart of the service forgets.

    systemd names one for a service that has ``RuntimeDirectory=``, and keeps it over a restart if there is
    ``RuntimeDirectoryPreserve=restart``; a person who logged in has another.
    """
    for name in ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"):
        parent = environ.get(name, "").partition(":")[0]
        if parent and is_in_memory(Path(parent), mounts):
            return _made(Path(parent) / f"kiosk-{kiosk}")
    return None


def is_in_memory(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Whether the folder lies on a file system that is lost with the power."""
    place = folder.resolve()
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return False
    above = [(point, kind) for point, kind in map(_mounted, lines) if place.is_relative_to(point)]
    # of the nearest mount point the last line counts: it lies over the others
    return bool(above) and max(enumerate(above), key=lambda each: (len(each[1][0]), each[0]))[1][1] in IN_MEMORY


def _mounted(line: list[str]) -> tuple[str, str]:
    """Where something is mounted, and what kind it is; blanks are written as octal numbers there."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), line[1]), line[2]


def _made(folder: Path) -> Path | None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        log.warning("%s cannot be made (%s): a restart forgets what each pass has had", folder, error.strerror)
        return None
    return folder
