"""What an operator meets: a second instance, a broken file, missing hardware, a damaged ledger, a command alone."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.process.service import Service


def test_a_second_instance_is_refused_and_the_first_goes_on(loaded: Service) -> None:
    second = loaded.kiosk("run", "--simulate")

    assert second.returncode == 1
    assert "another kiosk process" in second.stderr
    assert loaded.stock("B1")["count"] == 5


def test_with_a_broken_configuration_the_service_stays_up_and_says_why(service: Service) -> None:
    service.config.write_text(service.config.read_text().replace("pin: 24", "pin: 17"))

    service.start("--simulate", ready="out of order")

    assert "17 is already used by slots[0].motor.pin" in service.log()
    assert service.end(signal.SIGTERM) == 0


def test_without_hardware_the_service_stays_up_and_says_what_to_install(service: Service) -> None:
    service.done("load", "B1", "5")

    service.start()

    assert "out of order: pins:" in service.log()
    assert "python3-lgpio" in service.log() or "Raspberry Pi" in service.log()
    assert service.stock("B1")["state"] == "missing"
    assert service.end(signal.SIGTERM) == 0


def test_with_a_damaged_ledger_the_service_begins_anew_and_says_what_to_do(service: Service) -> None:
    (service.folder / "data").mkdir()
    (service.folder / "data" / "ledger.db").write_bytes(b"no ledger at all" * 1000)

    service.start("--simulate")

    assert "out of order: ledger:" in service.log()
    assert "no good backup was there" in service.log()
    assert "count every slot" in service.log()
    assert service.stock("B1")["state"] == "count_needed"
    service.done("count", "B1", "5")
    assert (service.stock("B1")["state"], service.stock("B1")["count"]) == ("ok", 5)


def test_a_command_alone_says_that_the_ledger_is_damaged_and_touches_nothing(service: Service) -> None:
    (service.folder / "data").mkdir()
    (service.folder / "data" / "ledger.db").write_bytes(b"no ledger at all" * 1000)

    ran = service.kiosk("ledger", "verify")

    assert ran.returncode == 1
    assert "when the service starts, it sets it aside" in ran.stderr
    assert (service.folder / "data" / "ledger.db").read_bytes() == b"no ledger at all" * 1000


def test_a_running_service_is_backed_up_and_not_restored_over(loaded: Service, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("four words by chance\n")
    options = (str(tmp_path / "a.backup"), "--passphrase-file", str(tmp_path / "passphrase"))
    loaded.tickets(1)
    loaded.done("backup", *options)

    assert "units: 5" in loaded.done("restore", *options, "--dry-run")
    refused = loaded.kiosk("restore", *options)

    assert refused.returncode == 1
    assert "stop it first" in refused.stderr
    assert loaded.stock("B1")["state"] == "ok"

    loaded.end(signal.SIGTERM)
    loaded.done("restore", *options)
    loaded.simulate()
    assert (loaded.stock("B1")["state"], loaded.stock("B1")["uncertain"]) == ("count_needed", 5)


def test_a_trace_is_refused_on_a_real_machine(service: Service) -> None:
    refused = service.kiosk("run", "--trace", "somewhere")

    assert refused.returncode == 2
    assert "list of visits" in refused.stderr


def test_the_trace_and_the_log_hold_no_code(loaded: Service) -> None:
    (ticket,) = loaded.tickets(1)
    loaded.scan(ticket)
    loaded.wait_for("drop")
    loaded.end(signal.SIGTERM)

    for written in (loaded.trace_file, loaded.log_file, loaded.folder / "data" / "ledger.db"):
        assert ticket[2:].encode() not in written.read_bytes()


def test_a_socket_left_by_a_kill_does_not_hinder_the_next_start(loaded: Service) -> None:
    loaded.end(signal.SIGKILL)
    assert (loaded.folder / "data" / "kiosk.sock").exists()

    assert loaded.done("stock", "--json")
    loaded.simulate()
    assert loaded.stock("B1")["count"] == 5


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        (("load", "Z9", "1"), 1, "there is no slot Z9; the slots are A1, A2, B1"),
        (("load", "B1", "99"), 1, "room for 12"),
        (("load", "B1", "none"), 2, "not a valid integer"),
        (("count", "B1", "13"), 1, "holds 0 to 12"),
        (
            ("codes", "issue", "--kind", "ticket", "--count", "1", "--gives", "kite:1", "--out", "x.csv"),
            2,
            "no item 'kite'",
        ),
        (
            ("codes", "issue", "--kind", "card", "--count", "1", "--out", "x.csv"),
            2,
            "'card' is not one of 'pass'",
        ),
        (("bench", "door", "open"), 1, "no simulated kiosk is running"),
    ],
)
def test_a_mistake_is_answered_in_a_sentence(
    service: Service, arguments: tuple[str, ...], exit_code: int, says: str
) -> None:
    ran = service.kiosk(*arguments)

    assert (ran.returncode, "Traceback" in ran.stderr) == (exit_code, False)
    assert says in ran.stderr


def test_cards_that_nobody_took_the_tags_of_are_withdrawn(service: Service, tmp_path: Path) -> None:
    (service.folder / "data").mkdir()
    (service.folder / "data" / "ledger.db").write_bytes(b"no ledger at all" * 1000)
    out = tmp_path / "cards.csv"

    ran = service.kiosk("codes", "issue", "--kind", "ticket", "--count", "3", "--out", str(out))

    assert ran.returncode == 1
    assert not out.exists()


def test_without_a_usable_data_directory_the_service_stays_up_for_naloxone(service: Service) -> None:
    (service.folder / "data").write_text("a file where a directory should be")

    service.start("--simulate", "--trace", str(service.trace_file))

    assert "out of order: data:" in service.log()
    assert "out of order: ledger:" in service.log()
    assert "out of order: codes:" in service.log()
    assert service.end(signal.SIGTERM) == 0


def test_naloxone_needs_no_code_and_no_count(service: Service) -> None:
    service.simulate()

    service.done("bench", "choose", "naloxone")
    service.wait_for("drop")
    service.wait_for("commit", 4)

    assert json.loads(service.done("stock", "--json"))["items"] == {"naloxone": 0, "kit": 0}
    assert service.happened("motor_on") == ["motor_on"]


def test_the_last_naloxone_comes_to_whoever_asks_as_from_the_overdose_page(service: Service) -> None:
    service.done("load", "A1", "1")
    service.simulate()

    service.done("bench", "choose", "naloxone")
    service.done("bench", "choose", "naloxone", "--reserve")
    service.wait_for("drop")

    assert service.happened("motor_on") == ["motor_on"]


def test_a_lost_programme_key_is_not_replaced_by_issuing_codes(service: Service) -> None:
    service.tickets(1)
    (service.folder / "data" / "programme.key").unlink()

    ran = service.kiosk("codes", "issue", "--kind", "ticket", "--count", "1", "--out", str(service.folder / "x.csv"))

    assert ran.returncode == 1
    assert "no programme key" in ran.stderr
    assert service.done("codes", "list").count("ticket-") == 1


def test_a_lost_programme_key_locks_codes_and_nothing_else(service: Service) -> None:
    service.done("load", "B1", "5")
    service.tickets(1)
    (service.folder / "data" / "programme.key").unlink()

    service.start("--simulate")

    assert "out of order: codes:" in service.log()
    assert not (service.folder / "data" / "programme.key").exists()
    assert service.stock("B1")["count"] == 5
