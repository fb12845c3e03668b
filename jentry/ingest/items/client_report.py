"""What clients say they dropped themselves: added to the outcomes, never limited."""

from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.ingest import jsontext
from jentry.ingest.envelope import Item
from jentry.ingest.job import Job, text
from jentry.ingest.normalise.times import drift, moment
from jentry.store.parcel import Outcome

MAX_ENTRIES = 100
MAX_QUANTITY = 10**9


def handle(item: Item, job: Job) -> None:
    """An invalid report is dropped without a word. PROTOCOL section 2.2."""
    report = jsontext.loads_or_none(item.payload)
    if not isinstance(report, dict):
        job.count("internal", "invalid", "client_report")
        return
    hour = _hour(report.get("timestamp"), job)
    entries = report.get("discarded_events")
    for entry in entries[:MAX_ENTRIES] if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        reason, category = text(entry.get("reason"), 64), text(entry.get("category"), 64)
        quantity = entry.get("quantity")
        if reason and category and type(quantity) is int and 0 < quantity <= MAX_QUANTITY:
            job.parcel.outcomes.append(Outcome(category, "client_discard", reason, quantity, hour))


def _hour(value: Any, job: Job) -> str:
    """The hour the client speaks of, never in the future nor older than what is kept."""
    found = moment(value)
    said = found + drift(job.context) if found else job.received
    oldest = job.received - timedelta(days=job.settings.retention_days)
    return clock.hour(clock.timestamp(min(max(said, oldest), job.received)))
