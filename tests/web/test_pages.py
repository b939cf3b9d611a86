"""The screen's pages over HTTP, as a browser gets them."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

import pytest

from kiosk.core.situation import Ending
from kiosk.core.values import ItemId, Outcome, Reason, Refusal, SlotId
from tests.broker import free_port
from tests.web.running import PATIENCE_S, UNITS, Running, running_kiosk
from web.server import THREADS
from web.streams import MOST_STREAMS


def test_the_home_page_offers_every_item_and_says_that_it_is_simulated(pages: Running) -> None:
    home = pages.get("/")

    assert home.code == 200
    assert all(f'value="{item}"' in home.text for item in ("naloxone", "kit", "strips", "condoms"))
    assert "Simulated: no hardware is touched." in home.text


def test_a_choice_begins_a_vend_and_leads_back_to_the_home_page(pages: Running) -> None:
    chosen = pages.post("/choose", item="condoms")

    assert (chosen.code, chosen.headers["location"]) == (303, "/")
    assert pages.get("/").text.count("It is coming.") == 1
    pages.wait_for_end()
    assert "Condoms: Take it: it is in the tray." in pages.get("/").text
    assert (pages.tray, pages.count("D1"), pages.counted("delivered", "D1")) == (["condoms"], 4, 1)


def test_six_touches_at_once_make_one_vend(pages: Running) -> None:
    together = Barrier(6)
    before = pages.counted("delivered", "D1")

    def touch(_: int) -> int:
        together.wait(PATIENCE_S)
        return pages.post("/choose", item="condoms").code

    with ThreadPoolExecutor(6) as people:
        codes = sorted(people.map(touch, range(6)))
    pages.wait_for_end()

    assert codes == [303, 409, 409, 409, 409, 409]
    assert (pages.tray, pages.counted("delivered", "D1") - before) == (["condoms"], 1)


def test_whoever_comes_second_sees_what_is_coming(pages: Running) -> None:
    pages.post("/choose", item="condoms")
    second = pages.post("/choose", item="strips")

    assert second.code == 409
    assert "It is coming." in second.text
    pages.wait_for_end()


def test_naloxone_wanted_during_anothers_vend_comes_next(pages: Running) -> None:
    pages.post("/choose", item="condoms")
    wanted = pages.post("/choose", item="naloxone")

    assert wanted.code == 303
    pages.wait_until("naloxone", lambda _: "naloxone" in pages.tray)
    pages.wait_for_end()
    assert pages.tray == ["condoms", "naloxone"]


@pytest.mark.parametrize("item", ["naloxone", "kit"])
def test_a_choice_on_the_help_page_leads_back_to_the_help_page(pages: Running, item: str) -> None:
    chosen = pages.ask("POST", "/choose?lang=es", {}, f"item={item}&from=help")

    assert (chosen.code, chosen.headers["location"]) == (303, "/help/overdose?lang=es")
    assert "<ol>" in pages.get("/help/overdose").text


def test_what_needs_a_code_is_not_given_without(pages: Running) -> None:
    assert pages.post("/choose", item="kit").code == 303

    assert pages.snapshot.said is Refusal.NEEDS_CODE
    assert "hold your code to the reader first" in pages.get("/").text


@pytest.mark.parametrize("form", ["item=cake", "item=", ""])
def test_an_item_that_does_not_exist_is_not_found(pages: Running, form: str) -> None:
    assert pages.ask("POST", "/choose", {}, form).code == 404


def test_each_language_has_its_own_page_and_an_unknown_one_is_the_usual(pages: Running) -> None:
    assert '<html lang="es">' in pages.get("/?lang=es").text
    assert "Sobredosis: qué hacer" in pages.get("/?lang=es").text
    assert all("Overdose: what to do" in pages.get(path).text for path in ("/", "/?lang=en", "/?lang=xx"))
    assert pages.post("/choose?lang=es", item="kit").headers["location"] == "/?lang=es"


def test_health_says_the_state_and_that_it_is_simulated(pages: Running) -> None:
    assert pages.get("/healthz").json == {"state": "ready", "simulated": True}

    pages.post("/choose", item="condoms")
    assert pages.get("/healthz").json["state"] in ("moving", "settling", "recording")
    pages.wait_for_end()


def test_the_screen_is_drawn_in_millimetres_of_its_panel(pages: Running) -> None:
    assert pages.get("/screen/size.css").text == ":root { --mm: calc(100vw / 154); }\n"


# --- who may ask


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "river-street", "[::1]:8080", ""])
def test_a_foreign_host_is_refused(pages: Running, host: str) -> None:
    for accepted in ("*/*", "text/html"):
        refused = pages.get("/", Host=host, Accept=accepted)
        assert (refused.code, "frame-ancestors" in refused.headers["content-security-policy"]) == (400, True)
    assert pages.post("/choose", {"Host": host}, item="condoms").code == 400
    assert pages.snapshot.state == "ready"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
@pytest.mark.parametrize("path", ["/choose", "/bench/take"])
def test_a_foreign_origin_is_refused(pages: Running, origin: str, path: str) -> None:
    pages.tray.append("something")

    refused = pages.post(path, {"Origin": origin.format(port=pages.port)}, item="condoms")

    assert refused.code == 403
    assert (pages.snapshot.state, pages.tray) == ("ready", ["something"])


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_foreign_page_fetches_is_refused_and_a_link_to_here_is_not(pages: Running, site: str) -> None:
    fetched = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}

    assert [pages.get(path, **fetched).code for path in ("/", "/events", "/bench/ledger")] == [403] * 3
    assert pages.get("/", **(fetched | {"Sec-Fetch-Mode": "navigate"})).code == 200
    assert pages.get("/", **(fetched | {"Sec-Fetch-Site": "same-origin"})).code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_kiosks_own_pages_are_let_in(pages: Running, host: str) -> None:
    own = f"{host}:{pages.port}"

    assert pages.post("/choose", {"Host": own, "Origin": f"http://{own}"}, item="kit").code == 303


def test_only_this_machine_reaches_the_screen(pages: Running) -> None:
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}

    for address in (*others, "127.0.0.2"):
        with socket.socket() as line:
            assert line.connect_ex((str(address), pages.port)) != 0


def test_a_page_takes_no_script_and_no_frame_from_elsewhere_and_is_not_kept(pages: Running) -> None:
    headers = pages.get("/").headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "//" not in policy
    assert headers["cache-control"] == "no-store"


def test_no_page_names_another_machine(pages: Running) -> None:
    for path in ("/", "/help/overdose", "/bench"):
        assert "//" not in pages.get(path).text.replace("http://www.w3.org/2000/svg", "")


# --- streams


def test_a_stream_tells_each_change_as_one_line_of_json(pages: Running) -> None:
    with pages.stream("/events") as read:
        first = read()
        pages.post("/choose", item="condoms")
        states = [read()["state"]]
        while states[-1] != "ready":
            states.append(read()["state"])

    assert (first["v"], first["state"], first["simulated"], first["item"]) == (1, "ready", True, None)
    assert states[0] == "moving"
    assert states.count("ready") == 1


def test_more_streams_than_there_is_room_for_leave_every_page_answered(pages: Running) -> None:
    with ExitStack() as browsers:
        streams = [browsers.enter_context(pages.stream("/events")) for _ in range(MOST_STREAMS + 8)]
        assert all(read()["state"] == "ready" for read in streams)  # late comers get a picture too

        assert [pages.get("/healthz").code for _ in range(20)] == [200] * 20
        assert pages.post("/choose", item="condoms").code == 303
        assert streams[0]()["state"] == "moving"
    pages.wait_for_end()


def test_connections_that_say_nothing_leave_every_page_answered(pages: Running) -> None:
    with ExitStack() as silent:
        for words in (b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1"):
            for _ in range(THREADS):
                line = silent.enter_context(socket.create_connection(("127.0.0.1", pages.port)))
                line.sendall(words)

        assert pages.post("/choose", item="naloxone").code == 303
    pages.wait_for_end()


def test_a_kiosk_that_ends_ends_what_browsers_look_at(tmp_path: Path) -> None:
    with ExitStack() as browsers:
        with running_kiosk(tmp_path) as running:
            streams = [browsers.enter_context(running.stream("/events")) for _ in range(3)]
            assert all(read()["state"] == "ready" for read in streams)

        assert all(_rest_of(read)[-1] is None for read in streams)


def test_a_taken_port_is_told_and_disturbs_nothing_else(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), running_kiosk(tmp_path, port) as running:
        running.wait_until("the fault", lambda shown: shown.faults)

        ((device, why),) = running.snapshot.faults
        assert device == "screen"
        assert f"port {port}" in why
        assert "another screen.port" in why


# --- what a person is told


def test_a_jam_says_that_nothing_was_counted(pages: Running) -> None:
    pages.post("/bench/fault", slot="D1", kind="jam")
    pages.post("/choose", item="condoms")
    pages.wait_for_end()

    assert "Condoms: It got stuck. Nothing was counted. Choose another." in pages.get("/").text
    assert pages.snapshot.said == Ending(ItemId("condoms"), SlotId("D1"), Outcome.NOT_DELIVERED, Reason.JAMMED)
    assert pages.count("D1") == UNITS


def _rest_of(read: object) -> list[object]:
    assert callable(read)
    said: list[object] = []
    while not said or said[-1] is not None:
        said.append(read())
    return said
