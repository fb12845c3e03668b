"""Names and values inside text: `password=x`, `"token": "x"`, `--secret x`, `<pin>x</pin>`."""

import re
from collections.abc import Callable

from jentry.ingest.scrubbing.names import stays, words
from jentry.ingest.scrubbing.rows import FILTERED, Budget
from jentry.ingest.scrubbing.shapes import (
    AFTER_PART,
    BARE,
    BARE_START,
    BEFORE_NAME,
    BRACKET,
    EXPRESSION,
    FORM_PART,
    HEADER_VALUE,
    PARTS_IN_TEXT,
    PLACEHOLDER,
    PLAIN,
    QUOTED,
    STATES,
    WORDS_OF_CODE,
    WRAPPER,
    XML_TEXT,
    any_of,
)  # fmt: skip

NO_NAME = re.compile(
    r"(?:error|exception|failure|failed|warning"
    r"|\.(?:[cm]?[jt]sx?|py|rb|php|go|java|kts?|rs|exs?|cs|vb|swift|mm?|[ch]|cc|cpp|hpp|dart|scala"
    r"|clj|erl|lua|p[lm]|vue|svelte|ya?ml|json|xml|toml|ini|conf|txt|log|sh|sql|html?|css))$",
    re.IGNORECASE,
)
HEADER = re.compile(r"(?:authorization|cookie)$", re.IGNORECASE)
DIGITS_ONLY = re.compile(r"(?:otp|pin|cvv2?|cvc2?|code|tan|ssn|pass)$")  # three may be all of it
PASSWORD = re.compile(r"pass(?:word|wd|phrase|code)?$|requirepass$|masterauth$", re.IGNORECASE)
NUMBER = re.compile(r"\d{1,5}(?::\d{1,5})?$")
METAVARIABLE = re.compile(r"[A-Z][A-Z_]{2,}$")
NOTHING = frozenset(("", "none", "null", "nil", "true", "false", "undefined", "[filtered]"))

# Without one of these nothing stands between a name and a value.
SEPARATED = re.compile(r"[=>%\"'`：]|:(?!//)|(?<![^\s])-|(?i:requirepass|masterauth|login)")
Span = tuple[int, int]


class Pairs:
    """Hides the values of what `is_secret` says are secret names; `more` are a project's words."""

    def __init__(self, is_secret: Callable[[str], bool], more: tuple[str, ...] = ()) -> None:
        self._is_secret = is_secret
        words_of_project = (re.escape(word.lower()) for word in more if word)
        self._part = re.compile(any_of((*PARTS_IN_TEXT, *words_of_project)))
        self.in_text = lambda text, budget: self._hide(text, budget, literals_only=False)
        # Of a line of code only literals are hidden: `token = read()` gives nothing away.
        self.in_source = lambda text, budget: self._hide(text, budget, literals_only=True)

    def _hide(self, text: str, budget: Budget, *, literals_only: bool) -> str:
        if not SEPARATED.search(text):
            return text
        lower = text.lower()
        if len(lower) != len(text):  # some letters of Turkish: positions would differ
            lower = text
        kept: list[str] = []
        done = 0
        for part in self._part.finditer(lower):
            if part.start() < done or not (match := AFTER_PART.match(text, part.end())):
                continue
            if text.startswith(FILTERED, match.end()):
                continue
            if not budget.spend():
                return "".join([*kept, text[done : part.start()], FILTERED])
            span = _Pair(text, part.start(), match).value(self._is_secret, literals_only)
            if span and span[0] < span[1]:
                kept += (text[done : span[0]], FILTERED)
                done = span[1]
        return "".join([*kept, text[done:]]) if kept else text


class _Pair:
    """A name in a text, and what may be its value."""

    __slots__ = ("after", "before", "kind", "match", "name", "text")

    def __init__(self, text: str, start: int, match: re.Match[str]) -> None:
        self.text = text
        self.match = match
        self.kind = str(match.lastgroup if match.lastgroup != "sign" else "pair")
        backwards = BEFORE_NAME.match(text[max(start - 64, 0) : start][::-1])
        prefix = backwards[0][::-1] if backwards else ""
        self.name = prefix + text[start : match.end("rest")]
        self.before = text[max(start - len(prefix) - 64, 0) : start - len(prefix)]
        self.after = match.end()

    def value(self, is_secret: Callable[[str], bool], literals_only: bool) -> Span | None:
        """Where it stands; None when there is none, or when it is no secret."""
        if not is_secret(self.name) or NO_NAME.search(self.name):
            return None
        if self.kind == "pair":
            return self._assigned(literals_only)
        if literals_only and self.kind not in ("comma", "member"):
            return None
        return getattr(self, "_" + self.kind)()  # type: ignore[no-any-return]

    @property
    def is_closed(self) -> bool:
        return bool(self.match["close"].strip("]?"))

    def _assigned(self, literals_only: bool) -> Span | None:
        before = self.before
        if before[-1:] in ("`", "'", "‘") and self.match["pair"] == "=":
            return None  # the name of a method: `password='
        if before.rstrip().lower().endswith(("unexpected", "illegal")):
            return None  # about grammar
        at = WRAPPER.match(self.text, self.after).end()  # type: ignore[union-attr]
        if HEADER.search(self.name) and not literals_only and (span := self._header(at)):
            return span
        if span := self._quoted(at):
            return span
        if literals_only or self.text[at : at + 1] in ("'", '"', "`"):
            return None
        if self.text[at : at + 1] in ("[", "{", "("):
            return self._bracketed(at)
        return self._bare(at)

    def _quoted(self, at: int) -> Span | None:
        found = PLAIN.match(self.text, at) or QUOTED.match(self.text, at)
        if not found:
            return None
        kind = str(found.lastgroup)
        value = found[kind]
        is_open = value.lower() in NOTHING or PLACEHOLDER.fullmatch(value[:40])
        return None if is_open or stays(self.name, value) else found.span(kind)

    def _header(self, at: int) -> Span | None:
        """All of it, for there are blanks and separators in it; cookies are pairs themselves."""
        text = self.text
        if text[at : at + 1] in ('"', "'", "[", "{", "(", "\\"):
            return None
        found = HEADER_VALUE.match(text, at, at + 8192)
        value = found[0].rstrip() if found else ""
        if value.startswith(FILTERED[:9]) or (
            words(self.name)[-6:] == "cookie" and "=" not in value
        ):
            return None
        is_prose = value.partition(" ")[0].lower() in STATES
        return None if is_prose else (at, at + len(value))

    def _bracketed(self, at: int) -> Span | None:
        """What stands in brackets, as deep as they go; to the end of a text that was cut."""
        sign = self.match["sign"]
        is_symbol = self.before.endswith(":")  # `{:password=>["x"]}`
        is_data = self.is_closed or is_symbol or sign not in (":", "=>") or self.text[at - 1] == ":"
        if not is_data or (self.text[at] == "(" and sign != "="):
            return None
        depth, end = 0, len(self.text)
        for found in BRACKET.finditer(self.text, at):
            if found[0] in "[({":
                depth += 1
            elif found[0] in "])}":
                depth -= 1
                if not depth:
                    end = found.start()
                    break
        value = self.text[at + 1 : end]
        if not value.strip() or value.startswith((FILTERED[:9], "{", "%")):
            return None
        return None if PLACEHOLDER.fullmatch(value[:40]) else (at + 1, end)

    def _bare(self, at: int) -> Span | None:
        found = BARE.match(self.text, at, at + BARE_START)
        if not found:
            return None
        value = found[0].rstrip(",)]}.")
        if not value or self._is_no_secret(value, at):
            return None
        if self.match["sign"] in (":", "：") and not self._is_data(value, at):
            return None
        whole = BARE.match(self.text, at)
        return at, at + len(whole[0].rstrip(",)]}.") if whole else "")

    def _is_no_secret(self, value: str, at: int) -> bool:
        lower = value.lower()
        if lower in NOTHING or lower in WORDS_OF_CODE or stays(self.name, value):
            return True
        if PLACEHOLDER.fullmatch(value) or EXPRESSION.match(self.text, at, at + BARE_START):
            return True
        return lower == self.name.lower() or (
            self.match["sign"] == "=>" and not self.match["close"]
        )

    def _is_data(self, value: str, at: int) -> bool:
        """Whether `name: value` is no prose, no place in a file and no status."""
        if self.is_closed:
            return True
        if self.before.endswith("/") or "=" in value[:-2]:
            return False
        is_tight = at - self.match.start("sign") == 1
        if NUMBER.fullmatch(value):
            is_code = DIGITS_ONLY.search(words(self.name))
            return bool(is_code) or (
                len(value) > 3 and not (is_tight and self._is_place(at, value))
            )
        if any(char.isdigit() for char in value):
            return not (is_tight and ":" in value)
        if value.lower() in STATES:
            return False
        end = at + len(value)
        after = self.text[end : end + 80].partition("\n")[0].strip()
        if not after and not self.before.rpartition("\n")[2].strip(" \t-{,*#"):
            return True
        if "is" in self.match["pair"].split():
            return not after
        is_inside = any(bracket in self.before for bracket in "{[(")
        return is_inside and (after[:1] in ("}", "]", ",") or bool(NEXT_NAME.match(after)))

    def _is_place(self, at: int, value: str) -> bool:
        return (
            "." in self.name
            or "-" in self.name
            or self.text[at + len(value) : at + len(value) + 1] in (":", ")")
        )

    def _reject(self) -> Span | None:
        return self._quoted(self.after) or self._until(self.after, "]")

    def _until(self, at: int, sign: str) -> Span | None:
        end = self.text.find(sign, at, at + 4096)
        return (at, end) if end > at else None

    def _php(self) -> Span | None:
        return self._quoted(self.after)

    def _member(self) -> Span | None:
        at = WRAPPER.match(self.text, self.after).end()  # type: ignore[union-attr]
        if span := self._quoted(at):
            return span
        found = BARE.match(self.text, at)
        is_value = found and not PLACEHOLDER.fullmatch(found[0][:40])
        return found.span() if found and is_value else None

    def _comma(self) -> Span | None:
        """A pair of two, or an option and its argument in a list; not a list of names."""
        opening = self.before.rstrip("\"'`\\bB<").rstrip()[-1:]
        is_option = self.name.startswith("-")
        if not is_option and (opening not in ("(", "[", "{") or CALL.search(self.before)):
            return None  # `get("token", "none")` gives nothing away, `put("token", "x1")` does
        at = WRAPPER.match(self.text, self.after).end()  # type: ignore[union-attr]
        found = PLAIN.match(self.text, at)
        if not found or not (self.is_closed or self.before.endswith("{")):
            return None
        value = found[found.lastgroup or 0]
        is_pair = self.text[found.end() + 1 : found.end() + 3].lstrip(">")[:1] in (
            ")",
            "]",
            "}",
            "",
        )
        if not (is_option or is_pair) or value.startswith("-") or not value:
            return None
        return None if PLACEHOLDER.fullmatch(value[:40]) else found.span(found.lastgroup or 0)

    def _part(self) -> Span | None:
        """A part of a form, whose name stands in its header."""
        if 'name="' not in self.before[-12:]:
            return None
        found = FORM_PART.match(self.text, self.after)
        return found.span() if found and found[0].strip() not in ("", FILTERED) else None

    def _text(self) -> Span | None:
        """Of an element called so, or whose name is an attribute or the element before it."""
        opened = self.before[-40:]
        if not (OPENED.search(opened) or NAMED.search(opened)):
            return None
        found = XML_TEXT.match(self.text, self.after)
        if not found or found["xml"].startswith(FILTERED[:9]) or stays(self.name, found["xml"]):
            return None
        return None if PLACEHOLDER.fullmatch(found["xml"][:40]) else found.span("xml")

    def _blank(self) -> Span | None:
        """The argument of an option, or a password in quotes, or one of .netrc."""
        is_option = self.name.startswith("-") and len(self.name) > 2
        is_password = PASSWORD.search(self.name)
        is_keyword = is_password and self.before.endswith(":")
        is_netrc = is_password and LOGIN.search(self.before)
        at = self.after
        if (is_option or is_password) and (span := self._quoted(at)):
            value = self.text[span[0] : span[1]]
            return None if value.lower() in STATES or "=" in self.match["close"] else span
        if not (
            is_option
            or is_netrc
            or is_keyword
            or self.name.lower() in ("requirepass", "masterauth")
        ):
            return None
        found = BARE.match(self.text, at)
        value = found[0] if found else "-"
        if (
            value[0] in "-[(|"
            or value.lower() in STATES
            or METAVARIABLE.fullmatch(value.rstrip("]"))
        ):
            return None
        if stays(self.name, value) or PLACEHOLDER.fullmatch(value[:40]):
            return None
        return at, at + len(value)


CALL = re.compile(
    r"(?<![\w.])(?!(?:\w{0,32}\.){0,3}(?:set|put|add|append|define|of|header|with)\w{0,32}\()[\w.]{1,64}"
    r"\([\"'`bB]{0,2}$",
    re.IGNORECASE,
)
NEXT_NAME = re.compile(r",?\s?[\w.-]{1,40}:")
OPENED = re.compile(r"(?:<|&lt;)(?:[\w.-]{1,32}:)?$")
NAMED = re.compile(
    r"(?:name|key|id|property)\s?=\s?[\"']$|<(?:name|key|td|th|dt|label|b|strong)>$", re.IGNORECASE
)
LOGIN = re.compile(r"\blogin\s+\S{1,64}\s+$")
