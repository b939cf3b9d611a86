"""Eight things that can be missing or broken around a kiosk: how each is put in, and what the kiosk then says of it.

The kiosk that is put there has everything that a real one has: threads for scanner, broker and pages, pages that are
touched over HTTP, a cabinet that stands outside. Only clock, timers and the owner's thread are the test's.
"""

from __future__ import annotations

import os
import pty
import socket
import tty
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import apsw

from hardware.bench.bench import Bench
from hardware.bench.physics import Fault as CoilFault
from hardware.bench.physics import World
from kiosk.calendar import LocalCalendar
from kiosk.core.asks import LoadSlot
from kiosk.core.values import SlotId
from kiosk.ledger.desk import answer
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.snapshot import Snapshot
from kiosk.translation import plan_of
from kiosk.wiring import Kiosk, Surroundings
from tests.broker import free_port, wait_for
from tests.cuts.disk import FOREVER, Disk, simulated_disk
from tests.kit import CONFIG, TODAY, VirtualKiosk, VirtualTimers

# what Linux answers to a connection there is what it answers to any without a route: Network is unreachable
NO_ROUTE = "255.255.255.255"
AROUND = """
screen: {{port: {screen}}}
scanner: {{port: {scanner}, protocol: lines}}
telemetry: {{broker: 'mqtt://{host}:{port}', grid_minutes: 0}}
"""


@dataclass
class Place:
    """Where a kiosk is put: all is in order, until a fault is put in."""

    folder: Path
    broker: int
    scanner: Path
    disk: Disk
    host: str = "127.0.0.1"
    screen: int = field(default_factory=free_port)
    loaded: int = 5
    now: Callable[[], datetime] = lambda: datetime(2026, 11, 24, 10, tzinfo=UTC)
    is_set: Callable[[], bool] = lambda: True
    breaks_disk: Callable[[Disk], None] = lambda _: None
    breaks_running_disk: Callable[[Disk], None] = lambda _: None
    breaks_world: Callable[[World], None] = lambda _: None
    kept: ExitStack = field(default_factory=ExitStack)

    @property
    def config(self) -> str:
        """The kiosk's configuration, but for ``data`` and ``beam_down``."""
        around = AROUND.format(screen=self.screen, scanner=self.scanner, host=self.host, port=self.broker)
        return CONFIG + around.replace("{", "{{").replace("}", "}}")


# --- how a fault is put in


def take_the_route_away(place: Place) -> None:
    place.host = NO_ROUTE


def end_the_broker(place: Place) -> None:
    place.broker = free_port()


def forget_the_time(place: Place) -> None:
    place.now = lambda: datetime(1970, 1, 1, tzinfo=UTC)
    place.is_set = lambda: False


def unplug_the_scanner(place: Place) -> None:
    place.scanner = place.folder / "nowhere"


def keep_the_ledger_shut(place: Place) -> None:
    place.breaks_disk = fail_for_ever


def fill_the_disk(place: Place) -> None:
    place.breaks_running_disk = fail_for_ever


def occupy_the_screens_port(place: Place) -> None:
    place.kept.enter_context(socket.create_server(("127.0.0.1", place.screen)))


def block_the_beam(place: Place) -> None:
    place.breaks_world = lambda world: world.set_fault("D1", CoilFault.BEAM_BLOCKED)


def load_nothing(place: Place) -> None:
    place.loaded = 0  # as far as the ledger knows: the coils are full


def fail_for_ever(disk: Disk) -> None:
    disk.failing, disk.error = range(disk.ios + 1, FOREVER), apsw.SQLITE_FULL


# --- what the snapshot says then


def says(device: str, remedy: str) -> Callable[[Snapshot], bool]:
    return lambda snapshot: remedy in dict(snapshot.faults).get(device, "")


def counts_no_naloxone(snapshot: Snapshot) -> bool:
    return sum(slot.count for slot in snapshot.stock if slot.item == "naloxone") == 0


class Fault(NamedTuple):
    """*says* is what the snapshot must say; *first_when_asked*: a kiosk notices only when somebody wants something."""

    put_in: Callable[[Place], None]
    says: Callable[[Snapshot], bool]
    first_when_asked: bool = False


FAULTS = {
    "broker": Fault(end_the_broker, says("broker", "the broker")),  # without a network, that is said first
    "network": Fault(take_the_route_away, says("broker", "check the network")),
    "clock": Fault(forget_the_time, lambda _: True),  # no word of it: only codes expire by the clock
    "scanner": Fault(unplug_the_scanner, says("scanner", "check its cable")),
    "database": Fault(keep_the_ledger_shut, says("ledger", "tries again by itself")),
    "browser": Fault(occupy_the_screens_port, says("screen", "end what uses it")),
    "beam": Fault(block_the_beam, lambda snapshot: snapshot.beam_is_broken),
    "count 0": Fault(load_nothing, counts_no_naloxone),
}
FULL_DISK = Fault(
    fill_the_disk, says("storage", "the ledger cannot be"), first_when_asked=True
)  # the other way of a database to fail


class PlacedKiosk(VirtualKiosk):
    """A kiosk in a place, with all its threads but the owner's; its cabinet goes on if it does not."""

    def __init__(self, place: Place) -> None:
        self.place = place
        super().__init__(place.folder, place.config, beam_down="refuse", vfs=place.disk.name)

    def _start(self) -> None:
        place, clock = self.place, lambda: self.now
        self.timers = VirtualTimers(clock)
        items = {slot.id: slot.item for slot in self.config.slots}
        self.bench = Bench(plan_of(self.config), clock, lambda *_, **__: None, items)
        place.breaks_world(self.world)
        calendar = LocalCalendar(self.config.kiosk.timezone, place.now, place.is_set)
        self.load_ledger()
        place.breaks_disk(place.disk)
        self.kiosk = Kiosk(
            self.config, Surroundings(clock, self.timers, calendar, self.vfs, pins=lambda: self.bench.pins)
        )
        self._look_on()
        self.kiosk.start()
        place.breaks_running_disk(place.disk)
        self.witness.storage_is_down = bool(place.disk.failing)
        self.pass_time(1)  # a beam that is broken for so long is down

    def load_ledger(self) -> None:
        with closing(Ledger(self.config.data / LEDGER_NAME, self.config.slots, vfs=self.vfs)) as ledger:
            for slot in self.config.slots if self.place.loaded else ():
                answer(ledger, LoadSlot(SlotId(slot.id), self.place.loaded), TODAY)

    @property
    def world(self) -> World:
        return self.bench.world

    @property
    def snapshot(self) -> Snapshot:
        return self.kiosk.controller.board.snapshot

    def wait_until(self, what: str, condition: Callable[[Snapshot], bool]) -> None:
        """Let the kiosk's threads do their work, and its owner hear of it, while no time of the test's passes."""

        def is_so() -> bool:
            self.pass_time(0)
            return condition(self.snapshot)

        wait_for(what, is_so)

    def ask_for(self, item: str) -> None:
        """Touch an item on the page; without a page, do what a button would."""
        if "screen" in dict(self.snapshot.faults):
            assert self.choose(item) is None
            return
        self.witness.acts += 1
        with ThreadPoolExecutor(1) as person:
            touched = person.submit(touch, self.place.screen, item)
            self.wait_until("the page's answer", lambda _: touched.done())
        assert touched.result() == HTTPStatus.SEE_OTHER


def touch(port: int, item: str) -> int:
    """Choose an item on the page, as a browser does; how that was answered."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as line:
        line.request(
            "POST", "/choose", urlencode({"item": item}), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        return line.getresponse().status


@contextmanager
def placed_kiosk(folder: Path, broker: int, scanner: Path, *faults: Fault) -> Iterator[PlacedKiosk]:
    """A kiosk in a place with *faults*; at the end no motor is on, and the kiosk is gone."""
    with ExitStack() as kept, simulated_disk() as disk:
        place = Place(folder, broker, scanner, disk, kept=kept)
        for fault in faults:
            fault.put_in(place)
        kiosk = PlacedKiosk(place)
        kept.callback(kiosk.kiosk.close)
        yield kiosk
        kiosk.kiosk.close()
        assert kiosk.motors_on() == []


@contextmanager
def plugged_in_scanner(folder: Path) -> Iterator[Path]:
    """A serial line by name, on which nobody holds a code to anything."""
    with ExitStack() as kept:
        ends = pty.openpty()
        for end in ends:
            kept.callback(partial(os.close, end))
        tty.setraw(ends[1])
        yield Path(os.ttyname(ends[1]))
