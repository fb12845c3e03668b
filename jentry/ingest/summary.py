"""The one line of a text that says what happened. README: Titles."""

import re

MAX_TEXT = 4000  # characters that are looked at

# `views/cart.ejs:3`, `(views/cart.njk) [Line 1, Column 20]`: the place in a template, and its lines
PLACE = re.compile(
    r'"?[^"]{1,300}\.\w{1,8}(?::\d{1,9}){1,2}"?:?|\([^()]{1,300}\) \[Line \d+, Column \d+\]'
)
EXCERPT = re.compile(r"(?:>{1,2} *)?\d+\||-*\^+")
STRUCTURE = ("[", "{")
MESSAGE = re.compile(
    r"""(["'])(?:message|msg)\1\s*:\s*(["'])((?>(?:(?!\2)[^\\]|\\.)+))""", re.DOTALL
)
REASON = re.compile(
    r"""(["'])(?:error|detail|details|reason|error_description|title)\1"""
    r"""\s*:\s*(["'])((?>(?:(?!\2)[^\\]|\\.)+))""",
    re.DOTALL,
)
COLOUR = re.compile(r"\x1b\[[\d;]{0,20}[A-Za-z]")
# Control characters, and those that turn the direction of what follows.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]+")
ANONYMOUS_CLASS = "@anonymous"
ANONYMOUS = re.compile("(?<=@anonymous)[\0\ufffd][^\\s$]{0,500}(?:\\$[0-9a-f]{1,8})?")
RAISED = "** ("  # what Elixir's log says in the line after


def summary(value: str) -> str:
    """The first line that says something; empty where none does."""
    value = value[:MAX_TEXT].lstrip()
    if value.isprintable() and not value.startswith(STRUCTURE) and ANONYMOUS_CLASS not in value:
        return value  # as nearly all: one line
    if value.startswith(STRUCTURE):
        value = _within(value)
    lines = [line for line in value.splitlines() if line.strip()]
    if len(lines) > 1 and PLACE.fullmatch(lines[0].strip()):
        lines = [found for line in lines[1:] if not EXCERPT.match(found := line.lstrip())] or lines
    if not lines:
        return ""
    first, follows = lines[0], lines[1].strip() if len(lines) > 1 else ""
    if follows and PLACE.fullmatch(follows) and first.endswith(" in"):
        return printable(f"{first.removesuffix(' in')}: {lines[-1].strip()}")
    if follows and first.rstrip().endswith(":"):
        return printable(f"{first.rstrip()} {follows}")
    if follows.startswith(RAISED):
        return printable(f"{first}: {follows}")
    return printable(first)


def printable(line: str) -> str:
    """Without colours, control characters and the path that PHP puts into an anonymous class."""
    if ANONYMOUS_CLASS in line:
        line = ANONYMOUS.sub("", line)
    if line.isprintable():
        return line
    return " ".join(UNSEEN.sub(" ", COLOUR.sub("", line)).split())


def _within(value: str) -> str:
    """The first message in JSON or the like; without any all of it in a line."""
    found = MESSAGE.search(value) or REASON.search(value)
    if found:
        return found[3].replace("\\n", "\n").replace('\\"', '"')
    return " ".join(value.split()) if value.splitlines()[0] in STRUCTURE else value
