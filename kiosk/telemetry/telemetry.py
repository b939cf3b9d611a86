"""Keeps the kiosk's retained topics at the broker as they should be, whatever broker and network do.

State, not events: only the newest counts, nothing is queued, and each connection begins by saying everything anew.
Its thread owns the connection; the owner of the kiosk only leaves the newest stock here and rings a bell.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from types import MappingProxyType

from paho.mqtt.enums import MQTTProtocolVersion

from kiosk.core.values import SlotStock
from kiosk.telemetry import messages
from kiosk.telemetry.bell import Bell
from kiosk.telemetry.connection import NEWEST, OLDER, Connection
from kiosk.telemetry.messages import KioskState
from kiosk.telemetry.plan import BrokerPlan, Facts, Timing
from kiosk.telemetry.topics import Topics
from kiosk.telemetry.troubles import BrokerLost, TakenOver, VersionRefused, of_mistake

log = logging.getLogger(__name__)

FRAGILE = 3  # so many connections in a row that did not last: the next must last before it is called found


class BackOff:
    """How long to wait before the next try: up to twice as long each time, by chance, so that kiosks spread out."""

    def __init__(self, timing: Timing) -> None:
        self._first, self._longest, self._chance = timing.first_pause_s, timing.longest_pause_s, timing.chance
        self.reset()

    def reset(self) -> None:
        """Begin anew: all is well."""
        self._most = self._first

    def give_way(self) -> None:
        """Wait as long as can be: somebody else has the better claim."""
        self._most = self._longest

    def next_s(self) -> float:
        """The next pause: at least the first, at most the longest."""
        self._most = min(2 * self._most, self._longest)
        return self._first + self._chance() * (self._most - self._first)


class Telemetry:
    """Tells the operator how the kiosk stands. ``close()`` may be called twice.

    *when_lost* gets a sentence that says what to do: once for each reason until *when_found*, which comes once. Both
    come on telemetry's own thread, and must hand on and return.
    """

    def __init__(
        self,
        plan: BrokerPlan,
        facts: Facts,
        when_lost: Callable[[str], None],
        when_found: Callable[[], None],
        timing: Timing = Timing(),  # noqa: B008 - frozen
    ) -> None:
        self._plan, self._facts, self._timing = plan, facts, timing
        self._when_lost, self._when_found = when_lost, when_found
        self._topics = Topics(facts.kiosk)
        self._back_off = BackOff(timing)
        self._bell = Bell()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)

        self._newest: tuple[SlotStock, ...] | None = None  # this and the next are all that the owner's thread writes
        self._renewed: Facts | None = None
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._told: Mapping[str, str] = MappingProxyType({})

        self._begin(facts)
        self._version = NEWEST
        self._settled_at: float | None = None
        self._is_found = False
        self._broken = 0  # how many connections in a row did not last
        self._complaints: set[str] = set()

    def start(self) -> None:
        """Begin to look for the broker."""
        self._thread.start()

    def tell(self, stock: tuple[SlotStock, ...]) -> None:
        """Leave the newest stock to be published, over what was left before. Any thread; never blocks, never raises."""
        if self._plan.publishes_stock:
            self._newest = stock
            self._bell.ring()

    def renew(self, facts: Facts) -> None:
        """Say goodbye, and begin anew with other facts: the kiosk has another ledger now. Any thread; never blocks."""
        self._renewed = facts
        self._bell.ring()

    def told(self) -> Mapping[str, str]:
        """The newest payload handed to the broker, by topic. Any thread."""
        return self._told

    def listen(self, callback: Callable[[], None]) -> None:
        """Have *callback* called, on telemetry's thread, after ``told`` has changed: it must hand on and return."""
        self._listeners = (*self._listeners, callback)

    def close(self) -> None:
        """Say that the kiosk is offline and end; at the latest after 2 s, whatever broker and name server do."""
        self._closing.set()
        self._bell.ring()
        if self._thread.ident:
            self._thread.join(self._timing.close_s)
        else:
            self._bell.close()

    def _run(self) -> None:
        with closing(self._bell):
            while not self._closing.is_set():
                if self._renewed is not None:
                    facts, self._renewed = self._renewed, None
                    self._begin(facts)
                self._stay_connected()
                self._rest()

    def _begin(self, facts: Facts) -> None:
        self._facts = facts
        self._wanted = {
            self._topics.status: messages.status(facts, KioskState.ONLINE).model_dump_json(),
            self._topics.info: messages.info(facts).model_dump_json(),
        }
        self._numbered: tuple[SlotStock, ...] | None = None
        self._snapshot = 0

    def _stay_connected(self) -> None:
        self._settled_at = None
        try:
            with closing(self._connect()) as connection:
                self._keep_showing(connection)
                self._say_goodbye(connection)
        except BrokerLost as lost:
            self._note_lost(lost)
        except Exception as error:  # noqa: BLE001 - paho's on a packet that nobody foresaw, or ours: begin anew
            self._note_lost(of_mistake(error), error)

    def _connect(self) -> Connection:
        version, self._version = self._version, NEWEST  # an older version stays in use only as long as it works
        try:
            connection = self._opened(version)
        except VersionRefused:
            if version is OLDER:
                raise
            version, connection = OLDER, self._opened(OLDER)
        self._version = version
        return connection

    def _opened(self, version: MQTTProtocolVersion) -> Connection:
        connection = Connection(self._plan, self._facts.kiosk, version, self._timing)
        will = messages.status(self._facts, KioskState.LOST).model_dump_json()
        try:
            connection.open((self._topics.status, will), self._bell, self._closing.is_set)
        except BaseException:
            connection.close()
            raise
        return connection

    def _keep_showing(self, connection: Connection) -> None:
        while not self._closing.is_set() and self._renewed is None:
            self._show(connection)
            self._look_how_it_stands(connection)
            connection.pump(self._bell, self._timing.tick_s)

    def _show(self, connection: Connection) -> None:
        if not connection.waits_for(self._topics.stock):  # one at a time: a broker that hangs is not sent heaps
            self._number_stock()
        for topic, payload in self._wanted.items():
            if connection.show(topic, payload):
                self._told = MappingProxyType({**self._told, topic: payload})
                for listener in self._listeners:
                    listener()

    def _number_stock(self) -> None:
        # when it leaves, not when it changes: the numbers do not count visits that went unseen
        newest = self._newest
        if newest is not None and newest != self._numbered:
            self._numbered, self._snapshot = newest, self._snapshot + 1
            stock = messages.stock(self._facts, newest, self._snapshot)
            self._wanted[self._topics.stock] = stock.model_dump_json()

    def _look_how_it_stands(self, connection: Connection) -> None:
        if self._settled_at is None and connection.is_settled:
            self._settled_at = time.monotonic()
        if self._has_lasted():
            self._broken = 0
            self._back_off.reset()
        if self._settled_at is not None and self._broken < FRAGILE:
            self._note_found()

    def _has_lasted(self) -> bool:
        return self._settled_at is not None and time.monotonic() - self._settled_at >= self._timing.stable_s

    def _say_goodbye(self, connection: Connection) -> None:
        self._wanted[self._topics.status] = messages.status(self._facts, KioskState.OFFLINE).model_dump_json()
        deadline = time.monotonic() + self._timing.goodbye_s
        while connection.is_accepted and time.monotonic() < deadline:
            self._show(connection)
            if connection.is_settled:
                break
            connection.pump(self._bell, deadline - time.monotonic())
        # a broker that does not answer hears nothing more: it will carry out the last will
        if connection.is_settled or not connection.is_accepted:
            connection.end()

    def _note_lost(self, lost: BrokerLost, mistake: Exception | None = None) -> None:
        if self._settled_at is not None and not self._has_lasted():
            self._broken += 1
        if isinstance(lost, TakenOver):
            self._back_off.give_way()
        self._is_found = False
        if str(lost) not in self._complaints:
            log.warning("broker %s: %s", "still lost" if self._complaints else "lost", lost, exc_info=mistake)
            self._complaints.add(str(lost))
            self._when_lost(str(lost))

    def _note_found(self) -> None:
        if not self._is_found:
            self._is_found = True
            self._complaints.clear()
            log.info("broker found at %s", self._plan.place)
            self._when_found()

    def _rest(self) -> None:
        until = time.monotonic() + self._back_off.next_s()
        while not self._closing.is_set() and (left := until - time.monotonic()) > 0:
            self._bell.wait(left)
