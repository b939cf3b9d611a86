"""``kiosk demo``: the whole system in one process, on any machine; nothing to set up, and nothing left at the end."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from hardware.bench.line import Line
from kiosk.calendar import LocalCalendar
from kiosk.cli.data import plain_words, usable
from kiosk.cli.run import live
from kiosk.cli.stops import STOPS
from kiosk.codes.format import qr_text
from kiosk.config import Config
from kiosk.core.events import StopAsked
from kiosk.demo.broker import Broker, BrokerMissing
from kiosk.demo.cabinet import Ticket, furnish, write_config
from kiosk.demo.herald import Herald
from kiosk.wiring import Kiosk, Surroundings

HOST = "127.0.0.1"


class DemoFailed(RuntimeError):
    """The demo cannot run on this machine; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Stage:
    """All that stands ready before the kiosk begins. *person_end* is where codes are written to."""

    config_file: Path
    config: Config
    screen: str
    broker: str
    person_end: str
    tickets: tuple[Ticket, ...]


@click.command()
@click.option("--port", type=click.IntRange(1024, 65535), default=8080, show_default=True, help="The screen's port.")
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@plain_words(failed=(BrokerMissing, DemoFailed))
def demo(port: int, no_browser: bool) -> None:
    """Run a whole kiosk on this machine, simulated, until Ctrl-C.

    Prints "name: value" lines: addresses, the scanner's line, codes to try. All it has made is gone at the end.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    end_cleanly()
    refuse_taken(port)
    with ExitStack() as ending:
        perform(set_up(ending, port), opens_browser=not no_browser)


def end_cleanly() -> None:
    """Have every signal to end unwind what is set up so far; a kiosk that runs takes them over."""
    for number in STOPS:
        signal.signal(number, lambda *_: sys.exit(0))


def refuse_taken(port: int) -> None:
    """Raise ``DemoFailed`` if the screen could not be at *port*."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        another = port + 1 if port < 65535 else 8081
        why = os.strerror(error.errno or 0)  # Python's own text names the address once more
        raise DemoFailed(
            f"port {port} cannot be had ({why}): end what uses it, or run kiosk demo --port {another}"
        ) from error


def set_up(ending: ExitStack, port: int) -> Stage:
    """Make broker, scanner's line, configuration, stock and tickets; *ending* takes them away again."""
    try:
        folder = Path(ending.enter_context(TemporaryDirectory(prefix="kiosk-demo-")))
        broker, line = ending.enter_context(Broker()), ending.enter_context(Line())
        file = write_config(folder, scanner=line.kiosk_end, broker=broker.url, screen=port)
        config = usable(file)
        tickets = furnish(config, LocalCalendar(config.kiosk.timezone).today())
    except OSError as error:
        raise DemoFailed(f"this machine has no room for the demo: {error}; free some, or set TMPDIR") from error
    return Stage(file, config, f"http://{HOST}:{port}/", broker.url, line.person_end, tickets)


def perform(stage: Stage, opens_browser: bool) -> None:
    """Run the kiosk on *stage* until it is told to end. Raises ``DemoFailed`` if its screen never answers."""
    # counters of passes go with all else of the demo: no programme is behind it
    kiosk = Kiosk(stage.config, Surroundings(memory=stage.config_file.parent), simulate=True)
    late: list[str] = []

    def when_late() -> None:
        late.append(f"the screen does not answer at {stage.screen}; run kiosk demo again, or with another --port")
        kiosk.controller.post(StopAsked())

    when_ready = partial(say_ready, stage, opens_browser)
    with Herald(f"{stage.screen}healthz", when_ready, when_late) as herald:

        def when_started() -> None:
            for name, value in lines(stage):
                click.echo(f"{name}: {value}")
            herald.start()

        live(kiosk, when_started)
    if late:
        raise DemoFailed(late[0])


def lines(stage: Stage) -> Iterator[tuple[str, str]]:
    """What is printed, as name and value. Scripts read it: add names, and never change one."""
    yield "screen", stage.screen
    yield "bench", f"{stage.screen}bench"
    yield "broker", stage.broker
    yield "topics", f"kiosks/v1/{stage.config.kiosk.id}/#"
    yield "scanner", stage.person_end
    yield "config", str(stage.config_file)
    for ticket in stage.tickets:
        yield ticket.words, qr_text(ticket.code)
    yield "hold a ticket to the scanner", f"printf '{qr_text(stage.tickets[0].code)}\\r' > {stage.person_end}"
    command = "kiosk" if shutil.which("kiosk") else Path(sys.executable).with_name("kiosk")
    yield "use other commands", f"KIOSK_CONFIG={stage.config_file} {command} stock"
    yield "end", "press Ctrl-C"


def say_ready(stage: Stage, opens_browser: bool) -> None:
    """Say that all is there, and show it to somebody who sits at this machine."""
    click.echo(f"ready: {stage.config.kiosk.id} (simulated: no hardware is touched)")
    # without a display, webbrowser would take the terminal over with a browser of text
    if opens_browser and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        with suppress(webbrowser.Error, OSError):
            webbrowser.open(f"{stage.screen}bench")
