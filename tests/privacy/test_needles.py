"""The search itself: a code is found in whatever spelling it was left."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable

import pytest

from kiosk.codes.format import make_code, printed
from kiosk.core.values import Account, Kind, Tag
from tests.privacy.needles import Needles, forms_of
from tests.privacy.world import Card

CHANCE = random.Random(5)
CODE = make_code(CHANCE.getrandbits)
CARD = Card(Kind.PASS, CODE.reveal(), Tag(CHANCE.randbytes(16)), Account(CHANCE.randbytes(16)))
NUMBER = Card(Kind.NUMBER, "4075319862", Tag(CHANCE.randbytes(16)), Account(CHANCE.randbytes(16)))
NEEDLES = Needles(form for card in (CARD, NUMBER) for form in forms_of(card))

LEAKS: list[Callable[[Card], bytes]] = [
    lambda card: card.code.encode(),
    lambda card: card.code.lower().encode(),
    lambda card: card.text.encode(),
    lambda card: printed(CODE).encode() if card is CARD else b"4075 319 862",
    lambda card: card.code.encode("utf-16"),
    lambda card: card.code.encode().hex().encode(),
    lambda card: base64.b64encode(b"{'code': '" + card.code.encode() + b"'}"),
    lambda card: base64.b64encode(b"1" + card.code.lower().encode() + b"'}"),
    lambda card: base64.b32encode(b"12" + card.code.encode() + b"345"),
    lambda card: json.dumps({"account": card.account.hex()}).encode(),
    lambda card: base64.b64encode(b"account " + card.account + b"!"),
    lambda card: repr((card.account, 7)).encode(),
    lambda card: b"\x00\xff" + card.account + b"\x00",
]


@pytest.mark.parametrize("card", [CARD, NUMBER], ids=["pass", "number"])
@pytest.mark.parametrize("leak", LEAKS)
def test_what_was_left_in_any_spelling_is_found(leak: Callable[[Card], bytes], card: Card) -> None:
    noise = random.Random(6)
    content = noise.randbytes(500) + leak(card) + noise.randbytes(500)

    assert NEEDLES.found_in({"a file": content}) & {
        f"the {what} of a {card.kind} in a file" for what in ("code", "account")
    }


def test_a_number_packed_by_sqlite_is_found() -> None:
    assert NEEDLES.found_in({"a row": b"\x06\x04" + int(NUMBER.code).to_bytes(6, "big")})


def test_nothing_is_found_in_noise() -> None:
    assert NEEDLES.found_in({"noise": random.Random(7).randbytes(100_000)}) == set()
