"""``python -m tests.cage --minutes N``: go on killing services in the cage, at moments out of fresh seeds."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tests.cage.proof import go_on

REPORT = Path("proof/cage.json")


@click.command()
@click.option("--minutes", type=float, default=1.0, show_default=True, help="For how long.")
@click.option("--report", type=click.Path(path_type=Path), default=REPORT, show_default=True, help="Where it adds up.")
def main(minutes: float, report: Path) -> None:
    """Kill real services while their pins and their cabinet live on."""
    found = go_on(report, minutes)
    click.echo(f"{found}\n({report})")
    for seed, how in found.broken.items():
        click.echo(f"seed {seed}: {how}")
    sys.exit(bool(found.broken))


if __name__ == "__main__":
    main()
