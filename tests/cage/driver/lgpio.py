"""A driver of the name ``lgpio`` whose pins are in another process, the cage: every call crosses a socket.

``kiosk run`` and gpiozero find it by ``PYTHONPATH`` and take it for the real one; nothing in them is changed. It has
what ``gpiozero.pins.lgpio`` uses for switches and motors, and no more.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable

SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = 1 << 7, 1 << 5, 1 << 6
RISING_EDGE, FALLING_EDGE, BOTH_EDGES = 1, 2, 3
IS_OUT = 1 << 1
HANDLE = 1

NAME = os.environ.get("KIOSK_CAGE_AS", "service")
if NAME == "service":
    import gpiozero.pins.local

    gpiozero.pins.local.get_pi_revision = lambda: 0xA02082  # a Pi 3, whose pins are on chip 0

Func = Callable[[int, int, int, int], None]


ERRORS = {-79: "GPIO busy", -80: "GPIO not allocated"}


class error(Exception):  # noqa: N801 - the driver's own name for it
    """What the driver raises; it shows its text in quotes, as the driver does."""

    def __str__(self) -> str:
        return repr(self.args[0])


class Line:
    """The way to the cage: calls are answered one by one, edges come by themselves."""

    def __init__(self) -> None:
        self.modes: dict[int, int] = {}
        self.listeners: dict[int, Func] = {}
        self._lock = threading.Lock()
        self._calls = _connected("calls")
        self._edges: socket.socket | None = None

    def call(self, *words: object) -> int:
        with self._lock:
            self._calls.send(" ".join(map(str, words)).encode())
            answer = self._calls.recv(64)
        if not answer:
            raise error("the cage is gone")
        HANG.when_asked()
        if why := ERRORS.get(int(answer)):
            raise error(why)
        return int(answer)

    def claim(self, what: str, gpio: int, *level: int, mode: int) -> int:
        self.call(what, gpio, *level)
        self.modes[gpio] = mode
        return 0

    def listen(self, gpio: int, func: Func) -> None:
        self.listeners[gpio] = func
        if self._edges is None:
            self._edges = _connected("edges")
            threading.Thread(target=self._hear, args=[self._edges], name="lgpio", daemon=True).start()

    def _hear(self, edges: socket.socket) -> None:
        while edge := edges.recv(64):
            pin, level, ticks = map(int, edge.split())
            if listener := self.listeners.get(pin):
                listener(0, pin, level, ticks)

    def tell_hung(self) -> None:
        with self._lock:
            self._calls.send(b"hung 0")
            self._calls.recv(64)

    @property
    def is_calling(self) -> bool:
        return self._lock.locked()


def _connected(purpose: str) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line.connect(os.environ["KIOSK_CAGE"])
    line.send(f"{purpose} {os.getpid()} {NAME}".encode())
    return line


LINES: dict[int, Line] = {}


class Hang:
    """Lets the main thread, which is a service's owner, never come back from wherever it is: SIGUSR1, SIGUSR2.

    Not inside of a call: the driver itself holds no lock, and the lease timer must get through.
    """

    def __init__(self) -> None:
        self.asked: int | None = None
        signal.signal(signal.SIGUSR1, self._ask)
        signal.signal(signal.SIGUSR2, self._ask)

    def when_asked(self) -> None:
        if self.asked is None or threading.current_thread() is not threading.main_thread():
            return
        for line in LINES.values():
            line.tell_hung()
        if self.asked == signal.SIGUSR1:
            threading.Event().wait()  # as for a disk that never answers
        while True:  # as in a loop without an end
            pass

    def _ask(self, number: int, _: object) -> None:
        self.asked = number
        if not any(line.is_calling for line in LINES.values()):
            self.when_asked()


HANG = Hang()


def gpiochip_open(chip: int) -> int:
    if chip != int(os.environ.get("KIOSK_CAGE_CHIP", "0")):
        raise error("can not open gpiochip")
    LINES[HANDLE] = Line()
    return HANDLE


def gpio_get_chip_info(_handle: int) -> tuple[int, int, str, str]:
    return 0, 54, "gpiochip", os.environ.get("KIOSK_CAGE_LABEL", "pinctrl-bcm2835")


def gpiochip_close(_handle: int) -> int:
    return 0  # the end of the process closes what is left


def gpio_claim_input(handle: int, gpio: int, flags: int = 0) -> int:
    return LINES[handle].claim("input", gpio, mode=flags)


def gpio_claim_output(handle: int, gpio: int, level: int = 0, flags: int = 0) -> int:
    if LINES[handle].modes.get(gpio, 0) & IS_OUT:
        return 0  # claimed already: it is left as it is
    return LINES[handle].claim("output", gpio, level, mode=flags | IS_OUT)


def gpio_claim_alert(handle: int, gpio: int, _edges: int, flags: int = 0) -> int:
    return gpio_claim_input(handle, gpio, flags)


def gpio_free(handle: int, gpio: int) -> int:
    LINES[handle].modes[gpio] = 0
    return LINES[handle].call("free", gpio)


def gpio_get_mode(handle: int, gpio: int) -> int:
    return LINES[handle].modes[gpio]


def gpio_read(handle: int, gpio: int) -> int:
    return LINES[handle].call("read", gpio)


def gpio_write(handle: int, gpio: int, level: int) -> int:
    if level and "KIOSK_CAGE_DEAF" in os.environ and threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)  # as if the service had no handlers
    return LINES[handle].call("write", gpio, int(level))


def gpio_set_debounce_micros(handle: int, gpio: int, micros: int) -> int:
    return LINES[handle].call("debounce", gpio, micros)


class callback:  # noqa: N801 - the driver's own name for it
    """Calls *func* at each edge of a pin, on the driver's thread."""

    def __init__(self, handle: int, gpio: int, _edge: int, func: Func) -> None:
        self._listeners, self._gpio = LINES[handle].listeners, gpio
        LINES[handle].listen(gpio, func)

    def cancel(self) -> None:
        self._listeners.pop(self._gpio, None)
