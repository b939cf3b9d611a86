"""A pin that another program holds: its slot is missing and says why, and everything else goes on."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.broker import free_port
from tests.cage.life import Life, caged_life
from tests.cage.protections import BARE, Protection
from tests.process.service import wait_for

B1_MOTOR, A1_HOME, PULSE = 24, 27, 13


@dataclass
class Held:
    """A kiosk with a screen, started while a pin is held."""

    life: Life
    port: int

    def start(self, pin: int) -> None:
        self.life.service.end(signal.SIGTERM)
        self.life.cage.wait_until_left()
        self.life.cage.held = {pin}
        self.life.service.start()

    def fetch(self, path: str, form: bytes | None = None) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", form, timeout=20) as answer:
            return str(answer.read().decode())

    def states(self) -> dict[str, str]:
        return {slot.slot: slot.state for slot in self.life.stock().slots}


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Held]:
    port = free_port()
    with caged_life(tmp_path, BARE | {Protection.PULSE}, more=f"screen: {{{{port: {port}}}}}\n") as life:
        yield Held(life, port)


@pytest.mark.parametrize(("pin", "slot"), [(B1_MOTOR, "B1"), (A1_HOME, "A1")])
def test_slot_pin_and_remedy_are_named_the_page_is_up_and_naloxone_comes_out(kiosk: Held, pin: int, slot: str) -> None:
    kiosk.start(pin)

    log = kiosk.life.service.log()
    assert f"out of order: slot {slot}: GPIO {pin} cannot be used ('GPIO busy'): gpioinfo says what holds it" in log
    assert "check its pin in kiosk.yaml" in log
    assert kiosk.states() == {"A1": "ok", "A2": "ok", "B1": "ok"} | {slot: "missing"}
    assert json.loads(kiosk.fetch("/healthz"))["state"] == "ready"
    before = sum(kiosk.life.cage.items().values())
    kiosk.fetch("/choose", b"item=naloxone")
    wait_for("naloxone", lambda: sum(kiosk.life.cage.items().values()) < before)


def test_a_busy_pulse_takes_all_slots_and_the_page_is_up_still(kiosk: Held) -> None:
    kiosk.start(PULSE)

    assert f"out of order: motor supply: GPIO {PULSE} cannot be used" in kiosk.life.service.log()
    assert set(kiosk.states().values()) == {"missing"}
    assert "Naloxone" in kiosk.fetch("/")
    assert kiosk.life.cage.motors_on() == []
