"""Recomputing every invariant from what is stored. It reads; it mends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import cast

from kiosk.core.values import Kind
from kiosk.ledger.database import Rows
from kiosk.ledger.lots import EFFECT
from kiosk.ledger.reports import BEFORE, KEPT


def verify(database: Rows) -> tuple[str, ...]:
    """What is wrong, in plain sentences; empty when all holds. Raises ``LedgerFailed`` if it cannot be read."""
    checks = (_structure, _open_vend, _lots, _days, _reports, _quarters, _codes, _signers)
    return tuple(fault for check in checks for fault in check(database))


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
    columns = list(EFFECT)
    sql = (
        "SELECT slot, lot, on_hand, band, carried_band + uncertain - reconciled, carried,"  # noqa: S608 - names out of EFFECT
        f" {', '.join(columns)} FROM stock"
    )
    for row in database.rows(sql):
        slot, lot = row[:2]
        on_hand, band, unsettled, carried, *moved = cast("list[int]", row[2:])
        expected = carried + sum(EFFECT[name] * units for name, units in zip(columns, moved, strict=True))
        if on_hand != expected or on_hand < 0:
            yield f"slot {slot} lot {lot or 'unknown'}: {on_hand} on hand, the movements make {expected}"
        if not 0 <= band <= unsettled:
            yield f"slot {slot} lot {lot or 'unknown'}: a band of {band} out of {unsettled} uncertain units"


def _days(database: Rows) -> Iterator[str]:
    for (what,) in database.rows("SELECT DISTINCT what FROM days"):
        if what not in EFFECT:
            yield f"the days' counters have a movement that nobody knows: {what}"
    # I2 over all reports: what every day ever counted makes what is on hand now
    effect = " ".join(f"WHEN '{what}' THEN {effect}" for what, effect in EFFECT.items())
    sql = (
        f"SELECT slot, lots.lot, ifnull(on_hand - 1000000, 0), total(n * CASE what {effect} END)"  # noqa: S608 - names out of EFFECT
        " FROM lots LEFT JOIN days ON days.lot = lots.id LEFT JOIN units ON units.id = lots.id GROUP BY lots.id"
    )
    for slot, lot, on_hand, counted in cast("list[tuple[str, str, int, float]]", database.rows(sql)):
        if on_hand != counted:
            yield f"slot {slot} lot {lot or 'unknown'}: {on_hand} on hand, the days' counters make {counted:g}"


def _reports(database: Rows) -> Iterator[str]:
    numbers = [cast("int", n) for (n,) in database.rows("SELECT n FROM reports ORDER BY n")]
    if numbers[:1] != [BEFORE]:
        yield "the reports have lost the row that sums up what is older"
    gaps = [before + 1 for before, after in pairwise(numbers[1:]) if after != before + 1]
    for missing in gaps:
        yield f"report {missing} is missing"
    if len(numbers) > KEPT + 1:
        yield f"there are {len(numbers) - 1} reports; {KEPT} are kept"


def _quarters(database: Rows) -> Iterator[str]:
    # of a month that goes on no more can stand in the quarters than was delivered since the last month was sealed
    sql = (
        "SELECT item, quarter_0 + quarter_1 + quarter_2 + quarter_3 - 4000000, (SELECT total(days.n) FROM days"
        " JOIN lots ON lots.id = days.lot WHERE lots.item = items.item AND what = 'delivered'"
        " AND report > (SELECT ifnull(max(report), 0) FROM quarters)) FROM items"
    )
    for item, quarters, delivered in cast("list[tuple[str, int, float]]", database.rows(sql)):
        if quarters > delivered:
            yield f"item {item}: the month's quarters have {quarters} units, the days' counters {delivered:g}"


def _open_vend(database: Rows) -> Iterator[str]:
    for is_open, slot in database.rows("SELECT is_open, slot FROM open_vend"):
        if is_open and not database.rows("SELECT 1 FROM slots WHERE slot = ?", slot):
            yield f"the open vend is of slot {slot}, which is not there"
        if not is_open and database.rows("SELECT 1 FROM open_vend WHERE slot <> '' OR tag <> zeroblob(16)"):
            yield "an ended vend still names its slot or its ticket"


def _codes(database: Rows) -> Iterator[str]:
    sql = "SELECT batches.batch, kind, gives, taken FROM codes JOIN batches ON batches.id = codes.batch"
    wrong: set[str] = set()
    for batch, kind, gives, taken in cast("list[tuple[str, str, str, bytes]]", database.rows(sql)):
        if int.from_bytes(taken, "big") >> (max(1, len(gives.split())) if kind == Kind.TICKET else 0):
            wrong.add(batch)
    for batch in sorted(wrong):
        yield f"batch {batch}: a code has more units taken than it gives"


def _signers(database: Rows) -> Iterator[str]:
    strange = "SELECT batch FROM batches WHERE signer <> x'' AND signer NOT IN (SELECT key FROM signers) ORDER BY batch"
    for (batch,) in database.rows(strange):
        yield f"batch {batch}: it came in a list of somebody whose lists are not taken"
