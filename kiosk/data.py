"""What lies in the data directory, as the kiosk uses it: the ledger, and the programme key that codes need.

What cannot be opened has a stand-in until it can: ``reopen`` tries again. Without the directory's lock nothing in it is
touched. Owner thread only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import date
from pathlib import Path

from kiosk.codes.allowances import Allowances
from kiosk.codes.check import Checker
from kiosk.codes.key_files import KeyUnusable
from kiosk.codes.tags import KEY_NAME, ensure_programme_key, read_programme_key
from kiosk.config import Config
from kiosk.core.asks import Answer, Ask, StorageFailed
from kiosk.core.events import CodeAdmitted, CodeRefused
from kiosk.core.orders import DebitAllowance
from kiosk.core.values import Refusal, Secret, VendId
from kiosk.ledger.backup import back_up
from kiosk.ledger.desk import CodesChange, answer
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.ledger.missing import MissingLedger
from kiosk.ledger.rescue import open_or_rescue, proven
from kiosk.lock import AlreadyRunning, DataUnusable, InstanceLock
from kiosk.parts import Calendar, DeviceFound, DeviceLost
from kiosk.policies import policies_of

log = logging.getLogger(__name__)

NO_DATA = "there is no ledger without its data directory"
TRIED_AGAIN = "the service tries again by itself"


class LockedCodes:
    """What stands in for the checker when the programme key cannot be used: every code waits, open items go on."""

    def check(self, presented: Secret, today: object) -> CodeRefused:  # noqa: ARG002
        """Refuse."""
        return CodeRefused(Refusal.OUT_OF_ORDER)


class Data:
    """Lock, ledger and codes. ``faults`` says by device what is wrong and what to do. ``close()`` may be called twice.

    Construction takes the lock, and raises ``AlreadyRunning`` if another process has it; nothing is open before
    ``open``. *note* is told of every commit, *tell* of what ``reopen`` lost or found. ``takes_digits`` says whether
    there are codes that can be typed.
    """

    def __init__(  # noqa: PLR0913 - whatever the data need is the caller's
        self,
        config: Config,
        calendar: Calendar,
        allowances: Allowances,
        *,
        note: Callable[[], None],
        tell: Callable[[DeviceLost | DeviceFound], None],
        vfs: str | None = None,
    ) -> None:
        self._config, self._calendar, self._vfs = config, calendar, vfs
        self._note, self._tell = note, tell
        self.ledger: Ledger | MissingLedger = MissingLedger(config.slots, NO_DATA)
        self.faults: dict[str, str] = {}
        self._policies = policies_of(config)
        self._allowances = allowances
        self._codes: Checker | LockedCodes = LockedCodes()
        self.takes_digits = False
        self._backed_up = -1
        self._lock: InstanceLock | None = None
        try:
            self._lock = InstanceLock(config.data)
        except DataUnusable:
            return  # naloxone needs no data, and ``open`` says what to do

    def open(self, waiting: Collection[VendId] = ()) -> None:
        """Open what can be opened; the rest gets a stand-in and a fault. *waiting*: see ``reopen``."""
        self.faults = {}
        self._backed_up = -1  # nobody knows what has changed before
        try:
            self._open_ledger(waiting)
            self._calendar.remember(self.ledger.day)
            with suppress(StorageFailed):  # now rather than before the first vend; what fails is tried at the next look
                self.keep_periods()
        except StorageFailed as error:
            self.ledger.close()  # what opened and could not be read then
            self.ledger = MissingLedger(self._config.slots, str(error))
            self.faults["ledger"] = f"{error}; {TRIED_AGAIN}"
        self._codes = self._open_codes()
        self.takes_digits = self._have_digits()

    @property
    def is_open(self) -> bool:
        """Whether there is a ledger, and no page of it was found torn."""
        return isinstance(self.ledger, Ledger) and not self.ledger.database.is_torn

    @property
    def ledger_id(self) -> str:
        """The ledger's own name; empty while there is none."""
        try:
            return self.ledger.id if isinstance(self.ledger, Ledger) else ""
        except StorageFailed:
            return ""

    def reopen(self, waiting: Collection[VendId] = ()) -> None:
        """Try again what could not be opened, or was found torn; *waiting* are vends whose outcome will be written."""
        before = self.faults
        self.ledger.close()
        self.open(waiting)
        for device in before.keys() - self.faults.keys():
            log.info("%s found", device)
            self._tell(DeviceFound(device))
        for device, why in self.faults.items():
            if before.get(device) != why:
                log.error("%s: %s", device, why)
                self._tell(DeviceLost(device, why))

    def back_up(self) -> None:
        """Make a proven copy beside the ledger, if anything has changed since the last one. Raises ``StorageFailed``.

        A ledger on another file layer has no files beside it.
        """
        if self._vfs is None and isinstance(self.ledger, Ledger) and self.ledger.database.changes != self._backed_up:
            back_up(self.ledger.database)
            self._backed_up = self.ledger.database.changes

    def answer(self, ask: Ask, day: date) -> Answer:
        """Carry *ask* out. Raises ``AskRefused`` or ``StorageFailed``; nothing has changed then."""
        if isinstance(self.ledger, Ledger):
            answered = answer(self.ledger, ask, day)
            if isinstance(ask, CodesChange):
                self.takes_digits = self._have_digits()
            return answered
        raise StorageFailed("the ledger cannot be opened; see what the service says about it")

    def check(self, presented: Secret, today: date | None) -> CodeAdmitted | CodeRefused:
        """Whether a code opens something. Raises ``StorageFailed``."""
        self._allowances.keep(self._calendar.today(), today)
        return self._codes.check(presented, today)

    def debit(self, order: DebitAllowance) -> None:
        """Count what was delivered to a code's holder."""
        self._allowances.debit(order.account, order.group, order.per)

    def keep_periods(self) -> None:
        """End the allowances' periods that are over, and have the open report say so. Raises ``StorageFailed``."""
        self._allowances.keep(self._calendar.today(), self._calendar.trusted_today())
        if self._allowances.news and isinstance(self.ledger, Ledger):
            self.ledger.note_periods(self._allowances.news)
            self._allowances.news = None

    def close(self) -> None:
        """Give ledger and lock back."""
        self.ledger.close()
        if self._lock:
            self._lock.close()

    def _open_ledger(self, waiting: Collection[VendId]) -> None:
        if self._lock is None:
            self._lock = self._locked()
        path, today = self._config.data / LEDGER_NAME, self._calendar.today()
        if self._vfs is not None:  # no files lie there for a rescue
            self.ledger = proven(self._build(path), today, waiting)
            return
        self.ledger, rescue = open_or_rescue(path, today, self._build, waiting)
        if rescue:
            self.faults["ledger"] = rescue

    def _build(self, path: Path) -> Ledger:
        return Ledger(path, self._config.slots, self._note, doses=self._config.doses, vfs=self._vfs)

    def _locked(self) -> InstanceLock:
        try:
            return InstanceLock(self._config.data)
        except (DataUnusable, AlreadyRunning) as error:
            self.faults["data"] = str(error)
            raise StorageFailed(NO_DATA) from error

    def _have_digits(self) -> bool:
        try:
            return isinstance(self.ledger, Ledger) and self.ledger.codes.take_digits
        except StorageFailed:
            return False

    def _open_codes(self) -> Checker | LockedCodes:
        path = self._config.data / KEY_NAME
        try:
            # a new key would silently turn every ticket issued before into an unknown code
            may_be_made = isinstance(self.ledger, Ledger) and self.ledger.codes.is_empty
            key = ensure_programme_key(path) if may_be_made else read_programme_key(path)
            return Checker(key, self.ledger, self._allowances, self._policies)
        except (KeyUnusable, StorageFailed) as error:
            self.faults["codes"] = str(error)
            return LockedCodes()
