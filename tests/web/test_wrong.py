"""What a page says when something is wrong: always a way back, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from kiosk.core.values import ItemId
from kiosk.snapshot import Snapshot
from tests.kit import VirtualKiosk
from web.app import make_app
from web.door import Door, ItemPlan
from web.streams import Streams

BROWSER = {"Accept": "text/html,*/*", "Host": "127.0.0.1:8080"}
SCRIPT = {"Accept": "*/*", "Host": "127.0.0.1:8080"}
ITEMS = (ItemPlan(ItemId("condoms"), {"en": "Condoms"}, free=True, emergency=False),)


@pytest.fixture
def door(kiosk: VirtualKiosk) -> Door:
    return Door(kiosk.kiosk.controller, Snapshot, ITEMS, "River Street", True, ("en", "es"), 154, patience_s=0.01)


def client(door: Door) -> FlaskClient:
    return make_app(door, Streams()).test_client()


def broken(how: str) -> Callable[[], Snapshot]:
    def snapshot() -> Snapshot:
        raise RuntimeError(how)

    return snapshot


def test_a_page_that_is_not_there_leads_back_to_the_start(door: Door) -> None:
    answer = client(door).get("/nothing?lang=es", headers=BROWSER)

    assert answer.status_code == 404
    assert "Aquí no hay nada." in answer.text
    assert 'href="/?lang=es"' in answer.text


def test_a_script_is_answered_in_plain_text(door: Door) -> None:
    answer = client(door).get("/nothing", headers=SCRIPT | {"Accept": "text/plain"})

    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert len(answer.text.splitlines()) == 1


def test_a_mistake_of_ours_shows_no_traceback(door: Door) -> None:
    answer = client(replace(door, snapshot=broken("secret"))).get("/healthz", headers=SCRIPT)

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_a_kiosk_that_does_not_answer_says_so_and_nothing_comes_later(door: Door, kiosk: VirtualKiosk) -> None:
    answer = client(door).post("/choose", data={"item": "condoms"}, headers=BROWSER)

    assert answer.status_code == 503
    assert "This does not work now." in answer.text
    kiosk.pass_time(10)
    assert kiosk.turns() == []


def test_a_choice_that_the_owner_has_begun_is_waited_for(door: Door, kiosk: VirtualKiosk) -> None:
    asked = kiosk.kiosk.controller.choose

    class Slow:
        """A controller whose owner comes to the choice just when the page gives up."""

        def choose(self, event: object) -> object:
            kiosk.witness.acts += 1
            future = asked(event)  # type: ignore[arg-type]

            def cancel_too_late() -> bool:
                kiosk.pass_time(0)
                return False

            future.cancel = cancel_too_late  # type: ignore[method-assign]
            return future

    answer = client(replace(door, controller=Slow())).post("/choose", data={"item": "condoms"}, headers=BROWSER)  # type: ignore[arg-type]

    assert answer.status_code == 303
    assert kiosk.turns() == ["D1"]


@pytest.mark.parametrize("path", ["/choose", "/bench/fault"])
def test_a_form_is_not_to_be_looked_at(door: Door, path: str) -> None:
    assert client(door).get(path, headers=BROWSER).status_code in (404, 405)
