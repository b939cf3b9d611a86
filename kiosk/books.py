"""Bookkeeping with patience: what the ledger cannot take now waits in memory, and is written before anything newer.

It decides nothing: whether a vend goes on without its intent is core's matter. Owner thread only, and never while a
motor is on.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable
from datetime import date

from kiosk.core.asks import StorageFailed
from kiosk.core.orders import CommitIntent, RecordOutcome
from kiosk.core.situation import FIRST_VEND
from kiosk.core.values import ItemId, SlotStock, VendId
from kiosk.downtime import Downtime
from kiosk.parts import Calendar, Storage

log = logging.getLogger(__name__)

RETRY_STORAGE_S = 5.0  # how long an outcome the ledger could not take waits for the next try
REOPEN_S = 30.0  # how often a ledger that could not be opened is tried again
BACK_UP_S = 3600.0  # how often it is looked whether a new day has begun, and with it a new backup is due
IDLE_S = 1.0  # how long slow work is put off while a vend is on
LOOK_S = 60.0  # how often the day and the level sensors are looked at
BOOK_DOWNTIME_S = 3600.0  # how often minutes without an item are booked: a power cut takes no more than that
TIDY_S = 10.0  # how long after a vend the ledger's log is wiped: once for a rush of vends


class Books:
    """The ledger, and what waits for it. ``fault`` says why it cannot be used; None while it can."""

    def __init__(self, storage: Storage, calendar: Calendar, clock: Callable[[], float]) -> None:
        self._storage = storage
        self._calendar = calendar
        self._clock = clock
        self._unwritten: deque[tuple[RecordOutcome, date, int]] = deque()
        self._intended: set[VendId] = set()  # vends whose intent this ledger has, and whose outcome it lacks
        self._downtime = Downtime(clock())
        self._look_at = clock() + LOOK_S
        self._book_downtime_at = clock() + BOOK_DOWNTIME_S
        self._minutes: dict[date, dict[ItemId, int]] = {}  # not to be had, and not booked yet
        self._day: date | None = None  # the day that the ledger is known to have begun
        self._stock: tuple[SlotStock, ...] = ()
        self._stock_is_old = False  # something was written since it was read
        self._retry_at: float | None = None
        self._tidy_at: float | None = None
        self._reopen_at = None if storage.is_open else clock() + REOPEN_S
        self._back_up_at = clock() + BACK_UP_S  # not at once: a kiosk that starts again and again is not well
        self._backed_up: date | None = None
        self.fault: str | None = None
        self._backup_fault: str | None = None

    @property
    def faults(self) -> tuple[tuple[str, str], ...]:
        """Pairs of device and what is the matter with it."""
        found = (("storage", self.fault), ("backup", self._backup_fault))
        return tuple((device, why) for device, why in found if why)

    @property
    def deadline(self) -> float:
        """When ``do_chores`` is due; monotonic seconds."""
        due = (self._look_at, self._retry_at, self._tidy_at, self._reopen_at, self._back_up_at)
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
            self._intended = {intent.vend}
        except StorageFailed as error:
            self.failed(error)
            return False
        return True

    def record(self, order: RecordOutcome) -> None:
        """Write an outcome, or keep it until it can be written."""
        self._unwritten.append((order, self._calendar.today(), self._calendar.quarter()))
        self._try_to_write()

    def write(self) -> None:
        """Write all that waits. Raises ``StorageFailed``; what was not written goes on waiting."""
        self._seal_yesterday()
        while self._unwritten:
            self._storage.ledger.record_outcome(*self._unwritten[0])
            self._unwritten.popleft()
            self._stock_is_old = True
            self._tidy_soon()
        if self.fault:
            self._storage.ledger.probe()  # nothing waits, but a fault is over only when something was written
            log.info("the ledger can be written again")
        self._retry_at = self.fault = None

    def miss(self, items: Collection[ItemId]) -> None:
        """Take note of the items that cannot be had from now on."""
        self._downtime.see(items, self._clock())

    def stock(self) -> tuple[SlotStock, ...]:
        """All slots; as they were last known while the ledger cannot be read."""
        try:
            self._stock, self._stock_is_old = self._storage.ledger.stock(), False
        except StorageFailed as error:
            self.failed(error)
        return self._stock

    def failed(self, error: StorageFailed) -> None:
        """Take note that the ledger failed, and try again later."""
        if self.fault is None:
            log.error("%s", error)
        self.fault = str(error)
        self._retry_at = self._clock() + RETRY_STORAGE_S
        if self._reopen_at is None and not self._storage.is_open:
            self._reopen_at = self._clock()  # a page was found torn: at once

    def do_chores(self, now: float, *, is_idle: bool) -> bool:
        """Do what is due; whether stock is to be read anew, perhaps out of another ledger.

        What waits is written, the day kept and the log wiped even between two turns of a vend; what is slow waits for
        its end.
        """
        is_look = self._look_at <= now
        if is_look:
            self._look_at = now + LOOK_S
            self._keep_day(now)
        is_retry = is_due(self._retry_at, now)
        if is_retry:
            self._try_to_write()
        if is_due(self._tidy_at, now):
            self._tidy()
        is_other = self._do_slow_chores(now) if is_idle else self._put_off_slow_chores(now)
        return is_retry or is_look or is_other or self._stock_is_old

    def close(self) -> None:
        """Write what can be written and wipe the log, at the end."""
        self._try_to_write()
        self._book_downtime_at = self._clock()
        self._keep_day(self._clock())
        if self._unwritten:
            lost = len(self._unwritten)
            log.critical("%d outcomes could not be written; what had an intent is uncertain at the next start", lost)
        self._tidy()

    def _try_to_write(self) -> None:
        try:
            self.write()
        except StorageFailed as error:
            self.failed(error)

    def _do_slow_chores(self, now: float) -> bool:
        if is_due(self._back_up_at, now):
            self._back_up(now)
        return is_due(self._reopen_at, now) and self._reopen(now)

    def _put_off_slow_chores(self, now: float) -> bool:
        self._back_up_at = max(self._back_up_at, now + IDLE_S)
        if self._reopen_at is not None:
            self._reopen_at = max(self._reopen_at, now + IDLE_S)
        return False

    def _reopen(self, now: float) -> bool:
        self._storage.reopen(self._intended & {order.vend for order, _, _ in self._unwritten})
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
            if self._backup_fault is None:
                log.error("%s", error)  # noqa: TRY400 - a sentence, no traceback
            self._backup_fault = f"{error}; the last backup stays, and it is tried again every hour"
        else:
            self._backed_up, self._backup_fault = today, None

    def _keep_day(self, now: float) -> None:
        """Reckon what could not be had, and have it booked now and then, and at the end of a day."""
        today = self._calendar.today()
        of_today = self._minutes.setdefault(today, {})
        for item, minutes in self._downtime.take(now).items():
            of_today[item] = of_today.get(item, 0) + minutes
        if now >= self._book_downtime_at or today != self._day:
            self._book_minutes(now)

    def _book_minutes(self, now: float) -> None:
        try:
            self._storage.keep_periods()  # first: the counters of a period that is over go, whatever the ledger says
            if self.fault or not self._storage.is_open:
                return
            self._book_days(list(self._minutes))
        except StorageFailed as error:
            self.failed(error)
            return
        self._day, self._book_downtime_at = self._calendar.today(), now + BOOK_DOWNTIME_S
        self._tidy_soon()

    def _seal_yesterday(self) -> None:
        """Book what a day that is over still lacks, before anything of the new one seals it."""
        self._storage.keep_periods()
        today = self._calendar.today()
        self._book_days([day for day in self._minutes if day != today])

    def _book_days(self, days: Iterable[date]) -> None:
        for day in days:  # as they came: a clock may have gone back
            self._storage.ledger.keep_day(day, self._minutes[day])
            del self._minutes[day]

    def _tidy_soon(self) -> None:
        if self._tidy_at is None:
            self._tidy_at = self._clock() + TIDY_S

    def _tidy(self) -> None:
        self._tidy_at = None
        try:
            self._storage.ledger.tidy()
        except StorageFailed as error:
            self.failed(error)
            self._tidy_at = self._clock() + TIDY_S


def is_due(at: float | None, now: float) -> bool:
    """Whether the time *at*, if there is one, has come."""
    return at is not None and at <= now
