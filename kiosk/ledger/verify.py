"""Recomputing every invariant from what is stored. It reads; it mends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from kiosk.ledger.database import Rows
from kiosk.ledger.lots import EFFECT


def verify(database: Rows) -> tuple[str, ...]:
    """What is wrong, in plain sentences; empty when all holds. Raises ``LedgerFailed`` if it cannot be read."""
    return (*_structure(database), *_lots(database), *_days(database), *_tickets(database))


def _structure(database: Rows) -> Iterator[str]:
    for (finding,) in database.rows("PRAGMA integrity_check"):
        if finding != "ok":
            yield f"the file is damaged: {finding}"
    for table, *_ in database.rows("PRAGMA foreign_key_check"):
        yield f"a row of {table} refers to one that is not there"
    rows = database.rows("SELECT is_open FROM open_vend")
    if len(rows) != 1:
        yield f"there is room for {len(rows)} open vends; there must be room for one"
    if len(database.rows("SELECT id FROM ledger")) != 1:
        yield "the ledger has no name"


def _lots(database: Rows) -> Iterator[str]:
    # I2, computed from EFFECT and not by the table's own CHECK
    columns = [name for name in EFFECT if name != "not_delivered"]
    sql = f"SELECT slot, lot, on_hand, band, uncertain - reconciled, {', '.join(columns)} FROM lots"  # noqa: S608 - names out of EFFECT
    for row in database.rows(sql):
        slot, lot = row[:2]
        on_hand, band, unsettled, *moved = cast("list[int]", row[2:])
        expected = sum(EFFECT[name] * units for name, units in zip(columns, moved, strict=True))
        if on_hand != expected or on_hand < 0:
            yield f"slot {slot} lot {lot or 'unknown'}: {on_hand} on hand, the movements make {expected}"
        if not 0 <= band <= unsettled:
            yield f"slot {slot} lot {lot or 'unknown'}: a band of {band} out of {unsettled} uncertain units"


def _days(database: Rows) -> Iterator[str]:
    for (what,) in database.rows("SELECT DISTINCT what FROM days"):
        if what not in EFFECT:
            yield f"the days' counters have a movement that nobody knows: {what}"
    for what in EFFECT:
        if what == "not_delivered":
            continue
        sql = (
            f"SELECT slot, lots.lot, {what}, total(n) FROM lots LEFT JOIN days ON days.lot = lots.id AND what = ?"  # noqa: S608 - names out of EFFECT
            f" GROUP BY lots.id HAVING {what} <> total(n)"
        )
        for slot, lot, units, counted in cast("list[tuple[str, str, int, float]]", database.rows(sql, what)):
            yield f"slot {slot} lot {lot or 'unknown'}: {units} {what}, the days' counters say {counted:g}"


def _tickets(database: Rows) -> Iterator[str]:
    sql = "SELECT batches.batch, gives, taken FROM tickets JOIN batches ON batches.id = tickets.batch"
    wrong: set[str] = set()
    for batch, gives, taken in cast("list[tuple[str, str, bytes]]", database.rows(sql)):
        if int.from_bytes(taken, "big") >> max(1, len(gives.split())):
            wrong.add(batch)
    for batch in sorted(wrong):
        yield f"batch {batch}: a ticket has more units taken than it gives"
