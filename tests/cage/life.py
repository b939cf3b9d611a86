"""A life in the cage: services that vend and are hit, each followed by another on the same data and the same pins.

After each one is held: the next drives every motor pin low before it opens anything but its lock, no motor moves by
itself (I3), the ledger is sound, and the coils hold what it says, between its certain units and its band.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Set
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from hardware import safe_state
from hardware.bench.physics import ONE_SHOT_S
from hardware.safe_state import NAME
from kiosk.codes.format import qr_text
from kiosk.codes.issue import issue_tickets
from kiosk.codes.tags import KEY_NAME, ensure_programme_key
from kiosk.config import load
from kiosk.core.asks import AddBatch, Answer, Ask, CountSlot, ReadStock, Stock, Verdict, VerifyLedger
from kiosk.core.values import ItemId, SlotId
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.local import ask_service
from kiosk.translation import plan_of
from tests.cage.cage import Cage, Moment, Start
from tests.cage.protections import (
    BY,
    HOLDS,
    LIVES_ON,
    Failure,
    Protection,
    config_with,
    environment_with,
)
from tests.process.nursery import nursery
from tests.process.service import PATIENCE_S, Process, Service, wait_for

DRIVER = Path(__file__).with_name("driver")


@dataclass
class Tally:
    """What was lived through."""

    kills: int = 0
    stops: int = 0
    freezes: int = 0  # SIGSTOP
    hangs: int = 0
    made_safe: int = 0  # by kiosk-safe-state
    motors_left_on: int = 0  # by a kill, until the next service came
    uncertain: int = 0
    ran_alone: int = 0  # units that fell while no service was there
    slowest_low_s: float = 0.0  # from a service's first call until its last motor pin was driven low

    def add(self, other: Tally) -> None:
        """Take in what another life went through."""
        slowest = max(self.slowest_low_s, other.slowest_low_s)
        for name in asdict(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest_low_s = slowest


class CagedService(Service):
    """A service born in the nursery, whose driver leads into a cage."""

    def launch(self, *options: str) -> Process:
        """Start the service."""
        self.log_file.write_bytes(b"")
        command = ("run", "--config", str(self.config), *options)
        self.process = nursery().launch(command, self.log_file, self.environment)
        return self.process


class Life:
    """A cage with a loaded kiosk whose service runs. *alone_s* of the cabinet's seconds pass between two services."""

    def __init__(self, service: Service, cage: Cage, protections: Set[Protection], tickets: int) -> None:
        self.service, self.cage, self.protections = service, cage, protections
        self.data = service.folder / "data"
        self.tally = Tally()
        self.start()
        self.tickets = self._issue(tickets)
        self.count()

    def vend_and_hit(self, moment: Moment, number: signal.Signals = signal.SIGKILL) -> None:
        """Hold a ticket to the scanner and hit the service at that moment; hold what is left behind.

        One that lives on is killed once its motor must be off, as systemd's watchdog does.
        """
        process, failure = self.service.process, BY[number]
        assert process
        self.cage.arm(moment, number, process.pid)
        self.service.scan(self.tickets.pop())
        if failure in LIVES_ON:
            self.wait_for_standstill(failure)
            if self.is_held(failure):
                wait_for(f"the motor to be off, {failure} {moment}", lambda: not self.cage.motors_on())
            process.kill()
        wait_for(f"the hit {moment}; there passed {self.cage.passed}", lambda: process.poll() is not None)
        code = process.returncode
        self.cage.wait_until_left()
        self._note(failure)
        if failure is Failure.TOLD:
            assert (code, self.cage.motors_on()) == (0, []), f"{number.name} {moment}: {self.service.log()}"
        else:
            assert code == -signal.SIGKILL
        self._hold_dead(f"{failure} {moment}")

    def wait_for_standstill(self, failure: Failure) -> None:
        """Wait until a service that lives on was hit, and no call of its is on the way."""
        assert self.service.process
        stat = Path(f"/proc/{self.service.process.pid}/stat")
        wait_for("the hit", self.cage.is_quiet)
        if failure is Failure.HUNG:
            wait_for("the owner to hang", lambda: self.cage.is_hung)
        else:
            wait_for("all threads to stop", lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
        wait_for("the last call", self.cage.is_quiet)

    def is_held(self, failure: Failure) -> bool:
        """Whether one of the kiosk's protections takes the motor's power then."""
        return bool(HOLDS[failure] & self.protections)

    def make_safe(self, **more: str) -> subprocess.CompletedProcess[str]:
        """Run kiosk-safe-state, as systemd does after a service has ended; *more* is for the cage's driver."""
        with self.making_safe(**more) as program:
            out, err = program.communicate(timeout=PATIENCE_S)
        return subprocess.CompletedProcess(program.args, program.returncode, out, err)

    def making_safe(self, **more: str) -> subprocess.Popen[str]:
        """The same, still running. -S: without any library but the driver."""
        environment = os.environ | self.service.environment | {"KIOSK_CAGE_AS": "safe-state"} | more
        command = [sys.executable, "-S", str(SAFE_STATE), str(self.data / NAME)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    def _note(self, failure: Failure) -> None:
        self.tally.kills += failure is Failure.KILLED
        self.tally.stops += failure is Failure.TOLD
        self.tally.freezes += failure is Failure.STOPPED
        self.tally.hangs += failure is Failure.HUNG

    def _hold_dead(self, how: str) -> None:
        """Hold that no motor has power after the death, if something is there to take it."""
        if Protection.SAFE_STATE in self.protections:
            made = self.make_safe()
            assert (made.returncode, made.stderr) == (0, ""), made.stderr
            self.tally.made_safe += 1
        if Protection.PULSE in self.protections:
            self.cage.pass_alone(ONE_SHOT_S)
        if self.is_held(Failure.KILLED):
            assert self.cage.motors_on() == [], how
        self.tally.motors_left_on += len(self.cage.motors_on())

    def _issue(self, count: int) -> list[str]:
        issued = issue_tickets(count, ensure_programme_key(self.data / KEY_NAME), "cage", (ItemId("kit"),), None)
        self.ask(AddBatch(issued.batch))
        return [qr_text(code) for code in issued.codes]

    def start_and_kill(self, moment: Moment) -> None:
        """Start a service and kill it before it is ready."""
        self.cage.arm(moment, signal.SIGKILL)
        assert self.service.launch().wait(PATIENCE_S) == -signal.SIGKILL
        self.cage.wait_until_left()
        self.tally.kills += 1
        assert not self.cage.start or self.cage.start.motors_on == 0

    def start(self) -> Start:
        """Start a service that is left in peace; hold what it does first."""
        self.service.start()
        wait_for("the scanner", lambda: "scanner found" in self.service.log())
        start = self.cage.start
        assert start
        assert start.low_within_s is not None, "not every motor pin was driven low"
        assert start.had_opened == ("kiosk.lock",), f"{start.had_opened} came before the motors"
        self.tally.slowest_low_s = max(self.tally.slowest_low_s, start.low_within_s)
        return start

    def hold(self, brings_home: bool = True) -> None:
        """Hold what a service has found at its start, and let a technician count, and turn coils home if she likes."""
        start = self.cage.start
        assert start
        assert (start.motors_on, self.cage.motors_on()) == (0, []), "I3: a motor moved without anybody's act"
        assert self.cage.burned is None, self.cage.burned
        assert self.ask(VerifyLedger()) == Verdict(())
        wait_for("the cabinet to rest", self.cage.is_at_rest)
        items, alone = self.cage.items(), self.cage.ran_alone()
        for slot in self.stock().slots:
            low, high = slot.count - alone[slot.slot], slot.count + slot.uncertain
            assert low <= items[slot.slot] <= high, f"{slot.slot} holds {items[slot.slot]}, {alone} ran out, not {slot}"
            self.tally.uncertain += slot.uncertain
        self.tally.ran_alone += sum(alone.values())
        if brings_home:
            self.cage.bring_home()
        self.count()

    def go_on(self, brings_home: bool = True) -> None:
        """Let the next service come, and hold what it does and finds."""
        self.start()
        self.hold(brings_home)

    def end(self) -> None:
        """Stop the last service, and hold what is on the disk: each vend ended once (I5), tickets are right (I4)."""
        assert self.service.end(signal.SIGTERM) == 0
        with closing(Ledger(self.data / LEDGER_NAME, ())) as ledger:
            is_open, vends = cast("tuple[int, int]", ledger.database.rows("SELECT is_open, vend FROM open_vend")[0])
            counted = dict(cast("list[tuple[str, float]]", ledger.database.rows(COUNTED)))
            taken = [cast("bytes", row[0]) for row in ledger.database.rows("SELECT taken FROM codes")]
        ended = sum(counted.get(what, 0) for what in ("delivered", "not_delivered", "uncertain"))
        assert (is_open, ended) == (0, vends), f"I5: of {vends} vends {ended:g} ended"
        spent = sum(int.from_bytes(bits, "big").bit_count() for bits in taken)
        assert spent <= counted.get("delivered", 0), "I4: a ticket was spent without a delivery"

    def count(self) -> None:
        """A technician fills the coils that need it, and counts what stands in them."""
        self.cage.fill()
        for slot, items in self.cage.items().items():
            self.ask(CountSlot(SlotId(slot), items))

    def stock(self) -> Stock:
        answer = self.ask(ReadStock())
        assert isinstance(answer, Stock)
        return answer

    def ask(self, ask: Ask) -> Answer:
        answer = ask_service(self.data, ask)
        assert answer is not None, "no service answers"
        return answer


SAFE_STATE = Path(safe_state.__file__)
COUNTED = "SELECT what, total(n) FROM days GROUP BY what"


@contextmanager
def caged_life(folder: Path, protections: Set[Protection], tickets: int = 1, more: str = "") -> Iterator[Life]:
    """A life in a cage of its own with these protections; its last service is ended whatever happens.

    *more* is put at the end of its configuration.
    """
    service = CagedService(folder, config_with(protections) + more)
    config = load(service.config).config
    assert config
    try:
        names = {slot.id: slot.item for slot in config.slots}
        with Cage(plan_of(config), names, Protection.STRICT not in protections, config.data) as cage:
            path = os.pathsep.join((str(DRIVER), *filter(None, [os.environ.get("PYTHONPATH")])))
            service.environment = {"KIOSK_CAGE": cage.address, "PYTHONPATH": path} | environment_with(protections)
            yield Life(service, cage, protections, tickets)
    finally:
        service.close()
