"""Reads golden.txt: changes to good.yaml and what ``kiosk check`` then prints, to the letter.

``# name``, then ``<`` lines that are replaced by the ``>`` lines, then the output. Without a ``<`` text the ``>`` lines
are the whole file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

TEXT = (Path(__file__).parent / "golden.txt").read_text()


@dataclass(frozen=True, slots=True)
class Golden:
    name: str
    old: str
    new: str
    output: str

    def applied_to(self, good: str) -> str:
        assert self.old in good
        return good.replace(self.old, self.new, 1) if self.old else self.new


def _golden(block: str) -> Golden:
    name, *lines = block.rstrip("\n").split("\n")
    old = [line[2:] for line in lines if line.startswith("<")]
    new = [line[2:] for line in lines if line.startswith(">")]
    output = [line for line in lines if not line.startswith(("<", ">"))]
    return Golden(name, "\n".join(old), "\n".join(new), "\n".join(output) + "\n")


GOLDENS = [_golden(block) for block in re.split(r"^# ", TEXT, flags=re.MULTILINE) if block]
