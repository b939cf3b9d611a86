"""Keys in files: the programme's, and the one that lists are signed with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from kiosk.codes.key_files import KeyDamaged, KeyExposed, KeyKind, KeyMissing, KeyOutOfReach, ensure_key, read_key
from kiosk.codes.signing import SIGNING_KEY
from kiosk.codes.tags import PROGRAMME_KEY
from tests.codes.disk import LossyDisk, full_disk, mode
from tests.codes.making import KEY


@pytest.fixture(params=[PROGRAMME_KEY, SIGNING_KEY], ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> KeyKind:
    found = request.param
    assert isinstance(found, KeyKind)
    return found


def key_file(folder: Path, content: bytes, permissions: int = 0o600) -> Path:
    path = folder / "a.key"
    path.write_bytes(content)
    path.chmod(permissions)
    return path


def test_a_key_is_made_at_first_use_and_stays(kind: KeyKind, tmp_path: Path) -> None:
    first = ensure_key(tmp_path / "a.key", kind)

    assert len(first) == 32
    assert ensure_key(tmp_path / "a.key", kind) == first
    assert read_key(tmp_path / "a.key", kind) == first


def test_two_keys_are_never_the_same(kind: KeyKind, tmp_path: Path) -> None:
    assert ensure_key(tmp_path / "one", kind) != ensure_key(tmp_path / "two", kind)


@pytest.mark.usefixtures("careless_umask")
def test_a_new_key_is_for_its_owner_only_and_alone_in_its_folder(kind: KeyKind, tmp_path: Path) -> None:
    ensure_key(tmp_path / "a.key", kind)

    assert mode(tmp_path / "a.key") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_a_new_key_outlives_a_power_cut(kind: KeyKind, tmp_path: Path, lossy_disk: LossyDisk) -> None:
    key = ensure_key(tmp_path / "a.key", kind)

    assert lossy_disk.content_left(tmp_path / "a.key") == key
    assert lossy_disk.names_left(tmp_path) == {"a.key"}


def test_a_key_that_is_there_is_only_read(kind: KeyKind, tmp_path: Path) -> None:
    path = key_file(tmp_path, KEY)
    before = tmp_path.stat().st_mtime_ns

    assert ensure_key(path, kind) == KEY
    assert tmp_path.stat().st_mtime_ns == before


@pytest.mark.parametrize("attempt", range(20))
def test_everybody_who_asks_at_first_use_gets_the_same_key(kind: KeyKind, tmp_path: Path, attempt: int) -> None:
    start = Barrier(8)

    def ask(_: int) -> bytes:
        start.wait()
        return ensure_key(tmp_path / "a.key", kind)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1


def test_a_link_to_nowhere_is_not_replaced(kind: KeyKind, tmp_path: Path) -> None:
    (tmp_path / "a.key").symlink_to(tmp_path / "not mounted")

    with pytest.raises(KeyMissing):
        ensure_key(tmp_path / "a.key", kind)
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_a_missing_key_is_not_made_by_reading(kind: KeyKind, tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match=f"no {kind.name} at .*Copy it there from a backup"):
        read_key(tmp_path / "a.key", kind)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [0, 31, 33, 1000])
def test_a_file_of_another_length_is_no_key_and_stays(kind: KeyKind, tmp_path: Path, length: int) -> None:
    path = key_file(tmp_path, bytes(length))

    with pytest.raises(KeyDamaged, match="exactly 32 bytes"):
        ensure_key(path, kind)
    assert path.read_bytes() == bytes(length)


@pytest.mark.parametrize("permissions", [0o640, 0o604, 0o620, 0o602, 0o644, 0o610])
def test_a_key_that_others_may_use_is_refused(kind: KeyKind, tmp_path: Path, permissions: int) -> None:
    path = key_file(tmp_path, KEY, permissions)

    with pytest.raises(KeyExposed, match=f"chmod 600 {path}"):
        read_key(path, kind)


def test_a_key_that_nobody_may_change_is_good(kind: KeyKind, tmp_path: Path) -> None:
    assert read_key(key_file(tmp_path, KEY, 0o400), kind) == KEY


def test_a_folder_in_the_keys_place_is_named_in_the_refusal(kind: KeyKind, tmp_path: Path) -> None:
    with pytest.raises(KeyOutOfReach, match="cannot be read: Is a directory"):
        ensure_key(tmp_path, kind)


def test_a_key_in_a_missing_folder_is_refused_in_plain_words(kind: KeyKind, tmp_path: Path) -> None:
    with pytest.raises(KeyOutOfReach, match="cannot be made: No such file"):
        ensure_key(tmp_path / "missing" / "a.key", kind)


def test_a_full_disk_leaves_no_key_behind(kind: KeyKind, tmp_path: Path) -> None:
    with full_disk(room=16), pytest.raises(KeyOutOfReach, match="too large"):
        ensure_key(tmp_path / "a.key", kind)

    assert list(tmp_path.iterdir()) == []


def test_no_refusal_shows_a_byte_of_the_key(kind: KeyKind, tmp_path: Path) -> None:
    path = key_file(tmp_path, b"precious", 0o600)

    with pytest.raises(KeyDamaged) as refusal:
        read_key(path, kind)
    assert "precious" not in str(refusal.value)
