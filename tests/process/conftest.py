"""A service for each test, ended whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.service import Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def loaded(service: Service) -> Service:
    """A running simulated kiosk with five kits in the ledger."""
    service.done("load", "B1", "5")
    service.simulate()
    return service
