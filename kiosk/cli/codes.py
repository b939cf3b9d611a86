"""``kiosk codes issue``: make codes and their cards here, hand the service their tags, forget them.

Plain codes exist in the output file and nowhere else.
"""

from __future__ import annotations

import secrets
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import TextIO

import click

from kiosk.cli.data import ask, in_plain_words, plain_words, usable
from kiosk.cli.lists import export, import_list
from kiosk.cli.options import config_option
from kiosk.codes.cards import write_cards
from kiosk.codes.issue import CountRefused, GivesRefused, Issued, issue_tickets, parse_gives
from kiosk.codes.layouts import LAYOUTS, PAPERS, Look
from kiosk.codes.refusals import CardsNotWritten, WordsRefused
from kiosk.codes.tags import KEY_NAME, ensure_programme_key, read_programme_key
from kiosk.codes.wording import neutral_words, paragraphs
from kiosk.config import Config
from kiosk.core.asks import AddBatch, Batches, ListBatches


@click.group()
def codes() -> None:
    """Make access codes."""


codes.add_command(export)
codes.add_command(import_list)


@codes.command()
@click.option("--kind", type=click.Choice(["ticket"]), required=True, help="A ticket is good once.")
@click.option("--count", type=click.IntRange(1), required=True, help="How many.")
@click.option("--gives", metavar="ITEM:N,…", help="What a ticket gives, without a touch; else the person chooses one.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The last good day, as 2027-03-31.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="A .pdf file of sheets to print and cut, a .csv file, or a folder named …png or …svg.",
)
@click.option("--paper", type=click.Choice(PAPERS), help="Of sheets; a4 if not said.")
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    help="Of sheets: business cards, 10 on one, if not said; or labels, 21 on a4 (as L7160), 30 on letter (as 5160).",
)
@click.option("--text", "texts", metavar="WORDS", multiple=True, help="What each card says, once for each language.")
@click.option(
    "--text-file",
    type=click.File(encoding="utf-8"),
    help="The same from a file, an empty line between languages. Without a text, cards say how they are used.",
)
@config_option
@plain_words(failed=(CardsNotWritten,), wrong_usage=(CountRefused, GivesRefused, WordsRefused))
def issue(
    config: Path,
    kind: str,
    count: int,
    gives: str | None,
    expires: datetime | None,
    out: Path,
    paper: str | None,
    layout: str | None,
    texts: tuple[str, ...],
    text_file: TextIO | None,
) -> None:
    """Make a batch of codes and what is needed to print them."""
    _refuse_unused(out, paper, layout, texts, text_file)
    usable_config = usable(config)
    last_day = expires.date() if expires else None
    words = _words(texts, text_file) or neutral_words(usable_config.kiosk.languages, last_day)
    known = [item.id for item in usable_config.items]
    units = parse_gives(gives, known) if gives else ()
    batch = f"{kind}-{secrets.token_hex(4)}"
    issued = issue_tickets(count, _key(usable_config), batch, units, last_day)
    _write_with_progress(out, issued, Look(paper or PAPERS[0], layout or LAYOUTS[0], words))
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
    for facts in found.batches:
        click.echo(facts.batch)


def _key(config: Config) -> bytes:
    found = ask(config, ListBatches())
    assert isinstance(found, Batches)
    path = config.data / KEY_NAME
    # a new key would silently turn every ticket issued before into an unknown code
    return read_programme_key(path) if found.batches else ensure_programme_key(path)


def _refuse_unused(out: Path, *for_sheets: object) -> None:
    """Do not let somebody print cards that lack what they asked for."""
    if any(for_sheets) and out.suffix.lower() != ".pdf":
        raise click.UsageError(
            "--paper, --layout and --text are for sheets. Leave them out, or name a file that ends in .pdf."
        )


def _words(texts: tuple[str, ...], text_file: TextIO | None) -> tuple[str, ...]:
    try:
        return texts + (paragraphs(text_file.read()) if text_file else ())
    except UnicodeDecodeError as error:
        raise click.UsageError("The file with the text is not in UTF-8. Save it as UTF-8 and try again.") from error


def _write_with_progress(out: Path, issued: Issued, look: Look) -> None:
    with click.progressbar(length=len(issued.codes), label="cards", file=sys.stderr) as bar:
        write_cards(out, issued, lambda: bar.update(1), look)


def _withdraw(out: Path) -> None:
    """Take back cards whose tags nobody took: they would open nothing."""
    if out.is_dir():
        shutil.rmtree(out)
    else:
        out.unlink(missing_ok=True)
