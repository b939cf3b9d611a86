"""What a technician or a command asks of the data, in the imperative. Answers are plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from kiosk.core.reports import Report
from kiosk.core.values import CodeBatch, ItemId, Kind, SlotId, SlotStock, Tag

HEX: dict[str, str] = {"ser_json_bytes": "hex", "val_json_bytes": "hex"}  # how keys and tags cross the socket


@dataclass(frozen=True, slots=True)
class LoadSlot:
    """Put *count* units behind what stands in the slot."""

    slot: SlotId
    count: int
    lot: str = ""
    expires: date | None = None
    funding: str = ""


@dataclass(frozen=True, slots=True)
class CountSlot:
    """Say how many units stand in the slot; settles the band and differences."""

    slot: SlotId
    count: int


class Why(StrEnum):
    """Why a technician takes units out."""

    EXPIRED = "expired"
    RECALLED = "recalled"
    DAMAGED = "damaged"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RemoveUnits:
    """Say that *count* units were taken out of the slot: of *lot*, or from the front."""

    slot: SlotId
    count: int
    why: Why
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class RecallLot:
    """Hold back a lot of an item wherever it stands in front, or let it go again (*is_recalled* False)."""

    item: ItemId
    lot: str
    is_recalled: bool = True


@dataclass(frozen=True, slots=True)
class MakeTestVend:
    """Let the slot's coil make a technician's test turn; ``Done`` says that it has begun."""

    slot: SlotId


@dataclass(frozen=True, slots=True)
class ReadReports:
    """Ask for sealed reports: the first *most* with a number above *after*, or the last *most*."""

    after: int | None = None
    most: int = 31


@dataclass(frozen=True, slots=True)
class ReadStock:
    """Ask for all slots' stock."""


@dataclass(frozen=True, slots=True)
class ReadCounters:
    """Ask for what is counted of this day."""


@dataclass(frozen=True, slots=True)
class VerifyLedger:
    """Recompute every invariant of the ledger."""


@dataclass(frozen=True, slots=True)
class BackUpLedger:
    """Have a proven copy of the ledger made beside it now, in the place of the last one."""


@dataclass(frozen=True, slots=True)
class ListBatches:
    """Ask for all batches."""


@dataclass(frozen=True, slots=True)
class AddBatch:
    """Take the tags of a new batch; *signer* is whoever signed the list it came in, empty when it was issued here.

    One that is there already, and the same, changes nothing.
    """

    __pydantic_config__ = HEX

    batch: CodeBatch
    signer: bytes = b""


@dataclass(frozen=True, slots=True)
class RevokeCodes:
    """Let a batch, or single codes by their tags, open nothing any more; also such as are not here yet."""

    __pydantic_config__ = HEX

    batch: str = ""
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class MakeList:
    """Put these batches into this kiosk's list for other kiosks, and answer with the whole ``CodeList``."""

    batches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListSigners:
    """Ask whose lists are taken."""


@dataclass(frozen=True, slots=True)
class TrustSigner:
    """Take lists signed with this public key from now on."""

    __pydantic_config__ = HEX

    key: bytes


@dataclass(frozen=True, slots=True)
class EndImport:
    """Take what a list revokes, and its version, once all its batches were added; an older one is refused."""

    __pydantic_config__ = HEX

    signer: bytes
    version: int
    revoked_batches: tuple[str, ...]
    revoked_tags: tuple[Tag, ...]


BENCH_FAULTS = (
    *("none", "jam", "no_drop", "hang", "thin", "double", "stuck_home", "stuck_open", "slow", "unplugged"),
    "beam_blocked",
)


@dataclass(frozen=True, slots=True)
class BreakSlot:
    """Simulation only: give a slot one of ``BENCH_FAULTS``, or turn its coil to *angle* degrees."""

    slot: SlotId
    fault: str | None = None
    angle: float | None = None


@dataclass(frozen=True, slots=True)
class MoveDoor:
    """Simulation only: open or close the service door."""

    is_open: bool


@dataclass(frozen=True, slots=True)
class FillSlot:
    """Simulation only: let the coil hold *count* units; the ledger is told by ``LoadSlot`` and ``CountSlot`` only."""

    slot: SlotId
    count: int


@dataclass(frozen=True, slots=True)
class AddUnits:
    """Simulation only: put *count* units behind what stands in the coil, as many as it holds."""

    slot: SlotId
    count: int


@dataclass(frozen=True, slots=True)
class EmptyTray:
    """Simulation only: take what lies in the tray."""


@dataclass(frozen=True, slots=True)
class HoldCode:
    """Simulation only: hold a code to the scanner."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TouchItem:
    """Simulation only: ask for an item as a touch on the screen does; *reserve*: on its overdose page."""

    item: ItemId
    reserve: bool = False


@dataclass(frozen=True, slots=True)
class Stock:
    """All slots, and the certain units of each item."""

    slots: tuple[SlotStock, ...]

    @property
    def items(self) -> dict[ItemId, int]:
        """Certain units by item, in the order of the slots."""
        totals: dict[ItemId, int] = {}
        for slot in self.slots:
            totals[slot.item] = totals.get(slot.item, 0) + slot.count
        return totals


@dataclass(frozen=True, slots=True)
class Counter:
    """How many units of a day went one way, over all lots; *what* is ``delivered``, ``not_delivered``, ``loaded`` …"""

    slot: SlotId
    item: ItemId
    what: str
    units: int


@dataclass(frozen=True, slots=True)
class Counters:
    """What is counted of one day, by slot and item. It has no order and no time of day."""

    day: date
    counters: tuple[Counter, ...]


@dataclass(frozen=True, slots=True)
class Reports:
    """Sealed reports of the ledger with the name *ledger*, in their order."""

    ledger: str
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """What is known of a batch besides its tags; *is_foreign*: it came in another kiosk's list."""

    batch: str
    kind: Kind
    codes: int
    expires: date | None
    policy: str
    is_revoked: bool
    is_listed: bool
    is_foreign: bool


@dataclass(frozen=True, slots=True)
class CodeList:
    """All that this kiosk tells other kiosks of its codes; *version* rises with each list."""

    __pydantic_config__ = HEX

    version: int
    batches: tuple[CodeBatch, ...]
    revoked_batches: tuple[str, ...]
    revoked_tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Signers:
    """Public keys whose lists are taken, each with the version of the newest."""

    __pydantic_config__ = HEX

    signers: tuple[tuple[bytes, int], ...]


@dataclass(frozen=True, slots=True)
class Batches:
    """All batches, oldest first."""

    batches: tuple[BatchFacts, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with the ledger, in plain sentences; empty when all invariants hold."""

    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The ask was carried out and is durable."""


Ask = (
    LoadSlot | CountSlot | RemoveUnits | RecallLot | MakeTestVend | ReadStock | ReadCounters | ReadReports
    | VerifyLedger | BackUpLedger | ListBatches | AddBatch | RevokeCodes | MakeList | ListSigners | TrustSigner
    | EndImport
)  # fmt: skip
BenchAsk = BreakSlot | MoveDoor | FillSlot | AddUnits | EmptyTray | HoldCode | TouchItem
Answer = Stock | Counters | Reports | Verdict | Batches | CodeList | Signers | Done


class AskRefused(ValueError):
    """The ask cannot be carried out; the message says what to do. Nothing has changed."""


class StorageFailed(RuntimeError):
    """The ledger cannot read or write now; the message says why. Nothing has changed."""
