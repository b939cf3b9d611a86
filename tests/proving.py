"""What every proof that goes on over runs shares: a report put in its place as a whole, an end between two tries."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def write_report(path: Path, report: DataclassInstance, *, indent: int | None = 1) -> None:
    """Put the report in its place as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(report), indent=indent, ensure_ascii=False) + "\n")
    new.replace(path)


@contextmanager
def until_interrupted() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C end the run between two lives: inside of one SQLite would take it for a fault of the disk."""
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)
