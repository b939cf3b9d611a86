"""The cage: a cabinet with its physics, and the pins' levels, in a process that outlives the service.

It is what a Pi's kernel and its cabinet are to a service. When the service dies, its pins *keep* their level, so that a
motor that was on stays on; or, under ``dtparam=strict_gpiod``, they become inputs and the pull-downs hold the motors
off. It sees every call of the driver, and hits the service at the very one it is told to: nothing waits or sleeps.
Other programs may come too, such as kiosk-safe-state; a pin that one holds is busy for all others.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

from hardware.bench.bench import Bench
from hardware.bench.physics import CabinetBurned
from hardware.outputs import off_levels
from hardware.plan import CabinetPlan

SPEED = (
    3.0  # the cabinet's seconds in one of ours; home then closes 0.5 s after the motor went on, drops count from 0.3 s
)
MOST_S_A_STEP = 0.02  # a busy computer slows the cabinet down, instead of making it jump past a switch
FEW = 5  # a motor left on lets go three until the next start
BUSY = -79  # what lgpio says of a pin that another process holds
NOT_ALLOCATED = -80  # and of one that this process does not hold


@dataclass(frozen=True)
class Moment:
    """When to hit: at the *number*-th thing that passes between service and pins from now, call or edge.

    *late*: once it has taken effect; else a killed service never got so far. Without a number: when *turned_s* of the
    cabinet's seconds have passed since a motor went on, or at once. *wait_s* are seconds of ours on top.
    """

    number: int = 0
    late: bool = False
    turned_s: float | None = None
    wait_s: float = 0.0

    def __str__(self) -> str:
        when = f"{'after' if self.late else 'before'} thing {self.number}" if self.number else "now"
        when = when if self.turned_s is None else f"{self.turned_s:.3f} s after a motor went on"
        return f"{when} + {1000 * self.wait_s:.1f} ms" if self.wait_s else when


@dataclass
class Start:
    """What a service has done since its first call, until the last motor pin was driven low."""

    pid: int
    began: float
    calls: int = 0
    motors_on: int = 0
    low_within_s: float | None = None
    had_opened: tuple[str, ...] = ()  # of the kiosk's files


@dataclass
class Client:
    """A process that drives pins, and those it holds."""

    line: socket.socket
    pins: set[int] = field(default_factory=set)


class Cage:
    """A cabinet that services come to and go from. ``close()`` ends it. All but ``serve`` is for the test's thread."""

    def __init__(self, plan: CabinetPlan, names: dict[str, str], keeps_levels: bool, data: Path) -> None:
        self.keeps_levels, self._data, self._plan = keeps_levels, data, plan
        self.bench = Bench(plan, lambda: 0.0, self._note, names)
        self.lock = threading.RLock()
        self.happened: list[tuple[str, str | None]] = []
        self.passed: list[str] = []  # what passed between service and pins since the last ``arm``
        self.start: Start | None = None
        self.burned: str | None = None
        self.is_hung = False  # the service that was told to hang does
        self.alone_s = 0.0  # how long the cabinet goes on without a service, before time stands still for the next
        self.held: set[int] = set()  # pins that somebody else holds for good
        self.refused: set[int] = set()  # pins that were asked for in vain
        self.stuck: set[int] = set()  # pins that are high whatever is written
        self.on_s = 0.0  # the longest time that a motor had power, in the cabinet's seconds
        self._moment: Moment | None = None
        self._victim = 0, signal.SIGKILL
        self._hit_at: float | None = None
        self._motor_on_at: float | None = None
        self._items_when_hit: dict[str, int] | None = None
        self._items_when_low: dict[str, int] | None = None
        self._not_yet_low: set[int] = set()
        self._closing = ExitStack()
        folder = self._closing.enter_context(
            tempfile.TemporaryDirectory(prefix="cage-")
        )  # a socket's name must be short
        self.address = f"{folder}/pins"
        self._listener = self._closing.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        self._listener.bind(self.address)
        self._listener.listen()
        self._wake, self._nudge = os.pipe()
        self._is_closing = False
        self._clients: dict[socket.socket, Client] = {}
        self._calls: socket.socket | None = None  # the service's, one of them
        self._edges: socket.socket | None = None
        self._handlers = [self._watch(pin) for pin in self._inputs()]  # gpiozero keeps no hold of them
        self._before = time.monotonic()
        thread = threading.Thread(target=self._run, name="cage", daemon=True)
        thread.start()
        self._closing.callback(os.close, self._wake)
        self._closing.callback(os.close, self._nudge)
        self._closing.callback(self._hang_up)
        self._closing.callback(self._close_lines)
        self._closing.callback(thread.join)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the cage's thread."""
        self._is_closing = True
        os.write(self._nudge, b".")
        self._closing.close()

    # --- for the test

    def arm(self, moment: Moment, number: signal.Signals, pid: int | None = None) -> None:
        """Hit the process *pid*, or else the next to come, with that signal at *moment*, counted from now."""
        with self.lock:
            self.passed.clear()
            self._motor_on_at, self.is_hung, self.on_s = None, False, 0.0
            self._moment, self._victim = moment, (pid or 0, number)
            if not moment.number and moment.turned_s is None:
                self._hit_soon()
        os.write(self._nudge, b".")  # so that the cage's thread looks when it is to hit

    def pass_alone(self, seconds: float) -> None:
        """Let the cabinet's time pass while no service is there."""
        with self.lock:
            try:
                self._advance(self.bench.world.now + seconds)
            except CabinetBurned as burned:
                self.burned = str(burned)

    def wait_until_left(self) -> None:
        """Wait until the cage has seen that its service is gone, and the time without one has passed."""
        deadline = time.monotonic() + 20
        while True:
            with self.lock:
                if self._calls is None:
                    return
            assert time.monotonic() < deadline, "the cage did not see its service go"
            select.select([], [], [], 0.001)

    def wait_until_off(self, most_s: float) -> None:
        """Wait until no motor has power, or for so many of the cabinet's seconds."""
        until = self.bench.world.now + most_s
        deadline = time.monotonic() + 20
        while self.motors_on() and self.bench.world.now < until:
            assert time.monotonic() < deadline, "the cabinet's time stands still"
            select.select([], [], [], 0.005)

    def motors_on(self) -> list[str]:
        """The slots whose motors have power."""
        with self.lock:
            return self.bench.world.running if self.bench.world.has_supply else []

    def is_quiet(self) -> bool:
        """Whether the service was hit, and no call of its waits."""
        with self.lock:
            has_hit = self._moment is None and self._hit_at is None
            return has_hit and not (self._calls and select.select([self._calls], [], [], 0)[0])

    def items(self) -> dict[str, int]:
        """How many units stand in each coil."""
        with self.lock:
            return self._items()

    def is_at_rest(self) -> bool:
        """Whether nothing moves: no motor, and nothing in the air."""
        with self.lock:
            return not self.bench.world.is_moving

    def ran_alone(self) -> dict[str, int]:
        """How many units each coil let go, from the first hit until a start drove all motors low; then forgotten."""
        with self.lock:
            before, after = self._items_when_hit, self._items_when_low
            self._items_when_hit = self._items_when_low = None
        return {slot: items - after[slot] for slot, items in before.items()} if before and after else {}

    def bring_home(self) -> None:
        """Turn every coil home by hand."""
        with self.lock:
            for slot in self.bench.world.coils:
                self.bench.break_slot(slot, None, 0.0)

    def fill(self) -> None:
        """Fill every coil that is about to run empty."""
        with self.lock:
            for coil in self._plan.coils:
                if self.bench.world.coils[coil.slot].items < FEW:
                    self.bench.fill_slot(coil.slot, coil.capacity)

    # --- the cage's own thread

    def _run(self) -> None:
        while True:
            lines: list[int | socket.socket] = [self._wake, self._listener, *self._clients]
            ready, _, _ = select.select(lines, [], [], self._patience())
            if self._wake in ready:
                os.read(self._wake, 64)
            if self._is_closing:
                return
            with self.lock:
                try:
                    self._step(ready)
                except CabinetBurned as burned:
                    self.burned = str(burned)

    def _step(self, ready: Sequence[int | socket.socket]) -> None:
        self._let_time_pass()
        if self._hit_at is not None and time.monotonic() >= self._hit_at:
            self._hit()
        if self._listener in ready:
            self._welcome(self._listener.accept()[0])
        for client in [client for client in self._clients.values() if client.line in ready]:
            self._serve(client)

    def _welcome(self, line: socket.socket) -> None:
        purpose, pid, name = line.recv(64).decode().split()
        if purpose == "edges":
            self._edges = line
            return
        self._clients[line] = Client(line)
        if name != "service":
            return
        self._calls = line
        self.start = Start(int(pid), time.monotonic())
        self._not_yet_low = {coil.motor.pin for coil in self._plan.coils}

    def _serve(self, client: Client) -> None:
        try:
            call = client.line.recv(64).decode()
        except ConnectionError:
            call = ""
        if not call:
            self._see_off(client)
        elif call == "hung 0":
            self.is_hung = True
            self._answer(client, 0)
        elif client.line is not self._calls:
            self._answer(client, self._carry_out(client, *call.split()))
        elif (answer := self._pass(call, partial(self._carry_out, client, *call.split()))) is not None:
            self._answer(client, answer)

    def _answer(self, client: Client, answer: int) -> None:
        with suppress(ConnectionError):  # it was hit meanwhile; its end is seen next
            client.line.send(str(answer).encode())

    def _see_off(self, client: Client) -> None:
        """A process is gone: what becomes of its pins, and of the cabinet until the next service comes."""
        del self._clients[client.line]
        client.line.close()
        for pin in () if self.keeps_levels else client.pins & self._outputs():
            self._let_go(pin)
        if client.line is self._calls:
            self._hang_up()
            self._advance(self.bench.world.now + self.alone_s)

    def _close_lines(self) -> None:
        for line in self._clients:
            line.close()

    def _hang_up(self) -> None:
        if self._edges:
            self._edges.close()
        self._calls = self._edges = None

    def _carry_out(self, client: Client, what: str, number: str, level: str = "0") -> int:
        pin = self.bench.pins.pin(int(number))
        if what in ("input", "output"):
            if int(number) in self.held or any(int(number) in other.pins for other in self._others(client)):
                self.refused.add(int(number))
                return BUSY
            client.pins.add(int(number))
        if int(number) not in client.pins:
            return NOT_ALLOCATED
        match what:
            case "read":
                return int(pin.state) or int(int(number) in self.stuck)
            case "write":
                pin.state = int(level)
            case "output":
                pin.function = "output"
                pin.state = int(level)
            case "input" if int(number) in self._outputs():
                self._let_go(int(number))
            case "input":
                pin.function = "input"
            case "free":
                client.pins.discard(int(number))
        if client.line is self._calls:
            self._note_start(what, int(number), level)
        return 0

    def _let_go(self, number: int) -> None:
        pin = self.bench.pins.pin(number)
        pin.function, pin.pull = "input", "down"  # the resistor at the motor's driver

    def _others(self, client: Client) -> list[Client]:
        return [other for other in self._clients.values() if other is not client]

    def _note_start(self, what: str, number: int, level: str) -> None:
        if self.start is None or not self._not_yet_low:
            return
        self.start.calls += 1
        if what in ("output", "write") and level == "0":
            self._not_yet_low.discard(number)
        if not self._not_yet_low:
            self.start.low_within_s = time.monotonic() - self.start.began
            self._items_when_low = self._items()
            self.start.had_opened = tuple(self._opened_by(self.start.pid))

    def _opened_by(self, pid: int) -> list[str]:
        opened = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
        return sorted(Path(name).name for name in opened if name.startswith(str(self._data)))

    def _pass(self, what: str, take_effect: Callable[[], int]) -> int | None:
        """Let a call or an edge pass, and hit the service if this is the moment; None if it never got so far."""
        self.passed.append(what)
        moment = self._moment
        is_now = moment is not None and moment.number == len(self.passed)
        if is_now and moment and not moment.late and self._hit_soon() is signal.SIGKILL:
            return None
        result = take_effect()
        if is_now and moment and moment.late:
            self._hit_soon()
        return result

    def _hit_soon(self) -> signal.Signals | None:
        """Hit now if there is nothing to wait for; the signal, if it was sent."""
        assert self._moment
        if self._moment.wait_s:
            self._hit_at = time.monotonic() + self._moment.wait_s
            self._moment = None
            return None
        return self._hit()

    def _hit(self) -> signal.Signals:
        (pid, number), self._moment, self._hit_at = self._victim, None, None
        self._items_when_hit = self._items_when_hit or self._items()
        os.kill(pid or (self.start.pid if self.start else 0), number)
        return number

    def _items(self) -> dict[str, int]:
        return {slot: coil.items for slot, coil in self.bench.world.coils.items()}

    # --- the cabinet

    def _let_time_pass(self) -> None:
        now, before = time.monotonic(), self._before
        self._before = now
        if self._calls is None:
            return  # the time without a service has passed already
        world = self.bench.world
        to = world.now + min(now - before, MOST_S_A_STEP) * SPEED
        due = self._due()
        self._advance(to if due is None else min(to, max(due, world.now)))
        if due is not None and self.bench.world.now >= due:
            self._hit_soon()

    def _advance(self, to: float) -> None:
        world = self.bench.world
        while world.now < to:  # from change to change, to see how long motors have power
            change = world.next_change()
            self.bench.advance(to if change is None else min(to, max(change, world.now)))
            ran = [world.now - coil.on_since for coil in world.coils.values() if coil.motor and world.has_supply]
            self.on_s = max(self.on_s, *ran, 0.0)
            if change is None or change > to:
                return

    def _due(self) -> float | None:
        """When the moment has come, in the cabinet's time."""
        if self._moment is None or self._moment.turned_s is None or self._motor_on_at is None:
            return None
        return self._motor_on_at + self._moment.turned_s

    def _patience(self) -> float | None:
        with self.lock:
            world, due = self.bench.world, self._due()
            left = [max(0.0, at - world.now) / SPEED for at in (world.next_change(), due) if at is not None]
            waits = [min(*left, MOST_S_A_STEP)] if left and self._calls else []
            if self._hit_at is not None:
                waits.append(max(0.0, self._hit_at - time.monotonic()))
            return min(waits, default=None)

    def _note(self, what: str, slot: str | None = None, **_: bool) -> None:
        self.happened.append((what, slot))
        if what == "motor_on" and self.start:
            self.start.motors_on += 1
            self._motor_on_at = self.bench.world.now

    def _watch(self, number: int) -> Callable[[object, int], None]:
        def moved(_: object, level: int) -> None:
            if self._edges:
                self._pass(f"edge {number} {int(level)}", partial(self._send_edge, number, int(level)))

        self.bench.pins.pin(number).when_changed = moved
        return moved

    def _send_edge(self, number: int, level: int) -> int:
        assert self._edges
        with suppress(ConnectionError):  # as above
            self._edges.send(f"{number} {level} {time.monotonic_ns()}".encode())
        return 0

    def _inputs(self) -> list[int]:
        switches = [coil.home for coil in self._plan.coils]
        return [plan.pin for plan in (*switches, self._plan.drop_sensor, self._plan.door) if plan]

    def _outputs(self) -> set[int]:
        return dict(off_levels(self._plan)).keys() | set()
