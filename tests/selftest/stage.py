"""A self-test of a simulated cabinet in virtual time, through the real command; things may happen at any moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner, Result

from hardware.bench.bench import Bench
from hardware.coil import Clock
from hardware.events import Signal
from hardware.pins import OpenPins, open_pins
from kiosk.cli import main
from kiosk.config import load
from kiosk.selftesting import Surroundings
from kiosk.translation import plan_of
from tests.kit import VirtualTimers

CONFIG = """
kiosk: {{id: river-street, name: River Street, timezone: Europe/Vienna, languages: [en]}}
data: {data}
items:
  - {{id: naloxone, name: {{en: Naloxone}}, emergency: true, access: open}}
  - {{id: kit, name: {{en: Supply kit}}, access: code}}
  - {{id: strips, name: {{en: Test strips}}, access: open, thin: true}}
slots:
  - {{id: A1, item: naloxone, capacity: 10, motor: {{driver: gpio, pin: 17, active_high: true}},
     home: {{pin: 27, active_low: true}}, low: {{pin: 26, active_low: true, at: 3}}}}
  - {{id: A2, item: naloxone, capacity: 10, motor: {{driver: gpio, pin: 18, active_high: true}},
     home: {{pin: 4, active_low: true}}}}
  - {{id: B1, item: kit, capacity: 12, motor: {{driver: gpio, pin: 24, active_high: true}},
     home: {{pin: 5, active_low: true}}}}
  - {{id: C1, item: strips, capacity: 20, motor: {{driver: gpio, pin: 16, active_high: true}},
     home: {{pin: 7, active_low: true}}}}
drop_sensor: {{pin: 22, active_low: true}}
door: {{pin: 23, active_low: true}}
"""

Act = Callable[[Bench], None]


class Lives:
    """Nothing to close: a test's time passes only when somebody waits."""

    def close(self) -> None:
        pass


@dataclass
class VirtualTime:
    """The examiner's inbox and clock: waiting lets the cabinet's time pass, and whatever was planned happen."""

    now: float = 1000.0
    bench: Bench | None = None
    posted: list[Signal] = field(default_factory=list)
    acts: list[tuple[float, Act]] = field(default_factory=list)  # seconds after the first motor went on
    first: list[Act] = field(default_factory=list)  # before anything is tried
    motor_on_at: float | None = None

    def __post_init__(self) -> None:
        self.timers = VirtualTimers(lambda: self.now)

    def live(self, bench: Bench, _clock: Clock) -> Lives:
        self.bench = bench
        for act in self.first:
            act(bench)
        return Lives()

    def post(self, signal: Signal) -> None:
        self.posted.append(signal)

    def next(self, until: float) -> Signal | None:
        while not self.posted and self.now < until:
            self._jump(min([until, *self._due()]))
        return self.posted.pop(0) if self.posted else None

    def _due(self) -> list[float]:
        assert self.bench
        if self.motor_on_at is None and any(coil.motor for coil in self.bench.world.coils.values()):
            self.motor_on_at = self.now
        planned = [self.motor_on_at + after for after, _ in self.acts] if self.motor_on_at is not None else []
        changes = (self.bench.world.next_change(), self.timers.next, *planned)
        return [max(at, self.now) for at in changes if at is not None]

    def _jump(self, to: float) -> None:
        assert self.bench
        self.now = to
        self.bench.advance(to)
        self.timers.run_due(to)
        while self.motor_on_at is not None and self.acts and self.motor_on_at + self.acts[0][0] <= to:
            self.acts.pop(0)[1](self.bench)


class Stage:
    """One simulated kiosk; each ``run`` is a self-test of its own."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.folder = folder
        self.file = folder / "kiosk.yaml"
        self.file.write_text(config.format(data=folder / "data"))
        self.time = VirtualTime()

    def run(self, *arguments: str, answers: str = "") -> Result:
        """``kiosk selftest --simulate``: without *answers*, nobody is asked."""
        self.time = VirtualTime(acts=self.time.acts, first=self.time.first)
        asks = () if answers else ("--yes",)
        return self.invoke("selftest", "--simulate", *asks, *arguments, answers=answers)

    def invoke(self, *arguments: str, answers: str = "", pins: OpenPins = open_pins) -> Result:
        time = self.time
        around = Surroundings(lambda: time.now, time.timers, time, pins, time.live)
        options = ("--config", str(self.file))
        environ = {"COLUMNS": "240"}
        return CliRunner(env=environ).invoke(main, (*arguments, *options), input=answers or None, obj=around)

    def run_on_pins(self, *arguments: str) -> Result:
        """``kiosk selftest`` without simulation, on pins that lead to a cabinet; nobody is asked."""
        config = load(self.file).config
        assert config
        time = self.time = VirtualTime(acts=self.time.acts, first=self.time.first)
        bench = Bench(plan_of(config), lambda: time.now, lambda *_, **__: None)
        time.live(bench, lambda: time.now)
        return self.invoke("selftest", "--yes", *arguments, pins=lambda: bench.pins)

    def at(self, seconds: float, act: Act) -> None:
        """Let something happen so long after the first motor went on."""
        self.time.acts.append((seconds, act))

    def found_with(self, act: Act) -> None:
        """Let the cabinet be found so."""
        self.time.first.append(act)

    def motors_on(self) -> list[str]:
        assert self.time.bench
        return [slot for slot, coil in self.time.bench.world.coils.items() if coil.motor]


def line(result: Result, part: str) -> str:
    """What was said of a part as it was tried, its grade and words; a question may stand before it in its line."""
    (found,) = re.finditer(rf"(OK|WARN|FAIL) +{part}: (.*)", result.output)
    return f"{found[1]} {found[2]}"


def row(result: Result, part: str) -> list[str]:
    """A part's row of the table: part, grade, what was seen, what to do."""
    cells = ([cell.strip() for cell in each.split("│")[1:-1]] for each in result.output.splitlines())
    return next(found for found in cells if found and found[0] == part)
