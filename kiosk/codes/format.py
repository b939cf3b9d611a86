"""The form of an access code: 23 random symbols and 2 check symbols, as contract 3 says.

A code means nothing and names nobody. This file makes, reads and spells codes; it never looks one up, and no error
raised here carries the text that was read.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from kiosk.core.values import Secret

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
PREFIX = "H1"  # in QR texts only: tells our codes from other cards, and a later version from this one

SYMBOLS = 25
CHECK_BITS = 10  # two symbols
RANDOM_BITS = SYMBOLS * 5 - CHECK_BITS  # 115: nobody finds a code by trying
LONGEST_TEXT = 100  # no printed form comes near; bounds the work that a scanned novel can cause

_CRC_10_ATM = 0x633  # polynomial 0x233 with its leading bit; catalogue entry CRC-10/ATM
_FOLDED = str.maketrans("abcdefghijklmnopqrstuvwxyzOILoil", "ABCDEFGHIJKLMNOPQRSTUVWXYZ011011", " -")


class NotACode(ValueError):
    """The text is not an access code. No message holds the text."""


def crc10(value: int, width: int) -> int:
    """Return the CRC-10/ATM of the lowest *width* bits of *value*, most significant bit first, initial value 0."""
    remainder = value << CHECK_BITS
    for place in reversed(range(width)):
        if remainder >> (place + CHECK_BITS) & 1:
            remainder ^= _CRC_10_ATM << place
    return remainder


def make_code(randbits: Callable[[int], int] = secrets.randbits) -> Secret:
    """Make a new code out of 115 bits of *randbits*, asked for at once."""
    bits = randbits(RANDOM_BITS)
    return Secret(_symbols(bits << CHECK_BITS | crc10(bits, RANDOM_BITS)))


def read_code(text: str) -> Secret:
    """Return the code that *text* spells, as its 25 symbols, with or without the prefix of a QR text.

    Folds ASCII lower case, spaces and hyphens, ``O`` to ``0``, ``I`` and ``L`` to ``1``. Raises ``NotACode``.
    """
    symbols = _without_prefix(_folded(text))
    if len(symbols) != SYMBOLS or not set(symbols) <= set(ALPHABET):
        raise NotACode("this is not an access code")
    number = _number(symbols)
    if crc10(number >> CHECK_BITS, RANDOM_BITS) != number & (1 << CHECK_BITS) - 1:
        raise NotACode("the access code was not read correctly: its check symbols differ")
    return Secret(symbols)


def qr_text(code: Secret) -> str:
    """Spell *code* for a QR symbol: 27 characters of QR's alphanumeric set. The caller answers for where it goes."""
    return PREFIX + code.reveal()


def printed(code: Secret) -> str:
    """Spell *code* for the eyes of staff: five groups of five. The caller answers for where it goes."""
    symbols = code.reveal()
    return "-".join(symbols[start : start + 5] for start in range(0, SYMBOLS, 5))


def _folded(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise NotACode("this is too long for an access code")
    return text.translate(_FOLDED)  # a table, not upper(): that would turn some letters of other scripts into ours


def _without_prefix(symbols: str) -> str:
    if len(symbols) == SYMBOLS:  # one code in 1024 begins with H1 itself
        return symbols
    return symbols.removeprefix(PREFIX)


def _symbols(number: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(SYMBOLS)))


def _number(symbols: str) -> int:
    number = 0
    for symbol in symbols:
        number = number << 5 | ALPHABET.index(symbol)
    return number
