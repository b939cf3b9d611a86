"""Runs the ``kiosk`` command and, when that ends, writes which third-party modules it had imported.

``python -m tests.bench.probe OUT run --simulate …``
"""

from __future__ import annotations

import atexit
import json
import sys
from pathlib import Path

from kiosk.cli import main


def write_libraries(out: Path) -> None:
    """Write the names, in the order of import."""
    places = [(name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items())]
    out.write_text(json.dumps([name for name, place in places if "site-packages" in place]))


if __name__ == "__main__":
    atexit.register(write_libraries, Path(sys.argv.pop(1)))
    main()
