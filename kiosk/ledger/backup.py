"""A copy of the ledger that is proven good, made once a day.

One copy, not a row of them: two would tell on which day each ticket was spent. The new one takes the old one's place
only after every invariant was recomputed from it, so there is always one that was good.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from kiosk.ledger.database import Database, LedgerDamaged, LedgerFailed, ReadOnly
from kiosk.ledger.files import make_empty, put
from kiosk.ledger.verify import verify

BACKUP_NAME = "ledger.backup.db"


def back_up(database: Database) -> None:
    """Put a proven copy beside the ledger, in the last one's place. Raises ``LedgerFailed``; that one stays then."""
    backup = database.path.with_name(BACKUP_NAME)
    draft = Path(f"{backup}.draft")
    try:
        make_empty(draft)
        database.copy_into(draft)
        prove(draft)
        put(draft, backup)
    except OSError as error:
        raise LedgerFailed(f"the ledger's backup cannot be written to {backup}: {error.strerror}") from error
    finally:
        with suppress(OSError):  # a disk that has become read-only does not even say that it is not there
            draft.unlink(missing_ok=True)


def prove(path: Path) -> None:
    """Raise ``LedgerFailed`` unless every invariant holds in the file."""
    copy = ReadOnly(path)
    try:
        if faults := verify(copy):
            raise LedgerDamaged(f"{path} is no good copy of the ledger: {faults[0]}")
    finally:
        copy.close()
