"""The names that a search knows, and what kind of value each has."""

from dataclasses import dataclass
from difflib import get_close_matches

LIKE = 0.8  # how much a name resembles one that was meant
SHORTEST = 4  # characters of a name that may be a mistyped one


@dataclass(frozen=True, slots=True)
class Field:
    """`kind`: state, level, word, person, text, time, number, id, has, switch, project; `always`
    for what tools ask that holds for every issue; `pattern` for
    values that compare whole, `path` for those whose last parts are enough, `user` for those that
    are kept as hashes. `tag` is the key of the tag that a field stands for.
    """

    name: str
    kind: str
    also: tuple[str, ...] = ()
    tag: str | None = None
    is_of_events: bool = False
    hint: str = ""


FIELDS = (
    Field("is", "state", hint="unresolved, resolved, ignored, new, regressed, assigned …"),
    Field("level", "level", is_of_events=True, hint="error, or >=warning"),
    Field("type", "word", ("event.type",), hint="error, default, csp"),
    Field("assigned", "person", ("assignee", "assigned_or_suggested"),
          hint="me, none, any or an email"),
    Field("message", "text", is_of_events=True, hint="part of title or culprit"),
    Field("title", "text", hint="part of the title"),
    Field("culprit", "text", hint="part of the culprit"),
    Field("first-seen", "time", ("age",), hint="-24h, +7d, 2026-06-01, >=2026-06-01"),
    Field("last-seen", "time", hint="-24h, +7d, 2026-06-01, >=2026-06-01"),
    Field("timestamp", "time", is_of_events=True, hint="of an event: -24h, 2026-06-01"),
    Field("trace", "trace", is_of_events=True, hint="of a kept event: 32 hexadecimal digits"),
    Field("events", "number", ("count", "timesSeen"), hint=">100, 2..9, 1k"),
    Field("users", "number", hint=">100, 2..9, 1k"),
    Field("release", "pattern", is_of_events=True, hint="shop@1.2, shop@1.*, latest"),
    Field("first-release", "pattern", hint="shop@1.2, shop@1.*, latest"),
    Field("last-release", "pattern", hint="shop@1.2, shop@1.*, latest"),
    *(
        Field(name, "pattern", also, tag=name, is_of_events=True)
        for name, also in [
            ("environment", ("env",)), ("browser", ()), ("os", ()), ("device", ()),
            ("runtime", ()), ("transaction", ()), ("logger", ()), ("server_name", ()), ("dist", ()),
        ]
    ),
    Field("error.handled", "switch", tag="handled", is_of_events=True, hint="yes or no"),
    Field("error.unhandled", "switch", tag="handled", is_of_events=True, hint="yes or no"),
    Field("error.mechanism", "pattern", tag="mechanism", is_of_events=True),
    Field("error.type", "pattern", hint="any exception of the chain"),
    Field("function", "path", ("stack.function",), hint="of any frame"),
    Field("file", "path", ("stack.filename",), hint="of any frame: cart.py, shop/cart.py"),
    Field("module", "path", ("stack.module",), hint="of any frame"),
    Field("platform", "pattern"),
    Field("sdk", "pattern"),
    Field("sdk.version", "pattern"),
    Field("url", "pattern", hint="without its query"),
    Field("http.method", "pattern"),
    Field("user", "user", is_of_events=True, hint="id, email, username or address"),
    Field("user.id", "user", is_of_events=True),
    Field("user.email", "user", is_of_events=True, hint="whole, or *@acme.test"),
    Field("user.username", "user", is_of_events=True),
    Field("user.ip", "user", is_of_events=True),
    Field("has", "has", hint="a tag or field, user, release, stack, comments, attachments"),
    Field("id", "id", ("issue", "issue.id"), hint="42, #42 or SHOP-42"),
    Field("project", "project", ("project.id", "project.name"), is_of_events=True, hint="slug"),
    Field("issue.category", "always", is_of_events=True),
    Field("issue.type", "always", is_of_events=True),
    Field("issue.priority", "always", is_of_events=True),
)  # fmt: skip
TAG = Field("tags", "pattern", is_of_events=True)  # any that has no name of its own
OF_EVENTS_ONLY = ("timestamp",)

STATES = (
    "unresolved", "resolved", "ignored", "new", "ongoing", "regressed", "escalating", "assigned",
    "unassigned",
)  # fmt: skip
OF_TOOLS = ("for_review",)  # a state that holds for every issue
STATE_NAMES = {"archived": "ignored", "muted": "ignored"}
HAS = ("user", "release", "stack", "comments", "attachments", "feedback")


def plain(name: str) -> str:
    """As names are compared: case, `-` and `_` are no matter."""
    return name.lower().replace("-", "").replace("_", "")


BY_NAME = {plain(name): field for field in FIELDS for name in (field.name, *field.also)}
NAMES = {plain(name): name for field in FIELDS for name in (field.name, *field.also)}


def named(name: str) -> Field | None:
    return BY_NAME.get(plain(name))


def meant(name: str) -> str | None:
    """The field that a mistyped name resembles."""
    if len(name) < SHORTEST:
        return None
    found = get_close_matches(plain(name), NAMES, 1, LIKE)
    return NAMES[found[0]] if found else None
