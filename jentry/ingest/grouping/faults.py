"""What an exception's type, message and source line say about who is to blame."""

import re

from jentry.byte_cache import bounded
from jentry.ingest.grouping.parametrise import parametrise
from jentry.ingest.grouping.wordings import FAILURES
from jentry.ingest.grouping.words import (
    ARITHMETIC,
    BUILT_IN,
    CALLER_FAULTS,
    FAULTS,
    FILLERS,
    GENERIC,
    GO_STANDARD,
    MORE_FAULTS,
    TYPE_NAMES,
    UNPARSABLE,
    VAGUE,
    words,
)

STACK_OVERFLOW = re.compile(r"(?i:maximum call stack|stack overflow|too much recursion)")
OVERFLOWS = words("RecursionError SystemStackError StackOverflowError StackOverflowException")
MAYBE_OVERFLOWS = frozenset(("RangeError", "InternalError", "Error"))

GIVEN_NOTHING = re.compile(
    r"^(?:Cannot (?:read|set|access|destructure) propert.{0,80}? of (?:undefined|null)\b"
    r"(?! \(reading '\d)"  # of what a pattern did not match
    r"|Null check operator used on a null|'NoneType' object |undefined method .{1,80} for nil"
    r"|.{0,20}(?:undefined|null) is not an object|Object reference not set"
    r"|(?:Cannot invoke|Attempt to invoke) .{1,300} (?:is null$|on a null object)"
    r"|no match of right hand side value:"
    r"|Attempt to read property .{1,80} on null|Call to a member function .{1,80} on null)"
)
DIVIDED = re.compile(r"^(?:/ by zero|Illegal (?:division|modulus) |.{0,40}divi\w+ by zero)")
RAISE = re.compile(r"\b(?:raise|throw|panic!?|bail!|ensure!|fail|abort|die|trigger_error|assert)\b")
LANGUAGES = words("java javax kotlin scala System std core alloc dart errors fmt runtime os net")
CONSTRUCTORS = words("__construct __init__ constructor new initialize ctor <init>")
STRING = re.compile(r"""(["'`])((?>(?:\\.?|(?!\1)[^\\])*))(?:\1|$)""")
HOLE = re.compile(
    r"[$#]?\{[^{}]*\}|%(?:\(\w+\))?[-#0 +]*+[\d.]*+[a-zA-Z]|\\(?:x\w{2}|u\w{4}|U\w{8}|.)"
)
WORD = re.compile(r"[^\W\d_]{2,}")
MAX_WORDS = 12
ABOUT_DATA = words("parse json yaml xml csv date decode")

NAMED = re.compile(
    r"""["'`](\w{1,80})["'`]|(?<!\w):(\w{1,80})|\$(\w{1,80})|\b(\w{1,80})\(\)"""
    r"|\bUndefined \w{1,20}: (\w{1,80})"  # PHP 7
)
CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")

VARIABLE = re.compile(r"[$@]\{?\w+\}?(?:->)?(?:[\[{]\w+[\]}])*")  # of Perl, in a text
FAILED = words("failed failure error exception aborted")
ADDED = re.compile(r"[:;,(\n](?:\s|$)| at (?=\S+ line \d)|[.](?:\s|$)")
# Of which a program tells what it was given: texts, and atoms of Elixir.
QUOTED = re.compile(r""""[^"\n]{0,200}"|'[^'\n]{0,200}'|(?<![\w:]):[a-z]\w{0,80}""")
MARKER = re.compile(r"<\w{1,20}>")
MANGLED = re.compile(r"(?<![\w$.'\"])[A-Za-z_$][\w$]?(?=[.(\[]| is | as |'| before)")


def short_name(kind: str) -> str:
    """`java.lang.NullPointerException`, `App\\Shop\\Error`, `Shop::Error`: the last part."""
    return kind.replace("::", ".").replace("\\", ".").rpartition(".")[2]


def is_constructor(function: str, kind: str) -> bool:
    """Whether it only makes the exception: `new HttpError`, `HttpError::__construct`, or `::of`."""
    owner, dot, name = function.removeprefix("new ").replace("::", ".").rpartition(".")
    if kind and owner == kind.replace("::", "."):
        return True
    if dot and name in CONSTRUCTORS:
        name = short_name(owner)
    return bool(kind) and name == short_name(kind)


def is_fault(kind: str, platform: str) -> bool:
    """Whether the language raises this by itself; programs may raise it too."""
    if platform == "php" and kind == "Error":
        return True
    return short_name(kind) in FAULTS or kind.startswith(("runtime.", "*runtime."))


def is_found_by_language(kind: str) -> bool:
    return short_name(kind) in MORE_FAULTS


def is_out_of_range(kind: str) -> bool:
    """Whether a library was asked for a part that is not there, by whoever called it."""
    return short_name(kind) == "ArgumentOutOfRangeException"


def is_arithmetic(kind: str, value: str) -> bool:
    """Whether something was divided by zero, in the words or by the type of the language."""
    if short_name(kind) in ARITHMETIC:
        return True
    return "zero" in value and DIVIDED.search(value) is not None


def was_given_nothing(value: str) -> bool:
    """Whether something was asked of what is not there, in the words of its language."""
    return GIVEN_NOTHING.match(value) is not None


def is_fault_of_caller(kind: str) -> bool:
    return short_name(kind) in CALLER_FAULTS


def is_unparsable(kind: str) -> bool:
    """Whether a parser of the language's or a library's found a text that is none of its format."""
    return short_name(kind) in UNPARSABLE


@bounded(256 * 1024)
def is_own(kind: str) -> bool:
    """Whether the application made this type: not one of the language, nor one for anything."""
    package, _, name = kind.replace("::", ".").replace("\\", ".").lstrip("*").rpartition(".")
    if package.partition(".")[0] in LANGUAGES or name in BUILT_IN or name.startswith("NS"):
        return False
    return any(part.lower() not in VAGUE for part in CAMEL.findall(name)[:-1])


def is_vague(kind: str) -> bool:
    """Whether a Go error's type leaves open what happened: `*errors.errorString`, `*app.Error`."""
    package, _, name = kind.lstrip("*").rpartition(".")
    parts = CAMEL.findall(name)
    return package in GO_STANDARD or all(part.lower() in GENERIC for part in parts)


def is_about_data(kind: str) -> bool:
    """Whether a type says that a text is of the wrong form; the rest tells where in the text."""
    return any(part.lower() in ABOUT_DATA for part in CAMEL.findall(short_name(kind)))


@bounded(512 * 1024)
def is_raise(line: str) -> bool:
    return RAISE.search(line) is not None


def is_stack_overflow(kind: str, value: str) -> bool:
    name = short_name(kind)
    return name in OVERFLOWS or (name in MAYBE_OVERFLOWS and bool(STACK_OVERFLOW.search(value)))


def literal_words(line: str, value: str) -> str:
    """The words between quotes: what the program itself says here, in one language.

    Of several texts those that the message repeats, if there are any.
    """
    texts = _literals(line)
    if len(texts) > 1:
        said = set(WORD.findall(value[:400]))
        texts = [part for part in texts if said.issuperset(part)] or texts
    return " ".join([word for part in texts for word in part][:MAX_WORDS])


def template(line: str, message: str) -> str:
    """The words of the text in this line that the message was made from, if it adds but few."""
    said = WORD.findall(message[:400])
    texts = [part for part in _literals(line) if set(said).issuperset(part)] if line else []
    longest = max(texts, key=len, default=[])
    is_made_from_it = len(longest) >= 2 and len(said) - len(longest) <= len(longest) / 2
    return " ".join(longest[:MAX_WORDS]) if is_made_from_it else ""


def told_words(kind: str, value: str, line: str) -> list[str]:
    """What a text says is wrong, in the words of its line if that raises."""
    if is_unparsable(kind):
        return []
    told = literal_words(VARIABLE.sub(" ", line), value) if is_raise(line) else ""
    if not told or told.rpartition(" ")[2] in FAILED:
        told = text_words(value)
    return [told] if told else []


@bounded(256 * 1024)
def text_words(value: str) -> str:
    """The words of a message before what it only adds, which mostly is data: `cannot read`.

    What failed says nothing alone: `job 7 failed: no tool` goes on.
    """
    said: list[str] = []
    for part in ADDED.split(value[:400].lstrip(), maxsplit=2)[:2]:
        head = parametrise(QUOTED.sub(" ", part))
        if head not in FAILURES:  # the system's, whoever tells them
            said += WORD.findall(MARKER.sub(" ", head))
        if not said or said[-1] not in FAILED:
            break
    return " ".join(said[:MAX_WORDS])


def is_said(line: str, value: str) -> bool:
    """Whether the message repeats a text of this line."""
    texts = _literals(line) if line else []
    said = set(WORD.findall(value[:400])) if texts else set()
    return any(said.issuperset(part) for part in texts)


@bounded(512 * 1024)
def _literals(line: str) -> list[list[str]]:
    found = STRING.findall(line[:400])
    return [part for _, text in found if (part := WORD.findall(HOLE.sub(" ", text)))]


def names_in_line(value: str, line: str) -> str:
    """Names that the message quotes and that stand in the source line: code, not data."""
    quoted = [next(filter(None, found)) for found in NAMED.findall(value[:300])]
    if not quoted:
        return ""
    present = set(IDENTIFIER.findall(line[:400]))
    return " ".join(name for name in quoted if name in present and name not in TYPE_NAMES)


def is_telling(message: str) -> bool:
    """Whether a message without what varies says more than that something failed."""
    said = WORD.findall(MARKER.sub("", message[:400]))
    return any(word.lower() not in VAGUE for word in said)


def is_distinct(message: str) -> bool:
    """Whether it says so much that the place adds nothing: two words that not every message has."""
    said = {word.lower() for word in WORD.findall(MARKER.sub("", message[:400]))}
    return len(said - VAGUE - FILLERS) > 1


def without_mangled(value: str) -> str:
    """The message of minified code without its names of one or two letters."""
    return MANGLED.sub("<name>", value)
