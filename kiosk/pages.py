"""What the pages are told of the kiosk, from its configuration: the doors they go through, and their server."""

from __future__ import annotations

import secrets

from kiosk.codes.format import qr_text
from kiosk.codes.issue import GivesRefused, issue_tickets
from kiosk.codes.key_files import KeyUnusable
from kiosk.codes.tags import KEY_NAME, read_programme_key
from kiosk.config import Config
from kiosk.controller import Controller
from kiosk.core.asks import AskRefused
from kiosk.core.values import CodeBatch, ItemId
from web.app import make_app
from web.door import BenchDoor, Door, ItemPlan
from web.server import PageServer
from web.streams import Streams


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


def new_ticket(config: Config, items: tuple[ItemId, ...]) -> tuple[str, CodeBatch]:
    """A ticket for a visitor of the bench: its QR text, and the batch for the ledger. Raises ``AskRefused``."""
    try:
        key = read_programme_key(config.data / KEY_NAME)
        issued = issue_tickets(1, key, f"bench-{secrets.token_hex(4)}", items)
    except (KeyUnusable, GivesRefused) as error:
        raise AskRefused(str(error)) from error
    return qr_text(issued.codes[0]), issued.batch


def serve_pages(config: Config, door: Door, bench: BenchDoor | None) -> tuple[PageServer, Streams]:
    """The server, not yet started, and its streams, to be woken when something has changed. Raises ``PortTaken``."""
    assert config.screen is not None
    streams = Streams()
    return PageServer(make_app(door, streams, bench), streams, config.screen.port), streams
