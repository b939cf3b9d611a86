"""Bookkeeping with patience: what the ledger cannot take now waits in memory, and is written before anything newer.

It decides nothing: whether a vend goes on without its intent is core's matter. Owner thread only, and never while a
motor is on.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import date

from kiosk.core.asks import StorageFailed
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.situation import FIRST_VEND
from kiosk.core.values import SlotStock, VendId
from kiosk.parts import Calendar, Storage

log = logging.getLogger(__name__)

RETRY_STORAGE_S = 5.0  # how long an outcome the ledger could not take waits for the next try
REOPEN_S = 30.0  # how often a ledger that could not be opened is tried again
BACK_UP_S = 3600.0  # how often it is looked whether a new day has begun, and with it a new backup is due
IDLE_S = 1.0  # how long slow work is put off while a vend is on
TIDY_S = 10.0  # how long after a vend the ledger's log is wiped: once for a rush of vends


class Books:
    """The ledger, and what waits for it. ``fault`` says why it cannot be used; None while it can."""

    def __init__(self, storage: Storage, calendar: Calendar, clock: Callable[[], float]) -> None:
        self._storage = storage
        self._calendar = calendar
        self._clock = clock
        self._unwritten: deque[tuple[RecordOutcome, date]] = deque()
        self._stock: tuple[SlotStock, ...] = ()
        self._retry_at: float | None = None
        self._tidy_at: float | None = None
        self._reopen_at = None if storage.is_open else clock() + REOPEN_S
        self._back_up_at = clock() + BACK_UP_S  # not at once: a kiosk that starts again and again is not well
        self._backed_up: date | None = None
        self.fault: str | None = None

    @property
    def deadline(self) -> float:
        """When ``do_chores`` is due; monotonic seconds."""
        due = (self._retry_at, self._tidy_at, self._reopen_at, self._back_up_at)
        return min(at for at in due if at is not None)

    @property
    def next_vend(self) -> VendId:
        """The number of the next vend, as the ledger counts them; 1 while it cannot be read."""
        try:
            return self._storage.ledger.next_vend
        except StorageFailed as error:
            self.failed(error)
            return FIRST_VEND

    def commit(self, intent: CommitIntent) -> bool:
        """Make an intent durable, after all that waits; whether it is."""
        try:
            self.write()
            self._storage.ledger.commit_intent(intent)
        except StorageFailed as error:
            self.failed(error)
            return False
        return True

    def record(self, order: RecordOutcome) -> None:
        """Write an outcome, or keep it until it can be written."""
        self._unwritten.append((order, self._calendar.today()))
        self._try_to_write()

    def write(self) -> None:
        """Write all that waits. Raises ``StorageFailed``; what was not written goes on waiting."""
        while self._unwritten:
            self._storage.ledger.record_outcome(*self._unwritten[0])
            self._unwritten.popleft()
            if self._tidy_at is None:
                self._tidy_at = self._clock() + TIDY_S
        if self.fault:
            self._storage.ledger.probe()  # nothing waits, but a fault is over only when something was written
            log.info("the ledger can be written again")
        self._retry_at = self.fault = None

    def stock(self) -> tuple[SlotStock, ...]:
        """All slots; as they were last known while the ledger cannot be read."""
        try:
            self._stock = self._storage.ledger.stock()
        except StorageFailed as error:
            self.failed(error)
        return self._stock

    def failed(self, error: StorageFailed) -> None:
        """Take note that the ledger failed, and try again later."""
        if self.fault is None:
            log.error("%s; %d outcomes wait in memory", error, len(self._unwritten))
        self.fault = str(error)
        self._retry_at = self._clock() + RETRY_STORAGE_S
        if self._reopen_at is None and not self._storage.is_open:
            self._reopen_at = self._clock()  # a page was found torn: at once

    def do_chores(self, now: float, *, is_idle: bool) -> bool:
        """Do what is due; whether the ledger may know more by it, or be another one.

        What waits is written and the log wiped even between two turns of a vend; what is slow waits for its end.
        """
        is_retry = _is_due(self._retry_at, now)
        if is_retry:
            self._try_to_write()
        if _is_due(self._tidy_at, now):
            self._tidy()
        if not is_idle:
            self._put_off_slow_chores(now)
            return is_retry
        if _is_due(self._back_up_at, now):
            self._back_up(now)
        return (_is_due(self._reopen_at, now) and self._reopen(now)) or is_retry

    def close(self) -> None:
        """Write what can be written and wipe the log, at the end."""
        self._try_to_write()
        if self._unwritten:
            lost = len(self._unwritten)
            log.critical("%d outcomes could not be written; what had an intent is uncertain at the next start", lost)
        self._tidy()

    def _try_to_write(self) -> None:
        try:
            self.write()
        except StorageFailed as error:
            self.failed(error)

    def _put_off_slow_chores(self, now: float) -> None:
        self._back_up_at = max(self._back_up_at, now + IDLE_S)
        if self._reopen_at is not None:
            self._reopen_at = max(self._reopen_at, now + IDLE_S)

    def _reopen(self, now: float) -> bool:
        self._storage.reopen()
        if self._storage.is_open:
            self._reopen_at = None
            self._try_to_write()
        else:
            self._reopen_at = now + REOPEN_S
        return True

    def _back_up(self, now: float) -> None:
        """Once a day, whichever hour it is: nobody waits for it."""
        self._back_up_at = now + BACK_UP_S
        today = self._calendar.today()
        if today == self._backed_up or self.fault:
            return
        try:
            self._storage.back_up()
        except StorageFailed as error:
            log.warning("no backup today, the last one stays: %s", error)
        self._backed_up = today

    def _tidy(self) -> None:
        self._tidy_at = None
        try:
            self._storage.ledger.tidy()
        except StorageFailed as error:
            self.failed(error)
            self._tidy_at = self._clock() + TIDY_S


def _is_due(at: float | None, now: float) -> bool:
    return at is not None and at <= now
