"""``kiosk backup`` and ``kiosk restore``: all that a spare machine needs, in one file encrypted under a passphrase.

No file is ever written over by a backup. A passphrase never stands on a command line, where others could read it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from kiosk import __version__
from kiosk.calendar import LocalCalendar
from kiosk.cli.data import ask, plain_words, usable
from kiosk.cli.options import config_option
from kiosk.codes.tags import KEY_NAME, ProgrammeKeyMissing, read_programme_key
from kiosk.config import Config
from kiosk.core.asks import BackUpLedger, Batches, ListBatches
from kiosk.core.values import Secret
from kiosk.ledger.backup import BACKUP_NAME
from kiosk.ledger.database import remedy
from kiosk.ledger.files import put, write
from kiosk.spare.contents import Contents, unpack
from kiosk.spare.encryption import FileUnusable, decrypt, encrypt
from kiosk.spare.restoring import Facts, RestoreRefused, examine, other_kiosk, restore, usable_config

LEAST_LETTERS = 12  # four or five words of a list; scrypt makes each guess dear, not a short one impossible

REVIVED = (
    "Tickets that were used after {made} work once more, those issued after it open nothing, and every slot must be "
    "counted (kiosk count SLOT COUNT). Recall again what was recalled since (kiosk recall ITEM LOT). "
    "The operator's reports show the break: the ledger gets a new name."
)


class FileRefused(RuntimeError):
    """A file cannot be read or written; the message says what to do."""


passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    help="Take the passphrase from the first line of this file, for scripts; else it is asked for.",
)
in_words = plain_words(failed=(FileUnusable, RestoreRefused, FileRefused))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@passphrase_option
@config_option
@in_words
def backup(config: Path, file: Path, passphrase_file: Path | None) -> None:
    """Write ledger, configuration and programme key into FILE, encrypted with a passphrase."""
    _refuse_taken(file)
    configured = usable(config)
    passphrase = _passphrase(passphrase_file, is_new=True)
    contents = _contents(config, configured)
    draft = file.with_name(f".{file.name}.draft")
    try:
        write(draft, encrypt(contents.pack(), passphrase))
        put(draft, file)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise FileRefused(f"{file} cannot be written: {error}{remedy(error)}") from error
    click.echo(f"backup: {file}\nkiosk: {contents.kiosk}\nmade: {contents.made}")
    click.echo("Keep the passphrase apart from it: without the passphrase nobody can open it.", err=True)


def _refuse_taken(file: Path) -> None:
    try:
        is_taken = file.exists()
    except OSError as error:
        raise FileRefused(f"{file} cannot be written: {error}{remedy(error)}") from error
    if is_taken:
        raise FileRefused(f"{file} is there already; name another file")


@click.command(name="restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what the backup holds, and change nothing.")
@click.option("--force", is_flag=True, help="Also if this machine is another kiosk.")
@passphrase_option
@config_option
@in_words
def restore_command(config: Path, file: Path, dry_run: bool, force: bool, passphrase_file: Path | None) -> None:
    """Put what is in FILE in place on this machine, the configuration where --config says."""
    contents = unpack(decrypt(_read(file), _passphrase(passphrase_file, is_new=False)))
    restored = usable_config(contents)
    today = LocalCalendar(restored.kiosk.timezone).today()
    _show(contents, restored, examine(contents, restored, today))
    here = other_kiosk(contents, config)
    if here and not force:
        raise RestoreRefused(
            f"the backup is of kiosk {contents.kiosk}, and this machine is {here}; "
            f"to make it {contents.kiosk} all the same, add --force"
        )
    click.echo(REVIVED.format(made=contents.made), err=True)
    if dry_run:
        click.echo("Nothing was changed.", err=True)
        return
    restore(contents, restored, config, today)
    click.echo(f"restored: {restored.data}, {config}")


def _contents(config: Path, configured: Config) -> Contents:
    ask(configured, BackUpLedger())
    try:
        ledger, text = (configured.data / BACKUP_NAME).read_bytes(), config.read_bytes()
    except OSError as error:
        raise FileRefused(f"what is to be in the backup cannot be read: {error}; use sudo") from error
    return Contents(
        kiosk=configured.kiosk.id,
        made=LocalCalendar(configured.kiosk.timezone).today(),
        software=__version__,
        config=text,
        ledger=ledger,
        key=_key(configured),
    )


def _key(config: Config) -> bytes | None:
    try:
        return read_programme_key(config.data / KEY_NAME)
    except ProgrammeKeyMissing:
        found = ask(config, ListBatches())
        assert isinstance(found, Batches)
        if found.batches:
            raise
        return None  # there is no code yet that would need one


def _passphrase(file: Path | None, *, is_new: bool) -> Secret:
    if file is None:
        text = str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new, err=True))
    else:
        text = _text(file).partition("\n")[0].rstrip("\r")
    if is_new and len(text) < LEAST_LETTERS:
        raise FileRefused(f"a passphrase needs {LEAST_LETTERS} letters at the least; take four words by chance")
    return Secret(text)


def _text(file: Path) -> str:
    try:
        return _read(file).decode()
    except UnicodeDecodeError:
        raise FileRefused(f"{file} holds no text; write the passphrase into its first line") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise FileRefused(f"{file} cannot be read: {error.strerror}") from error


def _show(contents: Contents, config: Config, facts: Facts) -> None:
    click.echo(f"kiosk: {contents.kiosk} ({config.kiosk.name})\nmade: {contents.made}\nledger: {facts.ledger}")
    click.echo(f"slots: {len(facts.slots)}\nunits: {facts.units}")
    for slot, item, units in facts.slots:
        click.echo(f"  {slot} {item} {units}")
    click.echo(f"batches: {len(facts.batches)}")
    for batch, tickets in facts.batches:
        click.echo(f"  {batch} {tickets} tickets")
