"""Settling a technician's count against what the ledger expected: the band first, then a difference."""

from __future__ import annotations

from kiosk.core.values import ItemId, SlotId
from kiosk.ledger.lots import Lots


def settle_count(lots: Lots, slot: SlotId, item: ItemId, counted: int) -> None:
    """Make *counted* the units on hand.

    Units of the band that are still there come back (``reconciled``), the rest of the band went out; what differs
    beyond the band is ``adjusted``.
    """
    surplus = counted - sum(lot.on_hand for lot in lots.of(slot, item))
    surplus -= _settle_band(lots, slot, item, max(0, surplus))
    if surplus > 0:
        # extra units: a lot nobody booked stands at the back
        last = lots.of(slot, item)[-1:] or [lots.add(slot, item, "", None, "")]
        lots.book(last[0], "adjusted", surplus)
    elif surplus < 0:
        _take_missing(lots, slot, item, -surplus)


def _settle_band(lots: Lots, slot: SlotId, item: ItemId, still_there: int) -> int:
    returned = 0
    for lot in reversed(lots.of(slot, item)):
        back = min(lot.band, still_there - returned)
        lots.close_band(lot, lot.band - back)
        if back:
            lots.book(lot, "reconciled", back, band=-back)
        returned += back
    return returned


def _take_missing(lots: Lots, slot: SlotId, item: ItemId, missing: int) -> None:
    for lot in lots.of(slot, item):
        gone = min(lot.on_hand, missing)
        if gone:
            lots.book(lot, "adjusted", -gone)
        missing -= gone
