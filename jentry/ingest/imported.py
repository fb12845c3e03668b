"""An event of an export -> the row that ingestion would have made of it."""

from typing import Any

import orjson

from jentry.event_tags import indexed
from jentry.ingest.normalise import identity
from jentry.ingest.titles import describe
from jentry.search import facets as search
from jentry.store.identity import identity_hash, person_hashes
from jentry.store.rows import EventRow
from jentry.store.sql import fold


class ImportedEvents:
    """`salt` is this database's own: a person who is known is counted as the same."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def row(self, line: dict[str, Any], project_id: int, packed: bytes) -> EventRow:
        """It goes where its hash leads, which was computed when it first arrived."""
        event = orjson.loads(line["payload"])
        about, who, tags = describe(event), identity(event), indexed(event)
        facets = search.facets(event, tags)
        known = [(field, fold(value)) for field, value in search.people(event)]
        return EventRow(
            event_id=bytes.fromhex(line["eventId"]),
            timestamp=line["timestamp"],
            type=about.type,
            level=line["level"],
            title=about.title,
            culprit=about.culprit,
            search=fold("\n".join((about.title, about.culprit, *about.others))),
            environment=line.get("environment"),
            release=line.get("release"),
            user_hash=identity_hash(self._salt, project_id, who) if who else None,
            tags=tags,
            hash_version=line["hashVersion"],
            hash=bytes.fromhex(line["hash"]),
            components=orjson.dumps({}).decode(),
            payload=packed,
            facets=facets,
            shape=search.shape(facets),
            people=person_hashes(self._salt, project_id, known),
        )
