"""What a service leaves for kiosk-safe-state before it opens a pin, and what it says of the kernel's pins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from hardware.pins import OpenPins, PinsMissing
from hardware.safe_state import NAME, read
from kiosk.wiring import Kiosk, Surroundings
from tests.kit import CONFIG, FixedCalendar, read_config

MOTORS = (17, 18, 24, 25, 16, 20)


@contextmanager
def service(
    folder: Path, text: str = CONFIG, *, simulate: bool = False, pins: OpenPins = MockFactory
) -> Iterator[Kiosk]:
    """A kiosk on mock pins that it takes for a Pi's, in a machine whose files lie under the folder ``root``."""
    surroundings = Surroundings(calendar=FixedCalendar(), memory=folder, root=folder / "root", pins=pins)
    config = read_config(text, "home").model_copy(update={"data": folder / "data"})
    kiosk = Kiosk(config, surroundings, simulate=simulate)
    try:
        yield kiosk
    finally:
        kiosk.close()


def faults(kiosk: Kiosk) -> dict[str, str]:
    return dict(kiosk.controller.board.snapshot.faults)


class CuriousPins(MockFactory):  # type: ignore[misc]  # gpiozero ships no types
    """Pins that look what the file says when the first of them is opened."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.found: dict[int, int] | None = None

    def pin(self, name: object) -> object:
        if self.found is None:
            self.found = read(str(self.file))
        return super().pin(name)


def test_before_it_opens_the_first_pin_it_names_all_motors_durably(tmp_path: Path) -> None:
    pins = CuriousPins(tmp_path / "data" / NAME)
    with service(tmp_path, pins=lambda: pins):
        assert pins.found == dict.fromkeys(MOTORS, 0)


def test_the_supplys_pulse_is_named_first(tmp_path: Path) -> None:
    with service(tmp_path, CONFIG + "motor_enable: {{pin: 13}}\n"):
        assert next(iter(read(str(tmp_path / "data" / NAME)).items())) == (13, 0)


def test_a_simulated_kiosk_touches_no_real_pin_and_so_leaves_no_file(tmp_path: Path) -> None:
    with service(tmp_path, simulate=True):
        assert not (tmp_path / "data" / NAME).exists()


def test_a_machine_without_pins_leaves_the_old_file(tmp_path: Path) -> None:
    def missing() -> MockFactory:
        raise PinsMissing("no driver")

    with service(tmp_path):
        pass
    before = (tmp_path / "data" / NAME).read_bytes()
    with service(tmp_path, pins=missing) as kiosk:
        assert "pins" in faults(kiosk)

    assert (tmp_path / "data" / NAME).read_bytes() == before


def test_a_file_that_cannot_be_written_is_a_fault_with_what_to_do_and_the_kiosk_runs(tmp_path: Path) -> None:
    (tmp_path / "data" / f"{NAME}.draft").mkdir(parents=True)
    with service(tmp_path) as kiosk:
        assert "make room" in faults(kiosk)["safe state"]
        assert len(kiosk.cabinet.slots) == len(MOTORS)


# --- the kernel's pins


def pi(tmp_path: Path, persists: str) -> None:
    for name, content in {
        "proc/device-tree/compatible": "raspberrypi,4-model-b\0brcm,bcm2711\0",
        "sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs": persists,
    }.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True)
        path.write_text(content)


def test_a_kernel_whose_pins_keep_their_level_is_a_fault_with_what_to_do_and_the_kiosk_runs(tmp_path: Path) -> None:
    pi(tmp_path, "Y\n")
    with service(tmp_path) as kiosk:
        assert "dtparam=strict_gpiod" in faults(kiosk)["kernel"]
        assert len(kiosk.cabinet.slots) == len(MOTORS)


@pytest.mark.parametrize("simulate", [True, False])
def test_nothing_is_said_where_pins_let_go_or_are_not_used(tmp_path: Path, simulate: bool) -> None:
    pi(tmp_path, "Y\n" if simulate else "N\n")
    with service(tmp_path, simulate=simulate) as kiosk:
        assert "kernel" not in faults(kiosk)
