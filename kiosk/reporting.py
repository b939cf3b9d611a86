"""What telemetry is told before it starts, from the configuration: where the broker is and what the kiosk is."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from kiosk import __version__
from kiosk.config import Config
from kiosk.config.model import Telemetry
from kiosk.core.values import Secret
from kiosk.telemetry.plan import BrokerPlan, Facts, ItemFacts, SlotFacts

PORTS = {"mqtt": 1883, "mqtts": 8883}  # as IANA registered them


class PasswordUnusable(RuntimeError):
    """The broker's password cannot be read; the message says what to do."""


def broker_plan_of(section: Telemetry) -> BrokerPlan:
    """Where the broker is and how to get in. Raises ``PasswordUnusable``."""
    url = urlsplit(section.broker)
    assert url.hostname  # the configuration refuses a broker without one
    return BrokerPlan(
        host=url.hostname,
        port=url.port or PORTS[url.scheme],
        tls=url.scheme == "mqtts",
        username=section.username,
        password=_password(section.password_file) if section.password_file else None,
        ca_file=section.ca_file,
        publishes_stock=section.grid_minutes == 0,
    )


def facts_of(config: Config, ledger: str, boot: int, simulated: bool) -> Facts:
    """What messages say of the kiosk besides stock."""
    return Facts(
        kiosk=config.kiosk.id,
        name=config.kiosk.name,
        software=__version__,
        ledger=ledger,
        boot=boot,
        simulated=simulated,
        items=tuple(ItemFacts(item.id, item.name, item.emergency, item.doses) for item in config.items),
        slots=tuple(SlotFacts(slot.id, slot.item, slot.capacity) for slot in config.slots),
    )


def _password(path: Path) -> Secret:
    try:
        password = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise PasswordUnusable(
            f"telemetry.password_file {path} cannot be read ({why}); write the broker's password for this kiosk there, "
            "then restart"
        ) from error
    return Secret(password)
