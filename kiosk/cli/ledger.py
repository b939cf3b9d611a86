"""``kiosk ledger``: recompute every invariant of what is stored, and read the sealed reports."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kiosk.cli.data import ask, in_plain_words, usable
from kiosk.cli.options import config_option
from kiosk.core.asks import ReadReports, Reports, Verdict, VerifyLedger


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


@ledger.command()
@click.option("--after", type=click.IntRange(0), help="Those with a higher number than this; else the newest.")
@click.option("--json", "as_json", is_flag=True, help="For programs: as in the message up/report.")
@config_option
@in_plain_words
def reports(config: Path, after: int | None, as_json: bool) -> None:
    """Show sealed reports, one a day, 31 at the most."""
    loaded = usable(config)
    found = ask(loaded, ReadReports(after))
    assert isinstance(found, Reports)
    if as_json:
        from kiosk.telemetry.messages import reports as message  # noqa: PLC0415 - only this form needs it

        click.echo(message(found, (item.id for item in loaded.items)).model_dump_json())
    elif found.reports:
        _print_reports(found)
    else:
        click.echo(
            "no report is sealed after that one"
            if after
            else "no report is sealed yet: the first one is when its day is over"
        )


def _print_reports(found: Reports) -> None:
    from rich.console import Console  # noqa: PLC0415 - only this form needs it, and it is slow to import
    from rich.table import Table  # noqa: PLC0415

    table = Table("report", "day", "slot", "item", "what happened")
    for report in found.reports:
        if not report.slots:
            table.add_row(str(report.number), str(report.day), "", "", "nothing")
        for slot in report.slots:
            moved = ", ".join(f"{units} {what.replace('_', ' ')}" for what, units in slot.moved if units)
            table.add_row(str(report.number), str(report.day), slot.slot, slot.item, moved)
        for item, minutes in report.unavailable:
            table.add_row(str(report.number), str(report.day), "", item, f"not to be had for {minutes} minutes")
        for item, quarter, units in report.quarters:
            hours = f"{6 * quarter}:00 to {6 * quarter + 6}:00"
            table.add_row(str(report.number), str(report.day), "", item, f"{units} in this month from {hours}")
    Console().print(table)
