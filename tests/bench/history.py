"""A ledger with a past: 13 months in which every slot gave one unit a day out of a new lot each month."""

from __future__ import annotations

from datetime import date, timedelta

from kiosk.core.asks import LoadSlot
from kiosk.core.orders import RecordOutcome
from kiosk.core.values import Outcome
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.verify import verify

MONTHS = 13
DAYS = 30  # of each month; one unit a day
LEFT = 10  # units of the last month's lot that stand there today


def live_through(ledger: Ledger, today: date) -> None:
    """Give every slot of *ledger* its past, up to the day before *today*, through the ledger's own words."""
    day = today - timedelta(DAYS * MONTHS)
    # a real disk is not waited for 56,000 times: only what stands there in the end matters
    ledger.database.rows("PRAGMA synchronous = 0")
    for month in range(MONTHS):
        for slot in ledger.slots:
            count = DAYS + (LEFT if month == MONTHS - 1 else 0)
            ledger.load(LoadSlot(slot, count, f"lot {month}", day + timedelta(700)), day)
        for _ in range(DAYS):
            for slot in ledger.slots:
                order = RecordOutcome(ledger.next_vend, slot, Outcome.DELIVERED, None, 0, jammed=False)
                ledger.record_outcome(order, day, quarter=1)
            day += timedelta(1)
    ledger.database.rows("PRAGMA synchronous = 2")
    assert verify(ledger.database) == ()
