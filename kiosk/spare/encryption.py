"""Encrypting under a passphrase: scrypt makes the key, ChaCha20-Poly1305 encrypts, and the header is authenticated too.

A file that was cut short, changed, or written by another version is told apart from a wrong passphrase. What a file
asks of memory is refused beyond ``MOST_MEMORY`` before anything is computed, since nobody has vouched for it yet.
"""

from __future__ import annotations

import hmac
import os
import struct
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from kiosk.core.values import Secret

MAGIC = b"kiosk backup"
VERSION = 1
# magic, version, log2 of scrypt's n, its r and p, salt, nonce, proof of the passphrase, length of what follows
HEADER = struct.Struct(">12sBBBB16s12s16sQ")
SCRYPT = (16, 8, 2)  # OWASP's second choice, 2^16 × 8 × 2: 64 MB, where the first would take 128 of a small Pi
MOST_MEMORY = 1 << 29
TAG_BYTES = 16


class BackupUnusable(ValueError):
    """The file cannot be used; the message says why and what to do."""


class NotABackup(BackupUnusable):
    """Some other file."""


class OtherVersion(BackupUnusable):
    """Written by a version that this one does not know."""


class BackupDamaged(BackupUnusable):
    """Cut short or changed."""


class PassphraseWrong(BackupUnusable):
    """Encrypted under another passphrase."""


def encrypt(content: bytes, passphrase: Secret) -> bytes:
    """Return *content* as a file that only *passphrase* opens."""
    salt, nonce = os.urandom(16), os.urandom(12)
    key, proof = _derive(passphrase, salt, *SCRYPT)
    header = HEADER.pack(MAGIC, VERSION, *SCRYPT, salt, nonce, proof, len(content) + TAG_BYTES)
    return header + ChaCha20Poly1305(key).encrypt(nonce, content, header)


def decrypt(file: bytes, passphrase: Secret) -> bytes:
    """Return what was encrypted. Raises a ``BackupUnusable``."""
    if not file.startswith(MAGIC):
        raise NotABackup("this is no backup of a kiosk; name a file that kiosk backup has written")
    if len(file) < HEADER.size:
        raise _damaged()
    _, version, *scrypt, salt, nonce, proof, length = HEADER.unpack_from(file)
    if version != VERSION:
        raise OtherVersion(f"the backup is of form {version}, this version reads form {VERSION}; use the one it is of")
    if len(file) != HEADER.size + length or not _is_bearable(*scrypt):
        raise _damaged()
    key, expected = _derive(passphrase, salt, *scrypt)
    if not hmac.compare_digest(proof, expected):
        raise PassphraseWrong("the passphrase is not the one that the backup was made with; try again")
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, file[HEADER.size :], file[: HEADER.size])
    except InvalidTag:
        raise _damaged() from None


def _derive(passphrase: Secret, salt: bytes, log2_n: int, r: int, p: int) -> tuple[bytes, bytes]:
    made = Scrypt(salt=salt, length=64, n=1 << log2_n, r=r, p=p).derive(passphrase.reveal().encode())
    return made[:32], sha256(made[32:]).digest()[:16]


def _is_bearable(log2_n: int, r: int, p: int) -> bool:
    return 1 <= log2_n <= 24 and r >= 1 and 1 <= p <= 16 and (128 * r << log2_n) <= MOST_MEMORY


def _damaged() -> BackupDamaged:
    return BackupDamaged("the backup was cut short or changed and cannot be used; take another copy of it")
