"""The way back when the ledger is damaged or gone: its last good backup, or an empty ledger, takes its place by itself.

A kiosk that gives nothing because its database is torn has failed its people. What is left of the damaged one is kept
beside it, the last one only. A disk that is full, read-only or does not answer is no damage: nothing is put in place of
a ledger that will be whole when the disk is back.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import apsw

from kiosk.core.values import ItemId, SlotId, SlotState, VendId
from kiosk.ledger.backup import BACKUP_NAME
from kiosk.ledger.database import Database, LedgerDamaged, LedgerFailed, LedgerUnusable, ReadOnly, remedy
from kiosk.ledger.files import LOG_ENDS, copy, make_empty, put, remove, set_aside
from kiosk.ledger.ledger import STORED, Ledger
from kiosk.ledger.lots import Lots
from kiosk.ledger.reports import Reports
from kiosk.ledger.verify import verify

log = logging.getLogger(__name__)

DAMAGED_NAME = "ledger.damaged.db"
NEXT_NAME = "ledger.next.db"  # once it is there under this name it is whole, and will take the ledger's place
COUNT = "count every slot (kiosk count SLOT COUNT)"
RESTORED = (
    "the ledger was damaged or gone; its last backup took its place, and what was left is kept as {aside}: "
    f"{COUNT}; recall again what was recalled since that backup (kiosk recall ITEM LOT), revoke again what was revoked "
    "since (kiosk codes revoke BATCH), and import again the lists that came since (kiosk codes import FILE); tickets "
    "used since then can be used once more, codes issued since then open nothing until their batch file is restored "
    "(kiosk codes restore FILE)"
)
BEGUN_ANEW = (
    "the ledger was damaged or gone and no good backup was there; it begins anew, and what was left is kept as "
    f"{{aside}}: {COUNT}, recall again what is recalled (kiosk recall ITEM LOT), import again the lists of other "
    "kiosks (kiosk codes import FILE), and restore the batch files of codes (kiosk codes restore FILE) or issue new "
    "codes: those issued here before open nothing until then"
)
FINISHED = f"a ledger that was prepared before the power went took its place: {COUNT}"
MORE_BOOTS = 1000  # than there can have been since the backup: lower numbers are old news to the operator
MORE_LISTS = 1000  # the same: a version that was used before is an old list to other kiosks

# what must not be forgotten with a ledger: how it is read in what is left of that one, and written into the next
CARRIED_OVER = (
    (
        "SELECT item, lot FROM recalls WHERE typeof(item) = 'text' AND typeof(lot) = 'text'",
        "INSERT OR IGNORE INTO recalls VALUES (?, ?)",
    ),
    ("SELECT tag FROM revoked WHERE typeof(tag) = 'blob'", "INSERT OR IGNORE INTO revoked VALUES (?)"),
    ("SELECT batch FROM batches WHERE is_revoked", "UPDATE batches SET is_revoked = 1 WHERE batch = ?"),
    ("SELECT batch FROM batches WHERE is_listed", "UPDATE batches SET is_listed = 1 WHERE batch = ?"),
    ("SELECT key FROM signers WHERE typeof(key) = 'blob'", "INSERT OR IGNORE INTO signers VALUES (?, 0)"),
    (
        "SELECT version, key FROM signers WHERE typeof(version) = 'integer'",
        "UPDATE signers SET version = max(version, ?) WHERE key = ?",
    ),
    ("SELECT list FROM ledger WHERE typeof(list) = 'integer'", "UPDATE ledger SET list = max(list, ?)"),
)


Found = Sequence[tuple["apsw.SQLiteValue", ...]]  # in quotes: apsw knows its name only to type checkers
Build = Callable[[Path], Ledger]  # opens the ledger at a path, with all that this kiosk's configuration says


def open_or_rescue(
    path: Path, today: date, build: Build, waiting: Collection[VendId] = ()
) -> tuple[Ledger, str | None]:
    """Open the ledger; in place of a damaged one opens its backup or else an empty one.

    *waiting* are vends whose outcome is known and not written yet.

    Returns the ledger, and what a technician must know of a rescue. Raises ``LedgerFailed`` for anything but damage.
    """
    try:
        notice = FINISHED if put_next(path) else None
        if not is_lost(path):
            return proven(build(path), today, waiting), notice
    except LedgerDamaged as error:
        log.error("%s", error)  # noqa: TRY400 - a sentence, no traceback
    except OSError as error:
        raise LedgerFailed(f"the ledger {path} cannot be opened: {error}{remedy(error)}") from error
    notice = _rescue(path, today, build)
    return proven(build(path), today, waiting), notice


def proven(ledger: Ledger, today: date, waiting: Collection[VendId] = ()) -> Ledger:
    """Read once all that is needed later, and end what a power cut left open; what fails, fails at the start.

    Raises ``LedgerFailed``; the ledger is closed then.
    """
    try:
        ledger.database.check()
        if ledger.recover(today, waiting):
            log.warning("a vend was cut short by a power cut or a crash; it is booked as uncertain")
        ledger.read_once()
        ledger.tidy()  # a kill leaves the order of the last vends in the ledger's log
    except BaseException:
        ledger.close()
        raise
    return ledger


def put_next(path: Path) -> bool:
    """Let a ledger that was prepared take the place of the one at *path*; whether there was one.

    A power cut at any point leaves it to be done again, before anybody opens a ledger. Raises ``LedgerFailed``.
    """
    coming = path.with_name(NEXT_NAME)
    try:
        if not coming.exists():
            return False
        remove(path, *LOG_ENDS)  # first: a log of the old ledger would be played into the new one
        put(coming, path)
    except OSError as error:
        raise LedgerFailed(f"{coming} cannot take the ledger's place: {error}{remedy(error)}") from error
    return True


def prepare(path: Path, source: Path | None, today: date, build: Build) -> None:
    """Make the ledger that is to follow the one at *path*, out of the copy *source* or empty; ``put_next`` ends it.

    Raises ``LedgerUnusable`` if the copy is no good, ``LedgerFailed`` or ``OSError`` if it cannot be made now.
    """
    draft = path.with_name(f"{NEXT_NAME}.draft")
    make_empty(draft)
    if source:
        if not source.stat().st_size:  # which SQLite would take for a new database
            raise LedgerDamaged(f"{source} is empty")
        copy(source, draft)
    ledger = build(draft)
    try:
        if faults := verify(ledger.database):
            raise LedgerDamaged(f"{source} is no good copy of a ledger: {faults[0]}")
        begin_again(ledger.database, today, _left_in(path))
        ledger.tidy()  # else the log would have to follow the file
    finally:
        ledger.close()


def begin_again(database: Database, day: date, left: Sequence[Found] = ()) -> None:
    """Make a copy a ledger of its own: under a new name, every slot to be counted, its units in the band until then.

    *left* has the rows of ``CARRIED_OVER`` that the former ledger knew last. What has moved since the copy was made is
    not known, so no number is called certain. Reports of before stay as the former ledger sealed them; what is booked
    from now on is in another.
    """
    lots, reports = Lots(database, {}), Reports(database)
    with database.transaction():
        database.change("UPDATE ledger SET id = ?, boots = boots + ?", secrets.token_hex(8), MORE_BOOTS)
        reports.begin_another(day)
        for (slot, item), found in lots.with_units().items():
            reports.open_for(SlotId(slot), ItemId(item), day)
            for lot in found:
                if lot.on_hand:
                    lots.book(lot, "uncertain", lot.on_hand, band=lot.on_hand)
        for (_, keep), rows in zip(CARRIED_OVER, left, strict=False):
            for row in rows:
                database.change(keep, *row)
        database.change("UPDATE ledger SET list = list + ?", MORE_LISTS)
        database.change("UPDATE slots SET state = ?", STORED[SlotState.COUNT_NEEDED])


def is_lost(path: Path) -> bool:
    """Whether there was a ledger, of which nothing is left. An empty file without any trace is a new kiosk's."""
    if path.exists() and path.stat().st_size:
        return False
    log_file = Path(f"{path}-wal")
    return path.with_name(BACKUP_NAME).exists() or (log_file.exists() and log_file.stat().st_size > 0)


def _left_in(path: Path) -> Sequence[Found]:
    """What can be read of ``CARRIED_OVER`` in what is left of a ledger."""
    try:
        with closing(ReadOnly(path)) as left:
            return [_readable(left, sql) for sql, _ in CARRIED_OVER]
    except LedgerFailed:
        return []


def _readable(left: ReadOnly, sql: str) -> Found:
    try:
        return left.rows(sql)
    except LedgerFailed:  # that table is torn, or is none of its version's
        return []


def _rescue(path: Path, today: date, build: Build) -> str:
    aside = path.with_name(DAMAGED_NAME)
    try:
        notice = _prepare_best(path, today, build)
        set_aside(path, aside)
        put(path.with_name(f"{NEXT_NAME}.draft"), path.with_name(NEXT_NAME))  # from here on it will be finished
        put_next(path)
    except OSError as error:
        raise LedgerFailed(f"the damaged ledger {path} cannot be set aside: {error}{remedy(error)}") from error
    return notice.format(aside=aside)


def _prepare_best(path: Path, today: date, build: Build) -> str:
    backup = path.with_name(BACKUP_NAME)
    if backup.exists():
        try:
            prepare(path, backup, today, build)
        except LedgerUnusable as error:
            log.error("the backup %s cannot be used: %s", backup, error)  # noqa: TRY400 - a sentence, no traceback
        else:
            return RESTORED
    prepare(path, None, today, build)
    return BEGUN_ANEW
