"""The bench page in a real browser: a visitor plays with the cabinet, breaks it, and sees what it comes to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.web.browser import DESK, PHONE, opened
from tests.web.running import UNITS, Running, running_kiosk

D1, C1 = ("D1", "condoms", "Condoms: "), ("C1", "strips", "Test strips: ")
TAKE = "Take it: it is in the tray."
STUCK = "It got stuck. Nothing was counted. Choose another."
NOTHING = "Nothing came out. Nothing was counted. Choose another."

# what the visitor breaks, and where; what the ledger counts, and what the person reads
FAULTS = [
    ("none", D1, "delivered", TAKE),
    ("jam", D1, "not_delivered", STUCK),
    ("no_drop", D1, "not_delivered", NOTHING),
    ("hang", D1, "not_delivered", NOTHING),
    ("thin", D1, "not_delivered", NOTHING),
    ("thin", C1, "delivered", TAKE),
    ("double", D1, "delivered", TAKE),
    ("stuck_home", D1, "not_delivered", STUCK),
    ("stuck_open", D1, "delivered", TAKE),
    ("slow", D1, "delivered", TAKE),
    ("unplugged", D1, "not_delivered", STUCK),
    ("beam_blocked", D1, "delivered", TAKE),
]

TOO_LARGE = """() => { const page = document.documentElement;
  return [page.scrollWidth - innerWidth, page.scrollHeight - innerHeight]; }"""

SEEN_FLYING = """() => { window.flew = []; new MutationObserver(changes => { for (const change of changes)
  for (const node of change.addedNodes) if (node.classList?.contains("flying")) window.flew.push(node.className); })
  .observe(document.body, {childList: true, subtree: true}); }"""


@pytest.fixture
def bench(browser: Browser, pages: Running) -> Iterator[Page]:
    with opened(browser, DESK, f"{pages.url}/bench") as page:
        expect(page.locator("[data-slot=D1]")).to_have_attribute("data-motor", "off")
        yield page


def touch(bench: Page, item: str) -> None:
    """Touch an item on the screen inside the page, and see it come."""
    screen = bench.frame_locator("#screen")
    screen.locator(f"#item-{item}").click()
    expect(screen.locator("main.coming")).to_be_visible()


def person_reads(bench: Page) -> Locator:
    return bench.frame_locator("#screen").locator("h1[role=status]")


def choose_fault(bench: Page, slot: str, fault: str) -> None:
    bench.click(f"[data-slot={slot}]")
    bench.click(f"[data-fault-kind={fault}]")
    expect(bench.locator(f"[data-slot={slot}]")).to_have_attribute("data-fault", fault)


def test_a_touch_turns_the_coil_and_the_item_falls_and_is_taken(bench: Page, pages: Running) -> None:
    bench.evaluate(SEEN_FLYING)

    touch(bench, "condoms")

    expect(bench.locator("[data-slot=D1]")).to_have_attribute("data-motor", "on")
    expect(bench.locator("#tray [data-item=condoms]")).to_have_count(1)
    assert len(bench.evaluate("window.flew")) == 1
    expect(bench.locator("#said")).to_have_attribute("data-said", "delivered")
    expect(bench.locator("[data-slot=D1]")).to_have_attribute("data-items", str(UNITS - 1))
    bench.click("#tray")
    expect(bench.locator("#tray [data-item]")).to_have_count(0)
    assert pages.tray == []


@pytest.mark.parametrize(("fault", "where", "outcome", "words"), FAULTS)
def test_each_fault_leads_to_its_words_and_its_record(
    bench: Page, pages: Running, fault: str, where: tuple[str, str, str], outcome: str, words: str
) -> None:
    slot, item, name = where
    before = pages.counted(outcome, slot)
    choose_fault(bench, slot, fault)

    touch(bench, item)

    expect(person_reads(bench)).to_have_text(name + words)
    expect(bench.locator("#said")).to_have_attribute("data-said", outcome)
    assert pages.counted(outcome, slot) == before + 1
    assert pages.count(slot) == (UNITS - 1 if outcome == "delivered" else UNITS)
    bench.click("#tab-ledger")
    expect(bench.locator(f"[data-ledger='{slot}:{outcome}']")).to_have_attribute("data-units", str(before + 1))
    expect(bench.locator(".verdict")).to_have_attribute("data-holds", "true")


def test_every_fault_of_the_physics_has_its_button(bench: Page) -> None:
    bench.click("[data-slot=D1]")

    buttons = bench.locator("[data-fault-kind]")
    assert {str(each.get_attribute("data-fault-kind")) for each in buttons.all()} == {fault for fault, *_ in FAULTS}


def test_a_double_drop_shows_that_coil_and_ledger_differ(bench: Page) -> None:
    choose_fault(bench, "D1", "double")

    touch(bench, "condoms")

    expect(bench.locator("#tray [data-item=condoms]")).to_have_count(2)
    bench.click("#tab-stock")
    expect(bench.locator("[data-stock=D1]")).to_have_class("differs")


def test_a_door_opened_in_the_middle_of_a_turn_stops_the_motor(bench: Page, pages: Running) -> None:
    touch(bench, "condoms")
    expect(bench.locator("[data-slot=D1]")).to_have_attribute("data-motor", "on")

    bench.click("#door")

    expect(bench.locator("[data-slot=D1]")).to_have_attribute("data-motor", "off")
    expect(bench.locator("#said")).to_have_attribute("data-said", "uncertain")
    expect(person_reads(bench)).to_contain_text("nothing was counted")
    bench.click("#door")
    expect(bench.locator("#door")).to_have_attribute("data-door", "closed")
    assert pages.count("D1") == UNITS - 1


def test_a_printed_ticket_is_good_once(bench: Page, pages: Running) -> None:
    bench.click("[data-print=kit]")
    bench.click(".card[data-ticket]")
    expect(person_reads(bench)).to_have_text("Supply kit: Take it: it is in the tray.")

    bench.click(".card[data-ticket]")

    expect(person_reads(bench)).to_contain_text("That code has been used.")
    expect(bench.locator("#said")).to_have_attribute("data-said", "refused")
    assert pages.tray == ["kit"]


def test_a_printed_pass_is_used_again_and_again(bench: Page, pages: Running) -> None:
    bench.click("[data-kind=pass]")
    bench.click(".card[data-ticket]")
    touch(bench, "kit")
    expect(person_reads(bench)).to_have_text("Supply kit: Take it: it is in the tray.")

    touch(bench, "kit")

    expect(bench.locator("#tray [data-item=kit]")).to_have_count(2)
    assert pages.tray == ["kit", "kit"]


def test_a_code_that_is_typed_is_held_to_the_scanner(bench: Page) -> None:
    bench.fill("#scan-text", "H1 is no code")
    bench.click("#scan")

    expect(person_reads(bench)).to_contain_text("That was not a code of this kiosk.")


def test_filling_by_hand_tells_nobody_and_loading_is_booked(bench: Page, pages: Running) -> None:
    bench.click("[data-slot=D1]")
    bench.locator("[data-post=fill] [name=count]").fill("9")
    bench.locator("[data-post=fill] button").click()
    expect(bench.locator("[data-slot=D1]")).to_have_attribute("data-items", "9")
    assert pages.count("D1") == UNITS

    bench.locator("[data-post=load] [name=count]").fill("2")
    bench.locator("[data-post=load] button").click()

    expect(bench.locator("[data-slot=D1]")).to_have_attribute("data-items", str(9 + 2))
    assert pages.count("D1") == UNITS + 2


def test_what_the_kiosk_refuses_is_shown_in_its_own_words(bench: Page) -> None:
    bench.click("[data-slot=D1]")
    bench.evaluate("() => document.querySelector('[data-post=load] [name=count]').removeAttribute('max')")
    bench.locator("[data-post=load] [name=count]").fill("999")
    bench.locator("[data-post=load] button").click()

    expect(bench.locator("#refused")).to_contain_text("room for 15")


def test_without_a_broker_the_page_says_so(bench: Page) -> None:
    bench.click("#tab-told")

    expect(bench.locator("#told")).to_be_visible()
    expect(bench.locator("[data-topic]")).to_have_count(0)
    content = "() => getComputedStyle(document.getElementById('told'), '::before').content"
    assert "No broker is configured" in bench.evaluate(content)


def test_a_kiosk_that_is_gone_is_said_to_be_gone(browser: Browser, tmp_path: Path) -> None:
    with browser.new_context(viewport=DESK) as context:
        page = context.new_page()
        with running_kiosk(tmp_path) as gone:
            page.goto(f"{gone.url}/bench")
            expect(page.locator("[data-slot=D1]")).to_be_visible()
            expect(page.locator("#gone")).to_be_hidden()
        expect(page.locator("#gone")).to_be_visible()


def test_a_desk_shows_all_of_it_without_scrolling_and_a_phone_never_scrolls_sideways(
    browser: Browser, pages: Running
) -> None:
    with opened(browser, DESK, f"{pages.url}/bench") as page:
        assert page.evaluate(TOO_LARGE) == [0, 0]
    with opened(browser, PHONE, f"{pages.url}/bench") as page:
        assert page.evaluate(TOO_LARGE)[0] == 0


def test_nothing_is_drawn_while_nothing_moves(bench: Page) -> None:
    frames = bench.evaluate(
        """() => { let frames = 0; const real = window.requestAnimationFrame;
          window.requestAnimationFrame = draw => { frames += 1; return real(draw); };
          return new Promise(done => setTimeout(() => done(frames), 1000)); }"""
    )

    assert frames == 0
