"""What stands after the colon: words, numbers, times, patterns."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

from jentry import clock
from jentry.search.fields import OF_TOOLS, STATE_NAMES, STATES, Field
from jentry.search.tree import Pattern, Range, Value
from jentry.vocabulary import EVENT_TYPES, LEVELS, MAX_ID

NUMBER = re.compile(r"([0-9]{1,12})([km]?)", re.IGNORECASE)
TIMES = {"k": 1000, "m": 1_000_000, "": 1}
AGO = re.compile(r"([-+])([0-9]{1,6})([mhdw])", re.IGNORECASE)
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,3})?Z?)?",
    re.IGNORECASE,
)
TRACE = re.compile(r"[0-9a-f]{32}")
SHORT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*-([0-9]{1,16})")
YES, NO = ("yes", "true", "1"), ("no", "false", "0")
COMPARED = ("level", "number", "time")  # kinds


class Wrong(ValueError):
    """`words` say what is wrong with a value, `meant` what may have been meant."""

    def __init__(self, words: str, meant: str | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.meant = meant


@dataclass(frozen=True, slots=True)
class Given:
    """A value as it was typed, without its quotes."""

    text: str
    at: int
    is_quoted: bool = False

    @property
    def pattern(self) -> Pattern:
        if self.is_quoted:
            return (self.text,)
        return tuple(re.split(r"\*+", self.text))


def quoted(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def written(text: str) -> str:
    """A value as the language writes it: between quotes only where it must be."""
    is_odd = text[:1] in ("", ":", "<", ">") or text.startswith("//")
    if is_odd or any(letter.isspace() or letter in '"*[](),' for letter in text):
        return quoted(text)
    return text


def read(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    """Raises Wrong."""
    if operator and field.kind not in COMPARED:
        raise Wrong(f"{field.name} cannot be compared with {operator}")
    if not given.text:
        raise Wrong(f"{field.name} has no value")
    reader = READERS.get(field.kind)
    return reader(field, operator, given, now) if reader else (given.pattern,)


def _state(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    word = given.text.lower()
    word = STATE_NAMES.get(word, word)
    return (_one_of(word, (*STATES, *OF_TOOLS), "is no state of an issue"),)


def _word(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    return (_one_of(given.text.lower(), EVENT_TYPES, "is no type of an issue"),)


def _one_of(word: str, words: tuple[str, ...], what: str) -> str:
    if word in words:
        return word
    found = get_close_matches(word, words, 1, 0.6)
    raise Wrong(f"{word} {what}", found[0] if found else None)


def _level(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    place = LEVELS.index(_one_of(given.text.lower(), LEVELS, "is no level"))
    chosen = {
        "": LEVELS[place : place + 1],
        ">": LEVELS[:place],  # the worst stands first
        ">=": LEVELS[: place + 1],
        "<": LEVELS[place + 1 :],
        "<=": LEVELS[place:],
    }
    return chosen[operator]


def _switch(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    word = given.text.lower()
    if word not in YES + NO:
        raise Wrong(f"{field.name} is yes or no")
    is_handled = (word in YES) == (field.name == "error.handled")
    return (("yes" if is_handled else "no",),)


def _id(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    """The number that `SHOP-42` ends in says which."""
    found = SHORT_ID.fullmatch(given.text)
    text = found[1] if found else given.text.removeprefix("#")
    if not (text.isascii() and text.isdecimal() and int(text[:17]) <= MAX_ID and len(text) < 17):
        raise Wrong(f"{given.text} is no id of an issue")
    return (int(text),)


def _trace(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    if not (found := trace_id(given.text)):
        raise Wrong(f"{given.text} is no trace id of 32 hexadecimal digits")
    return (found,)


def trace_id(text: str) -> str:
    """As it is compared; nothing when it is none."""
    plain = text.lower().replace("-", "")
    return plain if TRACE.fullmatch(plain) else ""


def _text(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    return (given.pattern,)


def _given(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    return (given.text,)


def _user(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    """Only hashes are kept, of whole values and of what follows an address's `@`."""
    pattern = given.pattern
    is_domain = (
        len(pattern) == 2 and not pattern[0] and pattern[1].startswith("@")
        and field.name in ("user", "user.email")
    )  # fmt: skip
    if len(pattern) > 1 and not is_domain:
        raise Wrong(f"{field.name} compares whole values; only user.email:*@acme.test has a star")
    return (pattern,)


def _number(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    low, dots, high = given.text.partition("..")
    first = _count(low)
    if dots:
        if operator:
            raise Wrong("a range is not compared")
        return (Range(first, _count(high) + 1),)
    ranges = {
        "": Range(first, first + 1),
        ">": Range(first + 1, None),
        ">=": Range(first, None),
        "<": Range(None, first),
        "<=": Range(None, first + 1),
    }
    return (ranges[operator],)


def _count(text: str) -> int:
    if not (found := NUMBER.fullmatch(text)):
        raise Wrong(f"{text or 'nothing'} is no number such as 100 or 1k")
    return int(found[1]) * TIMES[found[2].lower()]


def _time(field: Field, operator: str, given: Given, now: datetime) -> tuple[Value, ...]:
    first, dots, last = given.text.partition("..")
    if dots:
        if operator:
            raise Wrong("a range is not compared")
        return (Range(_span(first, now)[0], _span(last, now)[1]),)
    begin, end = _span(first, now)
    if (ago := AGO.fullmatch(first)) and not operator:
        return (Range(begin, None) if ago[1] == "-" else Range(None, begin),)
    ranges = {
        "": Range(begin, end),
        ">": Range(end, None),
        ">=": Range(begin, None),
        "<": Range(None, begin),
        "<=": Range(None, end),
    }
    return (ranges[operator],)


def _span(text: str, now: datetime) -> tuple[str, str]:
    """The first instant of what was written, and the first after it."""
    try:
        if ago := AGO.fullmatch(text):
            begin = now - timedelta(**{UNITS[ago[3].lower()]: int(ago[2])})
            return clock.timestamp(begin), clock.timestamp(begin + timedelta(milliseconds=1))
        if found := INSTANT.fullmatch(text):
            day, minute, second, fraction = found.groups()
            written = f"{day}T{minute or '00:00'}{second or ''}{fraction or ''}"
            begin = datetime.fromisoformat(written).replace(tzinfo=UTC)
            if fraction:
                length = timedelta(milliseconds=1)
            elif second:
                length = timedelta(seconds=1)
            else:
                length = timedelta(minutes=1) if minute else timedelta(days=1)
            return clock.timestamp(begin), clock.timestamp(begin + length)
    except (ValueError, OverflowError):
        pass
    raise Wrong(f"{text or 'nothing'} is no time such as -24h, +7d or 2026-06-01")


Reader = Callable[[Field, str, Given, datetime], tuple[Value, ...]]
READERS: dict[str, Reader] = {
    "state": _state, "word": _word, "level": _level, "switch": _switch, "id": _id, "text": _text,
    "person": _given, "has": _given, "project": _given, "always": _given,
    "user": _user, "number": _number, "time": _time, "trace": _trace,
}  # fmt: skip
