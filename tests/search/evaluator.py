"""What a search finds, in plain Python: slow, and written without a look at the SQL."""

import re
import unicodedata

from jentry.search.tree import Either, Every, Match, Not, Text

STACK = {"function": ".", "module": ".", "file": "/"}


def fold(text):
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def is_like(pattern, text, *, whole=True):
    """A pattern is the literal parts between stars."""
    inner = ".*".join(re.escape(fold(part)) for part in pattern)
    match = re.fullmatch if whole else re.search
    return match(inner, fold(text), re.DOTALL) is not None


def holds(node, issue, me):
    """`issue` has `title`, `culprit`, `level`, `state` (all words of `is:` that are true),
    `assignee`, `id`, `events` and `users` (numbers), `first_seen`, `last_seen`, and `had`: each
    event's `tags`, `release`, `frames`, `kinds`, `platform`, `user`.
    """
    if isinstance(node, Every):
        return all(holds(part, issue, me) for part in node.parts)
    if isinstance(node, Either):
        return any(holds(part, issue, me) for part in node.parts)
    if isinstance(node, Not):
        return not holds(node.part, issue, me)
    if isinstance(node, Text):
        return is_like(node.pattern, f"{issue['title']}\n{issue['culprit']}", whole=False)
    assert isinstance(node, Match)
    return any(has(node.field.name, node.key, value, issue, me) for value in node.values)


def has(name, key, value, issue, me):
    if name in ("title", "culprit"):
        return is_like(value, issue[name], whole=False)
    if name in ("events", "users", "first-seen", "last-seen"):
        held = issue[name.replace("-", "_")]
        return (value.low is None or held >= value.low) and (
            value.high is None or held < value.high
        )
    simple = {
        "is": lambda: value in issue["state"],
        "level": lambda: value == issue["level"],
        "id": lambda: value == issue["id"],
        "assigned": lambda: {
            "me": issue["assignee"] == me, "none": issue["assignee"] is None,
            "any": issue["assignee"] is not None,
        }[value],
    }  # fmt: skip
    if name in simple:
        return simple[name]()
    return any(event_has(name, key, value, event) for event in issue["had"])


def event_has(name, key, value, event):
    if name == "release":
        return is_like(value, event["release"]) if event["release"] else False
    if name == "error.type":
        return any(is_like(value, kind) for kind in event["kinds"])
    if name in STACK:
        return any(is_path(value, frame.get(name), STACK[name]) for frame in event["frames"])
    if name == "platform":
        return is_like(value, event["platform"])
    if name.startswith("user"):
        return is_user(name, value, event["user"])
    if name == "has":
        return is_there(value, event)
    return key in event["tags"] and is_like(value, event["tags"][key])


def is_path(pattern, path, separator):
    if path is None:
        return False
    if separator == "/":
        pattern, path = [part.replace("\\", "/") for part in pattern], path.replace("\\", "/")
    else:
        pattern, path = [part.replace("::", ".") for part in pattern], path.replace("::", ".")
    parts = path.split(separator)
    if len(pattern) == 1:
        return any(fold(pattern[0]) == fold(separator.join(parts[at:])) for at in range(len(parts)))
    return any(is_like(pattern, separator.join(parts[at:])) for at in range(len(parts)))


def is_user(name, pattern, user):
    if len(pattern) > 1:
        return fold(user.get("email", "")).endswith(fold(pattern[1]))
    names = [name.partition(".")[2]] if "." in name else ["id", "email", "username", "ip_address"]
    names = ["ip_address" if each == "ip" else each for each in names]
    return any(each in user and fold(user[each]) == fold(pattern[0]) for each in names)


def is_there(what, event):
    if what == "user":
        return bool(event["user"])
    if what == "stack":
        return bool(event["frames"])
    if what == "release":
        return event["release"] is not None
    return what in event["tags"]
