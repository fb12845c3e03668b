"""Names and values inside text: `password=x`, `"token": "x"`, `Authorization: x`. PROTOCOL 12.1."""

import re
from collections.abc import Callable

from jentry.ingest.secret_looks import FILTERED, Rule

# The words of secret names with the punctuation that may stand inside them.
SPELLINGS = (
    r"passw|passphrase|secret|(?:api|access|private|signing|encryption)[-_. ]?key|auth|credential"
    r"|token|bearer|jwt|_pwd|_pass(?![a-z])|csrf|xsrf|sess(?:ion)?[-_. ]?id|set[-_]?cookie"
    r"|credit[-_. ]?card|card[-_. \[]?number|cvv"
)
# One of these is in every spelling, and in `cookie`; each is plain text, which makes it fast.
PARTS = (
    "pass|secret|api.?key|access.?key|private.?key|signing.?key|encryption.?key|auth|credential"
    "|token|bearer|jwt|pwd|csrf|xsrf|sessid|sess.id|session.?id|cookie|card|cvv"
)
SEPARATOR = r"\\*[\"']?\]?\s{0,3}(?:=>|:=|=(?![=~])|:(?![:/])|%3[dD])\s{0,3}"
VALUE = (
    r"[bu]?\"(?P<double>(?:[^\"\\\r\n]|\\.)*)|[bu]?'(?P<single>(?:[^'\\\r\n]|\\.)*)"
    r"|(?P<quote>\\+[\"'])(?P<escaped>[^\r\n]*?)(?=(?P=quote)|$|[\r\n])"
    r"|\{(?P<object>[^{}]*)|(?P<bare>[^\s\"'<>&;]+)"
)
ENCLOSED = ("double", "single", "escaped", "object")
# All of these headers is secret, blanks and separators included.
HEADER = re.compile(
    r"((?:authorization|cookie)\\*[\"']?\s{0,3}(?:=>|[:=])\s{0,3}[bu]?\\*[\"']?)"
    r"(?!\[Filtered\])[^\s\"'\\&](?:[^\"'\\\r\n&]*[^\s\"'\\&])?",
    re.IGNORECASE,
)
NOTHING = frozenset(("", "none", "null", "nil", "true", "false", "undefined", "[filtered]"))
NAME_BEFORE = re.compile(r"[\w.\[\]-]{0,64}\Z")
NO_NAME = re.compile(r"(?:error|exception|failure|failed|warning)$", re.IGNORECASE)
REST = 32  # characters of a name after the word that makes it secret
TAIL = 20 + REST + 12  # bytes before a separator: word, rest, blanks and punctuation


class Pairs:
    """Hides the values of what `is_secret` says are secret names; `more` are a project's words."""

    def __init__(self, is_secret: Callable[[str], bool], more: tuple[str, ...] = ()) -> None:
        own = [re.escape(word.lower()) for word in more if word]
        self._is_secret = is_secret
        name = rf"(?:{'|'.join([SPELLINGS, *own])})[\w.\[\]-]{{0,{REST}}}?"
        self._pair = re.compile(rf"(?P<name>{name})(?P<sep>{SEPARATOR})(?:{VALUE})", re.IGNORECASE)
        parts = "|".join([PARTS, *own])
        self._part = re.compile(parts)
        self._part_in_bytes = re.compile(parts.encode())
        self.in_text = Rule(self._may_apply, self._hide)
        self.in_source = Rule(self._may_apply, self._hide_literals)

    def _may_apply(self, _: bytes, lower: bytes) -> bool:
        """Looks at the word before every `=` or `:` inside a string; the keys of JSON are none."""
        inside = lower.replace(b'\\"', b"'").replace(b'"=', b'"').replace(b"%3d", b"=")
        tails = b"\n".join([part[-TAIL:] for part in inside.split(b"=")[:-1]]) + b"\n"
        for match in self._part_in_bytes.finditer(tails):
            rest = tails[match.end() : tails.index(b"\n", match.end())]
            if b" " not in rest.rstrip(b" '\\]"):
                return True
        return False

    def _hide(self, text: str) -> str:
        if not self._has_pair(text):
            return text
        return self._pair.sub(self._hide_pair, HEADER.sub(rf"\1{FILTERED}", text))

    def _hide_literals(self, line: str) -> str:
        """Of a line of code only literals are hidden: `token = read()` gives nothing away."""
        return self._pair.sub(self._hide_literal, line) if self._has_pair(line) else line

    def _has_pair(self, text: str) -> bool:
        is_separated = "=" in text or ":" in text or "%3" in text
        return is_separated and self._part.search(text.lower()) is not None

    def _hide_literal(self, match: re.Match[str]) -> str:
        is_literal = match["bare"] is None and match["object"] is None
        return self._hide_pair(match) if is_literal else match[0]

    def _hide_pair(self, match: re.Match[str]) -> str:
        before = match.string[max(match.start() - 128, 0) : match.start()]
        start = NAME_BEFORE.search(before)
        prefix = start[0] if start else ""
        name, before = prefix + match["name"], before.removesuffix(prefix)
        if not self._is_secret(name) or NO_NAME.search(name) or _is_syntax_error(before):
            return match[0]
        for kind in ENCLOSED:
            if (value := match[kind]) is not None:
                return match[0] if value.lower() in NOTHING else _replaced(match, kind, len(value))
        value = match["bare"].split("%26")[0].rstrip(",)]}.")
        if value.lower() in NOTHING or value.startswith("[Filtered"):
            return match[0]
        if ":" in match["sep"] and not _is_data(match, before, value):
            return match[0]
        return _replaced(match, "bare", len(value))


def _replaced(match: re.Match[str], kind: str, length: int) -> str:
    start = match.start(kind) - match.start()
    return match[0][:start] + FILTERED + match[0][start + length :]


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
