"""The form of an access code: 23 random symbols and 2 check symbols on a card, or digits to be typed.

A code means nothing and names nobody. This file makes, reads and spells codes; it never looks one up, and no error
raised here carries the text that was read. Digits have no check symbols: a mistyped number is another number.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from kiosk.core.values import Kind, Secret

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
PREFIX = "H1"  # in QR texts only: tells our codes from other cards, and a later version from this one

SYMBOLS = 25
CHECK_BITS = 10  # two symbols
RANDOM_BITS = SYMBOLS * 5 - CHECK_BITS  # 115: nobody finds a code by trying
LONGEST_TEXT = 100  # no printed form comes near; bounds the work that a scanned novel can cause

TYPED = frozenset({Kind.NUMBER, Kind.SHARED})  # their codes are digits, for people without a card
NUMBER_DIGITS = range(8, 11)  # of one person's number: few enough to keep in mind, too many to be found by trying
SHARED_DIGITS = range(4, 9)  # of the one that everybody is told
_DIGITS = range(SHARED_DIGITS.start, NUMBER_DIGITS.stop)

_GROUPS = {6: (3, 3), 7: (3, 4), 8: (4, 4), 9: (3, 3, 3), 10: (4, 3, 3)}  # as telephone numbers are told; 5 in one

_CRC_10_ATM = 0x633  # polynomial 0x233 with its leading bit; catalogue entry CRC-10/ATM
_FILLERS = b" -"
# tables, not upper(): that would turn some letters of other scripts into ours
_FOLDED = bytes.maketrans(b"abcdefghijklmnopqrstuvwxyzOILoil", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ011011")
_BASE_32 = bytes.maketrans(ALPHABET.encode(), b"0123456789abcdefghijklmnopqrstuv")  # as int() reads it


class NotACode(ValueError):
    """The text is not an access code. No message holds the text."""


def crc10(value: int) -> int:
    """Return the CRC-10/ATM of *value*, most significant bit first, initial value 0: leading zeros change nothing."""
    remainder = 0
    for byte in value.to_bytes((value.bit_length() + 7) // 8, "big"):
        remainder = (remainder << 8 & _REMAINDER) ^ _CRC_OF_BYTE[remainder >> (CHECK_BITS - 8) ^ byte]
    return remainder


def _crc_of(byte: int) -> int:
    remainder = byte << CHECK_BITS
    for place in reversed(range(8)):
        if remainder >> (place + CHECK_BITS) & 1:
            remainder ^= _CRC_10_ATM << place
    return remainder


_REMAINDER = (1 << CHECK_BITS) - 1
_CRC_OF_BYTE = tuple(map(_crc_of, range(256)))  # each code that is scanned is checked while somebody waits


def make_code(randbits: Callable[[int], int] = secrets.randbits) -> Secret:
    """Make a new code out of 115 bits of *randbits*, asked for at once."""
    bits = randbits(RANDOM_BITS)
    return Secret(_symbols(bits << CHECK_BITS | crc10(bits)))


def make_number(digits: int, randbelow: Callable[[int], int] = secrets.randbelow) -> Secret:
    """Make a new code of so many *digits*, each number of them as likely as the others."""
    return Secret(f"{randbelow(10**digits):0{digits}}")


def read_code(text: str) -> Secret:
    """Return the code that *text* spells, as its 25 symbols, with or without the prefix of a QR text.

    Folds ASCII lower case, spaces and hyphens, ``O`` to ``0``, ``I`` and ``L`` to ``1``. Raises ``NotACode``.
    """
    return _code(_compact(text))


def read_number(text: str) -> Secret:
    """Return the 4 to 10 digits that *text* spells; folds spaces and hyphens. Raises ``NotACode``."""
    return _number(_compact(text))


def read_any(text: str) -> Secret:
    """Return the code that *text* spells, be it 25 symbols or digits. Raises ``NotACode``, whatever the text is."""
    compact = _compact(text)
    return _code(compact) if len(compact) >= SYMBOLS else _number(compact)


def folded(text: str) -> str:
    """Return *text* as ``read_code`` folds it, whatever it is; characters beyond ASCII become ``?``."""
    return text.encode("ascii", "replace").translate(_FOLDED, _FILLERS).decode("ascii")


def qr_text(code: Secret) -> str:
    """Spell *code* for a QR symbol: 27 characters of QR's alphanumeric set. The caller answers for where it goes."""
    return PREFIX + code.reveal()


def printed(code: Secret) -> str:
    """Spell *code* for people's eyes: five groups of five, or digits in two or three groups.

    The caller answers for where it goes.
    """
    symbols = code.reveal()
    if len(symbols) < SYMBOLS:
        return " ".join(_grouped(symbols, _GROUPS.get(len(symbols), (len(symbols),))))
    return "-".join(_grouped(symbols, (5,) * 5))


def _grouped(symbols: str, lengths: tuple[int, ...]) -> list[str]:
    return [symbols[sum(lengths[:place]) :][:length] for place, length in enumerate(lengths)]


def _compact(text: str) -> bytes:
    if len(text) > LONGEST_TEXT:
        raise NotACode("this is too long for an access code")
    return text.encode("ascii", "replace").translate(None, _FILLERS)  # "?" for a stranger: it is no symbol of ours


def _code(compact: bytes) -> Secret:
    symbols = _without_prefix(compact.translate(_FOLDED))
    if len(symbols) != SYMBOLS or symbols.translate(None, ALPHABET.encode()):
        raise NotACode("this is not an access code")
    number = int(symbols.translate(_BASE_32), 32)
    if crc10(number >> CHECK_BITS) != number & _REMAINDER:
        raise NotACode("the access code was not read correctly: its check symbols differ")
    return Secret(symbols.decode("ascii"))


def _number(compact: bytes) -> Secret:
    if len(compact) not in _DIGITS or not compact.isdigit():  # of bytes: ASCII digits only
        raise NotACode("this is not an access code")
    return Secret(compact.decode("ascii"))


def _without_prefix(symbols: bytes) -> bytes:
    if len(symbols) == SYMBOLS:  # one code in 1024 begins with H1 itself
        return symbols
    return symbols.removeprefix(PREFIX.encode())


def _symbols(number: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(SYMBOLS)))
