"""What has happened, in the past tense. Core is told; it never asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from kiosk.core.values import Account, ItemId, Left, Refusal, Secret, SlotId, SlotStock, Tag, TicketUnit, VendId


class TurnResult(StrEnum):
    """How a dispenser's turn ended, as its hardware saw it."""

    CAME_HOME = "came_home"  # left home and came back: one full turn
    HOMED = "homed"  # started off home and ran to home: not a full turn
    NEVER_LEFT = "never_left"  # the motor had power and home did not open
    JAMMED = "jammed"  # left home and did not come back in time
    CUT_AT_HOME = "cut_at_home"  # stopped by order or lease before it left home
    CUT_AWAY = "cut_away"  # stopped by order or lease on its way
    NOT_STARTED = "not_started"  # the motor was never switched on
    NUDGED = "nudged"  # a nudge is over: the coil stands where it was stopped
    RAN = "ran"  # its time is over, and no switch can say how far it came


@dataclass(frozen=True, slots=True)
class CodePresented:
    """A code was held to the scanner."""

    code: Secret


@dataclass(frozen=True, slots=True)
class CodeAdmitted:
    """The code is good for *units*, each to be delivered or chosen; a ticket's *tag* marks it spent.

    Without a tag it opens a visit: as many units of each group as *left* says, to be debited from *account*; None:
    everybody knows the code, and nothing is kept of it. Neither is printed: with the ledger they lead to a card.
    """

    tag: Tag | None = field(repr=False)
    units: tuple[TicketUnit, ...]
    account: Account | None = field(repr=False, default=None)
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """The code opens nothing."""

    reason: Refusal


@dataclass(frozen=True, slots=True)
class ItemChosen:
    """A person asked for an item by touch or button; *reserve*: in an emergency, from the overdose page."""

    item: ItemId
    reserve: bool = False


@dataclass(frozen=True, slots=True)
class VisitLeft:
    """The person has all they need, or wants nothing to be seen any more."""


@dataclass(frozen=True, slots=True)
class TrialAsked:
    """A technician asked for a test turn of this slot."""

    slot: SlotId


@dataclass(frozen=True, slots=True)
class IntentCommitted:
    """The intent to turn is durable: the motor may be switched on."""


@dataclass(frozen=True, slots=True)
class IntentFailed:
    """The ledger could not commit the intent."""


@dataclass(frozen=True, slots=True)
class OutcomeRecorded:
    """The outcome is in the ledger, or in memory until the ledger can take it."""


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The dispenser stopped and its motor is off."""

    slot: SlotId
    result: TurnResult


@dataclass(frozen=True, slots=True)
class BeamBroken:
    """Something entered the drop sensor; *after_leaving* is False while a driven coil is still at home (a hand)."""

    after_leaving: bool = True


@dataclass(frozen=True, slots=True)
class BeamCleared:
    """The drop sensor sees light again."""


@dataclass(frozen=True, slots=True)
class DoorOpened:
    """The service door is open."""


@dataclass(frozen=True, slots=True)
class DoorClosed:
    """The service door is closed."""


@dataclass(frozen=True, slots=True)
class StockChanged:
    """The ledger's stock, all slots in the order of the configuration, and which of them their sensors see low.

    *today* None: the clock is not trusted.
    """

    slots: tuple[SlotStock, ...]
    today: date | None = None
    low: frozenset[SlotId] = frozenset()


@dataclass(frozen=True, slots=True)
class SlotCounted:
    """A technician counted the slot, or loaded it: what is held against it is over."""

    slot: SlotId


@dataclass(frozen=True, slots=True)
class RestEnded:
    """A rest or the cooldown may be over, at the time that core named."""


@dataclass(frozen=True, slots=True)
class LedgerOpened:
    """A ledger that could not be used was opened; what it has seen is numbered up to *next_vend*."""

    next_vend: VendId


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The deadline that core named is over."""


@dataclass(frozen=True, slots=True)
class StopAsked:
    """The service is asked to end."""


Event = (
    CodePresented | CodeAdmitted | CodeRefused | ItemChosen | VisitLeft | TrialAsked | IntentCommitted | IntentFailed
    | OutcomeRecorded | TurnEnded | BeamBroken | BeamCleared | DoorOpened | DoorClosed | StockChanged | SlotCounted
    | RestEnded | LedgerOpened | DeadlinePassed | StopAsked
)  # fmt: skip
