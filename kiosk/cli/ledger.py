"""``kiosk ledger verify``: recompute every invariant of what is stored."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kiosk.cli.data import ask, in_plain_words, usable
from kiosk.cli.options import config_option
from kiosk.core.asks import Verdict, VerifyLedger


@click.group()
def ledger() -> None:
    """Look after the ledger."""


@ledger.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@config_option
@click.pass_context
@in_plain_words
def verify(context: click.Context, config: Path, as_json: bool) -> None:
    """Recompute every invariant; exits with 1 if one is broken."""
    verdict = ask(usable(config), VerifyLedger())
    assert isinstance(verdict, Verdict)
    if as_json:
        click.echo(json.dumps({"v": 1, "ok": not verdict.faults, "faults": verdict.faults}))
    else:
        for fault in verdict.faults:
            click.echo(fault, err=True)
        if not verdict.faults:
            click.echo("OK: every unit is accounted for")
    context.exit(1 if verdict.faults else 0)
