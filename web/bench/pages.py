"""The bench: the simulated cabinet to look at, to play with and to break. It exists under simulation only."""

from __future__ import annotations

import json
from concurrent.futures import Future
from http import HTTPStatus

from flask import Blueprint, Response, abort, g, jsonify, render_template, request

from kiosk.core.asks import (
    AddBatch,
    AddUnits,
    Answer,
    Ask,
    AskRefused,
    BenchAsk,
    BreakSlot,
    Counters,
    EmptyTray,
    FillSlot,
    HoldCode,
    LoadSlot,
    MoveDoor,
    ReadCounters,
    Verdict,
    VerifyLedger,
)
from kiosk.core.values import ItemId, Kind, SlotId
from kiosk.snapshot import Snapshot
from kiosk.waiting import answer_of
from web.door import BenchDoor, Door
from web.screen.picture import plainly
from web.streams import Streams
from web.words import pick

PATIENCE_S = 15.0  # asks wait until no motor is on


def bench_pages(door: Door, bench: BenchDoor, streams: Streams) -> Blueprint:
    """The blueprint."""
    pages = Blueprint(
        "bench", __name__, template_folder="templates", static_folder="static", static_url_path="/bench/static"
    )
    known = [plan.id for plan in door.items]

    def disturb(ask: BenchAsk) -> tuple[str, HTTPStatus]:
        try:
            bench.disturb(ask)
        except AskRefused as error:
            abort(HTTPStatus.BAD_REQUEST, str(error))
        return "", HTTPStatus.NO_CONTENT

    def ask(what: Ask) -> Answer:
        return _answer(door.controller.ask(what))

    @pages.get("/bench")
    def show_bench() -> str:
        names = {item.id: pick(item.names, g.language) for item in door.items}
        return render_template("bench/bench.html", items=door.items, names=names)

    @pages.get("/bench/state")
    def tell_state() -> Response:
        return jsonify(bench.picture())

    @pages.get("/bench/events")
    def send_events() -> Response:
        return streams.response(lambda: _told(door.snapshot(), bench))

    @pages.get("/bench/ledger")
    def tell_ledger() -> Response:
        counters, verdict = ask(ReadCounters()), ask(VerifyLedger())
        assert isinstance(counters, Counters)
        assert isinstance(verdict, Verdict)
        return jsonify(day=counters.day.isoformat(), counters=counters.counters, faults=verdict.faults)

    @pages.post("/bench/fault")
    def break_slot() -> tuple[str, HTTPStatus]:
        return disturb(BreakSlot(_slot(), fault=_field("kind")))

    @pages.post("/bench/scan")
    def hold_code() -> tuple[str, HTTPStatus]:
        return disturb(HoldCode(_field("text")))

    @pages.post("/bench/door")
    def move_door() -> tuple[str, HTTPStatus]:
        is_open = {"0": False, "1": True}.get(_field("open"))
        if is_open is None:
            abort(HTTPStatus.BAD_REQUEST, "send open=1 to open the door, open=0 to close it")
        return disturb(MoveDoor(is_open))

    @pages.post("/bench/fill")
    def fill_slot() -> tuple[str, HTTPStatus]:
        return disturb(FillSlot(_slot(), _count()))

    @pages.post("/bench/take")
    def empty_tray() -> tuple[str, HTTPStatus]:
        return disturb(EmptyTray())

    @pages.post("/bench/load")
    def load_slot() -> tuple[str, HTTPStatus]:
        """Let a technician put *count* units behind what stands in the slot, and book them."""
        slot, count = _slot(), _count()
        ask(LoadSlot(slot, count))
        return disturb(AddUnits(slot, count))

    @pages.post("/bench/ticket")
    def make_ticket() -> Response:
        """Make a ticket for the items that the form names, or with *kind* another code."""
        items, kind = tuple(map(ItemId, request.form.getlist("item"))), request.form.get("kind", Kind.TICKET)
        if not set(known).issuperset(items) or kind not in set(Kind):
            abort(HTTPStatus.BAD_REQUEST, f"the items are {', '.join(known)}, the kinds {', '.join(Kind)}")
        try:
            text, batch = bench.new_code(Kind(kind), items)
        except AskRefused as error:
            abort(HTTPStatus.BAD_REQUEST, str(error))
        ask(AddBatch(batch))
        return jsonify(text=text)

    return pages


def _told(snapshot: Snapshot, bench: BenchDoor) -> str:
    return json.dumps(
        {
            "bench": bench.picture(),
            "kiosk": {
                "state": snapshot.state,
                "item": snapshot.item,
                "slot": snapshot.slot,
                "said": plainly(snapshot.said),
                "stock": [
                    {"slot": each.slot, "count": each.count, "uncertain": each.uncertain, "state": each.state}
                    for each in snapshot.stock
                ],
                "faults": [list(fault) for fault in snapshot.faults],
            },
            "happened": list(bench.happened()),
            "told": dict(bench.told()),
        }
    )


def _field(name: str) -> str:
    if name not in request.form:
        abort(HTTPStatus.BAD_REQUEST, f"send {name} as a field of the form")
    return request.form[name]


def _slot() -> SlotId:
    return SlotId(_field("slot"))


def _count() -> int:
    try:
        return int(_field("count"))
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST, "send count as a whole number")


def _answer(asked: Future[Answer]) -> Answer:
    try:
        return answer_of(asked, PATIENCE_S)
    except AskRefused as error:
        abort(HTTPStatus.BAD_REQUEST, str(error))
    except (TimeoutError, RuntimeError) as error:
        abort(HTTPStatus.SERVICE_UNAVAILABLE, str(error) or "the kiosk is busy; try again")
