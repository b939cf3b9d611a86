"""A ledger with a past: 13 months in which every slot gave one unit a day out of a new lot each month."""

from __future__ import annotations

from datetime import date, timedelta

from kiosk.core.values import SlotId
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.verify import verify

MONTHS = 13
DAYS = 30  # of each month; one unit a day
LEFT = 10  # units of the last month's lot that stand there today


def live_through(ledger: Ledger, today: date) -> None:
    """Give every slot of *ledger* its past, up to the day before *today*."""
    with ledger.database.transaction():
        for month in range(MONTHS):
            began = today - timedelta(DAYS * (MONTHS - month))
            left = LEFT if month == MONTHS - 1 else 0
            for slot in ledger.slots:
                _add_month(ledger, slot, f"lot {month}", began, left)
    assert verify(ledger.database) == ()


def _add_month(ledger: Ledger, slot: SlotId, lot: str, began: date, left: int) -> None:
    ledger.database.change(
        "INSERT INTO lots (slot, item, lot, expires, funding, loaded, delivered, on_hand) VALUES (?,?,?,?,'',?,?,?)",
        *(slot, ledger.slots[slot].item, lot, (began + timedelta(700)).isoformat(), DAYS + left, DAYS, left),
    )
    number = ledger.database.rows("SELECT max(id) FROM lots")[0][0]
    booked = [(began, "loaded", DAYS + left), *((began + timedelta(day), "delivered", 1) for day in range(DAYS))]
    for day, what, units in booked:
        ledger.database.change("INSERT INTO days VALUES (?, ?, ?, ?)", day.isoformat(), number, what, units)
