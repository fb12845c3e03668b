"""What an exception is called: `Type: what its value says`. README: Titles."""

import re
from typing import Any

from jentry.ingest.grouping.parts import (
    RUST,
    Event,
    frames,
    is_synthetic,
    language,
    message,
    text,
)
from jentry.ingest.summary import printable, said_at_the_end, summary

MAX_TITLE = 255
MAX_VALUE = 100  # characters of a value in it
MAX_KIND = 120  # characters of a type where the title is too long
UNLABELED = "<unlabeled event>"
UNKNOWN = "<unknown>"
UNTOLD = ("", "Error")  # types that say nothing of what was thrown
SERIALIZED = "__serialized__"  # where clients of JavaScript put an object that was thrown
KEYS = re.compile(r"captured as (?:exception|promise rejection) with keys: |^Non-Error .* keys: ")
UNCAUGHT = re.compile(
    r"Uncaught (?:\(in promise\):? (?=[A-Z]\w{1,80}: )|(?=\w{0,80}(?:Error|Exception): ))"
)
FATAL = re.compile(r"Fatal Error: (?=EXCEPTION_|STATUS_)")  # of Crashpad and Breakpad
# What Knex, Doctrine and Spring put before the reason, which would be cut off.
STATEMENT = re.compile(
    r"(?:select|insert|update|delete|with) .* - |An exception occurred while executing .*: (?=SQL)"
    r"|\w{1,40}; (?:uncategorized \w{1,40} for )?SQL \[.*\]; ",
    re.IGNORECASE,
)
MINIFIED = "minified:"  # what Dart's compiler makes of a type; some texts begin with its name
TYPED = re.compile(r"[A-Z]\w{1,80}(?:Error|Exception): ")
CAST = re.compile(
    r"(class \S+ cannot be cast to class \S+) \("
)  # of Java, which goes on with loaders
SEPARATORS = ".:\\#"


def exception_title(exception: dict[str, Any], event: Event) -> str:
    """At most MAX_TITLE characters."""
    kind = printable(text(exception.get("type")).strip()).removeprefix("Elixir.")
    value = summary(text(exception.get("value")))
    if (extra := event.get("extra")) and isinstance(extra, dict) and SERIALIZED in extra:
        value = _said_by_object(value, extra[SERIALIZED]) or value
    if is_synthetic(exception) and (kind in UNTOLD or not was_not_handled(exception)):
        said = value or summary(message(event)) or _crash_function(exception)
        return cut(_without_uncaught(said) or kind or UNKNOWN, MAX_TITLE)
    if kind.startswith('"') and language(event) == RUST:
        return cut(value or kind, MAX_TITLE)  # an error made of a text, which its client repeats
    if not kind:
        kind = "Error" if value else ""
    elif kind[-3:] in value:  # it may repeat the type; most do not
        kind, value = _without_type(kind, value)
    elif kind.startswith(MINIFIED) and TYPED.match(value):
        kind = ""
    if value.startswith("class ") and (casted := CAST.match(value)):
        value = casted[1]
    if len(value) > MAX_VALUE:
        found = STATEMENT.match(value)
        value = cut(value[found.end() :] if found else said_at_the_end(value), MAX_VALUE)
    if len(kind) > MAX_KIND:
        kind = cut(kind, MAX_KIND)
    return f"{kind}: {value}" if kind and value else kind or value or UNLABELED


def cut(value: str, limit: int) -> str:
    return value if len(value) <= limit else value[: limit - 3] + "..."


def was_not_handled(exception: dict[str, Any]) -> bool:
    """Of one that is synthetic: it was made of a crash, not to carry a message."""
    return exception["mechanism"].get("handled") is False


def _said_by_object(value: str, thrown: Any) -> str:
    """What an object said that was thrown but is no error; clients name its members only."""
    if not KEYS.search(value) or not isinstance(thrown, dict):
        return ""
    within = thrown.get("error")
    within = within.get("message") if isinstance(within, dict) else within
    texts = (summary(text(said)) for said in (thrown.get("message"), within, thrown.get("reason")))
    return next(filter(None, texts), "")


def _without_type(kind: str, value: str) -> tuple[str, str]:
    """The value without the type that it repeats; no type where the value is a title by itself."""
    name = kind[max(map(kind.rfind, SEPARATORS)) + 1 :].removeprefix("_")
    if not name or name not in value:
        return kind, value
    if kind == "Error" and (bare := _without_uncaught(value)) != value:
        kind, _, value = bare.partition(": ")
        return kind, value.strip()
    if kind == "_Exception":  # what Dart makes of `Exception('...')`
        kind = name
    value = value.removesuffix(f" ({name})").removeprefix(f"** ({kind}) ")  # Ruby, Elixir
    value = FATAL.sub("", value, count=1)
    is_word = name == name.capitalize()  # `Retry: Retry in 3 s`, `Error: net.Error: closed`
    while (parts := value.partition(": "))[1] and (" " not in parts[0] or parts[0] == kind):
        is_same = parts[0] in (kind, name) or (parts[0].endswith(f".{name}") and not is_word)
        if not is_same:
            break
        value = parts[2].strip()
    if value in (f"Instance of '{kind}'", f"Exception of type '{kind}' was thrown."):
        return kind, ""  # what Dart and .NET say of one without a text
    if not value.startswith((kind, name)):
        return kind, value
    rest = value.removeprefix(kind if value.startswith(kind) else name)
    if not rest.strip(": ") or rest == "()":
        return kind, ""
    return ("" if rest[0] in "([" or (rest[0] == " " and not is_word) else kind), value


def _without_uncaught(value: str) -> str:
    """`Uncaught (in promise) TypeError: x`, as consoles of browsers put it."""
    found = UNCAUGHT.match(value)
    return value[found.end() :] if found else value


def _crash_function(exception: dict[str, Any]) -> str:
    found = frames(exception)
    return printable(text(found[-1].get("function"))) if found else ""
