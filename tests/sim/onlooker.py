"""The onlooker: what can be seen of a kiosk from outside, told as a story and held against the invariants at once.

Held here, at the instant: I1, I3, I6 and the door when a motor goes on, I7 and the disk when it goes off, and whether
naloxone comes. What fails is kept and raised by ``check``, since the kiosk's own code may swallow it where it is found.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from hardware.bench.physics import HOME_CLOSES_DEG, HOME_OPENS_DEG
from kiosk.core.asks import StorageFailed
from kiosk.core.situation import Ending
from kiosk.core.values import Refusal
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.snapshot import Snapshot
from tests.cuts.kiosk import survivor
from tests.kit import Witness
from tests.sim.liveness import PATIENCE_S, Wish
from tests.sim.story import Voice
from tests.sim.truth import ITEMS, LYING, NALOXONE
from web.screen.sentences import sentence

if TYPE_CHECKING:
    from tests.sim.stage import Stage

FRESH_S = 180.0  # a ticket of two units, each tried twice, ends long before
A_HAIR_S = 0.001
STORAGE_BACK_S = 60.0  # the kiosk tries every 5 s, or every 30 s to open it, but not during a vend


@dataclass(frozen=True, slots=True)
class Intent:
    """An open vend as it stands on the disk."""

    vend: int
    turn: int
    slot: str


class Onlooker(Witness):
    """Looks on at one stage. Times are those of the stage; minus infinity: never."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage
        self.acted_at = -math.inf  # when somebody last asked for something
        self.opened_at = -math.inf  # when the door was last opened
        self.stopped_at = -math.inf  # when a coil of naloxone last stood still again
        self.on_since: dict[str, float] = {}
        self._is_test = False
        self.wish: Wish | None = None
        self._found: set[Intent] = set()
        self._failed_so_far, self._failed_at = 0, -math.inf
        self._boot = 0
        self._said: Refusal | Ending | None = None
        self._begin_looking()

    @property
    def boot(self) -> int:
        """The number of the last start."""
        return self._boot

    def begin(self) -> None:
        """Another process is there."""
        self.acted_at = -math.inf
        self.wish = None
        self.on_since.clear()
        self._failed_at = self._stage.now
        self._begin_looking()
        self._number_start()
        self._stage.kiosk.controller.board.listen(self._read_screen)

    def act(self, *, is_test: bool = False) -> None:
        """Somebody asks for something; *is_test*: a technician, for a test turn."""
        self.acts += 1
        self.acted_at = self._stage.now
        self._is_test = is_test

    def begin_step(self) -> None:
        """The owner is about to get a turn: what fails on the disk from now on may excuse what it does."""
        self._failed_before = self._stage.disk.failed

    def empty_tray(self) -> None:
        """What lies in the tray is taken."""
        self._in_tray = 0

    # --- a motor goes on

    def motor_on(self, slot: str, ledger: object) -> None:
        """Hold it against what a power cut at this instant would leave."""
        stage = self._stage
        self.motor_ons += 1
        intent = self.intent_after_a_cut()
        is_its_own = intent is not None and intent.slot == slot and intent not in self._found
        if is_its_own and intent:
            self._found.add(intent)
        elif self._is_test or ITEMS[slot] != NALOXONE or not self._cannot_commit(ledger):
            self._fail(f"I1: the motor of {slot} is on; after a cut now there would be {intent}")
        if self.opened_at > self.acted_at:
            self._fail(f"door: the motor of {slot} is on, and nobody has asked since it was opened")
        if stage.now - self.acted_at > FRESH_S:
            self._fail(f"I3: the motor of {slot} is on, and nobody has asked for anything")
        if len(stage.motors_on()) > 1:
            self._fail(f"I6: the motors of {' and '.join(stage.motors_on())} are on together")
        vend = stage.kiosk.controller.situation.vend
        stage.truth.begin(slot, vend.number if vend else 0, stage.world, has_intent=is_its_own)

    def intent_after_a_cut(self) -> Intent | None:
        """The open vend that a start would find if the power went now and all were lost that can be."""
        with self._stage.disk.looked_at():
            is_open, *found = survivor(self._stage.disk, self._stage.config.data / LEDGER_NAME) or (0,)
        return Intent(*cast("tuple[int, int, str]", tuple(found))) if is_open else None

    def _cannot_commit(self, ledger: object) -> bool:
        """The sole exception, by the disk's own account."""
        return not isinstance(ledger, Ledger) or self._stage.disk.failed > self._failed_before

    # --- whatever changes in the cabinet

    def see(self, what: str, slot: str | None, is_so: bool) -> None:
        """Tell it, and hold what ends against its limits."""
        match what, slot:
            case "motor_on", str():
                self.on_since[slot] = self._stage.world.now
                self._ios = self._stage.disk.ios
                self._tell(f"The coil of {slot} turns.")
            case "motor_off", str():
                self._see_motor_off(slot)
            case "door", _:
                self._tell(f"The door is {'open' if is_so else 'closed'}.")
            case "drop", None if is_so:
                self._tell("Something breaks the light beam.")

    def _see_motor_off(self, slot: str) -> None:
        self._hold_lease(slot, self.on_since.pop(slot, self._stage.world.now))
        if self._stage.disk.ios != self._ios:
            self._fail(f"disk: it was used while the motor of {slot} was on")
        if ITEMS[slot] == NALOXONE:
            self.stopped_at = self._stage.world.now
        angle = self._stage.world.coils[slot].angle
        is_home = angle < HOME_OPENS_DEG or angle >= HOME_CLOSES_DEG
        where = "stands at home" if is_home else f"stops on its way, at {angle:.0f} degrees"
        self._tell(f"The coil of {slot} {where}.")

    def _hold_lease(self, slot: str, since: float) -> None:
        lasted = self._stage.world.now - since
        if lasted > self._stage.config.timing.lease_s + A_HAIR_S:
            self._fail(f"I7: the motor of {slot} was on for {lasted:.1f} s")

    # --- after whatever has just happened

    def look(self) -> None:
        """Look at the tray, the motors and the time."""
        stage = self._stage
        landed = stage.world.tray[self._in_tray :]
        self._in_tray = len(stage.world.tray)
        for item in landed:
            self._tell(f"{LYING[item]} in the tray.")
        for slot, since in self.on_since.items():
            self._hold_lease(slot, since)
        if NALOXONE in landed:
            self.wish = None
        if self.wish and stage.now > self.wish.at + PATIENCE_S:
            self._fail(f"naloxone: it did not come within {PATIENCE_S:g} s")
        self._hold_storage()
        vend, watched = stage.kiosk.controller.situation.vend, stage.truth.watched
        if watched and (vend is None or vend.number != watched.vend):
            stage.truth.end(stage.world)
        if stage.stock_is_known():
            stage.truth.save()

    def _hold_storage(self) -> None:
        """A disk that is in order again is used again, without a restart."""
        stage, failed = self._stage, self._stage.disk.failed
        if failed != self._failed_so_far or stage.disk.is_off:
            self._failed_so_far, self._failed_at = failed, stage.now
        if not stage.is_storing and stage.now - self._failed_at > STORAGE_BACK_S:
            self._fail(f"storage: the disk has been in order for {STORAGE_BACK_S:g} s, and is not used")

    # --- what the kiosk says

    def _read_screen(self, picture: Snapshot) -> None:
        said, before = picture.said, self._said
        self._said = said
        if said is None or said == before:
            return
        emergency = isinstance(said, Ending) and said.item == NALOXONE
        self._stage.tell(f"The screen: “{sentence(said, emergency)}”", Voice.SCREEN)
        if said is Refusal.EXPIRED_CODE and not self._stage.is_trusted:
            self._fail("clock: a clock that nobody trusts let a ticket expire")

    def _number_start(self) -> None:
        """As telemetry does it at each start."""
        ledger = self._stage.kiosk.ledger
        with suppress(StorageFailed):
            boot = ledger.begin_boot() if isinstance(ledger, Ledger) else self._boot + 1
            if boot <= self._boot:
                self._fail(f"boots: start {boot} comes after start {self._boot}")
            self._boot = boot if isinstance(ledger, Ledger) else self._boot

    def _begin_looking(self) -> None:
        self._failed_before = 0
        self._ios = 0
        self._in_tray = 0
        self._said = None

    def _tell(self, text: str) -> None:
        self._stage.tell(text, Voice.CABINET)

    def _fail(self, text: str) -> None:
        self.failures.append(text)
