"""The file beside a batch's cards, and the way back from it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.codes.issue import Wish, issue_codes
from kiosk.codes.key_files import KeyInTheWay
from kiosk.codes.tags import KEY_NAME, read_programme_key
from kiosk.core.asks import AddBatch, Answer, ListBatches
from kiosk.core.values import CodeBatch, ItemId, Kind, Secret, Tag
from kiosk.ledger.desk import answer
from kiosk.spare.batches import KeptBatch, make_passphrase, open_batch, put_back, seal_batch, unpack
from kiosk.spare.encryption import BATCH, FileDamaged, FileUnusable, PassphraseWrong, decrypt, encrypt
from kiosk.spare.restoring import KEPT_KEY
from tests.codes.making import KEY
from tests.ledger.book import Book

TODAY = date(2026, 11, 24)
PASSPHRASE = Secret("four words by chance")
MADE = Secret("7K3QZ-01MNP-XXXXX-ABCDE")
ISSUED = issue_codes(Wish(Kind.NUMBER, 3, expires=date(2028, 3, 31), policy="generous"), KEY, "spring")
KEPT = KeptBatch(ISSUED.batch, KEY)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    made = Book(tmp_path)
    yield made
    made.ledger.close()


def put(kept: KeptBatch, book: Book, data: Path) -> None:
    def ask(what: AddBatch | ListBatches) -> Answer:
        return answer(book.ledger, what, TODAY)

    put_back(kept, data, ask)


def key_in(folder: Path, key: bytes) -> Path:
    (folder / KEY_NAME).write_bytes(key)
    (folder / KEY_NAME).chmod(0o600)
    return folder / KEY_NAME


# --- the file


@pytest.mark.parametrize(
    "batch",
    [
        ISSUED.batch,
        issue_codes(Wish(Kind.TICKET, 2, (ItemId("kit"), ItemId("strips")), anywhere=True), KEY, "summer").batch,
        issue_codes(Wish(Kind.SHARED), KEY, "autumn").batch,
        CodeBatch("winter", (), None, ()),
    ],
    ids=lambda batch: batch.batch,
)
def test_what_is_sealed_is_what_is_opened(batch: CodeBatch) -> None:
    kept = KeptBatch(batch, KEY)

    assert open_batch(seal_batch(kept, PASSPHRASE), PASSPHRASE) == kept


def test_there_is_no_code_in_it_and_nothing_of_it_can_be_read_without_the_passphrase() -> None:
    file = seal_batch(KEPT, PASSPHRASE)

    inside = decrypt(file, PASSPHRASE, BATCH)
    assert not any(code.reveal().encode() in inside for code in ISSUED.codes)
    assert KEY.hex().encode() in inside
    assert not any(part in file for part in (KEY, KEY.hex().encode(), b"spring", b"generous"))


def test_a_made_up_passphrase_is_four_groups_that_nobody_can_foresee() -> None:
    made = {make_passphrase().reveal() for _ in range(100)}

    assert len(made) == 100
    assert {tuple(map(len, text.split("-"))) for text in made} == {(5, 5, 5, 5)}


@pytest.mark.parametrize("typed", ["7K3QZ-01MNP-XXXXX-ABCDE", "7k3qz oimnp xxxxx abcde", "7k3qzolmnpxxxxxabcde"])
def test_a_made_up_passphrase_opens_however_it_is_typed(typed: str) -> None:
    assert open_batch(seal_batch(KEPT, MADE), Secret(typed)) == KEPT


@pytest.mark.parametrize("typed", ["Four words by chance", "four-words-by-chance", "7k3qz", "", "é" * 20])
def test_another_passphrase_is_taken_to_the_letter(typed: str) -> None:
    with pytest.raises(PassphraseWrong, match="not the one that the batch file was made with"):
        open_batch(seal_batch(KEPT, PASSPHRASE), Secret(typed))


@given(st.binary(max_size=300))
def test_any_other_file_is_refused_in_words(file: bytes) -> None:
    with pytest.raises(FileUnusable):
        open_batch(file, PASSPHRASE)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["batch", "key", "tags"]), inner),
    max_leaves=6,
)
FIELDS = json.loads(decrypt(seal_batch(KEPT, PASSPHRASE), PASSPHRASE, BATCH))


@given(st.binary(max_size=100) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_contents_that_no_kiosk_writes_are_refused(packed: bytes) -> None:
    with pytest.raises(FileDamaged, match="what is in it is not what kiosk codes issue writes"):
        unpack(packed)


@given(st.sampled_from(sorted(FIELDS["batch"])), ANY_JSON)
def test_a_changed_field_is_refused_or_makes_another_batch_and_never_raises_anything_else(
    name: str, value: object
) -> None:
    packed = json.dumps(FIELDS | {"batch": FIELDS["batch"] | {name: value}}).encode()

    try:
        assert isinstance(unpack(packed), KeptBatch)
    except FileDamaged as refusal:
        assert refusal.__context__ is None  # noqa: PT017 - pydantic's own error quotes what it was given


@pytest.mark.parametrize("wrong", [{"key": "00" * 31}, {"batch": FIELDS["batch"] | {"tags": ["00" * 15]}}])
def test_a_key_or_a_tag_of_another_length_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(FileDamaged):
        unpack(json.dumps(FIELDS | wrong).encode())


def test_no_refusal_shows_the_key() -> None:
    with pytest.raises(FileDamaged) as refusal:
        unpack(json.dumps(FIELDS | {"batch": 7}).encode())

    told = "".join(traceback.format_exception(refusal.value)) + repr(KEPT)
    assert KEY.hex() not in told
    assert repr(KEY) not in told


# --- the way back


def test_a_new_machine_gets_key_and_batch(book: Book, tmp_path: Path) -> None:
    put(KEPT, book, tmp_path)

    assert read_programme_key(tmp_path / KEY_NAME) == KEY
    stored = book.ledger.find_code(ISSUED.batch.tags[0])
    assert stored is not None
    assert (stored.kind, stored.policy, stored.expires) == (Kind.NUMBER, "generous", date(2028, 3, 31))


def test_putting_back_twice_changes_nothing(book: Book, tmp_path: Path) -> None:
    put(KEPT, book, tmp_path)
    put(KEPT, book, tmp_path)

    assert [facts.batch for facts in book.ledger.codes.facts()] == ["spring"]


def test_another_batch_of_the_same_programme_joins(book: Book, tmp_path: Path) -> None:
    put(KEPT, book, tmp_path)
    put(KeptBatch(issue_codes(Wish(Kind.PASS, 2), KEY, "summer").batch, KEY), book, tmp_path)

    assert [facts.batch for facts in book.ledger.codes.facts()] == ["spring", "summer"]


def test_a_key_that_was_made_at_the_first_start_and_never_used_is_kept_aside(book: Book, tmp_path: Path) -> None:
    key_in(tmp_path, bytes(32))

    put(KEPT, book, tmp_path)

    assert read_programme_key(tmp_path / KEY_NAME) == KEY
    assert (tmp_path / KEPT_KEY).read_bytes() == bytes(32)


def test_another_programmes_key_stays_if_there_are_codes_that_need_it(book: Book, tmp_path: Path) -> None:
    book.add_batch("kit", name="theirs", tags=[Tag(bytes(16))])
    path = key_in(tmp_path, bytes(32))

    with pytest.raises(KeyInTheWay, match="the codes issued with it would stop working"):
        put(KEPT, book, tmp_path)
    assert path.read_bytes() == bytes(32)
    assert [facts.batch for facts in book.ledger.codes.facts()] == ["theirs"]


def test_a_restore_that_was_cut_short_after_the_key_goes_on(book: Book, tmp_path: Path) -> None:
    key_in(tmp_path, KEY)

    put(KEPT, book, tmp_path)

    assert [facts.batch for facts in book.ledger.codes.facts()] == ["spring"]


def test_a_file_that_was_changed_is_never_put_back() -> None:
    file = bytearray(encrypt(b"{}", PASSPHRASE, BATCH))
    file[-1] ^= 1

    with pytest.raises(FileDamaged, match="the batch file was cut short or changed"):
        open_batch(bytes(file), PASSPHRASE)
