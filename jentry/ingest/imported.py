"""An event of an export, or of another tracker -> the row that ingestion would have made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from jentry import clock
from jentry.event_tags import indexed
from jentry.ingest.items.event import row as event_row
from jentry.ingest.job import Job
from jentry.ingest.normalise import identity, normalise
from jentry.ingest.titles import describe
from jentry.search import facets as search
from jentry.settings import Settings
from jentry.store.client_keys import ProjectConfig
from jentry.store.identity import identity_hash, person_hashes
from jentry.store.rows import EventRow, Submission
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
            trace=search.trace(event),
        )


@dataclass(frozen=True)
class ForeignEvents:
    """Events of another tracker -> rows, by the way that events of SDKs take, but for the filters.

    `config` is that of their project.
    """

    settings: Settings
    salt: bytes
    config: ProjectConfig

    def row(self, raw: Mapping[str, Any], received: datetime) -> tuple[EventRow, str] | None:
        """With the time of its receipt; None for what is no error and no message."""
        at = clock.timestamp(received)
        submission = Submission(self.config.project_id, 0, 0, at)
        job = Job(self.settings, self.salt, self.config, received, submission)
        event = normalise(dict(raw), job.context)
        if event["type"] in ("transaction", "feedback"):
            return None
        return event_row(event, job), at
