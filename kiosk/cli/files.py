"""Files that somebody names on the command line: what can go wrong with them, in a sentence. None is written over."""

from __future__ import annotations

from pathlib import Path

from kiosk.ledger.database import remedy


class FileRefused(RuntimeError):
    """A file cannot be read or written; the message says what to do."""


def refuse_taken(file: Path) -> None:
    """Raise ``FileRefused`` if something has that name already."""
    try:
        is_taken = file.exists() or file.is_symlink()
    except OSError as error:
        raise unwritable(file, error) from error
    if is_taken:
        raise FileRefused(f"{file} is there already; name another file")


def read_file(file: Path, most: int = -1) -> bytes:
    """What is in the file, *most* bytes of it at the most. Raises ``FileRefused``."""
    try:
        with file.open("rb") as opened:
            return opened.read(most)
    except OSError as error:
        raise FileRefused(f"{file} cannot be read: {error.strerror}") from error


def unwritable(file: Path, error: OSError) -> FileRefused:
    """Why the file cannot be written, and what to do."""
    return FileRefused(f"{file} cannot be written: {error}{remedy(error)}")
