"""The signed list: what one kiosk tells others of its codes, as a value and as the bytes of a file or a message.

There is one way to write a list, so whatever is not written in just that way is refused, by a ``ListRefused`` whose
sentence says what to do. No validation library stands here: its faults would quote what they found, and nothing of a
list may come into a log. Nothing here trusts a signer; whoever reads a list does, or does not.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NoReturn, TypeVar

from kiosk.codes.issue import MOST_CODES
from kiosk.codes.signing import is_signed, public_key, sign
from kiosk.codes.tags import TAG_BYTES
from kiosk.core.asks import CodeList
from kiosk.core.values import MOST_UNITS, CodeBatch, ItemId, Kind, Tag

VERSION = 1
MOST_BYTES = 16 << 20  # some 350,000 codes; a kiosk has little memory, and anybody may send it something
MOST_VERSION = 1 << 53  # beyond it, not every reader of JSON tells two numbers apart
CONTEXT = b"kiosk codes list 1\0"  # so that a signature is never taken for one under something else

_FILE = re.compile(
    rb'\{"v":1,"list":"([A-Za-z0-9+/]*={0,2})","signature":"([A-Za-z0-9+/]{86}==)","key":"([A-Za-z0-9+/]{43}=)"\}'
)
_OTHER_VERSION = re.compile(rb'\{"v":(?!1,)[0-9]{1,9},"list":"')
_BATCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")  # of an item or a policy, as in kiosk.yaml
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TAG = re.compile(rf"[0-9a-f]{{{2 * TAG_BYTES}}}")
_KEY_CHECK = re.compile(r"[0-9a-f]{16}")


Word = TypeVar("Word", str, bytes, Tag)


class ListRefused(ValueError):
    """These bytes are no list to be taken; the message says what to do."""


class NotAList(ListRefused):
    """Something else, or a list that was cut short."""


class OtherVersion(ListRefused):
    """Written by a version that this one does not know."""


class ListTooLarge(ListRefused):
    """More than a kiosk takes in, or hands out."""


class ListForged(ListRefused):
    """Not what was signed: it was changed on its way, or by somebody."""


class ListMalformed(ListRefused):
    """Signed, and not what a kiosk writes."""


class OtherProgramme(ListRefused):
    """Made with another programme key: its codes would open nothing here."""


@dataclass(frozen=True, slots=True)
class SignedList:
    """A list whose signature was good. *key* is the signer's public one, *key_check* tells of the programme's."""

    key: bytes
    key_check: str
    content: CodeList


def write_list(content: CodeList, programme_key: bytes, signing_key: bytes) -> bytes:
    """Return *content* signed, as the bytes of a file. Raises ``ListTooLarge``."""
    body = _body(key_check(programme_key), content)
    file = _file(body, sign(signing_key, CONTEXT + body), public_key(signing_key))
    if len(file) > MOST_BYTES:
        raise ListTooLarge(
            f"the list would be larger than the {MOST_BYTES >> 20} MB that a kiosk takes; revoke batches that nobody "
            "uses any more (kiosk codes revoke BATCH) and export again"
        )
    return file


def signer_of(file: bytes) -> bytes:
    """Return the public key of whoever signed the list. Raises a ``ListRefused``.

    Whatever bytes these are, it takes little time and memory: look here before ``read_list`` at what comes from afar.
    """
    return _opened(file)[1]


def read_list(file: bytes) -> SignedList:
    """Return what was signed. Raises a ``ListRefused``."""
    body, key = _opened(file)
    with _in_one_sentence():
        checked, content = _parsed(body)
        if _body(checked, content) != body:
            _refuse()
    return SignedList(key, checked, content)


def refuse_other_programme(found: SignedList, programme_key: bytes) -> None:
    """Raise ``OtherProgramme`` if the list's tags were not made with *programme_key*."""
    if not hmac.compare_digest(found.key_check, key_check(programme_key)):
        raise OtherProgramme(
            "the list was made with another programme key, so none of its codes would open anything here: copy "
            "programme.key from the kiosk that signed it, restart the service and import again; codes that were issued "
            "with this kiosk's own key open nothing from then on"
        )


def key_check(programme_key: bytes) -> str:
    """Return what two kiosks compare to learn whether they have the same programme key, and nothing else of it."""
    return hmac.digest(programme_key, b"key check", "sha256")[:8].hex()


# --- the file: three texts in base64


def _file(body: bytes, signature: bytes, key: bytes) -> bytes:
    texts = {"list": body, "signature": signature, "key": key}
    return _json({"v": VERSION} | {name: base64.b64encode(text).decode() for name, text in texts.items()})


def _opened(file: bytes) -> tuple[bytes, bytes]:
    """What was signed, and the key of whoever did."""
    if len(file) > MOST_BYTES:
        raise ListTooLarge(f"this is larger than any list of codes ({MOST_BYTES >> 20} MB); name another file")
    # by a pattern and not as JSON, of which a few megabytes can fill all memory
    parts = _FILE.fullmatch(file)
    if not parts:
        _refuse_foreign(file)
    try:
        body, signature, key = (base64.b64decode(part) for part in parts.groups())
    except ValueError:
        raise _forged() from None
    if _file(body, signature, key) != file or not is_signed(key, signature, CONTEXT + body):
        raise _forged()
    return body, key


def _forged() -> ListForged:
    return ListForged("the list is not as it was signed: copy the file anew from the kiosk that wrote it")


def _refuse_foreign(file: bytes) -> NoReturn:
    if _OTHER_VERSION.match(file):
        raise OtherVersion("the list is of a version that this one does not know; install the same one on both kiosks")
    raise NotAList(
        "this is no list of codes, or was cut short; name a file that kiosk codes export has written, and copy it whole"
    )


# --- the list itself


def _body(checked: str, content: CodeList) -> bytes:
    return _json(
        {
            "v": VERSION,
            "version": content.version,
            "key_check": checked,
            "batches": [_batch_as_written(batch) for batch in content.batches],
            "revoked_batches": content.revoked_batches,
            "revoked_tags": [tag.hex() for tag in content.revoked_tags],
        }
    )


def _batch_as_written(batch: CodeBatch) -> dict[str, object]:
    return {
        "batch": batch.batch,
        "kind": batch.kind,
        "gives": batch.gives,
        "expires": batch.expires and batch.expires.isoformat(),
        "policy": batch.policy,
        "anywhere": batch.anywhere,
        "tags": [tag.hex() for tag in batch.tags],
    }


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ListMalformed(
            "the list is signed, and is not what this version writes; install the same version on both kiosks, then "
            "export and import again"
        ) from None  # what was found must not stand in anybody's log


def _refuse() -> NoReturn:
    raise ValueError


def _parsed(body: bytes) -> tuple[str, CodeList]:
    found = _record(json.loads(body))
    content = CodeList(
        version=_number(found["version"]),
        batches=tuple(_batch(item) for item in _several(found["batches"])),
        revoked_batches=tuple(_text(item, _BATCH) for item in _several(found["revoked_batches"])),
        revoked_tags=tuple(_tag(item) for item in _several(found["revoked_tags"])),
    )
    _refuse_disorder([batch.batch for batch in content.batches])
    _refuse_disorder(content.revoked_batches)
    _refuse_disorder(content.revoked_tags)
    _refuse_disorder(sorted(tag for batch in content.batches for tag in batch.tags))  # none in two batches
    return _text(found["key_check"], _KEY_CHECK), content


def _batch(found: object) -> CodeBatch:
    fields = _record(found)
    expires, policy = fields["expires"], fields["policy"]
    batch = CodeBatch(
        _text(fields["batch"], _BATCH),
        tuple(ItemId(_text(item, _NAME)) for item in _several(fields["gives"], MOST_UNITS)),
        None if expires is None else date.fromisoformat(_text(expires, _DAY)),
        tuple(_tag(item) for item in _several(fields["tags"], MOST_CODES)),
        Kind(_text(fields["kind"], _NAME)),
        policy if policy == "" else _text(policy, _NAME),
        _truth(fields["anywhere"]),
    )
    _refuse_disorder(batch.tags)
    if batch.kind is Kind.TICKET and not batch.anywhere:  # bound to its kiosk: it would give once more at each
        _refuse()
    return batch


def _record(found: object) -> dict[str, object]:
    return found if isinstance(found, dict) else _refuse()


def _several(found: object, most: int = MOST_BYTES) -> list[object]:
    return found if isinstance(found, list) and len(found) <= most else _refuse()


def _text(found: object, pattern: re.Pattern[str]) -> str:
    return found if isinstance(found, str) and pattern.fullmatch(found) else _refuse()


def _tag(found: object) -> Tag:
    return Tag(bytes.fromhex(_text(found, _TAG)))


def _number(found: object) -> int:
    return found if type(found) is int and 1 <= found <= MOST_VERSION else _refuse()  # True is an int too


def _truth(found: object) -> bool:
    return found if isinstance(found, bool) else _refuse()


def _refuse_disorder(values: Sequence[Word]) -> None:
    """One order, and nothing twice."""
    if not all(before < after for before, after in pairwise(values)):
        _refuse()
