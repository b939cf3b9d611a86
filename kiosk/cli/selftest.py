"""``kiosk selftest``: moves and reads each part of the cabinet, one by one, guided. Never beside the service.

It books no stock: what fell is said at the end, with the command that books it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from hardware.dispenser import MotorStuckOn
from hardware.pins import PinsMissing
from hardware.selftest.plainly import log_plainly
from hardware.selftest.report import (
    Finding,
    Grade,
    Parts,
    Report,
    ReportUnusable,
    changes,
    check_place,
    ending,
    read_report,
    write_report,
)
from hardware.selftest.session import STUCK_ON
from hardware.selftest.technician import Absent, AtTerminal
from hardware.selftest.tour import UnknownPart, refuse_unknown
from kiosk.cli.data import plain_words, usable
from kiosk.cli.options import config_option
from kiosk.config import Config
from kiosk.selftesting import FaultUnknown, Simulation, Surroundings, selftest
from kiosk.translation import plan_of

FAILED = 1
STYLES = {Grade.OK: "green", Grade.WARN: "yellow", Grade.FAIL: "bold red"}


def _names(_context: click.Context, _option: click.Parameter, given: str | None) -> frozenset[str]:
    return frozenset(filter(None, (given or "").split(",")))


def _faults(_context: click.Context, _option: click.Parameter, given: Iterable[str]) -> tuple[tuple[str, str], ...]:
    split = tuple(each.partition(":") for each in given)
    if not all(kind for _, _, kind in split):
        raise click.BadParameter("write it as A1:jam")
    return tuple((slot, kind) for slot, _, kind in split)


@click.command("selftest")
@click.option("--yes", is_flag=True, help="Ask nothing: motors turn at once, and only sensors say anything.")
@click.option("--only", metavar="A1,A2", callback=_names, help="These parts only: slots, door, drop-sensor.")
@click.option("--json", "to", type=click.Path(path_type=Path), metavar="REPORT", help="Keep the report in this file.")
@click.option(
    "--compare",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Say what is worse or slower than in that report.",
)
@click.option("--simulate", is_flag=True, help="Try a simulated cabinet; no hardware is touched.")
@click.option("--fault", multiple=True, metavar="A1:jam", callback=_faults, help="With --simulate: break a slot first.")
@click.option("--trace", type=click.Path(path_type=Path), help="With --simulate: write what happens, one JSON a line.")
@config_option
@click.pass_context
@plain_words(failed=(PinsMissing,), wrong_usage=(ReportUnusable, UnknownPart, FaultUnknown))
def command(
    context: click.Context,
    config: Path,
    yes: bool,
    only: frozenset[str],
    to: Path | None,
    compare: Path | None,
    simulate: bool,
    fault: tuple[tuple[str, str], ...],
    trace: Path | None,
) -> None:
    """Move and read each part of the cabinet, one by one, and say how it does.

    Asks before each motor and for what only eyes can see. The service must be stopped. Ctrl-C switches all motors off.
    """
    if (fault or trace) and not simulate:
        raise click.UsageError("--fault and --trace work with --simulate only.")
    loaded = usable(config)
    refuse_unknown(plan_of(loaded), only)
    before = read_report(compare) if compare else None
    if to:
        check_place(to)
    report = _carried_out(
        context, loaded, only, asks=not yes, simulation=Simulation(fault, trace) if simulate else None
    )
    _say_rest(report, before)
    if to:
        write_report(report, to)
    context.exit(FAILED if report.has_failed else 0)


def _carried_out(
    context: click.Context, config: Config, only: frozenset[str], *, asks: bool, simulation: Simulation | None
) -> Report:
    log_plainly()
    technician = AtTerminal(sys.stdin, sys.stdout) if asks else Absent(sys.stdout)
    technician.tell(_greeting(config, simulation))
    surroundings = context.find_object(Surroundings)  # a test's own time, if there is one
    try:
        return selftest(config, technician, only, _say, simulation=simulation, surroundings=surroundings)
    except MotorStuckOn as error:
        raise click.ClickException(f"{error}\n{STUCK_ON}") from error


def _greeting(config: Config, simulation: Simulation | None) -> str:
    if simulation:
        return f"Self-test of {config.kiosk.id}, simulated: no hardware is touched, hands and units are simulated too."
    return f"Self-test of {config.kiosk.id}. Motors will turn: keep hands, hair and sleeves out of the cabinet."


def _say(finding: Finding) -> None:
    click.echo(f"{finding.grade:<5}{finding.part}: {finding.words}")


def _say_rest(report: Report, before: Parts | None) -> None:
    click.echo()
    _say_table(report)
    if before is not None:
        worse = list(changes(before, report)) or ["nothing has become worse or slower"]
        click.echo("\n".join(["Compared with the report before:", *(f"  {each}" for each in worse)]))
    for sentence in (*ending(report), *_bookings(report)):
        click.echo(sentence)


def _bookings(report: Report) -> Iterator[str]:
    if report.simulated or not (report.fell or report.unknown):
        return
    yield "The ledger does not know that. Put those units back behind the others, or book them out:"
    yield from (f"  kiosk remove {slot} {units}" for slot, units in report.fell.items() if slot not in report.unknown)
    yield from (f"  kiosk count {slot} …    (how many stand in it now)" for slot in report.unknown)


def _say_table(report: Report) -> None:
    from rich.console import Console  # noqa: PLC0415 - slow to import, and wrong usage needs none
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table("part", "", "what was seen", "what to do", title="simulated cabinet" if report.simulated else None)
    for each in report.findings:
        table.add_row(each.part, Text(each.grade, STYLES[each.grade]), Text(each.words), Text(each.remedy))
    Console().print(table)
