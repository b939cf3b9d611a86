"""``kiosk backup`` and ``kiosk restore``: all that a spare machine needs, in one file encrypted under a passphrase.

No file is ever written over by a backup.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from kiosk import __version__
from kiosk.calendar import LocalCalendar
from kiosk.cli.data import ask, plain_words, usable
from kiosk.cli.files import FileRefused, read_file, refuse_taken, unwritable
from kiosk.cli.options import config_option
from kiosk.cli.spare import passphrase_of, passphrase_option
from kiosk.codes.key_files import KeyMissing, read_key
from kiosk.codes.signing import SIGNING_KEY, SIGNING_KEY_NAME
from kiosk.codes.tags import KEY_NAME, read_programme_key
from kiosk.config import Config
from kiosk.core.asks import BackUpLedger, Batches, ListBatches
from kiosk.ledger.backup import BACKUP_NAME
from kiosk.ledger.files import put, write
from kiosk.spare.contents import Contents, unpack
from kiosk.spare.encryption import FileUnusable, decrypt, encrypt
from kiosk.spare.restoring import Facts, RestoreRefused, examine, other_kiosk, restore, usable_config

REVIVED = (
    "Tickets that were used after {made} work once more, codes issued after it open nothing, and every slot must be "
    "counted (kiosk count SLOT COUNT). Recall again what was recalled since (kiosk recall ITEM LOT), revoke again what "
    "was revoked since (kiosk codes revoke BATCH), and import again the lists that came since (kiosk codes import "
    "FILE). The operator's reports show the break: the ledger gets a new name."
)


in_words = plain_words(failed=(FileUnusable, RestoreRefused, FileRefused))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@passphrase_option
@config_option
@in_words
def backup(config: Path, file: Path, passphrase_file: Path | None) -> None:
    """Write ledger, configuration and keys into FILE, encrypted with a passphrase."""
    refuse_taken(file)
    configured = usable(config)
    passphrase = passphrase_of(passphrase_file, is_new=True)
    contents = _contents(config, configured)
    draft = file.with_name(f".{file.name}.draft")
    try:
        write(draft, encrypt(contents.pack(), passphrase))
        put(draft, file)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise unwritable(file, error) from error
    click.echo(f"backup: {file}\nkiosk: {contents.kiosk}\nmade: {contents.made}")
    click.echo("Keep the passphrase apart from it: without the passphrase nobody can open it.", err=True)


@click.command(name="restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what the backup holds, and change nothing.")
@click.option("--force", is_flag=True, help="Also if this machine is another kiosk.")
@passphrase_option
@config_option
@in_words
def restore_command(config: Path, file: Path, dry_run: bool, force: bool, passphrase_file: Path | None) -> None:
    """Put what is in FILE in place on this machine, the configuration where --config says."""
    contents = unpack(decrypt(read_file(file), passphrase_of(passphrase_file, is_new=False)))
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
        signing_key=_signing_key(configured),
    )


def _key(config: Config) -> bytes | None:
    try:
        return read_programme_key(config.data / KEY_NAME)
    except KeyMissing:
        found = ask(config, ListBatches())
        assert isinstance(found, Batches)
        if found.batches:
            raise
        return None  # there is no code yet that would need one


def _signing_key(config: Config) -> bytes | None:
    try:
        return read_key(config.data / SIGNING_KEY_NAME, SIGNING_KEY)
    except KeyMissing:
        return None  # no list was ever made


def _show(contents: Contents, config: Config, facts: Facts) -> None:
    click.echo(f"kiosk: {contents.kiosk} ({config.kiosk.name})\nmade: {contents.made}\nledger: {facts.ledger}")
    click.echo(f"slots: {len(facts.slots)}\nunits: {facts.units}")
    for slot, item, units in facts.slots:
        click.echo(f"  {slot} {item} {units}")
    click.echo(f"batches: {len(facts.batches)}")
    for batch, codes in facts.batches:
        click.echo(f"  {batch} {codes} codes")
