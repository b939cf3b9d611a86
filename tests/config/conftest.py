from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli.check import check
from kiosk.config import Loaded, load

Read = Callable[[str | bytes], Loaded]
Checked = Callable[[str | bytes], Result]


@pytest.fixture
def good() -> str:
    return (Path(__file__).parent / "good.yaml").read_text()


@pytest.fixture
def kiosk_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KIOSK_CONFIG", raising=False)
    return Path("kiosk.yaml")


@pytest.fixture
def read(kiosk_yaml: Path) -> Read:
    def read(content: str | bytes) -> Loaded:
        _write(kiosk_yaml, content)
        return load(kiosk_yaml)

    return read


@pytest.fixture
def checked(kiosk_yaml: Path) -> Checked:
    def checked(content: str | bytes) -> Result:
        _write(kiosk_yaml, content)
        return CliRunner().invoke(check, [str(kiosk_yaml)], catch_exceptions=False)

    return checked


def _write(path: Path, content: str | bytes) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
