"""The way to the Pi's pins. A missing driver is an error with a remedy, never a silent stand-in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gpiozero import Device, GPIOPinInUse
from gpiozero.pins import Factory

OpenPins = Callable[[], Factory]


class PinRefused(RuntimeError):
    """One pin cannot be opened; the message names it and says what to do."""


class PinsMissing(RuntimeError):
    """The pins cannot be driven on this machine; the message says what to do."""


@contextmanager
def opening(pin: int) -> Iterator[None]:
    """Name the *pin* in whatever its opening raises: lgpio says no more than "GPIO busy". Raises ``PinRefused``."""
    try:
        yield
    except Exception as error:  # lgpio raises kinds of its own
        is_held = isinstance(error, GPIOPinInUse) or "busy" in str(error)
        who = ": gpioinfo says what holds it; end that, or take its overlay out of config.txt" if is_held else ""
        raise PinRefused(f"GPIO {pin} cannot be used ({error}){who}") from error


def open_pins() -> Factory:
    """Return gpiozero's factory on lgpio, the one driver that works from Pi 3 to Pi 5.

    Raises ``PinsMissing``. gpiozero's own fall-back through several drivers is not used: it ends in mock pins or in
    one whose edges are polled.
    """
    # lgpio writes notification pipes into its working directory (gpiozero issue 1106)
    os.environ.setdefault("LG_WD", tempfile.gettempdir())
    try:
        from gpiozero.pins.lgpio import LGPIOFactory  # noqa: PLC0415 - only on a Pi

        factory: Factory = LGPIOFactory()
    except ImportError as error:
        raise PinsMissing("the driver lgpio is missing; install it: sudo apt install python3-lgpio") from error
    except Exception as error:  # lgpio and gpiozero raise kinds of their own; each means no pins
        raise PinsMissing(
            f"the GPIO pins cannot be opened ({error}); run on a Raspberry Pi as a member of group gpio, "
            "or try without hardware: kiosk run --simulate"
        ) from error
    Device.pin_factory = factory
    return factory
