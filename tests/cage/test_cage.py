"""Killed at any moment of a vend, with pins that keep their level or let go, a kiosk is safe at its next start."""

from __future__ import annotations

import signal
from pathlib import Path

from hardware.bench.physics import BURN_S
from tests.cage.cage import Moment
from tests.cage.life import caged_life
from tests.cage.protections import BARE, Protection
from tests.process.service import wait_for

# what passes between service and pins in a vend
VEND = [
    "read 5",  # is the coil at home?
    "write 24 1",
    "edge 5 1",  # it has left home
    "read 5",
    "edge 5 0",  # it is home again
    "write 24 0",
    "edge 22 0",  # the item falls through the beam
    "edge 22 1",
]
ON, LEFT, OFF, DROP = (VEND.index(thing) + 1 for thing in ("write 24 1", "edge 5 1", "write 24 0", "edge 22 0"))

KEPT = {
    "before the motor goes on": Moment(ON),
    "as the motor goes on": Moment(ON, late=True),
    "as the coil leaves home": Moment(LEFT),
    "in the middle of a turn": Moment(turned_s=0.8),
    "just before the item falls": Moment(turned_s=1.33),
    "just after the item fell": Moment(turned_s=1.34),
    "before the motor goes off": Moment(OFF),
    "as the motor goes off": Moment(OFF, late=True),
    "as the drop is seen": Moment(DROP),
    "while the outcome is written": Moment(DROP, late=True, wait_s=0.002),
}
LET_GO = [KEPT[name] for name in ("as the motor goes on", "in the middle of a turn", "before the motor goes off")]
STOPPED = {
    signal.SIGTERM: Moment(ON, late=True),
    signal.SIGHUP: Moment(turned_s=0.8),
    signal.SIGINT: Moment(OFF, late=True),  # in the drop window
}
NEVER = Moment(99)
RESTART_S = 0.5  # of the cabinet: shorter than a real restart, so that a motor left on is still in its turn


def test_a_vend_passes_eight_things_between_service_and_pins(tmp_path: Path) -> None:
    with caged_life(tmp_path, BARE, tickets=1) as life:
        assert life.service.process
        life.cage.arm(NEVER, signal.SIGKILL, life.service.process.pid)
        life.service.scan(life.tickets.pop())
        wait_for("the vend", lambda: len(life.cage.passed) == len(VEND))

        # what is read when the coil has long left home may come after the item has fallen on a busy computer
        assert sorted(life.cage.passed) == sorted(VEND)


def test_killed_at_any_moment_the_next_start_drives_all_motors_low_first_and_counts_right(tmp_path: Path) -> None:
    with caged_life(tmp_path, BARE, tickets=len(KEPT)) as life:
        life.cage.alone_s = RESTART_S
        for moment in KEPT.values():
            life.vend_and_hit(moment)
            life.go_on()
        life.end()

    assert life.tally.kills == len(KEPT)
    assert life.tally.motors_left_on >= 5
    assert life.tally.uncertain >= 7


def test_a_start_that_is_killed_too_leaves_a_motor_on_only_until_a_start_gets_through(tmp_path: Path) -> None:
    with caged_life(tmp_path, BARE, tickets=1) as life:
        life.vend_and_hit(Moment(turned_s=0.4))
        life.start_and_kill(Moment(1))
        assert life.cage.motors_on() == ["B1"]

        life.start_and_kill(Moment(40))
        life.go_on()
        life.end()


def test_pins_that_let_go_stop_the_motor_with_the_service(tmp_path: Path) -> None:
    with caged_life(tmp_path, BARE | {Protection.STRICT}, tickets=len(LET_GO)) as life:
        life.cage.alone_s = 60.0
        for moment in LET_GO:
            life.vend_and_hit(moment)
            assert life.cage.motors_on() == []
            life.go_on()
        life.end()

    assert life.tally.ran_alone == 0


def test_told_to_end_a_service_leaves_no_motor_on_though_pins_keep_their_level(tmp_path: Path) -> None:
    with caged_life(tmp_path, BARE, tickets=len(STOPPED)) as life:
        life.cage.alone_s = 60.0
        for number, moment in STOPPED.items():
            life.vend_and_hit(moment, number)
            life.go_on()
        life.end()

    assert life.tally.stops == len(STOPPED)
    assert life.tally.ran_alone == 0


def test_without_a_next_start_a_motor_left_on_burns(tmp_path: Path) -> None:
    """No promise, but what a service alone cannot prevent: strict_gpiod, a safe-state program or motor_enable must."""
    with caged_life(tmp_path, BARE, tickets=1) as life:
        life.cage.alone_s = BURN_S
        life.vend_and_hit(Moment(ON, late=True))

        assert life.cage.burned == "the motor of B1 was on for 12 s"
