from __future__ import annotations

import traceback
from collections.abc import Callable
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.codes.format import (
    ALPHABET,
    LONGEST_TEXT,
    NotACode,
    crc10,
    make_code,
    make_number,
    printed,
    qr_text,
    read_any,
    read_code,
    read_number,
)
from kiosk.core.values import Secret
from tests.codes.making import ANY_TEXT, CODES, NUMBERS, code_of

VARIANTS = {"0": "0Oo", "1": "1IiLl"}
BEGINS_WITH_H1 = code_of((17 << 5 | 1) << 105)  # H is 17


def is_code(text: str, read: Callable[[str], Secret] = read_code) -> bool:
    try:
        read(text)
    except NotACode:
        return False
    return True


def crc_by_bits(value: int, width: int) -> int:
    """The definition: long division, a bit at a time."""
    remainder = value << 10
    for place in reversed(range(width)):
        if remainder >> (place + 10) & 1:
            remainder ^= 0x633 << place
    return remainder


def swapped(text: str, one: int, other: int) -> str:
    symbols = list(text)
    symbols[one], symbols[other] = symbols[other], symbols[one]
    return "".join(symbols)


def test_the_crc_is_the_catalogues_crc_10_atm() -> None:
    assert crc10(int.from_bytes(b"123456789", "big")) == 0x199


@given(st.integers(0, (1 << 120) - 1))
def test_the_crc_by_bytes_is_the_crc_by_bits(value: int) -> None:
    assert crc10(value) == crc_by_bits(value, 120)


def test_the_check_symbols_of_a_single_bit_are_the_polynomial() -> None:
    assert code_of(0).reveal() == "0" * 25
    assert code_of(1).reveal() == "0" * 22 + "1" + "HK"  # 0x233 is 17, 19


def test_a_code_takes_115_bits_from_its_source() -> None:
    asked: list[int] = []

    make_code(lambda width: asked.append(width) or 0)  # type: ignore[func-returns-value]

    assert asked == [115]


def test_codes_come_from_chance_unless_told_otherwise() -> None:
    assert len({make_code() for _ in range(100)}) == 100


@given(CODES)
def test_a_code_has_25_symbols_of_the_alphabet(code: Secret) -> None:
    assert len(code.reveal()) == 25
    assert set(code.reveal()) <= set(ALPHABET)


@given(CODES)
def test_every_spelling_we_make_reads_back(code: Secret) -> None:
    assert read_code(code.reveal()) == code
    assert read_code(qr_text(code)) == code
    assert read_code(printed(code)) == code


def test_a_qr_text_is_h1_and_the_code_and_print_is_five_groups_of_five() -> None:
    assert qr_text(code_of(1)) == "H10000000000000000000000" + "1HK"
    assert printed(code_of(1)) == "00000-00000-00000-00000-001HK"


@given(CODES, st.data())
def test_reading_folds_case_spaces_hyphens_and_lookalikes(code: Secret, data: st.DataObject) -> None:
    def spelled(symbol: str) -> str:
        choices = VARIANTS.get(symbol, symbol + symbol.lower())
        return data.draw(st.sampled_from(choices)) + data.draw(st.sampled_from(["", "", " ", "-", " - "]))

    prefix = data.draw(st.sampled_from(["", "H1", "h1", "HI", "hl ", " H-1-"]))
    text = prefix + "".join(map(spelled, code.reveal()))

    assert len(text) > LONGEST_TEXT or read_code(text) == code


@pytest.mark.parametrize("letter", "ILilOo")
def test_no_symbol_is_one_of_the_letters_that_fold(letter: str) -> None:
    assert letter not in ALPHABET


def test_a_code_that_begins_with_h1_itself_reads_with_and_without_the_prefix() -> None:
    assert BEGINS_WITH_H1.reveal().startswith("H1")
    assert read_code(BEGINS_WITH_H1.reveal()) == BEGINS_WITH_H1
    assert read_code(qr_text(BEGINS_WITH_H1)) == BEGINS_WITH_H1


@pytest.mark.parametrize("prefix", ["H2", "X1", "H", "1", "H1H1", "00"])
def test_another_prefix_is_no_code(prefix: str) -> None:
    assert not is_code(prefix + code_of(1).reveal())


@settings(max_examples=5)  # the check is linear: one code stands for all
@given(CODES)
def test_every_wrong_symbol_is_noticed(code: Secret) -> None:
    text = code.reveal()

    for place, symbol in product(range(25), ALPHABET):
        assert is_code(text[:place] + symbol + text[place + 1 :]) == (symbol == text[place])


@settings(max_examples=5)
@given(CODES)
def test_every_swap_of_two_symbols_is_noticed_neighbours_or_not(code: Secret) -> None:
    text = code.reveal()

    for one, other in combinations(range(25), 2):
        assert is_code(swapped(text, one, other)) == (text[one] == text[other])


def test_no_swap_goes_unnoticed_in_any_code() -> None:
    differences = [d << 5 * one | d << 5 * other for one, other in combinations(range(25), 2) for d in range(1, 32)]

    assert all(crc10(difference >> 10) != difference & 0x3FF for difference in differences)


@pytest.mark.parametrize("length", [0, 1, 24, 26, 28, 50])
def test_another_length_is_no_code(length: int) -> None:
    assert not is_code("0" * length)


@pytest.mark.parametrize("stranger", ["U", "u", "*", "\r", "\n", "\t", "\x00", "٠", "０", "é", "\ud800", "\u00a0"])
def test_a_stranger_among_the_symbols_is_no_code(stranger: str) -> None:
    assert not is_code("0" * 24 + stranger)
    assert not is_code("0" * 25 + stranger)


def test_letters_of_other_scripts_do_not_fold_into_ours() -> None:
    code = next(code for code in map(code_of, range(10_000)) if "S" in code.reveal())

    assert not is_code(code.reveal().replace("S", "ſ"))  # "ſ".upper() is "S"


def test_a_text_longer_than_any_code_is_not_read() -> None:
    assert is_code("0" * 25 + " " * (LONGEST_TEXT - 25))
    assert not is_code("0" * 25 + " " * (LONGEST_TEXT - 24))


@pytest.mark.parametrize("text", ["1" + "0" * 24, "SECRET", "SECRET" * 100_000])
def test_the_refusal_does_not_repeat_the_text(text: str) -> None:
    with pytest.raises(NotACode) as refusal:
        read_code(text)

    told = str(refusal.value) + repr(refusal.value) + "".join(traceback.format_exception(refusal.value))
    assert text not in told
    assert "SECRET" not in told


@given(CODES)
def test_a_code_shows_nothing_of_itself(code: Secret) -> None:
    assert f"{code} {code!r} {[code]}" == "<secret> <secret> [<secret>]"


# --- digits


@pytest.mark.parametrize("digits", [4, 6, 8, 9, 10])
def test_a_number_has_as_many_digits_as_asked_zeros_in_front_too(digits: int) -> None:
    assert make_number(digits, lambda _: 7).reveal() == "7".rjust(digits, "0")
    assert make_number(digits, lambda numbers: numbers - 1).reveal() == "9" * digits


def test_numbers_come_from_chance_unless_told_otherwise() -> None:
    assert len({make_number(10) for _ in range(100)}) == 100


@given(NUMBERS)
def test_a_number_as_it_is_printed_or_made_reads_back(number: Secret) -> None:
    assert read_number(printed(number)) == read_number(number.reveal()) == number
    assert read_any(printed(number)) == read_any(number.reveal()) == number


@pytest.mark.parametrize(
    ("digits", "groups"),
    [
        ("1234", "1234"),
        ("12345", "12345"),
        ("123456", "123 456"),
        ("1234567", "123 4567"),
        ("12345678", "1234 5678"),
        ("123456789", "123 456 789"),
        ("1234567890", "1234 567 890"),
    ],
)
def test_digits_are_printed_in_groups_as_telephone_numbers_are(digits: str, groups: str) -> None:
    assert printed(Secret(digits)) == groups


@given(NUMBERS, st.data())
def test_reading_a_number_folds_spaces_and_hyphens(number: Secret, data: st.DataObject) -> None:
    between = st.sampled_from(["", " ", "-", " - "])
    text = "".join(digit + data.draw(between) for digit in number.reveal())

    assert read_number(data.draw(between) + text) == number


@pytest.mark.parametrize("text", ["", "123", "12345678901", "1234O", "l234", "12.34", "1_234", "+1234", "1234\n"])
def test_what_is_not_four_to_ten_digits_is_no_number(text: str) -> None:
    assert not is_code(text, read_number)


@pytest.mark.parametrize("digits", ["٠١٢٣٤٥", "０１２３４５", "²³¹²³¹", "12345٦"])
def test_digits_of_other_scripts_are_no_number(digits: str) -> None:
    assert not is_code(digits, read_number)


def test_a_text_longer_than_any_number_is_not_read() -> None:
    assert is_code("123456" + " " * (LONGEST_TEXT - 6), read_number)
    assert not is_code("123456" + " " * (LONGEST_TEXT - 5), read_number)


@given(CODES | NUMBERS)
def test_either_kind_is_read_by_one_reader(code: Secret) -> None:
    assert read_any(printed(code)) == code


@given(ANY_TEXT | st.text("0123456789 -", max_size=40) | st.text(f"{ALPHABET}oil -", min_size=20, max_size=30))
def test_no_text_raises_anything_but_that_it_is_no_code(text: str) -> None:
    assert is_code(text, read_any) == (is_code(text) or is_code(text, read_number))


@pytest.mark.parametrize("text", ["SECRET", "1234SECRET", "12345678901", "0" * 24 + "1", "\ud800" * 30, "é" * 200])
def test_no_refusal_holds_the_text_nor_leads_to_an_error_that_does(text: str) -> None:
    with pytest.raises(NotACode) as refusal:
        read_any(text)

    assert text not in "".join(traceback.format_exception(refusal.value))
    assert refusal.value.__context__ is None
