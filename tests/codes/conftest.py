from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.codes.disk import LossyDisk


@pytest.fixture
def lossy_disk(monkeypatch: pytest.MonkeyPatch) -> LossyDisk:
    disk = LossyDisk()
    monkeypatch.setattr(os, "fsync", disk.fsync)
    return disk


@pytest.fixture
def careless_umask() -> Iterator[None]:
    """Programs started here make files for everybody, unless they say otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)
