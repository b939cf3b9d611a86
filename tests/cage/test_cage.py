"""Killed at any moment of a vend, with pins that keep their level or let go: the next start is safe and counts right."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from hardware.bench.physics import CabinetBurned
from tests.cage.cage import Moment
from tests.cage.life import caged_life

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
LET_GO = {name: KEPT[name] for name in ("as the motor goes on", "in the middle of a turn", "before the motor goes off")}


def test_killed_at_any_moment_the_next_start_drives_all_motors_low_and_counts_right(tmp_path: Path) -> None:
    with caged_life(tmp_path, keeps_levels=True, tickets=len(KEPT)) as life:
        life.cage.alone_s = 0.2
        for moment in KEPT.values():
            life.vend_and_hit(moment)
            life.start()
            life.hold()
        life.end()
    print(life.tally)
