"""What happens to a kiosk: broken parts, a disk that fails, a clock that jumps, a service that ends, a pulled plug.

Add a function and its line in one of the tables.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import apsw

from hardware.bench.physics import Fault
from hardware.events import ScannerFound, ScannerLost
from kiosk.translation import TRANSLATION
from tests.cuts.disk import FOREVER
from tests.cuts.life import PowerLost
from tests.sim.acts import Act
from tests.sim.stage import Stage
from tests.sim.technicians import count_all
from tests.sim.truth import NAMES, SLOTS

FAULTS = {
    Fault.JAM: "{slot} will jam.",
    Fault.NO_DROP: "{slot} will turn and let nothing fall.",
    Fault.HANG: "What should fall from {slot} will hang there until the coil moves again.",
    Fault.THIN: "What falls from {slot} will miss the light beam.",
    Fault.DOUBLE: "{slot} will let two fall at once.",
    Fault.STUCK_HOME: "The home switch of {slot} sticks.",
    Fault.STUCK_OPEN: "The home switch of {slot} closes no more.",
    Fault.UNPLUGGED: "The motor of {slot} comes unplugged.",
    Fault.SLOW: "The motor of {slot} becomes slow.",
    Fault.BEAM_BLOCKED: "Dirt at {slot} covers the light beam.",
    Fault.NONE: "{slot} is as it should be.",
}
HONEST = (Fault.JAM, Fault.SLOW, Fault.NO_DROP)
# a vend makes about 20 I/Os, a start about 45
MOST_IOS = 60
CLOCKS = {
    "ten years ahead": timedelta(days=3653),
    "ten years back": timedelta(days=-3652),
    "a minute back": timedelta(minutes=-1),
    "as it was": timedelta(),
}
MOMENTS = {
    "to the first of January 1970": datetime(1970, 1, 1, tzinfo=UTC),
    "to the end of 32-bit time, in 2038": datetime(2038, 1, 19, 3, 14, 5, tzinfo=UTC),
    "to a moment before summer time ends": datetime(2026, 10, 25, 0, 59, 58, tzinfo=UTC),
    "to a moment before summer time begins": datetime(2027, 3, 28, 0, 59, 58, tzinfo=UTC),
    "to a moment before a leap day": datetime(2028, 2, 28, 22, 59, 58, tzinfo=UTC),
    "to a moment before a leap day ends": datetime(2028, 2, 29, 22, 59, 58, tzinfo=UTC),
    "to a moment before the year ends": datetime(2026, 12, 31, 22, 59, 58, tzinfo=UTC),
}


# --- the cabinet


def break_honestly(at: Stage) -> None:
    _break(at, at.chance.choice(HONEST))


def break_somehow(at: Stage) -> None:
    _break(at, at.chance.choice(list(Fault)))


def _break(at: Stage, fault: Fault) -> None:
    slot = at.chance.choice(SLOTS)
    at.tell(FAULTS[fault].format(slot=slot))
    at.set_fault(slot, fault)


def mend_all(at: Stage) -> None:
    at.tell("All slots are as they should be.")
    for slot in SLOTS:
        at.set_fault(slot, Fault.NONE)


def turn_by_hand(at: Stage) -> None:
    slot, angle = at.chance.choice(SLOTS), at.chance.randrange(0, 360, 15)
    if at.kiosk.controller.situation.vend:
        return  # nobody has a hand inside now
    at.tell(f"Somebody turns the coil of {slot} by hand, to {angle} degrees.")
    at.disturb()
    at.world.set_angle(slot, angle)


def lose_scanner(at: Stage) -> None:
    at.tell("The reader's cable is pulled.")
    at.kiosk.controller.post(TRANSLATION[ScannerLost](ScannerLost("device disconnected")))
    at.pass_time(at.chance.uniform(0, 20))
    at.tell("The reader is plugged in again.")
    at.kiosk.controller.post(TRANSLATION[ScannerFound](ScannerFound()))


def leave_door_open(at: Stage) -> None:
    at.tell("The door springs open.")
    at.set_door(is_open=True)


def hold_owner_up(at: Stage) -> None:
    seconds = round(at.chance.choice((0.3, 1, 3, 9, 15)) * at.chance.uniform(0.5, 1), 2)
    at.tell(f"The program is held up for {seconds:g} s.")
    at.hold_up(seconds)


def hang_in_a_turn(at: Stage) -> None:
    item, seconds = at.chance.choice(("naloxone", "condoms", "strips")), round(at.chance.uniform(1, 15), 2)
    at.tell(f"A person touches {NAMES[item]}; while the coil turns, the program hangs for {seconds:g} s.")
    at.touch(item)
    at.pass_time(at.chance.uniform(0, 1.5))
    at.hold_up(seconds)


def lose_network(at: Stage) -> None:
    at.operator.is_reached = not at.operator.is_reached
    at.tell(f"The network is {'back' if at.operator.is_reached else 'lost'}.")


CABINET = (
    Act(6, break_honestly),
    Act(4, break_somehow),
    Act(4, mend_all),
    Act(2, turn_by_hand),
    Act(1, lose_scanner),
    Act(1, leave_door_open),
    Act(1, hold_owner_up),
    Act(2, hang_in_a_turn),
    Act(1, lose_network),
)


# --- the disk


def fail_once(at: Stage) -> None:
    ios = at.chance.randint(1, 30)
    at.tell(f"The disk will fail once, at its I/O number {ios} from now.")
    at.disk.error = apsw.SQLITE_IOERR
    at.disk.failing = range(at.disk.ios + ios, at.disk.ios + ios + 1)


def fail_for_a_while(at: Stage) -> None:
    at.tell("The disk fails from now on.")
    at.disk.error = apsw.SQLITE_IOERR
    at.disk.failing = range(at.disk.ios + at.chance.randint(1, 10), FOREVER)


def fill_up(at: Stage) -> None:
    at.tell("The disk is full.")
    at.disk.error = apsw.SQLITE_FULL
    at.disk.failing = range(at.disk.ios + 1, FOREVER)


def repair_disk(at: Stage) -> None:
    at.tell("The disk is in order.")
    at.disk.repair()


def repair_disk_and_count(at: Stage) -> None:
    """At once: what waits for the disk must be booked before what is counted."""
    repair_disk(at)
    count_all(at)


STORAGE = (
    Act(3, fail_once),
    Act(2, fail_for_a_while),
    Act(2, fill_up),
    Act(3, repair_disk),
    Act(2, repair_disk_and_count),
)


# --- the clock


def jump(at: Stage) -> None:
    name = at.chance.choice(list(CLOCKS))
    at.tell(f"The clock is set {name}.")
    at.shift = CLOCKS[name] if name == "as it was" else at.shift + CLOCKS[name]
    at.shift = max(min(at.shift, timedelta(days=365 * 60)), timedelta(days=-365 * 60))


def jump_to(at: Stage) -> None:
    name = at.chance.choice(list(MOMENTS))
    at.tell(f"The clock is set {name}.")
    at.shift += MOMENTS[name] - at.wall()


def lose_trust(at: Stage) -> None:
    at.is_trusted = at.chance.random() < 0.5
    at.tell(f"The clock is {'trusted' if at.is_trusted else 'not trusted'}.")


CLOCK = (Act(2, jump), Act(3, jump_to), Act(2, lose_trust))


# --- the process and the plug


def stop_service(at: Stage) -> None:
    at.tell("The service is asked to end, and starts again.")
    at.stop_in_order()


def kill_service(at: Stage) -> None:
    at.tell("The process is killed, and another starts.")
    at.end_without_a_word()


def pull_plug(at: Stage) -> None:
    at.tell("The plug is pulled.")
    at.disk.cut_now()
    raise PowerLost


def pull_plug_soon(at: Stage) -> None:
    ios = at.chance.randint(1, MOST_IOS)
    at.tell(f"The plug will be pulled at the disk's I/O number {ios} from now.")
    at.disk.cut_after(ios)


def pull_plug_at_motor_on(at: Stage) -> None:
    at.tell("The plug will be pulled at the instant the next motor goes on.")
    at.cuts_at_motor_on = True


ENDS = (
    Act(2, stop_service),
    Act(2, kill_service),
    Act(3, pull_plug),
    Act(6, pull_plug_soon),
    Act(2, pull_plug_at_motor_on),
)
