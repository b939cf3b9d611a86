"""``kiosk bench``: break the simulated cabinet of a running ``kiosk run --simulate``. Never touches real hardware."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.cli.data import in_plain_words, usable
from kiosk.cli.options import config_option
from kiosk.core.asks import (
    BENCH_FAULTS,
    AskRefused,
    BenchAsk,
    BreakSlot,
    EmptyTray,
    FillSlot,
    HoldCode,
    MoveDoor,
    TouchItem,
)
from kiosk.core.values import ItemId, SlotId
from kiosk.local import ask_service


@click.group()
def bench() -> None:
    """Disturb the simulated cabinet of a running ``kiosk run --simulate``."""


@bench.command()
@click.argument("slot")
@click.argument("kind", type=click.Choice(BENCH_FAULTS))
@config_option
@in_plain_words
def fault(config: Path, slot: str, kind: str) -> None:
    """Give SLOT a fault; ``none`` mends it."""
    _disturb(config, BreakSlot(SlotId(slot), fault=kind))


@bench.command()
@click.argument("slot")
@click.argument("degrees", type=click.FloatRange(0, 360, max_open=True))
@config_option
@in_plain_words
def angle(config: Path, slot: str, degrees: float) -> None:
    """Turn the coil of SLOT by hand, to DEGREES from home."""
    _disturb(config, BreakSlot(SlotId(slot), angle=degrees))


@bench.command()
@click.argument("position", type=click.Choice(["open", "closed"]))
@config_option
@in_plain_words
def door(config: Path, position: str) -> None:
    """Open or close the service door."""
    _disturb(config, MoveDoor(position == "open"))


@bench.command()
@click.argument("slot")
@click.argument("count", type=click.IntRange(0))
@config_option
@in_plain_words
def fill(config: Path, slot: str, count: int) -> None:
    """Let the coil of SLOT hold COUNT units; the ledger does not hear of it (``kiosk load`` tells it)."""
    _disturb(config, FillSlot(SlotId(slot), count))


@bench.command()
@config_option
@in_plain_words
def take(config: Path) -> None:
    """Take what lies in the tray."""
    _disturb(config, EmptyTray())


@bench.command()
@click.argument("code")
@config_option
@in_plain_words
def scan(config: Path, code: str) -> None:
    """Hold CODE to the scanner, as its QR text or as printed."""
    _disturb(config, HoldCode(code))


@bench.command()
@click.argument("item")
@click.option("--reserve", is_flag=True, help="As from the overdose page: the last ones too.")
@config_option
@in_plain_words
def choose(config: Path, item: str, reserve: bool) -> None:
    """Ask for ITEM, as a touch on the screen will."""
    _disturb(config, TouchItem(ItemId(item), reserve))


def _disturb(config: Path, ask: BenchAsk) -> None:
    if ask_service(usable(config).data, ask) is None:
        raise AskRefused("no simulated kiosk is running with this configuration; start it: kiosk run --simulate")
