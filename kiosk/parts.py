"""What the controller needs of the other sides, as protocols, and what it is told about devices.

Only shapes: hardware, ledger and codes do not know these names, and wiring brings them together.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from kiosk.core.asks import Answer, Ask
from kiosk.core.events import CodeAdmitted, CodeRefused, Event
from kiosk.core.orders import CommitIntent, DebitAllowance, RecordOutcome
from kiosk.core.values import ItemId, Motion, Secret, SlotId, SlotStock, VendId

Inbox = queue.SimpleQueue[object]


class Cabinet(Protocol):
    """What the controller needs of the hardware; every method is for the owner thread."""

    @property
    def slots(self) -> frozenset[SlotId]:
        """The slots that can be driven."""

    @property
    def low(self) -> frozenset[SlotId]:
        """The slots that their level sensors see low."""

    @property
    def deadline(self) -> float | None:
        """When ``expire`` is due."""

    @property
    def is_turning(self) -> bool:
        """Whether a motor is on."""

    def sense(self) -> Sequence[Event]:
        """Sensors as they stand."""

    def start_turn(self, slot: SlotId, now: float, motion: Motion) -> Sequence[Event]:
        """Switch a motor on."""

    def feel(self, signal: object) -> Sequence[Event]:
        """Make events of a raw signal."""

    def expire(self, now: float) -> Sequence[Event]:
        """End what is over."""

    def stop_motors(self) -> Sequence[Event]:
        """Switch all motors off."""


class Ledger(Protocol):
    """What the controller needs of the ledger. Every method raises ``StorageFailed``; nothing has changed then."""

    @property
    def next_vend(self) -> VendId:
        """The number of the next vend."""

    def commit_intent(self, intent: CommitIntent) -> None:
        """Make an intent durable."""

    def record_outcome(self, order: RecordOutcome, day: date, quarter: int) -> None:
        """Make an outcome durable; *quarter* of the day is 0 to 3."""

    def keep_day(self, day: date, unavailable: Mapping[ItemId, int]) -> None:
        """Seal the report of a day that is over, and book minutes of *day* in which items could not be had."""

    def stock(self) -> tuple[SlotStock, ...]:
        """All slots."""

    def probe(self) -> None:
        """Write something that changes nothing."""

    def tidy(self) -> None:
        """Wipe the log."""


class Storage(Protocol):
    """What the controller needs of whatever keeps the ledger: the ledger itself, or a stand-in while it is missing."""

    @property
    def ledger(self) -> Ledger:
        """The ledger now in use."""

    @property
    def is_open(self) -> bool:
        """Whether that is the real one, and whole as far as is known."""

    def reopen(self, waiting: Collection[VendId]) -> None:
        """Try again what could not be opened; *waiting* are vends whose outcome will be written."""

    def keep_periods(self) -> None:
        """End the allowances' periods that are over, and have the open report say so. Raises ``StorageFailed``."""

    def back_up(self) -> None:
        """Make a proven copy, if anything has changed since the last one. Raises ``StorageFailed``."""


class Codes(Protocol):
    """What the controller needs of the codes."""

    @property
    def takes_digits(self) -> bool:
        """Whether there are codes that can be typed."""

    def check(self, presented: Secret, today: date | None) -> CodeAdmitted | CodeRefused:
        """Whether a code opens something; *today* None: the clock is not trusted. Raises ``StorageFailed``."""

    def debit(self, order: DebitAllowance) -> None:
        """Count what was delivered to a code's holder."""


class Calendar(Protocol):
    """The day, in the kiosk's own time zone."""

    def today(self) -> date:
        """The day to book on."""

    def quarter(self) -> int:
        """The quarter of that day, 0 to 3."""

    def remember(self, day: date | None) -> None:
        """Take note of a day on which something was booked."""

    def trusted_today(self) -> date | None:
        """The day, if the clock can be trusted."""


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """A device does not answer; *why* says what to do."""

    device: str
    why: str


@dataclass(frozen=True, slots=True)
class DeviceFound:
    """A lost device is back."""

    device: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a controller is built from. *clock* is monotonic seconds; *desk* answers asks on the data."""

    inbox: Inbox
    cabinet: Cabinet
    storage: Storage
    codes: Codes
    calendar: Calendar
    desk: Callable[[Ask, date], Answer]
    clock: Callable[[], float]
    simulated: bool = False
