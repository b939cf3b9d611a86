"""From the finger that leaves the screen to the motor's pin: a real Chromium, a real process.

The browser stamps the release of the touch (``pointerup``), the trace the pin. Floor: one bare durable commit in the
same folder, one after each vend; the commit of the intent lies between the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic, time

from playwright.sync_api import Page

from tests.bench.figures import Effort, Figure
from tests.bench.processes import MeasuredService, loaded_service
from tests.bench.scan_to_motor import bare_commits
from tests.process.service import wait_for
from tests.web.browser import PANEL, chromium, opened

STAMP = """document.addEventListener("pointerup",
  event => { window.touchedAt = (performance.timeOrigin + event.timeStamp) / 1000; }, true)"""


def touch_to_motor(effort: Effort) -> Iterator[Figure]:
    """Touches of naloxone, one after the other, each when the page is at rest again."""
    with loaded_service() as service, bare_commits(service) as floor, chromium() as browser:
        service.done("load", "A1", "999")
        with opened(browser, PANEL, f"http://127.0.0.1:{service.port}/") as page:
            page.evaluate(STAMP)
            pairs = [(_touch(service, page), floor.commit()) for _ in range(1 + effort.vends)]
    times, least = [1e3 * took for took, _ in pairs], [1e3 * took for _, took in pairs]
    yield Figure("first touch since the start: touch to motor", times[:1], "ms", least[:1])
    yield Figure("touch to motor", times[1:], "ms", least[1:], "≤ 60 ms")


def _touch(service: MeasuredService, page: Page) -> float:
    before, commits = len(service.trace()), service.happened("commit").count("commit")
    page.tap("#item-naloxone")
    touched = float(page.evaluate("window.touchedAt")) - (time() - monotonic())
    service.wait_for_outcome(commits + 2)
    wait_for("the page to be at rest", lambda: page.locator("main.choose").count())
    return next(float(str(line["t"])) for line in service.trace()[before:] if line["what"] == "motor_on") - touched
