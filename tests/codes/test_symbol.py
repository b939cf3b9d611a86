from __future__ import annotations

from hypothesis import given

from kiosk.codes.format import RANDOM_BITS, qr_text
from kiosk.codes.symbol import Symbols, qr
from kiosk.core.values import Secret
from tests.codes.making import CODES, code_of

SYMBOLS = Symbols()


def as_qrcode_makes_it(code: Secret) -> list[str]:
    made = qr(qr_text(code))
    made.make(fit=False)
    return ["".join("1" if dark else "0" for dark in row) for row in made.modules]


@given(CODES)
def test_a_symbol_added_up_is_the_one_that_qrcode_makes(code: Secret) -> None:
    assert SYMBOLS.rows(code) == as_qrcode_makes_it(code)


def test_each_bit_of_a_code_turns_the_modules_that_qrcode_turns() -> None:
    for bit in range(RANDOM_BITS):
        assert SYMBOLS.rows(code_of(1 << bit)) == as_qrcode_makes_it(code_of(1 << bit))
