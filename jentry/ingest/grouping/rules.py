"""Fingerprint rules: lines of a text, the first that fits an event says how it is grouped. Pure.

error.type:DatabaseUnavailable                 -> system-down
function:assertion_failed !module:foo.*        -> {{ default }}, {{ transaction }}
message:"connection to * lost" level:warning   -> lost-connection title="Connection lost"
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jentry.byte_cache import Recent
from jentry.ingest.grouping.fingerprint import MEMBER, VARIABLE, VARIABLES, fill, is_default
from jentry.ingest.grouping.parts import Event
from jentry.ingest.grouping.rule_facts import (
    BOOLEANS,
    OF_EVENTS,
    OF_EXCEPTIONS,
    OF_FRAMES,
    Facts,
    Thing,
)
from jentry.matching import lines
from jentry.matching.globs import Glob
from jentry.matching.lines import LONGEST_PATTERN, TAG

MOST = 100  # rules: each is compared with every event
NO_FINGERPRINT = "Say how the events are grouped: -> and a fingerprint."
MOST_MATCHERS, MOST_VALUES = 10, 20  # of a rule
LONGEST_TITLE = 200
KINDS = {**OF_EVENTS, **OF_EXCEPTIONS, **OF_FRAMES}
NAMES = [*OF_EVENTS, "error.type", "error.value", *dict.fromkeys(OF_FRAMES.values())]
SEPARATORS = {"file": "/", "module": "."}  # of what may be given by its last parts
VALUE = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.){0,400})"|(?P<bare>(?>(?:\{\{\s{0,9}[^\s{}]{1,220}\s{0,9}\}\}|[^\s",]){1,400}))'
)
TITLE = re.compile(r'title="((?:[^"\\]|\\.){0,400})"')
BETWEEN = re.compile(r"[\s,]*")
COMPILED_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Matcher:
    kind: str  # what it is compared with: of KINDS, or that of a tag
    pattern: str
    negated: bool

    @cached_property
    def globs(self) -> tuple[Glob, ...]:
        """The whole of it, or of files and modules its last parts."""
        separator = SEPARATORS.get(self.kind)
        if separator is None:
            return (Glob(self.pattern),)
        return Glob(self.pattern), Glob(f"*{separator}{self.pattern.lstrip(separator)}")

    @cached_property
    def needle(self) -> str:
        """What stands in every text that fits."""
        needle = self.globs[0].needle
        return needle.lstrip(separator) if (separator := SEPARATORS.get(self.kind)) else needle

    def holds(self, values: tuple[str, ...]) -> bool:
        return any(glob.fits(value) for glob in self.globs for value in values) != self.negated


@dataclass(frozen=True)
class Rule:
    line: int  # from 1
    written: str  # its matchers
    matchers: tuple[Matcher, ...]
    values: tuple[str, ...]  # of the fingerprint, variables unfilled
    title: str

    @cached_property
    def _needles(self) -> list[tuple[str, str]]:
        return [
            (matcher.kind, matcher.needle)
            for matcher in self.matchers
            if not matcher.negated and matcher.kind != "app" and matcher.needle
        ]

    @cached_property
    def _groups(self) -> tuple[list[Matcher], list[Matcher], list[Matcher]]:
        """Of the event, of one exception, of one frame."""
        exceptions, frames = set(OF_EXCEPTIONS.values()), set(OF_FRAMES.values())
        return (
            [m for m in self.matchers if m.kind not in exceptions | frames],
            [m for m in self.matchers if m.kind in exceptions],
            [m for m in self.matchers if m.kind in frames],
        )

    def fits(self, facts: Facts) -> bool:
        """Matchers of exceptions must hold of one and the same, and those of frames."""
        if any(needle not in facts.text(kind) for kind, needle in self._needles):
            return False
        of_event, of_exception, of_frame = self._groups
        return (
            all(matcher.holds(facts.values(matcher.kind)) for matcher in of_event)
            and (not of_exception or _one(of_exception, facts.exceptions))
            and (not of_frame or _one(of_frame, facts.frames))
        )


def _one(matchers: list[Matcher], things: Sequence[Thing]) -> bool:
    return any(all(matcher.holds(thing[matcher.kind]) for matcher in matchers) for thing in things)


class Compiled(tuple[Rule, ...]):
    """The rules of a text; counted as what they may come to hold."""

    def __sizeof__(self) -> int:
        return sum(1000 + 1500 * len(rule.matchers) for rule in self)


_compiled: Recent[str, Compiled] = Recent(COMPILED_BYTES)


def compiled(written: str) -> Compiled:
    """Lines that are none are passed over: an erasure may have cut them."""
    found: Compiled | None = _compiled.get(written)
    if found is None:
        found = Compiled(parse(written)[0])
        _compiled.put(written, found)
    return found


def apply(written: str, event: Event) -> Rule | None:
    """Have the event carry what the first rule that fits says of it, if there is one."""
    event.pop(MEMBER, None)
    rule = first(written, event) if written else None
    if rule is not None:
        title = fill(rule.title, event) if rule.title else ""
        event[MEMBER] = {"rule": rule.written, "values": list(rule.values), "title": title}
    return rule


def first(written: str, event: Event) -> Rule | None:
    facts = Facts(event)
    return next((rule for rule in compiled(written) if rule.fits(facts)), None)


def parse(written: str) -> tuple[list[Rule], list[str]]:
    """The rules, and what is wrong with the other lines: `line 3: …`."""
    return lines.read(written, _rule, MOST)


class _Wrong(Exception):
    pass


def _rule(number: int, line: str) -> Rule | str:
    try:
        matchers, place = _matchers(line)
        values, title = _fingerprint(line, place)
    except _Wrong as wrong:
        return str(wrong)
    return Rule(number, line[:place].strip(), matchers, values, title)


def _matchers(line: str) -> tuple[tuple[Matcher, ...], int]:
    """And where the arrow stands."""
    found: list[Matcher] = []
    place = 0
    while not line.startswith("->", place):
        negated = line.startswith("!", place)
        matcher = lines.matcher(line, place + negated)
        if matcher is None:
            raise _Wrong(
                f"{_at(line, place)} is no matcher such as error.type:TimeoutError."
                if line[place:]
                else NO_FINGERPRINT
            )
        end = matcher.end + len(line[matcher.end :]) - len(line[matcher.end :].lstrip())
        if end == len(line):
            raise _Wrong(NO_FINGERPRINT)
        if end == matcher.end:
            raise _Wrong(f"A blank is missing after {matcher.written[:60]}.")
        found.append(_matcher(matcher, negated))
        place = end
    if not found:
        raise _Wrong("Say which events: a matcher such as error.type:TimeoutError.")
    if len(found) > MOST_MATCHERS:
        raise _Wrong(f"There are more than {MOST_MATCHERS} matchers.")
    return tuple(found), place


def _matcher(said: lines.Matcher, negated: bool) -> Matcher:
    name, pattern = said.name, said.pattern
    if not lines.is_name(name, KINDS):
        raise _Wrong(f"{name[:60]} is none of {', '.join(NAMES)} and tags.NAME.")
    if len(pattern) > LONGEST_PATTERN:
        raise _Wrong(f"The pattern is longer than {LONGEST_PATTERN} characters.")
    kind = KINDS.get(name, name)
    if kind == "app":
        if pattern.lower() not in BOOLEANS:
            raise _Wrong("app is yes or no.")
        pattern = BOOLEANS[pattern.lower()]
    if kind == "file":
        pattern = pattern.replace("\\", "/")
    return Matcher(kind, pattern, negated)


def _fingerprint(line: str, place: int) -> tuple[tuple[str, ...], str]:
    """The values after the arrow, and the title."""
    values: list[str] = []
    title = ""
    place = _after(line, place + 2)
    while place < len(line):
        if given := TITLE.match(line, place):
            title, end = lines.unescaped(given[1]).strip(), given.end()
            _check_variables(title, f"The title {title[:60]!r}")
        elif found := VALUE.match(line, place):
            bare, end = found["bare"], found.end()
            values.append(lines.unescaped(found["quoted"]) if bare is None else bare)
        else:
            raise _Wrong(f"The quotes of {_at(line, place)} do not end.")
        place = _after(line, end)
    if not any(values):
        raise _Wrong(NO_FINGERPRINT)
    if len(values) > MOST_VALUES:
        raise _Wrong(f"The fingerprint has more than {MOST_VALUES} values.")
    if len(title) > LONGEST_TITLE:
        raise _Wrong(f"The title is longer than {LONGEST_TITLE} characters.")
    for value in values:
        if not is_default(value):
            _check_variables(value, f"The value {value[:60]!r}")
    return tuple(filter(None, values)), title


def _after(line: str, place: int) -> int:
    found = BETWEEN.match(line, place)
    return found.end() if found else place


def _at(line: str, place: int) -> str:
    return repr(line[place : place + 40].split(" ")[0])


def _check_variables(value: str, what: str) -> None:
    for name in _variables(value):
        if name == "default":
            raise _Wrong(f"{what} has {{{{ default }}}}, which can only stand alone.")
        if name not in VARIABLES and not (name.startswith(TAG) and len(name) > len(TAG)):
            raise _Wrong(f"{what} has {{{{ {name[:60]} }}}}, which is no variable.")


def _variables(value: str) -> Iterator[Any]:
    return (found[1] for found in VARIABLE.finditer(value))
