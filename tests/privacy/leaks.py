"""Kiosks that keep too much, on purpose: each must be noticed, or the proof proves nothing."""

from __future__ import annotations

from pathlib import Path

from kiosk.codes.allowances import Allowances
from kiosk.core.orders import DebitAllowance
from kiosk.core.values import Account, Period
from kiosk.data import Data
from kiosk.ledger.database import Database
from kiosk.ledger.ledger import Ledger


class Leaky(Data):
    """Has a table of its own in the ledger, and writes into it whenever a pass gets something."""

    TABLE = ""

    def debit(self, order: DebitAllowance) -> None:
        super().debit(order)
        with self.database.transaction():
            self.database.change(f"CREATE TABLE IF NOT EXISTS {self.TABLE}")
            self.write(order.account)

    def write(self, account: Account) -> None:
        raise NotImplementedError

    @property
    def database(self) -> Database:
        assert isinstance(self.ledger, Ledger)
        return self.ledger.database


class RowPerVisit(Leaky):
    """A list of visits, each with a name that leads nowhere else."""

    TABLE = "visits (who BLOB)"

    def write(self, account: Account) -> None:
        self.database.change("INSERT INTO visits VALUES (?)", account)


class CounterPerPass(Leaky):
    """How often each pass has come."""

    TABLE = "counters (who BLOB PRIMARY KEY, n INTEGER) WITHOUT ROWID"

    def write(self, account: Account) -> None:
        self.database.change("INSERT INTO counters VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1", account)


class LastSeenLast(Leaky):
    """Every pass once, and nothing of its own: but whoever comes goes to the end of the list."""

    TABLE = "passes_seen (who BLOB)"

    def write(self, account: Account) -> None:
        self.database.change("DELETE FROM passes_seen WHERE who = ?", account)
        self.database.change("INSERT INTO passes_seen VALUES (?)", account)


class CountersThatStay(Allowances):
    """Keeps the counters of the last period beside those of the new one."""

    def _wipe(self, per: Period) -> None:
        path = self._path(per)
        if path and path.exists():
            path.replace(Path(f"{path}.last"))
