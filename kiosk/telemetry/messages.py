"""The messages as they go over the wire: JSON in UTF-8, each with ``"v": 1``.

Shapes only grow: a reader ignores what it does not know, so a field may be added but never changed or taken away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from kiosk.core import asks
from kiosk.core.reports import PassReport, Report, SlotReport
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


class LotMoved(Part):
    """What was delivered of one lot; *doses* is delivered times the doses in a unit."""

    delivered: int
    doses: int
    funding: str


class SlotMoved(Part):
    """What happened in one slot on one day. *removed* is the sum, *removed_for* says why as far as that was said.

    *lots* is keyed by lot; units of one lot that two sources paid for stand apart, the second as ``"L1 (source)"``.
    """

    item: str
    lots: dict[str, LotMoved]
    not_delivered: int
    uncertain: int
    found: int
    adjusted: int
    reconciled: int
    test: int
    test_not_delivered: int
    loaded: int
    removed: int
    removed_for: dict[str, int]


class DayReport(Part):
    """One sealed report. What it has nothing to say of is left out: a null is something said.

    *quarters* are the month's units by quarter of the day, in the month's last report only. *passes_used*, at an
    allowance period's end: of how many passes something was delivered; null: fewer than 11. *counters_lost*: how often
    a power cut took the allowances' counters along, so that *passes_used* is too low and limits began anew.
    """

    n: int
    day: date
    slots: dict[str, SlotMoved]
    unavailable_minutes: dict[str, int]
    quarters: dict[str, tuple[int, ...]] | None = None
    passes_used: int | None = None
    counters_lost: int = 0

    @model_serializer(mode="wrap")
    def _what_is_said(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        return {name: value for name, value in write(self).items() if name in self.model_fields_set}


class ReportMessage(Message):
    """``up/report``: sealed reports, *first* to *last* as ``from`` and ``to``; both 0 when there are none."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)

    ledger: str
    first: int = Field(serialization_alias="from", validation_alias="from")
    last: int = Field(serialization_alias="to", validation_alias="to")
    reports: tuple[DayReport, ...]


def reports(found: asks.Reports, items: Iterable[str], *, simulated: bool = False) -> ReportMessage:
    """The sealed reports to publish; *items* are those of the kiosk, each with its minutes even if none."""
    numbers = [report.number for report in found.reports] or [0]
    known = tuple(items)
    return ReportMessage(
        simulated=simulated,
        ledger=found.ledger,
        first=numbers[0],
        last=numbers[-1],
        reports=tuple(_day_report(report, known) for report in found.reports),
    )


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


def _day_report(report: Report, items: tuple[str, ...]) -> DayReport:
    said: dict[str, object] = {
        "n": report.number,
        "day": report.day,
        "slots": {slot.slot: _slot_moved(slot) for slot in report.slots},
        "unavailable_minutes": dict.fromkeys(items, 0) | {str(item): minutes for item, minutes in report.unavailable},
    }
    if report.quarters:
        said["quarters"] = _quarters(report)
    return DayReport.model_validate(said | (_passes(report.passes) if report.passes else {}))


def _passes(passes: PassReport) -> dict[str, int | None]:
    ended = {"passes_used": passes.used} if passes.has_ended else {}
    return ended | ({"counters_lost": passes.lost} if passes.lost else {})


def _quarters(report: Report) -> dict[str, tuple[int, ...]]:
    counted = {(item, quarter): units for item, quarter, units in report.quarters}
    items = dict.fromkeys(item for item, _, _ in report.quarters)
    return {item: tuple(counted.get((item, quarter), 0) for quarter in range(4)) for item in items}


def _slot_moved(slot: SlotReport) -> SlotMoved:
    moved = dict(slot.moved)
    why = {what.removeprefix("removed_"): units for what, units in slot.moved if what.startswith("removed_") and units}
    del moved["delivered"]  # stands with the lots
    for name in [what for what in moved if what.startswith("removed_")]:
        moved["removed"] += moved.pop(name)
    return SlotMoved(item=slot.item, lots=_lots_moved(slot), removed_for=why, **moved)


def _lots_moved(slot: SlotReport) -> dict[str, LotMoved]:
    named: dict[str, LotMoved] = {}
    for lot in slot.lots:
        is_anothers = lot.lot in named and named[lot.lot].funding != lot.funding
        name = f"{lot.lot} ({lot.funding})" if is_anothers else lot.lot
        before = named.get(name, LotMoved(delivered=0, doses=0, funding=lot.funding))
        named[name] = LotMoved(
            delivered=before.delivered + lot.delivered, doses=before.doses + lot.doses, funding=lot.funding
        )
    return named


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
