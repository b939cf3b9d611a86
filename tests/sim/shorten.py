"""Making a failing run short: first the beats after the failure go, then any that it does not need."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.sim.run import Verdict, live
from tests.sim.script import script
from tests.sim.stage import USUAL, Make

Fails = Callable[[Sequence[int]], bool]


def shorten(seed: int, make: Make = USUAL) -> tuple[tuple[int, ...], Verdict]:
    """The few beats with which *seed* still breaks the same invariant, and that run. It must be a failing one."""
    whole = live(seed, make)
    assert whole.wrong, "only a run that fails can be shortened"
    needed = [beat.number for beat in script(seed) if beat.number <= whole.last_beat]

    def fails(beats: Sequence[int]) -> bool:
        return live(seed, make, beats).rule == whole.rule

    if not fails(needed):  # it breaks only when all is mended at the end
        needed = [beat.number for beat in script(seed)]
    kept = tuple(without_what_is_not_needed(needed, fails))
    return kept, live(seed, make, kept)


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
