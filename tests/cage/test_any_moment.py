"""A hundred services killed, stopped, hung or told to end at random moments of a vend, with some of the protections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

from tests.cage.proof import Report, live

SEEDS = range(10)
ROUNDS = 10  # in each life; they mostly wait, so they are lived side by side


def test_a_hundred_times_at_any_moment_no_motor_stays_on_and_the_record_is_right() -> None:
    reports = [Report() for _ in SEEDS]
    with ThreadPoolExecutor(len(SEEDS)) as lives:
        list(lives.map(live, SEEDS, reports, repeat(ROUNDS)))
    lived = sum_of(reports)

    assert lived.broken == {}
    hits = lived.lived
    assert hits.kills + hits.stops + hits.freezes + hits.hangs >= ROUNDS * len(SEEDS) == 100
    assert min(hits.stops, hits.freezes, hits.hangs, hits.made_safe) >= 5


def sum_of(reports: list[Report]) -> Report:
    """All that was lived through."""
    total = Report()
    for report in reports:
        total.lived.add(report.lived)
        total.broken |= report.broken
    return total
