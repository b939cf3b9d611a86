"""Debian's own Chromium, driven by Playwright, at the sizes that people have in front of them.

Where Chromium is missing the test is skipped; with CI=true that fails.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

PANEL: ViewportSize = {"width": 800, "height": 480}
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 20_000
ARGUMENTS = ["--no-sandbox"]
NOT_AS_USUAL = ["--disable-back-forward-cache"]  # a kiosk's browser keeps pages whole to go back to
USUAL = (
    *("Failed to load resource", "[object Event]", "htmx:sendAbort", "htmx:afterRequest"),
    "[Warning] duplicate ids found during morph",
)

expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("chromium is missing: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, ignore_default_args=NOT_AS_USUAL)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Browser, size: ViewportSize, url: str) -> Iterator[Page]:
    """A page; a complaint in the browser's console fails the test."""
    with browser.new_context(viewport=size, has_touch=True, reduced_motion="no-preference") as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.extend(_complaint(message)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        yield page
        assert complaints == [], complaints


def _complaint(message: ConsoleMessage) -> list[str]:
    # a refused form and a kiosk that ended are answers, of which the page's own words speak; a stream that ended is
    # begun again (htmx logs the bare event); a touch calls off a picture that is on its way, or overtakes it
    is_usual = message.text.startswith(USUAL)
    return [message.text] if message.type in ("error", "warning") and not is_usual else []
