from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.cli.check import check
from tests.config.conftest import Checked

SMALLEST = """\
kiosk: {id: river-street, name: River Street, timezone: UTC}
items:
  - {id: kit, name: {en: Kit}, access: open}
slots:
  - {id: A1, item: kit, capacity: 1, motor: {driver: gpio, pin: 9, active_high: true}, home: {pin: 0, active_low: true}}
"""


def test_a_good_file_is_ok_with_its_slots_and_items(good: str, checked: Checked) -> None:
    result = checked(good)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "OK: kiosk.yaml: 5 slots, 3 items\n", "")


def test_one_is_counted_as_one(checked: Checked) -> None:
    result = checked(SMALLEST)

    assert result.stdout == "OK: kiosk.yaml: 1 slot, 1 item\n"


def test_a_warning_does_no_harm(good: str, checked: Checked) -> None:
    result = checked(good + "maintenance: {port: 8443}\n")

    assert result.exit_code == 0
    assert result.stdout.startswith("OK: ")
    assert result.stderr.startswith("warning: kiosk.yaml:29:1 maintenance: ")


def test_a_fault_exits_with_2_and_its_remedy_stands_indented_below(good: str, checked: Checked) -> None:
    result = checked(good.replace("pin: 18", "pin: 17"))

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.split("\n")[1:] == ["    Wire one of the two to another pin and write its number here.", ""]


def test_faults_come_before_warnings(good: str, checked: Checked) -> None:
    result = checked("maintenance: {}\n" + good.replace("pin: 18", "pin: 17"))

    first, _, second, _ = result.stderr.splitlines()
    assert first.startswith("kiosk.yaml:13:66 ")
    assert second.startswith("warning: kiosk.yaml:1:1 ")


def test_a_missing_file_exits_with_2() -> None:
    result = CliRunner().invoke(check, ["/nowhere/kiosk.yaml"])

    assert result.exit_code == 2
    assert result.stderr.startswith("/nowhere/kiosk.yaml: there is no such file\n    Name the file")


@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        (["a.yaml", "--config", "b.yaml"], "c.yaml", "a.yaml"),
        (["--config", "b.yaml"], "c.yaml", "b.yaml"),
        ([], "c.yaml", "c.yaml"),
    ],
)
def test_the_argument_counts_before_the_option_and_the_option_before_the_environment(
    arguments: list[str], environment: str, named: str, kiosk_yaml: Path
) -> None:
    result = CliRunner().invoke(check, arguments, env={"KIOSK_CONFIG": environment})

    assert result.stderr.startswith(f"{named}: ")


def test_the_usual_place_is_etc_kiosk() -> None:
    result = CliRunner().invoke(check, ["--help"])

    assert "/etc/kiosk/kiosk.yaml" in result.output
