"""``kiosk codes issue``: make codes and their cards here, hand the service their tags, forget them.

Plain codes exist in the output file and nowhere else. The batch file beside it holds tags and key, encrypted.
"""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TextIO

import click

from kiosk.calendar import LocalCalendar
from kiosk.cli.batches import list_batches, restore, revoke
from kiosk.cli.data import ask, plain_words, usable
from kiosk.cli.files import FileRefused
from kiosk.cli.lists import export, import_list
from kiosk.cli.options import config_option
from kiosk.cli.spare import passphrase_of
from kiosk.codes.cards import write_cards
from kiosk.codes.check import USUAL
from kiosk.codes.format import NotACode, read_number
from kiosk.codes.issue import BatchRefused, Issued, Wish, issue_codes, parse_gives, parse_policy
from kiosk.codes.layouts import LAYOUTS, PAPERS, Look
from kiosk.codes.private_files import sync_folder, write_new
from kiosk.codes.refusals import CardsNotWritten, WordsRefused
from kiosk.codes.tags import KEY_NAME, ensure_programme_key, read_programme_key
from kiosk.codes.wording import neutral_words, paragraphs
from kiosk.config import Config
from kiosk.core.asks import AddBatch, Batches, ListBatches
from kiosk.core.values import Kind, Secret
from kiosk.spare.batches import KeptBatch, make_passphrase, seal_batch


@click.group()
def codes() -> None:
    """Make access codes, revoke them, bring them back."""


for command in (list_batches, revoke, restore, export, import_list):
    codes.add_command(command)


@codes.command()
@click.option(
    "--kind",
    type=click.Choice(list(map(str, Kind))),
    required=True,
    help="A pass is used again and again, a ticket once; a number is a pass to be typed; a shared code is told to all.",
)
@click.option("--count", "number", type=click.IntRange(1), help="How many; a shared code is one.")
@click.option("--gives", metavar="ITEM:N,…", help="What a ticket gives, without a touch; else the person chooses one.")
@click.option("--anywhere", is_flag=True, help="Tickets that other kiosks may take too: each of them would give once.")
@click.option("--policy", metavar="NAME", help="The allowances of passes or numbers, out of policies: in kiosk.yaml.")
@click.option("--digits", type=int, help="Of numbers, 8 to 10 (10 if not said); of a shared code, 4 to 8 (6).")
@click.option("--code", metavar="DIGITS", help="A shared code of your own choice.")
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
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    help="Encrypt the batch file with the first line of this file; else a passphrase is made up and shown once.",
)
@config_option
@plain_words(failed=(CardsNotWritten, FileRefused), wrong_usage=(BatchRefused, WordsRefused))
def issue(
    config: Path,
    kind: str,
    number: int | None,
    gives: str | None,
    anywhere: bool,
    policy: str | None,
    digits: int | None,
    code: str | None,
    expires: datetime | None,
    out: Path,
    paper: str | None,
    layout: str | None,
    texts: tuple[str, ...],
    text_file: TextIO | None,
    passphrase_file: Path | None,
) -> None:
    """Make a batch of codes and what is needed to print them."""
    _refuse_unused(out, paper, layout, texts, text_file)
    configured = usable(config)
    wish = Wish(
        kind=Kind(kind),
        count=_count(number, kind),
        gives=parse_gives(gives, [item.id for item in configured.items]) if gives else (),
        expires=expires.date() if expires else None,
        policy=parse_policy(policy, {USUAL, *configured.policies}) if policy else "",
        anywhere=anywhere,
        digits=digits,
        chosen=_chosen(code),
    )
    words = _words(texts, text_file) or neutral_words(wish.kind, configured.kiosk.languages, wish.expires)
    look = Look(paper or PAPERS[0], layout or LAYOUTS[0], words)
    passphrase = passphrase_of(passphrase_file, is_new=True) if passphrase_file else make_passphrase()
    batch, batch_file = _issue(configured, wish, out, look, passphrase)
    click.echo(f"batch: {batch}\ncodes: {wish.count}\ncards: {out}\nbatch file: {batch_file}")
    if not passphrase_file:
        click.echo(f"passphrase: {passphrase.reveal()}")
    _say_what_to_do(wish, configured, out, batch_file, is_made_up=not passphrase_file)


def _issue(configured: Config, wish: Wish, out: Path, look: Look, passphrase: Secret) -> tuple[str, Path]:
    """Make codes, cards and batch file, and hand the service the tags; the names of batch and file."""
    key = _key(configured)
    issued = issue_codes(wish, key, f"{wish.kind}-{secrets.token_hex(4)}")
    with ExitStack() as undo:  # without the tags in the ledger, these would open nothing
        batch_file = _write_batch_file(out, KeptBatch(issued.batch, key), passphrase, undo)
        _write_with_progress(out, issued, look)
        undo.callback(_withdraw, out)
        ask(configured, AddBatch(issued.batch))
        undo.pop_all()
    return issued.batch.batch, batch_file


def _say_what_to_do(wish: Wish, configured: Config, out: Path, batch_file: Path, *, is_made_up: bool) -> None:
    if not wish.gives and configured.screen is None:
        click.echo("With these codes the person chooses on the screen, and kiosk.yaml has none (screen:).", err=True)
    if wish.expires and wish.expires < LocalCalendar(configured.kiosk.timezone).today():
        click.echo(f"{wish.expires} is past: these codes open nothing. Issue others for a later day.", err=True)
    if wish.kind is not Kind.SHARED:
        click.echo(f"{out} is the only place where these codes exist: print it, then delete it.", err=True)
    click.echo(
        f"{'Write the passphrase down: it is not shown again. ' if is_made_up else ''}Keep {batch_file} and the "
        "passphrase away from this machine: with both, the cards go on working when it is lost (kiosk codes restore).",
        err=True,
    )


def _count(number: int | None, kind: str) -> int:
    if number is None and kind != Kind.SHARED:
        raise click.UsageError("Say how many codes are wanted, as --count 100.")
    return 1 if number is None else number


def _chosen(code: str | None) -> Secret | None:
    try:
        return None if code is None else read_number(code)
    except NotACode:
        raise click.UsageError("--code takes the 4 to 8 digits that everybody will be told.") from None


def _key(config: Config) -> bytes:
    found = ask(config, ListBatches())
    assert isinstance(found, Batches)
    path = config.data / KEY_NAME
    # a new key would silently turn every ticket issued before into an unknown code
    return read_programme_key(path) if found.batches else ensure_programme_key(path)


def _batch_files(out: Path) -> Iterator[Path]:
    """Yield names beside the cards, the first that is free to be taken: ``cards.batch``, ``cards-2.batch`` …"""
    stem = out.stem if out.suffix.lower() in (".pdf", ".csv") else out.name
    yield out.with_name(f"{stem}.batch")
    yield from (out.with_name(f"{stem}-{number}.batch") for number in count(2))


def _write_batch_file(out: Path, kept: KeptBatch, passphrase: Secret, undo: ExitStack) -> Path:
    sealed = seal_batch(kept, passphrase)
    for path in _batch_files(out):
        try:
            write_new(path, sealed)
            undo.callback(path.unlink, missing_ok=True)
            sync_folder(path.parent)
        except FileExistsError:
            continue  # of cards that were deleted once they were printed; it stays as it is
        except OSError as error:
            raise FileRefused(f"{path} cannot be written: {error.strerror}") from error
        return path
    raise AssertionError("there is no end of names")


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
