"""The controller runs: one thread owns cabinet and ledger, takes in events, carries out what core decides.

It waits for its inbox and for nothing else. Ledger work never happens while a motor is on; asks wait until it is off,
and those that change stock until the vend is closed. It decides nothing itself, and it knows hardware, ledger and codes
only by the protocols of ``kiosk/parts.py``.
"""

from __future__ import annotations

import queue
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import assert_never

from kiosk.books import Books, is_due
from kiosk.core.asks import (
    Answer,
    Ask,
    AskRefused,
    CountSlot,
    Done,
    ListBatches,
    ListSigners,
    LoadSlot,
    MakeTestVend,
    ReadCounters,
    ReadReports,
    ReadStock,
    Stock,
    StorageFailed,
    VerifyLedger,
)
from kiosk.core.events import (
    CodeRefused,
    DeadlinePassed,
    Event,
    IntentCommitted,
    IntentFailed,
    ItemChosen,
    LedgerOpened,
    OutcomeRecorded,
    RestEnded,
    SlotCounted,
    StockChanged,
    TrialAsked,
)
from kiosk.core.orders import (
    CheckCode,
    CommitIntent,
    DebitAllowance,
    NoteUnlisted,
    Order,
    RecordOutcome,
    Refuse,
    StartTurn,
    StopMotors,
)
from kiosk.core.situation import Rules, Situation, State, can_be_given, cooling, reserved, stock_now
from kiosk.core.stock import alarms_of
from kiosk.core.values import Refusal, Secret, SlotId, SlotState
from kiosk.core.vend import decide
from kiosk.parts import DeviceFound, DeviceLost, Parts
from kiosk.snapshot import Board, Snapshot, VisitShown

READS = (ReadStock, ReadCounters, ReadReports, VerifyLedger, ListBatches, ListSigners)

STOPPING = "the kiosk is ending; ask again when it runs"


class Stopping(RuntimeError):
    """The kiosk is ending and takes no more asks."""


@dataclass(frozen=True, slots=True)
class _Choice:
    event: ItemChosen
    future: Future[Refusal | None]


@dataclass(frozen=True, slots=True)
class _Desk:
    ask: Ask
    future: Future[Answer]


class Controller:
    """Owns cabinet and ledger. ``post``, ``choose``, ``ask`` and ``board``: any thread. All else: the owner's."""

    def __init__(self, parts: Parts, rules: Rules, faults: Sequence[DeviceLost] = ()) -> None:
        self._parts = parts
        self._rules = rules
        self._inbox = parts.inbox
        self._asks: deque[_Desk] = deque()
        self._faults = {fault.device: fault.why for fault in faults}
        self._in_hand: _Choice | _Desk | None = None  # whoever asked is answered even if the answer fails
        self.unlisted: Counter[tuple[str, str]] = Counter()  # noted without a time: a log would tell of visits
        self._has_ended = False
        self._books = Books(parts.storage, parts.calendar, parts.clock)
        self._situation = Situation(next_vend=self._books.next_vend)
        self.board = Board(Snapshot(simulated=parts.simulated))
        for event in (self._read_stock(), *parts.cabinet.sense()):
            self._handle(event)
        self._publish()

    # --- any thread

    def post(self, event: object) -> None:
        """Tell the kiosk what happened: an event of core's, a raw signal of the hardware, a device lost or found."""
        self._inbox.put(event)

    def choose(self, event: ItemChosen) -> Future[Refusal | None]:
        """Ask for an item; the future says why not, or None when the vend has begun."""
        future: Future[Refusal | None] = Future()
        self._put(_Choice(event, future))
        return future

    def ask(self, ask: Ask) -> Future[Answer]:
        """Ask something of the data; carried out when no motor is on, and what changes stock when no vend is open.

        The future raises ``AskRefused``, ``StorageFailed`` or ``Stopping``; nothing has changed then.
        """
        future: Future[Answer] = Future()
        self._put(_Desk(ask, future))
        return future

    def _put(self, message: _Choice | _Desk) -> None:
        self._inbox.put(message)
        if self._has_ended:
            self._refuse_the_rest()  # nobody else would ever look into the inbox again

    # --- owner thread

    @property
    def has_stopped(self) -> bool:
        """Whether the last vend is closed and no other will begin."""
        return self._situation.state is State.STOPPED

    @property
    def situation(self) -> Situation:
        """What core knows."""
        return self._situation

    @property
    def deadline(self) -> float | None:
        """When ``step`` is due even if nothing is posted; monotonic seconds."""
        due = [self._parts.cabinet.deadline, self._situation.deadline, self._situation.tally.deadline]
        if not self._parts.cabinet.is_turning:  # chores wait until the motor is off, and so must not wake the loop
            due.append(self._books.deadline)
        return min((at for at in due if at is not None), default=None)

    def run(self) -> None:
        """Run until ``StopAsked``. On every way out, motors are off first.

        Raises whatever went wrong unexpectedly, for the service to end and be started again.
        """
        try:
            while not self.has_stopped:
                self._wait()
                self.step(self._parts.clock())
        finally:
            try:
                self._parts.cabinet.stop_motors()
            finally:
                self._end()

    def step(self, now: float) -> None:
        """Take in all that was posted, then all that is due at *now*."""
        self._take_inbox()
        self._expire(now)
        self._do_chores(now)
        self._publish()

    def _wait(self) -> None:
        deadline = self.deadline
        timeout = None if deadline is None else max(0.0, deadline - self._parts.clock())
        try:
            # a SimpleQueue is waited for only by taking its first message; the step that follows takes the rest
            self._take(self._inbox.get(timeout=timeout))
        except queue.Empty:
            return

    def _take_inbox(self) -> None:
        # no more than lies there now: a chattering sensor must not keep the loop from its deadlines
        for _ in range(self._inbox.qsize()):
            self._take(self._inbox.get_nowait())

    def _take(self, message: object) -> None:
        match message:
            case _Desk():
                self._asks.append(message)
            case _Choice():
                self._choose(message)
            case DeviceLost(device, why):
                self._faults[device] = why
            case DeviceFound(device):
                self._faults.pop(device, None)
            case _ if isinstance(message, Event):
                self._handle(message)
            case _:
                self._handle_all(self._parts.cabinet.feel(message))

    def _choose(self, choice: _Choice) -> None:
        if choice.future.set_running_or_notify_cancel():
            self._in_hand = choice
            refusal = self._handle(choice.event)
            self._publish()  # first: whoever is answered looks at the picture
            choice.future.set_result(refusal)
            self._in_hand = None

    def _expire(self, now: float) -> None:
        if is_due(self._parts.cabinet.deadline, now):
            self._handle_all(self._parts.cabinet.expire(now))
        if is_due(self._situation.deadline, now):
            self._handle(DeadlinePassed())
        if is_due(self._situation.tally.deadline, now):
            self._handle(RestEnded())

    def _handle_all(self, events: Sequence[Event]) -> None:
        for event in events:
            self._handle(event)

    def _handle(self, event: Event) -> Refusal | None:
        """Let core decide, and carry out what follows from it; why nothing began, or None."""
        refusal = None
        events = deque([event])
        while events:
            before = self._situation
            self._situation, orders = decide(before, events.popleft(), self._rules, self._parts.clock())
            for order in orders:
                match order:
                    case Refuse(reason):
                        refusal = reason
                    case NoteUnlisted(state, signal):
                        self.unlisted[state, signal] += 1
                        refusal = refusal or Refusal.BUSY
                    case _:
                        events.extend(self._carry_out(order))
        return refusal

    def _carry_out(self, order: Order) -> Sequence[Event]:
        match order:
            case CheckCode(code):
                return [self._check(code)]
            case CommitIntent():
                return [IntentCommitted() if self._books.commit(order) else IntentFailed()]
            case StartTurn(slot, motion):
                # the clock anew: the commit before it may have taken long
                return self._parts.cabinet.start_turn(slot, self._parts.clock(), motion)
            case StopMotors():
                return self._parts.cabinet.stop_motors()
            case RecordOutcome():
                return self._record(order)
            case DebitAllowance():
                if self._books.fault is None:  # else a crash now would end the vend as uncertain, and debited
                    self._parts.codes.debit(order)
            case Refuse() | NoteUnlisted():
                pass
            case _:
                assert_never(order)
        return []

    def _check(self, code: Secret) -> Event:
        try:
            return self._parts.codes.check(code, self._parts.calendar.trusted_today())
        except StorageFailed as error:
            self._books.failed(error)
            return CodeRefused(Refusal.STORAGE)

    def _record(self, order: RecordOutcome) -> Sequence[Event]:
        self._books.record(order)
        return [self._read_stock(), OutcomeRecorded()]

    def _read_stock(self) -> StockChanged:
        there = self._parts.cabinet.slots
        slots = self._books.stock()
        stock = tuple(s if s.slot in there else replace(s, state=SlotState.MISSING) for s in slots)
        return StockChanged(stock, self._parts.calendar.trusted_today(), self._parts.cabinet.low)

    def _do_chores(self, now: float) -> None:
        if self._motor_is_on():
            return  # nothing slow meanwhile
        # a count in the middle of a vend would be of a coil whose last item is not booked yet
        while self._asks and (self._situation.vend is None or isinstance(self._asks[0].ask, READS)):
            self._answer(self._asks.popleft())
            if self._motor_is_on():
                return  # it was a technician's test turn
        if self._books.do_chores(now, is_idle=self._situation.vend is None):
            self._handle_all([LedgerOpened(self._books.next_vend), self._read_stock()])

    def _motor_is_on(self) -> bool:
        return self._parts.cabinet.is_turning

    def _answer(self, desk: _Desk) -> None:
        if not desk.future.set_running_or_notify_cancel():
            return
        self._in_hand = desk
        try:
            answer = self._carry_out_ask(desk.ask)
        except (AskRefused, StorageFailed) as error:
            desk.future.set_exception(error)
        else:
            if isinstance(desk.ask, LoadSlot | CountSlot):
                self._handle(SlotCounted(desk.ask.slot))
            if not isinstance(desk.ask, MakeTestVend):  # its motor is on
                self._handle(self._read_stock())
            self._publish()
            # as core sees it: the ledger does not know which slots the cabinet lacks, or which rest
            stock = Stock(stock_now(self._situation, self._rules))
            desk.future.set_result(stock if isinstance(answer, Stock) else answer)
        self._in_hand = None

    def _carry_out_ask(self, ask: Ask) -> Answer:
        if isinstance(ask, MakeTestVend):
            return self._make_test(ask.slot)
        if not isinstance(ask, READS):
            self._books.write()  # what waits comes before anything newer
        return self._parts.desk(ask, self._parts.calendar.today())

    def _make_test(self, slot: SlotId) -> Done:
        match self._handle(TrialAsked(slot)):
            case None:
                return Done()
            case Refusal.NOT_STOCKED:
                raise AskRefused(f"the cabinet has no slot {slot} that can be turned; see kiosk check")
            case Refusal.STORAGE:
                raise StorageFailed(self._books.fault or "the ledger cannot take it now")
            case _:
                raise AskRefused("somebody is at the kiosk; try again when it is ready")

    def _publish(self) -> None:
        at = self._situation
        plan = at.vend.plan if at.vend else None
        stock, there, soon = stock_now(at, self._rules), can_be_given(at, self._rules), cooling(at, self._rules)
        self._books.miss(self._rules.items.keys() - there - soon)
        self.board.put(
            Snapshot(
                state=at.state,
                simulated=self._parts.simulated,
                item=plan.item if plan else None,
                slot=plan.slot if plan else None,
                wanted=at.wanted,
                said=at.said,
                visit=_shown(at),
                takes_digits=self._parts.codes.takes_digits,
                stock=stock,
                can_be_given=there,
                cooling=soon,
                reserved=reserved(at, self._rules),
                alarms=alarms_of(stock, at.today, at.doubts),
                door_is_open=at.door_is_open,
                beam_is_broken=at.beam_broken_at is not None,
                faults=self._all_faults(),
            )
        )

    def _all_faults(self) -> tuple[tuple[str, str], ...]:
        return (*self._faults.items(), *self._books.faults)

    def _end(self) -> None:
        self._books.close()
        self._publish()
        self._has_ended = True
        for message in (self._in_hand, *self._asks):
            _refuse(message)
        self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        with suppress(queue.Empty):
            while True:
                _refuse(self._inbox.get_nowait())


def _refuse(message: object) -> None:
    with suppress(InvalidStateError):  # whoever asked has cancelled it
        if isinstance(message, _Choice):
            message.future.set_result(Refusal.OUT_OF_ORDER)
        elif isinstance(message, _Desk):
            message.future.set_exception(Stopping(STOPPING))


def _shown(at: Situation) -> VisitShown | None:
    if at.state is not State.CHOOSING or at.visit is None:
        return None
    return VisitShown(at.visit.left, at.visit.goes_on)
