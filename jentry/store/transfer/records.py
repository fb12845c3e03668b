"""What goes into an export: a record for each kind of row, and how each of its columns is written.

A column is given as `name` or `name:kind`. Kinds: hex (bytes), json (text that holds JSON), and
references: user (by email), release (by version), project, issue (by the exporting database's
numbers), key (by its public key). A test compares this with the schema: every table and column
is here, or is left out for a reason.
"""

from dataclasses import dataclass

FORMAT = "jentry-export"
VERSION = 1  # moves only when an old reader would go wrong; what it does not know, it skips

# Which rows are of the organization, or of the one project.
PROJECTS = """
    SELECT p.id FROM projects p
    WHERE p.org_id = :org_id AND (p.id = :project_id OR CAST(:project_id AS INTEGER) = 0)
"""
OF_ORG = "t.org_id = :org_id AND CAST(:project_id AS INTEGER) = 0"
PROJECT = f"t.id IN ({PROJECTS})"
OF_PROJECT = f"t.project_id IN ({PROJECTS})"
OF_ISSUE = f"t.issue_id IN (SELECT i.id FROM issues i WHERE i.project_id IN ({PROJECTS}))"
OF_MONITOR = f"t.monitor_id IN (SELECT m.id FROM monitors m WHERE m.project_id IN ({PROJECTS}))"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: str
    member: str  # of the line


ASSIGN, ASSIGNEES = "issue.assign", ("assigneeUserId", "from")  # whose entries name people so
RENAMED = {"type": "issueType", "recipients": "to"}  # a line has its own type; the API's word
REFERENCES = ("user", "release", "project", "issue", "key", "monitor")


def columns(text: str) -> tuple[Column, ...]:
    parts = (word.partition(":") for word in text.split())
    return tuple(Column(name, kind, _member(name, kind)) for name, _, kind in parts)


def _member(name: str, kind: str) -> str:
    if name in RENAMED:
        return RENAMED[name]
    first, *rest = name.removesuffix("_id" if kind in REFERENCES else "").split("_")
    return first + "".join(word.title() for word in rest)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that go with those of another table, in lines of their own: their owner, and `rows`."""

    table: str
    owner: str  # the column that names it
    columns: tuple[Column, ...]
    order: str
    natural: tuple[str, ...] = ()  # what tells rows of one owner apart; else all columns do


@dataclass(frozen=True, slots=True)
class Record:
    """Rows with an id. `time`: the column that `--since` asks; without one all rows go."""

    type: str
    table: str
    scope: str
    columns: tuple[Column, ...]
    natural: tuple[str, ...] = ()  # by which a row is known again
    time: str | None = None
    parts: tuple[Part, ...] = ()


RECORDS = (
    Record(
        "project", "projects", PROJECT,
        columns("id slug name platform settings:json ownership fingerprint_rules created_at"),
    ),
    Record(
        "key", "client_keys", OF_PROJECT,
        columns("project_id:project public_key name created_at disabled_at"),
        parts=(
            Part(
                "outcome_hours", "key_id",
                columns("hour category outcome reason quantity"),
                "hour, category, outcome, reason",
            ),
        ),
    ),
    Record(
        "channel", "alert_channels", OF_ORG,
        columns(
            "id name kind recipients:json digest_seconds quiet_hours:json is_active created_at"
            " updated_at"
        ),
    ),
    Record(
        "rule", "alert_rules", OF_ORG,
        columns(
            "id name covers_all conditions:json filter:json throttle_seconds is_active created_at"
            " updated_at"
        ),
    ),
    Record(
        "view", "views", OF_ORG,
        columns(
            "project_id:project user_id:user name search status level sort period shared position"
            " created_at updated_at"
        ),
    ),
    Record(
        "release", "releases", OF_PROJECT,
        columns(
            "project_id:project version ref url date_released created_at registered_at first_seen"
            " last_seen sorted_at"
        ),
        ("project_id", "version"),
        parts=(
            Part(
                "release_commits", "release_id",
                columns("position sha author author_email message url files:json committed_at"),
                "position", ("position",),
            ),
            Part(
                "release_deploys", "release_id", columns("environment name url deployed_at"), "id",
                ("environment", "deployed_at"),
            ),
            Part(
                "session_hours", "release_id",
                columns("environment hour sessions errored crashed abnormal unhandled"),
                "environment, hour",
            ),
        ),
    ),
    Record(
        "issue", "issues", OF_PROJECT,
        columns(
            "id project_id:project type title culprit level search status substatus status_at"
            " status_events assignee_id:user first_seen last_seen event_count user_count"
            " first_release_id:release first_release_at last_release_id:release last_release_at"
            " muted_until"
        ),
        parts=(
            Part("issue_hours", "issue_id", columns("hour events"), "hour"),
            Part("issue_releases", "issue_id", columns("release_id:release events"), "release_id"),
            Part("issue_tags", "issue_id", columns("key value events last_seen"), "key, value"),
            Part("issue_evictions", "issue_id", columns("reason events last_at"), "reason"),
            Part("issue_users", "issue_id", columns("user_hash:hex"), "user_hash"),
            Part(
                "issue_returns", "issue_id",
                columns("substatus event_id:hex release_id:release created_at"), "id",
            ),
            Part(
                "issue_conditions", "issue_id",
                columns(
                    "kind release_id:release commit_sha minutes until events events_window users"
                    " users_window from_users"
                ),
                "issue_id",
            ),
        ),
    ),
    Record(
        "event", "events", OF_PROJECT,
        columns(
            "event_id:hex issue_id:issue timestamp received_at level environment"
            " release_id:release"
        ),
        time="received_at",
    ),
    Record(
        "attachment", "attachments", OF_PROJECT,
        columns(
            "project_id:project event_id:hex filename content_type attachment_type size sha256"
            " received_at"
        ),
        ("project_id", "event_id", "filename", "sha256"), "received_at",
    ),
    Record(
        "comment", "comments", OF_ISSUE, columns("issue_id:issue user_id:user text created_at"),
        ("issue_id", "created_at", "text"), "created_at",
    ),
    Record(
        "report", "user_reports", OF_PROJECT,
        columns(
            "project_id:project report_id:hex event_id:hex source name email comments url"
            " received_at"
        ),
        ("project_id", "source", "report_id"), "received_at",
    ),
    Record(
        "monitor", "monitors", OF_PROJECT,
        columns("project_id:project slug config:json created_at is_active is_muted"),
        ("project_id", "slug"),
    ),
    Record(
        "check_in", "check_ins", OF_MONITOR,
        columns(
            "monitor_id:monitor check_in_id:hex status duration environment release started_at"
            " updated_at"
        ),
        ("monitor_id", "check_in_id"), "updated_at",
    ),
    Record(
        "audit", "audit_log", OF_ORG,
        columns("user_id:user action target meta:json created_at"),
        ("org_id", "created_at", "action", "target", "meta"), "created_at",
    ),
)  # fmt: skip

# Written by hand, each with the row that it belongs to.
WITH = {
    "organizations": "organization",
    "users": "member",
    "memberships": "member",
    "issue_hashes": "issue: it is known again by any of them",
    "issue_parts": "merge: the issues are merged again once their events are there",
    "event_payloads": "event: as JSON",
    "attachment_payloads": "attachment: as base64",
    "tags": "issue_tags",
    "tag_keys": "counted anew from the tags",
    "dictionaries": "trained anew",
    "alert_rule_projects": "rule",
    "alert_rule_channels": "rule",
}

# Columns that are left out of a record or part, and why.
OMITTED = {
    "client_keys.id": "own number",
    "projects.org_id": "the organization of the file",
    "outcome_hours.project_id": "that of the key",
    "events.symbolication": "mapped anew, if its artifacts are there",
    "releases.archived_at": "what a release tool hides here says nothing elsewhere",
    "issues.parts": "counted anew from the lines of type merge",
    "releases.events": "counted anew from the issues",
    "releases.issues": "counted anew from the issues",
    "releases.sessions": "counted anew from the hours",
    "releases.errored": "counted anew from the hours",
    "releases.crashed": "counted anew from the hours",
    "releases.abnormal": "counted anew from the hours",
    "releases.unhandled": "counted anew from the hours",
    "releases.folded": "made of the version",
    "issue_tags.key_id": "by their words",
    "issue_tags.tag_id": "by their words",
    "events.project_id": "that of the issue",
    "events.hash_id": "by hash and version",
    "events.bytes": "packed anew",
    "events.marks": "filled in anew by upkeep",
    "audit_log.org_id": "the organization of the file",
    "alert_channels.org_id": "the organization of the file",
    "alert_channels.url": "an address is a secret",
    "alert_channels.secret": "a secret: a new one is made",
    "alert_channels.former_secret": "a secret",
    "alert_channels.former_until": "with the former secret",
    "alert_channels.failures": "how the exporting server did",
    "alert_channels.failing_since": "how the exporting server did",
    "alert_channels.last_error": "how the exporting server did",
    "alert_channels.last_sent_at": "how the exporting server did",
    "alert_channels.retry_at": "how the exporting server did",
    "alert_channels.last_batch_at": "how the exporting server did",
    "views.id": "own number",
    "views.org_id": "the organization of the file",
    "alert_rules.org_id": "the organization of the file",
    "alert_rules.last_matched_at": "how the exporting server did",
}
