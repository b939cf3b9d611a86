"""Every output of a cabinet, and the level at which nothing moves. Whoever adds a kind of dispenser adds its pins."""

from __future__ import annotations

from collections.abc import Iterator

from hardware.plan import CabinetPlan, MatrixPlan


def off_levels(plan: CabinetPlan) -> list[tuple[int, int]]:
    """Pins and their off levels, in the order to switch them off: what takes several motors' power at once goes first.

    Outputs of a shift register are no pins: its output-enable takes their power.
    """
    return list(_off_levels(plan))


def _off_levels(plan: CabinetPlan) -> Iterator[tuple[int, int]]:
    if plan.supply:
        yield plan.supply.pin, 0
    if plan.matrix:
        yield from _of_matrix(plan.matrix)
    for motor in (*(coil.motor for coil in plan.coils), *(pusher.motor for pusher in plan.pushers)):
        yield motor.pin, int(not motor.active_high)
    for servo in plan.servos:
        yield servo.pin, 0


def _of_matrix(plan: MatrixPlan) -> Iterator[tuple[int, int]]:
    if plan.outputs:
        yield plan.outputs.output_enable, 1
    else:
        yield from ((pin, int(not plan.active_high)) for pin in (*plan.columns, *plan.rows))
