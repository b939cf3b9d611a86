from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from kiosk.codes.key_files import KeyInTheWay, KeyOutOfReach
from kiosk.codes.tags import account, put_programme_key, read_programme_key, tag
from kiosk.core.values import Secret
from tests.codes.disk import LossyDisk, mode
from tests.codes.making import CODES, KEY, NUMBERS, code_of


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


@pytest.mark.usefixtures("careless_umask")
def test_a_key_is_put_where_there_is_none_for_its_owner_only(tmp_path: Path) -> None:
    put_programme_key(tmp_path / "programme.key", KEY)

    assert read_programme_key(tmp_path / "programme.key") == KEY
    assert [(path.name, mode(path)) for path in tmp_path.iterdir()] == [("programme.key", 0o600)]


def test_a_key_that_was_put_outlives_a_power_cut(tmp_path: Path, lossy_disk: LossyDisk) -> None:
    put_programme_key(tmp_path / "programme.key", KEY)

    assert lossy_disk.content_left(tmp_path / "programme.key") == KEY


def test_putting_the_same_key_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "programme.key"
    put_programme_key(path, KEY)
    before = tmp_path.stat().st_mtime_ns

    put_programme_key(path, KEY)

    assert tmp_path.stat().st_mtime_ns == before


def test_a_key_is_not_put_over_another(tmp_path: Path) -> None:
    path = tmp_path / "programme.key"
    put_programme_key(path, KEY)

    with pytest.raises(KeyInTheWay, match="another programme's key: the codes issued with it would stop"):
        put_programme_key(path, KEY[::-1])
    assert path.read_bytes() == KEY


def test_a_key_that_nobody_needs_is_moved_aside_for_another(tmp_path: Path) -> None:
    path = tmp_path / "programme.key"
    put_programme_key(path, KEY)

    put_programme_key(path, KEY[::-1], aside=tmp_path / "aside")

    assert (path.read_bytes(), (tmp_path / "aside").read_bytes()) == (KEY[::-1], KEY)


def test_a_key_that_cannot_be_moved_stays(tmp_path: Path) -> None:
    path = tmp_path / "programme.key"
    put_programme_key(path, KEY)

    with pytest.raises(KeyOutOfReach, match="cannot be moved: No such file"):
        put_programme_key(path, KEY[::-1], aside=tmp_path / "missing" / "aside")
    assert path.read_bytes() == KEY
