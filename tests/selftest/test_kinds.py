"""Dispensers of each kind are tried as the cabinet drives them: by their switch, by their time, at a crossing."""

from __future__ import annotations

import io

import pytest
from gpiozero import DigitalInputDevice

from hardware.bench.bench import Bench
from hardware.plan import (
    CabinetPlan,
    InputPlan,
    MatrixCoilPlan,
    MatrixPlan,
    OutputPlan,
    PusherPlan,
    ServoPlan,
    ShiftRegisterPlan,
)
from hardware.selftest.report import Report
from hardware.selftest.session import Surroundings, try_cabinet
from hardware.selftest.technician import Absent
from hardware.selftest.tour import Terms
from tests.selftest.stage import VirtualTime

BEAM = InputPlan(22)
CROSSINGS = (MatrixCoilPlan("D1", 1, 2), MatrixCoilPlan("D2", 2, 1))
PUSHER = CabinetPlan((), BEAM, pushers=(PusherPlan("B1", OutputPlan(24), 1.5),))
SERVO = CabinetPlan((), BEAM, servos=(ServoPlan("C1", 12, 0.0, 90.0, 0.5),))
MATRIX = CabinetPlan((), BEAM, matrix=MatrixPlan((9, 10), (12, 13), InputPlan(5), CROSSINGS, presence=InputPlan(6)))
CHAIN = CabinetPlan(
    (), BEAM, matrix=MatrixPlan((0, 1), (2, 3), InputPlan(5), CROSSINGS, outputs=ShiftRegisterPlan(0, 25))
)


def tried(plan: CabinetPlan, slot: str = "", fault: str | None = None, occupied: int | None = None) -> Report:
    time = VirtualTime()
    bench = Bench(plan, lambda: time.now, lambda *_, **__: None)
    if fault:
        bench.break_slot(slot, fault, None)
    kept = DigitalInputDevice(occupied, pin_factory=bench.pins) if occupied else None
    time.live(bench, lambda: time.now)
    around = Surroundings(Absent(io.StringIO()), lambda: time.now, time.timers, time)
    report = try_cabinet(plan, bench.pins, around, Terms(), lambda _: None)
    del kept  # gpiozero closes a device that nobody holds
    assert (bench.world.running, bench.lines_on) == ([], [])
    return report


def said(report: Report, slot: str) -> str:
    return next(f"{each.grade} {each.words}" for each in report.findings if each.part == slot)


@pytest.mark.parametrize(("plan", "slot"), [(PUSHER, "B1"), (SERVO, "C1")], ids=["pusher", "servo"])
def test_what_no_switch_watches_is_held_to_the_drop_alone(plan: CabinetPlan, slot: str) -> None:
    assert said(tried(plan), slot).startswith("OK ran its time, drop after ")
    assert said(tried(plan, slot, "no_drop"), slot) == "WARN nothing fell; ran its time"


@pytest.mark.parametrize("plan", [MATRIX, CHAIN], ids=["on pins", "behind shift registers"])
def test_coils_of_a_matrix_are_tried_one_by_one(plan: CabinetPlan) -> None:
    report = tried(plan)

    assert [said(report, slot).split(",")[0] for slot in ("D1", "D2")] == ["OK left home after 0.04 s"] * 2


def test_a_crossing_through_which_no_current_flows_has_no_motor() -> None:
    assert said(tried(MATRIX, "D1", "unplugged"), "D1") == "FAIL no motor answers"


def test_what_one_dead_line_takes_along_is_told_of_each_coil() -> None:
    report = tried(MATRIX, occupied=12)

    for slot in ("D1", "D2"):
        assert said(report, slot) == "FAIL cannot be driven"
    assert all("GPIO 12 cannot be used" in each.remedy for each in report.findings if each.part != "drop-sensor")
