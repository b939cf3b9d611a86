"""What is in a backup: the ledger's proven copy, the configuration and the keys of one kiosk, and the day."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from kiosk.spare.encryption import FileDamaged


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a spare machine needs. *key* and *signing_key* are None if the kiosk never needed them."""

    kiosk: str
    made: date
    software: str
    config: bytes = field(repr=False)
    ledger: bytes = field(repr=False)
    key: bytes | None = field(repr=False)
    signing_key: bytes | None = field(repr=False)

    def pack(self) -> bytes:
        """As bytes."""
        parts = {"config": self.config, "ledger": self.ledger, "key": self.key, "signing_key": self.signing_key}
        packed = {name: part if part is None else base64.b64encode(part).decode() for name, part in parts.items()}
        about = {"kiosk": self.kiosk, "made": self.made.isoformat(), "software": self.software}
        return json.dumps(about | packed).encode()


def unpack(packed: bytes) -> Contents:
    """What ``pack`` was given. Raises ``FileDamaged``."""
    try:
        found = cast("dict[str, str]", json.loads(packed))
        return Contents(
            kiosk=found["kiosk"],
            made=date.fromisoformat(found["made"]),
            software=found["software"],
            config=base64.b64decode(found["config"], validate=True),
            ledger=base64.b64decode(found["ledger"], validate=True),
            key=_optional(found["key"]),
            signing_key=_optional(found.get("signing_key")),  # earlier versions made no lists
        )
    except (ValueError, KeyError, TypeError) as error:
        raise FileDamaged(f"the backup opens, and what is in it is not what a kiosk writes ({error!r})") from error


def _optional(part: str | None) -> bytes | None:
    return None if part is None else base64.b64decode(part, validate=True)
