"""Who may import whom, read from the source with ``ast``: an arrow that is not in the table is a mistake.

Our own forty lines and not import-linter: that forbids what is named; this allows only what is named. A new folder, a
new library or a new arrow needs its own line here, and whoever writes it sees the design.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKED = ("kiosk", "hardware", "web")

STANDARD = "the standard library"

# folder or file: what it may import; the longest name that fits a file counts
ALLOWED: dict[str, tuple[str, ...]] = {
    # core decides, so it gets no standard library either: no clock, no chance, no file, no thread, no log
    "kiosk/core": ("kiosk.core", "__future__", "collections.abc", "dataclasses", "datetime.date", "enum", "typing"),
    "kiosk/ledger": (STANDARD, "kiosk.ledger", "kiosk.core", "apsw"),
    "kiosk/codes": (STANDARD, "kiosk.codes", "kiosk.core", "png", "qrcode", "reportlab"),
    "kiosk/codes/signing.py": (STANDARD, "kiosk.codes.key_files", "cryptography"),
    "kiosk/telemetry": (STANDARD, "kiosk.telemetry", "kiosk.core", "paho", "pydantic"),
    "kiosk/config": (STANDARD, "kiosk.config", "pydantic", "pydantic_core", "ruamel.yaml"),
    "kiosk/controller.py": (STANDARD, "kiosk.books", "kiosk.core", "kiosk.parts", "kiosk.snapshot"),
    "kiosk/benching.py": (STANDARD, "kiosk.core", "hardware.bench"),
    "kiosk/books.py": (STANDARD, "kiosk.core", "kiosk.downtime", "kiosk.parts"),
    "kiosk/downtime.py": (STANDARD, "kiosk.core"),
    "kiosk/data.py": (
        *(STANDARD, "kiosk.codes", "kiosk.config", "kiosk.core", "kiosk.ledger", "kiosk.lock", "kiosk.parts"),
        "kiosk.policies",
    ),
    "kiosk/policies.py": (STANDARD, "kiosk.codes.check", "kiosk.config", "kiosk.core"),
    "kiosk/memory.py": (STANDARD,),
    "kiosk/parts.py": (STANDARD, "kiosk.core"),
    "kiosk/snapshot.py": (STANDARD, "kiosk.core"),
    "kiosk/calendar.py": (STANDARD,),
    "kiosk/local.py": (STANDARD, "kiosk.core", "kiosk.waiting", "pydantic"),
    "kiosk/waiting.py": (STANDARD,),
    "kiosk/lock.py": (STANDARD,),
    "kiosk/trace.py": (STANDARD,),
    "kiosk/cli": (
        *(STANDARD, "click", "rich"),
        *("kiosk.__version__", "kiosk.calendar", "kiosk.cli", "kiosk.codes", "kiosk.config", "kiosk.core"),
        *("kiosk.ledger", "kiosk.local", "kiosk.lock", "kiosk.spare", "kiosk.telemetry.messages", "kiosk.trace"),
        "kiosk.wiring",
    ),
    "kiosk/cli/selftest.py": (
        *(STANDARD, "click", "rich", "hardware.dispenser", "hardware.pins", "hardware.selftest", "kiosk.cli"),
        *("kiosk.config", "kiosk.selftesting", "kiosk.translation"),
    ),
    "kiosk/selftesting.py": (
        *(STANDARD, "gpiozero", "hardware", "kiosk.config", "kiosk.lock", "kiosk.trace", "kiosk.translation"),
    ),
    "kiosk/spare": (
        *(STANDARD, "kiosk.codes.key_files", "kiosk.codes.signing", "kiosk.codes.tags", "kiosk.config", "kiosk.core"),
        *("kiosk.ledger", "kiosk.lock", "kiosk.spare"),
    ),
    "kiosk/spare/batches.py": (
        *(STANDARD, "kiosk.codes.format", "kiosk.codes.key_files", "kiosk.codes.tags", "kiosk.core", "kiosk.spare"),
        "pydantic",
    ),
    "kiosk/spare/encryption.py": (STANDARD, "kiosk.core", "cryptography"),
    "kiosk/demo": (*(STANDARD, "amqtt", "kiosk.codes", "kiosk.config", "kiosk.core", "kiosk.demo", "kiosk.ledger"),),
    "kiosk/cli/demo.py": (
        *(STANDARD, "click", "hardware.bench.line", "kiosk.calendar", "kiosk.cli", "kiosk.codes.format"),
        *("kiosk.config", "kiosk.core.events", "kiosk.demo", "kiosk.wiring"),
    ),
    "kiosk/reporting.py": (STANDARD, "kiosk.__version__", "kiosk.config", "kiosk.core", "kiosk.telemetry.plan"),
    "kiosk/translation.py": (STANDARD, "kiosk.config", "kiosk.core", "kiosk.parts", "hardware"),
    "kiosk/wiring.py": (STANDARD, "kiosk", "hardware", "web"),
    "kiosk/__init__.py": (),
    "kiosk/__main__.py": (STANDARD, "kiosk.cli"),
    "hardware": (STANDARD, "hardware", "gpiozero", "serial"),
    # must work when all else is broken
    "hardware/safe_state.py": (STANDARD, "lgpio"),
    "hardware/bench": (STANDARD, "hardware.bench", "hardware.coil", "hardware.plan", "gpiozero"),
    "kiosk/pages.py": (STANDARD, "kiosk.codes", "kiosk.config", "kiosk.controller", "kiosk.core", "web"),
    "web": (STANDARD, "web", "kiosk.core", "kiosk.snapshot", "kiosk.waiting", "cheroot", "flask", "werkzeug"),
}

# module: the few files and folders that may import it, whatever the table above says
ONLY_IN: dict[str, tuple[str, ...]] = {
    "hardware.bench": (
        *("hardware/bench", "kiosk/benching.py", "kiosk/cli/demo.py", "kiosk/selftesting.py", "kiosk/wiring.py"),
    ),
    "kiosk.selftesting": ("kiosk/cli/selftest.py",),
    "kiosk.wiring": ("kiosk/cli/demo.py", "kiosk/cli/run.py"),
    "kiosk.demo": ("kiosk/cli/demo.py", "kiosk/demo"),
    "kiosk.spare": ("kiosk/cli/backup.py", "kiosk/cli/batches.py", "kiosk/cli/codes.py", "kiosk/spare"),
    "cryptography": ("kiosk/codes/signing.py", "kiosk/spare/encryption.py"),
    "amqtt": ("kiosk/demo/broker.py",),
    "lgpio": ("hardware/safe_state.py",),  # all else drives pins by gpiozero
    "reportlab": ("kiosk/codes/sheets.py",),
    "kiosk.codes.sheets": ("kiosk/codes/cards.py",),  # slow to import, and needs what is not always installed
    "threading": (
        *("hardware/bench/bench.py", "hardware/bench/line.py", "hardware/lease.py", "hardware/scanner.py"),
        *("kiosk/demo/broker.py", "kiosk/demo/herald.py", "kiosk/local.py", "kiosk/trace.py"),
        *(
            "kiosk/cli/stops.py",
            "kiosk/telemetry/bell.py",
            "kiosk/telemetry/telemetry.py",
            "web/server.py",
            "web/streams.py",
        ),
    ),
    "queue": ("hardware/selftest/examiner.py", "kiosk/controller.py", "kiosk/parts.py", "kiosk/wiring.py"),
    "concurrent": (
        *("kiosk/controller.py", "kiosk/local.py", "kiosk/waiting.py", "kiosk/wiring.py"),
        *("web/bench", "web/door.py", "web/screen"),
    ),
    "asyncio": ("kiosk/demo/broker.py",),
    "multiprocessing": (),
    "_thread": (),
    "importlib": ("kiosk/cli/__init__.py",),  # an arrow drawn by a string is not seen here
}


def wrong_arrows(root: Path) -> list[str]:
    """Every import under *root* that no line of the tables allows: file, line and arrow."""
    return [
        f"{path.relative_to(root)}:{line}: {path.relative_to(root)} -> {module}"
        for path in sources(root)
        for line, module in imports(root, path)
        if not is_allowed(str(path.relative_to(root)), module)
    ]


def sources(root: Path) -> Iterator[Path]:
    for folder in CHECKED:
        yield from sorted((root / folder).rglob("*.py"))


def imports(root: Path, path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that is imported, inside functions too; ``from a import b`` is ``a.b``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = path.relative_to(root).parts[: -node.level] if node.level else ()
            base = ".".join((*above, *(node.module or "").split("."))).strip(".")
            yield from ((node.lineno, f"{base}.{name.name}") for name in node.names)


def is_allowed(file: str, module: str) -> bool:
    if any(is_within(module, name, ".") and not is_in_one(file, files) for name, files in ONLY_IN.items()):
        return False
    folders = [folder for folder in ALLOWED if is_within(file, folder, "/")]
    allowed = ALLOWED[max(folders, key=len)] if folders else ()
    is_standard = STANDARD in allowed and module.split(".", maxsplit=1)[0] in sys.stdlib_module_names
    return is_standard or any(is_within(module, name, ".") for name in allowed)


def is_in_one(file: str, folders: tuple[str, ...]) -> bool:
    return any(is_within(file, folder, "/") for folder in folders)


def is_within(name: str, outer: str, separator: str) -> bool:
    return name == outer or name.startswith(outer + separator)


def sleeps(root: Path) -> list[str]:
    """Every place under *root* that calls or imports something named ``sleep``."""
    return [
        f"{path.relative_to(root)}:{node.lineno}: sleeps"
        for path in sources(root)
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr == "sleep")
        or (isinstance(node, ast.Name) and node.id == "sleep")
        or (isinstance(node, ast.ImportFrom) and any(name.name == "sleep" for name in node.names))
    ]


# --- this kiosk


def test_every_arrow_is_in_the_table() -> None:
    assert wrong_arrows(ROOT) == []


def test_nothing_sleeps() -> None:
    assert sleeps(ROOT) == []


@pytest.mark.parametrize("name", [*ALLOWED, *{file for files in ONLY_IN.values() for file in files}])
def test_the_tables_name_only_what_is_there(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("folder", [name for name in ALLOWED if not name.endswith(".py")])
def test_every_folder_with_a_rule_states_it_in_a_readme_of_three_sentences(folder: str) -> None:
    readme = (ROOT / folder / "README.md").read_text()

    assert len(re.findall(r"[.!?](?=\s|$)", readme)) == 3
    assert "import" in readme


# --- the checker itself


@pytest.mark.parametrize(
    ("file", "source", "arrow"),
    [
        ("kiosk/core/vend.py", "import time", "kiosk/core/vend.py:1: kiosk/core/vend.py -> time"),
        ("kiosk/core/vend.py", "def f():\n    import random", "kiosk/core/vend.py:2: kiosk/core/vend.py -> random"),
        ("kiosk/core/vend.py", "from datetime import datetime", ":1: kiosk/core/vend.py -> datetime.datetime"),
        ("kiosk/core/vend.py", "from kiosk import ledger", ":1: kiosk/core/vend.py -> kiosk.ledger"),
        ("kiosk/core/vend.py", "from kiosk.corelib import x", ":1: kiosk/core/vend.py -> kiosk.corelib.x"),
        ("kiosk/core/vend.py", "from ..ledger import x", ":1: kiosk/core/vend.py -> kiosk.ledger.x"),
        ("kiosk/core/vend.py", "from .. import ledger", ":1: kiosk/core/vend.py -> kiosk.ledger"),
        ("kiosk/core/vend.py", "import enum, os", ":1: kiosk/core/vend.py -> os"),
        (
            "kiosk/ledger/x.py",
            "if TYPE_CHECKING:\n    from kiosk.codes import x",
            ":2: kiosk/ledger/x.py -> kiosk.codes.x",
        ),
        ("kiosk/ledger/x.py", "import threading", ":1: kiosk/ledger/x.py -> threading"),
        ("kiosk/ledger/x.py", "from concurrent import futures", ":1: kiosk/ledger/x.py -> concurrent.futures"),
        ("kiosk/ledger/x.py", "import requests", ":1: kiosk/ledger/x.py -> requests"),
        ("kiosk/codes/x.py", "from importlib import import_module", ":1: kiosk/codes/x.py -> importlib.import_module"),
        ("kiosk/controller.py", "from hardware import cabinet", ":1: kiosk/controller.py -> hardware.cabinet"),
        ("kiosk/cli/check.py", "from kiosk.wiring import Kiosk", ":1: kiosk/cli/check.py -> kiosk.wiring.Kiosk"),
        ("kiosk/cli/run.py", "import hardware.bench", ":1: kiosk/cli/run.py -> hardware.bench"),
        ("kiosk/new/x.py", "import json", ":1: kiosk/new/x.py -> json"),
        ("kiosk/new.py", "import json", ":1: kiosk/new.py -> json"),
        ("hardware/safe_state.py", "import gpiozero", ":1: hardware/safe_state.py -> gpiozero"),
        ("hardware/safe_state.py", "from hardware import plan", ":1: hardware/safe_state.py -> hardware.plan"),
        ("hardware/coil.py", "from kiosk.core import events", ":1: hardware/coil.py -> kiosk.core.events"),
        ("hardware/coil.py", "import hardware.bench.physics", ":1: hardware/coil.py -> hardware.bench.physics"),
        ("hardware/bench/x.py", "import hardware.cabinet", ":1: hardware/bench/x.py -> hardware.cabinet"),
        ("web/app.py", "from kiosk.ledger import ledger", ":1: web/app.py -> kiosk.ledger.ledger"),
    ],
)
def test_a_planted_wrong_arrow_is_named_with_its_file_and_line(
    tmp_path: Path, file: str, source: str, arrow: str
) -> None:
    plant(tmp_path, file, source)

    (found,) = wrong_arrows(tmp_path)

    assert found.endswith(arrow)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("kiosk/core/vend.py", "from dataclasses import replace\nfrom . import steps\nimport kiosk.core.events"),
        ("kiosk/ledger/x.py", "import os\nimport apsw.ext\nfrom kiosk.core.values import Tag"),
        ("kiosk/local.py", "import threading\nfrom pydantic import TypeAdapter"),
        ("kiosk/wiring.py", "from hardware.bench.bench import Bench"),
    ],
)
def test_an_arrow_of_the_table_is_let_pass(tmp_path: Path, file: str, source: str) -> None:
    plant(tmp_path, file, source)

    assert wrong_arrows(tmp_path) == []


@pytest.mark.parametrize("source", ["import time\ntime.sleep(1)", "from time import sleep as wait\nwait(1)"])
def test_a_planted_sleep_is_found(tmp_path: Path, source: str) -> None:
    plant(tmp_path, "web/app.py", source)

    assert len(sleeps(tmp_path)) == 1


def plant(root: Path, file: str, source: str) -> None:
    path = root / file
    path.parent.mkdir(parents=True)
    path.write_text(source)
