"""Each kind's real driver on its simulated twin: what a turn and a nudge come to, and that nothing stays on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from hardware.bench.physics import Fault
from hardware.events import Motion, TurnResult
from hardware.plan import (
    CabinetPlan,
    CoilPlan,
    InputPlan,
    MatrixCoilPlan,
    MatrixPlan,
    OutputPlan,
    PusherPlan,
    ServoPlan,
    ShiftRegisterPlan,
)
from tests.hardware.twin import Twin

HOME, PRESENCE = InputPlan(5), InputPlan(6)
CROSSINGS = (MatrixCoilPlan("A1", 2, 3), MatrixCoilPlan("A2", 2, 1))
ON_PINS = MatrixPlan((16, 17), (18, 19, 20), HOME, CROSSINGS, presence=PRESENCE)
KINDS = {
    "coil": CabinetPlan((CoilPlan("A1", OutputPlan(17), InputPlan(27)), CoilPlan("A2", OutputPlan(18), InputPlan(4)))),
    "pusher": CabinetPlan((), pushers=(PusherPlan("A1", OutputPlan(17), 1.5), PusherPlan("A2", OutputPlan(18), 2.5))),
    "servo": CabinetPlan((), servos=(ServoPlan("A1", 12, -45, 45, 0.5), ServoPlan("A2", 13, 60, -30, 0.4))),
    "matrix": CabinetPlan((), matrix=ON_PINS),
    "matrix, active low": CabinetPlan((), matrix=replace(ON_PINS, active_high=False)),
    "registers": CabinetPlan(
        (), matrix=replace(ON_PINS, rows=(0, 1), columns=(2, 3, 9), outputs=ShiftRegisterPlan(0, 25))
    ),
}
SWITCHED = ("coil", "matrix", "matrix, active low", "registers")
ENDS = {"pusher": TurnResult.RAN, "servo": TurnResult.RAN} | dict.fromkeys(SWITCHED, TurnResult.CAME_HOME)


@contextmanager
def twin_of(kind: str) -> Iterator[Twin]:
    twin = Twin(KINDS[kind])
    try:
        yield twin
    finally:
        twin.cabinet.close()
        assert twin.is_at_rest


@pytest.mark.parametrize("kind", KINDS)
def test_each_turn_of_every_kind_lets_one_item_fall_and_leaves_nothing_on(kind: str) -> None:
    with twin_of(kind) as twin:
        for slot in ("A1", "A2", "A1"):
            assert twin.move(slot) is ENDS[kind]
            assert twin.is_at_rest

        assert twin.bench.world.tray == ["A1", "A2", "A1"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_hangs_falls_by_one_nudge_of_every_kind(kind: str) -> None:
    with twin_of(kind) as twin:
        twin.bench.world.set_fault("A1", Fault.HANG)
        twin.move("A1")
        assert twin.bench.world.tray == []

        assert twin.move("A1", Motion.NUDGE) is TurnResult.NUDGED

        assert twin.bench.world.tray == ["A1"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_motion_of_every_kind_that_is_cut_leaves_nothing_on(kind: str) -> None:
    with twin_of(kind) as twin:
        twin.cabinet.start_turn("A1", twin.now)
        twin.pass_time(0.3)
        assert twin.bench.world.running == ["A1"]

        twin.cabinet.stop_motors()

        assert twin.is_at_rest


def off_home(twin: Twin) -> None:
    twin.bench.world.set_angle("A1", 320)


def broken(fault: Fault) -> Callable[[Twin], None]:
    return lambda twin: twin.bench.world.set_fault("A1", fault)


TROUBLES: list[tuple[Callable[[Twin], None], TurnResult, TurnResult]] = [  # of a coil, of a coil in a matrix
    (off_home, TurnResult.HOMED, TurnResult.HOMED),
    (broken(Fault.JAM), TurnResult.JAMMED, TurnResult.JAMMED),
    (broken(Fault.STUCK_HOME), TurnResult.NEVER_LEFT, TurnResult.NEVER_LEFT),
    (broken(Fault.STUCK_OPEN), TurnResult.JAMMED, TurnResult.JAMMED),
    (broken(Fault.SLOW), TurnResult.CAME_HOME, TurnResult.CAME_HOME),
    (broken(Fault.UNPLUGGED), TurnResult.NEVER_LEFT, TurnResult.NOT_STARTED),  # no current flows
]


@pytest.mark.parametrize("kind", SWITCHED)
@pytest.mark.parametrize(
    ("trouble", "coil", "matrix"), TROUBLES, ids=["off home", "jam", "closed", "open", "slow", "unplugged"]
)
def test_a_home_switch_tells_what_is_the_matter_on_its_own_pin_and_on_the_line_of_a_matrix(
    kind: str, trouble: Callable[[Twin], None], coil: TurnResult, matrix: TurnResult
) -> None:
    with twin_of(kind) as twin:
        trouble(twin)

        assert twin.move("A1") is (coil if kind == "coil" else matrix)
