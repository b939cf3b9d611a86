"""What stands in for a ledger that cannot be opened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kiosk.core.asks import StorageFailed
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.values import ItemId, Outcome, SlotId, SlotState, SlotStock, VendId
from kiosk.ledger.missing import MissingLedger
from tests.ledger.book import DAY, SLOTS, TAG

B1 = SlotId("B1")
INTENT = CommitIntent(VendId(1), 1, B1, None, 0)
OUTCOME = RecordOutcome(VendId(1), B1, Outcome.DELIVERED, None, 0, jammed=False)


@pytest.fixture
def missing() -> MissingLedger:
    return MissingLedger(SLOTS, "the ledger is damaged: put a backup in its place")


def test_every_slot_is_there_and_needs_a_count(missing: MissingLedger) -> None:
    assert [stock.slot for stock in missing.stock()] == ["A1", "B1", "B2"]
    assert missing.stock()[1] == SlotStock(B1, ItemId("kit"), 0, 0, 10, SlotState.COUNT_NEEDED)


@pytest.mark.parametrize(
    "use",
    [
        lambda ledger: ledger.commit_intent(INTENT),
        lambda ledger: ledger.record_outcome(OUTCOME, DAY, 0),
        lambda ledger: ledger.keep_day(DAY, {}),
        lambda ledger: ledger.find_code(TAG),
        lambda ledger: ledger.probe(),
    ],
    ids=["intent", "outcome", "day", "ticket", "probe"],
)
def test_nothing_can_be_stored_or_looked_up_and_the_reason_is_said(
    missing: MissingLedger, use: Callable[[MissingLedger], object]
) -> None:
    with pytest.raises(StorageFailed, match="the ledger is damaged: put a backup in its place"):
        use(missing)


def test_vends_are_numbered_and_nothing_is_to_be_wiped_or_closed(missing: MissingLedger) -> None:
    assert missing.next_vend == VendId(1)

    missing.tidy()
    missing.close()
    missing.close()
