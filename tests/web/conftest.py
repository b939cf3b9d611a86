"""One kiosk with pages for all tests of a file, mended before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.web.browser import PANEL, chromium, opened
from tests.web.running import Running, running_kiosk


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk")) as running:
        yield running


@pytest.fixture
def pages(served: Running) -> Running:
    served.mend()
    return served


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def screen(browser: Browser, pages: Running) -> Iterator[Page]:
    """The home page on the kiosk's own panel, as it stands when the stream is there."""
    with opened(browser, PANEL, pages.url) as page:
        yield page
