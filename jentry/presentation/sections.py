"""The other parts of an event: who, where, what it was tagged with, what a browser reported."""

from dataclasses import dataclass
from typing import Any

from jentry.presentation.text import web_address, word
from jentry.presentation.values import Value, value

Pairs = list[tuple[str, Value]]

CONTEXTS = {  # heading of those whose names say too little
    "os": "Operating system", "gpu": "GPU", "app": "App", "client_os": "Operating system",
    "state": "State", "cloud_resource": "Cloud resource",
}  # fmt: skip
APART = ("trace", "monitor", "feedback", "replay")  # shown elsewhere, or no more than an id
REPORTS = ("csp", "hpkp", "expectct", "expectstaple")
DIRECTIVES = {
    "effective_directive": "Directive",
    "blocked_uri": "Blocked",
    "document_uri": "Page",
    "disposition": "Disposition",
    "source_file": "Source",
    "script_sample": "Sample",
    "violated_directive": "Violated",
    "referrer": "Referrer",
    "status_code": "Status",
}
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True, slots=True)
class Group:
    heading: str
    pairs: Pairs


def user(event: dict[str, Any]) -> Group | None:
    found = event.get("user") or {}
    pairs = [(name, value(held)) for name, held in found.items() if name not in ("data", "geo")]
    geo = found.get("geo")
    if isinstance(geo, dict):
        place = ", ".join(
            filter(None, (word(geo.get(n)) for n in ("city", "region", "country_code")))
        )
        if place:
            pairs.append(("location", value(place)))
    data = found.get("data")
    if isinstance(data, dict):
        pairs += [(name, value(held)) for name, held in data.items()]
    return Group("User", pairs) if pairs else None


def who(event: dict[str, Any]) -> str:
    """The user in one word: `id:30418`, or the first of the others that is known."""
    found = event.get("user") or {}
    for name in ("id", "username", "email", "ip_address"):
        if held := word(found.get(name)):
            return f"{'ip' if name == 'ip_address' else name}:{held}"
    return ""


def contexts(event: dict[str, Any]) -> list[Group]:
    """Those that say something, by name; the type says nothing where it is the name."""
    groups = []
    for name, members in sorted((event.get("contexts") or {}).items()):
        if name in APART or not isinstance(members, dict):
            continue
        pairs = [
            (key, value(held))
            for key, held in members.items()
            if not (key == "type" and held in (name, "default"))
        ]
        if pairs:
            groups.append(Group(CONTEXTS.get(name) or name.replace("_", " ").capitalize(), pairs))
    return groups


def trace(event: dict[str, Any]) -> Group | None:
    found = (event.get("contexts") or {}).get("trace")
    if not isinstance(found, dict):
        return None
    names = ("trace_id", "span_id", "parent_span_id", "op", "status", "description")
    pairs = [(name, value(found[name])) for name in names if found.get(name)]
    return Group("Trace", pairs) if pairs else None


def tags(event: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((name, word(held)) for name, held in (event.get("tags") or {}).items())


def extra_data(event: dict[str, Any]) -> Pairs:
    found = event.get("extra")
    return [(name, value(held)) for name, held in found.items()] if isinstance(found, dict) else []


def modules(event: dict[str, Any]) -> list[tuple[str, str]]:
    found = event.get("modules")
    if not isinstance(found, dict):
        return []
    return sorted(((name, word(held)) for name, held in found.items()), key=_folded)


def _folded(pair: tuple[str, str]) -> tuple[str, str]:
    return pair[0].lower(), pair[0]


def sdk(event: dict[str, Any]) -> str:
    found = event.get("sdk")
    if not isinstance(found, dict):
        return ""
    return " ".join(filter(None, (word(found.get("name")), word(found.get("version")))))


def message(event: dict[str, Any]) -> str:
    """What was logged, when it is no part of the title already."""
    entry = event.get("logentry")
    if not isinstance(entry, dict):
        return ""
    text = word(entry.get("formatted")) or word(entry.get("message"))
    return "" if text.strip() == str(event.get("message")).strip() else text


def template(event: dict[str, Any]) -> str:
    """A message as it stands in the program, when that is another than what was said."""
    entry = event.get("logentry")
    if not isinstance(entry, dict) or not entry.get("params"):
        return ""
    return word(entry.get("message"))


@dataclass(frozen=True, slots=True)
class Report:
    """What a browser says about the policy of a site."""

    is_csp: bool
    sentence: str
    pairs: Pairs
    policy: list[tuple[str, str, bool]]  # directive, sources, whether it is the one broken
    link: str | None  # of the page


def report(event: dict[str, Any]) -> Report | None:
    found = event.get("report")
    if event.get("type") not in REPORTS or not isinstance(found, dict):
        return None
    if event["type"] != "csp":
        pairs = [(name, value(held)) for name, held in found.items()]
        return Report(False, "", pairs, [], None)
    directive = word(found.get("effective_directive"))
    pairs = [(label, value(found[name])) for name, label in DIRECTIVES.items() if found.get(name)]
    line = ":".join(word(found[n]) for n in ("line_number", "column_number") if found.get(n))
    if line:
        pairs.append(("Line", value(line)))
    return Report(
        True,
        _sentence(found, directive),
        pairs,
        _policy(word(found.get("original_policy")), directive),
        web_address(found.get("document_uri")),
    )


def _sentence(found: dict[str, Any], directive: str) -> str:
    blocked = word(found.get("blocked_uri")) or "something inline"
    does = "would block" if found.get("disposition") == "report" else "blocked"
    return f"The policy {does} {blocked} because of {directive or 'one of its directives'}."


def _policy(policy: str, broken: str) -> list[tuple[str, str, bool]]:
    parts = [part.strip().partition(" ") for part in policy.split(";") if part.strip()]
    return [(name, sources.strip(), name.lower() == broken) for name, _, sources in parts]


def monitor(event: dict[str, Any]) -> Group | None:
    """The scheduled job that a failed check-in is about."""
    found = (event.get("contexts") or {}).get("monitor")
    if not isinstance(found, dict):
        return None
    pairs = [(name, value(held)) for name, held in found.items() if name != "type" and held]
    return Group("Scheduled job", pairs) if pairs else None


def image_type(data: bytes) -> str | None:
    """What kind of picture the bytes begin as, whatever the sender called them; None if none."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def problems(event: dict[str, Any]) -> list[str]:
    """What was changed or dropped on the way in, in words."""
    return [_problem(entry) for entry in event.get("errors") or []]


def _problem(entry: dict[str, Any]) -> str:
    kind = word(entry.get("type")).replace("_", " ")
    name, held = word(entry.get("name")), entry.get("value")
    detail = f": {word(held)}" if word(held) else ""
    return f"{name or 'event'} — {kind}{detail}"
