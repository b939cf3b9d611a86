"""As many turns and vends of a full matrix as fit into some seconds; and the proof that goes on adds up."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from hardware.bench.physics import Fault
from hardware.plan import CabinetPlan, InputPlan, MatrixPlan, ShiftRegisterPlan
from tests.hardware.twin import Twin
from tests.matrix.proof import go_on, live, read_report
from tests.matrix.serving import COLUMNS, ROWS, SLOTS, NotAsAsked, crossing, full_matrix, serve_one

VENDS = 1000  # a vend of a whole kiosk takes as long as ten turns; make proof goes on with them

PINS = MatrixPlan(tuple(ROWS.values()), COLUMNS, InputPlan(5), tuple(crossing(slot) for slot in SLOTS))
REGISTERS = replace(PINS, rows=tuple(range(8)), columns=tuple(range(8, 17)), outputs=ShiftRegisterPlan(0, 25))


@pytest.mark.parametrize(("matrix", "turns"), [(PINS, 5000), (REGISTERS, 1000)], ids=["pins", "registers"])
def test_each_of_thousands_of_turns_moves_one_coil_of_72_and_brings_one_item(matrix: MatrixPlan, turns: int) -> None:
    twin, chance = Twin(CabinetPlan((), InputPlan(6), matrix=matrix)), random.Random(0)
    for _ in range(turns):
        slot = chance.choice(SLOTS)
        twin.bench.world.set_angle(slot, chance.choice((0.0, 0.0, 0.0, 200.0)))
        before = {each: (coil.angle, coil.items) for each, coil in twin.bench.world.coils.items()}

        twin.move(slot)

        after = {each: (coil.angle, coil.items) for each, coil in twin.bench.world.coils.items()}
        assert [each for each in SLOTS if after[each] != before[each]] == [slot]
        assert after[slot][0] == pytest.approx(350.0)
        assert after[slot][1] == before[slot][1] - 1
        assert twin.is_at_rest
    twin.cabinet.close()


def test_every_coil_of_a_full_matrix_turns_as_asked_and_no_neighbour_moves() -> None:
    served = live(seed=0, vends=VENDS)

    assert served.vends == VENDS
    assert sorted(served.coils) == sorted(SLOTS)


@pytest.mark.parametrize("fault", [Fault.DOUBLE, Fault.NO_DROP, Fault.JAM])
def test_a_vend_that_is_not_as_asked_is_noticed(tmp_path: Path, fault: Fault) -> None:
    with full_matrix(tmp_path / "data") as kiosk:
        kiosk.load("D5", 3)
        kiosk.world.set_fault("D5", fault)

        with pytest.raises(NotAsAsked):
            serve_one(kiosk, "D5")


def test_a_neighbour_that_moves_is_noticed(tmp_path: Path) -> None:
    with full_matrix(tmp_path / "data") as kiosk:
        kiosk.load("D5", 3)
        kiosk.witness.acts += 1
        when = kiosk.world.when

        def push(what: str, slot: str | None, is_so: bool) -> None:
            when(what, slot, is_so)
            if what == "motor_off":
                kiosk.world.coils["D6"].angle += 1

        kiosk.world.when = push

        with pytest.raises(NotAsAsked, match="'D6'"):
            serve_one(kiosk, "D5")


def test_two_runs_of_the_proof_add_up_and_no_seed_is_served_twice(tmp_path: Path) -> None:
    path = tmp_path / "proof" / "matrix.json"
    first = go_on(path, minutes=0.0001, vends=20)
    second = go_on(path, minutes=0.0001, vends=20)

    assert (first.next_seed, second.next_seed) == (1, 2)
    assert second.served.vends == 40
    assert read_report(path) == second
    assert second.broken == {}
