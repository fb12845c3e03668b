"""What may be meant while somebody writes a search."""

from flask import request
from flask.typing import ResponseReturnValue

from jentry.app.db import reading
from jentry.search import fields
from jentry.search.values import written
from jentry.store import suggestions
from jentry.vocabulary import EVENT_TYPES, LEVELS
from jentry.web import session, shell
from jentry.web.guard import pages

bp = pages("search", __name__)

LONGEST = 200
MOST = 8
Item = dict[str, str]  # `text` to put in place of the word, and a `hint`
WORDS = {
    "is": fields.STATES,
    "level": LEVELS,
    "type": EVENT_TYPES,
    "assigned": ("me", "none", "any"),
    "error.handled": ("yes", "no"),
    "error.unhandled": ("yes", "no"),
    "has": (*fields.HAS, "error.type", "url"),
}
RELEASES = ("release", "first-release", "last-release")


@bp.get("/issues/suggestions")
def of_every() -> ResponseReturnValue:
    return _suggested(None)


@bp.get("/projects/<id:project_id>/issues/suggestions")
def of_project(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    return _suggested(project_id)


def _suggested(project_id: int | None) -> ResponseReturnValue:
    """`{"items": [{"text", "hint"}]}` for `word`, which is what was typed since the last blank."""
    word = request.args.get("word", "")[:LONGEST]
    sign = word[:1] if word[:1] in ("-", "!") else ""
    name, colon, begin = word.removeprefix(sign).partition(":")
    found = _values(project_id, name, begin) if colon else _names(project_id, name)
    return {"items": [{**item, "text": sign + item["text"]} for item in found[:MOST]]}


def _names(project_id: int | None, begin: str) -> list[Item]:
    plain = fields.plain(begin)
    known = [
        {"text": f"{name}:", "hint": field.hint}
        for field in fields.FIELDS
        for name in (field.name, *field.also)
        if fields.plain(name).startswith(plain)
        and field.name not in fields.OF_EVENTS_ONLY
        and field.kind != "always"
    ]
    keys = suggestions.keys(reading(), session.actor(), project_id, begin)
    own = [key if not fields.named(key) else f"tags[{key}]" for key in keys]
    return known[: MOST - len(own[:3])] + [{"text": f"{key}:", "hint": "tag"} for key in own]


def _values(project_id: int | None, name: str, begin: str) -> list[Item]:
    field = fields.named(name)
    begin = begin.lstrip('"')
    db, actor = reading(), session.actor()
    if field is not None and field.name in WORDS:
        found = [word for word in WORDS[field.name] if word.startswith(begin.lower())]
    elif field is not None and field.name in RELEASES:
        found = suggestions.releases(db, actor, project_id, begin)
        if field.name == "release" and "latest".startswith(begin.lower()):
            found = ["latest", *found]
    else:
        key = (field and field.tag) or name.removeprefix("tags[").removesuffix("]")
        found = suggestions.values(db, actor, project_id, key, begin)
    return [{"text": f"{name}:{written(value)}", "hint": ""} for value in found]
