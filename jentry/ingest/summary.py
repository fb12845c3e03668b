"""The one line of a text that says what happened. README: Titles."""

import json
import re
from html import unescape
from itertools import dropwhile

MAX_TEXT = 4000  # characters that are looked at

# `views/cart.ejs:3`, `(views/cart.njk) [Line 1, Column 20]`: the place in a template, and its lines
PLACE = re.compile(
    r'"?(?:(?!: )[^"]){1,300}\.\w{1,8}(?::\d{1,9}){1,2}"?:?|ejs:\d{1,9}'
    r"|\([^()]{1,300}\) \[Line \d+, Column \d+\]"
)
EXCERPT = re.compile(r"(?:>{1,2} *)?\d+\||-*\^+")
STRUCTURE = ("[", "{", "<")
WITHIN_LIST = ("{", "[", '"', "'")
QUOTED = r"""\1\s*:\s*(["'])((?>(?:(?!\2)[^\\]|\\.)+))"""
TEXTS = tuple(
    re.compile(rf"""(["'])(?:{names}){QUOTED}""", re.DOTALL)
    for names in ("message|msg", "error_description|details?|reason", "error|title")
)
PAGE = re.compile(r"<(?:!doctype html|html)\b", re.IGNORECASE)
PAGE_TITLE = re.compile(r"<(?:title|h1)\b[^>]{0,200}>\s*([^<\s][^<]{0,300})<", re.IGNORECASE)
XML = re.compile(r"<(?:\?xml|(?:\w{1,20}:)?(?:envelope|fault|error)\b)", re.IGNORECASE)
XML_TEXT = re.compile(
    r"<(?:\w{1,20}:)?(?:faultstring|message|reason|text|description|detail|error)\b[^>]{0,200}>"
    r"\s*([^<\s][^<]{0,300})<",
    re.IGNORECASE,
)
COLOUR = re.compile(r"\x1b\[[\d;]{0,20}[A-Za-z]")
# Control characters, and those that turn the direction of what follows.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]+")
SURROGATE = re.compile("[\ud800-\udfff]")
ANONYMOUS_CLASS = "@anonymous"
ANONYMOUS = re.compile("(?<=@anonymous)[\0\ufffd][^\\s$]{0,500}(?:\\$[0-9a-f]{1,8})?")
RAISED = "** ("  # what Elixir's log says in the line after
REPORTED = "** "  # each line of a report of Erlang
REASON = "** Reason for termination"
TRACEBACK = "Traceback (most recent call last):"
RAISED_IN_PYTHON = re.compile(r"[A-Za-z_][\w.]{0,200}(?:: |:?$)")
WORD = re.compile(r"\w")
BOX = "══╡"  # what Flutter puts over an error
OPEN = ("{", "[", "(", ",")
STATEMENT = re.compile(r"(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\b|(?:select|with|update)$")
RPC = "of RPC that terminated with:"  # of gRPC in Python
RPC_STATUS = re.compile(r'status = (?:StatusCode\.)?(\w{1,40})\s+details = "([^"\n]{1,1000})"')
TRACED = ", stack:"  # what React Native puts a trace behind


def summary(value: str) -> str:
    """The first line that says something; empty where none does."""
    shown = value[:MAX_TEXT].strip()
    if shown.isprintable() and not shown.startswith(STRUCTURE) and ANONYMOUS_CLASS not in shown:
        return shown  # as nearly all: one line
    if TRACEBACK in shown[:500]:
        return printable(_of_traceback(value))
    return printable(_said(_within(shown) if shown.startswith(STRUCTURE) else shown))


def said_at_the_end(line: str) -> str:
    """Of one that goes on in JSON the beginning and the text in that; else the whole."""
    head, brace, rest = line.partition('{"')
    text = _text_within(brace + rest) if brace else None
    return line if text is None else printable(head + summary(text))


def _said(value: str) -> str:
    lines = _lines(value)
    if not lines:
        return ""
    if len(lines) == 1:
        return lines[0].lstrip()
    first, follows = lines[0].strip(), lines[1].strip()
    if first.startswith(REPORTED) and not first.startswith(RAISED):
        return _of_report(lines)
    if PLACE.fullmatch(follows) and first.endswith(" in"):
        return f"{first.removesuffix(' in')}: {lines[-1].strip()}"
    if first.endswith(RPC) and (found := RPC_STATUS.search(value)):
        return f"{found[1]}: {found[2]}"
    if first.endswith(TRACED):
        return first.removesuffix(TRACED)
    if first.endswith(":"):
        return f"{first} {_whole(_after_rules(lines[1:])).strip()}"
    return f"{first}: {follows}" if follows.startswith(RAISED) else _whole(lines)


def _lines(value: str) -> list[str]:
    """Those that say something: no rule or box at the beginning, no lines of a template."""
    lines = [line for line in value.splitlines() if line.strip()]
    if len(lines) < 2:
        return lines
    lines = _after_rules(lines)
    if PLACE.fullmatch(lines[0].strip()):
        lines = [line for line in lines[1:] if not EXCERPT.match(line.lstrip())] or lines
    return lines


def _after_rules(lines: list[str]) -> list[str]:
    return (
        list(dropwhile(lambda line: line.startswith(BOX) or not WORD.search(line), lines)) or lines
    )


def _whole(lines: list[str]) -> str:
    """The first line, and those after it where it ends in the middle of something."""
    first = lines[0].strip()
    if first.startswith(STRUCTURE):
        return _within("\n".join(lines)).partition("\n")[0]
    if first.endswith(OPEN) or STATEMENT.match(first):
        return " ".join(" ".join(lines).split())
    return lines[0].lstrip()


def _of_report(lines: list[str]) -> str:
    """`Generic server cart terminating`, and why."""
    said = [line.removeprefix(REPORTED).strip() for line in lines]
    at = next((i for i, line in enumerate(lines[:-1]) if line.startswith(REASON)), None)
    return said[0] if at is None else f"{said[0]}: {said[at + 1]}"


def _of_traceback(value: str) -> str:
    """What was raised, which is the last line of it, after the line before it."""
    before, _, trace = value.partition(TRACEBACK)
    lines = reversed(trace[-MAX_TEXT:].splitlines())
    raised = next((line for line in lines if RAISED_IN_PYTHON.match(line)), "")
    first = (_lines(before) or [""])[0].strip().rstrip(":")
    said = first if WORD.search(first) else ""
    return f"{said}: {raised}" if said and raised else said or raised or TRACEBACK


def printable(line: str) -> str:
    """Without colours, control characters and the path that PHP puts into an anonymous class."""
    if ANONYMOUS_CLASS in line:
        line = ANONYMOUS.sub("", line)
    if line.isprintable():
        return line
    return " ".join(UNSEEN.sub(" ", COLOUR.sub("", line)).split())


def _within(value: str) -> str:
    """The text in JSON, or the like, a page or XML; without any all of it in a line."""
    if value.startswith("<"):
        return _within_markup(value)
    if value.startswith("[") and not value[1:].lstrip().startswith(WITHIN_LIST):
        return value  # `[ERROR] disk full`
    if (text := _text_within(value)) is not None:
        return text
    return " ".join(value.split()) if value.splitlines()[0] in STRUCTURE else value


def _text_within(structure: str) -> str | None:
    found = next(filter(None, (pattern.search(structure) for pattern in TEXTS)), None)
    return _unescaped(found[3]) if found else None


def _within_markup(value: str) -> str:
    pattern = PAGE_TITLE if PAGE.match(value) else XML_TEXT if XML.match(value) else None
    found = pattern.search(value) if pattern else None
    return unescape(found[1]) if found else value


def _unescaped(string: str) -> str:
    """Of what JSON has between quotes; other languages quote alike."""
    try:
        return SURROGATE.sub("\ufffd", json.loads(f'"{string}"', strict=False))
    except ValueError:
        return string.replace("\\n", "\n").replace('\\"', '"')
