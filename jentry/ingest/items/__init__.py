"""The types of items, and what becomes of each. README: Items.

A new one is a line of ITEM_TYPES, a handler in this folder that fills the submission, and what the
store does with its rows; `tests/ingest/test_items.py` lists what is still missing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jentry.errors import BadRequest
from jentry.ingest.envelope import Item
from jentry.ingest.items import attachment, check_in, client_report, event, report, session
from jentry.ingest.job import Job
from jentry.quotas import LIMITS

Handler = Callable[[Item, Job], None]


@dataclass(frozen=True, slots=True)
class ItemType:
    """`category`: what its outcomes are counted as. Without a handler it is accepted and counted,
    so that "where is it?" has an answer, but not stored.

    `is_event`: it would be the event that the envelope's id names, so there can be one.
    `most`: bytes of its JSON; what is larger is dropped and counted, without having been read.
    """

    category: str
    handle: Handler | None = None
    is_event: bool = False
    most: int | None = None

    @property
    def is_first(self) -> bool:
        """It may be too large, and the rest of an envelope may refer to its id."""
        return self.is_event and self.handle is not None


MAX_JSON = 100 * 1024

ITEM_TYPES = {
    "event": ItemType("error", event.handle, is_event=True),
    "session": ItemType("session", session.handle_update, most=MAX_JSON),
    "sessions": ItemType("session", session.handle_counts, most=MAX_JSON),
    "attachment": ItemType("attachment", attachment.handle),
    "user_report": ItemType("feedback", report.handle_user_report, most=MAX_JSON),
    "feedback": ItemType("feedback", report.handle_feedback, is_event=True),
    "check_in": ItemType("monitor", check_in.handle, most=MAX_JSON),
    "client_report": ItemType("internal", client_report.handle, most=MAX_JSON),
    "transaction": ItemType("transaction", is_event=True),
    "security": ItemType("security", is_event=True),
    "span": ItemType("span"),
    "otel_span": ItemType("span"),
    "log": ItemType("log_item"),
    "trace_metric": ItemType("trace_metric"),
    "statsd": ItemType("metric_bucket"),
    "metric_buckets": ItemType("metric_bucket"),
    "profile": ItemType("profile"),
    "profile_chunk": ItemType("profile_chunk"),
    "profile_chunk_ui": ItemType("profile_chunk"),
    "replay_event": ItemType("replay"),
    "replay_recording": ItemType("replay"),
    "replay_video": ItemType("replay"),
}
UNKNOWN = ItemType("default")
MAX_COUNT = 1_000_000


def type_of(item: Item) -> ItemType:
    return ITEM_TYPES.get(item.type, UNKNOWN)


def require_one_event(items: Sequence[Item]) -> None:
    """Raises BadRequest for an envelope with several."""
    events = sum(type_of(item).is_event for item in items)
    if events > 1:
        raise BadRequest(f"invalid envelope: {events} events, but one is allowed")


def handle(item: Item, job: Job) -> None:
    found = type_of(item)
    if found.handle is not None:
        if found.most is not None and item.size > found.most:
            job.count(found.category, "invalid", "too_large")
        elif item.type not in LIMITS or job.takes(item.type):
            found.handle(item, job)
    else:
        quantity = _quantity(item.headers.get("item_count"))
        job.count(found.category, "filtered", "not_stored", quantity)


def _quantity(item_count: Any) -> int:
    """How many a container says it holds; what is no count counts as one."""
    is_count = isinstance(item_count, int) and 0 < item_count < MAX_COUNT
    return int(item_count) if is_count else 1
