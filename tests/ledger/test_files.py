"""Files beside the ledger: whole, and for their owner only."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.ledger.files import write
from tests.codes.disk import mode


@pytest.mark.parametrize("before", [None, b"longer than what comes"])
def test_a_file_that_is_written_holds_that_and_nothing_else_for_its_owner_only(
    tmp_path: Path, before: bytes | None
) -> None:
    path = tmp_path / "file"
    if before:
        path.write_bytes(before)
        path.chmod(0o644)

    write(path, b"new")

    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)
