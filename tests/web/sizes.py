"""What fingers and eyes need of a page on the kiosk's own panel."""

from __future__ import annotations

from playwright.sync_api import FloatRect, Page

from tests.web.browser import PANEL

TARGET_MM, APART_MM, PANEL_MM = 20, 2, 154
MM = PANEL["width"] / PANEL_MM
OVERFLOWING = """() => [...document.querySelectorAll("body, main, .say, .tile, .act, .language, ol, .bar, .pad")]
  .filter(e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
  .map(e => e.outerHTML.slice(0, 80))"""


def assert_fit_for_fingers(screen: Page, which: str = "button, a") -> None:
    """Every target is large, stands apart and on the panel whole; nothing is cut off."""
    targets = boxes(screen, which)
    for box in targets:
        assert min(box["width"], box["height"]) >= TARGET_MM * MM - 0.5
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PANEL["width"]
        assert box["y"] + box["height"] <= PANEL["height"]
    for one in targets:
        for other in targets:
            assert one is other or distance(one, other) >= APART_MM * MM
    assert len(targets) >= 3
    assert overflowing(screen) == []


def boxes(screen: Page, which: str) -> list[FloatRect]:
    """The places of all elements that can be seen."""
    found = [element.bounding_box() for element in screen.locator(which).all() if element.is_visible()]
    return [box for box in found if box]


def distance(one: FloatRect, other: FloatRect) -> float:
    """How far two boxes are apart, the wider way."""
    across = max(one["x"], other["x"]) - min(one["x"] + one["width"], other["x"] + other["width"])
    down = max(one["y"], other["y"]) - min(one["y"] + one["height"], other["y"] + other["height"])
    return max(across, down)


def overflowing(screen: Page) -> list[str]:
    """What is wider or higher than the room it has."""
    found: list[str] = screen.evaluate(OVERFLOWING)
    return found
