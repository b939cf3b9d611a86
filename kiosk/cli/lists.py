"""``kiosk codes export`` and ``import``: one kiosk's codes for a whole fleet, signed, by file or on a stick.

An import proves all of a list before anything changes, and can be cut short at any instant: the same command again ends
it. A list holds tags, never a code.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from kiosk.cli.data import ask, plain_words, usable
from kiosk.cli.files import FileRefused, read_file, refuse_taken, unwritable
from kiosk.cli.options import config_option
from kiosk.codes.check import USUAL
from kiosk.codes.key_files import KeyMissing
from kiosk.codes.lists import MOST_BYTES, ListRefused, SignedList, read_list, refuse_other_programme, write_list
from kiosk.codes.private_files import sync_folder, write_new
from kiosk.codes.signing import SIGNING_KEY_NAME, ensure_signing_key, fingerprint, is_fingerprint, public_key
from kiosk.codes.tags import KEY_NAME, read_programme_key
from kiosk.config import Config
from kiosk.core.asks import (
    AddBatch,
    AskRefused,
    Batches,
    CodeList,
    EndImport,
    ListBatches,
    ListSigners,
    MakeList,
    RevokeCodes,
    Signers,
    StorageFailed,
    TrustSigner,
)
from kiosk.local import ServiceFailed


class NotTaken(RuntimeError):
    """The list was not taken, or not wholly; the message says what to do."""


in_words = plain_words(failed=(ListRefused, FileRefused, NotTaken))


@click.command()
@click.argument("batches", metavar="[BATCH]...", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new file, on a stick for example.")
@config_option
@in_words
def export(config: Path, batches: tuple[str, ...], out: Path) -> None:
    """Write the list of codes that other kiosks take too, with each BATCH added to it.

    Without BATCH it is the list as it is, for example after a batch was revoked.
    """
    configured = usable(config)
    refuse_taken(out)
    programme_key = read_programme_key(configured.data / KEY_NAME)
    content = ask(configured, MakeList(batches))
    assert isinstance(content, CodeList)
    if not (content.batches or content.revoked_batches or content.revoked_tags):
        raise click.UsageError("There is nothing in the list yet. Name the batches that other kiosks shall take.")
    signing_key = ensure_signing_key(configured.data / SIGNING_KEY_NAME)
    _write(out, write_list(content, programme_key, signing_key))
    click.echo(f"list: {out}")
    _show(content, public_key(signing_key))
    click.echo("The first time, another kiosk asks for the fingerprint: kiosk codes import FILE", err=True)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--trust", metavar="FINGERPRINT", help="Take this signer's lists from now on; else it is asked for, the first time."
)
@click.option("--dry-run", is_flag=True, help="Say what the list holds, and change nothing.")
@config_option
@in_words
def import_list(config: Path, file: Path, trust: str | None, dry_run: bool) -> None:
    """Take the list of codes that another kiosk has written into FILE."""
    configured = usable(config)
    found = read_list(read_file(file, MOST_BYTES + 1))
    _refuse_other_programme(configured, found)
    newest = _newest(configured)
    _refuse_older(found, newest)
    _show(found.content, found.key)
    _show_what_is_new(configured, found.content)
    if found.key not in newest:
        click.echo("Lists of this signer were never taken here.", err=True)
    if dry_run:
        click.echo("Nothing was changed.", err=True)
        return
    _refuse_unknown(found.key, newest, trust)
    if found.key not in newest:
        ask(configured, TrustSigner(found.key))
    _take(configured, found)
    if found.content.version == newest.get(found.key):
        click.echo(f"Version {found.content.version} of this list was here already.", err=True)


def _write(out: Path, content: bytes) -> None:
    try:
        write_new(out, content)
        sync_folder(out.parent)
    except OSError as error:
        raise unwritable(out, error) from error


# --- what is known here


def _facts(config: Config) -> Batches:
    found = ask(config, ListBatches())
    assert isinstance(found, Batches)
    return found


def _newest(config: Config) -> Mapping[bytes, int]:
    """The version of the newest list taken, by the key of each signer that is trusted."""
    found = ask(config, ListSigners())
    assert isinstance(found, Signers)
    return dict(found.signers)


def _refuse_other_programme(config: Config, found: SignedList) -> None:
    path = config.data / KEY_NAME
    try:
        refuse_other_programme(found, read_programme_key(path))
    except KeyMissing:
        raise NotTaken(
            f"there is no programme key at {path}, so no code of the list would open anything: copy programme.key from "
            "the kiosk that signed it, restart the service and import again"
        ) from None


def _refuse_older(found: SignedList, newest: Mapping[bytes, int]) -> None:
    version, here = found.content.version, newest.get(found.key, 0)
    if version < here:
        raise NotTaken(f"this is version {version} of the list, and version {here} is here: take the newest file")


def _refuse_unknown(key: bytes, newest: Mapping[bytes, int], trust: str | None) -> None:
    if trust is not None and not is_fingerprint(trust, key):
        raise NotTaken(
            f"the list was signed by {fingerprint(key)}, not by {trust}: do not take it, ask whoever sent it"
        )
    if key in newest or trust is not None:
        return
    if not sys.stdin.isatty():
        raise NotTaken(
            "this kiosk takes no lists of that signer yet: compare the fingerprint with what kiosk codes export says "
            f"at the other kiosk, then add --trust {fingerprint(key)}"
        )
    question = "Is this the fingerprint that kiosk codes export says at the other kiosk?"
    if not click.confirm(question, err=True):
        raise NotTaken("nothing was changed")


# --- what is told


def _show(content: CodeList, key: bytes) -> None:
    codes = sum(len(batch.tags) for batch in content.batches)
    click.echo(f"version: {content.version}\nfingerprint: {fingerprint(key)}")
    click.echo(f"batches: {len(content.batches)}\ncodes: {codes}")
    click.echo(f"revoked: {len(content.revoked_batches)} batches, {len(content.revoked_tags)} single codes")


def _show_what_is_new(config: Config, content: CodeList) -> None:
    here = {facts.batch: facts for facts in _facts(config).batches}
    click.echo(f"new: {sum(batch.batch not in here for batch in content.batches)} batches")
    items = {item for batch in content.batches for item in batch.gives} - {item.id for item in config.items}
    policies = {batch.policy for batch in content.batches} - {"", USUAL, *config.policies}
    for batch in content.revoked_batches:
        if batch in here and not (here[batch].is_foreign or here[batch].is_revoked):
            click.echo(f"{batch} is this kiosk's own, and no list revokes it: kiosk codes revoke {batch}", err=True)
    if items:
        click.echo(f"This kiosk has no {', '.join(sorted(items))}; tickets for it wait for other kiosks.", err=True)
    if policies:
        names = ", ".join(sorted(policies))
        click.echo(f"kiosk.yaml has no policy {names}; its codes get what the items allow everybody.", err=True)


# --- what is done


def _take(config: Config, found: SignedList) -> None:
    """Hand the list over, a batch at a time, so that nobody at the kiosk waits for all of it."""
    content = found.content
    try:
        ask(config, RevokeCodes(tags=content.revoked_tags))  # first: a cut must leave no code good that is revoked
        with click.progressbar(content.batches, label="batches", file=sys.stderr) as batches:
            for batch in batches:
                ask(config, AddBatch(batch, found.key))
        ask(config, EndImport(found.key, content.version, content.revoked_batches, content.revoked_tags))
    except (AskRefused, ServiceFailed, StorageFailed) as error:
        raise NotTaken(f"{error}; the list is not wholly taken: import the same file again") from error
