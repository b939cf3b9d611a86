"""The limits that keep a hand above the beam, or a child at the button, from emptying the kiosk.

1. A vend is *unproven* when it was not delivered and its coil may have left home: no drop, a jam, uncertain, or any
   end of the second turn after a coil was brought home. It cost the person nothing, and a hand may have caught what
   fell. A coil that stood still (never moved, not started, interrupted at home) gave nothing and is not reckoned.
2. With 2 unproven vends within 30 minutes a slot rests, with 4 all slots rest, until the oldest is 30 minutes old.
   Then they go on: a beam that somebody has wiped proves itself. A delivery in between ends no rest, or every second
   item could be caught.
3. Three no-drops in a row, which takes longer than one rest, make a slot ``count_needed``: it is empty, or somebody
   goes on catching, and either is for a technician to see. No state of the contract is nearer to "empty?". Crane's
   anti-jackpot is alike: two losses ring out for a time, the third is final.
4. A count or a load of the slot ends all that for it, and nothing else does but time; a technician's test turn is not
   reckoned. The door ends nothing: whoever rattles it in the middle of a turn makes that vend uncertain, and would end
   the rest by the same act.
5. Emergency items never rest, and their vends make nothing else rest. After three no-drops or a jam their slot comes
   last, even if the ledger cannot keep that. So a hand above the beam can empty them; that is accepted, since naloxone
   comes out.
6. After an emergency item was delivered none is given by touch for 20 s: neither from the grid nor from the overdose
   page, neither the same item nor another. After any other end it can be touched again at once. A ticket that names
   emergency items gives them all: it limits itself.
7. When only the last 2 units of an emergency item are left in its slots that are ``ok``, they are for whoever asks from
   the overdose page. Where none of them is certain, whoever asks gets what comes: nothing is known to be kept then, and
   naloxone comes out. So a unit that may be there never makes this stricter.
8. An emergency item asked for during another's vend obeys 6 and 7 when it is touched. Once promised it comes next and
   meets no limit any more: no emergency item can be delivered between the promise and its vend.

All of it is kept in memory only, so that no time of any vend is stored. A restart forgets it: whoever can pull the plug
has two more tries a slot. That is the lesser harm.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from kiosk.core.values import SlotId, SlotState, SlotStock


@dataclass(frozen=True, slots=True)
class Limits:
    """How many, and for how long, in seconds. The configuration has the sources of the figures."""

    unproven_a_slot: int = 2
    unproven_a_kiosk: int = 4
    no_drops_in_a_row: int = 3
    rest_s: float = 1800.0
    emergency_cooldown_s: float = 20.0
    emergency_reserve: int = 2


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Unproven:
    """A vend of *slot* that cost nothing though its coil may have given something; reckoned until *until*."""

    slot: SlotId
    until: float


@dataclass(frozen=True, slots=True)
class Tally:
    """What the limits remember. *no_drops* names a slot once for each no-drop since it last gave something."""

    unproven: tuple[Unproven, ...] = ()
    no_drops: tuple[SlotId, ...] = ()
    cooling_until: float | None = None

    @property
    def deadline(self) -> float | None:
        """When a rest or the cooldown may be over; None when nothing is remembered that ends by itself."""
        due = [each.until for each in self.unproven]
        if self.cooling_until is not None:
            due.append(self.cooling_until)
        return min(due, default=None)


NOTHING = Tally()


def remembered(tally: Tally, now: float) -> Tally:
    """What is still to be remembered at *now*."""
    cooling = tally.cooling_until
    return replace(
        tally,
        unproven=tuple(each for each in tally.unproven if each.until > now),
        cooling_until=cooling if cooling is not None and cooling > now else None,
    )


def counted(tally: Tally, slot: SlotId) -> Tally:
    """The slot was counted or loaded: nothing is held against it."""
    return replace(
        tally, unproven=tuple(each for each in tally.unproven if each.slot != slot), no_drops=_without(tally, slot)
    )


def proven(tally: Tally, slot: SlotId) -> Tally:
    """The slot gave something."""
    return replace(tally, no_drops=_without(tally, slot))


def no_drop(tally: Tally, slot: SlotId, limits: Limits) -> Tally:
    """The slot's coil made its turn and nothing fell."""
    if gives_nothing(slot, tally, limits):
        return tally  # an emergency slot goes on being tried, and the row need not grow
    return replace(tally, no_drops=(*tally.no_drops, slot))


def jam(tally: Tally, slot: SlotId, limits: Limits) -> Tally:
    """The slot's coil is stuck: as good as a whole row of no-drops, until it gives something or somebody counts it."""
    return replace(tally, no_drops=(*_without(tally, slot), *[slot] * limits.no_drops_in_a_row))


def gives_nothing(slot: SlotId, tally: Tally, limits: Limits) -> bool:
    """Whether the slot has lately failed so often that others come before it."""
    return tally.no_drops.count(slot) >= limits.no_drops_in_a_row


def unproven(tally: Tally, slot: SlotId, limits: Limits, now: float) -> Tally:
    """A vend of the slot cost nothing, and its coil may have given something."""
    return replace(tally, unproven=(*tally.unproven, Unproven(slot, now + limits.rest_s)))


def cooling(tally: Tally, limits: Limits, now: float) -> Tally:
    """An emergency item was delivered."""
    return replace(tally, cooling_until=now + limits.emergency_cooldown_s)


def state_of(stock: SlotStock, tally: Tally, limits: Limits, *, emergency: bool) -> SlotState:
    """The slot's state as the limits leave it: only a slot that is ``ok`` can need a count, or rest."""
    if stock.state is not SlotState.OK:
        return stock.state
    if gives_nothing(stock.slot, tally, limits):
        return SlotState.COUNT_NEEDED
    return SlotState.RESTING if not emergency and _rests(stock.slot, tally, limits) else SlotState.OK


def _rests(slot: SlotId, tally: Tally, limits: Limits) -> bool:
    its = sum(each.slot == slot for each in tally.unproven)
    return its >= limits.unproven_a_slot or len(tally.unproven) >= limits.unproven_a_kiosk


def is_only_reserve(stocks: Collection[SlotStock], limits: Limits) -> bool:
    """Whether what is left of an emergency item in these slots is its reserve.

    Only slots that are ``ok`` are relied on: what is jammed may never come out, and a count that is needed is none.
    """
    relied_on = [stock for stock in stocks if stock.state is SlotState.OK]
    certain = sum(stock.count for stock in relied_on)
    return 0 < certain <= limits.emergency_reserve - sum(stock.uncertain for stock in relied_on)


def _without(tally: Tally, slot: SlotId) -> tuple[SlotId, ...]:
    return tuple(each for each in tally.no_drops if each != slot)
