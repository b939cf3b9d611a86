"""A kiosk as a process of its own, with a real pseudo-terminal as its scanner, driven by the real commands."""

from __future__ import annotations

import csv
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

CONFIG = """
kiosk: {{id: river-street, name: River Street, timezone: Europe/Vienna, languages: [en]}}
data: {folder}/data
items:
  - {{id: naloxone, name: {{en: Naloxone}}, emergency: true, access: open, doses: 2, nudges: 0}}
  - {{id: kit, name: {{en: Supply kit}}, access: code, nudges: 0}}
slots:
  - {{id: A1, item: naloxone, capacity: 10, motor: {{driver: gpio, pin: 17, active_high: true}},
     home: {{pin: 27, active_low: true}}}}
  - {{id: A2, item: naloxone, capacity: 10, motor: {{driver: gpio, pin: 18, active_high: true}},
     home: {{pin: 4, active_low: true}}}}
  - {{id: B1, item: kit, capacity: 12, motor: {{driver: gpio, pin: 24, active_high: true}},
     home: {{pin: 5, active_low: true}}}}
drop_sensor: {{pin: 22, active_low: true}}
door: {{pin: 23, active_low: true}}
scanner: {{port: {folder}/scanner, protocol: lines}}
"""

PATIENCE_S = 20.0
OUT_OF_VIEW_S = 2.5  # longer than a card counts as held (ScannerPlan.held_card_s)


def screened(config: str, port: int) -> str:
    """*config* of a kiosk that has a screen, too; still to be formatted."""
    return config + f"screen: {{{{port: {port}}}}}\n"


def wait_for(what: str, condition: Callable[[], Any]) -> Any:
    """The first true answer of *condition*; fails when it does not come in time."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        select.select([], [], [], 0.02)
    raise AssertionError(f"waited {PATIENCE_S:g} s in vain for {what}")


class Process(Protocol):
    """What is used of a process, however it was born."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float) -> int: ...

    def send_signal(self, number: int, /) -> None: ...

    def kill(self) -> None: ...


class Service:
    """``kiosk run --simulate`` on a folder; its log and trace can be read while it runs."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.folder = folder
        self.config = folder / "kiosk.yaml"
        self.config.write_text(config.format(folder=folder))
        self.trace_file, self.log_file = folder / "trace", folder / "log"
        self.process: Process | None = None
        self.environment: dict[str, str] = {}
        self._scanner, line = pty.openpty()
        tty.setraw(line)
        (folder / "scanner").symlink_to(os.ttyname(line))
        self._line = line
        self._out_of_view: dict[str, float] = {}

    # --- the process

    def launch(self, *options: str) -> Process:
        """Start the service."""
        command = [sys.executable, "-m", "kiosk", "run", "--config", str(self.config), *options]
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(command, stderr=log, env=os.environ | self.environment)
        return self.process

    def start(self, *options: str, ready: str = "ready:") -> None:
        """Start the service and wait until its log says *ready*."""
        process = self.launch(*options)
        wait_for(f"'{ready}' in the log", lambda: ready in self.log() or process.poll() is not None)
        assert ready in self.log(), self.log()

    def simulate(self) -> None:
        """Start with a simulated cabinet and a scanner that is found."""
        self.start("--simulate", "--trace", str(self.trace_file))
        wait_for("the scanner", lambda: "scanner found" in self.log())

    def end(self, number: signal.Signals) -> int:
        """Send a signal; the exit code."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """End what still runs."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        os.close(self._scanner)
        os.close(self._line)

    # --- people and technicians

    def kiosk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a ``kiosk`` command."""
        command = [sys.executable, "-m", "kiosk", *arguments, "--config", str(self.config)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def done(self, *arguments: str) -> str:
        """Run a ``kiosk`` command that must succeed; what it prints."""
        ran = self.kiosk(*arguments)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def tickets(self, count: int, gives: str = "kit:1") -> list[str]:
        """Issue tickets; their QR texts."""
        out = self.folder / "cards.csv"
        self.done("codes", "issue", "--kind", "ticket", "--count", str(count), "--gives", gives, "--out", str(out))
        with out.open() as file:
            codes = [row["qr_text"] for row in csv.DictReader(file)]
        out.unlink()
        return codes

    def scan(self, code: str) -> None:
        """Hold a code to the scanner, once it would count as a scan of its own: its bytes arrive on the serial line."""
        wait_for("the card to be out of view", lambda: time.monotonic() > self._out_of_view.get(code, 0.0))
        self._out_of_view[code] = time.monotonic() + OUT_OF_VIEW_S
        os.write(self._scanner, code.encode() + b"\r")

    def stock(self, slot: str) -> dict[str, Any]:
        """One slot of ``kiosk stock --json``."""
        slots = json.loads(self.done("stock", "--json"))["slots"]
        return dict(next(found for found in slots if found["slot"] == slot))

    # --- what happened

    def log(self) -> str:
        return self.log_file.read_text() if self.log_file.exists() else ""

    def trace(self) -> list[dict[str, Any]]:
        """The trace so far; a line that is just being written is left out."""
        lines = self.trace_file.read_text().splitlines(keepends=True) if self.trace_file.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def happened(self, *whats: str) -> list[str]:
        """What happened of *whats*, in order."""
        return [line["what"] for line in self.trace() if not whats or line["what"] in whats]

    def wait_for(self, what: str, times: int = 1) -> None:
        """Wait until *what* has happened so many times."""
        wait_for(f"{times} × {what}", lambda: self.happened(what).count(what) >= times)

    def wait_for_outcome(self, commits: int = 2) -> None:
        """Wait until a vend's intent and outcome are committed."""
        self.wait_for("commit", commits)
