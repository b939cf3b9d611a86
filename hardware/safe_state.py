"""``kiosk-safe-state [FILE]``: drives every output of the cabinet to its off level, whatever became of the service.

systemd runs it before the service starts and after it has ended: a kernel may leave the pins of a killed process as
they were. It must work when all else is broken, so it imports nothing of ours and runs as one file, too. It does not
guess: from a file that it cannot read whole it moves no pin.

The service writes that file (``write``) before it opens a pin. Exit 0: all are off, or no service has run here yet;
1: some may be on; 2: the file cannot be used.
"""

from __future__ import annotations

import json
import os
import select
import sys
from contextlib import contextmanager, suppress
from time import monotonic

TYPE_CHECKING = False  # the module of that name is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

NAME = "safe-state.json"
USUAL_FILE = f"/var/lib/kiosk/{NAME}"
USAGE = f"usage: kiosk-safe-state [FILE], usually {USUAL_FILE}"
VERSION = 1  # whoever raises it goes on reading the old one: a new program runs after an old service
MOST_BYTES = 65536

PATIENCE_S = 2.0  # a process that dies gives its pins back within milliseconds; judgement
PAUSE_S = 0.02
HEADER = "pinctrl-"  # how a chip with the header's pins is labelled: -bcm2835, -bcm2711, -rp1; its number varies
MOST_CHIPS = 16
IN_MEMORY = ("/run", "/dev/shm", "/tmp")  # noqa: S108 - only for a new folder of our own

DONE, FAILED, UNUSABLE = 0, 1, 2


class Unusable(Exception):
    """The file says nothing that can be relied on; the message says what to do."""


class PinsMissing(Exception):
    """No pin can be driven; the message says what to do."""


# --- the file


def write(path: str, off: Sequence[tuple[int, int]]) -> None:
    """Have *path* name pins with their off levels, durably; if it does so already, nothing is written.

    Raises ``OSError``; the file is as it was then.
    """
    content = json.dumps({"v": VERSION, "off": off}).encode() + b"\n"
    with suppress(OSError), open(path, "rb") as file:
        if file.read(MOST_BYTES) == content:
            return
    draft = f"{path}.draft"
    with open(draft, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    _sync(os.path.dirname(path) or ".")


def read(path: str) -> dict[int, int]:
    """The pins and their off levels. Raises ``FileNotFoundError`` or ``Unusable``."""
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read(MOST_BYTES))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unusable(f"cannot be read ({error.strerror}): let this user read it") from error
    except (ValueError, RecursionError) as error:
        raise Unusable("is damaged: start the service, which writes it anew") from error
    return _checked(found)


def _checked(found: object) -> dict[int, int]:
    version, off = (found.get("v"), found.get("off")) if isinstance(found, dict) else (None, None)
    if type(version) is int and version != VERSION:
        raise Unusable(f"is of version {version}, not {VERSION}: use the program that came with the service")
    if type(version) is not int or not isinstance(off, list) or not all(map(_is_level, off)):
        raise Unusable("is damaged: start the service, which writes it anew")
    return dict(off)


def _is_level(entry: object) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 2
        and all(type(part) is int for part in entry)
        and 0 <= entry[0] < 64
        and entry[1] in (0, 1)
    )


def _sync(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- the pins


def switch_off(lgpio: ModuleType, off: dict[int, int]) -> dict[int, str]:
    """Drive each pin to its level, whichever others refuse, while patience lasts; why the rest may be on."""
    deadline = monotonic() + PATIENCE_S
    handle = _open_header(lgpio)
    while True:
        refusals = {pin: why for pin, level in off.items() if (why := _refusal(lgpio, handle, pin, level))}
        if not refusals or monotonic() > deadline:
            return refusals
        select.select([], [], [], PAUSE_S)  # a dying service may still hold them


def _refusal(lgpio: ModuleType, handle: int, pin: int, level: int) -> str:
    try:
        lgpio.gpio_claim_output(handle, pin, level)
        return "" if lgpio.gpio_read(handle, pin) == level else f"reads {1 - level} although {level} was written"
    except Exception as error:  # noqa: BLE001 - whatever one pin raises, the others come next
        return str(error).strip("'")


def _open_header(lgpio: ModuleType) -> int:
    for chip in range(MOST_CHIPS):
        with suppress(Exception):  # there is no such chip, or this user may not open it
            handle: int = lgpio.gpiochip_open(chip)
            if lgpio.gpio_get_chip_info(handle)[3].startswith(HEADER):
                return handle
    raise PinsMissing("no chip with the header's pins can be opened: run on a Raspberry Pi as root or in group gpio")


def _driver() -> ModuleType:
    with _own_folder() as folder:
        os.environ["LG_WD"] = folder  # it makes a pipe as soon as it is imported, and goes there
        try:
            import lgpio  # noqa: PLC0415 - only when there is something to switch off
        except ImportError as error:
            raise PinsMissing("the driver lgpio is missing; install it: sudo apt install python3-lgpio") from error
    found: ModuleType = lgpio
    return found


@contextmanager
def _own_folder() -> Iterator[str]:
    """A new folder in memory: what another user left in a shared one cannot be in the way."""
    for parent in IN_MEMORY:
        folder = f"{parent}/kiosk-safe-state-{os.getpid()}"
        with suppress(OSError):
            os.mkdir(folder, mode=0o700)
            break
    else:
        raise PinsMissing(f"no folder can be made in {', '.join(IN_MEMORY)}, and the driver lgpio wants one")
    try:
        yield folder
    finally:
        with suppress(OSError):
            for name in os.listdir(folder):
                os.remove(f"{folder}/{name}")
            os.rmdir(folder)


# --- the program


def main() -> int:
    """Do as the command line says; never raises."""
    arguments = sys.argv[1:]
    if arguments[:1] in (["-h"], ["--help"]):
        return _say(DONE, USAGE)
    if len(arguments) > 1 or arguments[:1] == [""]:
        return _say(UNUSABLE, USAGE)
    path = arguments[0] if arguments else USUAL_FILE
    try:
        return _make_safe(path)
    except Exception as error:  # noqa: BLE001 - a motor may be on: say so in one line, whatever it was
        return _say(FAILED, f"motors may be on: {error or type(error).__name__}")


def _make_safe(path: str) -> int:
    try:
        off = read(path)
    except FileNotFoundError:
        return _say(DONE, f"{path} is not there: no service has opened a pin yet, so there is none to switch off")
    except Unusable as error:
        return _say(UNUSABLE, f"motors may be on: {path} {error}; no pin was touched")
    refusals = switch_off(_driver(), off) if off else {}
    for pin, why in refusals.items():
        _say(FAILED, f"GPIO {pin} may be on: {why}; cut the motors' supply, and see with gpioinfo who holds the pin")
    return FAILED if refusals else _say(DONE, f"{len(off)} outputs are off")


def _say(code: int, what: str) -> int:
    with suppress(OSError):
        (sys.stderr if code else sys.stdout).write(f"kiosk-safe-state: {what}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
