"""The forms in which a code or an account could lie somewhere, and the search for them."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import ceil

from kiosk.codes.format import ALPHABET, PREFIX, SYMBOLS, printed
from kiosk.core.values import Secret
from tests.privacy.world import Card

SHORTEST = 6  # bytes of a needle: anything shorter would be found by chance

_ENCODINGS: tuple[tuple[Callable[[bytes], bytes], int], ...] = (
    (base64.b64encode, 6),
    (base64.urlsafe_b64encode, 6),
    (base64.b32encode, 5),
    (lambda content: base64.b32encode(content).lower(), 5),
)


def forms_of_bytes(content: bytes) -> set[bytes]:
    """Bytes as they are, backwards, in hex, base32, base64, and as Python and SQL write them."""
    hexed = content.hex()
    return {
        *(content, content[::-1], repr(content)[2:-1].encode(), repr(list(content))[1:-1].encode()),
        *(each.encode() for each in (hexed, hexed.upper(), content.hex(" "), content.hex(":"))),
        *(form for encode, bits in _ENCODINGS for form in _wherever_it_begins(encode, content, bits)),
    }


def forms_of_text(text: str) -> set[bytes]:
    """A text in either case, one or two bytes a letter, in every spelling of these bytes."""
    plain = {text.lower(), text.upper()}
    encoded = {each.encode(name) for each in plain for name in ("utf-8", "utf-16-le", "utf-16-be")}
    return {form for each in encoded for form in forms_of_bytes(each)}


def forms_of_code(code: str) -> set[bytes]:
    """A code as symbols, as it is printed for staff and in QR symbols, and packed into a number."""
    staff = printed(Secret(code))
    spelled = {code, PREFIX + code, staff, staff.replace("-", " "), staff.replace(" ", "-")}
    return {form for text in spelled for form in forms_of_text(text)} | _packed(code)


def forms_of(card: Card) -> Iterator[tuple[bytes, str]]:
    """What can be looked for of a card: its code, the account on which its allowance is kept, and its tag."""
    yield from ((form, f"the code of a {card.kind}") for form in forms_of_code(card.code))
    yield from ((form, f"the account of a {card.kind}") for form in forms_of_bytes(card.account))
    yield from ((form, f"the tag of a {card.kind}") for form in forms_of_bytes(card.tag))


class Needles:
    """What is looked for, each with what it is of."""

    def __init__(self, needles: Iterable[tuple[bytes, str]]) -> None:
        self._by_beginning: defaultdict[bytes, list[tuple[bytes, str]]] = defaultdict(list)
        for needle, what in needles:
            assert len(needle) >= SHORTEST, f"{what} would be found by chance"
            self._by_beginning[needle[:SHORTEST]].append((needle, what))

    def found_in(self, places: Mapping[str, bytes]) -> set[str]:
        """What lies where, in words."""
        return {f"{what} in {place}" for place, content in places.items() for what in self._found(content)}

    def _found(self, content: bytes) -> Iterator[str]:
        known = self._by_beginning
        for at in range(len(content) - SHORTEST + 1):
            beginning = content[at : at + SHORTEST]
            if beginning in known:
                yield from (what for needle, what in known[beginning] if content.startswith(needle, at))


def _packed(code: str) -> set[bytes]:
    if len(code) == SYMBOLS:
        digits = "0123456789abcdefghijklmnopqrstuv"
        number = int("".join(digits[ALPHABET.index(symbol)] for symbol in code), 32)
        return forms_of_bytes(number.to_bytes(16, "big"))
    packed = (int(code).to_bytes(length, "big") for length in (6, 8))  # SQLite's own, and eight bytes
    return {form for each in packed for form in (each, each[::-1], each.hex().encode())}


def _wherever_it_begins(encode: Callable[[bytes], bytes], content: bytes, bits: int) -> Iterator[bytes]:
    """What an encoding of so many *bits* a letter makes of the content within a longer one, whatever stands around."""
    for before in range(bits if bits % 2 else bits // 2):
        encoded = encode(bytes(before) + content).rstrip(b"=")
        whole = (before + len(content)) * 8 // bits
        yield encoded[ceil(before * 8 / bits) : whole]
