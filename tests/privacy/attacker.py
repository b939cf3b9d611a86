"""An attacker who took all that is stored, twice, and wants to know whether two visits in between were the same pass's.

It knows nothing of how the kiosk keeps things: it looks at sizes, bytes, pages, where cells lie in them, and at every
row of every table, and learns from examples which of all this tells something.
"""

from __future__ import annotations

import sqlite3
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

Files = Mapping[str, bytes]
Features = dict[str, float]

SQLITE = b"SQLite format 3"
PAGE = 1024
BTREES = {2: 12, 5: 12, 10: 8, 13: 8}  # kind of page: length of its header
BEST = 12  # features that are looked at in the end


@dataclass(frozen=True)
class Seen:
    """What was stored before and after the two visits, and the truth."""

    before: Files
    after: Files
    is_same: bool


def features_of(seen: Seen) -> Features:
    """Everything about the files that can be put as a number, by file and summed up over all files and tables."""
    found: Features = {}
    anywhere: Counter[str] = Counter()
    for name in sorted({*seen.before, *seen.after}):
        before, after = seen.before.get(name, b""), seen.after.get(name, b"")
        for what, figure in _features_of_file(before, after):
            found[f"{name}: {what}"] = float(figure)
            anywhere[what.rpartition(": ")[2]] += figure
        if not after.startswith(SQLITE):
            found.update(zip(_places(name), after, strict=False))
    return found | {f"anywhere: {what}": float(figure) for what, figure in anywhere.items()}


@lru_cache
def _places(name: str) -> list[str]:
    return [f"{name}: byte {at}" for at in range(100)]


def _features_of_file(before: bytes, after: bytes) -> Iterator[tuple[str, int]]:
    difference = _difference(before, after)
    yield "size", len(after)
    yield "growth", len(after) - len(before)
    yield "bytes that changed", len(difference) - difference.count(0)
    yield "how the change packs", len(zlib.compress(difference, 1))
    if after.startswith(SQLITE):
        yield from _features_of_pages(before, after)
        yield from _features_of_tables(_tables_of(before), _tables_of(after))
    else:
        yield from _features_of_rows("row", _records(before), _records(after))


def _difference(before: bytes, after: bytes) -> bytes:
    size = max(len(before), len(after))
    one, other = (int.from_bytes(content.ljust(size, b"\0"), "big") for content in (before, after))
    return (one ^ other).to_bytes(size, "big")


# --- pages: what is free in them, and where their cells lie


def _features_of_pages(before: bytes, after: bytes) -> Iterator[tuple[str, int]]:
    yield "free pages", int.from_bytes(after[36:40], "big")
    totals: Counter[str] = Counter()
    for number in range(0, len(after), PAGE):
        now, then = after[number : number + PAGE], before[number : number + PAGE]
        if now == then:
            continue
        totals["pages that changed"] += 1
        here, there = _page(now, number), _page(then, number)
        for what in here.keys() | there.keys():
            yield f"page {number // PAGE}: {what}", here.get(what, 0) - there.get(what, 0)
            totals[what] += here.get(what, 0) - there.get(what, 0)
        totals["cells that moved"] += _moved(now, then, number)
    yield from totals.items()


def _page(page: bytes, number: int) -> dict[str, int]:
    at = 100 if number == 0 else 0
    if len(page) < PAGE or page[at] not in BTREES:
        return {}
    _, free, cells, content, fragments = struct.unpack_from(">BHHHB", page, at)
    places = _cells(page, number)
    return {
        "first free block": free,
        "cells": cells,
        "content begins": content,
        "fragments": fragments,
        "cells out of order": sum(one < other for one, other in pairwise(places)),
    }


def _cells(page: bytes, number: int) -> tuple[int, ...]:
    at = 100 if number == 0 else 0
    if len(page) < PAGE or page[at] not in BTREES:
        return ()
    (cells,) = struct.unpack_from(">H", page, at + 3)
    return struct.unpack_from(f">{cells}H", page, at + BTREES[page[at]])


def _moved(now: bytes, then: bytes, number: int) -> int:
    return sum(one != other for one, other in zip(_cells(now, number), _cells(then, number), strict=False))


# --- rows: how many, how alike, and what they add up to

Rows = list[tuple[object, ...]]


@lru_cache(maxsize=4)  # what was after one trial is before the next
def _tables_of(content: bytes) -> dict[str, Rows]:
    if not content:
        return {}
    with closing(sqlite3.connect(":memory:")) as database:
        database.text_factory = bytes
        # a database in memory has no log: the header says so
        database.deserialize(content[:18] + b"\x01\x01" + content[20:])
        names = [name.decode() for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: list(database.execute(f"SELECT * FROM {name}")) for name in names}


def _records(content: bytes) -> Rows:
    """Rows of 18 bytes behind a header, as in files of counters."""
    return list(struct.iter_unpack(">16sH", content[68:])) if len(content) % 18 == 68 % 18 else []


def _features_of_tables(before: Mapping[str, Rows], after: Mapping[str, Rows]) -> Iterator[tuple[str, int]]:
    for table, rows in after.items():
        if rows != before.get(table):
            yield from _features_of_rows(table, before.get(table, []), rows)


def _features_of_rows(table: str, before: Rows, after: Rows) -> Iterator[tuple[str, int]]:
    new = list((Counter(after) - Counter(before)).elements())
    yield f"{table}: rows", len(after) - len(before)
    yield f"{table}: rows that are new or changed", len(new)
    yield f"{table}: rows with another neighbour", len(set(pairwise(after)) - set(pairwise(before)))
    for column in range(len(next(iter([*before, *after]), ()))):
        then, now, fresh = ([row[column] for row in rows] for rows in (before, after, new))
        yield f"{table}.{column}: sum", _sum(now) - _sum(then)
        yield f"{table}.{column}: sum of the new", _sum(fresh)
        yield f"{table}.{column}: different ones among the new", len(set(fresh))
        yield f"{table}.{column}: most alike among the new", max(Counter(fresh).values(), default=0)


def _sum(values: Sequence[object]) -> int:
    return sum(value for value in values if isinstance(value, int))


# --- learning


class Attacker:
    """Learns from examples which features tell something, and then says of others how likely it was one pass."""

    def __init__(self, examples: Sequence[Seen]) -> None:
        table = [features_of(seen) for seen in examples]
        truth = [seen.is_same for seen in examples]
        names = sorted({name for row in table for name in row})
        told = {name: auc([row.get(name, 0.0) for row in table], truth) - 0.5 for name in names}
        best = sorted(names, key=lambda name: -abs(told[name]))[:BEST]
        # far more weight to what tells much: a hundred figures that tell nothing must not drown it
        self._weights = {name: (2 * told[name]) ** 3 / _spread([row.get(name, 0.0) for row in table]) for name in best}

    def score(self, seen: Seen) -> float:
        """The higher, the more likely it was the same pass."""
        found = features_of(seen)
        return sum(weight * found.get(name, 0.0) for name, weight in self._weights.items())

    def auc(self, trials: Sequence[Seen]) -> float:
        """How well it tells the two apart: 0.5 is guessing, 1 is knowing."""
        return auc([self.score(seen) for seen in trials], [seen.is_same for seen in trials])


def auc(scores: Sequence[float], truth: Sequence[bool]) -> float:
    """The chance that a *True* one scores higher than a *False* one; ties count half (Mann and Whitney's U)."""
    ranks: dict[float, float] = {}
    counted = 0
    for score, times in sorted(Counter(scores).items()):
        ranks[score] = counted + (times + 1) / 2
        counted += times
    same = sum(truth)
    others = len(truth) - same
    total = sum(ranks[score] for score, is_same in zip(scores, truth, strict=True) if is_same)
    return (total - same * (same + 1) / 2) / (same * others)


def _spread(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5 or 1.0
