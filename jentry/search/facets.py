"""What an event is found by besides its tags: facets, and who was hit."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

LONGEST = 200  # characters of a value
MOST_FRAMES = 64  # of an event, the latest ones
STACK = ("function", "file", "module")
SEPARATORS = {"function": ("::", "."), "file": ("\\", "/"), "module": ("::", ".")}  # other, own
# What an event knows its user by: the member, and the field of a search.
MEMBERS = {"id": "user.id", "email": "user.email", "username": "user.username",
           "ip_address": "user.ip"}  # fmt: skip
DOMAIN = "domain"  # of an email address, with its @

Tags = tuple[tuple[str, str], ...]
Person = tuple[str, str]  # a field, or DOMAIN, and its value


def facets(event: Mapping[str, Any], tags: Tags) -> str:
    """Lines of a key, a tab and a value, each once. `event` is normalised: it is about to be
    stored, or was; `tags` are those that are indexed.
    """
    found = dict.fromkeys(_facets(event, tags))
    return "\n".join(f"{key}\t{' '.join(value[:LONGEST].split())}" for key, value in found)


def shape(text: str) -> bytes:
    """What tells the facets of one event from those of another."""
    return blake2b(text.encode(errors="replace"), digest_size=8).digest()


def pairs(text: str) -> list[tuple[str, str]]:
    """Of `facets`: keys and values."""
    lines = (line.partition("\t") for line in text.split("\n") if line)
    return [(key, value) for key, _, value in lines if value]


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


def _facets(event: Mapping[str, Any], tags: Tags) -> Iterator[tuple[str, str]]:
    kinds = _texts(entry.get("type") for entry in _entries(event, "exception"))
    if kinds:
        yield "has", "error.type"
        yield from (("error.type", kind) for kind in kinds)
    yield from _stack(event)
    yield from _client(event)
    yield from _present(event, tags)


def _stack(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    frames = _frames(event)
    if frames:
        yield "has", "stack"
    for frame in frames[-MOST_FRAMES:]:
        path = frame.get("filename") or frame.get("abs_path")
        values = (frame.get("function"), path, frame.get("module"))
        for key, value in zip(STACK, values, strict=True):
            if isinstance(value, str) and value:
                yield key, value


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


def _client(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sdk, request = event.get("sdk") or {}, event.get("request") or {}
    url = request.get("url")
    values = {
        "platform": event.get("platform"),
        "sdk": sdk.get("name"),
        "sdk.version": sdk.get("version"),
        "url": url.partition("?")[0].partition("#")[0] if isinstance(url, str) else None,
        "http.method": request.get("method"),
    }
    for key, value in values.items():
        if isinstance(value, str) and value:
            yield key, value
            yield "has", key


def _present(event: Mapping[str, Any], tags: Tags) -> Iterator[tuple[str, str]]:
    """What there is at all; tags by `tags[key]`, so that none is taken for a field."""
    for field, _ in people(event):
        if field != DOMAIN:
            yield "has", field
            yield "has", "user"
    if event.get("release"):
        yield "has", "release"
    for key, _ in tags:
        yield "has", f"tags[{key}]"


def _texts(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str) and value]


def spelled(key: str, folded: str) -> str:
    """As it is kept: of paths with one separator."""
    if key in SEPARATORS:
        folded = folded.replace(*SEPARATORS[key])
    return folded[:LONGEST]


def tail(key: str, path: str) -> str:
    """The last part of a path, as `spelled` gives it; nothing of all else."""
    return path.rpartition(SEPARATORS[key][1])[2] if key in SEPARATORS else ""
