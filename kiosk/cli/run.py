"""``kiosk run``: the service. It stays up, out of order saying why, when configuration or hardware is broken."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click

from kiosk.cli.data import in_plain_words
from kiosk.cli.options import config_option
from kiosk.cli.stops import STOPS, StopSignals
from kiosk.config import Config, Fault, load
from kiosk.core.events import StopAsked
from kiosk.wiring import Kiosk, Surroundings

log = logging.getLogger("kiosk")

SLICE_S = 0.0005  # Python's 5 ms would let a page that is made keep the owner from switching a motor off, several times


@click.command()
@click.option("--simulate", is_flag=True, help="Put a simulated cabinet under the controller; no hardware is touched.")
@click.option("--trace", type=click.Path(path_type=Path), help="With --simulate: write what happens, one JSON a line.")
@config_option
@in_plain_words
def run(config: Path, simulate: bool, trace: Path | None) -> None:
    """Run the service until it is told to end by SIGTERM, SIGINT or SIGHUP."""
    if trace and not simulate:
        raise click.UsageError("--trace would be a list of visits: it works with --simulate only.")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    loaded = load(config)
    if loaded.config is None:
        stay_out_of_order(loaded.faults)
    else:
        serve(loaded.config, simulate, trace)


def serve(config: Config, simulate: bool, trace: Path | None) -> None:
    """Run the kiosk that the configuration describes."""
    kiosk = Kiosk(config, Surroundings(), simulate=simulate, trace=trace)
    note = " (simulated: no hardware is touched)" if simulate else ""
    live(kiosk, lambda: log.info("ready: %s%s", config.kiosk.id, note))


def live(kiosk: Kiosk, when_started: Callable[[], None]) -> None:
    """Run *kiosk* until it is told to end, and close it; motors are off first on every way out."""
    # gpiozero cleans up on SIGINT only; a signal only posts, so that a vend is closed properly
    sys.setswitchinterval(SLICE_S)
    with closing(StopSignals(lambda: kiosk.controller.post(StopAsked()))), closing(kiosk):
        kiosk.start()
        for device, why in kiosk.controller.board.snapshot.faults:
            log.error("out of order: %s: %s", device, why)
        when_started()
        kiosk.controller.run()
        log.info("stopped")


def stay_out_of_order(faults: tuple[Fault, ...]) -> None:
    """Stay up and say why: a service that ends would be started again and again, and nobody would read the reason."""
    for fault in faults:
        log.error("%s\n    %s", fault, fault.remedy)
    log.error("out of order: the configuration cannot be used; mend it, then restart the service")
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    signal.sigwait(STOPS)
    log.info("stopped")
