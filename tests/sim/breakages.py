"""Kiosks that are built wrong on purpose, through the seams that production has, to see the simulation notice.

Each is what a mistake in one line of the program would make of it.
"""
# ruff: noqa: ARG002 - what forgets needs no arguments

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from hardware.cabinet import Cabinet
from hardware.events import CabinetEvent
from kiosk.core.asks import StorageFailed
from kiosk.core.events import ItemChosen
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.values import ItemId, Outcome, SlotState, SlotStock
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.ledger.missing import MissingLedger
from kiosk.parts import Calendar
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
                self._take_unit(intent.tag, intent.place)


class CountsTwice(Ledger):
    """Counts what came on the day twice, and takes one unit off the stock."""

    def record_outcome(self, order: RecordOutcome, day: date) -> None:
        super().record_outcome(order, day)
        with self.database.transaction():
            self.database.change("UPDATE days SET n = n + 1 WHERE what = 'delivered'")


class ForgetsOpenVends(Ledger):
    """Finds a vend that was cut short, and says nothing came of it."""

    def recover(self, day: date) -> bool:
        with self.database.transaction():
            return bool(self.database.change("UPDATE open_vend SET is_open = 0, slot = '', item = ''"))


class DoubtsNothing(Ledger):
    """Takes every uncertain end for a delivery that never was."""

    def record_outcome(self, order: RecordOutcome, day: date) -> None:
        known = Outcome.NOT_DELIVERED if order.outcome is Outcome.UNCERTAIN else order.outcome
        super().record_outcome(replace(order, outcome=known), day)


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

    class WithLedger(Kiosk):
        def _open_ledger(self, calendar: Calendar, vfs: str | None) -> Ledger | MissingLedger:
            try:
                ledger = self._keep(kind(self._config.data / LEDGER_NAME, self._config.slots, vfs=vfs))
                ledger.recover(calendar.today())
            except StorageFailed as error:
                return MissingLedger(self._config.slots, str(error))
            return ledger

    return Make(kiosk=WithLedger)


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
