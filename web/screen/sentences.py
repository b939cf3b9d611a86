"""What the kiosk says to a person: one sentence for each refusal and each ending. They are keys into the translations.

What happened, then what to do; never blame, never a code's content.
"""

from __future__ import annotations

from kiosk.core.situation import Ending
from kiosk.core.values import Outcome, Period, Reason, Refusal
from web.words import N_

REFUSED = {
    Refusal.NOT_A_CODE: N_("That was not a code of this kiosk. Hold the card flat and a little farther away."),
    Refusal.UNKNOWN_CODE: N_("This kiosk does not know that code. You can still take everything marked “no code”."),
    Refusal.USED_CODE: N_("That code has been used. You can still take everything marked “no code”."),
    Refusal.EXPIRED_CODE: N_("That code is out of date. You can still take everything marked “no code”."),
    Refusal.REVOKED_CODE: N_("That code opens nothing any more. You can still take everything marked “no code”."),
    Refusal.LIMIT_VISIT: N_("That is all for this visit. You can still take everything marked “no code”."),
    Refusal.LIMIT_DAY: N_("That is all until tomorrow. You can still take everything marked “no code”."),
    Refusal.LIMIT_WEEK: N_("That is all until Monday. You can still take everything marked “no code”."),
    Refusal.LIMIT_MONTH: N_("That is all until next month. You can still take everything marked “no code”."),
    Refusal.CODES_WAIT: N_("Codes are read again in half a minute. You can still take everything marked “no code”."),
    Refusal.NEEDS_CODE: N_("For this one, hold your code to the reader first."),
    Refusal.NOT_STOCKED: N_("That cannot come now. Nothing was counted."),
    Refusal.OUT_OF_ORDER: N_("Codes cannot be read now. You can still take everything marked “no code”."),
    Refusal.STORAGE: N_("That is not possible now. Nothing was counted."),
    Refusal.DOOR_OPEN: N_("The kiosk is being refilled. Come back in a few minutes."),
    Refusal.COOLDOWN: N_("The next one can come in a few seconds. Touch it again then."),
    Refusal.RESERVED: N_("The last ones are kept for an overdose. If it is one, touch “Overdose: what to do”."),
    Refusal.BUSY: N_("One moment: something else is coming out."),
}

LEFT = {
    Period.VISIT: N_("%(n)s left"),
    Period.DAY: N_("%(n)s left today"),
    Period.WEEK: N_("%(n)s left this week"),
    Period.MONTH: N_("%(n)s left this month"),
}
USED_UP = {
    Period.VISIT: N_("that was all"),
    Period.DAY: N_("none left today"),
    Period.WEEK: N_("none left this week"),
    Period.MONTH: N_("none left this month"),
}
ENOUGH, HIDE = N_("I have all I need"), N_("Hide")

TRY_DIGITS = (Refusal.NEEDS_CODE, Refusal.NOT_A_CODE, Refusal.UNKNOWN_CODE, Refusal.CODES_WAIT)  # a number may help
STOPPED_FOR_OTHERS = (Refusal.STORAGE, Refusal.DOOR_OPEN)  # an emergency item comes all the same

TAKE = N_("Take it: it is in the tray.")
MAYBE = N_("Look in the tray. We could not see whether it came, so nothing was counted.")

AGAIN = N_("It did not come out. Touch it again, and call the emergency number.")

NOT_DELIVERED = {
    Reason.NO_DROP: N_("Nothing came out. Nothing was counted. Choose another."),
    Reason.JAMMED: N_("It got stuck. Nothing was counted. Choose another."),
    Reason.NEVER_MOVED: N_("It got stuck. Nothing was counted. Choose another."),
    Reason.NOT_STARTED: N_("It did not start. Nothing was counted. Choose another."),
    Reason.INTERRUPTED: N_("It was interrupted. Nothing was counted. Choose again."),
}


def sentence(said: Refusal | Ending, emergency: bool = False) -> str:
    """The sentence for what was said last; *emergency*: of an item that saves a life."""
    if isinstance(said, Refusal):
        return REFUSED[said]
    if said.outcome is Outcome.DELIVERED:
        return TAKE
    if said.outcome is Outcome.UNCERTAIN or said.reason is None:
        return MAYBE
    return AGAIN if emergency else NOT_DELIVERED[said.reason]
