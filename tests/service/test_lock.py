"""One process owns the pins and the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.lock import AlreadyRunning, DataUnusable, InstanceLock


def test_the_data_belong_to_one_process_at_a_time(tmp_path: Path) -> None:
    first = InstanceLock(tmp_path / "data")

    with pytest.raises(AlreadyRunning, match="another kiosk process"):
        InstanceLock(tmp_path / "data")
    first.close()
    first.close()
    InstanceLock(tmp_path / "data").close()


def test_the_data_directory_is_made_and_is_not_for_everybody(tmp_path: Path) -> None:
    InstanceLock(tmp_path / "var" / "data").close()

    assert (tmp_path / "var" / "data").stat().st_mode & 0o007 == 0


def test_a_data_directory_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DataUnusable, match=r"name another one as data: in kiosk\.yaml"):
        InstanceLock(tmp_path / "file" / "data")
