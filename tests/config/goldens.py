"""Reads golden*.txt: changes to a good file and what ``kiosk check`` then prints, to the letter.

``# name``, then ``<`` lines that are replaced by the ``>`` lines, then the output. Without a ``<`` text the ``>`` lines
are the whole file. golden.txt changes good.yaml, golden_kinds.txt changes kinds.yaml.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FILES = {"golden.txt": "good.yaml", "golden_kinds.txt": "kinds.yaml"}
TEXT = "".join((HERE / name).read_text() for name in FILES)


@dataclass(frozen=True, slots=True)
class Golden:
    name: str
    good: str
    old: str
    new: str
    output: str

    @property
    def changed(self) -> str:
        assert self.old in self.good
        return self.good.replace(self.old, self.new, 1) if self.old else self.new


def _golden(block: str, good: str) -> Golden:
    name, *lines = block.rstrip("\n").split("\n")
    old = [line[2:] for line in lines if line.startswith("<")]
    new = [line[2:] for line in lines if line.startswith(">")]
    output = [line for line in lines if not line.startswith(("<", ">"))]
    return Golden(name, good, "\n".join(old), "\n".join(new), "\n".join(output) + "\n")


GOLDENS = [
    _golden(block, (HERE / good).read_text())
    for name, good in FILES.items()
    for block in re.split(r"^# ", (HERE / name).read_text(), flags=re.MULTILINE)
    if block
]
