"""From a path to the text of the file. Whatever cannot be read as UTF-8 text of a sane size ends here."""

from __future__ import annotations

from pathlib import Path

from kiosk.config.faults import Finding, Place

MOST_BYTES = 1_000_000  # 72 slots, all a Raspberry Pi can drive, need about 15,000

NO_FILE = (
    "there is no such file",
    "Name the file on the command line, with --config FILE or in $KIOSK_CONFIG.",
)
A_DIRECTORY = (
    "is a directory, not a file",
    "Name the file in it, for example /etc/kiosk/kiosk.yaml.",
)
TOO_LARGE = (
    f"is larger than {MOST_BYTES // 1_000_000} MB, so it is no kiosk configuration",
    "Check that this is the right file.",
)


class Unusable(ValueError):
    """The file cannot be read any further; *finding* says why and where."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def read_text(path: Path) -> str:
    """Return the file's text without a byte order mark. Raises ``Unusable``."""
    return decoded(_read_bytes(path))


def decoded(raw: bytes) -> str:
    """Return the bytes as text without a byte order mark. Raises ``Unusable``."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unusable(_not_utf8(raw, error.start)) from None


def place_of_offset(text: str, offset: int) -> Place:
    """Return the place of the character at *offset*."""
    before = text[:offset]
    return Place(before.count("\n") + 1, offset - before.rfind("\n"))


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise Unusable(Finding((), *NO_FILE)) from None
    except IsADirectoryError:
        raise Unusable(Finding((), *A_DIRECTORY)) from None
    except OSError as error:
        raise Unusable(_unreadable(error.strerror)) from None
    except ValueError as error:  # a path with a zero byte
        raise Unusable(_unreadable(str(error))) from None
    if len(raw) > MOST_BYTES:
        raise Unusable(Finding((), *TOO_LARGE))
    return raw


def _unreadable(reason: str | None) -> Finding:
    remedy = "Let the user that runs this command read the file: `ls -l` shows whose it is."
    return Finding((), f"cannot be read: {reason}", remedy)


def _not_utf8(raw: bytes, offset: int) -> Finding:
    before = raw[:offset].decode("utf-8-sig")
    message = f"byte 0x{raw[offset]:02x} is not UTF-8 text"
    return Finding((), message, "Save the file as UTF-8 in your editor.", place_of_offset(before, len(before)))
