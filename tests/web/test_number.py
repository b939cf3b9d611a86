"""The pad for those who have digits and no card: what it takes, and that nothing of it stays anywhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from kiosk.core.pacing import FREE
from kiosk.core.situation import State
from kiosk.core.values import Kind, Refusal
from tests.kit import VirtualKiosk
from tests.web.browser import PANEL, opened
from tests.web.running import Answer, Running
from tests.web.sizes import assert_fit_for_fingers
from web.app import make_app
from web.door import Door
from web.streams import Streams

PAD = "/number"
UNKNOWN = "8080808080"


@pytest.fixture
def number(pages: Running) -> str:
    """A number of the kiosk's, of ten digits."""
    return pages.code("number")


@pytest.fixture
def pad(browser: Browser, pages: Running, number: str) -> Iterator[Page]:
    with opened(browser, PANEL, pages.url + PAD) as page:
        yield page


def type_in(page: Page, digits: str) -> None:
    for digit in digits:
        page.locator(".pad label:visible", has_text=digit).click()


def typed(page: Page) -> int:
    """How many digits stand there."""
    return page.locator(".digit:checked").count()


def fields(digits: str) -> dict[str, str]:
    """A form as the page sends it."""
    return {f"digit-{place}": digits[place : place + 1] for place in range(max(10, len(digits)))}


def sent(pages: Running, digits: str, path: str = PAD, **headers: str) -> Answer:
    return pages.ask("POST", path, headers, urlencode(fields(digits)))


# --- what it takes


def test_a_number_that_is_typed_opens_a_visit(pad: Page, pages: Running, number: str) -> None:
    type_in(pad, number)
    pad.tap(".done")

    expect(pad.locator("main.visit h1")).to_have_text("Touch what you need.")
    pad.tap("#item-kit")
    expect(pad.locator(".took")).to_have_text("Supply kit: Take it: it is in the tray.")
    assert pages.tray == ["kit"]


@pytest.mark.parametrize("digits", ["1234", "20262026", "0000000000"])
def test_four_to_ten_digits_are_a_code_and_lead_home(pages: Running, number: str, digits: str) -> None:
    answer = sent(pages, digits)

    assert (answer.code, answer.headers["location"]) == (303, "/")
    pages.wait_until("the answer", lambda shown: shown.said is Refusal.UNKNOWN_CODE)


@pytest.mark.parametrize("digits", ["", "1", "123", "١٢٣٤", "H1H1", "12 34", "12-4", "+123", "²³⁴⁵"])
def test_anything_else_is_no_code_and_leads_back_to_the_pad(pages: Running, number: str, digits: str) -> None:
    answer = sent(pages, digits)

    assert (answer.code, answer.headers["location"]) == (303, PAD)
    assert (pages.snapshot.said, pages.snapshot.state) == (None, State.READY)


def test_a_language_is_kept_over_the_pad(pages: Running, number: str) -> None:
    assert "Escribe tu número" in pages.get(f"{PAD}?lang=es").text
    assert sent(pages, UNKNOWN, f"{PAD}?lang=es").headers["location"] == "/?lang=es"


def test_no_page_from_elsewhere_types(pages: Running) -> None:
    assert sent(pages, UNKNOWN, Origin="http://elsewhere.example").code == 403


def test_a_wrong_digit_is_deleted_and_done_comes_with_the_fourth(pad: Page) -> None:
    expect(pad.locator(".delete:visible")).to_have_count(0)
    type_in(pad, "1239")
    expect(pad.locator(".done")).to_be_visible()

    pad.tap(".delete:visible")
    expect(pad.locator(".done")).to_be_hidden()
    assert typed(pad) == 3
    for _ in range(3):
        pad.tap(".delete:visible")

    assert typed(pad) == 0
    expect(pad.locator(".delete:visible")).to_have_count(0)


def test_there_is_no_eleventh_digit(pad: Page) -> None:
    type_in(pad, "1234567890")
    box = pad.locator(".pad label:visible", has_text="7").bounding_box()
    assert box

    pad.mouse.click(box["x"] + 20, box["y"] + 20)

    assert typed(pad) == 10
    assert pad.locator("#digit-9-0").is_checked()


@pytest.mark.parametrize("digits", ["", "1234567890"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_key_is_large_and_stands_apart(pad: Page, pages: Running, digits: str, language: str) -> None:
    pad.goto(f"{pages.url}{PAD}?lang={language}")
    type_in(pad, digits)

    assert_fit_for_fingers(pad, ".pad label, button, a")


def test_naloxone_comes_by_one_touch_in_the_middle_of_somebodys_number(pad: Page, pages: Running) -> None:
    type_in(pad, UNKNOWN[:4])

    pad.tap("text=Naloxone")

    pages.wait_until("the coil", lambda shown: shown.item == "naloxone")


# --- only where there are codes to be typed


@contextmanager
def screen_of(kiosk: VirtualKiosk) -> Iterator[FlaskClient]:
    """The pages of a kiosk in virtual time."""
    controller = kiosk.kiosk.controller
    door = Door(controller, lambda: controller.board.snapshot, (), "River Street", True, ("en",), 154)
    with make_app(door, Streams()).test_client() as client:
        client.environ_base["HTTP_HOST"] = "127.0.0.1:8080"
        yield client


@pytest.mark.parametrize(("kind", "is_there"), [(Kind.PASS, False), (Kind.NUMBER, True), (Kind.SHARED, True)])
def test_the_home_page_leads_to_the_pad_only_where_a_code_can_be_typed(
    kiosk: VirtualKiosk, kind: Kind, is_there: bool
) -> None:
    kiosk.issue("kit")
    kiosk.issue_passes(kind=kind)

    with screen_of(kiosk) as screen:
        assert (PAD in screen.get("/").text) is is_there
        assert screen.get(PAD).location == (None if is_there else "/")


# --- it is no way to look codes up


def test_typed_numbers_keep_the_pace_of_scanned_codes(kiosk: VirtualKiosk) -> None:
    (number,) = kiosk.issue_passes(kind=Kind.NUMBER)
    with screen_of(kiosk) as screen:
        for n in range(FREE + 1):
            screen.post(PAD, data=fields(f"{n:010}"))
            kiosk.pass_time(0)
            assert kiosk.kiosk.controller.board.snapshot.said is Refusal.UNKNOWN_CODE

        screen.post(PAD, data=fields(number))
        kiosk.pass_time(0)
        assert kiosk.kiosk.controller.board.snapshot.said is Refusal.CODES_WAIT


def test_unknown_cards_make_typed_numbers_wait_too(kiosk: VirtualKiosk) -> None:
    (number,) = kiosk.issue_passes(kind=Kind.NUMBER)
    for n in range(FREE + 1):
        kiosk.scan(f"{n:010}")
        kiosk.pass_time(0)

    with screen_of(kiosk) as screen:
        screen.post(PAD, data=fields(number))
        kiosk.pass_time(0)
        assert kiosk.kiosk.controller.board.snapshot.said is Refusal.CODES_WAIT

        kiosk.pass_time(2)
        screen.post(PAD, data=fields(number))
        kiosk.pass_time(0)
        assert kiosk.kiosk.controller.board.snapshot.state is State.CHOOSING


# --- nothing of it stays


def test_digits_are_shown_as_dots_and_stand_in_no_address_no_title_and_no_storage(pad: Page, pages: Running) -> None:
    addresses: list[str] = []
    pad.on("request", lambda request: addresses.append(request.url))
    type_in(pad, UNKNOWN)
    dots = pad.locator(".typed").evaluate("each => getComputedStyle(each, '::after').content")
    pad.tap(".done")
    expect(pad.locator(".sorry")).to_contain_text("This kiosk does not know that code.")

    kept = pad.evaluate("() => JSON.stringify([localStorage, sessionStorage, history.state, document.cookie])")
    assert dots == "counter(typed, dots)"
    assert addresses
    assert not [text for text in (*addresses, pad.url, pad.title(), kept) if UNKNOWN[:4] in text]


def test_digits_are_written_into_no_log(pages: Running, number: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        sent(pages, UNKNOWN)
        pages.wait_until("the answer", lambda shown: shown.said is Refusal.UNKNOWN_CODE)
        sent(pages, number)
        pages.wait_until("the visit", lambda shown: shown.visit)

    assert UNKNOWN not in caplog.text
    assert number not in caplog.text


def test_no_answer_may_be_kept(pages: Running, number: str) -> None:
    for answer in (pages.get(PAD), sent(pages, UNKNOWN)):
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("scripts", [True, False])
def test_whoever_goes_back_finds_an_empty_pad(browser: Browser, pages: Running, number: str, scripts: bool) -> None:
    with browser.new_context(java_script_enabled=scripts) as context:
        page = context.new_page()
        for way_out in ("text=Back", ".done"):
            page.goto(pages.url + PAD)
            type_in(page, UNKNOWN)
            page.click(way_out)
            page.wait_for_url(f"{pages.url}/")

            page.go_back(wait_until="commit")
            expect(page.locator(".typed")).to_be_visible()
            assert typed(page) == 0


def test_after_a_while_without_a_touch_the_pad_is_gone(browser: Browser, pages: Running, number: str) -> None:
    with browser.new_context(viewport=PANEL) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(pages.url + PAD)
        page.clock.fast_forward(20_000)
        type_in(page, "123")  # a touch: somebody is there
        page.clock.fast_forward(20_000)
        assert typed(page) == 3

        page.clock.fast_forward(11_000)

        page.wait_for_url(f"{pages.url}/")


def test_without_a_script_a_number_is_typed_all_the_same_and_the_pad_is_gone_after_a_minute(
    browser: Browser, pages: Running, number: str
) -> None:
    assert '<noscript><meta http-equiv="refresh" content="60; url=/"></noscript>' in pages.get(PAD).text
    with browser.new_context(viewport=PANEL, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(pages.url)
        page.click("text=Type a number")
        type_in(page, number)

        page.click(".done")

        page.wait_for_selector("main.visit")
