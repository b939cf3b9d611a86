"""From YAML text to plain values and the place of each. Knows YAML, and nothing of what a kiosk is.

Built on ruamel's event stream, not on its constructor: every key keeps its place, doubled keys are all reported, and
nothing is ever built from a tag or copied by an alias. YAML 1.2 core: ``no`` is text and ``017`` is seventeen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from kiosk.config.faults import UNREAD, Finding, Place, Trail, Tree, shown
from kiosk.config.reading import Unusable
from kiosk.config.syntax import events_of, place_of

MOST_DEPTH = 20  # sections within sections; kiosk.yaml needs four

WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?[0-9]{1,18}")  # longer ones are read as floats: no pin or count is that long
OCTAL = re.compile(r"0o[0-7]{1,18}")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,15}")
DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True, slots=True)
class Document:
    """A file's values, the place of every key and list entry, and what was wrong in the YAML itself."""

    sections: dict[str, Tree]
    places: Mapping[Trail, Place]
    findings: tuple[Finding, ...]

    def place(self, trail: Trail) -> Place:
        """Return the place of *trail*, or of what would hold it if it were there."""
        while trail not in self.places:
            trail = trail[:-1]
        return self.places[trail]


def read_document(text: str) -> Document:
    """Read the text of one YAML document. Raises ``Unusable`` where reading has to stop.

    The first of two equal keys counts; values that are refused read as ``UNREAD``.
    """
    builder = _Builder(text)
    root = builder.document()
    if not isinstance(root, dict):
        message = f"the file must hold sections such as `kiosk:` and `slots:`, not {_root_text(root)}"
        raise Unusable(Finding((), message, "Start each section at the left margin.", builder.places[()]))
    return Document(root, builder.places, tuple(builder.findings))


def _root_text(root: Tree) -> str:
    return "an alias or a tag" if root is UNREAD else shown(root)


class _Builder:
    """Builds values from events, one after the other."""

    def __init__(self, text: str) -> None:
        self.places: dict[Trail, Place] = {}
        self.findings: list[Finding] = []
        self._events = events_of(text)

    def document(self) -> Tree:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), StreamEndEvent):
            remedy = "Write at least the sections kiosk, items and slots."
            raise Unusable(Finding((), "the file is empty", remedy, Place(1, 1)))
        root = self._value(next(self._events), ())
        next(self._events)  # the end of the document
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                message = "a second document begins here"
                raise Unusable(Finding((), message, "Remove this line; one file holds one kiosk.", place_of(event)))
        return root

    def _value(self, event: Event, trail: Trail) -> Tree:
        self.places.setdefault(trail, place_of(event))
        if isinstance(event, ScalarEvent):
            return self._scalar(event, trail)
        if isinstance(event, AliasEvent):
            alias = shown(f"*{event.anchor}")
            return self._refused(event, trail, f"the alias {alias} repeats another part of the file")
        if len(trail) >= MOST_DEPTH:
            message = f"this is nested more than {MOST_DEPTH} deep"
            raise Unusable(Finding((), message, "Check the brackets and the indentation.", place_of(event)))
        value = self._list(trail) if isinstance(event, SequenceStartEvent) else self._section(trail)
        return value if _tag(event) is None else self._refused_tag(event, trail)

    def _list(self, trail: Trail) -> Tree:
        values: list[Tree] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            values.append(self._value(event, (*trail, len(values))))
        return values

    def _section(self, trail: Trail) -> Tree:
        section: dict[str, Tree] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            self._entry(event, trail, section)
        return section

    def _entry(self, event: Event, trail: Trail, section: dict[str, Tree]) -> None:
        """Read one ``key: value`` into *section*; a key that is doubled or no text is reported and left out."""
        key = self._key(event, trail)
        if key is None:
            self._value(next(self._events), (*trail, "?"))
            return
        there = (*trail, key)
        doubled = key in section
        if doubled:
            message = f"is written twice; the first is in line {self.places[there].line}"
            self.findings.append(Finding(there, message, "Remove one of the two.", place_of(event)))
        self.places.setdefault(there, place_of(event))
        value = self._value(next(self._events), there)
        if not doubled:
            section[key] = value

    def _key(self, event: Event, trail: Trail) -> str | None:
        if isinstance(event, ScalarEvent) and _tag(event) is None and not _unprintable(event.value):
            return str(event.value)
        if not isinstance(event, ScalarEvent):
            self._value(event, (*trail, "?"))
        message = "a key must be plain text"
        self.findings.append(Finding(trail, message, "Write `key: value`; quote text in braces.", place_of(event)))
        return None

    def _scalar(self, event: ScalarEvent, trail: Trail) -> Tree:
        if _tag(event) is not None:
            return self._refused_tag(event, trail)
        if bad := _unprintable(event.value):
            return self._refused(event, trail, f"holds the control character U+{ord(bad):04X}")
        text = str(event.value)
        return _meaning(text) if event.implicit[0] else text

    def _refused_tag(self, event: Event, trail: Trail) -> Tree:
        return self._refused(event, trail, f"the tag {shown(_tag(event))} means nothing here")

    def _refused(self, event: Event, trail: Trail, message: str) -> Tree:
        self.findings.append(Finding(trail, message, "Write the plain value here.", place_of(event)))
        return UNREAD


def _tag(event: Event) -> str | None:
    tag: str | None = getattr(event, "tag", None)
    return tag and tag.replace("tag:yaml.org,2002:", "!!", 1)


def _unprintable(text: str) -> str | None:
    return next((one for one in text if unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t"), None)


def _meaning(text: str) -> Tree:
    """Return what unquoted text means in YAML 1.2's core schema."""
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if OCTAL.fullmatch(text) or HEXADECIMAL.fullmatch(text):
        return int(text, 0)
    if NO_NUMBER.fullmatch(text):
        return float(text.replace(".", ""))
    return float(text) if DECIMAL.fullmatch(text) else text
