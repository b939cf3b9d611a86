"""``python -m tests.sim --seed N``: replay one run. ``--explain`` tells it, ``--shorten`` looks for less of it."""

from __future__ import annotations

import hashlib
import logging
import sys

import click
from rich.console import Console

from tests.sim.run import Tally, live
from tests.sim.shorten import shorten

MOST_SHOWN = 10  # of many runs that fail; they fail for few reasons


@click.command()
@click.option("--seed", type=int, help="Replay this run.")
@click.option("--explain", is_flag=True, help="With --seed: tell it as a story.")
@click.option("--shorten", "is_shortened", is_flag=True, help="With --seed: find the fewest beats that still fail.")
@click.option("--only", metavar="BEATS", help="With --seed: leave all other beats out, for example 3,7,12.")
@click.option("--runs", type=int, default=100, show_default=True, help="Without --seed: how many runs.")
@click.option("--from", "first", type=int, default=0, show_default=True, help="Without --seed: the first seed.")
def main(seed: int | None, explain: bool, is_shortened: bool, only: str | None, runs: int, first: int) -> None:
    """Live a kiosk's days again and again, and hold them against what must always be so."""
    logging.disable(logging.CRITICAL)  # a disk without power is no news here
    console = Console(highlight=False)
    if seed is None:
        sys.exit(_many(console, range(first, first + runs)))
    beats = tuple(map(int, only.split(","))) if only else None
    verdict = live(seed, only=beats)
    if is_shortened and verdict.wrong:
        verdict = shorten(verdict)
    if explain:
        verdict.story.show(console)
        console.print()
    console.print(str(verdict), soft_wrap=True)
    sys.exit(bool(verdict.wrong))


def _many(console: Console, seeds: range) -> bool:
    tally, broken, digests = Tally(), 0, hashlib.sha256()
    for seed in seeds:
        verdict = live(seed)
        tally.add(verdict.tally)
        digests.update(verdict.story.digest.encode())
        broken += bool(verdict.wrong)
        if verdict.wrong and broken <= MOST_SHOWN:
            console.print(str(verdict), soft_wrap=True)
    console.print(f"{tally}: {broken} broken. Stories {digests.hexdigest()[:16]}.", soft_wrap=True)
    return bool(broken)


if __name__ == "__main__":
    main()
