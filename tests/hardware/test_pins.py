"""The way to the pins, on a machine that has none."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest
from gpiozero import Device, GPIOPinInUse

from hardware.pins import PinRefused, PinsMissing, open_pins, opening
from tests.hardware.rig import LgpioError

# enough of the driver for gpiozero to import it; what is missing then is the Pi
DRIVER_WITHOUT_A_PI = """
SET_PULL_NONE = SET_PULL_UP = SET_PULL_DOWN = 0
BOTH_EDGES = RISING_EDGE = FALLING_EDGE = 0
"""


@pytest.fixture(autouse=True)
def no_pi(monkeypatch: pytest.MonkeyPatch) -> None:
    """No driver from elsewhere, and none left behind."""
    for module in ("lgpio", "gpiozero.pins.lgpio"):
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setenv("LG_WD", "unset")
    monkeypatch.delenv("LG_WD")


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The driver is installed, but this is no Raspberry Pi."""
    (tmp_path / "lgpio.py").write_text(DRIVER_WITHOUT_A_PI)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver is not installed."""
    monkeypatch.setitem(sys.modules, "lgpio", None)


@pytest.mark.usefixtures("no_driver")
def test_a_missing_driver_is_an_error_that_says_what_to_install() -> None:
    with pytest.raises(PinsMissing, match="sudo apt install python3-lgpio"):
        open_pins()


@pytest.mark.usefixtures("driver")
def test_a_machine_without_pins_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(PinsMissing, match="member of group gpio, or try without hardware: kiosk run --simulate"):
        open_pins()


@pytest.mark.usefixtures("no_driver")
def test_a_missing_driver_leaves_no_stand_in_behind() -> None:
    before = Device.pin_factory

    with pytest.raises(PinsMissing):
        open_pins()
    assert Device.pin_factory is before


@pytest.mark.usefixtures("no_driver")
def test_the_drivers_pipes_are_made_among_temporary_files() -> None:
    with pytest.raises(PinsMissing):
        open_pins()
    assert os.environ["LG_WD"] == tempfile.gettempdir()


@pytest.mark.usefixtures("no_driver")
def test_a_folder_chosen_for_the_drivers_pipes_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LG_WD", "/run/kiosk")

    with pytest.raises(PinsMissing):
        open_pins()
    assert os.environ["LG_WD"] == "/run/kiosk"


@pytest.mark.parametrize(
    ("error", "says_who"),
    [(LgpioError("GPIO busy"), True), (GPIOPinInUse("pin GPIO17 is already in use"), True), (OSError("gone"), False)],
)
def test_a_pin_that_cannot_be_opened_is_named_and_whether_something_holds_it(error: Exception, says_who: bool) -> None:
    with pytest.raises(PinRefused) as refused, opening(17):
        raise error

    assert f"GPIO 17 cannot be used ({error})" in str(refused.value)
    assert ("gpioinfo says what holds it" in str(refused.value)) is says_who
