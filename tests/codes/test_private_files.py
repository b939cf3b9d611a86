from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.codes.private_files import sync_folder, write_new
from tests.codes.disk import LossyDisk, full_disk, mode


@pytest.mark.usefixtures("careless_umask")
def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    write_new(tmp_path / "file", b"content")

    assert mode(tmp_path / "file") == 0o600
    assert (tmp_path / "file").read_bytes() == b"content"


def test_content_and_name_are_on_the_disk(tmp_path: Path, lossy_disk: LossyDisk) -> None:
    write_new(tmp_path / "file", b"content")
    sync_folder(tmp_path)

    assert lossy_disk.content_left(tmp_path / "file") == b"content"


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")

    with pytest.raises(FileExistsError):
        write_new(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        write_new(tmp_path / "link", b"new")
    assert not (tmp_path / "elsewhere").exists()


def test_half_a_file_is_not_left_behind(tmp_path: Path) -> None:
    with full_disk(room=10), pytest.raises(OSError, match="too large"):
        write_new(tmp_path / "file", bytes(100))

    assert list(tmp_path.iterdir()) == []


def test_syncing_leaves_no_descriptor_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))

    sync_folder(tmp_path)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
