"""Making a failing run short: first the beats after the failure go, then any that it does not need."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.sim.run import Verdict, live
from tests.sim.script import script
from tests.sim.stage import USUAL, Make

Fails = Callable[[Sequence[int]], bool]


def shorten(whole: Verdict, make: Make = USUAL) -> Verdict:
    """The run with the fewest beats found in which the same invariant breaks as in the failing run *whole*."""

    def fails(beats: Sequence[int]) -> bool:
        return live(whole.seed, make, beats).rule == whole.rule

    all_beats = whole.only or [beat.number for beat in script(whole.seed)]
    until_it_broke = [number for number in all_beats if number <= whole.last_beat]
    # some break only when all is mended at the end
    needed = until_it_broke if fails(until_it_broke) else all_beats
    return live(whole.seed, make, without_what_is_not_needed(needed, fails))


def without_what_is_not_needed(beats: Sequence[int], fails: Fails) -> Sequence[int]:
    """Leave out halves, then quarters, and so on down to single beats, as long as it still fails."""
    size = max(1, len(beats) // 2)
    while True:
        start = 0
        while start < len(beats):
            fewer = [*beats[:start], *beats[start + size :]]
            if fails(fewer):
                beats = fewer
            else:
                start += size
        if size == 1:
            return beats
        size //= 2
