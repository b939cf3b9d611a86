"""What stands in for a ledger that cannot be opened: it knows the slots, remembers nothing and says why.

Emergency items still come out, since counts are only hints for them; everything else waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from kiosk.core.asks import StorageFailed
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.values import ItemId, SlotId, SlotState, SlotStock, StoredCode, Tag, VendId
from kiosk.ledger.ledger import SlotPlan


class MissingLedger:
    """All slots at count 0; every write and every look-up of a ticket raises ``StorageFailed``."""

    next_vend = VendId(1)
    day = None

    def __init__(self, slots: Sequence[SlotPlan], why: str) -> None:
        self._slots = slots
        self._why = why

    def stock(self) -> tuple[SlotStock, ...]:
        """Every slot, count unknown."""
        return tuple(
            SlotStock(SlotId(s.id), ItemId(s.item), 0, 0, s.capacity, SlotState.COUNT_NEEDED) for s in self._slots
        )

    def commit_intent(self, intent: CommitIntent) -> None:  # noqa: ARG002
        """Raise ``StorageFailed``."""
        self._fail()

    def keep_day(self, day: object, unavailable: object) -> None:  # noqa: ARG002
        """Raise ``StorageFailed``."""
        self._fail()

    def record_outcome(self, order: RecordOutcome, day: object, quarter: int) -> None:  # noqa: ARG002
        """Raise ``StorageFailed``."""
        self._fail()

    def find_code(self, tag: Tag) -> StoredCode | None:  # noqa: ARG002
        """Raise ``StorageFailed``."""
        self._fail()

    def probe(self) -> None:
        """Raise ``StorageFailed``."""
        self._fail()

    def tidy(self) -> None:
        """There is nothing to wipe."""

    def close(self) -> None:
        """There is nothing to close."""

    def _fail(self) -> NoReturn:
        raise StorageFailed(self._why)
