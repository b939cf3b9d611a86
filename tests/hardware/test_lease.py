"""The lease in real time: a timer that nothing else can hold up."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue

import pytest

from hardware.cabinet import Cabinet
from hardware.events import LeaseExpired, Signal, TurnEnded, TurnResult
from hardware.lease import RealTimers
from hardware.plan import (
    CabinetPlan,
    InputPlan,
    Limits,
    MatrixCoilPlan,
    MatrixPlan,
    OutputPlan,
    PusherPlan,
    ServoPlan,
)
from tests.hardware.rig import A1, B1, Rig, no_more_threads, wait_until

SHORT = CabinetPlan((A1, B1), limits=Limits(lease_s=0.05))
OTHER_KINDS = [
    CabinetPlan((), limits=SHORT.limits, pushers=(PusherPlan("A1", OutputPlan(17), 1.0),)),
    CabinetPlan((), limits=SHORT.limits, servos=(ServoPlan("A1", 12, 0, 45, 0.5),)),
    CabinetPlan(
        (), limits=SHORT.limits, matrix=MatrixPlan((9, 10), (12, 13), InputPlan(5), (MatrixCoilPlan("A1", 2, 1),))
    ),
]


def test_a_timer_calls_back_once_in_a_thread_of_its_own() -> None:
    called: SimpleQueue[threading.Thread] = SimpleQueue()

    RealTimers().call_after(0.01, lambda: called.put(threading.current_thread()))

    thread = called.get(timeout=5)
    assert thread is not threading.current_thread()
    assert thread.daemon  # a service that ends does not wait for it
    wait_until(lambda: not thread.is_alive())
    assert called.empty()


def test_a_timer_does_not_call_back_before_its_time() -> None:
    called: SimpleQueue[float] = SimpleQueue()
    began = time.monotonic()

    RealTimers().call_after(0.05, lambda: called.put(time.monotonic()))

    assert called.get(timeout=5) - began >= 0.05


def test_a_cancelled_timer_never_calls_back_and_leaves_no_thread() -> None:
    called: list[bool] = []
    before = threading.active_count()

    cancel = RealTimers().call_after(0.05, lambda: called.append(True))
    cancel()

    wait_until(lambda: threading.active_count() <= before)
    assert called == []


def test_the_lease_cuts_a_motor_whose_owner_never_comes_back() -> None:
    posted: SimpleQueue[Signal] = SimpleQueue()
    rig = Rig(SHORT)
    cabinet = Cabinet(SHORT, rig.pins, posted.put, time.monotonic, RealTimers())
    cabinet.start_turn("A1", time.monotonic())
    assert rig.motors_on() == ["A1"]

    assert posted.get(timeout=5) == LeaseExpired("A1", 1)  # the owner looks only now
    assert rig.motors_on() == []
    assert cabinet.feel(LeaseExpired("A1", 1)) == [TurnEnded("A1", TurnResult.CUT_AT_HOME)]
    cabinet.close()


@pytest.mark.parametrize("plan", OTHER_KINDS, ids=["pusher", "servo", "matrix"])
def test_the_lease_cuts_every_kind_of_dispenser_from_a_thread_of_its_own(plan: CabinetPlan) -> None:
    rig = Rig(plan)
    rig.timers = RealTimers()
    rig.open().start_turn("A1", rig.now)
    assert rig.motors_on() == ["A1"]

    wait_until(lambda: rig.posted == [LeaseExpired("A1", 1)])

    assert rig.motors_on() == []
    assert rig.look() == [TurnEnded("A1", TurnResult.CUT_AWAY)]
    rig.cabinet.close()


def test_when_the_system_has_no_thread_left_the_motor_stays_off() -> None:
    rig = Rig(SHORT)
    rig.timers = RealTimers()
    cabinet = rig.open()

    with no_more_threads():
        events = cabinet.start_turn("A1", rig.now)

    assert events == [TurnEnded("A1", TurnResult.NOT_STARTED)]
    assert not cabinet.is_turning
    assert not any(state.state for state in rig.pin(17).states)
    cabinet.close()


def test_a_timer_that_cannot_be_started_says_so() -> None:
    with no_more_threads(), pytest.raises(RuntimeError):
        RealTimers().call_after(0.05, lambda: None)
