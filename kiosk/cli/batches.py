"""``kiosk codes list``, ``revoke`` and ``restore``: batches as the service keeps them. Nothing here shows a code.

A code that is to be revoked is typed or piped in, never named on a command line, and goes no further than its tag.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from kiosk.cli.data import ask, in_plain_words, plain_words, usable
from kiosk.cli.files import FileRefused, read_file
from kiosk.cli.options import config_option
from kiosk.cli.spare import passphrase_of, passphrase_option
from kiosk.codes.format import LONGEST_TEXT, SYMBOLS, NotACode, read_any
from kiosk.codes.tags import KEY_NAME, read_programme_key, tag
from kiosk.core.asks import Batches, BatchFacts, ListBatches, RevokeCodes
from kiosk.core.values import Secret
from kiosk.spare.batches import open_batch, put_back
from kiosk.spare.encryption import FileUnusable


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@config_option
@in_plain_words
def list_batches(config: Path, as_json: bool) -> None:
    """List the batches of codes, oldest first."""
    found = ask(usable(config), ListBatches())
    assert isinstance(found, Batches)
    if as_json:
        click.echo(json.dumps({"v": 1, "batches": [_batch(facts) for facts in found.batches]}))
    elif found.batches:
        _print_table(found)
    else:
        click.echo("there are no codes yet; kiosk codes issue makes them")


@click.command()
@click.argument("batch", required=False)
@click.option("--code", "is_single", is_flag=True, help="One code, which is asked for, or read from standard input.")
@config_option
@in_plain_words
def revoke(config: Path, batch: str | None, is_single: bool) -> None:
    """Let all codes of BATCH, or one code, open nothing any more."""
    if is_single == bool(batch):
        raise click.UsageError("Name a batch (kiosk codes list shows them), or say --code to revoke a single one.")
    configured = usable(config)
    if batch:
        ask(configured, RevokeCodes(batch))
    else:
        key = read_programme_key(configured.data / KEY_NAME)
        ask(configured, RevokeCodes(tags=(tag(key, _code_to_revoke()),)))
    click.echo(f"revoked: {batch or 'one code'}")
    click.echo("Kiosks that took a list of these codes learn of it only by a new list: kiosk codes export.", err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@passphrase_option
@config_option
@plain_words(failed=(FileUnusable, FileRefused))
def restore(config: Path, file: Path, passphrase_file: Path | None) -> None:
    """Bring the batch of codes in FILE, and the key they need, back onto this machine."""
    configured = usable(config)
    kept = open_batch(read_file(file), passphrase_of(passphrase_file, is_new=False))
    put_back(kept, configured.data, lambda what: ask(configured, what))
    click.echo(f"batch: {kept.batch.batch}\nkind: {kept.batch.kind}\ncodes: {len(kept.batch.tags)}")
    click.echo(
        "If the service is running, restart it: it reads the key when it starts. Revoke again what was revoked since "
        "these codes were issued. Tickets that were used are good once more if this machine did not know them.",
        err=True,
    )


def _batch(facts: BatchFacts) -> dict[str, object]:
    return {
        "batch": facts.batch,
        "kind": facts.kind,
        "codes": facts.codes,
        "expires": facts.expires and facts.expires.isoformat(),
        "policy": facts.policy,
        "revoked": facts.is_revoked,
        "listed": facts.is_listed,
        "foreign": facts.is_foreign,
    }


def _print_table(found: Batches) -> None:
    from rich import box  # noqa: PLC0415 - only this form needs it, and it is slow to import
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Column, Table  # noqa: PLC0415

    table = Table(
        Column("batch", no_wrap=True),
        Column("kind", no_wrap=True),
        Column("codes", justify="right", no_wrap=True),
        Column("good until", no_wrap=True),
        Column("policy", overflow="fold"),
        Column("state", no_wrap=True),
        Column("other kiosks"),
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for facts in found.batches:
        state = "[bold]revoked[/]" if facts.is_revoked else "good"
        others = "from another" if facts.is_foreign else "listed" if facts.is_listed else ""
        until = str(facts.expires or "")
        table.add_row(facts.batch, facts.kind, str(facts.codes), until, facts.policy, state, others)
    Console().print(table)


def _code_to_revoke() -> Secret:
    code = _asked_for("Code")
    # a mistyped digit makes another number, which may be somebody's
    if len(code.reveal()) < SYMBOLS and sys.stdin.isatty() and code != _asked_for("The same once more"):
        raise click.ClickException("These were two different numbers. Nothing was revoked.")
    return code


def _asked_for(prompt: str) -> Secret:
    if sys.stdin.isatty():
        text = str(click.prompt(prompt, hide_input=True, err=True))
    else:
        text = sys.stdin.buffer.readline(LONGEST_TEXT + 2).decode("ascii", "replace").rstrip("\r\n")
    try:
        return read_any(text)
    except NotACode:
        raise click.ClickException("That is no access code. Nothing was revoked.") from None
