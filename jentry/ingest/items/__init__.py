"""One handler per item type of an envelope. README: Items."""

from collections.abc import Callable
from typing import Any

from jentry.ingest.envelope import Item
from jentry.ingest.items import attachment, check_in, client_report, event, report, session
from jentry.ingest.job import Job

Handler = Callable[[Item, Job], None]

HANDLERS: dict[str, Handler] = {
    "event": event.handle,
    "session": session.handle_update,
    "sessions": session.handle_counts,
    "attachment": attachment.handle,
    "user_report": report.handle_user_report,
    "feedback": report.handle_feedback,
    "check_in": check_in.handle,
    "client_report": client_report.handle,
}

# They may be too large, and the rest of an envelope may refer to their id: handled first.
EVENT_LIKE = ("event", "feedback")

# Accepted and counted, so that "where is it?" has an answer, but not stored: the category of each.
UNSTORED = {
    "transaction": "transaction",
    "span": "span",
    "otel_span": "span",
    "log": "log_item",
    "trace_metric": "trace_metric",
    "statsd": "metric_bucket",
    "metric_buckets": "metric_bucket",
    "profile": "profile",
    "profile_chunk": "profile_chunk",
    "profile_chunk_ui": "profile_chunk",
    "replay_event": "replay",
    "replay_recording": "replay",
    "replay_video": "replay",
}
MAX_COUNT = 1_000_000


def handle(item: Item, job: Job) -> None:
    if handler := HANDLERS.get(item.type):
        handler(item, job)
    else:
        category = UNSTORED.get(item.type, "default")
        job.count(category, "filtered", "not_stored", _quantity(item.headers.get("item_count")))


def _quantity(item_count: Any) -> int:
    """How many a container says it holds; what is no count counts as one."""
    is_count = isinstance(item_count, int) and 0 < item_count < MAX_COUNT
    return int(item_count) if is_count else 1
