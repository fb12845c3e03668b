"""Sessions: single updates, and counts made by the client. README: Sessions.

What is invalid is dropped without a word, as SDKs expect, but counted.
"""

import secrets
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.ingest import jsontext
from jentry.ingest.envelope import Item
from jentry.ingest.items.report import as_id
from jentry.ingest.job import Job, text
from jentry.ingest.normalise import environment_name, release_name
from jentry.ingest.normalise.times import FUTURE, drift, moment
from jentry.store.rows import SessionCounts, SessionRow
from jentry.vocabulary import SESSION_STATUSES

MAX_COUNT = 10**9
LAST_SEQ = 2**64 - 1  # says that the sequence has overflowed


def handle_update(item: Item, job: Job) -> None:
    row = _update(jsontext.loads_or_none(item.payload), job)
    if row is None:
        job.count("session", "invalid", "session")
    else:
        job.submission.sessions.append(row)


def _update(body: Any, job: Job) -> SessionRow | None:
    where = _where(body)
    started = _instant(body.get("started"), job) if where else None
    if where is None or started is None or body.get("seq") == LAST_SEQ:
        return None
    status = body.get("status", "ok")
    if status not in SESSION_STATUSES:
        return None
    timestamp = started
    if body.get("timestamp") is not None:
        said = _instant(body["timestamp"], job)
        if said is None:
            return None
        timestamp = max(said, started)
    did = text(body.get("did"), 200)
    return SessionRow(
        sid=as_id(body.get("sid")) or secrets.token_bytes(16),
        release=where[0],
        environment=where[1],
        did_hash=job.identity_hash(f"did:{did}") if did else None,
        started=started,
        timestamp=timestamp,
        status=status,
        errors=_count(body.get("errors")) or 0,
    )


def handle_counts(item: Item, job: Job) -> None:
    body = jsontext.loads_or_none(item.payload)
    where = _where(body)
    buckets = body.get("aggregates") if where else None
    if where is None or not isinstance(buckets, list):
        job.count("session", "invalid", "sessions")
        return
    job.taken["item_buckets"] = 0
    within = job.takes("item_buckets", len(buckets))
    for bucket in buckets[: job.takes("session_buckets", within)]:
        counts = _bucket(bucket, where, job)
        if counts is None:
            job.count("session", "invalid", "sessions")
        else:
            job.submission.session_counts.append(counts)


def _bucket(body: Any, where: tuple[str, str | None], job: Job) -> SessionCounts | None:
    if not isinstance(body, dict):
        return None
    started = _instant(body.get("started"), job)
    names = ("exited", "errored", "crashed", "abnormal", "unhandled")
    counts = [_count(body.get(name, 0)) for name in names]
    if started is None or None in counts:
        return None
    return SessionCounts(*where, started, *(count or 0 for count in counts))


def _where(body: Any) -> tuple[str, str | None] | None:
    """Release and environment; None when there is no usable release."""
    attributes = body.get("attrs") if isinstance(body, dict) else None
    if not isinstance(attributes, dict):
        return None
    release = release_name(attributes.get("release"))
    return (release, environment_name(attributes.get("environment"))) if release else None


def _instant(value: Any, job: Job) -> str | None:
    """Corrected for the client's clock; None when it is in the future or older than retention."""
    found = moment(value)
    if found is None:
        return None
    late = job.received - found - drift(job.context)
    if not -FUTURE <= late <= timedelta(days=job.context.retention_days):
        return None
    return clock.timestamp(found + drift(job.context))


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= MAX_COUNT else None
