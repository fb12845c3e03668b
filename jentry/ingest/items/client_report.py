"""What clients say they dropped themselves: added to the outcomes, never limited."""

from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.ingest import jsontext
from jentry.ingest.envelope import Item
from jentry.ingest.job import Job, text
from jentry.ingest.normalise.times import drift, moment
from jentry.store.rows import Outcome

# What SDKs count by. README: Items.
KNOWN = frozenset((
    "queue_overflow", "cache_overflow", "buffer_overflow", "ratelimit_backoff", "network_error",
    "sample_rate", "before_send", "event_processor", "send_error", "internal_sdk_error",
    "insufficient_data", "backpressure", "ignored", "invalid", "no_parent_span",
    "default", "error", "transaction", "monitor", "span", "log_item", "log_byte", "security",
    "attachment", "session", "profile", "profile_chunk", "profile_chunk_ui", "replay", "feedback",
    "trace_metric", "metric_bucket", "internal", "user_report",
))  # fmt: skip
MAX_QUANTITY = 10**9
OLDEST = timedelta(days=1)


def handle(item: Item, job: Job) -> None:
    """An invalid report is dropped without a word. README: Items."""
    report = jsontext.loads_or_none(item.payload)
    if not isinstance(report, dict):
        job.count("internal", "invalid", "client_report")
        return
    hour = _hour(report.get("timestamp"), job)
    entries = report.get("discarded_events")
    entries = entries if isinstance(entries, list) else []
    for entry in entries[: job.takes("discarded_events", len(entries))]:
        if not isinstance(entry, dict):
            continue
        reason, category = _word(entry.get("reason")), _word(entry.get("category"))
        quantity = entry.get("quantity")
        if reason and category and type(quantity) is int and 0 < quantity <= MAX_QUANTITY:
            job.submission.outcomes.append(
                Outcome(category, "client_discard", reason, quantity, hour)
            )


def _word(value: Any) -> str | None:
    """One of the names that SDKs use; others are all called `other`, for each is a row."""
    said = text(value, 64)
    return said if said is None or said in KNOWN else "other"


def _hour(value: Any, job: Job) -> str:
    """The hour the client speaks of, never in the future nor older than a day: each is a row."""
    found = moment(value)
    said = found + drift(job.context) if found else job.received
    oldest = job.received - OLDEST
    return clock.hour(clock.timestamp(min(max(said, oldest), job.received)))
