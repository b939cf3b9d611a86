"""Kiosks that are built wrong on purpose, through the seams that production has, to see the simulation notice.

Each is what a mistake in one line of the program would make of it.
"""
# ruff: noqa: ARG002 - what forgets needs no arguments

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from pathlib import Path

from hardware.cabinet import Cabinet
from hardware.events import CabinetEvent
from kiosk.core.asks import Reports
from kiosk.core.events import ItemChosen
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.values import ItemId, Outcome, SlotState, SlotStock, VendId
from kiosk.data import Data
from kiosk.ledger.ledger import Ledger
from kiosk.translation import plan_of
from kiosk.wiring import Kiosk, Surroundings
from tests.kit import VirtualTimers
from tests.sim.stage import Make


class ForgetsIntents(Ledger):
    """Says that an intent is durable, and keeps none."""

    def commit_intent(self, intent: CommitIntent) -> None:
        self.probe()


class TakesTicketsEarly(Ledger):
    """Marks a ticket's unit when it is promised, not when it came."""

    def commit_intent(self, intent: CommitIntent) -> None:
        super().commit_intent(intent)
        if intent.tag:
            with self.database.transaction():
                self.codes.take_unit(intent.tag, intent.place)


class LosesUnits(Ledger):
    """Takes a unit too many off the stock, and has no movement for it."""

    def record_outcome(self, order: RecordOutcome, day: date, quarter: int = 0) -> None:
        super().record_outcome(order, day, quarter)
        with self.database.transaction():
            sql = "UPDATE units SET on_hand = on_hand - 1, carried = carried - 1 WHERE on_hand > 1000000"
            self.database.change(sql)


class ForgetsOpenVends(Ledger):
    """Finds a vend that was cut short, and says nothing came of it."""

    def recover(self, day: date, waiting: Collection[VendId] = ()) -> bool:
        with self.database.transaction():
            sql = "UPDATE open_vend SET is_open = 0, slot = '', item = '', tag = zeroblob(16), place = 0, turn = 0"
            return bool(self.database.change(sql))


class ForgetsReports(Ledger):
    """Seals reports, and does not give the last one out."""

    def reports(self, after: int | None, most: int) -> Reports:
        found = super().reports(after, most)
        return replace(found, reports=found.reports[:-1])


class DoubtsNothing(Ledger):
    """Takes every uncertain end for a delivery that never was."""

    def record_outcome(self, order: RecordOutcome, day: date, quarter: int = 0) -> None:
        known = Outcome.NOT_DELIVERED if order.outcome is Outcome.UNCERTAIN else order.outcome
        super().record_outcome(replace(order, outcome=known), day, quarter)


class TrustsCounts(Ledger):
    """Believes its counts: a slot at 0 is not tried, not even for naloxone."""

    def stock(self) -> tuple[SlotStock, ...]:
        return tuple(s if s.count else replace(s, state=SlotState.MISSING) for s in super().stock())


class TwoAtOnce(Cabinet):
    """Gives two coils power where one is ordered."""

    def start_turn(self, slot: str, now: float) -> list[CabinetEvent]:
        events = super().start_turn(slot, now)
        other = next(coil for name, coil in self._coils.items() if name != slot)
        other.switch_on()
        return events


class NoLease(VirtualTimers):
    """Timers that never call back."""

    def call_after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


class MovesAtStart(Kiosk):
    """Makes up for what the last process may not have given."""

    def __init__(self, *parts: object, **more: object) -> None:
        super().__init__(*parts, **more)  # type: ignore[arg-type]
        self.controller.post(ItemChosen(ItemId("condoms")))


def with_ledger(kind: type[Ledger]) -> Make:
    """A kiosk with that ledger."""

    class WithLedger(Data):
        def _build(self, path: Path) -> Ledger:
            return kind(path, self._config.slots, self._note, doses=self._config.doses, vfs=self._vfs)

    class WithData(Kiosk):
        def _data(self, surroundings: Surroundings) -> Data:
            assert surroundings.calendar
            return WithLedger(
                *(self._config, surroundings.calendar, self._allowances(surroundings)),
                note=lambda: None,
                tell=self._hear,
                vfs=surroundings.vfs,
            )

    return Make(kiosk=WithData)


def with_cabinet(kind: type[Cabinet]) -> Make:
    """A kiosk with those drivers."""

    class WithCabinet(Kiosk):
        def _open_cabinet(self, surroundings: Surroundings, simulate: bool) -> Cabinet:
            super()._open_cabinet(surroundings, simulate).close()
            assert self.bench
            return self._keep(
                kind(plan_of(self._config), self.bench.pins, self._inbox.put, self._clock, surroundings.timers)
            )

    return Make(kiosk=WithCabinet)
