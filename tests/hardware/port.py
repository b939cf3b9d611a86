"""A scanner's cable: a real pseudo-terminal under a name of its own, to be pulled out and plugged in again."""

from __future__ import annotations

import os
import pty
import tty
from pathlib import Path


class Cable:
    """What stands between a scanner and its port *name*, as udev would name it."""

    def __init__(self, name: Path) -> None:
        self.name = name
        self._ends: tuple[int, ...] = ()

    def plug_in(self) -> None:
        """Let the port appear under its name."""
        self._ends = pty.openpty()
        tty.setraw(self._ends[1])
        self.name.symlink_to(os.ttyname(self._ends[1]))

    def pull(self) -> None:
        """Pull the cable: the line hangs up and the name is gone."""
        self.name.unlink(missing_ok=True)
        for end in self._ends:
            os.close(end)
        self._ends = ()

    def send(self, data: bytes) -> None:
        """Send what the scanner sends."""
        os.write(self._ends[0], data)
