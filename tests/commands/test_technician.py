"""A technician's commands without a service: each works on the data itself and answers in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from tests.kit import CONFIG

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    path = tmp_path / "kiosk.yaml"
    path.write_text(
        CONFIG.format(data=tmp_path / "data", beam_down="home").replace("capacity: 12,", "capacity: 12, par: 6,")
    )
    monkeypatch.setenv("KIOSK_CONFIG", str(path))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_what_is_taken_out_is_booked_with_its_reason(run: Run) -> None:
    run("load", "B1", "5", "--lot", "L1", "--funding", "state")

    removed = run("remove", "B1", "2", "--reason", "damaged", "--lot", "L1")

    assert (removed.exit_code, removed.output) == (0, "removed: B1 -2\n")
    slots = json.loads(run("stock", "--json").output)["slots"]
    assert next(slot["count"] for slot in slots if slot["slot"] == "B1") == 3


def test_a_recall_holds_a_slot_back_until_it_is_lifted(run: Run) -> None:
    run("load", "B1", "5", "--lot", "L1")

    assert run("recall", "kit", " L1").output == "recalled: kit L1\nit stands in: B1\n"
    assert "no slot has this lot now; of kit there are: L1" in run("recall", "kit", "l1").output
    refused = run("load", "B2", "1", "--lot", "L1")
    assert (refused.exit_code, "put it aside" in refused.output) == (1, True)

    assert run("recall", "kit", "L1", "--lift").output == "recall lifted: kit L1\nit stands in: B1\n"
    assert run("load", "B2", "1", "--lot", "L1").exit_code == 0


def test_a_test_turn_needs_the_service(run: Run) -> None:
    refused = run("test", "B1")

    assert (refused.exit_code, "running service" in refused.output) == (1, True)


def test_stock_says_how_many_units_are_to_be_loaded_up_to_par(run: Run) -> None:
    run("load", "B1", "4")

    (row,) = (line for line in run("stock").output.splitlines() if "B1" in line)

    assert [cell.strip() for cell in row.split("│")[3:-1]] == ["4", "", "12", "2", "ok", ""]


def test_reports_are_none_before_a_day_is_over(run: Run) -> None:
    run("load", "B1", "4")

    assert json.loads(run("ledger", "reports", "--json").output)["reports"] == []
    assert run("ledger", "reports").output == "no report is sealed yet: the first one is when its day is over\n"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        (("remove", "B1", "1"), 1, "slot B1 has 0, not 1"),
        (("remove", "Z9", "1"), 1, "there is no slot Z9"),
        (("remove", "B1", "1", "--reason", "bored"), 2, "'bored' is not one of"),
        (("recall", "kite", "L1"), 1, "no slot holds kite; the items are condoms, kit, naloxone, strips"),
        (("recall", "kit", ""), 1, "as it is printed on the goods"),
        (("ledger", "reports", "--after", "-1"), 2, "not in the range"),
    ],
)
def test_a_mistake_is_answered_in_a_sentence(run: Run, arguments: tuple[str, ...], exit_code: int, says: str) -> None:
    result = run(*arguments)

    assert (result.exit_code, says in result.output) == (exit_code, True), result.output


def test_a_terminal_of_usual_width_shows_the_whole_day_on_which_stock_expires(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run("load", "A1", "4", "--expires", "2027-03-31")

    assert "2027-03-31" in run("stock").output
