"""The messages as they go over the wire: JSON in UTF-8, each with ``"v": 1``.

Shapes only grow: a reader ignores what it does not know, so a field may be added but never changed or taken away.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from kiosk.core import asks
from kiosk.core.values import SlotState, SlotStock
from kiosk.telemetry.plan import Facts

SCHEMAS = {"status": 1, "info": 1, "stock": 1}


class Part(BaseModel):
    """Something inside a message."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(Part):
    """A whole payload. A simulated kiosk says so in every one of them."""

    v: Literal[1] = 1
    simulated: bool = False


class KioskState(StrEnum):
    """Whether a kiosk is there. It says *online* and *offline* itself; its broker says *lost* in its place."""

    ONLINE = "online"
    OFFLINE = "offline"
    LOST = "lost"


class Status(Message):
    """``up/status``. A *lost* with a lower *boot* than the last *online* is late news: ignore it."""

    state: KioskState
    boot: int


class ItemInfo(Part):
    """One item; *names* by language, *doses* in one unit."""

    item: str
    names: dict[str, str]
    emergency: bool
    doses: int


class SlotInfo(Part):
    """One slot."""

    slot: str
    item: str
    capacity: int


class Info(Message):
    """``up/info``: what the kiosk is. *schemas* names the version of each kind of message."""

    kiosk: str
    name: str
    software: str
    ledger: str
    boot: int
    items: tuple[ItemInfo, ...]
    slots: tuple[SlotInfo, ...]
    schemas: dict[str, int]


class LotCount(Part):
    """Certain units of one lot, in the order they stand in the coil; *expires* None: not known."""

    lot: str
    expires: date | None
    count: int


class SlotCount(Part):
    """One slot: *count* units are certain, *uncertain* more may be there."""

    slot: str
    item: str
    count: int
    uncertain: int
    capacity: int
    state: SlotState
    lots: tuple[LotCount, ...]


class Stock(Message):
    """``up/stock``: what the kiosk holds, and nothing of how it came to be so. *items* are certain units by item.

    *snapshot* rises within one *boot*, so that (boot, snapshot) tells the newer of two.
    """

    ledger: str
    boot: int
    snapshot: int
    slots: tuple[SlotCount, ...]
    items: dict[str, int]


def status(facts: Facts, state: KioskState) -> Status:
    """The status to publish."""
    return Status(simulated=facts.simulated, state=state, boot=facts.boot)


def info(facts: Facts) -> Info:
    """The info to publish."""
    return Info(
        simulated=facts.simulated,
        kiosk=facts.kiosk,
        name=facts.name,
        software=facts.software,
        ledger=facts.ledger,
        boot=facts.boot,
        items=tuple(
            ItemInfo(item=each.item, names=dict(each.names), emergency=each.emergency, doses=each.doses)
            for each in facts.items
        ),
        slots=tuple(SlotInfo(slot=each.slot, item=each.item, capacity=each.capacity) for each in facts.slots),
        schemas=SCHEMAS,
    )


def stock(facts: Facts, slots: tuple[SlotStock, ...], snapshot: int) -> Stock:
    """The stock to publish."""
    return Stock(
        simulated=facts.simulated,
        ledger=facts.ledger,
        boot=facts.boot,
        snapshot=snapshot,
        slots=tuple(map(_slot_count, slots)),
        items=dict(asks.Stock(slots).items.items()),
    )


def _slot_count(slot: SlotStock) -> SlotCount:
    return SlotCount(
        slot=slot.slot,
        item=slot.item,
        count=slot.count,
        uncertain=slot.uncertain,
        capacity=slot.capacity,
        state=slot.state,
        lots=tuple(LotCount(lot=lot.lot, expires=lot.expires, count=lot.count) for lot in slot.lots),
    )
