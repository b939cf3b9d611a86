"""The values every part of the kiosk speaks in: slots, items, stock, tickets. No behaviour beyond arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NewType

SlotId = NewType("SlotId", str)
ItemId = NewType("ItemId", str)
GroupId = NewType("GroupId", str)  # of items that share one allowance
VendId = NewType("VendId", int)
Tag = NewType("Tag", bytes)  # keyed hash of a code, 16 bytes; says nothing about the code without the key
Account = NewType(
    "Account", bytes
)  # another one, that no tag leads to: allowances are kept on it; never stored as it is


class Secret:
    """A code as it was read or made. It cannot be printed, logged or serialised by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text; whoever calls this answers for where it goes."""
        return self._text

    def __repr__(self) -> str:
        return "<secret>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not serialised")


class Outcome(StrEnum):
    """How a vend ended. There is no fourth way."""

    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"
    UNCERTAIN = "uncertain"


class Reason(StrEnum):
    """Why a vend was not delivered or stayed uncertain; a key into the texts a person reads."""

    NO_DROP = "no_drop"
    JAMMED = "jammed"
    NEVER_MOVED = "never_moved"
    NOT_STARTED = "not_started"
    INTERRUPTED = "interrupted"


class SlotState(StrEnum):
    """Why a slot can or cannot be used, in the words of ``up/stock``."""

    OK = "ok"
    EMPTY = "empty"
    JAMMED = "jammed"
    RESTING = "resting"
    BLOCKED = "blocked"
    COUNT_NEEDED = "count_needed"
    RECALLED = "recalled"
    EXPIRED = "expired"
    MISSING = "missing"


class Unfit(StrEnum):
    """What to do with stock past its last good day: give it with a warning, after all that is good, or not at all."""

    WARN = "warn"
    LAST = "last"
    BLOCK = "block"


class Motion(StrEnum):
    """What a dispenser is to do: a whole turn, or a short nudge so that what hangs in the coil falls."""

    TURN = "turn"
    NUDGE = "nudge"


class Refusal(StrEnum):
    """Why a code or a choice led to no vend; each is a key into the texts a person reads."""

    NOT_A_CODE = "not_a_code"
    UNKNOWN_CODE = "unknown_code"
    USED_CODE = "used_code"
    EXPIRED_CODE = "expired_code"
    REVOKED_CODE = "revoked_code"
    LIMIT_VISIT = "limit_visit"
    LIMIT_DAY = "limit_day"
    LIMIT_WEEK = "limit_week"
    LIMIT_MONTH = "limit_month"
    CODES_WAIT = "codes_wait"
    NEEDS_CODE = "needs_code"
    NOT_STOCKED = "not_stocked"
    OUT_OF_ORDER = "out_of_order"
    STORAGE = "storage"
    DOOR_OPEN = "door_open"
    BUSY = "busy"
    COOLDOWN = "cooldown"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True)
class ItemRule:
    """What core must know of an item: *free* needs no code; *thin* things miss the light beam.

    *group* is the one whose allowance it uses up; None: as many as there are. *nudges*: how often a coil is nudged when
    its turn let nothing fall; the last nudge runs home.
    """

    item: ItemId
    free: bool = False
    emergency: bool = False
    thin: bool = False
    unfit: Unfit = Unfit.LAST
    group: GroupId | None = None
    nudges: int = 0


@dataclass(frozen=True, slots=True)
class LotStock:
    """Certain units of one lot in one slot, in the order they stand in the coil."""

    lot: str
    expires: date | None
    count: int


@dataclass(frozen=True, slots=True)
class SlotStock:
    """One slot's stock: *count* units are certain, *uncertain* more may be there (the band).

    *expires* and *recalled* are those of the unit that comes next: only the front of a coil can be given.
    """

    slot: SlotId
    item: ItemId
    count: int
    uncertain: int
    capacity: int
    state: SlotState
    lots: tuple[LotStock, ...] = ()
    expires: date | None = None
    recalled: bool = False


class Kind(StrEnum):
    """What a code is: a card used again and again, a card used once, digits of one person, digits of everybody."""

    PASS = "pass"  # noqa: S105 - no password
    TICKET = "ticket"
    NUMBER = "number"
    SHARED = "shared"


class Period(StrEnum):
    """How long an allowance lasts: a visit, or a day, a week from Monday or a month by the calendar."""

    VISIT = "visit"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many units of a group of items one code gives in a period."""

    group: GroupId
    limit: int
    per: Period


@dataclass(frozen=True, slots=True)
class Left:
    """How many units of a group a code still gives in this period."""

    group: GroupId
    units: int
    per: Period


@dataclass(frozen=True, slots=True)
class CodeBatch:
    """A batch of codes as the service keeps it: tags, never codes.

    *gives* names every unit of a ticket, one entry each (``("kit", "strips", "strips")``); empty means one item of the
    person's choice. *expires* is the last day on which the codes work; None: never. *policy* names the allowances of
    its passes and numbers; ``""``: those of the items. *anywhere*: its tickets may go to other kiosks, each of which
    would give once.
    """

    __pydantic_config__ = {"ser_json_bytes": "hex", "val_json_bytes": "hex"}  # noqa: RUF012 - how tags cross the socket

    batch: str
    gives: tuple[ItemId, ...]
    expires: date | None
    tags: tuple[Tag, ...]
    kind: Kind = Kind.TICKET
    policy: str = ""
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class StoredCode:
    """One code as found in the ledger. Bit n of *taken* says that unit n of a ticket's *gives* was delivered."""

    gives: tuple[ItemId, ...]
    expires: date | None
    taken: int = 0
    kind: Kind = Kind.TICKET
    policy: str = ""
    is_revoked: bool = False

    @property
    def units_left(self) -> tuple[TicketUnit, ...]:
        """The units of a ticket not yet delivered; empty when it is spent."""
        wanted: tuple[ItemId | None, ...] = self.gives or (None,)
        return tuple(TicketUnit(n, item) for n, item in enumerate(wanted) if not self.taken >> n & 1)


@dataclass(frozen=True, slots=True)
class TicketUnit:
    """One unit of a ticket: its place in the ticket and its item; None: the person chooses."""

    place: int
    item: ItemId | None


MOST_UNITS = 16  # a ticket's delivered units are a bit mask of two bytes, always rewritten in place
