"""What the commands about encrypted files share: the passphrase, and plain words where a file cannot be read.

A passphrase never stands on a command line, where others could read it.
"""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.cli.files import FileRefused, read_file
from kiosk.core.values import Secret

LEAST_LETTERS = 12  # four or five words of a list; scrypt makes each guess dear, not a short one impossible


passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    help="Take the passphrase from the first line of this file, for scripts; else it is asked for.",
)


def passphrase_of(file: Path | None, *, is_new: bool) -> Secret:
    """Return the passphrase in *file*, or else as it is typed, twice if *is_new*. Raises ``FileRefused``."""
    if file is None:
        text = str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new, err=True))
    else:
        text = _text(file).partition("\n")[0].rstrip("\r")
    if is_new and len(text) < LEAST_LETTERS:
        raise FileRefused(f"a passphrase needs {LEAST_LETTERS} letters at the least; take four words by chance")
    return Secret(text)


def _text(file: Path) -> str:
    try:
        return read_file(file).decode()
    except UnicodeDecodeError:
        raise FileRefused(f"{file} holds no text; write the passphrase into its first line") from None
