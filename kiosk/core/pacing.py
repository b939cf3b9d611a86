"""The pace of unknown codes: whoever tries codes out is slowed down, and nobody else is.

Ten in ten minutes are free: cards of other programmes, last year's tickets. Each one more makes codes wait, first for
2 s, then twice as long each time up to 30 s. Only codes wait: what needs none comes as always. A text that is no code
at all is not reckoned, since none can ever open anything. Kept in memory only.
"""

from __future__ import annotations

from dataclasses import dataclass

FREE = 10  # judgement; a person holds two or three wrong cards there
WITHIN_S = 600.0
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 30.0  # longer would punish the next person


@dataclass(frozen=True, slots=True)
class Pace:
    """When unknown codes were presented lately, in monotonic seconds, and until when codes wait."""

    unknown: tuple[float, ...] = ()
    paused_until: float = 0.0


UNHURRIED = Pace()


def unknown_code(pace: Pace, now: float) -> Pace:
    """Reckon one more unknown code."""
    unknown = (*(at for at in pace.unknown if at > now - WITHIN_S), now)
    over = len(unknown) - FREE
    if over <= 0:
        return Pace(unknown)
    pause_s = min(FIRST_PAUSE_S * 2.0 ** min(over - 1, 10), LONGEST_PAUSE_S)
    return Pace(unknown[-2 * FREE :], now + pause_s)
