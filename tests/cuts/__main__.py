"""``python -m tests.cuts --seed N``: that life in plain sentences. ``--minutes N``: go on from fresh seeds."""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import click

from tests.cuts.kiosk import live_plugged
from tests.cuts.life import NORMAL, Broken, Life
from tests.cuts.proof import go_on

REPORT = Path("proof/cuts.json")


@click.command()
@click.option("--seed", type=int, help="Tell one life of a ledger.")
@click.option("--kiosk", is_flag=True, help="With --seed: live it with a whole kiosk.")
@click.option("--normal", is_flag=True, help="With --seed: sync less than the ledger does, and see it break.")
@click.option("--minutes", type=float, default=1.0, show_default=True, help="Without --seed: for how long.")
@click.option("--report", type=click.Path(path_type=Path), default=REPORT, show_default=True, help="Where it adds up.")
def main(seed: int | None, kiosk: bool, normal: bool, minutes: float, report: Path) -> None:
    """Pull the plug again and again, and hold the ledger against what it promised."""
    logging.disable(logging.CRITICAL)  # a disk without power is no news here
    if seed is None:
        found = go_on(report, minutes)
        click.echo(f"{found}\n({report})")
        for how in found.broken.values():
            click.echo(how)
        sys.exit(bool(found.broken))
    try:
        _live_kiosk(seed) if kiosk else tell(Life(seed, NORMAL if normal else None))
    except Broken as broken:
        click.echo(f"BROKEN: {broken}")
        sys.exit(1)


def _live_kiosk(seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="kiosk-cuts-") as folder:
        tally, held = live_plugged(Path(folder), seed)
    click.echo(f"{tally.cuts} cuts, {tally.steps} events, {held} intents held as their motors went on: all kept.")


def tell(life: Life) -> None:
    """Live *life* and tell it, however it ends."""
    try:
        life.live()
    finally:
        click.echo("\n".join(f"{number:4} {sentence}" for number, sentence in enumerate(life.story, start=1)))
    click.echo(f"All was kept through {life.tally.cuts} cuts, {life.tally.cuts_in_recovery} of them in recovery.")


if __name__ == "__main__":
    main()
