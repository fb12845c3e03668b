"""What an event is found by besides its tags: facets, who was hit, and its trace."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from jentry.search.values import trace_id

LONGEST = 200  # characters of a value
LONGEST_LINE = LONGEST + 12
MOST_FRAMES = 64  # of an event, the latest ones
STACK = ("function", "file", "module")
SEPARATORS = {"function": ("::", "."), "file": ("\\", "/"), "module": ("::", ".")}  # other, own
# What an event knows its user by: the member, and the field of a search.
MEMBERS = {"id": "user.id", "email": "user.email", "username": "user.username",
           "ip_address": "user.ip"}  # fmt: skip
TAG, USER = "tag", "user"  # lines of what there is, not of what it is
DOMAIN = "domain"  # of an email address, with its @

Tags = tuple[tuple[str, str], ...]
Person = tuple[str, str]  # a field, or DOMAIN, and its value


def facets(event: Mapping[str, Any], tags: Tags) -> str:
    """Lines of a key, a tab and a value, each once. `event` is normalised: it is about to be
    stored, or was; `tags` are those that are indexed. What an event has at all is left to `pairs`,
    which is asked for new ones only.
    """
    lines = [f"error.type\t{entry.get('type') or ''}" for entry in _entries(event, "exception")]
    for frame in _frames(event)[-MOST_FRAMES:]:
        get = frame.get
        if name := get("function"):
            lines.append(f"function\t{name}")
        if name := get("filename") or get("abs_path"):
            lines.append(f"file\t{name}")
        if name := get("module"):
            lines.append(f"module\t{name}")
    lines += _client(event)
    lines += [f"{TAG}\t{key}" for key, _ in tags]
    user = event.get("user") or {}
    lines += [f"{USER}\t{field}" for member, field in MEMBERS.items() if user.get(member)]
    if event.get("release"):
        lines.append(f"{USER}\trelease")
    return _joined([line[:LONGEST_LINE] for line in dict.fromkeys(lines)])


def _joined(lines: list[str]) -> str:
    text = "\n".join(lines)
    if text.count("\n") < len(lines):
        return text
    return "\n".join(line.replace("\n", " ") for line in lines)


def shape(text: str) -> bytes:
    """What tells the facets of one event from those of another."""
    return blake2b(text.encode(errors="replace"), digest_size=8).digest()


def pairs(text: str) -> list[tuple[str, str]]:
    """Of `facets`: keys and values, and what the event has: `has`."""
    lines = (line.partition("\t") for line in text.split("\n") if line)
    held = [(key, value) for key, _, value in lines if value]
    own = [(key, value) for key, value in held if key not in (TAG, USER)]
    has = ["stack" if key in STACK else key for key, _ in own]
    has += [f"tags[{value}]" for key, value in held if key == TAG]
    users = [value for key, value in held if key == USER]
    if any(value in MEMBERS.values() for value in users):
        has.append("user")
    return own + [("has", name) for name in dict.fromkeys(has + users)]


def people(event: Mapping[str, Any]) -> list[Person]:
    """Each thing that the event's user is known by."""
    user = event.get("user")
    if not isinstance(user, dict):
        return []
    found = [
        (field, value)
        for member, field in MEMBERS.items()
        if isinstance(value := user.get(member), str) and value
    ]
    email = user.get("email")
    if isinstance(email, str) and "@" in email:
        found.append((DOMAIN, email[email.rindex("@") :]))
    return found


def trace(event: Mapping[str, Any]) -> str:
    """The id of the trace that it is part of, if any."""
    contexts = event.get("contexts")
    context = contexts.get("trace") if isinstance(contexts, dict) else None
    found = context.get("trace_id") if isinstance(context, dict) else None
    return trace_id(found) if isinstance(found, str) else ""


def _frames(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those of what was raised come last, as the crash does."""
    holders = [*_entries(event, "threads"), event, *_entries(event, "exception")]
    return [
        frame
        for holder in holders
        if isinstance(trace := holder.get("stacktrace"), dict)
        for frame in trace.get("frames") or ()
        if isinstance(frame, dict)
    ]


def _entries(event: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    held = event.get(name)
    values = held.get("values") if isinstance(held, dict) else None
    return [entry for entry in values or () if isinstance(entry, dict)]


def _client(event: Mapping[str, Any]) -> list[str]:
    sdk, request = event.get("sdk") or {}, event.get("request") or {}
    url = request.get("url")
    if isinstance(url, str):
        url = url.partition("?")[0].partition("#")[0]
    found = {
        "platform": event.get("platform"),
        "sdk": sdk.get("name"),
        "sdk.version": sdk.get("version"),
        "url": url,
        "http.method": request.get("method"),
    }
    return [f"{key}\t{value}" for key, value in found.items() if isinstance(value, str)]


def spelled(key: str, folded: str) -> str:
    """As it is kept: of paths with one separator."""
    if key in SEPARATORS:
        folded = folded.replace(*SEPARATORS[key])
    return folded[:LONGEST]


def tail(key: str, path: str) -> str:
    """The last part of a path, as `spelled` gives it; nothing of all else."""
    return path.rpartition(SEPARATORS[key][1])[2] if key in SEPARATORS else ""
