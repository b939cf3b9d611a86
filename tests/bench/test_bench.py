from __future__ import annotations

from pathlib import Path

import apsw

from tests.bench.disk import counting
from tests.bench.vend_io import measure


def test_an_ordinary_vend_makes_two_commits_and_writes_25_kb_at_most() -> None:
    cost = measure()

    assert (cost.rested.commits, cost.rush.commits) == (2, 2)
    assert max(cost.rested.bytes, cost.rush.bytes) <= 25_000


def test_wiping_the_log_commits_nothing() -> None:
    assert measure().wipe.commits == 0


def test_a_commit_counts_once_it_is_synced(tmp_path: Path) -> None:
    with counting() as counts:
        connection = apsw.Connection(str(tmp_path / "file"))
        for name, value in (("locking_mode", "exclusive"), ("journal_mode", "wal"), ("synchronous", 0)):
            connection.pragma(name, value)
        connection.execute("CREATE TABLE row (n INTEGER)")
        unsynced = counts.commits
        connection.pragma("synchronous", 2)
        connection.execute("INSERT INTO row VALUES (1)")
        synced = counts.commits
        connection.close()

    assert (unsynced, synced) == (0, 2)
