"""All that a kiosk stores, without the cabinet above it: the same ``Data`` that a kiosk has, visited quickly.

What core would order is ordered here by hand, so that thousands of visits fit into a test.
"""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

from kiosk.codes.allowances import Allowances
from kiosk.core.asks import AddBatch, LoadSlot
from kiosk.core.events import CodeAdmitted
from kiosk.core.orders import CommitIntent, DebitAllowance, RecordOutcome
from kiosk.core.values import CodeBatch, GroupId, Outcome, Period, Secret, SlotId
from kiosk.data import Data
from kiosk.ledger.ledger import Ledger
from kiosk.policies import periods_of, policies_of
from tests.kit import FixedCalendar, read_config
from tests.privacy.world import CONFIG, DAY_S, MEMORY, SLOTS, Card, files_in

KITS, STRIPS = (GroupId("kits"), Period.WEEK), (GroupId("strips"), Period.DAY)
GROUPS = {"B1": KITS, "B2": KITS, "C1": STRIPS}


class Keeper:
    """Data directory and memory folder of one kiosk, all of whose chance comes out of *chance*."""

    def __init__(
        self,
        data: Path,
        chance: random.Random,
        kind: type[Data] = Data,
        allowances: type[Allowances] = Allowances,
    ) -> None:
        self.data, self.memory = data, data.with_name(MEMORY)
        self.memory.mkdir(exist_ok=True)
        self.now, self.calendar = 1000.0, FixedCalendar()
        config = read_config(CONFIG, "home").model_copy(update={"data": data})
        kept = allowances(self.memory, lambda: self.now, periods_of(policies_of(config)), chance.randbytes)
        self.store = kind(config, self.calendar, kept, note=lambda: None, tell=lambda _: None)
        self.store.open()
        self.ledger.database.rows("PRAGMA synchronous = 0")  # the same bytes, and nobody pulls a plug here

    @property
    def ledger(self) -> Ledger:
        assert isinstance(self.store.ledger, Ledger), self.store.faults
        return self.store.ledger

    def fill(self, *batches: CodeBatch) -> None:
        """Load every slot, and take the tags of these batches."""
        for batch in batches:
            self.store.answer(AddBatch(batch), self.calendar.day)
        for slot in SLOTS:
            if room := 999 - next(each.count for each in self.ledger.stock() if each.slot == slot):
                self.store.answer(LoadSlot(SlotId(slot), room), self.calendar.day)

    def visit(self, card: Card, slot: str) -> None:
        """One vend by a pass or a number, from the code to the debit."""
        vend = self.ledger.next_vend
        self.ledger.commit_intent(CommitIntent(vend, 1, SlotId(slot), None, 0))
        order = RecordOutcome(vend, SlotId(slot), Outcome.DELIVERED, None, 0, jammed=False)
        self.ledger.record_outcome(order, self.calendar.day, self.calendar.quarter_of_day)
        self.debit(card, slot)

    def debit(self, card: Card, slot: str) -> None:
        """What of such a visit goes into memory."""
        admitted = self.store.check(Secret(card.text), self.calendar.day)
        assert isinstance(admitted, CodeAdmitted)
        assert admitted.account
        self.store.debit(DebitAllowance(admitted.account, *GROUPS[slot]))

    def pass_day(self) -> None:
        """Let midnight come."""
        self.now += DAY_S
        self.calendar.day += timedelta(days=1)
        self.store.keep_periods()
        self.ledger.keep_day(self.calendar.day, {})

    def stored(self) -> dict[str, bytes]:
        """All files of the data directory, after the log was wiped as it is ten seconds after a vend."""
        self.ledger.tidy()
        return files_in(self.data)

    def close(self) -> None:
        self.store.close()
