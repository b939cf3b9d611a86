"""The vend, from a code or a touch to its outcome, as one literal table.

The rules it keeps:

1. A motor is switched on only by ``start_turn``, and every way to it leads through a committed intent; the sole
   exception is an emergency item while the ledger cannot commit.
2. A drop seen after the motor left home delivers, whatever the motor does next.
3. Where no drop could be seen (a thin item, no sensor, a broken beam), coming home delivers.
4. What cannot be known is ``uncertain``: nothing is counted against the person.
5. A pair that the table does not list changes nothing and is noted.
6. What a hand or a child could empty rests, cools down or is kept: the rules stand in ``limits.py``.

Core does no input or output, reads no clock and starts no thread: ``decide`` maps a situation and an event to the
next situation and its orders, and ``Situation.deadline`` says when it wants to hear ``DeadlinePassed``.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from kiosk.core import limits, steps
from kiosk.core.events import (
    BeamBroken,
    BeamCleared,
    CodeAdmitted,
    CodePresented,
    CodeRefused,
    DeadlinePassed,
    DoorClosed,
    DoorOpened,
    Event,
    IntentCommitted,
    IntentFailed,
    ItemChosen,
    LedgerOpened,
    OutcomeRecorded,
    SlotCounted,
    StockChanged,
    StopAsked,
    TrialAsked,
    TurnEnded,
    TurnResult,
    VisitLeft,
)
from kiosk.core.orders import NoteUnlisted, Order
from kiosk.core.situation import (
    Rules,
    Situation,
    State,
    Vend,
    Visit,
    choose_slot,
    cooling,
    gives_emergency,
    next_plan,
    reserved,
)
from kiosk.core.stock import doubted, judged
from kiosk.core.values import SlotId
from kiosk.core.visits import chosen_visit, refusal_of, refusal_of_all, visit_of


class Signal(StrEnum):
    """An event, boiled down to what it means in this situation."""

    CODE_PRESENTED = "code presented"
    CODE_AT_OPEN_DOOR = "code presented, door open"
    CODE_TOO_SOON = "code presented too soon after too many unknown ones"
    CODE_REFUSED = "code refused"
    GIFT_ADMITTED = "ticket names its items"
    GIFT_NOT_STOCKED = "ticket's items not stocked"
    CHOICE_ADMITTED = "code lets choose"
    CODE_USED_UP = "code gives no more in this period"
    ITEM_CHOSEN = "item chosen"
    EMERGENCY_WANTED = "emergency item chosen during another's vend"
    TEST_ASKED = "test turn asked"
    TEST_IMPOSSIBLE = "test turn of a slot that cannot be driven"
    ITEM_LIMITED = "item chosen, code gives no more of it"
    ITEM_LOCKED = "item needs a code"
    ITEM_AT_OPEN_DOOR = "item chosen, door open"
    ITEM_NOT_STOCKED = "item not stocked"
    ITEM_COOLING = "emergency item chosen, another has just come"
    ITEM_RESERVED = "emergency item chosen, only its reserve left"
    INTENT_COMMITTED = "intent committed"
    INTENT_FAILED = "intent not committed"
    INTENT_FAILED_AGAIN = "intent of a further turn not committed"
    INTENT_FAILED_EMERGENCY = "intent not committed, emergency item"
    DROP_SEEN = "drop seen"
    BEAM_LOST = "beam broken before anything could fall"
    BEAM_CLEARED = "beam whole again"
    TURN_DELIVERED = "turn ended, drop seen or none could be"
    TURN_CAME_HOME = "turn ended at home, or its time was over"
    TURN_HOMED = "coil brought home"
    TURN_JAMMED = "turn jammed"
    TURN_FAILED = "turn failed before leaving home"
    TURN_LOST = "turn ended, cannot be known"
    WINDOW_OVER = "drop window over"
    WINDOW_OVER_HALF_BLIND = "drop window over, beam broken for a part"
    WINDOW_OVER_HUNG = "drop window over, something may hang in the coil"
    WINDOW_OVER_HOMED = "drop window over after homing"
    CHOICE_OVER = "nothing chosen in time"
    SAID_LONG_ENOUGH = "said for long enough"
    OUTCOME_NEXT = "outcome recorded, more to give"
    OUTCOME_CHOOSE = "outcome recorded, person may choose again"
    OUTCOME_LAST = "outcome recorded"
    OUTCOME_STOPPING = "outcome recorded, stopping"
    VISIT_LEFT = "person has all they need"
    DOOR_OPENED = "door opened"
    STOP_ASKED = "stop asked"
    NOTHING = "nothing"


TABLE: dict[tuple[State, Signal], tuple[State, steps.Action]] = {
    (State.READY, Signal.CODE_PRESENTED): (State.CHECKING, steps.check_code),
    (State.READY, Signal.CODE_AT_OPEN_DOOR): (State.READY, steps.refuse_door),
    (State.READY, Signal.CODE_TOO_SOON): (State.READY, steps.refuse_pace),
    (State.READY, Signal.ITEM_CHOSEN): (State.RESERVING, steps.give_chosen),
    (State.READY, Signal.ITEM_LOCKED): (State.READY, steps.refuse_locked),
    (State.READY, Signal.ITEM_AT_OPEN_DOOR): (State.READY, steps.refuse_door),
    (State.READY, Signal.ITEM_NOT_STOCKED): (State.READY, steps.refuse_not_stocked),
    (State.READY, Signal.ITEM_COOLING): (State.READY, steps.refuse_cooldown),
    (State.READY, Signal.ITEM_RESERVED): (State.READY, steps.refuse_reserved),
    (State.READY, Signal.TEST_ASKED): (State.RESERVING, steps.begin_test),
    (State.READY, Signal.TEST_IMPOSSIBLE): (State.READY, steps.refuse_test),
    (State.READY, Signal.SAID_LONG_ENOUGH): (State.READY, steps.forget),
    (State.READY, Signal.VISIT_LEFT): (State.READY, steps.forget),
    (State.READY, Signal.STOP_ASKED): (State.STOPPED, steps.forget),
    (State.CHECKING, Signal.GIFT_ADMITTED): (State.RESERVING, steps.give),
    (State.CHECKING, Signal.GIFT_NOT_STOCKED): (State.READY, steps.refuse_not_stocked),
    (State.CHECKING, Signal.CHOICE_ADMITTED): (State.CHOOSING, steps.offer),
    (State.CHECKING, Signal.CODE_USED_UP): (State.READY, steps.refuse_used_up),
    (State.CHECKING, Signal.CODE_REFUSED): (State.READY, steps.refuse_code),
    (State.CHOOSING, Signal.ITEM_CHOSEN): (State.RESERVING, steps.give_chosen),
    (State.CHOOSING, Signal.ITEM_LIMITED): (State.CHOOSING, steps.refuse_limit),
    (State.CHOOSING, Signal.ITEM_NOT_STOCKED): (State.CHOOSING, steps.keep_offering),
    (State.CHOOSING, Signal.ITEM_COOLING): (State.CHOOSING, steps.refuse_cooldown),
    (State.CHOOSING, Signal.ITEM_RESERVED): (State.CHOOSING, steps.refuse_reserved),
    (State.CHOOSING, Signal.CODE_PRESENTED): (State.CHECKING, steps.check_code),
    (State.CHOOSING, Signal.CHOICE_OVER): (State.READY, steps.forget),
    (State.CHOOSING, Signal.VISIT_LEFT): (State.READY, steps.forget),
    (State.CHOOSING, Signal.DOOR_OPENED): (State.READY, steps.forget),
    (State.CHOOSING, Signal.STOP_ASKED): (State.STOPPED, steps.forget),
    (State.RESERVING, Signal.INTENT_COMMITTED): (State.MOVING, steps.start_turn),
    (State.RESERVING, Signal.INTENT_FAILED_EMERGENCY): (State.MOVING, steps.start_turn),
    (State.RESERVING, Signal.INTENT_FAILED): (State.READY, steps.refuse_storage),
    (State.RESERVING, Signal.INTENT_FAILED_AGAIN): (State.RECORDING, steps.record_not_started),
    (State.MOVING, Signal.DROP_SEEN): (State.MOVING, steps.note_drop),
    (State.MOVING, Signal.BEAM_LOST): (State.MOVING, steps.lose_sight),
    (State.MOVING, Signal.BEAM_CLEARED): (State.MOVING, steps.see_again),
    (State.MOVING, Signal.EMERGENCY_WANTED): (State.MOVING, steps.want),
    (State.MOVING, Signal.ITEM_COOLING): (State.MOVING, steps.refuse_cooldown),
    (State.MOVING, Signal.ITEM_RESERVED): (State.MOVING, steps.refuse_reserved),
    (State.MOVING, Signal.DOOR_OPENED): (State.MOVING, steps.stop_motors),
    (State.MOVING, Signal.STOP_ASKED): (State.MOVING, steps.stop_motors),
    (State.MOVING, Signal.TURN_DELIVERED): (State.RECORDING, steps.record_delivered),
    (State.MOVING, Signal.TURN_CAME_HOME): (State.SETTLING, steps.settle),
    (State.MOVING, Signal.TURN_HOMED): (State.SETTLING, steps.settle),
    (State.MOVING, Signal.TURN_JAMMED): (State.SETTLING, steps.settle),
    (State.MOVING, Signal.TURN_FAILED): (State.RECORDING, steps.record_not_delivered),
    (State.MOVING, Signal.TURN_LOST): (State.RECORDING, steps.record_uncertain),
    (State.SETTLING, Signal.EMERGENCY_WANTED): (State.SETTLING, steps.want),
    (State.SETTLING, Signal.ITEM_COOLING): (State.SETTLING, steps.refuse_cooldown),
    (State.SETTLING, Signal.ITEM_RESERVED): (State.SETTLING, steps.refuse_reserved),
    (State.SETTLING, Signal.BEAM_LOST): (State.SETTLING, steps.lose_sight),
    (State.SETTLING, Signal.BEAM_CLEARED): (State.SETTLING, steps.see_again),
    (State.SETTLING, Signal.DROP_SEEN): (State.RECORDING, steps.record_delivered),
    (State.SETTLING, Signal.WINDOW_OVER): (State.RECORDING, steps.record_not_delivered),
    (State.SETTLING, Signal.WINDOW_OVER_HALF_BLIND): (State.RECORDING, steps.record_uncertain),
    (State.SETTLING, Signal.WINDOW_OVER_HUNG): (State.RESERVING, steps.nudge),
    (State.SETTLING, Signal.WINDOW_OVER_HOMED): (State.RESERVING, steps.turn_again),
    (State.SETTLING, Signal.DOOR_OPENED): (State.RECORDING, steps.record_uncertain),
    (State.SETTLING, Signal.STOP_ASKED): (State.RECORDING, steps.record_uncertain),
    (State.RECORDING, Signal.OUTCOME_NEXT): (State.RESERVING, steps.give_next),
    (State.RECORDING, Signal.OUTCOME_CHOOSE): (State.CHOOSING, steps.offer_again),
    (State.RECORDING, Signal.OUTCOME_LAST): (State.READY, steps.finish),
    (State.RECORDING, Signal.OUTCOME_STOPPING): (State.STOPPED, steps.leave),
}


def decide(situation: Situation, event: Event, rules: Rules, now: float) -> tuple[Situation, tuple[Order, ...]]:
    """Take in *event* at *now* (monotonic seconds): the next situation, and orders to be carried out in sequence."""
    sensed = sense(situation, event, rules, now)
    signal = meaning(sensed, event, rules)
    entry = TABLE.get((sensed.state, signal))
    if entry is None:
        return sensed, () if signal is Signal.NOTHING else (NoteUnlisted(sensed.state, signal),)
    state, action = entry
    after, orders = action(sensed, event, rules, now)
    return replace(after, state=state), orders


def sense(situation: Situation, event: Event, rules: Rules, now: float) -> Situation:
    """Keep what an event says about the world, whatever the state."""
    since = situation.beam_broken_at
    is_down = since is not None and now - since >= rules.beam_down_s
    is_unsettled, codes_wait = now < situation.unsettled_until, now < situation.pace.paused_until
    tally = _remembered(situation.tally, event, now)
    situation = replace(situation, beam_is_down=is_down, is_unsettled=is_unsettled, codes_wait=codes_wait, tally=tally)
    match event:
        case StockChanged():
            situation = _with_stock(situation, event, rules)
        case LedgerOpened(next_vend):
            situation = replace(situation, next_vend=max(situation.next_vend, next_vend))
        case BeamBroken():
            situation = replace(situation, beam_broken_at=now)
        case BeamCleared():
            situation = replace(situation, beam_broken_at=None, beam_is_down=False)
        case DoorOpened() | DoorClosed():
            situation = replace(situation, door_is_open=isinstance(event, DoorOpened))
        case StopAsked():
            situation = replace(situation, stopping=True)
        case _:
            pass
    return situation


def _remembered(tally: limits.Tally, event: Event, now: float) -> limits.Tally:
    tally = limits.remembered(tally, now)
    return limits.counted(tally, event.slot) if isinstance(event, SlotCounted) else tally


def _with_stock(situation: Situation, event: StockChanged, rules: Rules) -> Situation:
    slots = tuple(judged(slot, event.today, rules.items) for slot in event.slots)
    situation = replace(situation, stock=slots, today=event.today)
    if situation.vend and situation.vend.outcome is None:
        return situation  # what has fallen is not booked yet, so sensor and count may differ
    return replace(situation, doubts=doubted(slots, event.low, rules.levels))


def meaning(situation: Situation, event: Event, rules: Rules) -> Signal:
    """The signal that *event* is in this situation; ``NOTHING`` for what only had to be sensed."""
    plain = _PLAIN.get(type(event))
    if plain is not None:
        return plain
    match event:
        case CodeAdmitted():
            return _meaning_of_admission(situation, visit_of(event), rules)
        case ItemChosen() | TrialAsked():
            return _meaning_of_wish(situation, event, rules)
        case TurnEnded(slot, result):
            return _meaning_of_turn(situation, slot, result, rules)
        case BeamBroken(after_leaving) if situation.vend:
            # what hangs falls at the first jerk of a nudge: the drop window has been open since the turn
            is_its = (after_leaving or situation.vend.nudges > 0) and not situation.is_unsettled
            return Signal.DROP_SEEN if is_its else Signal.BEAM_LOST
        case _:
            return _meaning_by_vend(situation, event, rules)


def _meaning_by_vend(situation: Situation, event: Event, rules: Rules) -> Signal:
    match event:
        case CodePresented():
            return _meaning_of_code(situation)
        case IntentFailed():
            return _meaning_of_failed_intent(situation, rules)
        case OutcomeRecorded():
            return _meaning_of_record(situation, rules)
        case BeamCleared():
            return Signal.BEAM_CLEARED if situation.vend else Signal.NOTHING
        case DeadlinePassed():
            return _meaning_of_deadline(situation, rules)
        case _:
            return Signal.NOTHING


def _meaning_of_code(situation: Situation) -> Signal:
    if situation.door_is_open:
        return Signal.CODE_AT_OPEN_DOOR
    return Signal.CODE_TOO_SOON if situation.codes_wait else Signal.CODE_PRESENTED


def _meaning_of_admission(situation: Situation, visit: Visit, rules: Rules) -> Signal:
    if visit.goes_on and refusal_of_all(visit, rules):
        return Signal.CODE_USED_UP
    if visit.person_chooses:
        return Signal.CHOICE_ADMITTED
    return Signal.GIFT_ADMITTED if next_plan(situation, visit, rules) else Signal.GIFT_NOT_STOCKED


def _meaning_of_wish(situation: Situation, event: ItemChosen | TrialAsked, rules: Rules) -> Signal:
    if isinstance(event, ItemChosen):
        return _meaning_of_choice(situation, event, rules)
    return Signal.TEST_ASKED if steps.test_plan(situation, event.slot) else Signal.TEST_IMPOSSIBLE


def _meaning_of_choice(situation: Situation, chosen: ItemChosen, rules: Rules) -> Signal:
    rule = rules.items.get(chosen.item)
    if rule is None:
        return Signal.ITEM_NOT_STOCKED
    if rule.emergency:
        return _meaning_of_emergency(situation, chosen, rules)
    if not rule.free and situation.visit is None:
        return Signal.ITEM_LOCKED
    if situation.door_is_open:
        return Signal.ITEM_AT_OPEN_DOOR
    visit = chosen_visit(situation, chosen.item, rules)
    if refusal_of(visit, rule):
        return Signal.ITEM_LIMITED
    return Signal.ITEM_CHOSEN if next_plan(situation, visit, rules) else Signal.ITEM_NOT_STOCKED


def _meaning_of_emergency(situation: Situation, chosen: ItemChosen, rules: Rules) -> Signal:
    if choose_slot(situation, chosen.item, (), rules) is None:
        return Signal.ITEM_NOT_STOCKED
    if chosen.item in reserved(situation, rules) and not chosen.reserve:
        return Signal.ITEM_RESERVED  # before the cooldown: to wait would not help
    if chosen.item in cooling(situation, rules):
        return Signal.ITEM_COOLING
    if situation.vend and not gives_emergency(situation, rules):
        return Signal.EMERGENCY_WANTED
    return Signal.ITEM_CHOSEN


def _meaning_of_failed_intent(situation: Situation, rules: Rules) -> Signal:
    vend = situation.vend
    if gives_emergency(situation, rules):
        return Signal.INTENT_FAILED_EMERGENCY
    return Signal.INTENT_FAILED_AGAIN if vend and vend.turn > 1 else Signal.INTENT_FAILED


def _meaning_of_turn(situation: Situation, slot: SlotId, result: TurnResult, rules: Rules) -> Signal:
    vend = situation.vend
    if vend is None or slot != vend.plan.slot:
        return Signal.NOTHING
    if vend.dropped or (vend.blind and result is TurnResult.CAME_HOME):
        return Signal.TURN_DELIVERED
    if (vend.blind and result in _UNPROVEN) or _is_homed_unseen(vend, result, rules):
        return Signal.TURN_LOST
    if result is TurnResult.HOMED and vend.turn > 1:
        return Signal.TURN_HOMED if vend.nudges else Signal.TURN_JAMMED
    return _TURNS[result]


def _is_homed_unseen(vend: Vend, result: TurnResult, rules: Rules) -> bool:
    # something may have fallen on the way home: only an emergency item is turned again all the same
    is_unseen = vend.blind or vend.half_blind
    return is_unseen and result is TurnResult.HOMED and not rules.items[vend.plan.item].emergency


def _meaning_of_record(situation: Situation, rules: Rules) -> Signal:
    if situation.stopping:
        return Signal.OUTCOME_STOPPING
    if situation.vend is None or situation.vend.outcome is None:
        return Signal.NOTHING
    after = steps.close_vend(situation, rules)
    if after.visit and after.visit.person_chooses:
        return Signal.OUTCOME_CHOOSE
    return Signal.OUTCOME_NEXT if after.visit and next_plan(after, after.visit, rules) else Signal.OUTCOME_LAST


def _meaning_of_deadline(situation: Situation, rules: Rules) -> Signal:
    vend = situation.vend
    if vend is None:
        return Signal.CHOICE_OVER if situation.visit else Signal.SAID_LONG_ENOUGH
    if vend.result is TurnResult.HOMED and vend.turn == 1:
        return Signal.WINDOW_OVER_HOMED
    if vend.half_blind:
        return Signal.WINDOW_OVER_HALF_BLIND
    return Signal.WINDOW_OVER_HUNG if _may_hang(situation, vend, rules) else Signal.WINDOW_OVER


def _may_hang(situation: Situation, vend: Vend, rules: Rules) -> bool:
    """Whether a nudge is worth while: the coil made its turn, and a drop would be seen.

    An emergency item is not nudged while another slot has it, and nothing is while somebody waits for one.
    """
    if situation.wanted is not None:
        return False
    rule, visit = rules.items[vend.plan.item], situation.visit
    has_turned = vend.result in _TURNED or vend.result is TurnResult.NUDGED
    if not has_turned or vend.blind or visit is None or visit.is_test or vend.nudges >= rule.nudges:
        return False
    if vend.result in _TURNED and vend.nudges:
        return False  # a nudge brought it home: that was the whole further turn
    return not (rule.emergency and choose_slot(situation, rule.item, (*visit.tried, vend.plan.slot), rules))


_PLAIN: dict[type[Event], Signal] = {
    CodeRefused: Signal.CODE_REFUSED,
    IntentCommitted: Signal.INTENT_COMMITTED,
    DoorOpened: Signal.DOOR_OPENED,
    VisitLeft: Signal.VISIT_LEFT,
    StopAsked: Signal.STOP_ASKED,
}

# what cannot prove anything when no drop could be seen
_UNPROVEN = (TurnResult.JAMMED, TurnResult.RAN, TurnResult.NUDGED)
_TURNED = (TurnResult.CAME_HOME, TurnResult.RAN)
_TURNS = {
    TurnResult.CAME_HOME: Signal.TURN_CAME_HOME,
    TurnResult.RAN: Signal.TURN_CAME_HOME,
    TurnResult.NUDGED: Signal.TURN_CAME_HOME,
    TurnResult.HOMED: Signal.TURN_HOMED,
    TurnResult.JAMMED: Signal.TURN_JAMMED,
    TurnResult.NEVER_LEFT: Signal.TURN_FAILED,
    TurnResult.NOT_STARTED: Signal.TURN_FAILED,
    TurnResult.CUT_AT_HOME: Signal.TURN_FAILED,
    TurnResult.CUT_AWAY: Signal.TURN_LOST,
}
