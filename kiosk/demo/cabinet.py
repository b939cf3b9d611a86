"""The demo's cabinet: its configuration, what stands in its slots, and tickets. All else is the real kiosk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from string import Template
from typing import NamedTuple

from kiosk.codes.issue import issue_tickets, parse_gives
from kiosk.codes.tags import KEY_NAME, ensure_programme_key
from kiosk.config import Config
from kiosk.core.asks import AddBatch, LoadSlot
from kiosk.core.values import Secret, SlotId
from kiosk.ledger.desk import answer
from kiosk.ledger.ledger import LEDGER_NAME, Ledger

TEMPLATE = Path(__file__).with_name("kiosk.yaml")


class Goods(NamedTuple):
    """A lot, and in how many days it expires."""

    lot: str
    days: int


class Ticket(NamedTuple):
    """One ticket, and in words what it is for."""

    words: str
    code: Secret


GOODS = {
    "naloxone": Goods("NX-2207", 540),
    "kit": Goods("K-118", 1100),
    "strips": Goods("TS-0931", 410),
    "condoms": Goods("C-5520", 1300),
    "hiv-test": Goods("HT-077", 240),
    "sharps": Goods("SC-12", 1800),
    "wound-care": Goods("WC-341", 700),
}
OLDER = {"A1": (3, Goods("NX-1984", 21))}  # in front, so the first to come out

# words, how many, and what each gives; nothing: the person chooses
TICKETS = (
    ("ticket for 1 kit", 3, "kit:1"),
    ("ticket for 1 kit and 2 test strips", 2, "kit:1,strips:2"),
    ("ticket for one item of your choice", 2, ""),
)


def write_config(folder: Path, *, scanner: str, broker: str, screen: int) -> Path:
    """Write the demo's ``kiosk.yaml`` into *folder*, with its data beside it; the file.

    *scanner* is a serial port, *broker* a URL, *screen* a port of this machine.
    """
    values = {"data": str(folder / "data"), "scanner": scanner, "broker": broker, "screen": screen}
    path = folder / "kiosk.yaml"
    # what is written as JSON is YAML too, whatever a folder is called
    quoted = {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}
    path.write_text(Template(TEMPLATE.read_text("utf-8")).substitute(quoted), "utf-8")
    return path


def furnish(config: Config, today: date) -> tuple[Ticket, ...]:
    """Book every slot full, as the simulated coils are, and issue ``TICKETS``. No service may run yet."""
    config.data.mkdir(mode=0o750)
    key = ensure_programme_key(config.data / KEY_NAME)
    with closing(Ledger(config.data / LEDGER_NAME, config.slots, doses=config.doses)) as ledger:
        for load in loads(config, today):
            answer(ledger, load, today)
        return tuple(_issue(ledger, key, config, today))


def loads(config: Config, today: date) -> Iterator[LoadSlot]:
    """What a technician books who has filled every slot."""
    for slot in config.slots:
        older, goods = OLDER.get(slot.id, (0, None))
        if goods:
            yield _load(slot.id, older, goods, today)
        yield _load(slot.id, slot.capacity - older, GOODS[slot.item], today)


def _load(slot: str, count: int, goods: Goods, today: date) -> LoadSlot:
    return LoadSlot(SlotId(slot), count, goods.lot, today + timedelta(days=goods.days))


def _issue(ledger: Ledger, key: bytes, config: Config, today: date) -> Iterator[Ticket]:
    items = [item.id for item in config.items]
    for number, (words, count, gives) in enumerate(TICKETS, start=1):
        issued = issue_tickets(count, key, f"demo-{number}", parse_gives(gives, items) if gives else ())
        answer(ledger, AddBatch(issued.batch), today)
        yield from (Ticket(words, code) for code in issued.codes)
