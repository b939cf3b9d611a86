from __future__ import annotations

from kiosk.codes.tags import tag
from tests.codes.making import KEY, code_of


def test_a_tag_is_the_contracts_hmac() -> None:
    # printf code00000000000000000000001HK | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f
    assert tag(KEY, code_of(1)).hex() == "6e2c893fa87ded1fd1ae5f55a9179dad"


def test_another_programme_has_another_tag_for_the_same_code() -> None:
    assert tag(KEY, code_of(1)) != tag(KEY[::-1], code_of(1))
