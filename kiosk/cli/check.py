"""``kiosk check``: every fault of a configuration at once, and what to do about each. Changes nothing."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.cli.options import config_option
from kiosk.config import Config, Fault, load

WRONG_CONFIGURATION = 2


@click.command()
@click.argument("file", required=False, metavar="[FILE]", type=click.Path(path_type=Path))
@config_option
@click.pass_context
def check(context: click.Context, file: Path | None, config: Path) -> None:
    """Name every fault of FILE, or of the kiosk's configuration, with its place and its remedy.

    Exits with 2 if there is any; warnings alone do no harm.
    """
    path = file or config
    loaded = load(path)
    for fault in loaded.faults:
        _print(fault)
    for warning in loaded.warnings:
        _print(warning, "warning: ")
    if loaded.config is None:
        context.exit(WRONG_CONFIGURATION)
    click.echo(f"OK: {click.format_filename(path)}: {_summary(loaded.config)}")


def _print(fault: Fault, prefix: str = "") -> None:
    click.echo(f"{prefix}{fault}\n    {fault.remedy}", err=True)


def _summary(config: Config) -> str:
    return f"{_count(len(config.slots), 'slot')}, {_count(len(config.items), 'item')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
