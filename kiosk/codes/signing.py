"""The key that a kiosk signs its lists with, made at its first list, and the fingerprint by which others know it.

The key never leaves the data directory but in an encrypted backup. Ed25519 by ``cryptography``, which takes long to
import, so a kiosk that neither makes nor takes lists never loads it.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from kiosk.codes.key_files import KeyKind, ensure_key

SIGNING_KEY_NAME = "codes-signing.key"
GROUPS = 6  # of five digits: 99 bits, more than anybody can try, and read out in any language in a quarter of a minute
GROUP_DIGITS = 5

SIGNING_KEY = KeyKind(
    "signing key",
    when_missing="Copy it there from a backup.",
    when_damaged="Copy the key there from a backup; or move the file away: the next list is then signed with a new "
    "key, whose fingerprint every other kiosk has to be told.",
)


def ensure_signing_key(path: Path) -> bytes:
    """Return the key for signing, made at first use; see ``ensure_key``. Raises a ``KeyUnusable``."""
    return ensure_key(path, SIGNING_KEY)


def public_key(signing_key: bytes) -> bytes:
    """Return the 32 bytes by which everybody can check what was signed with *signing_key*."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - slow to import

    return Ed25519PrivateKey.from_private_bytes(signing_key).public_key().public_bytes_raw()


def sign(signing_key: bytes, message: bytes) -> bytes:
    """Return the 64 bytes of the signature."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - slow to import

    return Ed25519PrivateKey.from_private_bytes(signing_key).sign(message)


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether whoever has the key of *public* has signed just this."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - slow to import
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - slow to import

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):  # the second: these bytes are no key
        return False
    return True


def fingerprint(public: bytes) -> str:
    """Return a public key's digits in groups, for two people to compare on the phone."""
    digits = f"{int.from_bytes(sha256(public).digest()) % 10 ** (GROUPS * GROUP_DIGITS):0{GROUPS * GROUP_DIGITS}}"
    return "-".join(digits[at : at + GROUP_DIGITS] for at in range(0, len(digits), GROUP_DIGITS))


def is_fingerprint(typed: str, public: bytes) -> bool:
    """Whether somebody typed the fingerprint of that key, with whatever between the groups."""
    return "".join(filter(str.isdigit, typed)) == fingerprint(public).replace("-", "")
