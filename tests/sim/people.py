"""What people do at the kiosk. Add a function and its line in ``PEOPLE``."""

from __future__ import annotations

from tests.sim.acts import Act
from tests.sim.stage import Stage, unknown_ticket
from tests.sim.truth import NALOXONE, NAMES

OTHERS = ("strips", "condoms", "condoms", "kit", "no such item")


def touch_naloxone(at: Stage) -> None:
    at.tell("A person touches Naloxone.")
    at.touch(NALOXONE)


def touch_naloxone_on_the_overdose_page(at: Stage) -> None:
    at.tell("A person opens the overdose page and touches Naloxone there.")
    at.touch(NALOXONE, reserve=True)


def touch_something(at: Stage) -> None:
    item = at.chance.choice(OTHERS)
    at.tell(f"A person touches {NAMES.get(item, 'an item that is no longer there')}.")
    at.touch(item)


def touch_twice(at: Stage) -> None:
    item = at.chance.choice((NALOXONE, "condoms", "strips"))
    at.tell(f"A person touches {NAMES[item]} twice, quickly.")
    at.touch(item)
    at.pass_time(at.chance.uniform(0, 0.3))
    at.touch(item)


def hammer(at: Stage) -> None:
    item, times = at.chance.choice((NALOXONE, NALOXONE, "condoms")), at.chance.randint(3, 12)
    at.tell(f"A child touches {NAMES[item]} {times} times.")
    for _ in range(times):
        at.touch(item)
        at.pass_time(at.chance.uniform(0, 0.6))


def hold_ticket(at: Stage) -> None:
    ticket = at.chance.choice(at.tickets)
    at.tell(f"A person holds {ticket.called} to the reader.")
    at.feed(ticket.data + b"\r")


def hold_ticket_for_long(at: Stage) -> None:
    ticket, times = at.chance.choice(at.tickets), at.chance.randint(3, 15)
    at.tell(f"A person holds {ticket.called} to the reader and leaves it there; it is read {times} times.")
    for _ in range(times):
        at.feed(ticket.data + b"\r\n")
        at.pass_time(0.4)


def hold_ticket_that_comes_in_pieces(at: Stage) -> None:
    """Without a terminator: silence ends it."""
    ticket = at.chance.choice(at.tickets)
    cut = at.chance.randint(1, len(ticket.data) - 1)
    at.tell(f"A person holds {ticket.called} to the reader; its bytes come in pieces.")
    at.feed(ticket.data[:cut])
    at.pass_time(at.chance.choice((0.02, 0.05, 0.2)))
    at.feed(ticket.data[cut:])
    at.pass_time(0.1)


def hold_two_tickets(at: Stage) -> None:
    first, second = at.chance.sample(at.tickets, 2)
    at.tell(f"A person holds {first.called} and {second.called} to the reader, one right after the other.")
    at.feed(first.data + b"\r" + second.data + b"\r")


def hold_unknown_ticket(at: Stage) -> None:
    at.tell("A person holds a ticket of another programme to the reader.")
    at.feed(unknown_ticket(at.chance).encode() + b"\r")


def hold_something_else(at: Stage) -> None:
    at.tell("A person holds something else to the reader.")
    length = at.chance.choice((1, 8, 27, 27, 60, 300))
    at.feed(at.chance.choice((at.chance.randbytes(length), b"HTTPS://EXAMPLE.ORG\r", b"H1" + b"0" * 25 + b"\r")))


def reach_into_the_tray(at: Stage) -> None:
    seconds = round(at.chance.choice((0.1, 0.5, 2.0, 6.0)) * at.chance.uniform(0.5, 1), 2)
    at.tell(f"A hand reaches up above the light beam, for {seconds:g} s.")
    at.reach_in(seconds)


def take_with_a_hand_in_the_beam(at: Stage) -> None:
    """It hides what falls, for a part of the vend or for all of it."""
    item, seconds = at.chance.choice((NALOXONE, "condoms", "strips")), round(at.chance.uniform(0.2, 5), 2)
    at.tell(f"A hand reaches up above the light beam, for {seconds:g} s; meanwhile somebody touches {NAMES[item]}.")
    at.reach_in(seconds)
    at.touch(item)
    at.pass_time(at.chance.uniform(0, 6))


def reach_in_while_it_turns(at: Stage) -> None:
    item = at.chance.choice((NALOXONE, "condoms", "strips"))
    after, seconds = round(at.chance.uniform(0, 3), 2), round(at.chance.uniform(0.05, 1), 2)
    at.tell(f"A person touches {NAMES[item]}; after {after:g} s a hand reaches up into the beam, for {seconds:g} s.")
    at.touch(item)
    at.pass_time(after)
    at.reach_in(seconds)
    at.pass_time(seconds)


def take_it(at: Stage) -> None:
    at.tell("What lies in the tray is taken.")
    at.empty_tray()


def wait(at: Stage) -> None:
    seconds = round(at.chance.uniform(0, 12), 1)
    at.tell(f"The person waits for {seconds:g} s.")
    at.pass_time(seconds)


def leave(at: Stage) -> None:
    at.tell("The person leaves.")


PEOPLE = (
    Act(5, touch_naloxone),
    Act(3, touch_naloxone_on_the_overdose_page),
    Act(6, touch_something),
    Act(2, touch_twice),
    Act(2, hammer),
    Act(7, hold_ticket),
    Act(2, hold_ticket_for_long),
    Act(2, hold_ticket_that_comes_in_pieces),
    Act(1, hold_two_tickets),
    Act(1, hold_unknown_ticket),
    Act(2, hold_something_else),
    Act(1, reach_into_the_tray),
    Act(1, take_with_a_hand_in_the_beam),
    Act(1, reach_in_while_it_turns),
    Act(2, take_it),
    Act(5, wait),
    Act(1, leave),
)
