"""Tags: what a kiosk keeps instead of a code, and the programme's key that makes them.

Without the key a tag says nothing about its code. Digits are so few that whoever has the key and a tag finds them by
trying: the key is what keeps numbers secret. A key is made once and never replaced here: all codes issued with it would
stop working.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from pathlib import Path

from kiosk.codes.key_files import KeyInTheWay, KeyKind, KeyMissing, KeyOutOfReach, ensure_key, make_key, read_key
from kiosk.core.values import Account, Secret, Tag

KEY_NAME = "programme.key"
TAG_BYTES = 16

PROGRAMME_KEY = KeyKind(
    "programme key",
    when_missing="Copy it there from a backup.",
    when_damaged="Copy the key there from a backup; without it, the codes issued so far stay unknown.",
)


def tag(key: bytes, code: Secret) -> Tag:
    """Return the 16 bytes by which kiosks with the programme's *key* know *code*."""
    return Tag(hmac.digest(key, b"code" + code.reveal().encode("ascii"), "sha256")[:TAG_BYTES])


def account(key: bytes, code: Secret) -> Account:
    """Return the 16 bytes on which the allowance of *code* is kept: no tag leads there, and they lead to no tag."""
    return Account(hmac.digest(key, b"allowance" + code.reveal().encode("ascii"), "sha256")[:TAG_BYTES])


def read_programme_key(path: Path) -> bytes:
    """Return the 32 bytes of the programme's key. Raises a ``KeyUnusable``."""
    return read_key(path, PROGRAMME_KEY)


def ensure_programme_key(path: Path) -> bytes:
    """Return the programme's key, made at first use; see ``ensure_key``. Raises a ``KeyUnusable``."""
    return ensure_key(path, PROGRAMME_KEY)


def put_programme_key(path: Path, key: bytes, aside: Path | None = None) -> None:
    """Have the programme's key be *key*, in the same way as a new one is made.

    Another key that is there is moved *aside*, or else ``KeyInTheWay`` is raised. Raises another ``KeyUnusable`` too; a
    key that is there has not changed then.
    """
    with suppress(KeyMissing):
        if hmac.compare_digest(read_programme_key(path), key):
            return
        _move_aside(path, aside)
    make_key(path, PROGRAMME_KEY, key)
    if not hmac.compare_digest(read_programme_key(path), key):
        raise _in_the_way(path)  # another process was first


def _move_aside(path: Path, aside: Path | None) -> None:
    if aside is None:
        raise _in_the_way(path)
    try:
        path.replace(aside)
    except OSError as error:
        raise KeyOutOfReach(f"The programme key {path} cannot be moved: {error.strerror}.") from error


def _in_the_way(path: Path) -> KeyInTheWay:
    return KeyInTheWay(f"{path} is another programme's key: the codes issued with it would stop working.")
