"""``kiosk codes issue``: make codes and their cards here, hand the service their tags, forget them.

Plain codes exist in the output file and nowhere else.
"""

from __future__ import annotations

import secrets
import shutil
import sys
from datetime import datetime
from pathlib import Path

import click

from kiosk.cli.data import ask, in_plain_words, plain_words, usable
from kiosk.cli.options import config_option
from kiosk.codes.cards import CardsNotWritten, write_cards
from kiosk.codes.issue import CountRefused, GivesRefused, Issued, issue_tickets, parse_gives
from kiosk.codes.tags import KEY_NAME, ensure_programme_key, read_programme_key
from kiosk.config import Config
from kiosk.core.asks import AddBatch, Batches, ListBatches


@click.group()
def codes() -> None:
    """Make access codes."""


@codes.command()
@click.option("--kind", type=click.Choice(["ticket"]), required=True, help="A ticket is good once.")
@click.option("--count", type=click.IntRange(1), required=True, help="How many.")
@click.option("--gives", metavar="ITEM:N,…", help="What a ticket gives, without a touch; else the person chooses one.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The last good day, as 2027-03-31.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="A .csv file, or a folder named …png or …svg."
)
@config_option
@plain_words(failed=(CardsNotWritten,), wrong_usage=(CountRefused, GivesRefused))
def issue(config: Path, kind: str, count: int, gives: str | None, expires: datetime | None, out: Path) -> None:
    """Make a batch of codes and what is needed to print them."""
    usable_config = usable(config)
    known = [item.id for item in usable_config.items]
    units = parse_gives(gives, known) if gives else ()
    batch = f"{kind}-{secrets.token_hex(4)}"
    issued = issue_tickets(count, _key(usable_config), batch, units, expires.date() if expires else None)
    _write_with_progress(out, issued)
    try:
        ask(usable_config, AddBatch(issued.batch))
    except BaseException:
        _withdraw(out)
        raise
    click.echo(f"batch: {batch}\ncodes: {count}\ncards: {out}")
    if not units:
        click.echo("These tickets let the person choose an item; this version has no screen to choose on.", err=True)
    click.echo(f"{out} is the only place where these codes exist: print it, then delete it.", err=True)


@codes.command("list")
@config_option
@in_plain_words
def list_batches(config: Path) -> None:
    """List the batches of codes, oldest first."""
    found = ask(usable(config), ListBatches())
    assert isinstance(found, Batches)
    for name in found.names:
        click.echo(name)


def _key(config: Config) -> bytes:
    found = ask(config, ListBatches())
    assert isinstance(found, Batches)
    path = config.data / KEY_NAME
    # a new key would silently turn every ticket issued before into an unknown code
    return read_programme_key(path) if found.names else ensure_programme_key(path)


def _write_with_progress(out: Path, issued: Issued) -> None:
    with click.progressbar(length=len(issued.codes), label="cards", file=sys.stderr) as bar:
        write_cards(out, issued, lambda: bar.update(1))


def _withdraw(out: Path) -> None:
    """Take back cards whose tags nobody took: they would open nothing."""
    if out.is_dir():
        shutil.rmtree(out)
    else:
        out.unlink(missing_ok=True)
