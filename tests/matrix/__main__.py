"""``python -m tests.matrix --minutes N``: go on serving from a full matrix. ``--seed N``: those of one seed."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from tests.matrix.proof import VENDS, go_on, live

REPORT = Path("proof/matrix.json")


@click.command()
@click.option("--seed", type=int, help="Serve the people of one seed only.")
@click.option("--vends", type=int, default=VENDS, show_default=True, help="How many people a seed has.")
@click.option("--minutes", type=float, default=1.0, show_default=True, help="Without --seed: for how long.")
@click.option("--report", type=click.Path(path_type=Path), default=REPORT, show_default=True, help="Where it adds up.")
def main(seed: int | None, vends: int, minutes: float, report: Path) -> None:
    """Serve thousands of people from 72 coils in random order, and hold each vend to what was asked."""
    logging.disable(logging.CRITICAL)
    if seed is not None:
        served = live(seed, vends)
        click.echo(f"{served.vends:,} vends of {len(served.coils)} coils were as asked.")
        return
    found = go_on(report, minutes, vends)
    click.echo(f"{found}\n({report})")
    for number, how in found.broken.items():
        click.echo(f"seed {number}: {how}\n  to see it again: python -m tests.matrix --seed {number} --vends {vends}")
    sys.exit(bool(found.broken))


if __name__ == "__main__":
    main()
