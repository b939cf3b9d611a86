"""The operator's end, as far as it goes in one thread: what a broker would keep of this kiosk.

Telemetry itself runs paho in a thread of its own and is proven against real brokers (``tests/telemetry``). Here its
messages are made from the board's picture whenever the network is up, read back from their bytes, and kept as a broker
keeps retained ones. Sealed reports and their acknowledgement belong here too: I5 is checked in ``invariants.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.ledger.ledger import Ledger
from kiosk.reporting import facts_of
from kiosk.telemetry import messages

if TYPE_CHECKING:
    from tests.sim.stage import Stage


@dataclass
class Operator:
    """Reads what the kiosk says while the network is up."""

    is_reached: bool = True
    retained: messages.Stock | None = None
    _number: int = 0

    def listen(self, stage: Stage) -> None:
        """Take what the kiosk would publish now."""
        ledger = stage.kiosk.ledger
        if not (self.is_reached and isinstance(ledger, Ledger)):
            return
        with stage.disk.looked_at():
            facts = facts_of(stage.config, ledger.id, stage.onlooker.boot, simulated=True)
        self._number += 1
        payload = messages.stock(facts, stage.kiosk.controller.board.snapshot.stock, self._number).model_dump_json()
        self.retained = messages.Stock.model_validate_json(payload)
