"""What the operator hears of a vend, through a real broker that comes and goes meanwhile."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.process.service import CONFIG, Service, wait_for

UP = "kiosks/v1/river-street/up"


def kits(count: int) -> Callable[[str], bool]:
    return lambda payload: json.loads(payload)["items"]["kit"] == count


def says(state: str, boot: int) -> Callable[[str], bool]:
    return lambda payload: (json.loads(payload)["state"], json.loads(payload)["boot"]) == (state, boot)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    (tmp_path / "broker").mkdir()
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def reporting(tmp_path: Path, broker: Broker) -> Iterator[Service]:
    """A kiosk with five kits that is about to report to the broker."""
    (tmp_path / "kiosk").mkdir()
    telemetry = f"telemetry: {{{{broker: 'mqtt://localhost:{broker.port}', grid_minutes: 0}}}}\n"
    service = Service(tmp_path / "kiosk", CONFIG + telemetry)
    try:
        service.done("load", "B1", "5")
        yield service
    finally:
        service.close()


def test_a_scanned_ticket_is_seen_by_the_operator(broker: Broker, reporting: Service) -> None:
    reporting.simulate()
    broker.wait_for(f"{UP}/stock", kits(5))
    (ticket,) = reporting.tickets(1)

    with broker.watch(f"{UP}/stock") as operator:
        reporting.scan(ticket)
        operator.until(f"{UP}/stock", kits(4))

    info = json.loads(broker.retained()[f"{UP}/info"])
    assert info["simulated"] is True
    assert [slot["slot"] for slot in info["slots"]] == ["A1", "A2", "B1"]


def test_a_broker_that_dies_and_comes_back_does_not_disturb_a_vend(broker: Broker, reporting: Service) -> None:
    reporting.simulate()
    broker.wait_for(f"{UP}/stock", kits(5))
    (ticket,) = reporting.tickets(1)
    commits = reporting.happened("commit").count("commit")

    reporting.scan(ticket)
    reporting.wait_for("motor_on")
    broker.kill()
    reporting.wait_for_outcome(commits + 2)

    assert reporting.stock("B1")["count"] == 4
    broker.start()
    broker.wait_for(f"{UP}/stock", kits(4))


def test_a_broker_that_is_missing_at_the_start_disturbs_nothing(broker: Broker, reporting: Service) -> None:
    broker.kill()
    reporting.simulate()
    wait_for("the complaint", lambda: "start the broker" in reporting.log())
    (ticket,) = reporting.tickets(1)
    commits = reporting.happened("commit").count("commit")

    reporting.scan(ticket)
    reporting.wait_for_outcome(commits + 2)

    broker.start()
    broker.wait_for(f"{UP}/stock", kits(4))


def test_each_start_has_a_higher_number_and_a_clean_stop_says_so(broker: Broker, reporting: Service) -> None:
    with broker.watch(f"{UP}/status") as operator:
        for boot in (1, 2):
            reporting.simulate()
            operator.until(f"{UP}/status", says("online", boot))
            assert reporting.end(signal.SIGTERM) == 0
            operator.until(f"{UP}/status", says("offline", boot))


def test_a_password_that_cannot_be_read_is_named_and_stops_nothing(tmp_path: Path) -> None:
    telemetry = "telemetry: {{broker: 'mqtt://localhost', password_file: {folder}/nowhere, grid_minutes: 0}}\n"
    service = Service(tmp_path, CONFIG + telemetry)
    try:
        service.done("load", "B1", "5")
        service.simulate()
        (ticket,) = service.tickets(1)
        commits = service.happened("commit").count("commit")
        service.scan(ticket)
        service.wait_for_outcome(commits + 2)

        assert f"telemetry.password_file {tmp_path}/nowhere cannot be read" in service.log()
    finally:
        service.close()
