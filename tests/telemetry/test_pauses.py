"""The pauses between two tries."""

from __future__ import annotations

import random
from dataclasses import replace

from kiosk.telemetry.plan import Timing
from kiosk.telemetry.telemetry import BackOff


def pauses(chance: float, count: int = 9) -> list[float]:
    back_off = BackOff(replace(Timing(), chance=lambda: chance))
    return [back_off.next_s() for _ in range(count)]


def test_pauses_grow_to_two_minutes() -> None:
    assert pauses(chance=1.0) == [2, 4, 8, 16, 32, 64, 120, 120, 120]


def test_no_pause_is_shorter_than_a_second() -> None:
    assert set(pauses(chance=0.0)) == {1}


def test_a_fleet_that_lost_its_broker_comes_back_spread_out() -> None:
    dice = random.Random(1)
    fleet = [BackOff(replace(Timing(), chance=dice.random)) for _ in range(1000)]
    for kiosk in fleet:
        for _ in range(6):
            kiosk.next_s()

    seconds = [int(kiosk.next_s()) for kiosk in fleet]

    assert max(seconds.count(second) for second in range(121)) < 25


def test_after_a_connection_that_lasted_pauses_begin_anew() -> None:
    back_off = BackOff(replace(Timing(), chance=lambda: 1.0))
    for _ in range(9):
        back_off.next_s()

    back_off.reset()

    assert back_off.next_s() == 2


def test_who_was_thrown_out_by_its_own_id_gives_way_for_long() -> None:
    back_off = BackOff(replace(Timing(), chance=lambda: 1.0))

    back_off.give_way()

    assert back_off.next_s() == 120


def test_two_kiosks_with_one_id_throw_each_other_out_before_a_connection_counts_as_lasting() -> None:
    assert Timing().longest_pause_s < Timing().stable_s
