from __future__ import annotations

from pathlib import Path

import pytest

from tests.selftest.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Four full coils at home, a whole beam, a closed door, and nothing wrong."""
    return Stage(tmp_path)
