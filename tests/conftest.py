"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import VirtualKiosk, virtual_kiosk


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[VirtualKiosk]:
    """A loaded kiosk in virtual time."""
    with virtual_kiosk(tmp_path / "data") as virtual:
        for slot in ("A1", "A2", "B1", "B2", "C1", "D1"):
            virtual.load(slot, 5)
        yield virtual


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI=true nothing may be skipped: a missing part is a failure there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
