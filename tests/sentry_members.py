"""What the clients of Sentry's API read in answers: kind -> member -> types and the clients that
need it. Each member is there; null only where it is named. `digits`: a string of digits, `time`:
2026-06-01T12:30:00.000Z, `url`: absolute, `any`: of any type.
"""

import json
import re
from pathlib import Path

TABLE = json.loads(Path(__file__).with_name("sentry_members.json").read_text("utf-8"))

EVENT = "0123456789abcdef0123456789abcdef"  # that the tests of this API name issues by

TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
TYPES = {
    "any": lambda value: True,
    "null": lambda value: value is None,
    "str": lambda value: isinstance(value, str),
    "int": lambda value: type(value) is int,
    "bool": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "digits": lambda value: isinstance(value, str) and value.isascii() and value.isdecimal(),
    "hex32": lambda value: isinstance(value, str) and re.fullmatch("[0-9a-f]{32}", value),
    "time": lambda value: isinstance(value, str) and TIME.fullmatch(value),
    "url": lambda value: isinstance(value, str) and value.startswith(("http://", "https://")),
}
ISSUE = r"(?:/organizations/[^/]+|/projects/[^/]+/[^/]+|)/(?:issues|groups)"
ONE = rf"{ISSUE}/[^/]+"
OWNER = r"(?:/organizations/[^/]+|/projects/[^/]+/[^/]+)"
# Of an address: the kind of what it answers to GET, POST and PUT; of lists, each entry.
ANSWERS = [
    (rf"{ISSUE}/", "issue"),
    (rf"{ONE}/", "issue issue.details"),
    (rf"{ONE}/events/", "event"),
    (rf"{ONE}/events/[^/]+/", "event"),
    (rf"{ONE}/tags/", "tag"),
    (rf"{ONE}/tags/[^/]+/", "tag"),
    (rf"{ONE}/tags/[^/]+/values/", "tag.value"),
    (rf"{ONE}/(?:notes|comments)/", "note"),
    (rf"{ONE}/attachments/", "attachment"),
    (r"/projects/[^/]+/[^/]+/events/(?:[^/]+/(?:json/)?)?", "event"),
    (r"/projects/[^/]+/[^/]+/events/[^/]+/attachments/(?:[^/]+/)?", "attachment"),
    (r"/projects/[^/]+/[^/]+/keys/(?:[^/]+/)?", "key"),
    (r"/organizations/(?:[^/]+/)?", "organization"),
    (r"/(?:organizations/[^/]+/|teams/[^/]+/[^/]+/|)projects/", "project"),
    (r"/projects/[^/]+/[^/]+/", "project project.details"),
    (r"/(?:organizations|projects/[^/]+)/[^/]+/teams/|/teams/[^/]+/[^/]+/", "team"),
    (r"/(?:organizations|teams/[^/]+)/[^/]+/(?:members|users)/(?:[^/]+/)?", "member"),
    (rf"{OWNER}/monitors/(?:[^/]+/)?", "monitor"),
    (rf"{OWNER}/releases/(?:[^/]+/)?", "release"),
    (rf"{OWNER}/environments/", "environment"),
    (rf"{OWNER}/tags/", "tag.of.organization"),
    (r"/organizations/[^/]+/shortids/[^/]+/", "shortid"),
    (r"/auth/|/users/me/", "user"),
]
INSIDE = {
    "issue": {"project": "issue.project", "assignedTo": "issue.assignedTo"},
    "event": {"user": "event.user", "tags": "event.tag"},
    "project": {"organization": "project.organization"},
    "key": {"dsn": "key.dsn"},
    "tag": {"topValues": "tag.value"},
    "monitor": {"config": "monitor.config", "environments": "monitor.environment"},
    "shortid": {"group": "issue"},
    "event.exception": {"stacktrace": "event.stacktrace"},
    "event.stacktrace": {"frames": "event.frame"},
}
ENTRIES = {"exception": "event.exception", "breadcrumbs": "event.breadcrumb"}


def parts(path, body):
    """The kinds and objects of an answer, those inside of others too, as (kind, object). Addresses
    that no row of ANSWERS has are of no kind.
    """
    plain = path.partition("?")[0].rstrip("/") + "/"
    for pattern, kinds in ANSWERS:
        if re.fullmatch(pattern, plain):
            for one in body if isinstance(body, list) else [body]:
                if isinstance(one, dict) and not one.keys() <= {"status", "statusDetails"}:
                    for kind in kinds.split():
                        yield from parts_of(kind, one)


def parts_of(kind, found):
    yield kind, found
    for member, inner in INSIDE.get(kind, {}).items():
        held = found.get(member)
        for one in held if isinstance(held, list) else [held]:
            if one is not None:
                yield from parts_of(inner, one)
    for entry in found.get("entries", ()) if kind == "event" else ():
        if entry["type"] in ENTRIES:
            for one in entry["data"]["values"]:
                yield from parts_of(ENTRIES[entry["type"]], one)
        elif entry["type"] in ("message", "request"):
            yield f"event.{entry['type']}", entry["data"]


def check(path, answer):
    """Raises AssertionError. Addresses that no row of ANSWERS has are not looked at."""
    if answer.status_code < 300 and answer.is_json:
        for kind, found in parts(path, answer.json):
            _check_members(kind, found)


def check_one(kind, found):
    for inner, one in parts_of(kind, found):
        _check_members(inner, one)


def _check_members(kind, found):
    for member, (types, *clients) in TABLE[kind].items():
        where = f"{kind}.{member}, which {' '.join(clients) or 'nobody known'} reads"
        assert member in found, f"{where}, is missing"
        is_one = any(TYPES[name](found[member]) for name in types.split("|"))
        assert is_one, f"{where}, is {found[member]!r} and not {types}"
