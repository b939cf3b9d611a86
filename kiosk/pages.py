"""What the pages are told of the kiosk, from its configuration: the doors they go through, and their server."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from kiosk.codes.format import qr_text
from kiosk.codes.issue import issue_tickets
from kiosk.codes.tags import KEY_NAME, read_programme_key
from kiosk.config import Config
from kiosk.controller import Controller
from kiosk.core.asks import AddBatch
from kiosk.core.values import ItemId
from web.app import make_app
from web.door import BenchDoor, Door, ItemPlan
from web.server import PageServer
from web.streams import Streams

PATIENCE_S = 15.0  # a ticket waits until no motor is on


def door_of(config: Config, controller: Controller) -> Door:
    """The screen's way to the kiosk."""
    assert config.screen is not None
    return Door(
        controller=controller,
        snapshot=lambda: controller.board.snapshot,
        items=tuple(
            ItemPlan(ItemId(item.id), item.name, item.access == "open", item.emergency) for item in config.items
        ),
        name=config.kiosk.name,
        simulated=controller.board.snapshot.simulated,
        languages=config.kiosk.languages,
        width_mm=config.screen.width_mm,
    )


def ticket_maker(config: Config, controller: Controller) -> Callable[[tuple[ItemId, ...]], str]:
    """What makes a ticket for a visitor of the bench, and returns its QR text. Any thread but the owner's."""

    def new_ticket(items: tuple[ItemId, ...]) -> str:
        issued = issue_tickets(1, read_programme_key(config.data / KEY_NAME), f"bench-{secrets.token_hex(4)}", items)
        controller.ask(AddBatch(issued.batch)).result(PATIENCE_S)
        return qr_text(issued.codes[0])

    return new_ticket


def serve_pages(config: Config, door: Door, bench: BenchDoor | None) -> tuple[PageServer, Streams]:
    """The server, not yet started, and its streams, to be woken when something has changed. Raises ``PortTaken``."""
    assert config.screen is not None
    streams = Streams()
    return PageServer(make_app(door, streams, bench), streams, config.screen.port), streams
