"""One kiosk for each kind of dispenser, the same but for what moves its items, and what happened in its cabinet.

Slot A1 holds kits, which need a code and are nudged; B1 condoms, C1 strips, which are thin. All are of the one kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.core.events import ItemChosen, StopAsked
from kiosk.core.situation import Ending
from kiosk.core.values import ItemId, Outcome, Reason, Refusal, SlotStock
from tests.kit import VirtualKiosk

LOADED = 9
A_WEEK = 2  # kits that a pass gives
SLOTS = {"A1": "kit", "B1": "condoms", "C1": "strips", "D1": "naloxone", "D2": "naloxone"}

COMMON = """
kiosk: {{id: river-street, name: River Street, timezone: Europe/Vienna, languages: [en]}}
data: {data}
items:
  - {{id: kit, name: {{en: Supply kit}}, access: code, allowance: {{group: kits, limit: 2, per: week}}, nudges: 3}}
  - {{id: condoms, name: {{en: Condoms}}, access: open}}
  - {{id: strips, name: {{en: Test strips}}, access: open, thin: THIN}}
  - {{id: naloxone, name: {{en: Naloxone}}, access: open, emergency: true}}
drop_sensor: {{pin: 22, active_low: true, beam_down: {beam_down}}}
door: {{pin: 23, active_low: true}}
"""
MATRIX = """
matrix: {{ROWS_AND_COLUMNS, active_high: true, home: {{pin: 5, active_low: true}},
  presence: {{pin: 6, active_low: true}}OUTPUTS}}
"""
ON_PINS = MATRIX.replace("ROWS_AND_COLUMNS", "rows: [9, 10], columns: [12, 13, 16]").replace("OUTPUTS", "")
ON_REGISTERS = MATRIX.replace("ROWS_AND_COLUMNS", "rows: [0, 1], columns: [2, 7, 8]").replace(
    "OUTPUTS", ", outputs: {{driver: shift_register, spi: 0, output_enable: 25}}"
)
PINS = (16, 17, 18, 20, 24)  # a motor each
COILS = [
    f"{{{{driver: gpio, pin: {pin}, active_high: true}}}}, home: {{{{pin: {home}, active_low: true}}}}"
    for pin, home in zip(PINS, (4, 5, 6, 7, 8), strict=True)
]
PUSHERS = [f"{{{{driver: gpio, pin: {pin}, active_high: true, run_s: 1.5}}}}" for pin in PINS]
SERVOS = [f"{{{{driver: servo, pin: {pin}, rest_deg: -45, give_deg: 45, swing_s: 0.5}}}}" for pin in PINS]
CROSSINGS = [
    f"{{{{driver: matrix, row: {row}, column: {column}}}}}" for row, column in ((1, 1), (1, 2), (2, 2), (2, 1), (1, 3))
]


def config(motors: list[str], matrix: str = "", *, thin: bool = True) -> str:
    """The configuration of a kiosk with one motor for each slot."""
    slots = [
        f"  - {{{{id: {slot}, item: {item}, capacity: 10, motor: {motor}}}}}"
        for (slot, item), motor in zip(SLOTS.items(), motors, strict=True)
    ]
    return COMMON.replace("THIN", str(thin).lower()) + matrix + "slots:\n" + "\n".join(slots) + "\n"


KINDS = {
    "coil": config(COILS),
    "matrix": config(CROSSINGS, ON_PINS),
    "registers": config(CROSSINGS, ON_REGISTERS),
    "pusher": config(PUSHERS, thin=False),  # the configuration refuses thin things where only the beam could prove them
    "servo": config(SERVOS, thin=False),
}


@dataclass(frozen=True)
class Run:
    """One motor's time with power."""

    slot: str
    began: float
    ended: float


class DispenserKiosk(VirtualKiosk):
    """A kiosk whose dispensers are all of one kind, each with ``LOADED`` units; somebody has a code for a kit."""

    def __init__(self, folder: Path, kind: str, card: str) -> None:
        self.runs: list[Run] = []
        self.kind = kind
        self.card = card
        self.slot = "A1"  # which the story is about
        super().__init__(folder, KINDS[kind])
        for slot in SLOTS:
            self.load(slot, LOADED)
        (self.code,) = self.issue("kit") if card == "ticket" else self.issue_passes()

    def _look_on(self) -> None:
        super()._look_on()
        when, began = self.world.when, dict[str, float]()

        def time(what: str, slot: str | None, is_so: bool) -> None:
            if slot and what == "motor_on":
                began[slot] = self.now
            if slot and what == "motor_off":
                self.runs.append(Run(slot, began.pop(slot), self.now))
            when(what, slot, is_so)

        self.world.when = time

    # --- what people do

    def present(self) -> None:
        """Hold the code to the scanner and, if it lets choose, choose a kit; strips need no code."""
        if self.slot == "C1":
            self.choose("strips")
            return
        self.scan(self.code)
        if self.card == "pass":
            self.kiosk.controller.choose(ItemChosen(ItemId("kit")))

    def begin(self) -> None:
        """The same, until the motor is on."""
        self.present()
        self.pass_time(0)
        assert self.world.running == [self.slot]

    def vend(self) -> None:
        """From the code to the end of the vend."""
        self.begin()
        self.finish_vend()

    def end_in_order(self) -> None:
        """Ask the service to end, let it, and start it again."""
        self.kiosk.controller.post(StopAsked())
        self.pass_time(0)
        assert self.kiosk.controller.has_stopped
        self.kill_and_restart()

    # --- what is the case

    @property
    def why(self) -> Reason | Refusal | None:
        """What the person is told besides the outcome."""
        said = self.kiosk.controller.board.snapshot.said
        return said.reason if isinstance(said, Ending) else said

    def outcomes(self) -> dict[str, int]:
        """What the ledger counts of the slot's vends, of all that there is."""
        counted = {what: self.counted(what, self.slot) for what in Outcome}
        return {what: n for what, n in counted.items() if n}

    def shown_stock(self) -> SlotStock:
        """The slot as others see it."""
        return next(each for each in self.kiosk.controller.board.snapshot.stock if each.slot == self.slot)

    def taken(self) -> int:
        """How many kits are counted against whoever has the code."""
        if self.card == "ticket":
            return self.units_taken()
        self.world.set_door(is_open=False)
        self.scan(self.code)
        self.pass_time(0)
        visit = self.kiosk.controller.situation.visit
        assert visit
        return A_WEEK - visit.left[0].units

    def fell(self) -> int:
        """How many units have left the slot."""
        return LOADED - self.world.coils[self.slot].items

    def lines_on(self) -> list[str]:
        """What is on in the cabinet: motors, and lines of the matrix."""
        assert self.kiosk.bench
        return [*self.world.running, *self.kiosk.bench.lines_on]


@contextmanager
def dispenser_kiosk(folder: Path, kind: str, card: str = "ticket") -> Iterator[DispenserKiosk]:
    """A kiosk that is closed at the end and leaves nothing on."""
    virtual = DispenserKiosk(folder, kind, card)
    try:
        yield virtual
    finally:
        virtual.kiosk.close()
        assert virtual.lines_on() == []
