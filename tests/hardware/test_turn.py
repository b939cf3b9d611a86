"""The turn of one coil: every pair of its table, and the limits of time at, just before and just after."""

from __future__ import annotations

from itertools import product

import pytest

from hardware.events import Motion, TurnResult
from hardware.plan import Limits
from hardware.turn import Phase, Sense, Turn

LIMITS = Limits()
LOOK_S = 0.05
A_HAIR_S = 0.001

LISTED: dict[tuple[Phase, Sense], Phase | TurnResult] = {
    (Phase.HOMING, Sense.CLOSED): TurnResult.HOMED,
    (Phase.HOMING, Sense.LATE_CLOSED): TurnResult.HOMED,
    (Phase.HOMING, Sense.LATE_OPEN): TurnResult.JAMMED,
    (Phase.LOOKING, Sense.LATE_CLOSED): Phase.LEAVING,
    (Phase.LOOKING, Sense.LATE_OPEN): Phase.HOMING,
    (Phase.LOOKING, Sense.OPENED): Phase.CLEARING,
    (Phase.LOOKING, Sense.NO_CURRENT): TurnResult.NOT_STARTED,
    (Phase.NUDGING, Sense.LATE_OPEN): TurnResult.NUDGED,
    (Phase.NUDGING, Sense.LATE_CLOSED): TurnResult.NUDGED,
    (Phase.LEAVING, Sense.OPENED): Phase.CLEARING,
    (Phase.LEAVING, Sense.LATE_OPEN): Phase.CLEARING,
    (Phase.LEAVING, Sense.LATE_CLOSED): TurnResult.NEVER_LEFT,
    (Phase.LEAVING, Sense.NO_CURRENT): TurnResult.NOT_STARTED,
    (Phase.CLEARING, Sense.LATE_OPEN): Phase.RETURNING,
    (Phase.CLEARING, Sense.LATE_CLOSED): Phase.LEAVING,
    (Phase.RETURNING, Sense.CLOSED): TurnResult.CAME_HOME,
    (Phase.RETURNING, Sense.LATE_CLOSED): TurnResult.CAME_HOME,
    (Phase.RETURNING, Sense.LATE_OPEN): TurnResult.JAMMED,
}
UNLISTED = [pair for pair in product(Phase, Sense) if pair not in LISTED]


def turn_in(phase: Phase) -> Turn:
    """A turn that began at 0 and has come as far as *phase*."""
    if phase is Phase.NUDGING:
        return Turn(True, LIMITS, 0.0, Motion.NUDGE)
    if phase is Phase.LOOKING:
        return Turn(None, LIMITS, 0.0, look_s=LOOK_S)
    turn = Turn(phase is not Phase.HOMING, LIMITS, 0.0)
    if phase in (Phase.CLEARING, Phase.RETURNING, Phase.OVER):
        turn.feel(at_home=False, at=0.2)
    if phase in (Phase.RETURNING, Phase.OVER):
        turn.expire(at_home=False, now=0.5)
    if phase is Phase.OVER:
        turn.feel(at_home=True, at=1.5)
    assert turn.phase is phase
    return turn


def happen(turn: Turn, sense: Sense) -> None:
    match sense:
        case Sense.OPENED | Sense.CLOSED:
            turn.feel(sense is Sense.CLOSED, turn.deadline - 0.01)
        case Sense.LATE_OPEN | Sense.LATE_CLOSED | Sense.NO_CURRENT:
            turn.expire(None if sense is Sense.NO_CURRENT else sense is Sense.LATE_CLOSED, turn.deadline)


@pytest.mark.parametrize(("phase", "sense"), LISTED)
def test_a_listed_pair_leads_where_the_table_says(phase: Phase, sense: Sense) -> None:
    turn = turn_in(phase)

    happen(turn, sense)

    following = LISTED[phase, sense]
    if isinstance(following, TurnResult):
        assert (turn.phase, turn.result) == (Phase.OVER, following)
    else:
        assert (turn.phase, turn.result) == (following, None)


@pytest.mark.parametrize(("phase", "sense"), UNLISTED)
def test_an_unlisted_pair_changes_nothing(phase: Phase, sense: Sense) -> None:
    turn = turn_in(phase)
    before = (turn.phase, turn.result, turn.deadline)

    happen(turn, sense)

    assert (turn.phase, turn.result, turn.deadline) == before


@pytest.mark.parametrize(
    ("phase", "limit_s", "level", "result"),
    [
        (Phase.LEAVING, 1.0, True, TurnResult.NEVER_LEFT),
        (Phase.HOMING, 4.0, False, TurnResult.JAMMED),
        (Phase.LOOKING, LOOK_S, None, TurnResult.NOT_STARTED),
        (Phase.RETURNING, 4.2, False, TurnResult.JAMMED),  # left at 0.2 s, and 4 s more
    ],
)
def test_a_limit_ends_the_turn_when_it_is_reached_and_not_before(
    phase: Phase, limit_s: float, level: bool | None, result: TurnResult
) -> None:
    turns = [turn_in(phase) for _ in range(3)]
    assert turns[0].deadline == pytest.approx(limit_s)

    for turn, now in zip(turns, (limit_s - A_HAIR_S, turns[1].deadline, limit_s + A_HAIR_S), strict=True):
        turn.expire(level, now)

    assert [turn.result for turn in turns] == [None, result, result]


def test_a_coil_counts_as_gone_0_3_s_after_its_switch_opened_and_not_before() -> None:
    turns = [turn_in(Phase.CLEARING) for _ in range(3)]
    assert turns[0].deadline == pytest.approx(0.5)

    for turn, now in zip(turns, (0.5 - A_HAIR_S, turns[1].deadline, 0.5 + A_HAIR_S), strict=True):
        turn.expire(at_home=False, now=now)

    assert [turn.phase for turn in turns] == [Phase.CLEARING, Phase.RETURNING, Phase.RETURNING]


def test_leaving_at_the_last_moment_the_whole_turn_may_take_5_s() -> None:
    turn = turn_in(Phase.LEAVING)
    turn.feel(at_home=False, at=1.0)
    turn.expire(at_home=False, now=1.3)

    assert turn.deadline == pytest.approx(5.0)


@pytest.mark.parametrize(("at_home", "phase"), [(True, Phase.LEAVING), (False, Phase.HOMING)])
def test_where_a_coil_stands_that_shows_its_switch_late_is_looked_at_once(at_home: bool, phase: Phase) -> None:
    turn = turn_in(Phase.LOOKING)

    turn.expire(at_home, LOOK_S - A_HAIR_S)
    assert turn.phase is Phase.LOOKING
    turn.expire(at_home, LOOK_S)

    assert turn.phase is phase


def test_a_coil_that_is_looked_at_late_must_leave_home_within_1_s_all_the_same() -> None:
    turn = turn_in(Phase.LOOKING)

    turn.expire(at_home=True, now=LOOK_S)

    assert turn.deadline == 1.0


def test_a_coil_that_left_home_before_anybody_looked_makes_a_whole_turn() -> None:
    turn = turn_in(Phase.LOOKING)
    turn.feel(at_home=True, at=0.001)
    turn.feel(at_home=False, at=0.04)

    turn.expire(at_home=False, now=turn.deadline)
    turn.feel(at_home=True, at=1.6)

    assert turn.result is TurnResult.CAME_HOME


def test_a_switch_that_chatters_as_it_gets_power_is_no_leaving() -> None:
    turn = turn_in(Phase.LOOKING)
    for at_home, at in ((True, 0.001), (False, 0.002), (True, 0.003)):
        turn.feel(at_home, at)

    turn.expire(at_home=True, now=turn.deadline)

    assert (turn.phase, turn.deadline) == (Phase.LEAVING, 1.0)


def test_the_limits_are_those_of_the_plan() -> None:
    limits = Limits(leave_home_s=2.0, clear_switch_s=0.5, come_home_s=6.0)
    turn, homing = Turn(True, limits, 10.0), Turn(False, limits, 10.0)
    assert (turn.deadline, homing.deadline) == (12.0, 16.0)

    turn.feel(at_home=False, at=11.0)
    assert turn.deadline == 11.5
    turn.expire(at_home=False, now=11.5)
    assert turn.deadline == 17.0


def test_chatter_of_the_switch_on_leaving_is_not_coming_home() -> None:
    turn = turn_in(Phase.LEAVING)

    for n, at_home in enumerate([False, True, False, True, False]):
        turn.feel(at_home, 0.1 + n / 20)
    turn.expire(at_home=False, now=turn.deadline)

    assert (turn.phase, turn.result) == (Phase.RETURNING, None)


def test_chatter_does_not_put_off_the_moment_of_looking() -> None:
    turn = turn_in(Phase.CLEARING)
    turn.feel(at_home=True, at=0.3)
    turn.feel(at_home=False, at=0.4)

    assert turn.deadline == pytest.approx(0.5)


def test_a_coil_that_only_chattered_must_still_leave_within_its_first_second() -> None:
    turn = turn_in(Phase.CLEARING)
    turn.expire(at_home=True, now=0.5)
    assert (turn.phase, turn.deadline) == (Phase.LEAVING, 1.0)

    turn.expire(at_home=True, now=1.0)

    assert turn.result is TurnResult.NEVER_LEFT


def test_a_coil_that_chattered_at_its_last_moment_has_never_left() -> None:
    turn = turn_in(Phase.LEAVING)
    turn.feel(at_home=False, at=0.95)
    turn.expire(at_home=True, now=1.25)

    turn.expire(at_home=True, now=1.25)

    assert turn.result is TurnResult.NEVER_LEFT


@pytest.mark.parametrize(("at_home", "edge"), [(True, False), (False, True)])
def test_an_edge_older_than_the_turn_is_none_of_it_and_one_at_its_beginning_is(at_home: bool, edge: bool) -> None:
    turn = Turn(at_home, LIMITS, 10.0)
    before = turn.phase

    turn.feel(edge, 9.999)
    phase_after_the_old_edge = turn.phase
    turn.feel(edge, 10.0)

    assert phase_after_the_old_edge is before
    assert turn.phase is not before


def test_a_lost_edge_of_leaving_is_found_by_level() -> None:
    turn = turn_in(Phase.LEAVING)
    turn.expire(at_home=False, now=1.0)
    turn.expire(at_home=False, now=1.3)

    turn.feel(at_home=True, at=1.6)

    assert turn.result is TurnResult.CAME_HOME


def test_a_lost_edge_of_coming_home_is_found_by_level() -> None:
    turn = turn_in(Phase.RETURNING)

    turn.expire(at_home=True, now=turn.deadline)

    assert turn.result is TurnResult.CAME_HOME


def test_a_late_owner_finds_that_the_coil_had_come_home_after_its_switch_cleared() -> None:
    turn = turn_in(Phase.CLEARING)

    turn.feel(at_home=True, at=0.5)  # nobody looked at 0.5 s, but until this edge the switch was open

    assert turn.result is TurnResult.CAME_HOME


def test_a_late_owner_finds_that_the_coil_had_only_chattered_and_left_later() -> None:
    turn = turn_in(Phase.CLEARING)
    turn.feel(at_home=True, at=0.3)

    turn.feel(at_home=False, at=0.7)  # nobody looked at 0.5 s, and until this edge the switch was closed

    assert (turn.phase, turn.result) == (Phase.CLEARING, None)
    assert turn.deadline == pytest.approx(1.0)


def test_a_late_owner_counts_the_time_to_come_home_from_when_the_coil_left() -> None:
    turn = turn_in(Phase.CLEARING)
    turn.expire(at_home=False, now=0.5)

    assert turn.deadline == pytest.approx(4.2)


@pytest.mark.parametrize(
    ("phase", "level", "in_time"),
    [
        (Phase.LEAVING, True, TurnResult.NEVER_LEFT),
        (Phase.HOMING, True, TurnResult.HOMED),
        (Phase.RETURNING, True, TurnResult.CAME_HOME),
        (Phase.RETURNING, False, TurnResult.JAMMED),
    ],
)
def test_an_owner_held_up_for_more_than_half_a_second_cannot_know_what_the_coil_did(
    phase: Phase, level: bool, in_time: TurnResult
) -> None:
    turns = [turn_in(phase) for _ in range(2)]

    for turn, late_s in zip(turns, (0.5, 0.5 + A_HAIR_S), strict=True):
        turn.expire(level, turn.deadline + late_s)

    assert [turn.result for turn in turns] == [in_time, TurnResult.CUT_AWAY]


@pytest.mark.parametrize(
    ("phase", "can_drop"),
    [
        (Phase.LOOKING, False),
        (Phase.LEAVING, False),
        (Phase.CLEARING, False),
        (Phase.RETURNING, True),
        (Phase.HOMING, True),
        (Phase.OVER, False),
    ],
)
def test_something_can_fall_only_once_the_switch_has_cleared(phase: Phase, can_drop: bool) -> None:
    assert turn_in(phase).can_drop is can_drop


@pytest.mark.parametrize(
    ("phase", "has_left", "result"),
    [
        (Phase.LEAVING, False, TurnResult.CUT_AT_HOME),
        (Phase.LOOKING, True, TurnResult.CUT_AWAY),  # nobody knows yet
        (Phase.HOMING, True, TurnResult.CUT_AWAY),
        (Phase.CLEARING, True, TurnResult.CUT_AWAY),
        (Phase.RETURNING, True, TurnResult.CUT_AWAY),
    ],
)
def test_a_cut_turn_says_whether_something_could_have_fallen(phase: Phase, has_left: bool, result: TurnResult) -> None:
    turn = turn_in(phase)
    assert turn.has_left is has_left

    turn.cut()

    assert (turn.result, turn.phase) == (result, Phase.OVER)


def test_a_cut_after_the_end_leaves_the_result() -> None:
    turn = turn_in(Phase.OVER)

    turn.cut()

    assert turn.result is TurnResult.CAME_HOME
