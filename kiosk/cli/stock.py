"""``kiosk load``, ``count``, ``remove``, ``recall``, ``test`` and ``stock``: a technician's work without a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import click

from kiosk.cli.data import ask, in_plain_words, usable
from kiosk.cli.options import config_option
from kiosk.core.asks import CountSlot, LoadSlot, MakeTestVend, ReadStock, RecallLot, RemoveUnits, Stock, Why
from kiosk.core.values import ItemId, SlotId, SlotState, SlotStock

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("slot")
@click.argument("count", type=click.IntRange(1))
@click.option("--lot", default="", help="The lot printed on the goods.")
@click.option("--expires", type=DAY, help="The last good day, as 2027-03-31.")
@click.option("--funding", default="", help="Who paid for these units.")
@config_option
@in_plain_words
def load(config: Path, slot: str, count: int, lot: str, expires: datetime | None, funding: str) -> None:
    """Book COUNT units that were put into SLOT, behind what stands there."""
    units = LoadSlot(SlotId(slot), count, lot, _day(expires), funding)
    ask(usable(config), units)
    click.echo(f"loaded: {slot} +{count}")


@click.command()
@click.argument("slot")
@click.argument("count", type=click.IntRange(0))
@config_option
@in_plain_words
def count(config: Path, slot: str, count: int) -> None:
    """Book that COUNT units stand in SLOT now; settles what was uncertain and ends a jam or a rest."""
    ask(usable(config), CountSlot(SlotId(slot), count))
    click.echo(f"counted: {slot} {count}")


@click.command()
@click.argument("slot")
@click.argument("count", type=click.IntRange(1))
@click.option("--reason", type=click.Choice(list(map(str, Why))), default="other", help="Why they were taken out.")
@click.option("--lot", help="Only units of this lot; else those in front.")
@config_option
@in_plain_words
def remove(config: Path, slot: str, count: int, reason: str, lot: str | None) -> None:
    """Book COUNT units that were taken out of SLOT."""
    ask(usable(config), RemoveUnits(SlotId(slot), count, Why(reason), lot))
    click.echo(f"removed: {slot} -{count}")


@click.command()
@click.argument("item")
@click.argument("lot")
@click.option("--lift", is_flag=True, help="The recall is over.")
@config_option
@in_plain_words
def recall(config: Path, item: str, lot: str, lift: bool) -> None:
    """Hold back LOT of ITEM: a slot with it in front waits until it is taken out; other slots go on."""
    loaded, name = usable(config), lot.strip()
    ask(loaded, RecallLot(ItemId(item), name, not lift))
    click.echo(f"recall lifted: {item} {name}" if lift else f"recalled: {item} {name}")
    found = ask(loaded, ReadStock())
    assert isinstance(found, Stock)
    _say_where(found, item, name)


@click.command()
@click.argument("slot")
@config_option
@in_plain_words
def test(config: Path, slot: str) -> None:
    """Let the coil of SLOT make one turn, counted as a test; the running service does it."""
    ask(usable(config), MakeTestVend(SlotId(slot)))
    click.echo(f"turning: {slot}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: slots and items as in the message up/stock.")
@config_option
@in_plain_words
def stock(config: Path, as_json: bool) -> None:
    """Show what stands in the slots."""
    loaded = usable(config)
    found = ask(loaded, ReadStock())
    assert isinstance(found, Stock)
    if as_json:
        _print_json(found)
    else:
        _print_table(found, {slot.id: slot.par or slot.capacity for slot in loaded.slots})


def _say_where(found: Stock, item: str, name: str) -> None:
    there = [slot.slot for slot in found.slots if slot.item == item and name in {lot.lot for lot in slot.lots}]
    known = sorted({lot.lot for slot in found.slots if slot.item == item for lot in slot.lots if lot.lot})
    if there:
        click.echo(f"it stands in: {', '.join(there)}")
    else:
        click.echo(f"no slot has this lot now; of {item} there are: {', '.join(known) or 'no named lots'}", err=True)


def stock_message(found: Stock) -> dict[str, object]:
    """The stock as slots and items, in the shapes of the message ``up/stock``."""
    return {"v": 1, "slots": [_slot(slot) for slot in found.slots], "items": found.items}


def _slot(slot: SlotStock) -> dict[str, object]:
    return {
        "slot": slot.slot,
        "item": slot.item,
        "count": slot.count,
        "uncertain": slot.uncertain,
        "capacity": slot.capacity,
        "state": slot.state,
        "lots": [
            {"lot": lot.lot, "expires": lot.expires and lot.expires.isoformat(), "count": lot.count}
            for lot in slot.lots
        ],
    }


def _print_json(found: Stock) -> None:
    import json  # noqa: PLC0415 - only this form needs it

    click.echo(json.dumps(stock_message(found)))


def _print_table(found: Stock, par: Mapping[str, int]) -> None:
    from rich.console import Console  # noqa: PLC0415 - only this form needs it, and it is slow to import
    from rich.table import Column, Table  # noqa: PLC0415

    table = Table(
        "slot",
        "item",
        "count",
        "may be more",
        "capacity",
        "to load",
        "state",
        Column("next expiry", no_wrap=True, min_width=10),
    )
    for slot in found.slots:
        state = str(slot.state) if slot.state is SlotState.OK else f"[bold]{slot.state}[/]"
        more = f"+{slot.uncertain}" if slot.uncertain else ""
        room = str(max(0, par[slot.slot] - slot.count))
        expires = str(slot.expires or "")
        table.add_row(slot.slot, slot.item, str(slot.count), more, str(slot.capacity), room, state, expires)
    Console().print(table)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
