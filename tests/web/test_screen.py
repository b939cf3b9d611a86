"""The screen in a real browser: a person touches, sees what happens, and takes it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.broker import free_port
from tests.process.service import CONFIG, Service, screened
from tests.web.browser import PANEL, opened
from tests.web.running import UNITS, Running, running_kiosk
from tests.web.sizes import assert_fit_for_fingers, overflowing
from web.screen.sentences import (
    AGAIN,
    LEFT,
    MAYBE,
    NOT_DELIVERED,
    REFUSED,
    STOPPED_FOR_OTHERS,
    TAKE,
    USED_UP,
)
from web.words import Words

NOTES = (
    *("no code", "with a code", "none left", "not now", "for an overdose", "in a few seconds", "no limit"),
    *LEFT.values(),
    *USED_UP.values(),
)


def test_a_touch_an_item_falls_and_the_screen_says_take_it(screen: Page, pages: Running) -> None:
    screen.tap("#item-condoms")

    expect(screen.locator("main.coming h1")).to_have_text("Condoms")
    expect(screen.locator(".took")).to_have_text("Condoms: Take it: it is in the tray.")
    assert (pages.tray, pages.count("D1")) == (["condoms"], UNITS - 1)


def test_what_was_taken_is_gone_from_the_screen_after_a_while(screen: Page) -> None:
    screen.tap("#item-condoms")
    expect(screen.locator(".took")).to_be_visible()

    expect(screen.locator(".took")).to_have_count(0)
    expect(screen.locator("h1")).to_have_text("Touch what you need. It is free.")


def test_a_ticket_that_names_its_item_needs_no_touch(screen: Page, pages: Running) -> None:
    pages.post("/bench/scan", text=pages.ticket("kit"))

    expect(screen.locator("main.coming h1")).to_have_text("Supply kit")
    expect(screen.locator(".took")).to_contain_text("Supply kit")


def test_a_ticket_that_lets_choose_asks_for_a_touch(screen: Page, pages: Running) -> None:
    pages.post("/bench/scan", text=pages.ticket())
    expect(screen.locator("h1")).to_have_text("Your ticket is good for one. Touch what you need.")

    screen.tap("#item-kit")

    expect(screen.locator(".took")).to_contain_text("Supply kit")


def test_while_something_comes_naloxone_is_one_touch_away(screen: Page, pages: Running) -> None:
    screen.tap("#item-condoms")
    expect(screen.locator("main.coming")).to_be_visible()

    screen.tap("#item-naloxone")

    expect(screen.locator("main.coming h1")).to_have_text("Naloxone")
    expect(screen.locator(".took")).to_contain_text("Naloxone")
    assert pages.tray == ["condoms", "naloxone"]


def test_naloxone_is_one_touch_away_beside_what_to_do(screen: Page, pages: Running) -> None:
    screen.tap("text=Overdose: what to do")
    expect(screen.locator("li")).to_have_count(6)

    screen.tap("#item-naloxone")

    expect(screen.locator("#live h1")).to_have_text("Naloxone: It is coming. Look in the tray below.")
    expect(screen.locator("#live h1")).to_have_text("Naloxone: Take it: it is in the tray.")
    assert screen.locator("li").count() == 6
    assert pages.tray == ["naloxone"]


def test_a_language_is_kept_through_a_vend(screen: Page) -> None:
    screen.tap("text=Español")
    screen.tap("#item-condoms")

    expect(screen.locator(".look")).to_have_text("Ya viene. Mira en la bandeja de abajo.")
    expect(screen.locator(".took")).to_have_text("Condoms: Tómalo: está en la bandeja.")


def test_a_finger_that_is_down_while_the_page_changes_still_touches(screen: Page, pages: Running) -> None:
    box = screen.locator("#item-condoms").bounding_box()
    assert box
    screen.mouse.move(box["x"] + 5, box["y"] + 5)
    screen.mouse.down()
    pages.post("/bench/scan", text="H1")  # the page says that this was no code, and the grid stays under the finger
    expect(screen.locator(".sorry")).to_be_visible()
    screen.mouse.up()

    expect(screen.locator("main.coming h1")).to_have_text("Condoms")
    pages.wait_for_end()


def test_six_pages_touched_at_once_make_one_vend(browser: Browser, pages: Running) -> None:
    with opened(browser, PANEL, pages.url) as screen:
        codes = screen.evaluate(
            """() => Promise.all([...Array(6)].map(() => fetch("/choose", {method: "POST", redirect: "manual",
               body: new URLSearchParams({item: "condoms"})}).then(answer => answer.status || answer.type)))"""
        )

        assert sorted(map(str, codes)) == [*["409"] * 5, "opaqueredirect"]
        expect(screen.locator(".took")).to_contain_text("Condoms")
        assert pages.tray == ["condoms"]


def test_without_a_script_the_screen_still_gives(browser: Browser, pages: Running) -> None:
    with browser.new_context(viewport=PANEL, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(pages.url)

        page.click("#item-condoms")
        expect(page.locator("h1")).to_have_text("Condoms")

        page.wait_for_selector(".took", timeout=20_000)
    assert pages.tray == ["condoms"]


def test_the_screen_pales_while_the_kiosks_program_is_gone_and_goes_on_when_it_is_back(
    browser: Browser, tmp_path: Path
) -> None:
    with browser.new_context(viewport=PANEL) as context:
        page = context.new_page()
        with running_kiosk(tmp_path) as first:
            page.goto(first.url)
            expect(page.locator("h1")).to_be_visible()
        expect(page.locator("body.alone")).to_be_visible()

        with running_kiosk(tmp_path, first.port) as again:
            expect(page.locator("body.alone")).to_have_count(0)
            page.click("#item-condoms")
            expect(page.locator(".took")).to_be_visible()
            assert again.tray == ["condoms"]


# --- as people's fingers and eyes need it


@pytest.mark.parametrize("path", ["/", "/help/overdose", "/?lang=es", "/help/overdose?lang=es"])
def test_every_target_is_large_and_stands_apart_and_nothing_is_cut_off(screen: Page, pages: Running, path: str) -> None:
    screen.goto(pages.url + path)

    assert_fit_for_fingers(screen)


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_whatever_is_said_leaves_the_grid_its_room(screen: Page, language: str) -> None:
    screen.tap("#item-kit")
    expect(screen.locator("h1[role=status]")).to_be_visible()

    for said in everything_said(language):
        screen.evaluate("said => { document.querySelector('h1[role=status] span').textContent = said; }", said)
        assert overflowing(screen) == [], said


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_whatever_a_tile_says_stands_on_it_whole(screen: Page, language: str) -> None:
    for note in NOTES:
        said = Words((language,)).say(language, note).replace("%(n)s", "12")
        screen.evaluate("said => document.querySelectorAll('.note').forEach(e => { e.textContent = said; })", said)

        assert overflowing(screen) == [], said
        assert screen.evaluate(LINES) == 1, said  # a name of two lines leaves no room for a second


def everything_said(language: str) -> Iterator[str]:
    words = Words((language,))
    for refusal, text in REFUSED.items():
        still = words.say(language, "%(item)s still comes.") % {"item": "Naloxone"}
        yield words.say(language, text) + (f" {still}" if refusal in STOPPED_FOR_OTHERS else "")
    for text in (TAKE, MAYBE, AGAIN, *NOT_DELIVERED.values()):
        yield f"Sharps container: {words.say(language, text)}"


LINES = """() => Math.max(...[...document.querySelectorAll(".note")]
  .map(e => Math.round(e.clientHeight / parseFloat(getComputedStyle(e).lineHeight))))"""


# --- a kiosk that is slow, hangs, or is watched by many


def test_three_benches_open_in_one_browser_leave_naloxone_one_touch_away(browser: Browser, pages: Running) -> None:
    with browser.new_context(viewport=PANEL) as context:
        for _ in range(3):
            bench = context.new_page()
            bench.goto(f"{pages.url}/bench")
            expect(bench.locator("[data-slot=A1]")).to_be_visible()
        page = context.new_page()
        page.goto(pages.url)

        page.click("#item-naloxone")

        expect(page.locator("main.coming h1")).to_have_text("Naloxone")
    pages.wait_for_end()


def test_naloxone_that_must_wait_is_promised(screen: Page, pages: Running) -> None:
    screen.tap("#item-condoms")
    screen.tap("#item-naloxone")

    expect(screen.locator(".next")).to_have_text("Next: Naloxone")
    expect(screen.locator("main.coming h1")).to_have_text("Naloxone")
    pages.wait_for_end()


def test_a_kiosk_that_hangs_is_said_to_hang_and_a_touch_it_did_not_take_in_too(
    browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    service = Service(tmp_path, screened(CONFIG, port))
    service.start("--simulate")
    assert service.process
    try:
        with browser.new_context(viewport=PANEL) as context:
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{port}")
            expect(page.locator("h1")).to_be_visible()
            service.process.send_signal(signal.SIGSTOP)
            page.click("#item-naloxone")

            expect(page.locator(".silent")).to_be_visible()
            expect(page.locator("body.failed")).to_be_visible()

            service.process.send_signal(signal.SIGCONT)
            expect(page.locator(".silent")).to_be_hidden()
    finally:
        service.close()


@pytest.mark.parametrize("path", ["/", "/help/overdose"])
def test_without_a_script_a_second_touch_leads_back_to_the_page(browser: Browser, pages: Running, path: str) -> None:
    with browser.new_context(viewport=PANEL, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(pages.url + path)
        pages.post("/choose", item="naloxone")
        page.click("#item-naloxone" if path != "/" else "#item-condoms")  # too late: another comes already

        page.wait_for_url(pages.url + path)
        expect(page.locator(".took")).to_be_visible()
