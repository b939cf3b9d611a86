"""Keys in files of their own: made once, durable, whole from the first moment, for their owner's eyes only.

A file that is not surely a key, or that others may use, is refused. A key is never replaced here: what it was used for
would stop working.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kiosk.codes.private_files import sync_folder, write_new

KEY_BYTES = 32  # HMAC-SHA256 gains nothing from more, and Ed25519 has no other


class KeyUnusable(Exception):
    """A key cannot be used; the message says what to do."""


class KeyMissing(KeyUnusable, FileNotFoundError):
    """There is no key yet."""


class KeyDamaged(KeyUnusable, ValueError):
    """The file is there and is not a key."""


class KeyExposed(KeyUnusable, PermissionError):
    """Others than the file's owner may use the key."""


class KeyInTheWay(KeyUnusable, FileExistsError):
    """There is another key."""


class KeyOutOfReach(KeyUnusable, OSError):
    """The system does not let us read or make the key."""


@dataclass(frozen=True, slots=True)
class KeyKind:
    """What a key is called, and what to do when it is missing or damaged, as whole sentences."""

    name: str
    when_missing: str
    when_damaged: str


def read_key(path: Path, kind: KeyKind) -> bytes:
    """Return the 32 bytes of a key. Raises a ``KeyUnusable``."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            key = file.read(KEY_BYTES + 1)
    except FileNotFoundError as error:
        raise KeyMissing(f"There is no {kind.name} at {path}. {kind.when_missing}") from error
    except OSError as error:
        raise KeyOutOfReach(f"The {kind.name} {path} cannot be read: {error.strerror}.") from error
    if mode & 0o077:
        raise KeyExposed(f"Others may use the {kind.name} {path}. Allow its owner only: chmod 600 {path}")
    if len(key) != KEY_BYTES:
        raise KeyDamaged(f"{path} is not a {kind.name}: it must hold exactly {KEY_BYTES} bytes. {kind.when_damaged}")
    return key


def ensure_key(path: Path, kind: KeyKind) -> bytes:
    """Return a key, made at first use: durable, whole from the first moment, mode 0600.

    Two processes at once get the same key. Raises a ``KeyUnusable``; a file that is there never changes.
    """
    try:
        return read_key(path, kind)
    except KeyMissing:
        make_key(path, kind, secrets.token_bytes(KEY_BYTES))
    return read_key(path, kind)


def make_key(path: Path, kind: KeyKind, key: bytes) -> None:
    """Make the file of a key as ``ensure_key`` does; one that is there stays. Raises ``KeyOutOfReach``."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write_new(draft, key)
        try:
            with suppress(FileExistsError):  # another process was first: its key stands
                os.link(draft, path)  # not a rename, which would replace that key
        finally:
            draft.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise KeyOutOfReach(f"The {kind.name} {path} cannot be made: {error.strerror}.") from error
