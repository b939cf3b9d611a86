"""The ledger against a model of coils in a few lines of Python, after any sequence of what can happen."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kiosk.core.asks import AskRefused
from kiosk.core.values import MOST_UNITS, Outcome
from kiosk.ledger.database import LedgerFailed
from tests.ledger.book import DAY, TAG, Book, Slot
from tests.ledger.coil import Coil, Goods

CAPACITY = 6
SLOTS = (Slot("A1", "kit", CAPACITY), Slot("B1", "kit", CAPACITY))
NAMES = ["A1", "B1"]


class Life(RuleBasedStateMachine):
    """A ledger's life: technicians, vends, restarts and power cuts in any order."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.book = Book(Path(self.folder.name), SLOTS)
        self.book.add_batch(*["kit"] * MOST_UNITS)
        self.coils = {name: Coil() for name in NAMES}
        self.taken = 0
        self.vend = 0
        self.turn = 0
        self.open: tuple[str, int] | None = None  # the slot, and the ticket's unit

    def teardown(self) -> None:
        if hasattr(self, "book"):
            self.book.ledger.close()
            self.folder.cleanup()

    @rule(slot=st.sampled_from(NAMES), count=st.integers(0, CAPACITY), lot=st.sampled_from(["", "L1", "L2"]))
    def load(self, slot: str, count: int, lot: str) -> None:
        if 1 <= count <= CAPACITY - len(self.coils[slot].units):
            self.book.load(slot, count, lot)
            self.coils[slot].load(count, Goods(lot))
        else:
            with pytest.raises(AskRefused):
                self.book.load(slot, count, lot)

    @rule(slot=st.sampled_from(NAMES), count=st.integers(0, CAPACITY))
    def count(self, slot: str, count: int) -> None:
        self.book.count(slot, count)
        self.coils[slot].count(count)

    @precondition(lambda self: self.open is None)
    @rule(slot=st.sampled_from(NAMES), place=st.integers(0, MOST_UNITS - 1))
    def intend(self, slot: str, place: int) -> None:
        self.vend, self.turn, self.open = self.vend + 1, 1, (slot, place)
        assert self.book.ledger.next_vend == self.vend
        self.book.intend(self.vend, 1, slot, TAG, place)

    @precondition(lambda self: self.open is not None)
    @rule()
    def turn_again(self) -> None:
        assert self.open
        self.turn += 1
        self.book.intend(self.vend, self.turn, self.open[0], TAG, self.open[1])

    @rule(vend=st.integers(-1, 1), turn=st.integers(-1, 0))
    def intend_out_of_turn(self, vend: int, turn: int) -> None:
        if self.open is not None or vend <= 0:
            with pytest.raises(LedgerFailed):
                self.book.intend(self.vend + vend, self.turn + turn)

    @precondition(lambda self: self.open is not None)
    @rule(outcome=st.sampled_from(Outcome), jammed=st.booleans())
    def end(self, outcome: Outcome, jammed: bool) -> None:
        assert self.open
        (slot, place), self.open, self.turn = self.open, None, 0
        self.book.end(outcome, slot, TAG, place, jammed=jammed)
        self.coils[slot].end(outcome, jammed=jammed)
        if outcome is Outcome.DELIVERED:
            self.taken |= 1 << place

    @rule()
    def recover(self) -> None:
        assert self.book.ledger.recover(DAY) is (self.open is not None)
        if self.open is not None:
            self.coils[self.open[0]].end(Outcome.UNCERTAIN, jammed=False)
            self.open = None
            self.turn = 0

    @rule()
    def reopen(self) -> None:
        self.book.reopen(SLOTS)

    @rule()
    def pull_the_plug(self) -> None:
        self.book.pull_the_plug(SLOTS)

    @rule()
    def tidy(self) -> None:
        self.book.ledger.tidy()

    @invariant()
    def stock_agrees_with_the_coils(self) -> None:
        for name, coil in self.coils.items():
            assert self.book.lots(name) == coil.by_lot
            assert self.book.units(name) == (len(coil.units), len(coil.band))
            assert self.book.state(name) is coil.state

    @invariant()
    def the_open_vend_and_the_ticket_agree(self) -> None:
        assert self.book.open_vend()[:3] == (int(self.open is not None), self.vend, self.turn)
        assert self.book.taken() == self.taken

    @invariant()
    def every_unit_is_accounted_for(self) -> None:
        assert self.book.faults() == ()
        came, went = "carried + loaded + found + adjusted + reconciled", "on_hand + delivered + removed + uncertain"
        assert self.book.ledger.database.rows(f"SELECT slot FROM stock WHERE {came} <> {went}") == []


TestLife = Life.TestCase
TestLife.settings = settings(deadline=None, max_examples=25, stateful_step_count=25)
