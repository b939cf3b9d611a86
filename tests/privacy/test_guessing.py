"""Somebody tries codes out: how far a year gets them, and what it does to everybody else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.codes.format import make_number
from kiosk.codes.issue import Wish
from kiosk.core.events import CodePresented, CodeRefused
from kiosk.core.orders import CheckCode
from kiosk.core.pacing import LONGEST_PAUSE_S
from kiosk.core.values import ItemId, Kind, Refusal
from kiosk.core.vend import decide
from tests.core.making import CODE, READY, RULES
from tests.privacy.guessing import DAY_S, TARGETS, YEAR_S, chance_of_a_hit, guesses_in, table
from tests.privacy.world import Card, LongKiosk, full_kiosk

SECURITY = Path(__file__).parents[2] / "SECURITY.md"
MOST_AHEAD = 15  # of an even pace: ten that are free, and five of growing pauses


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[LongKiosk]:
    with full_kiosk(tmp_path / "data") as kiosk:
        yield kiosk


@pytest.fixture
def card(kiosk: LongKiosk) -> Card:
    """A pass that is good."""
    return kiosk.issue_cards(Wish(Kind.PASS, policy="much"), "passes", random.Random(1))[0]


def stranger(n: int) -> str:
    return make_number(10, random.Random(n).randrange).reveal()


def is_heard(kiosk: LongKiosk, text: str) -> bool:
    """Whether the kiosk looked the code up, be it good or not."""
    kiosk.scan(text)
    kiosk.pass_time(0)
    return kiosk.kiosk.controller.board.snapshot.said is not Refusal.CODES_WAIT


def hurry(kiosk: LongKiosk, seconds: float) -> int:
    """Present unknown codes whenever the kiosk listens; how many were heard."""
    heard, end = 0, kiosk.now + seconds
    while kiosk.now < end:
        heard += is_heard(kiosk, stranger(heard))
        assert heard <= seconds + 1000, "codes do not wait"
        kiosk.pass_time(max(0.0, kiosk.kiosk.controller.situation.pace.paused_until - kiosk.now))
    return heard


# --- what an attacker gets


def test_a_day_of_guessing_is_the_same_in_core_and_in_a_whole_kiosk(kiosk: LongKiosk) -> None:
    situation, now, guesses = READY, 0.0, 0
    while now < DAY_S:
        situation, orders = decide(situation, CodePresented(CODE), RULES, now)
        assert orders == (CheckCode(CODE),)
        situation, _ = decide(situation, CodeRefused(Refusal.UNKNOWN_CODE), RULES, now)
        guesses, now = guesses + 1, max(now, situation.pace.paused_until)
        assert guesses <= DAY_S, "codes do not wait"

    assert guesses == guesses_in(DAY_S) == 2893
    assert hurry(kiosk, 7200.0) == guesses_in(7200.0)


def test_a_year_of_guessing_is_a_million_tries() -> None:
    assert guesses_in(YEAR_S) == 1_051_213


@given(st.lists(st.floats(0, 1200), min_size=1, max_size=300))
def test_no_other_rhythm_is_faster(waits: list[float]) -> None:
    waited_s = list(accumulate(waits, initial=0.0))[-1]

    guesses = guesses_in(waited_s + 600, lambda n: waits[n] if n < len(waits) else 0.0)

    assert guesses <= (waited_s + 600) / LONGEST_PAUSE_S + MOST_AHEAD


@pytest.mark.parametrize(("burst", "rest_s"), [(10, 600), (10, 601), (14, 540), (15, 600), (20, 590), (11, 60)])
def test_bursts_and_rests_are_no_faster(burst: int, rest_s: float) -> None:
    guesses = guesses_in(DAY_S, lambda n: rest_s if n % burst == 0 else 0.0)

    assert guesses <= guesses_in(DAY_S)


def test_the_chances_are_those_of_drawing_without_putting_back() -> None:
    assert chance_of_a_hit(10, 1, 3) == pytest.approx(0.3)
    assert chance_of_a_hit(10, 1, 10) == 1
    assert chance_of_a_hit(1_000_000, 1000, 1000) == pytest.approx(1 - (999 / 1000) ** 1000)


def test_a_pass_or_a_ticket_is_never_guessed() -> None:
    (cards, *_) = TARGETS

    assert chance_of_a_hit(cards.possible, cards.live, guesses_in(YEAR_S)) < 1e-24


def test_the_table_in_security_md_is_what_comes_out() -> None:
    assert table() in SECURITY.read_text()


# --- what everybody else notices


def test_what_needs_no_code_comes_while_somebody_guesses(kiosk: LongKiosk) -> None:
    hurry(kiosk, 600)
    is_heard(kiosk, stranger(0))
    assert not is_heard(kiosk, stranger(1))

    for item in ("naloxone", "condoms"):
        assert kiosk.choose(item) is None
        kiosk.finish_vend()

    assert kiosk.world.tray == ["naloxone", "condoms"]


def test_whoever_comes_after_an_attacker_waits_half_a_minute_at_most(kiosk: LongKiosk, card: Card) -> None:
    hurry(kiosk, 3600)
    is_heard(kiosk, stranger(0))
    assert not is_heard(kiosk, card.text)

    kiosk.pass_time(LONGEST_PAUSE_S)

    assert is_heard(kiosk, card.text)
    assert kiosk.choose("kit") is None


def test_good_codes_never_make_anybody_wait(kiosk: LongKiosk, card: Card) -> None:
    assert all(is_heard(kiosk, card.text) for _ in range(100))


def test_a_card_that_was_refused_for_another_reason_makes_nobody_wait(kiosk: LongKiosk) -> None:
    (ticket,) = kiosk.issue_cards(Wish(Kind.TICKET, gives=(ItemId("kit"),)), "tickets", random.Random(1))
    kiosk.scan(ticket.text)
    kiosk.finish_vend()

    assert all(is_heard(kiosk, text) for _ in range(50) for text in (ticket.text, "no code at all"))
