"""Files that come with an event: screenshots, logs, view hierarchies."""

import hashlib

from jentry.ingest.envelope import Item
from jentry.ingest.job import Job, text
from jentry.ingest.scrubbing import scrub_value
from jentry.store.payloads import pack
from jentry.store.rows import AttachmentRow


def handle(item: Item, job: Job) -> None:
    """A file over the limit is dropped and counted; it must not take the event with it."""
    if job.event_id is None:
        job.count("attachment", "invalid", "no_event_id")
    elif item.size > job.settings.max_attachment_bytes:
        job.count("attachment", "invalid", "too_large")
    else:
        payload = item.payload
        job.submission.attachments.append(
            AttachmentRow(
                event_id=bytes.fromhex(job.event_id),
                filename=_clean(
                    scrub_value(text(item.headers.get("filename"), 255), job.policy), "unnamed"
                ),
                content_type=_clean(
                    text(item.headers.get("content_type"), 255), "application/octet-stream"
                ),
                attachment_type=_clean(
                    text(item.headers.get("attachment_type"), 64), "event.attachment"
                ),
                size=len(payload),
                sha256=hashlib.sha256(payload).hexdigest(),
                data=pack(payload),
            )
        )


def _clean(value: str | None, default: str) -> str:
    """Header text comes from strangers and goes out in headers again: one printable line."""
    cleaned = "".join(c for c in value or "" if c.isprintable())
    return cleaned.encode("utf-8", "replace").decode() or default
