"""``python -m tests.lives --minutes N``: go on with lives on paper from fresh seeds. ``--seed N``: those of one."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click
from hypothesis import Phase, settings

from tests.lives.proof import ONE_SEED, go_on, live

REPORT = Path("proof/lives.json")


@click.command()
@click.option("--seed", type=int, help="Live the lives of one seed, and shrink what fails to its fewest steps.")
@click.option("--minutes", type=float, default=1.0, show_default=True, help="Without --seed: for how long.")
@click.option("--report", type=click.Path(path_type=Path), default=REPORT, show_default=True, help="Where it adds up.")
def main(seed: int | None, minutes: float, report: Path) -> None:
    """Live whole lives of a kiosk without hardware, and hold every invariant after each step."""
    logging.disable(logging.CRITICAL)  # a disk that fails is no news here
    if seed is not None:
        live(seed, settings(ONE_SEED, phases=[Phase.generate, Phase.shrink]))
        click.echo("All was kept.")
        return
    found = go_on(report, minutes)
    click.echo(f"{found}\n({report})")
    for number, how in found.broken.items():
        click.echo(f"seed {number}: {how}\n  to see its fewest steps: python -m tests.lives --seed {number}")
    sys.exit(bool(found.broken))


if __name__ == "__main__":
    main()
