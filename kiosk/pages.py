"""What the pages are told of the kiosk, from its configuration: the doors they go through, and their server."""

from __future__ import annotations

import secrets

from kiosk.codes.format import TYPED, qr_text
from kiosk.codes.issue import BatchRefused, Wish, issue_codes
from kiosk.codes.key_files import KeyUnusable
from kiosk.codes.tags import KEY_NAME, read_programme_key
from kiosk.config import Config, Item
from kiosk.controller import Controller
from kiosk.core.asks import AskRefused
from kiosk.core.values import CodeBatch, GroupId, ItemId, Kind
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
        items=tuple(map(_plan_of, config.items)),
        name=config.kiosk.name,
        simulated=controller.board.snapshot.simulated,
        languages=config.kiosk.languages,
        width_mm=config.screen.width_mm,
    )


def new_code(config: Config, kind: Kind, items: tuple[ItemId, ...]) -> tuple[str, CodeBatch]:
    """A code for a visitor of the bench: its text, and the batch for the ledger. Raises ``AskRefused``."""
    try:
        key = read_programme_key(config.data / KEY_NAME)
        issued = issue_codes(Wish(kind, gives=items), key, f"bench-{secrets.token_hex(4)}")
    except (KeyUnusable, BatchRefused) as error:
        raise AskRefused(str(error)) from error
    code = issued.codes[0]
    return code.reveal() if kind in TYPED else qr_text(code), issued.batch


def _plan_of(item: Item) -> ItemPlan:
    group = GroupId(item.limit.group) if item.limit else None
    return ItemPlan(ItemId(item.id), item.name, item.access == "open", item.emergency, group)


def serve_pages(config: Config, door: Door, bench: BenchDoor | None) -> tuple[PageServer, Streams]:
    """The server, not yet started, and its streams, to be woken when something has changed. Raises ``PortTaken``."""
    assert config.screen is not None
    streams = Streams()
    return PageServer(make_app(door, streams, bench), streams, config.screen.port), streams
