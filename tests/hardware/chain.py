"""A chain of 74HC595 on a rig's wires: it reads clock, data, latch and output-enable as the chips do."""

from __future__ import annotations

from tests.hardware.rig import Rig

CLOCK, DATA, LATCH = 11, 10, 8


class Chain:
    """*chips* in a row; output 0 is Q0 of the first. At power-on they hold ones: the worst they can hold."""

    def __init__(self, rig: Rig, output_enable: int, chips: int) -> None:
        self._rig = rig
        self._shifted = [True] * 8 * chips
        self._latched = list(self._shifted)
        self._levels: dict[int, bool] = {}
        self.is_enabled = False  # a pull-up holds output-enable high
        self.enabled: list[bool] = []  # and at each change before
        self.seen: list[set[int]] = []  # what was on, at each change
        rig.pin(CLOCK).when_output = self._clocked
        rig.pin(LATCH).when_output = self._selected
        rig.pin(output_enable).when_output = self._enabled

    @property
    def on(self) -> set[int]:
        """The outputs that give power now."""
        return {number for number, bit in enumerate(self._latched) if bit and self.is_enabled}

    @property
    def latched(self) -> set[int]:
        """What would be on if they were enabled."""
        return {number for number, bit in enumerate(self._latched) if bit}

    def leave_on(self, *outputs: int) -> None:
        """Be as a killed service left it: enabled, with these on."""
        self._latched = [number in outputs for number in range(len(self._latched))]
        self.is_enabled = True

    def _clocked(self, level: bool | None) -> None:
        if self._rises(CLOCK, level):
            self._shifted = [bool(self._rig.pin(DATA).state), *self._shifted[:-1]]

    def _selected(self, level: bool | None) -> None:
        if self._rises(LATCH, level):
            self._latched = list(self._shifted)
            self._look()

    def _enabled(self, level: bool | None) -> None:
        self.is_enabled = level is False
        if self.enabled[-1:] != [self.is_enabled]:
            self.enabled.append(self.is_enabled)
        self._look()

    def _rises(self, pin: int, level: bool | None) -> bool:
        before, self._levels[pin] = self._levels.get(pin, False), bool(level)
        return bool(level) and not before

    def _look(self) -> None:
        if not self.seen or self.seen[-1] != self.on:
            self.seen.append(self.on)
