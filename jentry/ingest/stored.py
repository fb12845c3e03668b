"""What stored events say of themselves: what ingestion found in them, found once more."""

from collections.abc import Iterable
from typing import Any

from jentry.errors import BadRequest
from jentry.event_tags import indexed
from jentry.ingest import jsontext
from jentry.ingest.normalise import identity
from jentry.ingest.normalise.user import IDENTITY
from jentry.ingest.titles import describe
from jentry.search import facets as search
from jentry.store import instance
from jentry.store.connection import Connection
from jentry.store.event_marks import person
from jentry.store.identity import identity_hash, person_hashes
from jentry.store.remapping import Kept
from jentry.store.splitting import Said
from jentry.store.sql import fold


def said(db: Connection, project_id: int, events: Iterable[Kept]) -> dict[int, Said]:
    """By ids; what cannot be read says nothing."""
    salt = instance.get(db)["secret"]
    found = ((kept.id, parsed(kept.payload)) for kept in events)
    return {number: said_by(event, project_id, salt) for number, event in found if event}


def parsed(payload: bytes) -> dict[str, Any] | None:
    """The event, if it is one."""
    try:
        event = jsontext.loads(payload)
    except BadRequest:
        return None
    return event if isinstance(event, dict) else None


def said_by(event: dict[str, Any], project_id: int, salt: bytes) -> Said:
    about, who = describe(event), identity(event)
    facets = search.facets(event, indexed(event))
    known = [(field, fold(value)) for field, value in search.people(event)]
    return Said(
        type=about.type,
        title=about.title,
        culprit=about.culprit,
        search=fold("\n".join((about.title, about.culprit, *about.others))),
        facets=facets,
        shape=search.shape(facets),
        user_hash=identity_hash(salt, project_id, who) if who else None,
        person=_mark(salt, project_id, who) if who else None,
        people=person_hashes(salt, project_id, known),
    )


def _mark(salt: bytes, project_id: int, who: str) -> str:
    """What marks the events of a user, `id:42`."""
    kind, _, value = who.partition(":")
    field = search.MEMBERS[dict(IDENTITY)[kind]]
    return person(*person_hashes(salt, project_id, [(field, fold(value))]))
