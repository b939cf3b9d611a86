"""Tags: what a kiosk keeps instead of a code, and the programme's key that makes them.

Without the key a tag says nothing about its code. A key is made once and never replaced here: all codes issued with it
would stop working.
"""

from __future__ import annotations

import hmac
from pathlib import Path

from kiosk.codes.key_files import KeyKind, ensure_key, read_key
from kiosk.core.values import Secret, Tag

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


def read_programme_key(path: Path) -> bytes:
    """Return the 32 bytes of the programme's key. Raises a ``KeyUnusable``."""
    return read_key(path, PROGRAMME_KEY)


def ensure_programme_key(path: Path) -> bytes:
    """Return the programme's key, made at first use; see ``ensure_key``. Raises a ``KeyUnusable``."""
    return ensure_key(path, PROGRAMME_KEY)
