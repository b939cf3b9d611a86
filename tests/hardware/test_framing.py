"""Cutting a scanner's bytes into codes, and telling a new scan from a held card."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.framing import LONGEST, Framing, HeldCard

SILENCE_S = 0.08


@pytest.fixture
def framing() -> Framing:
    return Framing(SILENCE_S)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\t"], ids=["CR", "LF", "CRLF", "TAB"])
def test_a_code_ends_at_its_terminator(framing: Framing, end: bytes) -> None:
    assert framing.feed(b"code" + end, 10.0) == ["code"]
    assert framing.deadline is None
    assert framing.expire() == []


def test_a_code_without_a_terminator_ends_at_a_silence(framing: Framing) -> None:
    assert framing.feed(b"code", 10.0) == []
    assert framing.deadline == 10.0 + SILENCE_S

    assert framing.expire() == ["code"]
    assert framing.deadline is None


def test_each_byte_begins_the_silence_anew(framing: Framing) -> None:
    framing.feed(b"co", 10.0)
    framing.feed(b"de", 10.05)

    assert framing.deadline == 10.05 + SILENCE_S


def test_a_silence_after_a_code_that_was_ended_gives_nothing(framing: Framing) -> None:
    framing.feed(b"code\r", 10.0)

    assert framing.expire() == []


def test_several_codes_may_come_in_one_piece(framing: Framing) -> None:
    assert framing.feed(b"one\rtwo\r\nthree\tfour\nfi", 10.0) == ["one", "two", "three", "four"]
    assert framing.expire() == ["fi"]


def test_terminators_alone_are_no_codes(framing: Framing) -> None:
    assert framing.feed(b"\r\n\r\n\t \r", 10.0) == []
    assert framing.deadline is None


def test_blanks_around_a_code_are_dropped(framing: Framing) -> None:
    assert framing.feed(b" code \r", 10.0) == ["code"]


def test_garbage_becomes_characters_that_no_code_contains(framing: Framing) -> None:
    (text,) = framing.feed(b"co\xff\x00de\r", 10.0)

    assert text == "co\N{REPLACEMENT CHARACTER}\x00de"


def test_garbage_alone_is_not_mistaken_for_silence(framing: Framing) -> None:
    assert framing.feed(b"\x80\r", 10.0) == ["\N{REPLACEMENT CHARACTER}"]


def test_the_longest_code_is_read(framing: Framing) -> None:
    assert framing.feed(b"x" * LONGEST + b"\r", 10.0) == ["x" * LONGEST]


def test_babble_is_thrown_away_up_to_the_next_silence(framing: Framing) -> None:
    assert framing.feed(b"x" * (LONGEST + 1) + b"\rcode\r", 10.0) == []
    assert framing.deadline == 10.0 + SILENCE_S
    assert framing.feed(b"code\r", 10.05) == []

    assert framing.expire() == []
    assert framing.feed(b"code\r", 11.0) == ["code"]


def test_babble_puts_the_silence_off(framing: Framing) -> None:
    framing.feed(b"x" * (LONGEST + 1), 10.0)
    framing.feed(b"\r", 10.05)

    assert framing.deadline == 10.05 + SILENCE_S


def test_a_device_that_babbles_for_ever_fills_no_memory(framing: Framing) -> None:
    tracemalloc.start()
    for n in range(1000):
        framing.feed(b"x" * LONGEST, float(n))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 20_000  # of 64,000 bytes that came


@given(
    stream=st.lists(st.sampled_from([b"a", b"Z", b"7", b"\r", b"\n", b"\t", b"\xff", b"\x00", b"x" * 40])).map(
        b"".join
    ),
    cuts=st.sets(st.integers(0, 400)),
)
def test_any_split_of_the_bytes_gives_the_same_codes(stream: bytes, cuts: set[int]) -> None:
    whole, pieces = Framing(SILENCE_S), Framing(SILENCE_S)
    places = sorted({0, len(stream)} | {cut for cut in cuts if cut < len(stream)})

    expected = whole.feed(stream, 0.0) + whole.expire()
    codes = [code for a, b in pairwise(places) for code in pieces.feed(stream[a:b], 0.0)]

    assert codes + pieces.expire() == expected


@given(st.binary(max_size=300))
def test_byte_by_byte_gives_the_same_codes_as_in_one_piece(stream: bytes) -> None:
    whole, single = Framing(SILENCE_S), Framing(SILENCE_S)

    expected = whole.feed(stream, 0.0) + whole.expire()
    codes = [code for n in range(len(stream)) for code in single.feed(stream[n : n + 1], 0.0)]

    assert codes + single.expire() == expected


# --- a held card


def test_a_held_card_is_one_scan_however_long_it_is_held() -> None:
    held = HeldCard(2.0)

    assert [held.is_new("card", n * 1.9) for n in range(10)] == [True, *[False] * 9]


@pytest.mark.parametrize(("away_s", "is_new"), [(1.999, False), (2.0, True), (2.001, True)])
def test_a_card_counts_anew_once_out_of_view_for_2_s(away_s: float, is_new: bool) -> None:
    held = HeldCard(2.0)
    held.is_new("card", 0.0)

    assert held.is_new("card", away_s) is is_new


def test_another_card_is_a_scan_at_once() -> None:
    held = HeldCard(2.0)

    assert [held.is_new(card, 0.1) for card in ("one", "two", "one")] == [True] * 3


def test_the_first_card_is_a_scan_even_right_after_the_start() -> None:
    assert HeldCard(2.0).is_new("card", 0.0)


def test_the_text_of_a_held_card_is_not_kept() -> None:
    held = HeldCard(2.0)
    held.is_new("secret-code", 0.0)

    assert "secret-code" not in repr(vars(held))
