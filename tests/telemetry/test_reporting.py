"""What telemetry is told of the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.config.model import Telemetry
from kiosk.reporting import PasswordUnusable, broker_plan_of


@pytest.mark.parametrize(
    ("broker", "host", "port", "tls"),
    [
        ("mqtt://broker.example", "broker.example", 1883, False),
        ("mqtts://broker.example", "broker.example", 8883, True),
        ("mqtts://10.0.0.7:443", "10.0.0.7", 443, True),
    ],
)
def test_scheme_host_and_port_are_read_from_the_broker(broker: str, host: str, port: int, tls: bool) -> None:
    plan = broker_plan_of(Telemetry(broker=broker))

    assert (plan.host, plan.port, plan.tls) == (host, port, tls)


@pytest.mark.parametrize(("grid_minutes", "is_published"), [(0, True), (1, False), (60, False)])
def test_stock_leaves_at_every_change_only_where_the_file_says_so(grid_minutes: int, is_published: bool) -> None:
    plan = broker_plan_of(Telemetry(broker="mqtt://broker.example", grid_minutes=grid_minutes))

    assert plan.publishes_stock is is_published


def test_a_password_is_read_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(" it has spaces \n")

    plan = broker_plan_of(Telemetry(broker="mqtt://broker.example", password_file=tmp_path / "password"))

    assert plan.password
    assert plan.password.reveal() == " it has spaces "


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), (b"\xff", "it is no text")])
def test_a_password_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "password"
    if content:
        path.write_bytes(content)

    with pytest.raises(PasswordUnusable, match=rf"password_file {path} cannot be read \({why}.*then restart"):
        broker_plan_of(Telemetry(broker="mqtt://broker.example", password_file=path))
