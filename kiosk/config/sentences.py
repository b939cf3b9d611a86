"""From pydantic's complaints to ours: plain English, with the remedy that belongs to the field."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kiosk.config.faults import UNREAD, Finding, Trail, nearest, shown
from kiosk.config.model import field_at, known_keys, written

SENTENCES = {  # by pydantic's error type; {value} is what stands in the file, the rest its own figures
    "missing": "is missing",
    "extra_forbidden": "is no key that belongs here",
    "model_type": "must be a section with keys of its own, not {value}",
    "model_attributes_type": "must be a section with keys of its own, not {value}",
    "dict_type": "must be a section with keys of its own, not {value}",
    "tuple_type": "must be a list, not {value}",
    "too_short": "needs at least {min_length} entry",
    "string_type": "must be text, not {value}",
    "path_type": "must be text, not {value}",
    "string_too_long": "must not be longer than {max_length} characters",
    "string_pattern_mismatch": "cannot be {value}",
    "bool_type": "must be true or false, not {value}",
    "int_type": "must be a whole number, not {value}",
    "float_type": "must be a number, not {value}",
    "greater_than": "must be more than {gt:g}, not {value}",
    "greater_than_equal": "must be {ge:g} or more, not {value}",
    "less_than_equal": "must be {le:g} or less, not {value}",
    "literal_error": "must be {expected}, not {value}",
    "timezone": "{value} is no time zone known here{hint}",
    "driver": "must be 'gpio', 'servo' or 'matrix', not {driver}",
    "later_driver": "this version drives no serial boards yet, so {driver} comes later",
}
UNKNOWN_TYPE = "cannot be {value}: {msg}"
NO_REMEDY = "Compare it with the example configuration."


def findings_of(error: ValidationError) -> list[Finding]:
    """Return every complaint of *error* in our words, without those that repeat or follow from another."""
    return [finding_of(detail) for detail in error.errors(include_url=False) if not _is_echo(detail)]


def finding_of(detail: ErrorDetails) -> Finding:
    """Word one complaint."""
    figures = detail.get("ctx", {})
    trail = _trail(detail, figures.get("key"))
    sentence = SENTENCES.get(detail["type"], UNKNOWN_TYPE)
    message = sentence.format(**{**figures, "value": shown(detail["input"]), "msg": detail["msg"]})
    return Finding(written(trail), message, _remedy(trail, detail["type"]))


def _is_echo(detail: ErrorDetails) -> bool:
    if detail["type"] == "too_short":  # pydantic counts good entries only
        return bool(len(detail["input"]) >= detail["ctx"]["min_length"])
    if detail["type"] == "unread":
        return True
    return detail["input"] is UNREAD and detail["type"] != "extra_forbidden"


def _trail(detail: ErrorDetails, key: str | None) -> Trail:
    """Return the trail to what is wrong. Pydantic marks a wrong key of a dictionary by a last ``[key]``."""
    trail = tuple(step for step in detail["loc"] if step != "[key]")
    return trail if key is None else (*trail, key)


def _remedy(trail: Trail, kind: str) -> str:
    if kind == "extra_forbidden":
        return _remedy_for_unknown(str(trail[-1]), known_keys(trail[:-1]))
    field = field_at(trail)
    return (field and field.description) or NO_REMEDY


def _remedy_for_unknown(key: str, known: tuple[str, ...]) -> str:
    like = nearest(key, known)
    return f"Did you mean `{like}`?" if like else f"Remove it. Known here: {', '.join(known)}."
