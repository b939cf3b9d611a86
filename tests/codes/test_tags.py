from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given

from kiosk.codes.tags import (
    ProgrammeKeyDamaged,
    ProgrammeKeyExposed,
    ProgrammeKeyInTheWay,
    ProgrammeKeyMissing,
    ProgrammeKeyOutOfReach,
    account,
    ensure_programme_key,
    put_programme_key,
    read_programme_key,
    tag,
)
from kiosk.core.values import Secret
from tests.codes.disk import LossyDisk, full_disk, mode
from tests.codes.making import CODES, KEY, NUMBERS, code_of


def key_file(folder: Path, content: bytes, permissions: int = 0o600) -> Path:
    path = folder / "programme.key"
    path.write_bytes(content)
    path.chmod(permissions)
    return path


def test_a_tag_is_the_contracts_hmac() -> None:
    # printf code00000000000000000000001HK | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f
    assert tag(KEY, code_of(1)).hex() == "6e2c893fa87ded1fd1ae5f55a9179dad"


def test_another_programme_has_another_tag_for_the_same_code() -> None:
    assert tag(KEY, code_of(1)) != tag(KEY[::-1], code_of(1))


def test_a_number_has_a_tag_as_a_code_has() -> None:
    # printf code1234567890 | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f
    assert tag(KEY, Secret("1234567890")).hex() == "1a91c3b3e1de0c13976475e506e885b3"


def test_an_account_is_another_keyed_hash() -> None:
    # printf allowance00000000000000000000001HK | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f
    assert account(KEY, code_of(1)).hex() == "dd56768ac4f63789e4d442ef48853791"


@given(CODES | NUMBERS)
def test_no_account_is_a_tag(code: Secret) -> None:
    assert bytes(account(KEY, code)) != bytes(tag(KEY, code))
    assert account(KEY, code) != account(KEY[::-1], code)


def test_a_key_is_made_at_first_use_and_stays(tmp_path: Path) -> None:
    first = ensure_programme_key(tmp_path / "programme.key")

    assert len(first) == 32
    assert ensure_programme_key(tmp_path / "programme.key") == first
    assert read_programme_key(tmp_path / "programme.key") == first


def test_two_programmes_have_two_keys(tmp_path: Path) -> None:
    assert ensure_programme_key(tmp_path / "one") != ensure_programme_key(tmp_path / "two")


@pytest.mark.usefixtures("careless_umask")
def test_a_new_key_is_for_its_owner_only_and_alone_in_its_folder(tmp_path: Path) -> None:
    ensure_programme_key(tmp_path / "programme.key")

    assert mode(tmp_path / "programme.key") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["programme.key"]


def test_a_new_key_outlives_a_power_cut(tmp_path: Path, lossy_disk: LossyDisk) -> None:
    key = ensure_programme_key(tmp_path / "programme.key")

    assert lossy_disk.content_left(tmp_path / "programme.key") == key
    assert lossy_disk.names_left(tmp_path) == {"programme.key"}


def test_a_key_that_is_there_is_only_read(tmp_path: Path) -> None:
    path = key_file(tmp_path, KEY)
    before = tmp_path.stat().st_mtime_ns

    assert ensure_programme_key(path) == KEY
    assert tmp_path.stat().st_mtime_ns == before


@pytest.mark.parametrize("attempt", range(20))
def test_everybody_who_asks_at_first_use_gets_the_same_key(tmp_path: Path, attempt: int) -> None:
    start = Barrier(8)

    def ask(_: int) -> bytes:
        start.wait()
        return ensure_programme_key(tmp_path / "programme.key")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1


def test_a_link_to_nowhere_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "programme.key").symlink_to(tmp_path / "not mounted")

    with pytest.raises(ProgrammeKeyMissing):
        ensure_programme_key(tmp_path / "programme.key")
    assert [path.name for path in tmp_path.iterdir()] == ["programme.key"]


def test_a_missing_key_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(ProgrammeKeyMissing, match="Copy it there from a backup"):
        read_programme_key(tmp_path / "programme.key")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [0, 31, 33, 1000])
def test_a_file_of_another_length_is_no_key_and_stays(tmp_path: Path, length: int) -> None:
    path = key_file(tmp_path, bytes(length))

    with pytest.raises(ProgrammeKeyDamaged, match="exactly 32 bytes"):
        ensure_programme_key(path)
    assert path.read_bytes() == bytes(length)


@pytest.mark.parametrize("permissions", [0o640, 0o604, 0o620, 0o602, 0o644, 0o610])
def test_a_key_that_others_may_use_is_refused(tmp_path: Path, permissions: int) -> None:
    path = key_file(tmp_path, KEY, permissions)

    with pytest.raises(ProgrammeKeyExposed, match=f"chmod 600 {path}"):
        read_programme_key(path)


def test_a_key_that_nobody_may_change_is_good(tmp_path: Path) -> None:
    assert read_programme_key(key_file(tmp_path, KEY, 0o400)) == KEY


def test_a_folder_in_the_keys_place_is_named_in_the_refusal(tmp_path: Path) -> None:
    with pytest.raises(ProgrammeKeyOutOfReach, match="cannot be read: Is a directory"):
        ensure_programme_key(tmp_path)


def test_a_key_in_a_missing_folder_is_refused_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(ProgrammeKeyOutOfReach, match="cannot be made: No such file"):
        ensure_programme_key(tmp_path / "missing" / "programme.key")


def test_a_full_disk_leaves_no_key_behind(tmp_path: Path) -> None:
    with full_disk(room=16), pytest.raises(ProgrammeKeyOutOfReach, match="too large"):
        ensure_programme_key(tmp_path / "programme.key")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("careless_umask")
def test_a_key_is_put_where_there_is_none_for_its_owner_only(tmp_path: Path) -> None:
    put_programme_key(tmp_path / "programme.key", KEY)

    assert read_programme_key(tmp_path / "programme.key") == KEY
    assert [(path.name, mode(path)) for path in tmp_path.iterdir()] == [("programme.key", 0o600)]


def test_a_key_that_was_put_outlives_a_power_cut(tmp_path: Path, lossy_disk: LossyDisk) -> None:
    put_programme_key(tmp_path / "programme.key", KEY)

    assert lossy_disk.content_left(tmp_path / "programme.key") == KEY


def test_putting_the_same_key_again_changes_nothing(tmp_path: Path) -> None:
    path = key_file(tmp_path, KEY)
    before = tmp_path.stat().st_mtime_ns

    put_programme_key(path, KEY)

    assert tmp_path.stat().st_mtime_ns == before


def test_a_key_is_not_put_over_another(tmp_path: Path) -> None:
    path = key_file(tmp_path, KEY)

    with pytest.raises(ProgrammeKeyInTheWay, match="another programme's key: the codes issued with it would stop"):
        put_programme_key(path, KEY[::-1])
    assert path.read_bytes() == KEY


def test_a_key_that_nobody_needs_is_moved_aside_for_another(tmp_path: Path) -> None:
    path = key_file(tmp_path, KEY)

    put_programme_key(path, KEY[::-1], aside=tmp_path / "aside")

    assert (path.read_bytes(), (tmp_path / "aside").read_bytes()) == (KEY[::-1], KEY)


def test_a_key_that_cannot_be_moved_stays(tmp_path: Path) -> None:
    path = key_file(tmp_path, KEY)

    with pytest.raises(ProgrammeKeyOutOfReach, match="cannot be moved: No such file"):
        put_programme_key(path, KEY[::-1], aside=tmp_path / "missing" / "aside")
    assert path.read_bytes() == KEY


def test_no_refusal_shows_a_byte_of_the_key(tmp_path: Path) -> None:
    path = key_file(tmp_path, b"precious", 0o600)

    with pytest.raises(ProgrammeKeyDamaged) as refusal:
        read_programme_key(path)
    assert "precious" not in str(refusal.value)
