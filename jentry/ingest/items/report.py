"""What people write about an error: legacy user reports and feedback. Never an issue."""

import uuid
from typing import Any

from jentry.ingest import jsontext
from jentry.ingest.envelope import Item
from jentry.ingest.job import Job, text
from jentry.ingest.normalise import normalise
from jentry.ingest.scrubbing import scrub
from jentry.store.rows import ReportRow

LONGEST = 4096  # characters of a comment


def handle_user_report(item: Item, job: Job) -> None:
    """The old form, which has no id of its own: one for each event."""
    body = jsontext.loads_or_none(item.payload)
    about = as_id(body.get("event_id")) if isinstance(body, dict) else None
    if about is None:
        job.count("feedback", "invalid", "user_report")
        return
    feedback = {
        "message": body.get("comments"),
        "name": body.get("name"),
        "contact_email": body.get("email"),
        "associated_event_id": about.hex(),
    }
    event = normalise({"type": "feedback", "contexts": {"feedback": feedback}}, job.context)
    _add(event, job, "user_report", about)


def handle_feedback(item: Item, job: Job) -> None:
    raw = jsontext.loads_or_none(item.payload)
    if isinstance(raw, dict):
        add_feedback(normalise(raw | {"type": "feedback"}, job.context), job)
    else:
        job.count("feedback", "invalid", "feedback")


def add_feedback(event: dict[str, Any], job: Job) -> None:
    """A normalised event whose `contexts.feedback` is what somebody wrote."""
    _add(event, job, "feedback", bytes.fromhex(event["event_id"]))


def _add(event: dict[str, Any], job: Job, source: str, report_id: bytes) -> None:
    scrub(event, job.policy)
    body = event["contexts"].get("feedback", {})
    comments = text(body.get("message"), LONGEST)
    if comments is None:
        job.count("feedback", "invalid", source)
        return
    job.submission.reports.append(
        ReportRow(
            report_id=report_id,
            event_id=as_id(body.get("associated_event_id")),
            source=source,
            name=text(body.get("name"), 128),
            email=text(body.get("contact_email"), 254),
            comments=comments,
            url=text(body.get("url"), 2048),
        )
    )


def as_id(value: Any) -> bytes | None:
    """The 16 bytes of an event id in either spelling; None when it is none."""
    try:
        return uuid.UUID(value).bytes
    except (ValueError, TypeError, AttributeError):
        return None
