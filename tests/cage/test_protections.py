"""What each protection is good for: a motor is on, the service fails, and only some of the protections are there.

Real services, with pins and cabinet in another process. *on*: the motor still has power once all that could take it had
the time to. A column in which nothing changed would be a protection that is good for nothing.
"""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from hardware.bench.physics import BURN_S, ONE_SHOT_S
from kiosk.core.asks import Verdict, VerifyLedger
from tests.cage.cage import SPEED, Moment
from tests.cage.life import Life, caged_life
from tests.cage.protections import ALL, BARE, BY, HOLDS, LEASE_S, LIVES_ON, Failure, Protection
from tests.process.service import wait_for

NONE: frozenset[Protection] = frozenset()
SETS = {
    "none": NONE,
    **{f"only {protection}": frozenset({protection}) for protection in Protection},
    "all": ALL,
    **{f"all but {protection}": ALL - {protection} for protection in Protection},
}
SIGNAL = {
    Failure.KILLED: signal.SIGKILL,
    Failure.TOLD: signal.SIGTERM,
    Failure.STOPPED: signal.SIGSTOP,
    Failure.HUNG: signal.SIGUSR1,
}
IN_A_TURN = Moment(turned_s=0.4)

FOUND = """\
                         killed  told to end  stopped  hung
none                     on      on           on       on
only signal handlers     on      off          on       on
only lease timer         on      on           on       off
only strict_gpiod        off     off          on       on
only safe state          off     off          on       on
only motor_enable        off     off          off      off
all                      off     off          off      off
all but signal handlers  off     off          off      off
all but lease timer      off     off          off      off
all but strict_gpiod     off     off          off      off
all but safe state       off     off          off      off
all but motor_enable     off     off          on       off
"""


def test_each_protection_takes_the_motors_power_where_the_table_says_so_and_nowhere_else(tmp_path: Path) -> None:
    cells = [(failure, name) for name in SETS for failure in Failure]
    with ThreadPoolExecutor(12) as lives:  # nearly all they do is wait
        found = dict(zip(cells, lives.map(partial(stays_on, tmp_path), cells), strict=True))

    assert table(found) == FOUND


@pytest.mark.parametrize("failure", Failure)
def test_the_table_is_what_the_random_lives_are_held_to(failure: Failure) -> None:
    rows = {line[:25].strip(): line[25:].replace("told to end", "told").split() for line in FOUND.splitlines()}
    place = list(Failure).index(failure)

    held = {name for name, row in rows.items() if name in SETS and row[place] == "off"}
    assert held == {name for name, protections in SETS.items() if HOLDS[failure] & protections}


def stays_on(folder: Path, cell: tuple[Failure, str]) -> bool:
    """Whether the motor is still on, long after a service with those protections failed so in the middle of a turn."""
    failure, name = cell
    place = folder / f"{failure} {name}".replace(" ", "-")
    place.mkdir()
    with caged_life(place, SETS[name]) as life:
        fail(life, failure)
        return life.cage.motors_on() != []


def fail(life: Life, failure: Failure) -> None:
    """Let a turn begin and the service fail in it; then let pass what the protections that are there may need."""
    process = life.service.process
    assert process
    life.cage.arm(IN_A_TURN, SIGNAL[failure], process.pid)
    life.service.scan(life.tickets.pop())
    if failure in LIVES_ON:
        life.wait_for_standstill(failure)
        assert life.cage.on_s > 0, "no motor was on"
        life.cage.wait_until_off((LEASE_S + 0.7) * SPEED)
        return
    wait_for("the end of the service", lambda: process.poll() is not None)
    life.cage.wait_until_left()
    assert life.cage.on_s > 0, "no motor was on"
    if Protection.SAFE_STATE in life.protections:
        assert life.make_safe().returncode == 0
    life.cage.pass_alone(2 * ONE_SHOT_S)


def table(found: dict[tuple[Failure, str], bool]) -> str:
    """The cells as text."""
    rows = [["", *Failure], *([name, *(_word(found[failure, name]) for failure in Failure)] for name in SETS)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _word(is_on: bool) -> str:
    return "on" if is_on else "off"


# --- what else may become of a service that stands still


def test_a_stopped_service_without_motor_enable_burns_its_motor(tmp_path: Path) -> None:
    """No promise, but why motor_enable is advised: the lease's thread is stopped with all others."""
    with caged_life(tmp_path, ALL - {Protection.PULSE}) as life:
        assert life.service.process
        life.cage.arm(IN_A_TURN, signal.SIGSTOP, life.service.process.pid)
        life.service.scan(life.tickets.pop())
        wait_for("the motor to burn", lambda: life.cage.burned)

        assert life.cage.burned == f"the motor of B1 was on for {BURN_S:g} s"


@pytest.mark.parametrize("rest", [Protection.STRICT, Protection.SAFE_STATE])
def test_a_stopped_service_that_is_killed_by_a_watchdog_leaves_no_motor_on(tmp_path: Path, rest: Protection) -> None:
    with caged_life(tmp_path, BARE | {rest}) as life:
        life.vend_and_hit(IN_A_TURN, signal.SIGSTOP)
        assert life.cage.motors_on() == []

        life.go_on()
        life.end()


def test_a_stopped_service_that_goes_on_cuts_its_motor_at_once_and_records_the_vend(tmp_path: Path) -> None:
    with caged_life(tmp_path, BARE) as life:
        process = life.service.process
        assert process
        life.cage.arm(IN_A_TURN, signal.SIGSTOP, process.pid)
        life.service.scan(life.tickets.pop())
        life.wait_for_standstill(Failure.STOPPED)
        life.cage.wait_until_off((LEASE_S + 0.5) * SPEED)
        assert life.cage.motors_on() == ["B1"]

        process.send_signal(signal.SIGCONT)
        wait_for("the motor to be off", lambda: not life.cage.motors_on())
        assert life.ask(VerifyLedger()) == Verdict(())  # it is there as before
        life.end()  # and every vend has ended once


def test_the_signals_of_the_table_are_those_of_the_lives() -> None:
    assert {BY[number] for number in SIGNAL.values()} == set(Failure)
