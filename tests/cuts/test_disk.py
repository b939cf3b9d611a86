"""The simulated disk itself: what was synced is there after a power cut, the rest by chance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from tests.cuts.disk import CHARACTERISTICS, SECTOR_BYTES, Disk, File, simulated_disk

CREATE = apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_READWRITE
MAIN, LOG = CREATE | apsw.SQLITE_OPEN_MAIN_DB, CREATE | apsw.SQLITE_OPEN_WAL
OLD, NEW = b"o" * 8192, b"n" * 8192


@pytest.fixture
def disk() -> Iterator[Disk]:
    with simulated_disk() as disk:
        yield disk


def opened(disk: Disk, name: str = "/file", flags: int = MAIN) -> File:
    return disk.xOpen(name, [flags, 0])


def found_after_cuts(times: int) -> list[bytes]:
    """What is found of a file that was overwritten and not synced, in as many fates."""
    found = []
    for seed in range(times):
        with simulated_disk(seed) as disk:
            file = opened(disk)
            file.xWrite(OLD, 0)
            disk.settle()
            file.xWrite(NEW, 0)
            disk.cut_now()
            disk.switch_on()
            found.append(disk.bytes_of("/file"))
    return found


def test_it_says_of_itself_what_the_systems_own_files_say(tmp_path: Path) -> None:
    real = apsw.VFSFile("unix", str(tmp_path / "file"), [MAIN, 0])

    assert (real.xDeviceCharacteristics(), real.xSectorSize()) == (CHARACTERISTICS, SECTOR_BYTES)


def test_what_is_synced_survives_in_every_fate() -> None:
    for seed in range(50):
        with simulated_disk(seed) as disk:
            log = opened(disk, "/log", LOG)
            log.xWrite(OLD, 0)
            log.xSync(0)
            disk.cut_now()
            disk.switch_on()

            assert disk.bytes_of("/log") == OLD


def test_what_is_not_synced_is_kept_lost_or_torn() -> None:
    found = found_after_cuts(100)

    blocks = [content[at : at + 512] for content in found for at in range(0, len(content), 512)]
    assert {OLD, NEW} < set(found)
    assert OLD[:512] + NEW[512:1024] in {content[:1024] for content in found}  # a later block without an earlier one
    assert OLD[:256] + NEW[:256] in blocks  # torn


def test_the_same_seed_gives_the_same_damage() -> None:
    assert found_after_cuts(20) == found_after_cuts(20)


def test_the_name_of_a_new_file_is_lost_until_its_directory_is_synced() -> None:
    names = set()
    for seed in range(20):
        with simulated_disk(seed) as disk:
            opened(disk).xSync(0)
            disk.cut_now()
            disk.switch_on()
            names.add(disk.xAccess("/file", 0))

    assert names == {True, False}


def test_a_deleted_log_may_come_back_unless_the_directory_was_synced() -> None:
    back = {True: set[bool](), False: set[bool]()}
    for seed in range(20):
        for is_synced, found in back.items():
            with simulated_disk(seed) as disk:
                opened(disk, "/log", LOG).xSync(0)
                disk.xDelete("/log", is_synced)
                disk.cut_now()
                disk.switch_on()
                found.add(disk.xAccess("/log", 0))

    assert back == {True: {False}, False: {True, False}}


def test_without_power_nothing_can_be_read_or_written(disk: Disk) -> None:
    file = opened(disk)
    disk.cut_after(1)

    with pytest.raises(apsw.IOError):
        file.xWrite(NEW, 0)
    for use in (file.xFileSize, lambda: file.xRead(1, 0), lambda: file.xSync(0), lambda: disk.xAccess("/file", 0)):
        with pytest.raises(apsw.IOError):
            use()


def test_a_file_opened_before_a_cut_stays_closed_after_it(disk: Disk) -> None:
    file = opened(disk)
    disk.cut_now()
    disk.switch_on()

    with pytest.raises(apsw.IOError):
        file.xWrite(NEW, 0)


def test_a_killed_process_leaves_all_that_it_wrote(disk: Disk) -> None:
    opened(disk).xWrite(NEW, 0)
    disk.kill()

    assert disk.bytes_of("/file") == NEW


def test_one_failed_write_leaves_a_half_and_the_next_goes_through(disk: Disk) -> None:
    file = opened(disk)
    disk.failing, disk.error = range(disk.ios + 1, disk.ios + 2), apsw.SQLITE_FULL

    with pytest.raises(apsw.FullError):
        file.xWrite(NEW, 0)

    assert disk.bytes_of("/file") == NEW[: len(NEW) // 2]
    file.xWrite(NEW, 0)
    assert disk.bytes_of("/file") == NEW
