"""A file that only its passphrase opens; each thing that can be wrong with it has a name and a sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kiosk.core.values import Secret
from kiosk.spare.encryption import (
    BACKUP,
    BATCH,
    HEADER,
    FileDamaged,
    Form,
    OtherFile,
    OtherVersion,
    PassphraseWrong,
    decrypt,
    encrypt,
)

PASSPHRASE = Secret("four words by chance")
CONTENT = b"what nobody else may read" * 40


@pytest.fixture(scope="module")
def file() -> bytes:
    return encrypt(CONTENT, PASSPHRASE)


def changed(file: bytes, at: int, to: int | None = None) -> bytes:
    """The file with one byte changed."""
    return file[:at] + bytes([file[at] ^ 1 if to is None else to]) + file[at + 1 :]


def test_the_passphrase_opens_what_was_encrypted(file: bytes) -> None:
    assert decrypt(file, PASSPHRASE) == CONTENT


def test_nothing_of_the_content_or_the_passphrase_can_be_read(file: bytes) -> None:
    assert b"nobody" not in file
    assert b"four words" not in file


def test_the_same_content_is_never_the_same_file(file: bytes) -> None:
    again = encrypt(CONTENT, PASSPHRASE)

    assert again[HEADER.size :] != file[HEADER.size :]


@pytest.mark.parametrize("passphrase", ["four words by chancE", "", "four words by chance "])
def test_another_passphrase_is_told_so(file: bytes, passphrase: str) -> None:
    with pytest.raises(PassphraseWrong, match="the passphrase is not the one"):
        decrypt(file, Secret(passphrase))


@pytest.mark.parametrize("length", [12, 13, HEADER.size - 1, HEADER.size, HEADER.size + 100, -1])
def test_a_file_that_was_cut_short_is_told_so(file: bytes, length: int) -> None:
    with pytest.raises(FileDamaged, match="cut short or changed"):
        decrypt(file[:length], PASSPHRASE)


def test_a_file_with_something_behind_it_is_told_so(file: bytes) -> None:
    with pytest.raises(FileDamaged):
        decrypt(file + b"\n", PASSPHRASE)


@pytest.mark.parametrize("at", [HEADER.size, HEADER.size + 500, -1, -17])
def test_a_changed_content_is_never_taken(file: bytes, at: int) -> None:
    with pytest.raises(FileDamaged):
        decrypt(changed(file, at % len(file)), PASSPHRASE)


@pytest.mark.parametrize("at", range(13, HEADER.size, 5))
def test_a_changed_header_is_never_taken(file: bytes, at: int) -> None:
    with pytest.raises((FileDamaged, PassphraseWrong)):
        decrypt(changed(file, at), PASSPHRASE)


def test_a_file_of_another_version_is_told_so(file: bytes) -> None:
    with pytest.raises(OtherVersion, match="the backup is of form 2, this version reads form 1"):
        decrypt(changed(file, 12, to=2), PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"kiosk", b"PK\x03\x04 something else" * 10])
def test_any_other_file_is_told_so(content: bytes) -> None:
    with pytest.raises(OtherFile, match="no backup of a kiosk"):
        decrypt(content, PASSPHRASE)


@pytest.mark.parametrize(
    ("of", "taken_for", "says"),
    [
        (BACKUP, BATCH, "this is a backup, and no batch file; kiosk restore puts it in place"),
        (BATCH, BACKUP, "this is a batch file, and no backup; kiosk codes restore puts it in place"),
    ],
)
def test_one_kind_of_file_is_not_taken_for_the_other(of: Form, taken_for: Form, says: str) -> None:
    with pytest.raises(OtherFile, match=says):
        decrypt(encrypt(CONTENT, PASSPHRASE, of), PASSPHRASE, taken_for)


def test_a_file_does_not_become_one_of_the_other_kind_by_its_first_bytes() -> None:
    batch_file = encrypt(CONTENT, PASSPHRASE, BATCH)

    with pytest.raises(FileDamaged):
        decrypt(BACKUP.magic + batch_file[12:], PASSPHRASE)


@pytest.mark.parametrize(("at", "to"), [(13, 0), (13, 40), (13, 255), (14, 0), (14, 255), (15, 0), (15, 255)])
def test_a_file_that_asks_for_too_much_or_nothing_is_not_obeyed(file: bytes, at: int, to: int) -> None:
    with pytest.raises(FileDamaged):
        decrypt(changed(file, at, to), PASSPHRASE)


def test_the_service_never_loads_cryptography_before_a_list_comes() -> None:
    code = "import sys, kiosk.cli.run, kiosk.codes.lists, kiosk.wiring; sys.exit('cryptography' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
