"""A kiosk in real time that serves its pages, with its owner in a thread of the test, and people who ask over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from kiosk.config import load
from kiosk.core.asks import CountSlot, ReadCounters
from kiosk.core.events import StopAsked, VisitLeft
from kiosk.core.situation import State
from kiosk.core.values import SlotId
from kiosk.snapshot import Snapshot
from kiosk.wiring import Kiosk, Surroundings
from tests.broker import free_port, wait_for
from tests.kit import CONFIG

PATIENCE_S = 20.0
UNITS = 5  # in each slot's coil, and as the ledger says
LIMITED = "access: code, allowance: {group: kits, limit: 2, per: week}"
QUICK = "timing: {emergency_cooldown_s: 0.1}\n"  # no test waits to give naloxone twice


class Answer(NamedTuple):
    """What a page answered."""

    code: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Running:
    """One kiosk and its pages."""

    def __init__(self, kiosk: Kiosk, port: int) -> None:
        self.kiosk = kiosk
        self.port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def snapshot(self) -> Snapshot:
        return self.kiosk.controller.board.snapshot

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers)

    def post(self, path: str, headers: dict[str, str] | None = None, **form: str | int) -> Answer:
        return self.ask("POST", path, headers or {}, urlencode(form))

    def ask(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> Answer:
        """Ask without following where it leads."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        line.request(method, path, body, kind | headers)
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)

    def ticket(self, *items: str) -> str:
        """A ticket that gives *items*, from the bench; its QR text. Without items the person chooses."""
        return self.code("ticket", *items)

    def code(self, kind: str, *items: str) -> str:
        """A code of this kind, from the bench; its text."""
        answer = self.ask("POST", "/bench/ticket", {}, urlencode([("kind", kind), *(("item", item) for item in items)]))
        assert answer.code == 200
        return str(answer.json["text"])

    @contextmanager
    def stream(self, path: str) -> Iterator[Callable[[], Any]]:
        """A stream of events; what it gives reads the next one as JSON, and None when the stream has ended."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        line.request("GET", path)
        answer = line.getresponse()

        def read() -> Any:
            while said := answer.readline().decode():
                if said.startswith("data: "):
                    return json.loads(said.removeprefix("data: "))
            return None

        try:
            yield read
        finally:
            line.close()

    def wait_until(self, what: str, condition: Callable[[Snapshot], object]) -> None:
        wait_for(what, lambda: bool(condition(self.snapshot)), PATIENCE_S)

    def wait_for_end(self) -> None:
        """Wait until the vend is over."""
        self.wait_until("the vend's end", lambda shown: shown.state is State.READY)

    def count(self, slot: str) -> int:
        """The certain units that the ledger says."""
        return next(each.count for each in self.snapshot.stock if each.slot == slot)

    def counted(self, what: str, slot: str) -> int:
        """How many units of a slot went one way today, as the ledger says."""
        answer: Any = self.kiosk.controller.ask(ReadCounters()).result(PATIENCE_S)
        return sum(each.units for each in answer.counters if (each.slot, each.what) == (slot, what))

    @property
    def tray(self) -> list[str]:
        assert self.kiosk.bench
        return self.kiosk.bench.world.tray

    def mend(self) -> None:
        """Bring everything back to how it was at the start: for tests that share one kiosk."""
        bench = self.kiosk.bench
        assert bench
        for slot in bench.world.coils:
            bench.break_slot(slot, "none", 0)
        bench.move_door(is_open=False)
        self.wait_until("the vend's end", lambda shown: shown.state in (State.READY, State.CHOOSING))
        self.kiosk.controller.post(VisitLeft())  # what was said is forgotten at once, so that no test reads it
        self.wait_for_end()
        for slot in bench.world.coils:
            bench.fill_slot(slot, UNITS)
            self.kiosk.controller.ask(CountSlot(SlotId(slot), UNITS)).result(PATIENCE_S)
        bench.empty_tray()
        self.wait_until("silence", lambda shown: shown.said is None)


@contextmanager
def running_kiosk(folder: Path, port: int | None = None) -> Iterator[Running]:
    """A kiosk with its pages on *port*, or on a free one, its coils holding what the ledger says."""
    port = port or free_port()
    path = folder / "kiosk.yaml"
    text = CONFIG.format(data=folder / "data", beam_down="home").replace("languages: [en]", "languages: [en, es]")
    text = text.replace("access: code", LIMITED)
    path.write_text(text + QUICK + f"screen: {{port: {port}}}\n")
    loaded = load(path)
    assert loaded.config, loaded.faults
    kiosk = Kiosk(loaded.config, Surroundings(), simulate=True)
    owner = threading.Thread(target=kiosk.controller.run)
    try:
        kiosk.start()
        owner.start()
        running = Running(kiosk, port)
        running.mend()
        yield running
    finally:
        kiosk.controller.post(StopAsked())
        owner.join(PATIENCE_S)
        kiosk.close()
