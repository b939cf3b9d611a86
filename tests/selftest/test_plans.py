"""The plan of a bare bench: what is read from JSON, and what is refused because a motor could run unasked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hardware.plan import (
    CabinetPlan,
    CoilPlan,
    InputPlan,
    LevelPlan,
    MatrixCoilPlan,
    MatrixPlan,
    OutputPlan,
    PusherPlan,
    ServoPlan,
    ShiftRegisterPlan,
    SupplyPlan,
)
from hardware.selftest.plans import MOTOR_PINS, PINS, PlanUnusable, read_plan
from kiosk.config.rules import PULLED_UP, SERIAL_CONSOLE

COIL = {"slot": "A1", "motor": 17, "home": 27}
CHAIN = {"spi": 0, "output_enable": 25}
SMALL = {"rows": [9], "columns": [12], "home": 5, "coils": []}
WIDE = SMALL | {"columns": [12, 13]}
PUSHER = {"slot": "B1", "motor": 24, "run_s": 1.5}
SERVO = {"slot": "C1", "pin": 12, "rest_deg": 0, "give_deg": 90, "swing_s": 0.5}
CROSSING = {"slot": "D1", "row": 1, "column": 2}


def plan_of(**parts: object) -> CabinetPlan:
    return read_plan(json.dumps(parts))


def test_a_bare_number_is_a_pin_with_the_usual_polarity() -> None:
    assert plan_of(coils=[COIL], drop_sensor=22, door={"pin": 23, "active_low": False}) == CabinetPlan(
        (CoilPlan("A1", OutputPlan(17), InputPlan(27)),), InputPlan(22), InputPlan(23, active_low=False)
    )


def test_every_kind_of_dispenser_can_stand_on_a_bench() -> None:
    plan = plan_of(
        pushers=[PUSHER | {"level": {"sensor": 6, "at": 3}}],
        servos=[SERVO],
        matrix={"rows": [0, 1], "columns": [2, 3], "home": 5, "coils": [CROSSING], "outputs": CHAIN},
        supply={"pin": 26},
    )

    assert plan.pushers == (PusherPlan("B1", OutputPlan(24), 1.5, level=LevelPlan(InputPlan(6), 3)),)
    assert plan.servos == (ServoPlan("C1", 12, 0.0, 90.0, 0.5),)
    assert plan.matrix == MatrixPlan(
        (0, 1), (2, 3), InputPlan(5), (MatrixCoilPlan("D1", 1, 2),), outputs=ShiftRegisterPlan(0, 25)
    )
    assert plan.supply == SupplyPlan(26)


def test_a_plan_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps({"coils": [COIL]}))

    assert read_plan(str(tmp_path / "plan.json")) == plan_of(coils=[COIL])


def test_a_motor_is_safe_on_the_same_pins_as_in_a_configuration() -> None:
    assert set(MOTOR_PINS) == set(PINS) - set(PULLED_UP) - set(SERIAL_CONSOLE)


@pytest.mark.parametrize("pin", sorted(set(PINS) - MOTOR_PINS))
@pytest.mark.parametrize("kind", ["coil", "pusher", "servo", "matrix", "supply"])
def test_no_motor_stands_on_a_pin_that_is_not_low_at_boot(kind: str, pin: int) -> None:
    free = 22
    parts: dict[str, dict[str, object]] = {
        "coil": {"coils": [COIL | {"motor": pin}]},
        "pusher": {"pushers": [PUSHER | {"motor": pin}]},
        "servo": {"servos": [SERVO | {"pin": pin}]},
        "matrix": {"matrix": {"rows": [pin], "columns": [free], "home": 27, "coils": [CROSSING]}},
        "supply": {"coils": [COIL], "supply": pin},
    }

    with pytest.raises(PlanUnusable, match=f"no motor on pin {pin}, which is not low at boot"):
        plan_of(**parts[kind])


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "the plan names no part"),
        ({"coils": [COIL | {"motor": {"pin": 17, "active_high": False}}]}, "no active-low motor on pin 17"),
        ({"door": 23, "matrix": SMALL | {"active_high": False, "outputs": CHAIN}}, "no active-low lines behind shift"),
        ({"coils": [COIL], "door": 27}, "pin 27 is used twice"),
        ({"door": 8, "matrix": SMALL | {"outputs": CHAIN}}, "pin 8 is used twice"),
        ({"door": 23, "matrix": SMALL | {"coils": [CROSSING]}}, "slot D1: there is no row 1 and column 2"),
        ({"door": 23, "matrix": SMALL | {"coils": [CROSSING | {"row": 0, "column": 1}]}}, "there is no row 0"),
        ({"door": 23, "matrix": WIDE | {"coils": [CROSSING, CROSSING | {"slot": "D2"}]}}, "column 2 is used twice"),
        ({"door": 23, "matrix": WIDE | {"columns": [2, 64], "outputs": CHAIN}}, "there is no output 64"),
        ({"door": 23, "matrix": WIDE | {"columns": [9, 12], "outputs": CHAIN}}, "output 9 is used twice"),
        ({"pushers": [PUSHER | {"run_s": 10}]}, "limits.lease_s must outlast every turn"),
        ({"coils": [COIL], "limits": {"lease_s": 61}}, "be 60 at the most"),
        ({"servos": [SERVO | {"give_deg": -91}]}, "slot C1: a servo swings up to 90 degrees"),
        ({"coils": [COIL, COIL | {"motor": 18, "home": 4}]}, "slot A1 is used twice"),
        ({"coils": [COIL], "door": 28}, "there is no pin 28"),
        ({"coils": [{"slot": "A1", "motor": 17}]}, r"plan.coils\[0\] needs 'home'"),
        ({"coils": [COIL | {"hmoe": 1}]}, r"plan.coils\[0\] has no 'hmoe'; it has slot, motor, home"),
        ({"coils": [COIL | {"slot": 1}]}, r"plan.coils\[0\].slot must be str, not 1"),
        ({"coils": [COIL | {"motor": True}]}, r"plan.coils\[0\].motor must be a section"),
        ({"coils": COIL}, "plan.coils must be a list"),
        ({"door": 23, "matrix": SMALL | {"outputs": CHAIN | {"spi": 1}}}, "there is no SPI bus 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_place(parts: dict[str, object], words: str) -> None:
    with pytest.raises(PlanUnusable, match=words):
        plan_of(**parts)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("{no",), "this is no JSON"),
        (("nowhere.json",), "nowhere.json cannot be read: No such file or directory"),
        ((json.dumps({"coils": [COIL]}), "--only", "B1"), "there is no part B1; the parts are A1"),
        ((json.dumps({"coils": [COIL]}), "--compare", "nowhere.json"), "nowhere.json cannot be read"),
    ],
)
def test_wrong_usage_of_the_program_is_told_in_a_sentence(arguments: tuple[str, ...], words: str) -> None:
    command = [sys.executable, "-m", "hardware.selftest", *arguments]
    tried = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert (tried.returncode, words in tried.stderr, "Traceback" in tried.stderr) == (2, True, False)
