"""The floor of everything durable: one small commit, with SQLite set as the ledger sets it and nothing around it."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import apsw


class BareCommits:
    """A file of one table of one row, in the folder where the ledger lies."""

    def __init__(self, folder: Path) -> None:
        self._connection = apsw.Connection(str(folder / "floor.db"))
        for name, value in (("page_size", 1024), ("locking_mode", "exclusive"), ("journal_mode", "wal")):
            self._connection.pragma(name, value)
        self._connection.pragma("synchronous", 2)  # FULL
        self._connection.execute("CREATE TABLE row (n INTEGER); INSERT INTO row VALUES (0)")

    def commit(self) -> float:
        """Change the row durably; the seconds it took."""
        began = monotonic()
        self._connection.execute("UPDATE row SET n = n + 1")
        return monotonic() - began

    def rest(self) -> None:
        """Empty the write-ahead log, as the ledger does when nobody comes any more."""
        self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()
