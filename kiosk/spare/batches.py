"""The file beside a batch's cards: tags, rule and programme key, encrypted. It brings a batch back onto a new machine.

It holds no code and makes none: only the cards have those, and go on working. A key that other codes need is never
replaced.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kiosk.codes.format import ALPHABET, folded
from kiosk.codes.key_files import KEY_BYTES
from kiosk.codes.tags import KEY_NAME, TAG_BYTES, put_programme_key
from kiosk.core.asks import HEX, AddBatch, Answer, Batches, ListBatches
from kiosk.core.values import CodeBatch, Secret
from kiosk.spare.encryption import BATCH, FileDamaged, decrypt, encrypt
from kiosk.spare.restoring import KEPT_KEY

GROUPS, GROUP = 4, 5  # of a passphrase made up here: 100 bits, and no letter that looks like another

Ask = Callable[[AddBatch | ListBatches], Answer]


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """A batch and the key that its tags were made with."""

    __pydantic_config__ = HEX

    batch: CodeBatch
    key: bytes = field(repr=False)


_KEPT = TypeAdapter(KeptBatch)


def make_passphrase(choice: Callable[[Sequence[str]], str] = secrets.choice) -> Secret:
    """Make a passphrase up that can be written down and typed again: four groups of five symbols."""
    return Secret("-".join("".join(choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS)))


def seal_batch(kept: KeptBatch, passphrase: Secret) -> bytes:
    """Return the batch file, which only *passphrase* opens."""
    return encrypt(_KEPT.dump_json(kept), _as_made(passphrase), BATCH)


def open_batch(file: bytes, passphrase: Secret) -> KeptBatch:
    """Return what is in a batch file. Raises a ``FileUnusable``."""
    return unpack(decrypt(file, _as_made(passphrase), BATCH))


def unpack(packed: bytes) -> KeptBatch:
    """Return what was packed. Raises ``FileDamaged``, which has nothing of it in it."""
    kept = _parsed(packed)
    if kept is None or len(kept.key) != KEY_BYTES or {len(tag) for tag in kept.batch.tags} - {TAG_BYTES}:
        raise FileDamaged("the batch file opens, and what is in it is not what kiosk codes issue writes")
    return kept


def put_back(kept: KeptBatch, data: Path, ask: Ask) -> None:
    """Put the key in place in the directory *data*, then hand the batch over by *ask*.

    A key that is there while there are no codes was never used: it is kept aside. Raises a ``KeyUnusable``, or
    what *ask* raises; given again, it goes on where it was cut short.
    """
    found = ask(ListBatches())
    assert isinstance(found, Batches)
    put_programme_key(data / KEY_NAME, kept.key, aside=None if found.batches else data / KEPT_KEY)
    ask(AddBatch(kept.batch))


def _parsed(packed: bytes) -> KeptBatch | None:
    try:
        return _KEPT.validate_json(packed)
    except ValidationError:  # it quotes what it was given, so it goes no further
        return None


def _as_made(passphrase: Secret) -> Secret:
    """Let one that was made up be typed in small letters and without hyphens; any other is taken to the letter."""
    symbols = folded(passphrase.reveal())
    is_made = len(symbols) == GROUPS * GROUP and set(symbols) <= set(ALPHABET)
    return Secret(symbols) if is_made else passphrase
