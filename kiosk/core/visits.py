"""What one act of a person gives: the units of a ticket, one item, or a visit in which one may choose again and again.

1. A ticket's units are its own; a free item taken meanwhile leaves them unspent and ends the visit.
2. A pass, a number or a shared code opens a visit that goes on after each item that came, as long as something is left
   that needs a code. Whatever did not come ends it, so that nobody gets tries without end out of one scan.
3. What comes by it counts in the item's group, and is debited from the code's account when delivered, never else.
   A shared code has no account: its limits hold for one visit.
4. Free items count nowhere, and what saves a life is no part of anybody's visit.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from kiosk.core.events import CodeAdmitted
from kiosk.core.orders import DebitAllowance
from kiosk.core.situation import Rules, Situation, Visit
from kiosk.core.values import ItemId, ItemRule, Left, Period, Refusal, TicketUnit

CHOICE = TicketUnit(0, None)

REFUSALS = {
    Period.VISIT: Refusal.LIMIT_VISIT,
    Period.DAY: Refusal.LIMIT_DAY,
    Period.WEEK: Refusal.LIMIT_WEEK,
    Period.MONTH: Refusal.LIMIT_MONTH,
}


def visit_of(admitted: CodeAdmitted) -> Visit:
    """The visit that the code opens."""
    return Visit(admitted.units, admitted.tag, admitted.account, admitted.left, goes_on=admitted.tag is None)


def chosen_visit(situation: Situation, item: ItemId, rules: Rules) -> Visit:
    """The visit in which *item* was chosen: the code's that was admitted, or its own."""
    unit, rule, visit = TicketUnit(0, item), rules.items[item], situation.visit
    if visit is None or rule.emergency or (rule.free and not visit.goes_on):
        return Visit((unit,))
    return replace(visit, units=(unit,))


def left_of(visit: Visit, rule: ItemRule) -> Left | None:
    """What the visit still gives of the item's group; None: it sets no limit."""
    return next((left for left in visit.left if left.group == rule.group), None)


def refusal_of(visit: Visit, rule: ItemRule) -> Refusal | None:
    """Why the visit gives no more of this item; None while it does."""
    left = left_of(visit, rule)
    return REFUSALS[left.per] if left and left.units <= 0 and not rule.free else None


def refusal_of_all(visit: Visit, rules: Rules) -> Refusal | None:
    """Why the visit gives nothing more that needs a code; None while it does. Of several limits the first to end."""
    asked = [refusal_of(visit, rule) for rule in rules.items.values() if not rule.free]
    return min(filter(None, asked), key=list(REFUSALS.values()).index) if asked and all(asked) else None


def debits(visit: Visit, rule: ItemRule) -> Collection[DebitAllowance]:
    """What is to be debited when this item was delivered."""
    if visit.account is None or rule.free:
        return ()
    left = left_of(visit, rule)
    return (DebitAllowance(visit.account, left.group if left else None, left.per if left else None),)


def after_delivery(visit: Visit, rule: ItemRule, rules: Rules) -> Visit:
    """The visit once this item came: open for another choice, unless nothing more is left of it."""
    left = tuple(
        replace(each, units=each.units - 1) if each.group == rule.group and not rule.free else each
        for each in visit.left
    )
    going_on = replace(visit, units=(CHOICE,), left=left)
    return replace(going_on, units=()) if refusal_of_all(going_on, rules) else going_on
