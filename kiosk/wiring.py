"""The composition root: builds the kiosk from its configuration, and is the only file that knows every side.

Hardware and core never meet: ``kiosk/translation.py`` has the one table between their words.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol, TypeVar

from hardware import events as hw
from hardware import safe_state
from hardware.bench.bench import Bench, BenchThread
from hardware.cabinet import Cabinet
from hardware.kernel import why_levels_outlive
from hardware.lease import RealTimers, Timers
from hardware.outputs import off_levels
from hardware.pins import OpenPins, PinsMissing, open_pins
from hardware.plan import CabinetPlan
from hardware.scanner import Scanner, ScannerPlan
from kiosk.benching import Disturb, disturbing, refuse
from kiosk.calendar import LocalCalendar
from kiosk.codes.allowances import Allowances
from kiosk.config import Config
from kiosk.controller import Controller
from kiosk.core import events as core
from kiosk.core.asks import (
    Answer,
    Ask,
    AskRefused,
    BenchAsk,
    Done,
    StorageFailed,
)
from kiosk.data import Data
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.missing import MissingLedger
from kiosk.local import LocalServer
from kiosk.memory import memory_folder
from kiosk.parts import Calendar, DeviceFound, DeviceLost, Inbox, Parts
from kiosk.policies import periods_of, policies_of
from kiosk.reporting import PasswordUnusable, broker_plan_of, facts_of
from kiosk.trace import Trace
from kiosk.translation import TRANSLATION, TranslatedCabinet, plan_of, rules_of

if TYPE_CHECKING:
    from kiosk.telemetry.plan import Facts
    from kiosk.telemetry.telemetry import Telemetry
    from web.door import BenchDoor

log = logging.getLogger(__name__)


TRACE_SHOWN = 40  # lines on the bench page


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a kiosk lives in: real time, or a test's. *clock* is monotonic seconds; None: the real calendar.

    *memory* is a folder that no power cut outlives; None: the system's, if there is one. *vfs* names the file layer
    that the ledger lies on; None: the system's. *pins* opens what the cabinet is wired to, and raises ``PinsMissing``;
    it is not asked under simulation. Under *root* lie the system's own files.
    """

    clock: Callable[[], float] = time.monotonic
    timers: Timers = field(default_factory=RealTimers)
    calendar: Calendar | None = None
    vfs: str | None = None
    pins: OpenPins = open_pins
    memory: Path | None = None
    root: Path = Path("/")


class Closing(Protocol):
    """Something to be closed at the end."""

    def close(self) -> None:
        """Give everything back; may be called twice."""


Part = TypeVar("Part", bound=Closing)


class Kiosk:
    """A whole kiosk. Nothing runs before ``start``; ``close()`` leaves all motors off and may be called twice."""

    def __init__(
        self, config: Config, surroundings: Surroundings, *, simulate: bool = False, trace: Path | None = None
    ) -> None:
        self._config = config
        self._clock = surroundings.clock
        self._calendar = surroundings.calendar or LocalCalendar(config.kiosk.timezone)
        self._closing = ExitStack()  # closes everything, even if one part cannot be closed
        self._faults: list[DeviceLost] = []
        self.bench: Bench | None = None
        self._disturb: Disturb = refuse
        self._telemetry: Telemetry | None = None
        self._commands_are_lost = False
        self._ledger_told = ""  # the name by which the operator knows it
        self._inbox: Inbox = SimpleQueue()  # before everything that posts into it
        try:
            self.data = self._keep(self._data(surroundings))
            self._trace = self._keep(Trace(trace, self._clock, keep=TRACE_SHOWN if simulate else 0))
            self._build(surroundings, simulate)
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Start the threads: scanner, local socket and, under simulation, the cabinet's time."""
        if self.bench:
            self._keep(BenchThread(self.bench, self._clock))
        self._serve_commands()
        if self._config.scanner:
            self._keep(self._scanner()).start()
        self._start_telemetry()
        self._start_pages()

    def close(self) -> None:
        """End threads, switch motors off, give pins, files and the lock back, the last built first."""
        self._closing.close()

    @property
    def ledger(self) -> Ledger | MissingLedger:
        """The ledger now in use, or what stands in for it."""
        return self.data.ledger

    def _data(self, surroundings: Surroundings) -> Data:
        return Data(
            self._config,
            self._calendar,
            self._allowances(surroundings),
            note=lambda: self._trace.note("commit"),
            tell=self._hear,
            vfs=surroundings.vfs,
        )

    def _allowances(self, surroundings: Surroundings) -> Allowances:
        memory = surroundings.memory or memory_folder(self._config.kiosk.id)
        return Allowances(memory, self._clock, periods_of(policies_of(self._config)))

    def _hear(self, news: DeviceLost | DeviceFound) -> None:
        self._inbox.put(news)
        if not self.data.is_open:
            return
        if self._commands_are_lost:
            self._serve_commands()
        if self._telemetry and self.data.ledger_id != self._ledger_told:
            self._telemetry.renew(self._facts())

    def _serve_commands(self) -> None:
        try:
            self._keep(LocalServer(self._config.data, self._ask)).start()
        except OSError as error:
            why = f"{self._config.data} takes no socket ({error.strerror}), so no command reaches this service"
            self._lose("commands", why)
            self._commands_are_lost = True
            return
        self._commands_are_lost = False
        self._inbox.put(DeviceFound("commands"))

    def _start_telemetry(self) -> None:
        if self._config.telemetry is None:
            return
        from kiosk.telemetry.telemetry import Telemetry  # noqa: PLC0415 - a kiosk without a broker never loads paho

        try:
            plan = broker_plan_of(self._config.telemetry)
        except PasswordUnusable as error:
            self._lose("broker", str(error))
            return
        self._telemetry = telemetry = self._keep(
            Telemetry(
                plan,
                self._facts(),
                when_lost=lambda why: self._inbox.put(DeviceLost("broker", why)),
                when_found=lambda: self._inbox.put(DeviceFound("broker")),
            )
        )
        self.controller.board.listen(lambda picture: telemetry.tell(picture.stock))
        telemetry.tell(self.controller.board.snapshot.stock)
        telemetry.start()

    def _start_pages(self) -> None:
        if self._config.screen is None:
            return
        from kiosk.pages import door_of, serve_pages  # noqa: PLC0415 - a kiosk without a screen never loads Flask

        door = door_of(self._config, self.controller)
        try:
            server, streams = serve_pages(self._config, door, self._bench_door())
        except Exception as error:  # noqa: BLE001 - no fault of the pages may take scanner and buttons along
            self._lose("screen", f"{error}; end what uses it or write another screen.port, then restart the service")
            return
        self.controller.board.listen(lambda _: streams.wake())
        if self.bench:
            self.bench.listen(streams.wake)
        if self._telemetry:
            self._telemetry.listen(streams.wake)
        self._keep(server).start()

    def _bench_door(self) -> BenchDoor | None:
        if self.bench is None:
            return None
        from kiosk.pages import new_code  # noqa: PLC0415 - as above
        from web.door import BenchDoor  # noqa: PLC0415 - as above

        return BenchDoor(
            disturb=self._disturb,
            picture=self.bench.picture,
            happened=self._trace.newest,
            new_code=partial(new_code, self._config),
            told=self._telemetry.told if self._telemetry else dict,
        )

    def _lose(self, device: str, why: str) -> None:
        log.error("%s lost: %s", device, why)
        self._inbox.put(DeviceLost(device, why))

    def _facts(self) -> Facts:
        self._ledger_told, boot = self._begin_boot()
        return facts_of(self._config, self._ledger_told, boot, simulated=self.bench is not None)

    def _begin_boot(self) -> tuple[str, int]:
        try:
            return (self.ledger.id, self.ledger.begin_boot()) if isinstance(self.ledger, Ledger) else ("", 0)
        except StorageFailed as error:
            log.warning("this start has no number, so its news may look old to the operator: %s", error)
            return "", 0

    def _ask(self, ask: Ask | BenchAsk) -> Future[Answer]:
        if not isinstance(ask, BenchAsk):
            return self.controller.ask(ask)
        answered: Future[Answer] = Future()
        try:
            self._disturb(ask)
            answered.set_result(Done())
        except AskRefused as error:
            answered.set_exception(error)
        return answered

    def _build(self, surroundings: Surroundings, simulate: bool) -> None:
        self.cabinet = self._open_cabinet(surroundings, simulate)
        self.data.open()
        faults = self.data.faults | self.cabinet.faults
        self._faults += [DeviceLost(device, why) for device, why in faults.items()]
        parts = Parts(
            inbox=self._inbox,
            cabinet=TranslatedCabinet(self.cabinet),
            storage=self.data,
            codes=self.data,
            calendar=self._calendar,
            desk=self.data.answer,
            clock=surroundings.clock,
            simulated=simulate,
        )
        self.controller = Controller(
            parts, rules_of(self._config, self.cabinet.has_beam, self.cabinet.levels), self._faults
        )

    def _open_cabinet(self, surroundings: Surroundings, simulate: bool) -> Cabinet:
        plan = plan_of(self._config)
        if simulate:
            items = {slot.id: slot.item for slot in self._config.slots}
            self.bench = Bench(plan, self._clock, self._trace.note, items)
            self._disturb = disturbing(
                self.bench,
                hold=lambda text: self._post_scanned(hw.TextRead(text)),
                touch=lambda item, reserve: self._inbox.put(core.ItemChosen(item, reserve)),
            )
            pins = self.bench.pins
        else:
            try:
                pins = surroundings.pins()
            except PinsMissing as error:
                self._faults.append(DeviceLost("pins", str(error)))
                plan, pins = CabinetPlan(()), None
            else:
                self._tell_safe_state(plan)
                self._ask_kernel(surroundings.root)
        return self._keep(Cabinet(plan, pins, self._inbox.put, self._clock, surroundings.timers))

    def _tell_safe_state(self, plan: CabinetPlan) -> None:
        path = self._config.data / safe_state.NAME
        try:
            safe_state.write(str(path), off_levels(plan))
        except OSError as error:
            why = (
                f"{path} cannot be written ({error.strerror}), so kiosk-safe-state may not know every motor's pin when "
                "this service dies: make room or give the directory to this user, then restart the service"
            )
            self._faults.append(DeviceLost("safe state", why))

    def _ask_kernel(self, root: Path) -> None:
        if why := why_levels_outlive(root):
            self._faults.append(DeviceLost("kernel", why))

    def _scanner(self) -> Scanner:
        assert self._config.scanner is not None
        timing = self._config.timing
        plan = ScannerPlan(
            self._config.scanner.port, self._config.scanner.baud, timing.frame_silence_s, timing.held_card_s
        )
        return Scanner(plan, self._post_scanned, self._clock)

    def _post_scanned(self, event: hw.ScannerEvent) -> None:
        if isinstance(event, hw.TextRead):
            self._trace.note("scan")
        self._inbox.put(TRANSLATION[type(event)](event))

    def _keep(self, part: Part) -> Part:
        self._closing.callback(part.close)
        return part
