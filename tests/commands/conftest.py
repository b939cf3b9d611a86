from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from tests.kit import CONFIG

Run = Callable[..., Result]
LIMITED = "access: code, allowance: {group: kits, limit: 2, per: week}"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``kiosk codes …`` as a command of its own, in a folder with a configuration that has a policy."""
    config = CONFIG.format(data=tmp_path / "data", beam_down="home").replace("access: code", LIMITED)
    (tmp_path / "kiosk.yaml").write_text(config + "policies: {generous: {kits: {limit: 4, per: week}}}\n")
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("KIOSK_CONFIG", str(tmp_path / "kiosk.yaml"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments, typed="": CliRunner().invoke(main, ("codes", *map(str, arguments)), input=typed)
