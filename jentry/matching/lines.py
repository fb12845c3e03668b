"""Texts of rules: one a line, `#` before a comment; what is wrong is told by line."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

LONGEST = 20_000  # characters of a text
LONGEST_PATTERN = 300
MOST_TOLD = 10  # wrong lines of a text
TAG = "tags."
MATCHER = re.compile(
    r'(?P<name>[^\s:"!]{1,220}):'
    r'(?:"(?P<quoted>(?:[^"\\]|\\.){1,400})"|(?P<bare>[^\s"]{1,400}))'
)
ESCAPED = re.compile(r'\\(["\\])')

Rule = TypeVar("Rule")


@dataclass(frozen=True, slots=True)
class Matcher:
    name: str
    pattern: str
    written: str
    end: int  # its place in the line


def matcher(line: str, start: int = 0) -> Matcher | None:
    r"""The `name:pattern` that stands there; in quotes a pattern may have blanks, `\"` and `\\`."""
    found = MATCHER.match(line, start)
    if found is None:
        return None
    pattern = found["bare"] if found["quoted"] is None else unescaped(found["quoted"])
    return Matcher(found["name"], pattern, found[0], found.end())


def unescaped(quoted: str) -> str:
    return ESCAPED.sub(r"\1", quoted)


def is_name(name: str, known: object) -> bool:
    """One of the known names, or that of a tag."""
    is_tag = name.startswith(TAG) and len(name) > len(TAG)
    return is_tag or name in known  # type: ignore[operator]


def read(
    written: str, rule: Callable[[int, str], Rule | str], most: int
) -> tuple[list[Rule], list[str]]:
    """The rules, and what is wrong with the other lines: `line 3: …`. `rule` makes one of the
    number of a line and its text, or says what is wrong with it.
    """
    found: list[Rule] = []
    wrong: list[str] = []
    numbers = []
    for number, line in enumerate(written.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        made = rule(number, bare)
        if isinstance(made, str):
            wrong.append(f"line {number}: {made}")
        else:
            found.append(made)
            numbers.append(number)
    if len(found) > most:
        wrong.append(f"line {numbers[most]}: There are more than {most} rules.")
    return found[:most], wrong


def number_of(sentence: str) -> int:
    """The line that a sentence is about."""
    return int(sentence.partition(":")[0].removeprefix("line "))
