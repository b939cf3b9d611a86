"""The section ``telemetry``: which brokers can be named, and what is said about when stock leaves."""

from __future__ import annotations

import pytest

from tests.config.conftest import Read


@pytest.mark.parametrize(
    "broker", ["mqtt://localhost", "mqtts://broker.example:8883", "mqtt://10.0.0.7:1", "mqtts://b:65499"]
)
def test_a_broker_is_named_by_scheme_host_and_port(broker: str, good: str, read: Read) -> None:
    assert read(good + f"telemetry: {{broker: '{broker}'}}\n").faults == ()


@pytest.mark.parametrize(
    "broker",
    ["", "localhost", "http://localhost", "mqtt://", "mqtt://user:secret@host", "mqtt://host:0", "mqtt://host:70000",
     "mqtt://host/path", "mqtt://[::1]", "mqtt://[::1", "mqtt://a b"],
)  # fmt: skip
def test_anything_else_is_refused(broker: str, good: str, read: Read) -> None:
    (fault,) = read(good + f"telemetry: {{broker: '{broker}'}}\n").faults

    assert fault.path == "telemetry.broker"


@pytest.mark.parametrize(
    ("more", "path"),
    [("", "telemetry"), (", grid_minutes: 60", "telemetry"), (", grid_minutes: 0", "telemetry.grid_minutes")],
)
def test_what_the_grid_does_today_is_said(more: str, path: str, good: str, read: Read) -> None:
    (warning,) = read(good + f"telemetry: {{broker: mqtt://localhost{more}}}\n").warnings

    assert warning.path == path
