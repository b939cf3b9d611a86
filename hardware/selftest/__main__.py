"""``python -m hardware.selftest``: a bare bench, without configuration, data or service; its plan is an argument.

A pin that another program holds is refused by the driver, so it cannot run beside a service.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hardware.dispenser import MotorStuckOn
from hardware.pins import PinsMissing, open_pins
from hardware.selftest.plainly import log_plainly
from hardware.selftest.plans import PlanUnusable, read_plan
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
from hardware.selftest.session import STUCK_ON, Surroundings, try_cabinet
from hardware.selftest.technician import Absent, AtTerminal
from hardware.selftest.tour import Terms, UnknownPart, refuse_unknown

DONE, FAILED, WRONG_USAGE = 0, 1, 2

HELP = """\
PLAN is JSON, or a file with JSON in it. Its keys are the fields of hardware/plan.py, its pins BCM numbers; a bare
number is a pin with the usual polarity (motors on when high, switches to ground):

  {"coils": [{"slot": "A1", "motor": 17, "home": 27}],
   "drop_sensor": {"pin": 22, "active_low": true}, "door": 23}

  "pushers": [{"slot": "B1", "motor": 24, "run_s": 1.5}]
  "servos":  [{"slot": "C1", "pin": 12, "rest_deg": 0, "give_deg": 90, "swing_s": 0.5}]
  "matrix":  {"rows": [9, 10], "columns": [12, 13], "home": 5, "coils": [{"slot": "D1", "row": 1, "column": 2}]}
             with "outputs": {"spi": 0, "output_enable": 25} its rows and columns are outputs of 74HC595s

Motors turn, one at a time, under a lease. Ctrl-C switches them off.
Exit codes: 0 done, 1 something failed, 2 wrong usage.
"""


def main() -> int:
    """Try the bench of the command line."""
    options = _options()
    log_plainly()
    try:
        plan = read_plan(options.plan)
        only = frozenset(filter(None, options.only.split(",")))
        refuse_unknown(plan, only)
        before = read_report(options.compare) if options.compare else None
        if options.json:
            check_place(options.json)
    except (PlanUnusable, UnknownPart, ReportUnusable) as error:
        return _fail(str(error), WRONG_USAGE)
    technician = Absent(sys.stdout) if options.yes else AtTerminal(sys.stdin, sys.stdout)
    try:
        report = try_cabinet(plan, open_pins(), Surroundings(technician), Terms(only), _say_finding)
        _say_rest(report, before)
        if options.json:
            write_report(report, options.json)
    except (PinsMissing, ReportUnusable) as error:
        return _fail(str(error), FAILED)
    except MotorStuckOn as error:
        return _fail(f"{error}\n{STUCK_ON}", FAILED)
    return FAILED if report.has_failed else DONE


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m hardware.selftest",
        description="Move and read each part of a bench, one by one.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("plan", metavar="PLAN", help="what is wired to which pin, as below")
    parser.add_argument("--yes", action="store_true", help="ask nothing: only what sensors can say")
    parser.add_argument("--only", default="", metavar="A1,A2", help="these parts only: slots, door, drop-sensor")
    parser.add_argument("--json", type=Path, metavar="REPORT", help="keep the report in this file")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="say what is worse or slower than in that report")
    return parser.parse_args()


def _say_finding(finding: Finding) -> None:
    _say(f"{finding.grade:<5}{finding.part}: {finding.words}")
    if finding.remedy:
        _say(f"     {finding.remedy}")


def _say_rest(report: Report, before: Parts | None) -> None:
    _say("")
    for finding in report.findings:
        if finding.grade is not Grade.OK:  # the slow ones are known at the end only
            _say_finding(finding)
    if before is not None:
        for change in changes(before, report):
            _say(change)
    for sentence in ending(report):
        _say(sentence)
    grades = [finding.grade for finding in report.findings]
    _say(", ".join(f"{grades.count(grade)} {grade}" for grade in Grade))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _fail(why: str, code: int) -> int:
    sys.stderr.write(f"{why}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
