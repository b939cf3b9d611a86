"""``python -m tests.mutation --minutes N``: go on; ``--only TEXT``: try those alone, again if need be."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

from tests.mutation.proof import TARGETS, WANTED, Proof, Score, TestsFail, copied, explained, score

ROOT = Path(__file__).parents[2]
REPORT = Path("proof/mutants.json")

# what the tests of a kiosk need and no mutant is in: read once here, and not again in every child
ALWAYS = ("apsw", "flask", "gpiozero", "hypothesis.stateful", "paho.mqtt.client", "pydantic", "ruamel.yaml", "serial")


@click.command()
@click.option("--minutes", type=float, default=1.0, show_default=True, help="For how long.")
@click.option("--only", default="", help="Try the mutants whose name has this text.")
@click.option("--workers", default=1, show_default=True, help="How many at once.")
@click.option("--report", type=click.Path(path_type=Path), default=REPORT, show_default=True, help="Where it adds up.")
@click.option("--root", type=click.Path(path_type=Path), default=ROOT, help="Another project.")
@click.option("--target", nargs=2, multiple=True, metavar="SOURCES TESTS", help="Its folders.")
def main(
    minutes: float, only: str, workers: int, report: Path, root: Path, target: tuple[tuple[str, str], ...]
) -> None:
    """Put small faults into core and ledger, and see whether their tests notice."""
    for module in () if target else ALWAYS:
        importlib.import_module(module)
    with copied(root) as copy:
        proof = Proof(copy, report, dict(target) or TARGETS, workers)
        try:
            proof.go_on(minutes, only)
        except TestsFail as error:
            raise click.ClickException(str(error)) from error
    found = _tell(proof, {} if target else explained(), report.with_suffix(".txt"))
    sys.exit(found.share < WANTED)


def _tell(proof: Proof, reasons: dict[str, str], path: Path) -> Score:
    found = score(proof, reasons)
    lines = [str(found), *(f"  {within}: {score(proof, reasons, within)}" for within in proof.targets)]
    lines += [f"UNEXPLAINED {key}" for key in found.unexplained]
    lines += [f"NO LONGER NEEDED {key}" for key in found.stale]
    path.write_text("\n".join([*lines, *(f"{key}\n    {reasons[key]}" for key in found.explained)]) + "\n")
    click.echo("\n".join([*lines, f"({path})"]))
    return found


if __name__ == "__main__":
    main()
