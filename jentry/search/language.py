"""Text -> a tree of conditions, or one sentence that says what is wrong and where.

    any    = all { "OR" all }                 all  = term { ["AND"] term }
    term   = ("-" | "!" | "NOT") term | "(" any ")" | filter | phrase
    filter = key ":" [">" | ">=" | "<" | "<="] value  |  key ":[" value { "," value } "]"

What is not clearly language is text, as it was pasted.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from jentry.errors import BadRequest
from jentry.search import fields, values
from jentry.search.fields import TAG, Field
from jentry.search.tree import Either, Every, Match, Node, Not, Text, Value
from jentry.search.values import Given, Wrong

LONGEST = 500  # characters
MOST_TERMS = 50
MOST_LEVELS = 20
TAG_NAME = r"[^\]\s]{1,200}"  # between brackets
KEY = re.compile(rf"(?:tags\[({TAG_NAME})\]|([^\W\d][\w.-]*)):")
OPERATOR = re.compile(r"[<>]=?")
BLANKS = re.compile(r"\s*")
WORD = re.compile(r"(?:OR|AND|NOT)(?=[\s()]|$)")
NEGATED = re.compile(r"[-!](?=[^\W\d]|[\"(])")

HasTag = Callable[[str], bool]


class Bad(BadRequest):
    """A search that says nothing; the sentence begins with the parameter's name."""

    def __init__(self, words: str, at: int, meant: str | None = None) -> None:
        guess = f" Did you mean {meant}?" if meant else ""
        super().__init__(f"search: {words} (character {at}).{guess}")


def parse(text: str, has_tag: HasTag, now: datetime, *, is_strict: bool = False) -> Node | None:
    """None when nothing is asked for. `has_tag` knows the keys of tags; a strict search takes no
    unknown name for text. Raises Bad.
    """
    if len(text) > LONGEST:
        raise Bad(f"it is longer than {LONGEST} characters", LONGEST + 1)
    return _Parser(text, has_tag, now, is_strict).run()


def pinned(text: str, has_tag: HasTag, now: datetime) -> str:
    """The search as it is kept: it says the same when there are other tags tomorrow. Raises Bad."""
    if parse(text, has_tag, now) is None:
        return ""
    parser = _Parser(text, has_tag, now, is_strict=False)
    parser.run()
    for begin, end, words in reversed(parser.pins):
        text = text[:begin] + words + text[end:]
    if len(text) > LONGEST:
        raise Bad(f"as it is saved it is longer than {LONGEST} characters", LONGEST + 1)
    return text.strip()


class _Parser:
    def __init__(self, text: str, has_tag: HasTag, now: datetime, is_strict: bool) -> None:
        self.text = text
        self.has_tag = has_tag
        self.now = now
        self.is_strict = is_strict
        self.at = 0
        self.terms = 0
        self.depth = 0  # of parentheses that are open
        self.levels = 0  # of all that encloses
        self.pins: list[tuple[int, int, str]] = []  # what depends on the tags, and what does not

    def run(self) -> Node | None:
        self.skip()
        return None if self.is_done else self.any()

    @property
    def is_done(self) -> bool:
        return self.at >= len(self.text)

    def bad(self, words: str, index: int, meant: str | None = None) -> Bad:
        return Bad(words, index + 1, meant)

    def skip(self) -> None:
        found = BLANKS.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def looks_at(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def word(self) -> str:
        """The operator that stands here."""
        found = WORD.match(self.text, self.at)
        return found[0] if found else ""

    def any(self) -> Node:
        parts = [self.all()]
        while self.word() == "OR":
            self.step_over("OR")
            parts.append(self.all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def all(self) -> Node:
        if (word := self.word()) in ("OR", "AND"):
            raise self.bad(f"{word} has nothing on its left", self.at)
        parts = [self.term()]
        while True:
            self.skip()
            word = self.word()
            if self.is_done or self.is_closing or word == "OR":
                break
            if word == "AND":
                self.step_over("AND")
            parts.append(self.term())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def step_over(self, word: str) -> None:
        begin = self.at
        self.at += len(word)
        self.skip()
        if self.is_done or self.is_closing or self.word() in ("OR", "AND"):
            raise self.bad(f"{word} has nothing on its right", begin)

    @property
    def is_closing(self) -> bool:
        return self.depth > 0 and self.looks_at(")")

    def term(self) -> Node:
        self.levels += 1
        if self.levels > MOST_LEVELS:
            raise self.bad(f"it is more than {MOST_LEVELS} levels deep", self.at)
        try:
            if self.is_negated():
                return Not(self.term())
            if self.is_group():
                return self.group()
            self.terms += 1
            if self.terms > MOST_TERMS:
                raise self.bad(f"it has more than {MOST_TERMS} terms", self.at)
            return self.filter() or self.phrase()
        finally:
            self.levels -= 1

    def is_negated(self) -> bool:
        """Steps over it, too."""
        if end := self.negation():
            self.at = end
            return True
        return False

    def negation(self) -> int:
        """Where what is negated begins; 0 when nothing is. `NOT` before a word is text."""
        if found := NEGATED.match(self.text, self.at):
            return found.end()
        if self.word() != "NOT":
            return 0
        blanks = BLANKS.match(self.text, self.at + len("NOT"))
        begin = blanks.end() if blanks else self.at
        is_language = self.text[begin : begin + 1] in ('"', "(") or self.is_filter(begin)
        return begin if is_language or NEGATED.match(self.text, begin) else 0

    def is_group(self) -> bool:
        return self.looks_at("(") and not self.looks_at("()")

    def group(self) -> Node:
        begin = self.at
        self.at += 1
        self.depth += 1
        self.skip()
        if self.is_done:
            raise self.bad("a parenthesis is not closed", begin)
        if self.is_closing:
            raise self.bad("there is nothing between the parentheses", begin)
        found = self.any()
        self.skip()
        if not self.is_closing:
            raise self.bad("a parenthesis is not closed", begin)
        self.at += 1
        self.depth -= 1
        return found

    # Filters -------------------------------------------------------------------------------------

    def key(self, begin: int) -> tuple[re.Match[str], Field, str] | None:
        """What names a field or tag at a place, followed by a value; with the key of the tag."""
        found = KEY.match(self.text, begin)
        if found is None or self.is_text(found.end()):
            return None
        tag, name = found.groups()
        if tag is None and (field := fields.named(name)):
            return found, field, field.tag or field.name
        if tag is not None and not self.is_strict:
            return found, TAG, tag
        key = name if tag is None else tag
        return (found, TAG, key) if self.has_tag(key) else None

    def is_text(self, end: int) -> bool:
        """Whether what follows a colon makes it text: `TypeError: x`, `std::x`, `http://x`."""
        rest = self.text[end : end + 2]
        return not rest.strip() or rest[0] in ": \t\n\r" or rest == "//" or self.closes(end)

    def closes(self, index: int) -> bool:
        return self.depth > 0 and self.text.startswith(")", index)

    def is_filter(self, begin: int) -> bool:
        """Raises Bad for a name that is none and seems to be meant for one."""
        if self.key(begin):
            return True
        found = KEY.match(self.text, begin)
        if found is None or self.is_text(found.end()):
            return False
        name = found[1] or found[2]
        meant = fields.meant(name)
        if meant or self.is_strict:
            raise self.bad(f"{name} is no field and no tag", begin, meant)
        return False

    def filter(self) -> Node | None:
        if not self.is_filter(self.at) or (known := self.key(self.at)) is None:
            return None
        begin, (found, field, key) = self.at, known
        about = replace(field, name=key) if field is TAG else field
        if field is TAG and found[1] is None:
            self.pins.append((begin, found.end(), f"tags[{key}]:"))
        self.at = found.end()
        operator = OPERATOR.match(self.text, self.at)
        if operator:
            self.at = operator.end()
        sign = operator[0] if operator else ""
        named = tuple(value for given in self.given() for value in self.value(about, sign, given))
        return Match(field, key, named, begin + 1)

    def value(self, field: Field, sign: str, given: Given) -> tuple[Value, ...]:
        try:
            return values.read(field, sign, given, self.now)
        except Wrong as wrong:
            raise Bad(wrong.words, given.at, wrong.meant) from None

    def given(self) -> list[Given]:
        if not self.looks_at("["):
            return [self.one(frozenset())]
        begin = self.at
        self.at += 1
        found = []
        while True:
            self.skip()
            found.append(self.one(frozenset(",]")))
            self.skip()
            if self.looks_at("]"):
                self.at += 1
                return found
            if not self.looks_at(","):
                raise self.bad("a list is not closed", begin)
            self.at += 1

    def one(self, ends: frozenset[str]) -> Given:
        begin = self.at
        if self.looks_at('"'):
            return Given(self.quoted(), begin + 1, is_quoted=True)
        text = self.run_of_text(ends)
        return Given(text, begin + 1)

    # Text ----------------------------------------------------------------------------------------

    def quoted(self) -> str:
        begin, letters = self.at, ""
        self.at += 1
        while not self.is_done:
            letter = self.text[self.at]
            if letter == '"':
                self.at += 1
                return letters
            if letter == "\\" and self.text[self.at + 1 : self.at + 2] in ('"', "\\"):
                self.at += 1
                letter = self.text[self.at]
            letters += letter
            self.at += 1
        raise self.bad("a quote is not closed", begin)

    def run_of_text(self, ends: frozenset[str] = frozenset()) -> str:
        """As far as a blank, or a parenthesis that closes one outside of the run."""
        begin, open_ = self.at, 0
        while not self.is_done:
            letter = self.text[self.at]
            if letter.isspace() or letter in ends:
                break
            if letter == "(":
                open_ += 1
            elif letter == ")":
                if not open_ and self.depth:
                    break
                open_ = max(open_ - 1, 0)
            self.at += 1
        return self.text[begin : self.at]

    def phrase(self) -> Node:
        begin = end = self.at
        if self.looks_at('"'):
            quoted = [self.quoted()]
            while self.looks_at('*"'):
                self.at += 1
                quoted.append(self.quoted())
            if not all(quoted):
                raise self.bad("there is nothing between the quotes", begin)
            return Text(tuple(quoted), begin + 1)
        while not self.is_done and not (end > begin and self.is_language()):
            self.run_of_text()
            end = self.at
            self.skip()
        self.at = end
        text = self.text[begin:end]
        parts = tuple(filter(None, Given(text, begin + 1).pattern))  # it may begin anywhere
        if any(letter in text for letter in ":)"):
            self.pins.append((begin, end, "*".join(map(values.quoted, parts))))
        return Text(parts or ("",), begin + 1)

    def is_language(self) -> bool:
        """Whether a phrase ends before what stands here."""
        if self.is_closing or self.looks_at('"') or self.is_group():
            return True
        if self.word() in ("OR", "AND"):
            return True
        return bool(self.negation()) or self.is_filter(self.at)
