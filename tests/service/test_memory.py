"""Where counters of allowances may be kept: in memory only, or nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kiosk.memory import MOUNTS, is_in_memory, memory_folder

SHM = Path("/dev/shm")
ON_DISK = Path("/usr")
NOBODY = 65534


@pytest.fixture
def tmpfs() -> Iterator[Path]:
    """A folder of a real tmpfs, as systemd makes one for a service."""
    if not is_in_memory(SHM):
        pytest.skip("this system has no tmpfs at /dev/shm")
    with TemporaryDirectory(dir=SHM) as folder:
        yield Path(folder)


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Root may write everywhere: be somebody else for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(before)


def mounted(folder: Path, *lines: str) -> Path:
    """A list of mounts as the system writes it; ``HERE`` is *folder*."""
    path = folder / "mounts"
    path.write_text("".join(f"what {line.replace('HERE', str(folder))} rw,nosuid 0 0\n" for line in lines))
    return path


# --- which folder


def test_the_service_has_a_folder_of_its_own_that_nobody_else_reads(tmpfs: Path) -> None:
    folder = memory_folder("river-street", {"RUNTIME_DIRECTORY": str(tmpfs)})

    assert folder == tmpfs / "kiosk-river-street"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_restart_finds_what_was_there(tmpfs: Path) -> None:
    environ = {"RUNTIME_DIRECTORY": str(tmpfs)}
    folder = memory_folder("river-street", environ)
    assert folder
    (folder / "allowances.week").touch()

    assert memory_folder("river-street", environ) == folder
    assert (folder / "allowances.week").exists()


def test_two_kiosks_on_one_machine_have_two_folders(tmpfs: Path) -> None:
    environ = {"RUNTIME_DIRECTORY": str(tmpfs)}

    assert memory_folder("river-street", environ) != memory_folder("hill-road", environ)


def test_of_several_runtime_directories_the_first_counts(tmpfs: Path) -> None:
    assert memory_folder("a-b", {"RUNTIME_DIRECTORY": f"{tmpfs}:{tmpfs}/other"}) == tmpfs / "kiosk-a-b"


def test_whoever_runs_it_by_hand_has_the_folder_of_their_login(tmpfs: Path) -> None:
    assert memory_folder("a-b", {"XDG_RUNTIME_DIR": str(tmpfs)}) == tmpfs / "kiosk-a-b"


def test_a_runtime_directory_on_a_disk_is_passed_over(tmpfs: Path) -> None:
    environ = {"RUNTIME_DIRECTORY": str(ON_DISK), "XDG_RUNTIME_DIR": str(tmpfs)}

    assert memory_folder("a-b", environ) == tmpfs / "kiosk-a-b"


@pytest.mark.parametrize("environ", [{}, {"RUNTIME_DIRECTORY": ""}, {"XDG_RUNTIME_DIR": ":"}])
def test_where_nothing_is_named_nothing_is_kept(environ: dict[str, str]) -> None:
    assert memory_folder("a-b", environ) is None


def test_a_folder_on_a_disk_is_never_taken_and_nothing_is_made_there(tmp_path: Path) -> None:
    disk = mounted(tmp_path, "/ ext4", "/tmp tmpfs", "/dev/shm tmpfs", "HERE ext4")

    assert memory_folder("a-b", {"RUNTIME_DIRECTORY": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}, disk) is None
    assert list(tmp_path.iterdir()) == [disk]


def test_a_folder_that_cannot_be_made_is_told_and_nothing_is_kept(
    tmpfs: Path, as_nobody: None, caplog: pytest.LogCaptureFixture
) -> None:
    if os.geteuid() != NOBODY:
        tmpfs.chmod(0o500)

    assert memory_folder("a-b", {"RUNTIME_DIRECTORY": str(tmpfs)}) is None
    assert "Permission denied" in caplog.text
    assert "a restart forgets what each pass has had" in caplog.text


def test_a_file_in_its_place_is_told_and_nothing_is_kept(tmpfs: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmpfs / "kiosk-a-b").touch()

    assert memory_folder("a-b", {"RUNTIME_DIRECTORY": str(tmpfs)}) is None
    assert "File exists" in caplog.text


# --- what is in memory


def test_this_systems_own_mounts_are_understood(tmpfs: Path) -> None:
    assert MOUNTS.exists()
    assert is_in_memory(tmpfs / "not" / "there" / "yet")
    assert not is_in_memory(ON_DISK)


@pytest.mark.parametrize(
    ("mounts", "is_so"),
    [
        (["/ ext4"], False),
        (["/ tmpfs"], True),
        (["/ ext4", "HERE tmpfs"], True),
        (["/ ext4", "HERE ramfs"], True),
        (["/ tmpfs", "HERE ext4"], False),
        (["HERE ext4", "/ tmpfs"], False),
        (["HERE tmpfs", "HERE ext4"], False),
        (["HERE ext4", "HERE tmpfs"], True),
        (["HERE tmpfs", "HERE/run ext4"], False),
        (["HERE tmpfs", "HERE/running ext4"], True),
        (["HERE tmpfs", "HERE/r ext4"], True),
        (["HERE ext4", "HERE/run/kiosk tmpfs"], False),
        ([], False),
    ],
)
def test_of_mounts_over_each_other_the_nearest_and_last_counts(tmp_path: Path, mounts: list[str], is_so: bool) -> None:
    assert is_in_memory(tmp_path / "run", mounted(tmp_path, *mounts)) is is_so


def test_a_disk_is_known_under_a_name_with_a_blank(tmp_path: Path) -> None:
    assert not is_in_memory(tmp_path / "my card", mounted(tmp_path, "HERE tmpfs", r"HERE/my\040card ext4"))


def test_a_link_leads_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "card").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "card")

    assert not is_in_memory(tmp_path / "run", mounted(tmp_path, "HERE tmpfs", "HERE/card ext4"))


def test_where_mounts_cannot_be_read_nothing_is_in_memory(tmp_path: Path) -> None:
    assert not is_in_memory(SHM, tmp_path / "missing")
