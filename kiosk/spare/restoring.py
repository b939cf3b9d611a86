"""The way back from a backup onto this machine: all is proven before anything is touched, and a crash leaves each file
old or new, whole. After a crash the same command is given again.

It refuses while a service runs, and to put one kiosk in another's place unless it is told to. What it replaces is kept
beside it, the last one only.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from kiosk.codes.key_files import KEY_BYTES
from kiosk.codes.signing import SIGNING_KEY_NAME
from kiosk.codes.tags import KEY_NAME
from kiosk.config import Config, load, parse
from kiosk.ledger.backup import BACKUP_NAME
from kiosk.ledger.database import LedgerUnusable, remedy
from kiosk.ledger.files import copy, put, set_aside, write
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.ledger.rescue import NEXT_NAME, Build, prepare, put_next
from kiosk.lock import InstanceLock
from kiosk.spare.contents import Contents
from kiosk.spare.encryption import FileUnusable

KEPT_LEDGER = "ledger.before-restore.db"
KEPT_KEY = "programme.before-restore.key"
KEPT_SIGNING_KEY = "codes-signing.before-restore.key"


class RestoreRefused(RuntimeError):
    """Nothing was restored; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a backup's ledger holds: its name, units by slot and item, codes by batch."""

    ledger: str
    slots: tuple[tuple[str, str, int], ...]
    batches: tuple[tuple[str, int], ...]

    @property
    def units(self) -> int:
        """All units, the band left out."""
        return sum(units for _, _, units in self.slots)


def usable_config(contents: Contents) -> Config:
    """The configuration in the backup. Raises ``FileUnusable``."""
    loaded = parse(contents.config, "kiosk.yaml of the backup")
    if loaded.config is None:
        faults = "; ".join(str(fault) for fault in loaded.faults)
        raise FileUnusable(f"the backup's configuration does not suit this version: {faults}")
    return loaded.config


def examine(contents: Contents, config: Config, today: date) -> Facts:
    """Prove all that is in the backup, on a copy that is thrown away.

    Raises ``FileUnusable``, or ``RestoreRefused`` or ``LedgerFailed`` if that copy cannot be made now.
    """
    if any(key is not None and len(key) != KEY_BYTES for key in (contents.key, contents.signing_key)):
        raise FileUnusable("a key in the backup is none; take another backup")
    try:
        with TemporaryDirectory(prefix="kiosk-restore-") as folder:
            ledger = Path(folder) / LEDGER_NAME
            write(ledger, contents.ledger)
            prepare(ledger, ledger, today, _building(config))
            with closing(_building(config)(ledger)) as looked_at:
                return _facts(looked_at)
    except LedgerUnusable as error:
        raise FileUnusable(f"the backup's ledger cannot be used: {error}") from error
    except OSError as error:
        raise RestoreRefused(f"the backup cannot be looked at: {error}{remedy(error)}") from error


def other_kiosk(contents: Contents, target: Path) -> str | None:
    """The kiosk that this machine is by its configuration at *target*, if it is not the backup's."""
    here = load(target).config
    return here.kiosk.id if here and here.kiosk.id != contents.kiosk else None


def restore(contents: Contents, config: Config, target: Path, today: date) -> None:
    """Put ledger, key and configuration in their places, the last at *target*.

    Raises ``AlreadyRunning``, ``DataUnusable``, ``LedgerFailed`` or ``RestoreRefused``.
    """
    with ExitStack() as locks:
        for data in {config.data.absolute(), _data_of(target) or config.data.absolute()}:
            locks.callback(InstanceLock(data).close)
        try:
            _restore(contents, config, target.absolute(), today)
        except OSError as error:
            raise RestoreRefused(f"the backup cannot be restored: {error}{remedy(error)}") from error


def _restore(contents: Contents, config: Config, target: Path, today: date) -> None:
    ledger = config.data / LEDGER_NAME
    source = config.data / f"{NEXT_NAME}.source"
    target.parent.mkdir(parents=True, exist_ok=True)
    # what can fail for want of room comes first
    write(source, contents.ledger)
    prepare(ledger, source, today, _building(config))
    drafts = [(target, contents.config, _kept(target)), *_keys(contents, config.data)]
    for place, content, _ in drafts:
        write(_draft(place), content)
    if not ledger.with_name(NEXT_NAME).exists():  # else an attempt before this one has kept it
        set_aside(ledger, ledger.with_name(KEPT_LEDGER))
    for place, content, kept in drafts:
        _replace(place, content, kept)
    put(source, ledger.with_name(BACKUP_NAME))  # the one that is there is of the ledger that goes
    put(ledger.with_name(f"{NEXT_NAME}.draft"), ledger.with_name(NEXT_NAME))
    put_next(ledger)


def _keys(contents: Contents, data: Path) -> list[tuple[Path, bytes, Path]]:
    """Where each key of the backup belongs, the key, and where the one that is there is kept."""
    keys = ((contents.key, KEY_NAME, KEPT_KEY), (contents.signing_key, SIGNING_KEY_NAME, KEPT_SIGNING_KEY))
    return [(data / name, key, data / kept) for key, name, kept in keys if key is not None]


def _building(config: Config) -> Build:
    return lambda path: Ledger(path, config.slots, doses=config.doses)


def _replace(place: Path, content: bytes, kept: Path) -> None:
    if place.exists():
        _draft(place).chmod(place.stat().st_mode & 0o777)  # who could read it before can read it after
        if place.read_bytes() != content:
            copy(place, kept)
    put(_draft(place), place)


def _draft(place: Path) -> Path:
    return place.with_name(f".{place.name}.restored")


def _kept(target: Path) -> Path:
    return target.with_name(f"{target.stem}.before-restore{target.suffix}")


def _data_of(target: Path) -> Path | None:
    here = load(target).config
    return here.data.absolute() if here and here.data.exists() else None


def _facts(ledger: Ledger) -> Facts:
    return Facts(
        ledger.id,
        tuple((stock.slot, stock.item, stock.count) for stock in ledger.stock()),
        tuple((facts.batch, facts.codes) for facts in ledger.codes.facts()),
    )
