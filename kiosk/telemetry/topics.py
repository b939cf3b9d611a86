"""All topics of a kiosk, in one place. The kiosk writes ``up/…``; two lines of a broker's ACL say so."""

from __future__ import annotations

from dataclasses import dataclass

ROOT = "kiosks/v1"  # the 1 is the version of the payloads: what cannot be read by old readers gets another root


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one kiosk."""

    kiosk: str

    @property
    def status(self) -> str:
        """Whether the kiosk is there; its last will is left here."""
        return f"{ROOT}/{self.kiosk}/up/status"

    @property
    def info(self) -> str:
        """What the kiosk is."""
        return f"{ROOT}/{self.kiosk}/up/info"

    @property
    def stock(self) -> str:
        """What the kiosk holds."""
        return f"{ROOT}/{self.kiosk}/up/stock"
