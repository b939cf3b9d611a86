"""Ctrl-C at any moment: all motors are off, and it says so. In virtual time, and as a process whose pins live on."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import Result

from hardware.bench.bench import Bench
from hardware.bench.physics import World
from hardware.events import Signal
from hardware.selftest.examiner import QueueInbox
from kiosk.config import load
from kiosk.translation import plan_of
from tests.cage.cage import Cage, Moment
from tests.cage.life import DRIVER
from tests.hardware.rig import Rig
from tests.process.service import PATIENCE_S, wait_for
from tests.selftest.stage import CONFIG, Stage, VirtualTime, row

PLAN = {
    "coils": [{"slot": "B1", "motor": 24, "home": {"pin": 5, "active_low": True}}],
    "drop_sensor": 22,
    "door": 23,
}


def press_ctrl_c(_bench: Bench | None = None) -> None:
    signal.raise_signal(signal.SIGINT)


# --- in virtual time


@pytest.mark.parametrize("after", [0.0, 0.02, 0.2, 0.8, 1.55])
def test_ctrl_c_in_the_middle_of_a_turn_switches_the_motor_off(stage: Stage, after: float) -> None:
    stage.at(after, press_ctrl_c)

    tried = stage.run("--only", "A2,B1")

    assert (stage.motors_on(), tried.exit_code) == ([], 1)
    assert "Stopped (SIGINT): all motors are off. Not every part was tried." in tried.output
    assert "Nobody could see how many fell from: A2." in tried.output


def test_what_was_found_until_then_is_kept(stage: Stage) -> None:
    report = stage.folder / "report.json"
    stage.at(5.0, press_ctrl_c)

    tried = stage.run("--only", "A1,A2,B1,C1", "--json", str(report))

    assert row(tried, "A1")[1] == "OK"
    assert json.loads(report.read_text())["cut_short"] == "SIGINT"


def test_a_second_impatient_ctrl_c_cuts_nothing_short(stage: Stage) -> None:
    stage.found_with(lambda bench: whenever_a_motor_goes_off(bench.world, press_ctrl_c))
    stage.at(0.5, press_ctrl_c)

    tried = stage.run("--only", "B1")

    assert (stage.motors_on(), tried.exit_code) == ([], 1)
    assert "Stopped (SIGINT): all motors are off." in tried.output


def test_when_no_answer_can_come_any_more_it_ends(stage: Stage) -> None:
    tried = stage.run("--only", "B1", answers="\n")  # turn it, yes; then nothing

    assert (tried.exit_code, stage.motors_on()) == (1, [])
    assert "Stopped (no answer can come; for a run without questions give --yes)" in tried.output


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_motor_that_refuses_to_go_off_is_told_with_what_alone_helps(stage: Stage, is_stopped: bool) -> None:
    tried = on_rig(stage, WithStuckPin(act=press_ctrl_c if is_stopped else lambda: None))

    assert (tried.exit_code, "A MOTOR MAY STILL BE ON: cut the motors' supply now." in tried.output) == (1, True)
    assert "all motors are off" not in tried.output


def test_ctrl_c_pressed_again_and_again_keeps_no_motor_on(stage: Stage) -> None:
    around = WithStuckPin(refuses=Impatience())

    tried = on_rig(stage, around)

    assert (around.rig.pin(17).state, "all motors are off" in tried.output) == (False, True)


def test_ctrl_c_while_pins_are_given_back_gives_back_the_rest(stage: Stage) -> None:
    stage.found_with(lambda bench: when_given_back(bench, 17, press_ctrl_c))

    stage.run("--only", "door")

    assert stage.time.bench
    assert [stage.time.bench.pins.pin(pin).function for pin in (17, 18, 24, 16)] == ["input"] * 4


def test_nobody_waits_so_long_that_a_signal_would_not_be_heard() -> None:
    began = time.monotonic()

    assert QueueInbox(time.monotonic).next(began + 60) is None
    assert time.monotonic() - began < 10


class Impatience(dict[bool, Exception]):
    """What a pin refuses: nothing, but whenever it is asked to go off, somebody presses Ctrl-C just before."""

    def get(self, level: bool, _default: object = None) -> None:  # type: ignore[override]
        if not level:
            press_ctrl_c()


@dataclass
class WithStuckPin(VirtualTime):
    """Nothing turns; once the motor of A1 is on, its pin refuses to go off, and something happens."""

    rig: Rig = field(default_factory=Rig)
    act: Callable[[], None] = press_ctrl_c
    refuses: dict[bool, Exception] = field(default_factory=lambda: {False: OSError("no such device")})

    def next(self, until: float) -> Signal | None:
        self.now = until
        if self.rig.motors_on():
            self.rig.pin(17).refuses = self.refuses
            self.act()
        return None


def on_rig(stage: Stage, around: WithStuckPin) -> Result:
    stage.time = around
    return stage.invoke("selftest", "--yes", "--only", "A1", pins=lambda: around.rig.pins)


def when_given_back(bench: Bench, pin: int, act: Callable[[], None]) -> None:
    wire = bench.pins.pin(pin)
    before = wire.when_output

    def when_output(level: bool | None) -> None:
        before(level)
        if level is None:
            act()

    wire.when_output = when_output


def whenever_a_motor_goes_off(world: World, act: Callable[[], None]) -> None:
    before = world.when

    def when(what: str, slot: str | None, is_so: bool) -> None:
        before(what, slot, is_so)
        if what == "motor_off":
            act()

    world.when = when


# --- as a process, with pins that keep their level when it ends


@dataclass
class Caged:
    """A cabinet whose pins outlive whoever drives them."""

    cage: Cage
    folder: Path
    config: Path

    def start(self, *command: str) -> subprocess.Popen[str]:
        path = os.pathsep.join((str(DRIVER), *filter(None, [os.environ.get("PYTHONPATH")])))
        environ = os.environ | {"KIOSK_CAGE": self.cage.address, "PYTHONPATH": path}
        return subprocess.Popen(
            [sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ
        )

    def kiosk(self) -> tuple[str, ...]:
        return ("kiosk", "selftest", "--yes", "--only", "B1", "--config", str(self.config))

    def bench(self) -> tuple[str, ...]:
        return ("hardware.selftest", json.dumps(PLAN), "--yes")

    def hit(self, command: tuple[str, ...], moment: Moment, number: signal.Signals) -> tuple[int, str]:
        """Run *command* and hit it at that moment; its exit code, and what it said."""
        process = self.start(*command)
        self.cage.arm(moment, number, process.pid)
        try:
            said, _ = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
        self.cage.wait_until_left()
        return process.returncode, said


@pytest.fixture
def caged(tmp_path: Path) -> Iterator[Caged]:
    path = tmp_path / "kiosk.yaml"
    path.write_text(CONFIG.format(data=tmp_path / "data"))
    config = load(path).config
    assert config
    with Cage(plan_of(config), {}, keeps_levels=True, data=config.data) as cage:
        yield Caged(cage, tmp_path, path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("turned_s", [0.0, 0.8])
def test_a_process_that_is_told_to_end_leaves_no_motor_on(
    caged: Caged, turned_s: float, number: signal.Signals
) -> None:
    code, said = caged.hit(caged.kiosk(), Moment(turned_s=turned_s), number)

    assert (caged.cage.motors_on(), code) == ([], 1), said
    assert f"Stopped ({number.name}): all motors are off." in said
    assert caged.cage.happened.count(("motor_on", "B1")) == 1


def test_on_a_bare_bench_it_leaves_none_on_either(caged: Caged) -> None:
    code, said = caged.hit(caged.bench(), Moment(turned_s=0.8), signal.SIGINT)

    assert (caged.cage.motors_on(), code) == ([], 1), said
    assert "Stopped (SIGINT): all motors are off." in said


def test_a_bare_bench_is_tried_with_nothing_but_its_plan(caged: Caged) -> None:
    process = caged.start(*caged.bench(), "--json", str(caged.folder / "report.json"))
    said, _ = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, "OK   B1: left home after" in said) == (0, True), said
    assert said.splitlines()[-2:] == ["In the tray now: B1 1.", "3 OK, 0 WARN, 0 FAIL"]


# --- at a terminal


class Terminal:
    """A process on a pseudo-terminal that is its own, so that Ctrl-C is a key."""

    def __init__(self, *command: str) -> None:
        self._outer, inner = pty.openpty()
        os.set_blocking(self._outer, False)
        self.said = ""
        self.process = subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-m", *command], stdin=inner, stdout=inner, stderr=inner
        )
        os.close(inner)

    def read_until(self, words: str) -> None:
        wait_for(words, lambda: words in self._read())

    def type(self, keys: str) -> None:
        os.write(self._outer, keys.encode())

    def end(self) -> int:
        code: int = self.process.wait(PATIENCE_S)
        self._read()
        return code

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._outer)

    def _read(self) -> str:
        with suppress(OSError):  # nothing there, or the process is gone
            self.said += os.read(self._outer, 4096).decode(errors="replace")
        return self.said


@contextmanager
def at_terminal(*command: str) -> Iterator[Terminal]:
    terminal = Terminal(*command)
    try:
        yield terminal
    finally:
        terminal.close()


def test_a_technician_at_a_terminal_is_guided_through_a_slot(stage: Stage) -> None:
    with at_terminal("kiosk", "selftest", "--simulate", "--only", "B1", "--config", str(stage.file)) as terminal:
        terminal.read_until("Turn B1 now? Keep your hands out of the cabinet. [Y/n]")
        terminal.type("\n")
        terminal.read_until("Did B1 turn, and nothing else? [Y/n]")
        terminal.type("perhaps\n")
        terminal.read_until("Answer y or n.")
        terminal.type("y\n")
        terminal.read_until("How many units fell in its last turn? [1]")
        terminal.type("1\n")
        terminal.read_until("In the tray now: B1 1.")

        assert terminal.end() == 0


def test_ctrl_c_at_a_question_ends_it_in_a_sentence(stage: Stage) -> None:
    with at_terminal("kiosk", "selftest", "--simulate", "--only", "B1", "--config", str(stage.file)) as terminal:
        terminal.read_until("Turn B1 now?")
        terminal.type("\x03")

        assert terminal.end() == 1
        assert "Stopped (SIGINT): all motors are off." in terminal.said
        assert "Traceback" not in terminal.said


def test_ctrl_c_while_a_motor_turns_ends_it_in_a_sentence(stage: Stage) -> None:
    trace = stage.folder / "trace"
    command = ("kiosk", "selftest", "--simulate", "--only", "B1", "--trace", str(trace), "--config", str(stage.file))
    with at_terminal(*command, "--fault", "B1:jam") as terminal:
        terminal.read_until("Turn B1 now?")
        terminal.type("\n")
        wait_for("the motor", lambda: trace.exists() and "motor_on" in trace.read_text())
        terminal.type("\x03")

        assert terminal.end() == 1
        assert "Stopped (SIGINT): all motors are off." in terminal.said
        assert "not home again" not in terminal.said  # which its own time limit would have said
    happened = [json.loads(each)["what"] for each in trace.read_text().splitlines()]
    assert [what for what in happened if what != "home"] == ["motor_on", "motor_off"]
