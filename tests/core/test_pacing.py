"""Unknown codes: ten in ten minutes are free, then codes wait, and nothing else does."""

from __future__ import annotations

import pytest

from kiosk.core.events import CodePresented, CodeRefused, IntentCommitted, ItemChosen
from kiosk.core.orders import CheckCode, Refuse
from kiosk.core.pacing import UNHURRIED, Pace, unknown_code
from kiosk.core.situation import Situation, State
from kiosk.core.values import Refusal
from tests.core.making import CODE, CONDOMS, NOW, READY, after, tell, ticket


def tried(times: int, at: float = NOW, every: float = 1.0) -> Situation:
    """A kiosk at which that many unknown codes were presented, the last one at *at*."""
    situation = READY
    for n in range(times):
        now = at - every * (times - 1 - n)
        situation = after(situation, CodePresented(CODE), CodeRefused(Refusal.UNKNOWN_CODE), now=now)
    return situation


def pauses(times: int) -> list[float]:
    """How long codes wait after each unknown one, presented as soon as they are read again."""
    pace, now, waits = UNHURRIED, 0.0, []
    for _ in range(times):
        pace = unknown_code(pace, now)
        waits.append(max(0.0, pace.paused_until - now))
        now = max(now, pace.paused_until)
    return waits


def test_ten_are_free_and_then_the_pause_grows_up_to_half_a_minute() -> None:
    assert pauses(17) == [0.0] * 10 + [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_no_row_of_unknown_codes_is_remembered_longer_than_it_must() -> None:
    pace = UNHURRIED
    for n in range(10_000):
        pace = unknown_code(pace, n * 0.01)

    assert len(pace.unknown) <= 20
    assert pace.paused_until <= 100 + 30


def test_after_ten_minutes_an_unknown_code_is_forgotten() -> None:
    assert unknown_code(Pace(tuple(float(n) for n in range(10))), 609.5) == Pace((609.5,))


def test_codes_wait_and_are_read_again() -> None:
    eleven = tried(11)

    assert tell(eleven, CodePresented(CODE), now=NOW + 1.9)[1] == (Refuse(Refusal.CODES_WAIT),)
    assert tell(eleven, CodePresented(CODE), now=NOW + 2)[1] == (CheckCode(CODE),)


def test_ten_unknown_codes_make_nobody_wait() -> None:
    assert tell(tried(10), CodePresented(CODE))[1] == (CheckCode(CODE),)


def test_what_needs_no_code_comes_while_codes_wait() -> None:
    assert after(tried(30), ItemChosen(CONDOMS), IntentCommitted()).state is State.MOVING


@pytest.mark.parametrize("reason", [reason for reason in Refusal if reason is not Refusal.UNKNOWN_CODE])
def test_only_unknown_codes_are_reckoned(reason: Refusal) -> None:
    situation = READY
    for _ in range(30):
        situation = after(situation, CodePresented(CODE), CodeRefused(reason))

    assert tell(situation, CodePresented(CODE))[1] == (CheckCode(CODE),)


def test_a_good_code_in_between_ends_no_pause_and_begins_none() -> None:
    choosing = after(tried(10), CodePresented(CODE), ticket(None))
    again = after(choosing, CodePresented(CODE), CodeRefused(Refusal.UNKNOWN_CODE))

    assert choosing.state is State.CHOOSING
    assert tell(again, CodePresented(CODE), now=NOW + 1)[1] == (Refuse(Refusal.CODES_WAIT),)
