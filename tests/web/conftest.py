"""One kiosk with pages for all tests of a file, mended before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.running import Running, running_kiosk


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk")) as running:
        yield running


@pytest.fixture
def pages(served: Running) -> Running:
    served.mend()
    return served
