"""A kiosk's telemetry in a process of its own, to be killed: ``python -m tests.telemetry.alone PORT``."""

from __future__ import annotations

import sys

from tests.telemetry.conftest import Speaking, stock

if __name__ == "__main__":
    speaking = Speaking(int(sys.argv[1]))
    speaking.telemetry.tell(stock(5))
    speaking.telemetry.start()
    sys.stdin.read()
    speaking.telemetry.close()
