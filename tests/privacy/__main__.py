"""``python -m tests.privacy --minutes N``: go on searching seized kiosks and guessing at visits from fresh seeds."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from tests.privacy.proof import go_on

REPORT = Path("proof/privacy.json")


@click.command()
@click.option("--minutes", type=float, default=1.0, show_default=True, help="For how long.")
@click.option("--report", type=click.Path(path_type=Path), default=REPORT, show_default=True, help="Where it adds up.")
def main(minutes: float, report: Path) -> None:
    """Seize kiosks and play the linkage game, and say what was found."""
    logging.lastResort = None  # power cuts are no news here
    found = go_on(report, minutes)
    click.echo(f"{found}\n({report})")
    for seed, what in found.broken.items():
        click.echo(f"seed {seed}: {what}")
    sys.exit(bool(found.broken))


if __name__ == "__main__":
    main()
