from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hardware.rig import Rig, opened


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Two coils at home, a beam, a closed door, and nothing turning."""
    with opened() as rig:
        yield rig
