"""The signed list: read just as it was written, or refused in a sentence that says what to do."""

from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.codes.lists import (
    CONTEXT,
    MOST_BYTES,
    ListForged,
    ListMalformed,
    ListRefused,
    ListTooLarge,
    NotAList,
    OtherProgramme,
    OtherVersion,
    SignedList,
    key_check,
    read_list,
    refuse_other_programme,
    signer_of,
    write_list,
)
from kiosk.codes.signing import fingerprint, is_fingerprint, is_signed, public_key, sign
from kiosk.core.asks import CodeList
from kiosk.core.values import CodeBatch, ItemId, Kind, Tag
from tests.codes.making import KEY

SIGNING, PUBLIC = bytes(range(32, 64)), public_key(bytes(range(32, 64)))
TAGS = tuple(Tag(bytes([n]) * 16) for n in range(1, 10))
PASSES = CodeBatch("pass-1a2b", (), date(2027, 3, 31), TAGS[:2], Kind.PASS, "generous")
TICKETS = CodeBatch("ticket-3c4d", (ItemId("kit"), ItemId("strips")), None, TAGS[2:3], Kind.TICKET, anywhere=True)
CONTENT = CodeList(3, (PASSES, TICKETS), ("number-5e6f",), TAGS[3:5])
FILE = write_list(CONTENT, KEY, SIGNING)


def body_of(file: bytes) -> bytes:
    return base64.b64decode(json.loads(file)["list"])


BODY = body_of(FILE)


def signed(body: bytes) -> bytes:
    """What somebody makes who signs any bytes."""
    texts = {"list": body, "signature": sign(SIGNING, CONTEXT + body), "key": PUBLIC}
    packed = {"v": 1} | {name: base64.b64encode(text).decode() for name, text in texts.items()}
    return json.dumps(packed, separators=(",", ":")).encode()


def written(found: object) -> bytes:
    """A signed list of any JSON."""
    return signed(json.dumps(found, separators=(",", ":")).encode())


def is_refused(file: bytes, kind: type[ListRefused] = ListRefused) -> bool:
    with pytest.raises(kind):
        read_list(file)
    return True


# --- as it was written

names = st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,39}\Z")
tags = st.binary(min_size=16, max_size=16).map(Tag)
days = st.none() | st.dates()


@st.composite
def contents(draw: st.DrawFn) -> CodeList:
    """Anything that a kiosk may tell others."""
    pool = sorted(draw(st.sets(tags, max_size=12)))
    batches = []
    for name in sorted(draw(st.sets(names, max_size=3))):
        kind, taken = draw(st.sampled_from(Kind)), draw(st.integers(0, len(pool)))
        gives = tuple(map(ItemId, draw(st.lists(names, max_size=16))))
        anywhere = kind is Kind.TICKET or draw(st.booleans())
        policy = draw(st.just("") | names)
        batches.append(CodeBatch(name, gives, draw(days), tuple(pool[:taken]), kind, policy, anywhere))
        pool = pool[taken:]
    revoked = tuple(sorted(draw(st.sets(names, max_size=3))))
    version = draw(st.integers(1, 1 << 53))
    return CodeList(version, tuple(batches), revoked, tuple(sorted(draw(st.sets(tags, max_size=5)))))


@given(contents())
def test_a_list_is_read_as_it_was_written(content: CodeList) -> None:
    assert read_list(write_list(content, KEY, SIGNING)) == SignedList(PUBLIC, key_check(KEY), content)


def test_a_list_has_the_form_that_is_documented() -> None:
    assert list(json.loads(FILE)) == ["v", "list", "signature", "key"]
    assert json.loads(BODY) == {
        "v": 1,
        "version": 3,
        "key_check": "2164625b589f20c4",  # printf 'key check' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f
        "batches": [
            {
                "batch": "pass-1a2b",
                "kind": "pass",
                "gives": [],
                "expires": "2027-03-31",
                "policy": "generous",
                "anywhere": False,
                "tags": ["01" * 16, "02" * 16],
            },
            {
                "batch": "ticket-3c4d",
                "kind": "ticket",
                "gives": ["kit", "strips"],
                "expires": None,
                "policy": "",
                "anywhere": True,
                "tags": ["03" * 16],
            },
        ],
        "revoked_batches": ["number-5e6f"],
        "revoked_tags": ["04" * 16, "05" * 16],
    }


def test_anybody_can_check_the_signature_who_knows_the_context() -> None:
    signature = base64.b64decode(json.loads(FILE)["signature"])

    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(signature, b"kiosk codes list 1\0" + BODY)
    assert not is_signed(PUBLIC, signature, BODY)


def test_neither_key_is_in_the_list() -> None:
    for key in (KEY, SIGNING):
        assert key not in BODY
        assert key.hex().encode() not in BODY
        assert base64.b64encode(key) not in FILE


# --- anything else is refused


@pytest.mark.parametrize("bit", range(8))
def test_whatever_bit_is_turned_round_the_list_is_refused(bit: int) -> None:
    for place in range(len(FILE)):
        changed = bytearray(FILE)
        changed[place] ^= 1 << bit
        assert is_refused(bytes(changed))


@given(st.data())
def test_whatever_is_cut_out_put_in_or_written_over_the_list_is_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(FILE)))
    end = data.draw(st.integers(start, len(FILE)))
    changed = FILE[:start] + data.draw(st.binary(max_size=60)) + FILE[end:]

    assert changed == FILE or is_refused(changed)


def test_a_list_that_was_cut_short_is_refused() -> None:
    for length in range(len(FILE)):
        assert is_refused(FILE[:length])


@given(st.binary(max_size=200))
@example(b"")
@example(b"null")
@example(b"\xff\xfe{\x00}\x00")
@example(b"[" * 100_000)
@example(FILE + b"\n")
@example(b" " + FILE)
def test_any_other_bytes_are_refused(file: bytes) -> None:
    assert is_refused(file, NotAList)


@pytest.mark.parametrize("version", [b"0", b"2", b"10", b"999999999"])
def test_a_list_of_another_version_is_told_apart(version: bytes) -> None:
    assert is_refused(FILE.replace(b'{"v":1,', b'{"v":' + version + b",", 1), OtherVersion)


def test_a_list_that_somebody_else_signed_under_this_ones_key_is_refused() -> None:
    other = json.loads(write_list(CONTENT, KEY, bytes(32)))
    other["key"] = base64.b64encode(PUBLIC).decode()

    assert is_refused(json.dumps(other, separators=(",", ":")).encode(), ListForged)


def test_a_signature_of_another_list_is_refused() -> None:
    newer = json.loads(write_list(replace(CONTENT, version=4), KEY, SIGNING))
    newer["signature"] = json.loads(FILE)["signature"]

    assert is_refused(json.dumps(newer, separators=(",", ":")).encode(), ListForged)


def test_a_signature_under_something_else_is_none_under_a_list() -> None:
    texts = {"list": BODY, "signature": sign(SIGNING, BODY), "key": PUBLIC}
    packed = {"v": 1} | {name: base64.b64encode(text).decode() for name, text in texts.items()}

    assert is_refused(json.dumps(packed, separators=(",", ":")).encode(), ListForged)


def test_a_key_that_is_none_has_signed_nothing() -> None:
    assert is_refused(FILE.replace(base64.b64encode(PUBLIC), base64.b64encode(b"\xff" * 32)), ListForged)
    assert not is_signed(b"short", bytes(64), b"")


def test_a_file_larger_than_any_list_is_refused_unread() -> None:
    assert is_refused(FILE + b" " * (MOST_BYTES - len(FILE) + 1), ListTooLarge)


def test_a_list_larger_than_a_kiosk_takes_is_not_written() -> None:
    many = tuple(Tag(n.to_bytes(16, "big")) for n in range(10_000))
    batches = tuple(replace(PASSES, batch=f"b{n:02}", tags=many) for n in range(36))

    with pytest.raises(ListTooLarge, match="revoke batches that nobody uses any more"):
        write_list(replace(CONTENT, batches=batches), KEY, SIGNING)


# --- signed, and not what a kiosk writes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["kit", "pass"]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside, max_size=3),
    max_leaves=5,
)


def places(found: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in some JSON."""
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


def put(place: tuple[Any, ...], value: object) -> Any:
    """The list's JSON with another value there."""
    if not place:
        return value
    changed = json.loads(BODY)
    at = changed
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return changed


@given(st.sampled_from(places(json.loads(BODY))), JSON)
def test_whatever_stands_in_any_place_it_is_refused_or_a_list_that_is_written_just_so(
    place: tuple[Any, ...], value: object
) -> None:
    file = written(put(place, value))
    try:
        found = read_list(file)
    except ListMalformed:
        return

    assert write_list(found.content, KEY, SIGNING) == file or found.key_check != key_check(KEY)


def listed(**changes: object) -> Callable[[], bytes]:
    return lambda: written(json.loads(BODY) | changes)


def batched(**changes: object) -> Callable[[], bytes]:
    return lambda: written(put(("batches", 1), json.loads(BODY)["batches"][1] | changes))


def replaced(old: bytes, new: bytes) -> Callable[[], bytes]:
    return lambda: signed(BODY.replace(old, new, 1))


MALFORMED: dict[str, Callable[[], bytes]] = {
    "no JSON": lambda: signed(b"kiosk"),
    "nothing": lambda: signed(b""),
    "no text": lambda: signed(b"\xff\xfe\xfd"),
    "another coding": lambda: signed(BODY.decode().encode("utf-16")),
    "nested for ever": lambda: signed(b"[" * 200_000),
    "cut short": lambda: signed(BODY[:-1]),
    "a space": replaced(b":", b": "),
    "a line at its end": lambda: signed(BODY + b"\n"),
    "a key twice": replaced(b'"version":3', b'"version":2,"version":3'),
    "a key that nobody knows": listed(more=1),
    "a key that is missing": lambda: written({"v": 1, "version": 3}),
    "keys in another order": lambda: written(dict(reversed(json.loads(BODY).items()))),
    "another form": listed(v=2),
    "its form in words": listed(v="1"),
    "a form that is true": listed(v=True),
    "a version of 0": listed(version=0),
    "a version below": listed(version=-1),
    "a version that is true": listed(version=True),
    "a version with a point": replaced(b'"version":3', b'"version":3.0'),
    "a version in words": listed(version="3"),
    "a version without end": replaced(b'"version":3', b'"version":' + b"9" * 5000),
    "a version beyond all": listed(version=(1 << 53) + 1),
    "a version that is no number": replaced(b'"version":3', b'"version":NaN'),
    "a check of the key that is none": listed(key_check="0" * 15),
    "batches that are none": listed(batches={}),
    "batches in another order": lambda: written(json.loads(BODY) | {"batches": json.loads(BODY)["batches"][::-1]}),
    "a batch twice": lambda: written(json.loads(BODY) | {"batches": json.loads(BODY)["batches"][:1] * 2}),
    "a batch that is a text": listed(batches=["pass-1a2b"]),
    "revoked batches in another order": listed(revoked_batches=["b", "a"]),
    "a revoked batch twice": listed(revoked_batches=["a", "a"]),
    "a revoked batch that would move the terminal": listed(revoked_batches=["\x1b[2J"]),
    "revoked tags in another order": listed(revoked_tags=["02" * 16, "01" * 16]),
    "a revoked tag twice": listed(revoked_tags=["02" * 16] * 2),
    "a revoked tag that is short": listed(revoked_tags=["02" * 15]),
    "a batch of no name": batched(batch=""),
    "a batch whose name has half a letter": batched(batch="\ud800"),
    "a batch whose name is long": batched(batch="t" * 65),
    "a kind that nobody knows": batched(kind="gift"),
    "a kind that is none": batched(kind=None),
    "tickets that are bound to their kiosk": batched(anywhere=False),
    "tickets that are bound by a number": batched(anywhere=1),
    "tickets that give an item of no name": batched(gives=[""]),
    "tickets that give a text": batched(gives="kit"),
    "tickets that give more than can be marked": batched(gives=["kit"] * 17),
    "a day that is none": batched(expires="2027-02-30"),
    "a day in another form": batched(expires="20270331"),
    "a week": batched(expires="2027-W13-3"),
    "a day in other digits": batched(expires="٢٠٢٧-03-31"),
    "a policy that is none": batched(policy=None),
    "a policy that names no policy": batched(policy="Generous!"),
    "tags in another order": batched(tags=["09" * 16, "08" * 16]),
    "a tag twice": batched(tags=["09" * 16] * 2),
    "a tag of another batch": batched(tags=["01" * 16]),
    "a tag in capitals": batched(tags=["AB" * 16]),
    "a tag that is long": batched(tags=["09" * 17]),
    "a tag with spaces": batched(tags=["09 " * 10 + "09"]),
    "a tag that is a number": batched(tags=[9]),
    "more tags than a batch has": batched(tags=[f"{n:032x}" for n in range(10_001)]),
}


@pytest.mark.parametrize("make", MALFORMED.values(), ids=MALFORMED)
def test_what_is_signed_and_no_kiosk_writes_is_refused(make: Callable[[], bytes]) -> None:
    with pytest.raises(ListMalformed, match="install the same version on both kiosks"):
        read_list(make())


def test_as_many_tags_as_a_batch_has_are_taken() -> None:
    many = [f"{n:032x}" for n in range(10_000)]
    file = written(json.loads(BODY) | {"batches": [json.loads(BODY)["batches"][1] | {"tags": many}]})

    assert len(read_list(file).content.batches[0].tags) == 10_000


def test_no_refusal_shows_anything_of_the_list() -> None:
    for make in MALFORMED.values():
        with pytest.raises(ListRefused) as refused:
            read_list(make())
        told = "".join(traceback.format_exception(refused.value))
        assert not any(part in told for part in ("1a2b", "3c4d", "0101", "0909", "2027", "kit", "gift", "Generous"))


def test_the_signer_is_told_without_looking_at_what_was_signed() -> None:
    assert signer_of(signed(b"[" * 200_000)) == signer_of(FILE) == PUBLIC
    with pytest.raises(ListForged):
        signer_of(FILE.replace(b'"list":"eyJ2', b'"list":"eyJ3'))


# --- the programme's key, and the signer's


def test_a_list_of_the_same_programme_is_taken_and_of_another_refused() -> None:
    found = read_list(FILE)

    refuse_other_programme(found, KEY)
    with pytest.raises(OtherProgramme, match=r"copy programme\.key from the kiosk that signed it"):
        refuse_other_programme(found, KEY[::-1])


def test_a_fingerprint_is_six_groups_of_five_digits_of_that_key_only() -> None:
    # the key as bytes, through sha256sum; that as a number in tens, its last 30 digits
    assert fingerprint(PUBLIC) == "00080-89342-37866-71425-40672-28200"
    assert len({fingerprint(bytes([n]) * 32) for n in range(100)}) == 100


@pytest.mark.parametrize("between", ["-", " ", "", " - "])
def test_a_fingerprint_may_be_typed_with_anything_between_its_groups(between: str) -> None:
    assert is_fingerprint(f" {fingerprint(PUBLIC).replace('-', between)} ", PUBLIC)


def test_another_fingerprint_is_another() -> None:
    mine = fingerprint(PUBLIC)
    for typed in ("", mine[:-1], mine + "0", mine[::-1], fingerprint(bytes(32)), mine.translate({0x30: "٠"})):
        assert not is_fingerprint(typed, PUBLIC)


def test_every_byte_of_a_key_is_in_its_fingerprint() -> None:
    changed = [PUBLIC[:n] + bytes([PUBLIC[n] ^ 1]) + PUBLIC[n + 1 :] for n in range(32)]

    assert len({fingerprint(key) for key in (PUBLIC, *changed)}) == 33
