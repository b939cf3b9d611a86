"""``python -m tests.bench [NAME …]``: how fast, how small, how quiet, each beside its floor. Asserts nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic

import click

from tests.bench.cards import cards
from tests.bench.checking import checking
from tests.bench.figures import Effort, Figure, print_table
from tests.bench.home_to_motor_off import home_to_motor_off
from tests.bench.resting import idle, memory
from tests.bench.scan_to_motor import scan_to_motor
from tests.bench.start import start
from tests.bench.stock_of_72 import stock_of_72
from tests.bench.touch_to_motor import touch_to_motor
from tests.bench.vend_io import vend_io

BENCHMARKS: dict[str, Callable[[Effort], Iterable[Figure]]] = {
    measure.__name__: measure
    for measure in (
        *(scan_to_motor, touch_to_motor, home_to_motor_off, start, memory, idle, vend_io, stock_of_72, checking, cards),
    )
}

USUAL = Effort()


@click.command()
@click.argument("names", metavar="[NAME …]", nargs=-1, type=click.Choice(list(BENCHMARKS)))
@click.option("--vends", default=USUAL.vends, show_default=True, help="scan_to_motor: vends in a rush, 2 s each.")
@click.option("--rested", default=USUAL.rested, show_default=True, help="scan_to_motor: vends after 10 s of rest.")
@click.option("--starts", default=USUAL.starts, show_default=True, help="start: how often.")
@click.option("--seconds", default=USUAL.seconds, show_default=True, help="idle: how long to look.")
@click.option("--batches", default=USUAL.batches, show_default=True, help="cards, checking: how often.")
@click.option("--turns", default=USUAL.turns, show_default=True, help="home_to_motor_off: turns, 2 s each.")
def main(
    names: tuple[str, ...], vends: int, rested: int, starts: int, seconds: float, batches: int, turns: int
) -> None:
    """Measure NAME …, or everything; takes about six minutes. A machine that does other things gives other figures."""
    effort = Effort(vends, rested, starts, seconds, batches, turns)
    with compiled():
        for name in names or BENCHMARKS:
            began = monotonic()
            figures = list(BENCHMARKS[name](effort))
            click.secho(f"{name} ({monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f})", bold=True)
            print_table(figures)
            click.echo()


@contextmanager
def compiled() -> Iterator[None]:
    """Let every process keep its byte code, as an installed kiosk does: compiling is not what is measured."""
    with tempfile.TemporaryDirectory(prefix="kiosk-bench-") as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        yield


if __name__ == "__main__":
    main()
