"""Somebody reads the broker: whatever a real one hears of a kiosk has nothing of a card in it."""

from __future__ import annotations

import random
from pathlib import Path

from kiosk.codes.issue import Wish
from kiosk.core.values import Kind
from kiosk.telemetry.plan import BrokerPlan
from kiosk.telemetry.telemetry import Telemetry
from kiosk.telemetry.topics import Topics
from tests.broker import Broker
from tests.privacy.needles import Needles, forms_of
from tests.privacy.world import KEY, Card, LongKiosk, long_kiosk, write_key
from tests.telemetry.conftest import QUICK, said

TOPICS = Topics("river-street")


def come(kiosk: LongKiosk, card: Card) -> None:
    kiosk.scan(card.text)
    kiosk.pass_time(0)
    kiosk.choose("kit")
    kiosk.finish_vend()
    kiosk.pass_time(60)


def test_nothing_of_a_card_reaches_a_real_broker(tmp_path: Path) -> None:
    write_key(tmp_path / "data", KEY)
    with Broker(tmp_path) as broker, long_kiosk(tmp_path / "data") as kiosk:
        kiosk.fill()
        kinds = (Kind.PASS, Kind.NUMBER, Kind.TICKET)
        cards = [card for kind in kinds for card in kiosk.issue_cards(Wish(kind, 2), kind, random.Random(kind))]
        plan = BrokerPlan(host="localhost", port=broker.port, publishes_stock=True)
        telemetry = Telemetry(plan, kiosk.facts(), lambda _: None, lambda: None, QUICK)
        kiosk.kiosk.controller.board.listen(lambda picture: telemetry.tell(picture.stock))
        with broker.watch("#") as operator:
            telemetry.start()
            for card in cards:
                come(kiosk, card)
            left = 999 - len(cards)
            heard = operator.until(TOPICS.stock, lambda payload: said(payload)["items"]["kit"] == 999 + left)
        telemetry.close()

    places = {"what was sent": "\n".join(map(repr, heard)).encode(), "the broker's log": broker.log().encode()}
    assert Needles(form for card in cards for form in forms_of(card)).found_in(places) == set()
