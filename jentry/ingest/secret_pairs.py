"""Names and values inside text: `password=x`, `"token": "x"`. PROTOCOL section 12.1."""

import re
from collections.abc import Callable

from jentry.ingest.secret_looks import FILTERED, Rule

# One of these is in every secret name, however it is spelled. Plain text at the start of each
# choice is what makes the search fast; whether the whole name is secret is asked afterwards.
PARTS = (
    "pass|secret|api.?key|access.?key|private.?key|signing.?key|encryption.?key|auth|credential"
    "|token|bearer|jwt|pwd|csrf|xsrf|sessid|sess.id|session.?id|cookie|credit.?card|card.?number"
    "|cvv|ssn|otp"
)
REST = 32  # characters of a name after such a part
TAIL = 20 + REST + 12  # bytes before a separator: part, rest, quotes and blanks
AROUND_NAME = b" \t\r\n'\"\\]"  # what may stand between a name and its separator
MOST_NAMES = 10_000
SEPARATOR = r"(?P<sep>\\*[\"']?\]?\s{0,3}(?:=>|:=|=(?![=~])|:(?![:/])|%3[dD])\s{0,3})"
VALUE = (
    r"[bu]?\"(?P<double>(?:[^\"\\\r\n]|\\.)*)|[bu]?'(?P<single>(?:[^'\\\r\n]|\\.)*)"
    r"|(?P<quote>\\+[\"'])(?P<escaped>[^\r\n]*?)(?=(?P=quote)|$|[\r\n])"
    r"|\{(?P<object>[^{}]*)|(?P<bare>[^\s\"'<>&;]+)"
)
AFTER_PART = re.compile(rf"(?P<rest>[\w.\[\]-]{{0,{REST}}}?){SEPARATOR}(?:{VALUE})")
ENCLOSED = ("double", "single", "escaped", "object")
NAME_BEFORE = re.compile(r"[\w.\[\]-]{0,64}\Z")
NO_NAME = re.compile(r"(?:error|exception|failure|failed|warning)$", re.IGNORECASE)
# The values of these have blanks and separators in them.
HEADER = re.compile(r"(?:authorization|cookie)$", re.IGNORECASE)
HEADER_VALUE = re.compile(r"[^\"'\\\r\n&]*[^\s\"'\\&]")
NOTHING = frozenset(("", "none", "null", "nil", "true", "false", "undefined", "[filtered]"))

Span = tuple[int, int]


class Pairs:
    """Hides the values of what `is_secret` says are secret names; `more` are a project's words."""

    def __init__(self, is_secret: Callable[[str], bool], more: tuple[str, ...] = ()) -> None:
        self._is_secret = is_secret
        parts = "|".join([PARTS, *(re.escape(word.lower()) for word in more if word)])
        self._part = re.compile(parts)
        self._part_in_bytes = re.compile(parts.encode())
        self._harmless: set[bytes] = set()  # words that no secret name ends in
        self.in_text = Rule(self._may_apply, lambda text: self._hide(text, literals_only=False))
        # Of a line of code only literals are hidden: `token = read()` gives nothing away.
        self.in_source = Rule(self._may_apply, lambda text: self._hide(text, literals_only=True))

    def _may_apply(self, _: bytes, lower: bytes) -> bool:
        """Looks at the two words before every `=` or `:`; most are old acquaintances."""
        befores = [part for sign in (b"=", b"%3d") for part in lower.split(sign)[:-1]]
        tails = [before[-TAIL:].rstrip(AROUND_NAME).rpartition(b"\n")[2] for before in befores]
        names = {b" ".join(tail.rsplit(b" ", 2)[-2:]) for tail in tails}
        for name in names - self._harmless:
            if self._has_part(name):
                return True
            if len(self._harmless) >= MOST_NAMES:
                self._harmless.clear()
            self._harmless.add(name)
        return False

    def _has_part(self, name: bytes) -> bool:
        return any(b" " not in name[m.end() :] for m in self._part_in_bytes.finditer(name))

    def _hide(self, text: str, *, literals_only: bool) -> str:
        if "=" not in text and ":" not in text.replace("://", "") and "%3" not in text:
            return text
        lower = text.lower()
        if len(lower) != len(text):  # some letters of Turkish: positions would differ
            lower = text
        kept: list[str] = []
        done = 0
        for part in self._part.finditer(lower):
            if part.start() >= done and (match := AFTER_PART.match(text, part.end())):
                span = self._secret(text, part.start(), match)
                is_literal = match["bare"] is None and match["object"] is None
                if span and (is_literal or not literals_only):
                    kept += (text[done : span[0]], FILTERED)
                    done = span[1]
        return "".join([*kept, text[done:]]) if kept else text

    def _secret(self, text: str, start: int, match: re.Match[str]) -> Span | None:
        """Where the value stands, if it is one and its name is secret."""
        before = text[max(start - 128, 0) : start]
        prefix = name[0] if (name := NAME_BEFORE.search(before)) else ""
        full = prefix + text[start : match.end("rest")]
        before = before.removesuffix(prefix)
        if not self._is_secret(full) or NO_NAME.search(full) or _is_syntax_error(before):
            return None
        for kind in ENCLOSED:
            if (value := match[kind]) is not None:
                return None if value.lower() in NOTHING else match.span(kind)
        at = match.start("bare")
        if HEADER.search(full) and (whole := HEADER_VALUE.match(text, at)):
            return None if match["bare"].startswith(FILTERED) else whole.span()
        value = match["bare"].split("%26")[0].rstrip(",)]}.")
        if value.lower() in NOTHING or value.startswith("[Filtered"):
            return None
        if ":" in match["sep"] and not _is_data(match, before, value):
            return None
        return at, at + len(value)


def _is_syntax_error(before: str) -> bool:
    """`Unexpected token: x` is about grammar."""
    return before.rstrip().lower().endswith(("unexpected", "illegal"))


def _is_data(match: re.Match[str], before: str, value: str) -> bool:
    """Whether `name: value` is no prose: the name quoted, a digit in the value, or a whole line."""
    if '"' in match["sep"] or "'" in match["sep"]:
        return True
    if before.endswith("/"):  # the end of a path, and what came of asking for it
        return False
    if any(char.isdigit() for char in value):
        return True
    after = match.string[match.end() :].partition("\n")[0]
    return not after.strip() and not before.rpartition("\n")[2].strip(" \t-{,")
