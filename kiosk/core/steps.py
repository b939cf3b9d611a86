"""What is done on each step of a vend: small functions from a situation to the next one and its orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.core import limits
from kiosk.core.events import (
    CodeAdmitted,
    CodePresented,
    CodeRefused,
    DeadlinePassed,
    DoorOpened,
    Event,
    ItemChosen,
    TrialAsked,
    TurnEnded,
    TurnResult,
)
from kiosk.core.orders import CheckCode, CommitIntent, Order, RecordOutcome, Refuse, StartTurn, StopMotors
from kiosk.core.pacing import unknown_code
from kiosk.core.situation import Ending, Plan, Rules, Situation, Vend, Visit, beam_sees, next_plan
from kiosk.core.values import Outcome, Reason, Refusal, SlotId, SlotState, TicketUnit, VendId
from kiosk.core.visits import after_delivery, chosen_visit, debits, refusal_of, refusal_of_all, visit_of

Step = tuple[Situation, tuple[Order, ...]]
Ended = tuple[Outcome, Reason | None]
Action = Callable[[Situation, Event, Rules, float], Step]


def check_code(situation: Situation, event: Event, _rules: Rules, _now: float) -> Step:
    """Have the presented code checked."""
    assert isinstance(event, CodePresented)
    return replace(situation, visit=None, deadline=None, said=None), (CheckCode(event.code),)


def offer(situation: Situation, event: Event, rules: Rules, now: float) -> Step:
    """Let the person choose an item, for as long as the rules give."""
    assert isinstance(event, CodeAdmitted)
    return replace(situation, visit=visit_of(event), deadline=now + rules.choose_s), ()


def give(situation: Situation, event: Event, rules: Rules, _now: float) -> Step:
    """Begin the visit of a ticket that names its items, and its first vend."""
    assert isinstance(event, CodeAdmitted)
    return _reserve(situation, visit_of(event), rules)


def give_chosen(situation: Situation, event: Event, rules: Rules, _now: float) -> Step:
    """Begin the vend of the item a person chose, with the code that was admitted or free."""
    assert isinstance(event, ItemChosen)
    return _reserve(situation, chosen_visit(situation, event.item, rules), rules)


def begin_test(situation: Situation, event: Event, rules: Rules, _now: float) -> Step:
    """Begin a technician's test turn: of this slot, whatever is in it, and of no other after it."""
    assert isinstance(event, TrialAsked)
    plan = test_plan(situation, event.slot)
    assert plan is not None
    visit = Visit((plan.unit,), further_try=False, is_test=True)
    return _begin(replace(situation, visit=visit), plan, rules)


def test_plan(situation: Situation, slot: SlotId) -> Plan | None:
    """The vend that would test this slot; None when it cannot be driven."""
    found = [stock for stock in situation.stock if stock.slot == slot and stock.state is not SlotState.MISSING]
    return Plan(TicketUnit(0, found[0].item), found[0].item, slot) if found else None


def give_next(situation: Situation, _event: Event, rules: Rules, _now: float) -> Step:
    """Go on with the visit's next unit, or its one further try."""
    after = close_vend(situation, rules)
    assert after.visit is not None
    return _reserve(after, after.visit, rules)


def turn_again(situation: Situation, _event: Event, _rules: Rules, _now: float) -> Step:
    """Make the full turn after a coil that began off home was brought home and gave nothing."""
    assert situation.vend is not None
    vend = replace(situation.vend, turn=situation.vend.turn + 1, result=None)
    return _commit(situation, vend)


def start_turn(situation: Situation, _event: Event, _rules: Rules, now: float) -> Step:
    """Switch the motor on: the intent is durable, or the item is one for emergencies."""
    assert situation.vend is not None
    vend = replace(situation.vend, since=now)
    return replace(situation, vend=vend), (StartTurn(vend.plan.slot),)


def stop_motors(situation: Situation, _event: Event, _rules: Rules, _now: float) -> Step:
    """Switch the motor off at once; the turn's end follows as an event."""
    assert situation.vend is not None
    return replace(situation, vend=replace(situation.vend, disturbed=True)), (StopMotors(),)


def note_drop(situation: Situation, _event: Event, _rules: Rules, _now: float) -> Step:
    """Remember the drop; the motor runs on to home, since nothing is committed while a motor is on."""
    assert situation.vend is not None
    return replace(situation, vend=replace(situation.vend, dropped=True)), ()


def lose_sight(situation: Situation, _event: Event, _rules: Rules, _now: float) -> Step:
    """See no drop until the beam is whole: a hand broke it, or something lies in it."""
    assert situation.vend is not None
    return replace(situation, vend=replace(situation.vend, blind=True)), ()


def want(situation: Situation, event: Event, _rules: Rules, _now: float) -> Step:
    """Keep in mind that an emergency item is wanted: it comes before anything else of this visit."""
    assert isinstance(event, ItemChosen)
    return replace(situation, wanted=event.item), ()


def see_again(situation: Situation, _event: Event, rules: Rules, now: float) -> Step:
    """See drops from now on, if the item can be seen: the beam was broken by the one before, or by a hand."""
    vend = situation.vend
    assert vend is not None
    blind = not beam_sees(rules.items[vend.plan.item], situation, rules)
    missed = vend.blind and not blind and now - vend.since >= rules.earliest_drop_s
    return replace(situation, vend=replace(vend, blind=blind, half_blind=vend.half_blind or missed)), ()


def settle(situation: Situation, event: Event, rules: Rules, now: float) -> Step:
    """Keep the drop window open after the motor stopped: a late item counts."""
    assert situation.vend is not None
    assert isinstance(event, TurnEnded)
    window = rules.homing_window_s if event.result is TurnResult.HOMED else rules.drop_window_s
    return replace(situation, vend=replace(situation.vend, result=event.result), deadline=now + window), ()


def record_delivered(situation: Situation, event: Event, rules: Rules, now: float) -> Step:
    """Record that the item came; a coil that did not come home is jammed all the same."""
    return _record(situation, event, rules, now, (Outcome.DELIVERED, None))


def record_not_delivered(situation: Situation, event: Event, rules: Rules, now: float) -> Step:
    """Record that nothing came."""
    result = _result(situation, event)
    assert result is not None
    return _record(situation, event, rules, now, (Outcome.NOT_DELIVERED, _REASONS[result]))


def record_not_started(situation: Situation, event: Event, rules: Rules, now: float) -> Step:
    """Record that nothing came, since the ledger could not take a further turn."""
    return _record(situation, event, rules, now, (Outcome.NOT_DELIVERED, Reason.NOT_STARTED))


def record_uncertain(situation: Situation, event: Event, rules: Rules, now: float) -> Step:
    """Record that it cannot be known whether the item came; what still falls is none of the next vend's."""
    until = situation.unsettled_until if isinstance(event, DeadlinePassed) else now + rules.homing_window_s
    unsettled = replace(situation, unsettled_until=until)
    return _record(unsettled, event, rules, now, (Outcome.UNCERTAIN, Reason.INTERRUPTED))


def refuse_code(situation: Situation, event: Event, rules: Rules, now: float) -> Step:
    """Say why the code opens nothing."""
    assert isinstance(event, CodeRefused)
    if event.reason is Refusal.UNKNOWN_CODE:
        situation = replace(situation, pace=unknown_code(situation.pace, now))
    return _refuse(situation, event.reason, rules, now)


def refuse_pace(situation: Situation, _event: Event, rules: Rules, now: float) -> Step:
    """Say that codes wait for a moment; what needs none comes as always."""
    return _refuse(situation, Refusal.CODES_WAIT, rules, now)


def refuse_used_up(situation: Situation, event: Event, rules: Rules, now: float) -> Step:
    """Say that the code gives no more until its allowance begins anew."""
    assert isinstance(event, CodeAdmitted)
    reason = refusal_of_all(visit_of(event), rules)
    assert reason is not None
    return _refuse(situation, reason, rules, now)


def refuse_limit(situation: Situation, event: Event, rules: Rules, now: float) -> Step:
    """Say that the code gives no more of this item, and let the person choose another."""
    assert isinstance(event, ItemChosen)
    assert situation.visit is not None
    reason = refusal_of(situation.visit, rules.items[event.item])
    assert reason is not None
    return _refuse_touch(situation, reason, rules, now)


def refuse_locked(situation: Situation, _event: Event, rules: Rules, now: float) -> Step:
    """Say that this item needs a code."""
    return _refuse(situation, Refusal.NEEDS_CODE, rules, now)


def refuse_door(situation: Situation, _event: Event, rules: Rules, now: float) -> Step:
    """Say that somebody is working inside."""
    return _refuse(situation, Refusal.DOOR_OPEN, rules, now)


def refuse_not_stocked(situation: Situation, _event: Event, rules: Rules, now: float) -> Step:
    """Say that no slot can give it now."""
    return _refuse(situation, Refusal.NOT_STOCKED, rules, now)


def refuse_cooldown(situation: Situation, _event: Event, rules: Rules, now: float) -> Step:
    """Say that an emergency item has just come and the next one comes in a few seconds."""
    return _refuse_touch(situation, Refusal.COOLDOWN, rules, now)


def refuse_reserved(situation: Situation, _event: Event, rules: Rules, now: float) -> Step:
    """Say that the last ones are kept, and lead to the overdose page."""
    return _refuse_touch(situation, Refusal.RESERVED, rules, now)


def refuse_test(situation: Situation, _event: Event, _rules: Rules, _now: float) -> Step:
    """Refuse a test turn; people are told nothing of it."""
    return situation, (Refuse(Refusal.NOT_STOCKED),)


def refuse_storage(situation: Situation, _event: Event, rules: Rules, now: float) -> Step:
    """Say that the ledger cannot take the vend; the motor was never switched on."""
    return _refuse(replace(situation, visit=None, vend=None), Refusal.STORAGE, rules, now)


def keep_offering(situation: Situation, _event: Event, rules: Rules, now: float) -> Step:
    """Say that no slot can give this item, and let the person choose another."""
    return _refuse_touch(situation, Refusal.NOT_STOCKED, rules, now)


def forget(situation: Situation, _event: Event, _rules: Rules, _now: float) -> Step:
    """Forget a visit in which nothing was chosen, and what was said; nothing is counted."""
    return replace(situation, visit=None, deadline=None, said=None), ()


def offer_again(situation: Situation, _event: Event, rules: Rules, now: float) -> Step:
    """Let the person choose another item, for a shorter time: the first lies in the tray."""
    return replace(close_vend(situation, rules), deadline=now + rules.choose_more_s), ()


def finish(situation: Situation, event: Event, rules: Rules, now: float) -> Step:
    """End the visit, and say for a while how it ended."""
    after, orders = leave(situation, event, rules, now)
    if after.said is None:
        return after, orders
    taken = isinstance(after.said, Ending) and after.said.outcome is Outcome.DELIVERED
    return replace(after, deadline=now + (rules.taken_shown_s if taken else rules.said_shown_s)), orders


def leave(situation: Situation, _event: Event, rules: Rules, _now: float) -> Step:
    """End the visit; what was said stays, since nobody will wake core again."""
    return replace(close_vend(situation, rules), visit=None, deadline=None), ()


def close_vend(situation: Situation, rules: Rules) -> Situation:
    """Take the recorded vend out of the situation and its unit out of the visit, or leave it for a further try.

    An emergency item has a try from each of its slots, also after an uncertain one. One that was asked for meanwhile
    takes the visit's place; a ticket keeps what it still gives. When the door was opened, nothing turns again without
    a fresh act: somebody may have a hand inside.
    """
    vend, visit = situation.vend, situation.visit
    assert vend is not None
    assert vend.outcome is not None
    assert visit is not None
    ending = None if visit.is_test else Ending(vend.plan.item, vend.plan.slot, vend.outcome, vend.reason)
    after = replace(situation, vend=None, deadline=None, said=ending, wanted=None)
    if vend.disturbed:
        return replace(after, visit=replace(visit, units=()))
    if situation.wanted is not None:
        return replace(after, visit=Visit((TicketUnit(0, situation.wanted),)))
    emergency = rules.items[vend.plan.item].emergency and not visit.is_test
    if vend.outcome is Outcome.NOT_DELIVERED or (emergency and vend.outcome is Outcome.UNCERTAIN):
        visit = replace(visit, tried=(*visit.tried, vend.plan.slot))
        if visit.further_try:
            return replace(after, visit=replace(visit, further_try=emergency))
    if vend.outcome is Outcome.DELIVERED and visit.goes_on:
        return replace(after, visit=after_delivery(visit, rules.items[vend.plan.item], rules))
    units = tuple(unit for unit in visit.units if unit != vend.plan.unit)
    return replace(after, visit=replace(visit, units=units))


def _reserve(situation: Situation, visit: Visit, rules: Rules) -> Step:
    plan = next_plan(situation, visit, rules)
    assert plan is not None
    return _begin(replace(situation, visit=visit), plan, rules)


def _begin(situation: Situation, plan: Plan, rules: Rules) -> Step:
    blind = not beam_sees(rules.items[plan.item], situation, rules)
    vend = Vend(situation.next_vend, plan, blind=blind)
    following = VendId(situation.next_vend + 1)
    return _commit(replace(situation, next_vend=following, said=None), vend)


def _commit(situation: Situation, vend: Vend) -> Step:
    assert situation.visit is not None
    intent = CommitIntent(vend.number, vend.turn, vend.plan.slot, situation.visit.tag, vend.plan.unit.place)
    return replace(situation, vend=vend, deadline=None), (intent,)


def _record(situation: Situation, event: Event, rules: Rules, now: float, how: Ended) -> Step:
    vend, visit = situation.vend, situation.visit
    assert vend is not None
    assert visit is not None
    result = _result(situation, event)
    disturbed = vend.disturbed or isinstance(event, DoorOpened)
    outcome, reason = how
    ended = replace(vend, result=result, outcome=outcome, reason=reason, disturbed=disturbed)
    tag, place = visit.tag, vend.plan.unit.place
    order = RecordOutcome(vend.number, vend.plan.slot, outcome, tag, place, _is_jammed(ended), visit.is_test)
    tally = situation.tally if visit.is_test else _tally(situation, ended, rules, now)
    debited = debits(visit, rules.items[vend.plan.item]) if outcome is Outcome.DELIVERED else ()
    return replace(situation, vend=ended, deadline=None, tally=tally), (order, *debited)


def _is_jammed(ended: Vend) -> bool:
    return ended.result in _FAULTS or (ended.result is TurnResult.HOMED and ended.turn > 1)


def _tally(situation: Situation, ended: Vend, rules: Rules, now: float) -> limits.Tally:
    tally, slot, emergency = situation.tally, ended.plan.slot, rules.items[ended.plan.item].emergency
    if ended.outcome is Outcome.DELIVERED:
        tally = limits.proven(tally, slot)
        return limits.cooling(tally, rules.limits, now) if emergency else tally
    if ended.reason is Reason.NO_DROP:
        tally = limits.no_drop(tally, slot, rules.limits)
    elif emergency and _is_jammed(ended):
        tally = limits.jam(tally, slot, rules.limits)
    stood_still = ended.turn == 1 and ended.result in _STOOD_STILL
    return tally if emergency or stood_still else limits.unproven(tally, slot, rules.limits, now)


def _result(situation: Situation, event: Event) -> TurnResult | None:
    if isinstance(event, TurnEnded):
        return event.result
    return situation.vend.result if situation.vend else None


def _refuse(situation: Situation, reason: Refusal, rules: Rules, now: float) -> Step:
    return replace(situation, said=reason, deadline=now + rules.said_shown_s), (Refuse(reason),)


def _refuse_touch(situation: Situation, reason: Refusal, rules: Rules, now: float) -> Step:
    if situation.vend:
        return situation, (Refuse(reason),)  # the screen is for whoever is served
    refused, orders = _refuse(situation, reason, rules, now)
    return (replace(refused, deadline=now + rules.choose_s) if situation.visit else refused), orders


_REASONS = {
    TurnResult.CAME_HOME: Reason.NO_DROP,
    TurnResult.JAMMED: Reason.JAMMED,
    TurnResult.HOMED: Reason.JAMMED,  # homed twice in one vend: the home switch cannot be trusted
    TurnResult.NEVER_LEFT: Reason.NEVER_MOVED,
    TurnResult.NOT_STARTED: Reason.NOT_STARTED,
    TurnResult.CUT_AT_HOME: Reason.INTERRUPTED,
}

_FAULTS = (TurnResult.JAMMED, TurnResult.NEVER_LEFT, TurnResult.NOT_STARTED)
_STOOD_STILL = (TurnResult.NEVER_LEFT, TurnResult.NOT_STARTED, TurnResult.CUT_AT_HOME)
