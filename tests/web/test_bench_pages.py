"""The bench over HTTP: what a visitor or a script does to the simulated cabinet."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from hardware.bench.physics import Fault
from kiosk.core.asks import BENCH_FAULTS, ListBatches
from kiosk.core.values import Refusal
from tests.web.running import PATIENCE_S, UNITS, Running


def slot(pages: Running, name: str = "D1") -> Any:
    return pages.get("/bench/state").json["slots"][name]


def test_the_page_knows_every_fault_that_the_physics_know() -> None:
    assert set(BENCH_FAULTS) == set(Fault)


def test_the_state_is_told_as_scripts_expect_it(pages: Running) -> None:
    state = pages.get("/bench/state").json

    assert slot(pages).items() >= {"items": UNITS, "angle": 0.0, "motor": False, "fault": "none"}.items()
    assert (state["tray"], state["door"], state["beam"]) == ([], "closed", "whole")
    assert list(state["slots"]) == ["A1", "A2", "B1", "B2", "C1", "D1"]


@pytest.mark.parametrize("fault", BENCH_FAULTS)
def test_a_slot_is_broken_and_mended(pages: Running, fault: str) -> None:
    assert pages.post("/bench/fault", slot="D1", kind=fault).code == 204
    assert slot(pages)["fault"] == fault

    assert pages.post("/bench/fault", slot="D1", kind="none").code == 204
    assert slot(pages)["fault"] == "none"


def test_the_door_is_opened_and_closed(pages: Running) -> None:
    assert pages.post("/bench/door", open=1).code == 204
    pages.wait_until("an open door", lambda shown: shown.door_is_open)
    assert pages.get("/bench/state").json["door"] == "open"

    assert pages.post("/bench/door", open=0).code == 204
    pages.wait_until("a closed door", lambda shown: not shown.door_is_open)


def test_a_coil_is_filled_and_the_ledger_hears_nothing_of_it(pages: Running) -> None:
    assert pages.post("/bench/fill", slot="D1", count=17).code == 204

    assert (slot(pages)["items"], pages.count("D1")) == (17, UNITS)


def test_a_technician_loads_both_coil_and_ledger(pages: Running) -> None:
    assert pages.post("/bench/load", slot="D1", count=3).code == 204

    assert (slot(pages)["items"], pages.count("D1")) == (UNITS + 3, UNITS + 3)


def test_loading_hides_no_difference_between_coil_and_ledger(pages: Running) -> None:
    pages.post("/bench/fill", slot="D1", count=UNITS - 2)

    pages.post("/bench/load", slot="D1", count=3)

    assert (slot(pages)["items"], pages.count("D1")) == (UNITS + 1, UNITS + 3)


def test_a_coil_takes_no_more_than_it_holds(pages: Running) -> None:
    pages.post("/bench/fill", slot="D1", count=19)

    assert pages.post("/bench/load", slot="D1", count=3).code == 204

    assert (slot(pages)["items"], pages.count("D1")) == (20, UNITS + 3)


def test_the_tray_is_emptied(pages: Running) -> None:
    pages.post("/choose", item="condoms")
    pages.wait_for_end()
    assert pages.get("/bench/state").json["tray"] == ["condoms"]

    assert pages.post("/bench/take").code == 204
    assert pages.get("/bench/state").json["tray"] == []


def test_a_ticket_of_the_bench_is_held_to_the_scanner_and_is_good_once(pages: Running) -> None:
    text = pages.ticket("kit")

    assert pages.post("/bench/scan", text=text).code == 204
    pages.wait_until("a kit", lambda _: pages.tray == ["kit"])
    pages.wait_for_end()
    pages.post("/bench/scan", text=text)
    pages.wait_until("a refusal", lambda shown: shown.said is Refusal.USED_CODE)


@pytest.mark.parametrize("items", ["item=cake", "item=", "item=kit%20strips", "&".join(["item=kit"] * 17)])
def test_a_ticket_that_cannot_be_is_refused_and_leaves_nothing_in_the_ledger(pages: Running, items: str) -> None:
    before = pages.kiosk.controller.ask(ListBatches()).result(PATIENCE_S)

    assert pages.ask("POST", "/bench/ticket", {}, items).code == 400

    assert pages.kiosk.controller.ask(ListBatches()).result(PATIENCE_S) == before


@pytest.mark.parametrize("kind", ["pass", "number", "shared"])
def test_a_code_of_another_kind_opens_a_visit(pages: Running, kind: str) -> None:
    pages.post("/bench/scan", text=pages.code(kind))

    pages.wait_until("the visit", lambda shown: shown.visit and shown.visit.goes_on)


@pytest.mark.parametrize("form", ["kind=voucher", "kind=", "kind=pass&item=kit"])
def test_no_other_kind_is_made_and_only_tickets_name_items(pages: Running, form: str) -> None:
    assert pages.ask("POST", "/bench/ticket", {}, form).code == 400


def test_a_ticket_without_items_lets_the_person_choose(pages: Running) -> None:
    pages.post("/bench/scan", text=pages.ticket())
    pages.wait_until("the choice", lambda shown: shown.state == "choosing")

    assert "Your ticket is good for one." in pages.get("/").text
    assert pages.post("/choose", item="kit").code == 303
    pages.wait_until("a kit", lambda _: pages.tray == ["kit"])
    pages.wait_for_end()


@pytest.mark.parametrize("text", ["H1", "", "x" * 500, "http://evil.example", "H1\r\nH2"])
def test_what_is_no_code_is_refused_in_words(pages: Running, text: str) -> None:
    assert pages.post("/bench/scan", text=text).code == 204

    pages.wait_until("a refusal", lambda shown: shown.said is Refusal.NOT_A_CODE)


@pytest.mark.parametrize(
    ("path", "form", "says"),
    [
        ("fault", {"slot": "Z9", "kind": "jam"}, "no slot Z9; its slots are A1, A2"),
        ("fault", {"slot": "D1", "kind": "fire"}, "there is no fault 'fire'; the faults are none, jam, "),
        ("fault", {"slot": "D1"}, "send kind as a field"),
        ("fault", {}, "send slot as a field"),
        ("fill", {"slot": "D1", "count": "21"}, "slot D1 holds 0 to 20, not 21"),
        ("fill", {"slot": "D1", "count": "-1"}, "slot D1 holds 0 to 20, not -1"),
        ("fill", {"slot": "D1", "count": "many"}, "send count as a whole number"),
        ("fill", {"slot": "Z9", "count": "1"}, "no slot Z9"),
        ("load", {"slot": "D1", "count": "20"}, "room for 15"),
        ("load", {"slot": "Z9", "count": "1"}, "there is no slot Z9"),
        ("door", {"open": "2"}, "send open=1 to open the door"),
        ("door", {}, "send open as a field"),
        ("scan", {}, "send text as a field"),
    ],
)
def test_a_mistake_is_answered_in_a_sentence_and_changes_nothing(
    pages: Running, path: str, form: dict[str, str], says: str
) -> None:
    before = pages.get("/bench/state").json

    refused = pages.ask("POST", f"/bench/{path}", {}, urlencode(form))

    assert (refused.code, refused.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert says in refused.text
    assert pages.get("/bench/state").json == before


def test_what_is_too_long_to_be_a_form_is_refused(pages: Running) -> None:
    assert pages.post("/bench/scan", text="x" * 20_000).code == 413


def test_the_ledger_tells_what_it_counted_today_and_that_it_is_sound(pages: Running) -> None:
    before = pages.counted("delivered", "D1")
    pages.post("/choose", item="condoms")
    pages.wait_for_end()

    told = pages.get("/bench/ledger").json

    assert told["faults"] == []
    assert {"slot": "D1", "item": "condoms", "what": "delivered", "units": before + 1} in told["counters"]


def test_the_stream_shows_the_coil_turn_the_item_fall_and_the_ledger_follow(pages: Running) -> None:
    with pages.stream("/bench/events") as read:
        first = read()
        pages.post("/choose", item="condoms")
        seen = [read()]
        while seen[-1]["kiosk"]["said"] is None or seen[-1]["kiosk"]["state"] != "ready":
            seen.append(read())

    assert first["bench"]["slots"]["D1"]["motor"] is False
    assert any(each["bench"]["slots"]["D1"]["deg_per_s"] > 0 for each in seen)
    assert any(each["bench"]["falling"] for each in seen)
    assert seen[-1]["bench"]["tray"] == ["condoms"]
    assert {"slot": "D1", "count": UNITS - 1, "uncertain": 0, "state": "ok"} in seen[-1]["kiosk"]["stock"]
    assert seen[-1]["kiosk"]["said"] == {"outcome": "delivered", "reason": None}
    assert [line["what"] for line in seen[-1]["happened"][-7:]] == [
        *("commit", "motor_on", "home", "home", "motor_off", "drop", "commit"),
    ]
