"""kiosk-safe-state on pins that a dead service has left as they were, or that somebody still holds."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.safe_state import DONE, FAILED
from tests.cage.cage import Moment
from tests.cage.life import Life, caged_life
from tests.cage.protections import Failure, Protection
from tests.process.service import PATIENCE_S, wait_for

IN_A_TURN = Moment(turned_s=0.4)
A1, A2, B1 = 17, 18, 24
NO_LEASE = frozenset({Protection.HANDLERS})  # a busy computer must not let it run out before the kill


@pytest.fixture
def left_on(tmp_path: Path) -> Iterator[Life]:
    """A kiosk whose service was killed while B1's motor was on, and whose kernel keeps the pins' levels."""
    with caged_life(tmp_path, NO_LEASE) as life:
        life.vend_and_hit(IN_A_TURN)
        assert life.cage.motors_on() == ["B1"]
        yield life


def level(life: Life, pin: int) -> tuple[str, bool]:
    found = life.cage.bench.pins.pin(pin)
    return found.function, bool(found.state)


def stop(life: Life) -> None:
    assert life.service.process
    life.cage.arm(IN_A_TURN, signal.SIGSTOP, life.service.process.pid)
    life.service.scan(life.tickets.pop())
    life.wait_for_standstill(Failure.STOPPED)


def test_it_takes_the_power_of_a_motor_that_was_left_on(left_on: Life) -> None:
    made = left_on.make_safe()

    assert (made.returncode, made.stdout, made.stderr) == (DONE, "kiosk-safe-state: 3 outputs are off\n", "")
    assert left_on.cage.motors_on() == []
    assert [level(left_on, pin) for pin in (A1, A2, B1)] == [("output", False)] * 3


def test_it_can_be_run_again_and_again(left_on: Life) -> None:
    assert [left_on.make_safe().returncode for _ in range(3)] == [DONE] * 3


def test_the_next_service_runs_and_records_as_ever(left_on: Life) -> None:
    left_on.make_safe()

    left_on.go_on()
    left_on.end()


def test_the_supplys_pulse_is_low_too(tmp_path: Path) -> None:
    with caged_life(tmp_path, NO_LEASE | {Protection.PULSE}) as life:
        life.vend_and_hit(IN_A_TURN)
        made = life.make_safe()

        assert made.stdout == "kiosk-safe-state: 4 outputs are off\n"
        assert level(life, 13) == ("output", False)


def test_where_pins_let_go_it_leaves_them_to_the_pull_downs(tmp_path: Path) -> None:
    with caged_life(tmp_path, NO_LEASE | {Protection.STRICT}) as life:
        life.vend_and_hit(IN_A_TURN)

        assert life.make_safe().returncode == DONE
        assert level(life, B1) == ("input", False)


@pytest.mark.parametrize("held", [A1, A2])
def test_a_pin_that_somebody_holds_is_named_and_keeps_no_other_on(left_on: Life, held: int) -> None:
    left_on.cage.held = {held}
    made = left_on.make_safe()

    assert made.returncode == FAILED
    assert left_on.cage.motors_on() == []
    (line,) = made.stderr.splitlines()
    assert f"GPIO {held} may be on: GPIO busy" in line
    assert "gpioinfo" in line


def test_a_pin_that_reads_high_all_the_same_is_no_success(left_on: Life) -> None:
    left_on.cage.stuck = {B1}
    made = left_on.make_safe()

    assert made.returncode == FAILED
    assert f"GPIO {B1} may be on: reads 1 although 0 was written" in made.stderr


def test_pins_that_a_stopped_service_holds_are_all_named(tmp_path: Path) -> None:
    with caged_life(tmp_path, NO_LEASE) as life:
        stop(life)
        made = life.make_safe()

        assert made.returncode == FAILED
        assert [line.split()[2] for line in made.stderr.splitlines()] == ["17", "18", "24"]


def test_it_waits_for_a_service_that_still_holds_its_pins_while_it_dies(tmp_path: Path) -> None:
    with caged_life(tmp_path, NO_LEASE) as life:
        stop(life)
        with life.making_safe() as program:
            wait_for("a refusal", lambda: B1 in life.cage.refused)
            assert life.service.process
            life.service.process.kill()

            assert program.wait(PATIENCE_S) == DONE
        assert life.cage.motors_on() == []


@pytest.mark.parametrize("chip", ["4", "10"])
def test_it_finds_the_headers_chip_whatever_its_number(left_on: Life, chip: str) -> None:
    assert left_on.make_safe(KIOSK_CAGE_CHIP=chip).returncode == DONE
    assert left_on.cage.motors_on() == []


@pytest.mark.parametrize("label", ["gpio-brcmstb@107d508500", "raspberrypi-exp-gpio"])
def test_it_touches_no_chip_but_the_headers(left_on: Life, label: str) -> None:
    made = left_on.make_safe(KIOSK_CAGE_LABEL=label)

    assert made.returncode == FAILED
    assert "no chip with the header's pins can be opened" in made.stderr
    assert "group gpio" in made.stderr
    assert left_on.cage.motors_on() == ["B1"]
