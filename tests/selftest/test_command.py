"""``kiosk selftest`` as a command: what it refuses, what it leaves alone, and what it says at the end."""

from __future__ import annotations

import json
import logging
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from hardware.pins import PinsMissing
from hardware.selftest.plainly import OneLine
from kiosk.cli import main
from kiosk.lock import InstanceLock
from kiosk.selftesting import Surroundings
from tests.selftest.stage import Stage, line


def test_it_never_runs_beside_the_service(stage: Stage) -> None:
    with closing(InstanceLock(stage.folder / "data")):
        tried = stage.run()

    assert (tried.exit_code, "stop the service (sudo systemctl stop kiosk)" in tried.output) == (1, True)
    assert stage.time.bench is None


def test_the_lock_is_given_back(stage: Stage) -> None:
    stage.run("--only", "door")

    InstanceLock(stage.folder / "data").close()


def test_it_books_nothing_and_says_how_to(stage: Stage) -> None:
    stage.invoke("load", "B1", "5")

    tried = stage.run("--only", "B1")

    stock = json.loads(stage.invoke("stock", "--json").output)
    assert next(slot["count"] for slot in stock["slots"] if slot["slot"] == "B1") == 5
    assert "In the tray now: B1 1." in tried.output


def test_what_fell_from_a_real_cabinet_is_told_with_the_command_that_books_it(stage: Stage) -> None:
    stage.found_with(lambda bench: bench.break_slot("C1", "thin", None))

    tried = stage.run_on_pins("--only", "A1,C1")

    assert tried.output.splitlines()[-5:] == [
        "In the tray now: A1 1.",
        "Nobody could see how many fell from: C1.",
        "The ledger does not know that. Put those units back behind the others, or book them out:",
        "  kiosk remove A1 1",
        "  kiosk count C1 …    (how many stand in it now)",
    ]


def test_what_switches_off_after_a_kill_knows_every_motor_before_one_is_opened(stage: Stage) -> None:
    stage.run_on_pins("--only", "door")

    told = json.loads((stage.folder / "data" / "safe-state.json").read_text())
    assert told["off"] == [[17, 0], [18, 0], [24, 0], [16, 0]]


def test_without_pins_it_says_what_to_do_and_moves_nothing(stage: Stage) -> None:
    def missing() -> None:
        raise PinsMissing("the driver lgpio is missing; install it: sudo apt install python3-lgpio")

    around = Surroundings(pins=missing)
    tried = CliRunner().invoke(main, ["selftest", "--yes", "--config", str(stage.file)], obj=around)

    assert (tried.exit_code, "Error: the driver lgpio is missing" in tried.output) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--only", "A1,Z9"), "there is no part Z9; the parts are door, drop-sensor, A1, A2, B1, C1"),
        (("--fault", "Z9:jam"), "there is no slot Z9; the slots are A1, A2, B1, C1"),
        (("--fault", "A1:fire"), "there is no fault 'fire'; the faults are none, jam"),
        (("--fault", "A1"), "write it as A1:jam"),
        (("--compare", "none.json"), "none.json cannot be read: No such file or directory"),
        (("--json", "no/folder/here.json"), "no report can be written to no/folder/here.json"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence_before_anything_moves(
    stage: Stage, arguments: tuple[str, ...], words: str
) -> None:
    tried = stage.run(*arguments)

    assert (tried.exit_code, words in tried.output.replace("\n", " ")) == (2, True), tried.output
    assert stage.time.motor_on_at is None


@pytest.mark.parametrize("option", [("--fault", "A1:jam"), ("--trace", "trace.jsonl")])
def test_what_breaks_a_simulated_cabinet_needs_one(stage: Stage, option: tuple[str, str]) -> None:
    tried = CliRunner().invoke(main, ["selftest", *option, "--config", str(stage.file)])

    assert (tried.exit_code, "work with --simulate only" in tried.output) == (2, True)


def test_a_report_is_kept_and_the_next_one_is_held_against_it(stage: Stage) -> None:
    report = stage.folder / "report.json"
    stage.run("--json", str(report), "--fault", "A2:jam")

    tried = stage.run("--compare", str(report), "--fault", "A1:slow", "--fault", "B1:jam")

    told = tried.output.partition("Compared with the report before:")[2]
    assert "A1: worse, WARN and was OK: slow" in told
    assert "A1: slower, home after 3.11 s and was 1.56 s" in told
    assert "A2: better, OK and was FAIL" in told
    assert "B1: worse, FAIL and was OK: not home again within 4 s" in told
    assert "C1" not in told.partition("In the tray")[0]


def test_the_same_again_is_told_as_such(stage: Stage) -> None:
    report = stage.folder / "report.json"
    stage.run("--json", str(report))

    assert "nothing has become worse or slower" in stage.run("--compare", str(report), "--json", str(report)).output


def test_a_report_says_part_by_part_what_was_seen(stage: Stage) -> None:
    report = stage.folder / "report.json"
    stage.run("--only", "B1", "--json", str(report))

    assert json.loads(report.read_text()) == {
        "v": 1,
        "simulated": True,
        "cut_short": None,
        "parts": [
            {
                "part": "B1",
                "grade": "OK",
                "words": "left home after 0.04 s, home after 1.56 s, drop after 1.78 s",
                "remedy": "",
                "result": "came_home",
                "left_s": 0.044,
                "home_s": 1.556,
                "drop_s": 1.783,
                "drops": 1,
                "fell": 1,
            }
        ],
        "fell": {"B1": 1},
        "unknown": [],
    }


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"v": 1}', '{"v": 1, "parts": [{"part": "A1", "grade": "?"}]}'])
def test_what_is_no_report_is_refused(stage: Stage, content: str) -> None:
    path = stage.folder / "other.json"
    path.write_text(content)

    tried = stage.run("--compare", str(path))

    assert (tried.exit_code, "is no report of a self-test" in tried.output.replace("\n", " ")) == (2, True)


def test_where_the_supply_takes_time_to_come_up_a_turn_is_timed_from_then_on(stage: Stage) -> None:
    stage.file.write_text(stage.file.read_text() + "motor_enable: {pin: 25, pulse_ms: 100, rise_ms: 1500}\n")

    tried = stage.run()

    good = "OK left home after 0.04 s, home after 1.56 s, drop after 1.78 s"
    assert [line(tried, slot) for slot in ("A1", "A2", "B1", "C1")] == [good] * 4


def test_a_trace_of_a_simulated_self_test_has_every_edge(stage: Stage, tmp_path: Path) -> None:
    stage.run("--only", "B1", "--trace", str(tmp_path / "trace"))

    happened = [json.loads(each)["what"] for each in (tmp_path / "trace").read_text().splitlines()]
    assert happened == ["motor_on", "home", "home", "motor_off", "drop"]


def test_what_a_driver_warns_of_is_one_line_and_no_traceback() -> None:
    try:
        raise OSError("GPIO busy")
    except OSError:
        record = logging.LogRecord("hardware", logging.ERROR, "", 0, "slot B1 cannot be used", None, sys.exc_info())

    assert OneLine("%(levelname)s: %(message)s").format(record) == "ERROR: slot B1 cannot be used"
