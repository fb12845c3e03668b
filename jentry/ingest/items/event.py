"""Error and message events: normalise, filter, scrub, title, group, pack."""

from typing import Any

import orjson

from jentry.errors import BadRequest
from jentry.event_tags import indexed
from jentry.ingest import event_json, filters, jsontext
from jentry.ingest.envelope import Item
from jentry.ingest.grouping import Grouping, former_hashes, group, rules
from jentry.ingest.items import report
from jentry.ingest.job import Job
from jentry.ingest.normalise import identity, normalise
from jentry.ingest.scrubbing import scrub
from jentry.ingest.titles import describe
from jentry.search import facets as search
from jentry.store.payloads import pack
from jentry.store.rows import EventRow
from jentry.store.sql import fold


def handle(item: Item, job: Job) -> None:
    """Raises BadRequest when the payload is no JSON object, TooLarge when it is over the limit."""
    payload = item.payload
    raw = event_json.read(payload)
    if raw is None:
        raw = jsontext.loads(payload)
    if not isinstance(raw, dict):
        raise BadRequest("the event is not a JSON object")
    add(raw, job)


def add(raw: dict[str, Any], job: Job) -> None:
    """Put a raw event into the submission, whatever its body says it is."""
    event = normalise(raw, job.context)
    job.event_id = event["event_id"]
    if event["type"] == "feedback":
        report.add_feedback(event, job)
    elif event["type"] == "transaction":
        job.count("transaction", "filtered", "not_stored")
    elif rule := filters.matching_rule(event, job.config.settings.filters, job.client_ip):
        job.is_dropped = True
        job.count("error", "filtered", rule)
    else:
        job.submission.events.append(row(event, job))


def row(event: dict[str, Any], job: Job) -> EventRow:
    symbolicated = job.symbolicate(event)  # before secrets are looked for: sources may hold some
    scrub(event, job.policy)
    rules.apply(job.config.fingerprint_rules, event)
    about, grouping = describe(event), group(event)
    who, tags = identity(event), indexed(event)
    facets = search.facets(event, tags)
    return EventRow(
        event_id=bytes.fromhex(event["event_id"]),
        timestamp=event["timestamp"],
        type=about.type,
        level=event["level"],
        title=about.title,
        culprit=about.culprit,
        search=fold("\n".join((about.title, about.culprit, *about.others))),
        environment=event.get("environment"),
        release=event.get("release"),
        user_hash=job.identity_hash(who) if who else None,
        tags=tags,
        hash_version=grouping.version,
        hash=grouping.hash,
        components=orjson.dumps(grouping.components).decode(),
        payload=pack(jsontext.dumps(event | {"title": about.title}), job.config.dictionary),
        facets=facets,
        shape=search.shape(facets),
        people=job.person_hashes(event),
        trace=search.trace(event),
        formers=formers(event, grouping, job),
        symbolication=symbolicated.status,
        wants=symbolicated.wants,
    )


def formers(
    event: dict[str, Any], grouping: Grouping, job: Job
) -> tuple[tuple[int, bytes], ...] | None:
    """They take a third of an event's time, and most events have a hash that leads somewhere."""
    if job.stored is not None and job.stored.leads(job.config.project_id, grouping.hash):
        return None
    return former_hashes(event, job.config.oldest_hashes)
