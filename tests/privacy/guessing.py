"""Somebody who tries codes out all year, whenever the kiosk listens: how many they try, and what they find.

``python -m tests.privacy.guessing`` writes the table of SECURITY.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from math import expm1, log1p

from kiosk.codes.format import NUMBER_DIGITS, RANDOM_BITS, SHARED_DIGITS
from kiosk.codes.issue import MOST_CODES, TRIES_PER_NUMBER
from kiosk.core.pacing import UNHURRIED, Pace, unknown_code

DAY_S = 86400.0
YEAR_S = 365 * DAY_S

Wait = Callable[[int], float]  # seconds that an attacker waits of their own will before a guess, by its number


def guesses_in(seconds: float, wait: Wait | None = None) -> int:
    """How many unknown codes are heard in that time, each presented as soon as codes are heard, or later.

    Once all that the kiosk remembers is the same but for the time, whole rounds of it are leapt over.
    """
    pace, now, guesses = UNHURRIED, 0.0, 0
    met: dict[tuple[float, ...], tuple[float, int]] = {}
    while now < seconds:
        before = _without_time(pace, now)
        if wait is None and before in met:
            then, so_far = met.pop(before)
            rounds = int((seconds - now) // (now - then))
            guesses += rounds * (guesses - so_far)
            shift = rounds * (now - then)
            now, pace = now + shift, Pace(tuple(at + shift for at in pace.unknown), pace.paused_until + shift)
            met.clear()
            continue
        met[before] = now, guesses
        pace, guesses = unknown_code(pace, now), guesses + 1
        now = max(now, pace.paused_until) + (wait(guesses) if wait else 0.0)
        assert guesses <= seconds + 1000, "codes do not wait"
    return guesses


def chance_of_a_hit(possible: int, live: int, guesses: int) -> float:
    """The chance that different guesses open at least one of the live codes."""
    tried = guesses / possible
    return 1.0 if tried >= 1 else -expm1(live * log1p(-tried))


@dataclass(frozen=True)
class Target:
    """Codes of one kind, as many as may be there."""

    name: str
    possible: int
    live: int

    def row(self, guesses: int) -> str:
        """Its line in the table."""
        opens = _one_in(self.live / self.possible)
        found = _one_in(chance_of_a_hit(self.possible, self.live, guesses))
        after = _as_time((self.possible + 1) / (self.live + 1) * YEAR_S / guesses)
        return f"| {self.name} | {self.live:,} | {opens} | {found} | {after} |"


TARGETS = (
    Target("pass, ticket", 2**RANDOM_BITS, MOST_CODES),
    *(
        Target(f"number of {digits} digits", 10**digits, min(MOST_CODES, 10**digits // TRIES_PER_NUMBER))
        for digits in reversed(NUMBER_DIGITS)
    ),
    *(Target(f"shared code of {digits} digits", 10**digits, 1) for digits in reversed(SHARED_DIGITS)),
)


def table() -> str:
    """The table of SECURITY.md."""
    guesses = guesses_in(YEAR_S)
    return "\n".join(
        [
            f"Unknown codes that are heard in a year, day and night: {guesses:,}.",
            "",
            "| code | live at most, in a batch | a guess opens one | a year of guesses opens one | on average after |",
            "|---|---|---|---|---|",
            *(target.row(guesses) for target in TARGETS),
        ]
    )


def _without_time(pace: Pace, now: float) -> tuple[float, ...]:
    return (pace.paused_until - now, *(at - now for at in pace.unknown))


def _one_in(chance: float) -> str:
    if chance >= 0.01:
        return f"{100 * chance:.0f} %"
    return f"1 in {round(1 / chance):,}" if chance > 1e-9 else f"1 in {1 / chance:.0e}".replace("e+", " × 10^")


def _as_time(seconds: float) -> str:
    days, years = seconds / DAY_S, seconds / YEAR_S
    if years < 2:
        return f"{days:.0f} days"
    return f"{years:.0f} years" if years < 10_000 else f"{years:.0e} years".replace("e+", " × 10^")


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n")
