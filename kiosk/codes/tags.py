"""Tags: what a kiosk keeps instead of a code, and the programme's key that makes them.

Without the key a tag says nothing about its code. Digits are so few that whoever has the key and a tag finds them by
trying: the key is what keeps numbers secret. A key is made once and never replaced here: all codes issued with it would
stop working. A file that is not surely a key, or that others may read, is refused.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from kiosk.codes.private_files import sync_folder, write_new
from kiosk.core.values import Account, Secret, Tag

KEY_NAME = "programme.key"
KEY_BYTES = 32  # HMAC-SHA256 gains nothing from more
TAG_BYTES = 16


class ProgrammeKeyUnusable(Exception):
    """The programme's key cannot be used; the message says what to do."""


class ProgrammeKeyMissing(ProgrammeKeyUnusable, FileNotFoundError):
    """There is no key yet."""


class ProgrammeKeyDamaged(ProgrammeKeyUnusable, ValueError):
    """The file is there and is not a key."""


class ProgrammeKeyExposed(ProgrammeKeyUnusable, PermissionError):
    """Others than the file's owner may use the key."""


class ProgrammeKeyInTheWay(ProgrammeKeyUnusable, FileExistsError):
    """There is another programme's key."""


class ProgrammeKeyOutOfReach(ProgrammeKeyUnusable, OSError):
    """The system does not let us read or make the key."""


def tag(key: bytes, code: Secret) -> Tag:
    """Return the 16 bytes by which kiosks with the programme's *key* know *code*."""
    return Tag(hmac.digest(key, b"code" + code.reveal().encode("ascii"), "sha256")[:TAG_BYTES])


def account(key: bytes, code: Secret) -> Account:
    """Return the 16 bytes on which the allowance of *code* is kept: no tag leads there, and they lead to no tag."""
    return Account(hmac.digest(key, b"allowance" + code.reveal().encode("ascii"), "sha256")[:TAG_BYTES])


def read_programme_key(path: Path) -> bytes:
    """Return the 32 bytes of the programme's key. Raises a ``ProgrammeKeyUnusable``."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            key = file.read(KEY_BYTES + 1)
    except FileNotFoundError as error:
        raise ProgrammeKeyMissing(f"There is no programme key at {path}. Copy it there from a backup.") from error
    except OSError as error:
        raise ProgrammeKeyOutOfReach(f"The programme key {path} cannot be read: {error.strerror}.") from error
    if mode & 0o077:
        raise ProgrammeKeyExposed(f"Others may use the programme key {path}. Allow its owner only: chmod 600 {path}")
    if len(key) != KEY_BYTES:
        raise ProgrammeKeyDamaged(
            f"{path} is not a programme key: it must hold exactly {KEY_BYTES} bytes. Copy the key there from a backup; "
            "without it, the codes issued so far stay unknown."
        )
    return key


def ensure_programme_key(path: Path) -> bytes:
    """Return the programme's key, made at first use: durable, whole from the first moment, mode 0600.

    Two processes at once get the same key. Raises a ``ProgrammeKeyUnusable``; a file that is there never changes.
    """
    try:
        return read_programme_key(path)
    except ProgrammeKeyMissing:
        _put_programme_key(path, secrets.token_bytes(KEY_BYTES))
    return read_programme_key(path)


def put_programme_key(path: Path, key: bytes, aside: Path | None = None) -> None:
    """Have the programme's key be *key*, in the same way as a new one is made.

    Another key that is there is moved *aside*, or else ``ProgrammeKeyInTheWay`` is raised. Raises another
    ``ProgrammeKeyUnusable`` too; a key that is there has not changed then.
    """
    with suppress(ProgrammeKeyMissing):
        if hmac.compare_digest(read_programme_key(path), key):
            return
        _move_aside(path, aside)
    _put_programme_key(path, key)
    if not hmac.compare_digest(read_programme_key(path), key):
        raise _in_the_way(path)  # another process was first


def _move_aside(path: Path, aside: Path | None) -> None:
    if aside is None:
        raise _in_the_way(path)
    try:
        path.replace(aside)
    except OSError as error:
        raise ProgrammeKeyOutOfReach(f"The programme key {path} cannot be moved: {error.strerror}.") from error


def _in_the_way(path: Path) -> ProgrammeKeyInTheWay:
    return ProgrammeKeyInTheWay(f"{path} is another programme's key: the codes issued with it would stop working.")


def _put_programme_key(path: Path, key: bytes) -> None:
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
        raise ProgrammeKeyOutOfReach(f"The programme key {path} cannot be made: {error.strerror}.") from error
