"""Check-ins of scheduled jobs. README: Items."""

import re
from typing import Any

import orjson

from jentry.ingest import jsontext
from jentry.ingest.envelope import Item
from jentry.ingest.items.report import as_id
from jentry.ingest.job import Job, text
from jentry.ingest.normalise import environment_name, release_name
from jentry.ingest.scrubbing import Policy, scrub_value
from jentry.store.rows import CheckInRow

STATUSES = ("in_progress", "ok", "error")
NIL = bytes(16)  # "the latest one in progress"
MAX_CONFIG = 8192  # bytes
LONGEST = 10**9  # seconds


def handle(item: Item, job: Job) -> None:
    body = jsontext.loads_or_none(item.payload)
    add(body if isinstance(body, dict) else {}, job)


def add(body: dict[str, Any], job: Job) -> None:
    slug, status = monitor_slug(body.get("monitor_slug")), body.get("status")
    if slug is None or status not in STATUSES:
        job.count("monitor", "invalid", "check_in")
        return
    check_in_id = as_id(body.get("check_in_id"))
    config = body.get("monitor_config")
    dumped = _dumped(config, job.policy) if isinstance(config, dict) else b""
    job.submission.check_ins.append(
        CheckInRow(
            monitor_slug=slug,
            check_in_id=None if check_in_id == NIL else check_in_id,
            status=status,
            duration=_seconds(body.get("duration")),
            environment=environment_name(body.get("environment")),
            release=release_name(body.get("release")),
            config=dumped.decode() if 0 < len(dumped) <= MAX_CONFIG else None,
        )
    )


def _dumped(config: dict[str, Any], policy: Policy) -> bytes:
    try:
        dumped = jsontext.dumps(config)
    except orjson.JSONEncodeError:  # too deep
        return b""
    return jsontext.dumps(scrub_value(config, policy)) if len(dumped) <= MAX_CONFIG else b""


def monitor_slug(value: Any) -> str | None:
    """Lower case, of letters, digits, `-` and `_`; blanks become dashes; at most 50 characters."""
    slug = re.sub(r"[^a-z0-9_-]+", "-", (text(value, 200) or "").lower()).strip("-")[:50]
    return slug or None


def _seconds(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LONGEST:
        return float(value)
    return None


def number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
