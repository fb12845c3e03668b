"""What is limited, in one table: how much is stored in a window of time, how many distinct things
there may be, and what one request may hold. The README shows it.

Nobody who only sends errors meets these limits. They are for whoever found a key, which is public,
or has a loop that went wild: nothing that is stored is without one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HOUR = 3600
FIVE_MINUTES = 300
EVENT_BYTES = 51_200  # for each event of the hourly quota, when no bytes are set
LEAST_BYTES = 20 * 1024 * 1024  # then; one event fits whatever the quota
ROW_BYTES = 1024  # that a file takes besides its content
CHANGE_BYTES = 1000  # that a change by the API takes besides what was sent, for each issue or thing


@dataclass(frozen=True, slots=True)
class Limit:
    """`most`: a number, or none when it is the setting of the limit's name. 0 there is no limit.

    `categories` are those that SDKs are asked to stop sending; the outcome that is counted has the
    first of them (of events, the event's own) and `reason`.
    """

    counts: str
    per: str
    beyond: str
    most: int | None = None
    seconds: int = 0  # length of the window
    categories: tuple[str, ...] = ()
    reason: str = ""


EVENTS = ("error", "default", "security", "attachment")  # files go with the events
OTHER = "kept in the event; the tables count it as other"
WINDOWS = {HOUR: "project, hour", FIVE_MINUTES: "project, 5 minutes"}


def _quota(counts: str, seconds: int, *categories: str, reason: str = "quota") -> Limit:
    return Limit(
        counts, WINDOWS[seconds], "429 for the category", None, seconds, categories, reason
    )


def _request(counts: str, most: int, category: str, per: str = "request") -> Limit:
    beyond = "dropped, counted as invalid"
    return Limit(counts, per, beyond, most, categories=(category,), reason="too_many")


LIMITS: dict[str, Limit] = {
    "quota_5min": _quota("events", FIVE_MINUTES, *EVENTS),
    "quota_hour": _quota("events", HOUR, *EVENTS),
    "quota_bytes_hour": _quota("bytes of events as stored", HOUR, *EVENTS, reason="bytes"),
    "quota_attachment_bytes_hour": _quota(
        "bytes of attachments as stored", HOUR, "attachment", reason="bytes"
    ),
    "quota_reports_5min": _quota(
        "user reports and feedback", FIVE_MINUTES, "feedback", "user_report"
    ),
    "quota_check_ins_5min": _quota("check-ins", FIVE_MINUTES, "monitor"),
    "quota_sessions_5min": _quota(
        "new sessions, and buckets of counted ones", FIVE_MINUTES, "session"
    ),
    "quota_session_hours_hour": _quota(
        "hours of a release and environment in which sessions began",
        HOUR,
        "session",
        reason="hours",
    ),
    "quota_releases_hour": Limit("new releases by traffic", WINDOWS[HOUR], OTHER, None, HOUR),
    "max_releases": Limit("releases that only traffic knows", "project, 7 days", OTHER),
    "max_environments": Limit("environments", "project", OTHER),
    "max_tag_keys": Limit("tag keys", "project", "kept in the event; not in the tables"),
    "max_tag_values": Limit("values of a tag key", "project", OTHER),
    "facets": Limit(
        "functions, files, modules and the like that issues are searched by",
        "project",
        "kept in the event; not found by the search",
        500_000,
    ),
    "issue_users": Limit(
        "users that an issue happened to",
        "issue",
        "kept in the event; not counted, not found by the search",
        100_000,
    ),
    "max_monitors": Limit(
        "monitors",
        "project",
        "check-ins of others are dropped, counted as rate limited",
        categories=("monitor",),
        reason="monitors",
    ),
    "outcomes": Limit(
        "rows of outcomes: key, category, outcome and reason",
        "project, hour",
        "the reason is counted as other",
        500,
    ),
    "attachment": _request("attachments", 30, "attachment"),
    "user_report": _request("user reports", 10, "feedback"),
    "check_in": _request("check-ins", 10, "monitor"),
    "session": _request("session updates", 100, "session"),
    "sessions": _request("items of counted sessions", 100, "session"),
    "item_buckets": _request("buckets of counted sessions", 100, "session", "item"),
    "session_buckets": _request("buckets of counted sessions", 1000, "session"),
    "client_report": _request("client reports", 10, "internal"),
    "discarded_events": _request("entries of client reports", 100, "internal"),
    "api_bytes_hour": Limit(
        "bytes that are written through the API", "token, hour", "429", None, HOUR
    ),
    "keys": Limit("client keys, disabled ones too", "project", "409", 100),
    "projects": Limit("projects", "organization", "409", 1000),
    "alert_rules": Limit("alert rules", "organization", "409", 500),
    "views": Limit("saved views of one's own", "person and organization", "409", 50),
    "shared_views": Limit("shared views", "organization", "409", 100),
    "alert_channels": Limit("alert channels", "organization", "409", 200),
}

QUOTAS = {  # of projects
    name: limit
    for name, limit in LIMITS.items()
    if limit.seconds and limit.per.startswith("project")
}


def most(name: str) -> int:
    """The number of a limit that is none of the settings."""
    found = LIMITS[name].most
    if found is None:
        raise KeyError(name)
    return found


def in_force(server: Any, own: Any) -> Mapping[str, int]:
    """Of each limit that holds for a project, by name: `server` has the settings, `own` those of
    them that the project has set itself. What has no limit is absent.
    """
    found: dict[str, int] = {}
    for name, limit in LIMITS.items():
        if limit.most is not None:
            continue
        value = getattr(own, name, None)
        value = getattr(server, name) if value is None else value
        if value is None:  # in proportion to the events
            hourly = found.get("quota_hour")
            value = hourly and max(LEAST_BYTES, EVENT_BYTES * hourly)
        if value:
            found[name] = value
    return found
