"""A pusher on its pin: on for its time, and off on every way out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hardware.dispenser import DispenserFailed, MotorStuckOn
from hardware.events import LeaseExpired, Motion, TurnEnded, TurnResult
from hardware.plan import CabinetPlan, InputPlan, Limits, OutputPlan, PusherPlan
from hardware.pusher import Pusher
from tests.hardware.rig import A1, LgpioError, Rig, opened

P1 = PusherPlan("P1", OutputPlan(17), run_s=1.5)
P2 = PusherPlan("P2", OutputPlan(18), run_s=1.5)
PLAN = CabinetPlan((), InputPlan(22), pushers=(P1, P2), limits=Limits(nudge_s=0.4))


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Two pushers and a beam."""
    with opened(PLAN) as rig:
        yield rig


def test_a_pusher_can_be_driven_and_its_motor_is_low_when_it_is_opened(rig: Rig) -> None:
    assert rig.cabinet.slots == {"P1", "P2"}
    assert (rig.pin(17).function, [bool(state.state) for state in rig.pin(17).states]) == ("output", [False])


def test_a_pusher_runs_for_its_time_and_claims_nothing(rig: Rig) -> None:
    rig.cabinet.start_turn("P1", rig.now)

    assert rig.pass_time(1.499) == []
    assert rig.motors_on() == ["P1"]
    assert rig.pass_time(0.002) == [TurnEnded("P1", TurnResult.RAN)]
    assert rig.motors_on() == []


def test_a_nudge_of_a_pusher_is_short(rig: Rig) -> None:
    rig.cabinet.start_turn("P1", rig.now, Motion.NUDGE)

    assert rig.pass_time(0.399) == []
    assert rig.motors_on() == ["P1"]
    assert rig.pass_time(0.002) == [TurnEnded("P1", TurnResult.NUDGED)]
    assert rig.motors_on() == []


def test_stopped_on_its_way_it_may_have_given_something(rig: Rig) -> None:
    rig.cabinet.start_turn("P1", rig.now)
    rig.pass_time(0.1)

    assert rig.cabinet.stop_motors() == [TurnEnded("P1", TurnResult.CUT_AWAY)]
    assert rig.motors_on() == []


def test_the_lease_cuts_a_pusher_whose_owner_hangs(rig: Rig) -> None:
    rig.cabinet.start_turn("P1", rig.now)

    rig.hang(10)

    assert rig.motors_on() == []
    assert rig.posted == [LeaseExpired("P1", 1)]
    assert rig.look() == [TurnEnded("P1", TurnResult.CUT_AWAY)]


def test_an_owner_who_comes_late_does_not_know_how_far_it_ran(rig: Rig) -> None:
    rig.cabinet.start_turn("P1", rig.now)
    rig.now += 2.1

    assert rig.look() == [TurnEnded("P1", TurnResult.CUT_AWAY)]


@pytest.mark.parametrize("error", [OSError("no such device"), LgpioError("bad GPIO handle")], ids=type)
def test_a_pusher_that_cannot_be_switched_on_has_not_started_and_leaves_the_others_in_use(
    rig: Rig, error: Exception
) -> None:
    with rig.refusing(17, error, True):
        assert rig.cabinet.start_turn("P1", rig.now) == [TurnEnded("P1", TurnResult.NOT_STARTED)]

    assert rig.motors_on() == []
    assert rig.cabinet.start_turn("P2", rig.now) == []


def test_a_pusher_that_cannot_be_switched_off_is_stuck_on(rig: Rig) -> None:
    rig.cabinet.start_turn("P1", rig.now)

    with rig.refusing(17, OSError("no such device"), False), pytest.raises(MotorStuckOn, match="motor of slot P1"):
        rig.pass_time(2)
    assert rig.cabinet.is_turning


def test_close_ends_a_running_pusher_before_its_pin_floats_and_may_be_called_twice(rig: Rig) -> None:
    heard: list[bool | None] = []
    rig.cabinet.start_turn("P1", rig.now)
    rig.pin(17).when_output = heard.append

    rig.cabinet.close()
    rig.cabinet.close()

    assert (heard[0], heard[-1], rig.pin(17).function) == (False, None, "input")


def test_a_closed_pusher_cannot_be_switched_on() -> None:
    rig = Rig(PLAN)
    pusher = Pusher(P1, rig.pins, PLAN.limits)
    pusher.close()

    with pytest.raises(DispenserFailed, match="P1"):
        pusher.switch_on()


def test_one_busy_pin_is_named_and_the_other_dispensers_still_work() -> None:
    rig = Rig(CabinetPlan((A1,), InputPlan(22), pushers=(PusherPlan("P1", OutputPlan(16), 1.0), P2)))
    rig.occupy(16)
    rig.open()

    assert list(rig.cabinet.faults) == ["slot P1"]
    assert rig.cabinet.slots == {"A1", "P2"}
    rig.cabinet.close()
