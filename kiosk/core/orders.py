"""What is to be done, in the imperative. The controller carries orders out in the sequence given.
No order shows by its representation whose it is.

When an order fails, the controller drops the rest of that sequence and tells core by an event.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.core.values import Account, GroupId, Motion, Outcome, Period, Refusal, Secret, SlotId, Tag, VendId


@dataclass(frozen=True, slots=True)
class CheckCode:
    """Answer with ``CodeAdmitted`` or ``CodeRefused``."""

    code: Secret


@dataclass(frozen=True, slots=True)
class CommitIntent:
    """Make durable that *turn* of *vend* is about to drive *slot*; answer ``IntentCommitted`` or ``IntentFailed``."""

    vend: VendId
    turn: int
    slot: SlotId
    tag: Tag | None = field(repr=False)
    place: int


@dataclass(frozen=True, slots=True)
class StartTurn:
    """Switch the slot's motor on for one turn, or a nudge; ends in ``TurnEnded``."""

    slot: SlotId
    motion: Motion = Motion.TURN


@dataclass(frozen=True, slots=True)
class StopMotors:
    """Switch every motor off now; a running turn ends in ``TurnEnded``."""


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """Write the vend's end: stock, counters, the ticket's unit and the closed intent, all in one transaction.

    *jammed* takes the slot out of use; *is_test* counts it apart. Answer ``OutcomeRecorded``; the controller keeps
    what the ledger cannot take.
    """

    vend: VendId
    slot: SlotId
    outcome: Outcome
    tag: Tag | None = field(repr=False)
    place: int
    jammed: bool
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class DebitAllowance:
    """Count that one unit of *group* was delivered to *account* in this *per*; None: of what has no limit.

    It follows the ``RecordOutcome`` of that delivery, and is passed over while the ledger does not take that; a crash
    between the two forgets it, and no other order debits.
    """

    account: Account = field(repr=False)
    group: GroupId | None
    per: Period | None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say why nothing happens."""

    reason: Refusal


@dataclass(frozen=True, slots=True)
class NoteUnlisted:
    """A pair of state and signal that the table does not list: nothing changed."""

    state: str
    signal: str


Order = CheckCode | CommitIntent | StartTurn | StopMotors | RecordOutcome | DebitAllowance | Refuse | NoteUnlisted
