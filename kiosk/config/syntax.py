"""What the YAML parser sees, and its complaints in our words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import Event
from ruamel.yaml.reader import ReaderError

from kiosk.config.faults import Finding, Place
from kiosk.config.reading import Unusable, place_of_offset

INDENT = "Give all keys of one section the same indentation, in spaces."
SYNTAX = (  # what the parser says, what we say, what to do; the first that fits
    (r"'\t' that cannot start", "a tab stands here", "Use spaces: YAML takes no tabs before a key or a value."),
    ("that cannot start any token", "text cannot begin with this character", "Put the text in quotes."),
    ("mapping values are not allowed", "no `key: value` can stand here", f"{INDENT} Quote text that holds a colon."),
    ("unexpected end of stream", "this quotation mark is never closed", "Close it at the end of the text."),
    ("'<stream end>'", "this bracket is never closed", "Close it, and look at the entries after it for a lost comma."),
    ("expected ',' or", "a comma or a closing bracket is missing before this", "Put one there."),
    ("expected <block end>", "this does not line up with what stands above", INDENT),
    ("expected '<document start>'", "this does not line up with what stands above", INDENT),
    ("could not find expected ':'", "a colon is missing", "Write each entry as `key: value`, with a space between."),
    ("unknown escape character", "this backslash means nothing here", "Use single quotes, or write it twice."),
)
MOST_QUOTED = 100  # characters of a complaint that we have no words for
SYNTAX_REMEDY = "Compare the line and the one above with the example configuration."


class Mark(Protocol):
    """Where ruamel saw something; counts from 0."""

    line: int
    column: int


def events_of(text: str) -> Iterator[Event]:
    """Yield the parser's events. Raises ``Unusable`` at the first thing that is no YAML."""
    stream = YAML(typ="safe", pure=True).parse(text)  # pure: the C parser speaks YAML 1.1
    place = Place(1, 1)
    try:
        for event in stream:
            place = place_of(event)
            yield event
    except MarkedYAMLError as error:
        raise Unusable(_syntax(error, place)) from None
    except ReaderError as error:
        raise Unusable(_unacceptable(text, error.position)) from None
    except Exception:  # noqa: BLE001  # whatever the parser trips over, the text is at fault: "\UFFFFFFFF" overflows it
        raise Unusable(Finding((), "what follows here is not YAML", SYNTAX_REMEDY, place)) from None


def _syntax(error: MarkedYAMLError, last: Place) -> Finding:
    problem = error.problem or ""
    never_closed = "end of stream" in problem or "stream end" in problem
    mark = error.context_mark if never_closed else error.problem_mark
    place = last if mark is None else _at(mark)
    for theirs, message, remedy in SYNTAX:
        if theirs in problem:
            return Finding((), message, remedy, place)
    return Finding((), f"this is not YAML: {problem[:MOST_QUOTED]}", SYNTAX_REMEDY, place)


def _unacceptable(text: str, offset: int) -> Finding:
    message = f"the control character U+{ord(text[offset]):04X} stands here"
    return Finding((), message, "Remove it.", place_of_offset(text, offset))


def place_of(event: Event) -> Place:
    """Return where an event begins."""
    return _at(event.start_mark)


def _at(mark: Mark) -> Place:
    return Place(mark.line + 1, mark.column + 1)
