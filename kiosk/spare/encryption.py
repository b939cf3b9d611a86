"""Encrypting under a passphrase: scrypt makes the key, ChaCha20-Poly1305 encrypts, and the header is authenticated too.

A file that was cut short, changed, or written by another version is told apart from a wrong passphrase. What a file
asks of memory is refused beyond ``MOST_MEMORY`` before anything is computed, since nobody has vouched for it yet. Each
kind of file begins with its own words, and one is not taken for the other.
"""

from __future__ import annotations

import hmac
import os
import struct
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from kiosk.core.values import Secret

VERSION = 1
# magic, version, log2 of scrypt's n, its r and p, salt, nonce, proof of the passphrase, length of what follows
HEADER = struct.Struct(">12sBBBB16s12s16sQ")
SCRYPT = (16, 8, 2)  # OWASP's second choice, 2^16 × 8 × 2: 64 MB, where the first would take 128 of a small Pi
MOST_MEMORY = 1 << 29
TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of encrypted file: the 12 bytes that it begins with, its name, who writes it and who puts it in place."""

    magic: bytes
    name: str
    writer: str
    reader: str


BACKUP = Form(b"kiosk backup", "backup", "kiosk backup", "kiosk restore")
BATCH = Form(b"kiosk batch\n", "batch file", "kiosk codes issue", "kiosk codes restore")


class FileUnusable(ValueError):
    """The file cannot be used; the message says why and what to do."""


class OtherFile(FileUnusable):
    """Some other file."""


class OtherVersion(FileUnusable):
    """Written by a version that this one does not know."""


class FileDamaged(FileUnusable):
    """Cut short or changed."""


class PassphraseWrong(FileUnusable):
    """Encrypted under another passphrase."""


def encrypt(content: bytes, passphrase: Secret, form: Form = BACKUP) -> bytes:
    """Return *content* as a file that only *passphrase* opens."""
    salt, nonce = os.urandom(16), os.urandom(12)
    key, proof = _derive(passphrase, salt, *SCRYPT)
    header = HEADER.pack(form.magic, VERSION, *SCRYPT, salt, nonce, proof, len(content) + TAG_BYTES)
    return header + ChaCha20Poly1305(key).encrypt(nonce, content, header)


def decrypt(file: bytes, passphrase: Secret, form: Form = BACKUP) -> bytes:
    """Return what was encrypted. Raises a ``FileUnusable``."""
    if not file.startswith(form.magic):
        raise _other(file, form)
    if len(file) < HEADER.size:
        raise _damaged(form)
    _, version, *scrypt, salt, nonce, proof, length = HEADER.unpack_from(file)
    if version != VERSION:
        raise OtherVersion(
            f"the {form.name} is of form {version}, this version reads form {VERSION}; use the one it is of"
        )
    if len(file) != HEADER.size + length or not _is_bearable(*scrypt):
        raise _damaged(form)
    key, expected = _derive(passphrase, salt, *scrypt)
    if not hmac.compare_digest(proof, expected):
        raise PassphraseWrong(f"the passphrase is not the one that the {form.name} was made with; try again")
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, file[HEADER.size :], file[: HEADER.size])
    except InvalidTag:
        raise _damaged(form) from None


def _derive(passphrase: Secret, salt: bytes, log2_n: int, r: int, p: int) -> tuple[bytes, bytes]:
    made = Scrypt(salt=salt, length=64, n=1 << log2_n, r=r, p=p).derive(passphrase.reveal().encode())
    return made[:32], sha256(made[32:]).digest()[:16]


def _is_bearable(log2_n: int, r: int, p: int) -> bool:
    return 1 <= log2_n <= 24 and r >= 1 and 1 <= p <= 16 and (128 * r << log2_n) <= MOST_MEMORY


def _other(file: bytes, form: Form) -> OtherFile:
    for other in (BACKUP, BATCH):
        if file.startswith(other.magic):
            return OtherFile(f"this is a {other.name}, and no {form.name}; {other.reader} puts it in place")
    return OtherFile(f"this is no {form.name} of a kiosk; name a file that {form.writer} has written")


def _damaged(form: Form) -> FileDamaged:
    return FileDamaged(f"the {form.name} was cut short or changed and cannot be used; take another copy of it")
