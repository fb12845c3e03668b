"""Every table, and what each kind of upkeep does with its rows, or why it does nothing.

Retention, deletion in the background, export, import and erasure are built from this list; what
is built so far is deletion by cascade and `jentry check`. A test compares it with `schema.sql`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """`deletion`: the tables whose rows take its rows along. The rest are phrases for a person."""

    retention: str
    deletion: tuple[str, ...]
    export: str
    import_: str
    erasure: str  # of one person
    check: str  # besides the integrity of the file and of references, which are of all tables


NEVER = "never: small, and what people set up"
LIFETIME = "never: lifetime figures"
WITH_ISSUE = "never: goes with its issue"
WITH_BUNDLE = "never: goes with its bundle"
WITH_BUNDLE_ONLY = "no: as its bundle"
NO_PERSON = "nothing: holds no person's data"
NOTHING = "nothing"
SECRET = "no: a credential or secret of this server"  # noqa: S105
OURS = "no: matters to this server only"
NOT_EXPORTED = "nothing: not exported"

TABLES = {
    "instance": Table(NEVER, (), SECRET, "keeps the server's own", NO_PERSON, NOTHING),
    "backups": Table("the latest 100", (), OURS, NOT_EXPORTED, NO_PERSON, NOTHING),
    "imports": Table(NEVER, (), OURS, NOT_EXPORTED, NO_PERSON, NOTHING),
    "import_issues": Table(
        WITH_ISSUE, ("imports", "issues"), OURS, NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "organizations": Table(
        NEVER, (), "slug and name", "matched by slug, else made", NO_PERSON, NOTHING
    ),
    "users": Table(
        NEVER, (), "members: email, name, role", "matched by email, else invited",
        "stays: an account is closed by its owner; the report names it", NOTHING,
    ),
    "memberships": Table(
        NEVER, ("organizations", "users"), "with its user", "with its user", "stays, as its user",
        NOTHING,
    ),
    "weekly_summaries": Table(
        NEVER, ("memberships",), OURS, NOT_EXPORTED, "stays, as its user", NOTHING
    ),
    "invitations": Table(
        "a day after they expire", ("organizations",), SECRET, "new ones are made",
        "stays: the report names it", NOTHING,
    ),
    "password_links": Table(
        "a day after they expire", ("users",), SECRET, NOT_EXPORTED, "stays, as its user",
        NOTHING,
    ),
    "user_sessions": Table(
        "a day after they expire", ("users",), SECRET, NOT_EXPORTED, "stays, as its user", NOTHING
    ),
    "second_factors": Table(
        NEVER, ("users",), SECRET, NOT_EXPORTED, "stays, as its user", NOTHING
    ),
    "recovery_codes": Table(
        NEVER, ("users",), SECRET, NOT_EXPORTED, "stays, as its user", NOTHING
    ),
    "sign_in_attempts": Table(
        "a day after they expire, and 20,000 rows", (), OURS, NOT_EXPORTED,
        NO_PERSON + ": hashes", NOTHING,
    ),
    "api_tokens": Table(
        "400 days after expiry or revocation", ("organizations", "projects", "users"), SECRET,
        NOT_EXPORTED, "stays, as its user", NOTHING,
    ),
    "idempotency_keys": Table(
        "24 hours", ("api_tokens",), OURS, NOT_EXPORTED, "all of the organization are deleted",
        NOTHING,
    ),
    "audit_log": Table(
        "JENTRY_AUDIT_DAYS; by default never", ("organizations",), "as the API shows it",
        "once, by export and row id", "stays: it says who did what; the report names it", NOTHING,
    ),
    "projects": Table(
        NEVER, ("organizations",), "slug, name, platform, settings, rules of both kinds",
        "matched by slug; its id is kept if it is free", "words in rules are replaced",
        "its events have the project of their issue",
    ),
    "client_keys": Table(
        NEVER, ("projects",), "public key and name", "matched by public key", NO_PERSON, NOTHING
    ),
    "retired_projects": Table(
        "never: two numbers for a project that was deleted", (), OURS, NOT_EXPORTED, NO_PERSON,
        NOTHING,
    ),
    "dictionaries": Table(
        "with the project, or once nothing is packed with it", ("projects",),
        "no: payloads are exported as JSON", "events are packed anew",
        "one with the person's words is trained anew, its payloads packed anew",
        "each that a payload names is there",
    ),
    "releases": Table(
        "never; weekly those beyond the cap, made by traffic, of which nothing is kept",
        ("projects",), "with commits, deploys and lifetime counts",
        "matched by version; the larger count wins", NO_PERSON,
        "events, issues and sessions equal their parts",
    ),
    "release_commits": Table(
        NEVER, ("releases",), "with its release", "with its release",
        "author and email are replaced", NOTHING,
    ),
    "release_deploys": Table(
        NEVER, ("releases",), "with its release", "with its release", NO_PERSON, NOTHING
    ),
    "issues": Table(
        "JENTRY_ISSUE_DAYS unseen, without events, assignee and comment; by default never",
        ("projects",), "all columns", "matched by any of its hashes; a new one brings its counts",
        "words in title, culprit and search are replaced", "its counts equal the rows counted",
    ),
    "issue_hashes": Table(
        WITH_ISSUE, ("projects", "issues"), "with its issue", "with its issue",
        "words in components are replaced",
        "each that an event names is there and leads to the event's issue",
    ),
    "issue_parts": Table(
        WITH_ISSUE, ("issues",), "with its issue: what it was merged into", "merged again",
        "words in title, culprit and search are replaced",
        "a merged issue's counts are those of its parts together",
    ),
    "splits": Table(
        WITH_ISSUE + ", or until its events have moved", ("issues", "issue_hashes"), OURS,
        NOT_EXPORTED, NO_PERSON, "an event whose hash leads elsewhere has a row",
    ),
    "reindexings": Table(
        WITH_ISSUE + ", or until its facets are read anew", ("issues",), OURS, NOT_EXPORTED,
        NO_PERSON, NOTHING,
    ),
    "issue_users": Table(
        LIFETIME, ("issues",), "with its issue: hashes", "with its issue, under this server's salt",
        "the hash is replaced by a random one: the count stays", "issues.user_count",
    ),
    "issue_hours": Table(
        LIFETIME + "; hours older than the days are folded to one row a day", ("issues",),
        "with its issue", "with its issue", NO_PERSON, "issues.event_count",
    ),
    "issue_releases": Table(
        LIFETIME, ("issues", "releases"), "with its issue", "with its issue", NO_PERSON,
        "releases.events and releases.issues",
    ),
    "tag_keys": Table(
        "with the last of its values", ("projects",), "no: made from the tags",
        "counted anew", NO_PERSON, "value_count equals the rows of tags",
    ),
    "tags": Table(
        "weekly, what no issue has; taken off tag_keys.value_count", ("projects",),
        "with the issues that have it",
        "matched by key and value", "the value is replaced, equal ones are joined", NOTHING,
    ),
    "issue_tags": Table(
        LIFETIME, ("issues", "tags"), "with its issue", "with its issue",
        "added together where tags are joined", "its key is that of its tag",
    ),
    "facets": Table(
        "weekly, what no issue has", ("projects",), "no: made anew from the events", NOT_EXPORTED,
        "those with a word of the person are deleted", NOTHING,
    ),
    "issue_facets": Table(
        LIFETIME, ("facets", "issues"), "no: made anew from the events", NOT_EXPORTED,
        "with its facet", NOTHING,
    ),
    "issue_shapes": Table(
        WITH_ISSUE, ("issues",), "no: made anew from the events", NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "issue_people": Table(
        "weekly, what is of no issue", (), "no: made anew from the events", NOT_EXPORTED,
        "the person's hashes are deleted", NOTHING,
    ),
    "issue_returns": Table(
        WITH_ISSUE, ("issues",), "with its issue", "with its issue", NO_PERSON, NOTHING
    ),
    "issue_conditions": Table(
        WITH_ISSUE, ("issues", "releases"), "with its issue", "with its issue", NO_PERSON, NOTHING
    ),
    "issue_condition_users": Table(
        "the minutes that the condition looks back", ("issue_conditions",), OURS, NOT_EXPORTED,
        "nothing: a salted hash, kept for the minutes of the condition", NOTHING,
    ),
    "comments": Table(
        WITH_ISSUE, ("issues",), "as the API shows them", "once, by export and row id",
        "words are replaced", NOTHING,
    ),
    "operations": Table(
        "30 days", ("projects",), OURS + ": undoing", NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "operation_issues": Table(
        "with its operation", ("operations", "issues"), OURS + ": undoing", NOT_EXPORTED, NO_PERSON,
        NOTHING,
    ),
    "operation_details": Table(
        "with its operation", ("operations",), OURS + ": undoing", NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "operation_conditions": Table(
        "with its operation", ("operations", "issues"), OURS + ": undoing", NOT_EXPORTED, NO_PERSON,
        NOTHING,
    ),
    "operation_parts": Table(
        "with its operation", ("operations", "issues"), OURS + ": undoing", NOT_EXPORTED, NO_PERSON,
        NOTHING,
    ),
    "regroups": Table(
        "with its operation", ("operations", "projects"), OURS + ": undoing", NOT_EXPORTED,
        "words in rules are replaced", NOTHING,
    ),
    "regroup_flows": Table(
        "30 days, as its operation", ("operations",), OURS + ": undoing", NOT_EXPORTED,
        "words in components are replaced", NOTHING,
    ),
    "regroup_events": Table(
        "30 days, as their operation", ("projects",), OURS + ": undoing", NOT_EXPORTED, NO_PERSON,
        NOTHING,
    ),
    "regroup_hashes": Table(
        "30 days, as its operation", ("operations",), OURS + ": undoing", NOT_EXPORTED, NO_PERSON,
        NOTHING,
    ),
    "events": Table(
        "days, caps and disk budget", ("issues",), "with its payload, as JSON",
        "matched by project and event id, by the normal way of an event",
        "the person's are deleted, words in others replaced",
        "project and hash are those of its issue; bytes are those of its payload",
    ),
    "trace_blocks": Table(
        "weekly, what no event has", (), "no: made anew from the events", NOT_EXPORTED, NO_PERSON,
        NOTHING,
    ),
    "issue_evictions": Table(
        WITH_ISSUE, ("issues",), "with its issue", "with its issue", NO_PERSON, "issues.event_count"
    ),
    "event_payloads": Table(
        "with its event", ("events",), "with its event, unpacked", "packed anew", "with its event",
        "its codec is known; its size is events.bytes",
    ),
    "attachments": Table(
        "with its event; the days when there is none; under the budget before most events",
        ("projects",), "with its bytes", "matched by event id, name and SHA-256",
        "those of the person's events, and those that hold the words, are deleted", NOTHING,
    ),
    "attachment_payloads": Table(
        "with its attachment", ("attachments",), "with its attachment", "packed anew",
        "with its attachment", NOTHING,
    ),
    "project_usage": Table(
        "never: goes with its project", ("projects",), OURS, "counted by triggers", NO_PERSON,
        "equals the rows of events and attachments",
    ),
    "user_reports": Table(
        "days: they hold names and addresses", ("projects",), "as the API shows them",
        "once, by export and row id", "deleted", NOTHING,
    ),
    "monitors": Table(
        "without check-ins for the days", ("projects",), "as the API shows them",
        "matched by slug", NO_PERSON, NOTHING,
    ),
    "monitor_environments": Table(
        "with its monitor", ("monitors",), OURS + ": judged anew", NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "check_ins": Table(
        "days; all but the latest 1,000 of a monitor", ("monitors",), "as the API shows them",
        "once, by export and row id", NO_PERSON, NOTHING,
    ),
    "sessions": Table(
        "7 days after the last update; 30 when still open", ("projects", "releases"),
        "no: their hours are", NOT_EXPORTED, "did_hash is replaced by a random one", NOTHING,
    ),
    "session_hours": Table(
        LIFETIME + "; hours older than the days are folded to one row a day", ("releases",),
        "release, environment, hour and counts", "matched by them; the larger count wins",
        NO_PERSON, "releases.sessions",
    ),
    "views": Table(
        "never: few, and what people set up; one's own with the membership",
        ("organizations", "projects"), "all columns", "by who saved it, name and time",
        "words in name and search are replaced", NOTHING,
    ),
    "deletions": Table(
        "400 days after their end", (), OURS, NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "erasures": Table(
        "400 days after their end; a week when never confirmed", ("organizations",), OURS,
        NOT_EXPORTED, "keeps numbers only, once it is done", NOTHING,
    ),
    "erasure_finds": Table(
        "with what they name", ("erasures",), OURS, NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "outcome_hours": Table(
        "400 days", ("projects", "client_keys"), "as the API shows them",
        "once, by export and row id", NO_PERSON, NOTHING,
    ),
    "quota_windows": Table(
        "overwritten by the next window", ("projects",), OURS, NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "token_windows": Table(
        "overwritten by the next hour", ("api_tokens",), OURS, NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "usage_hours": Table("400 days", (), OURS, NOT_EXPORTED, NO_PERSON, NOTHING),
    "happenings": Table(
        "a second; a day where no notifier runs", (), OURS, NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "alert_channels": Table(
        NEVER, ("organizations",), "without addresses of webhooks and chats, and secrets",
        "matched by name; one without its address is switched off",
        "an address of the person is taken out", NOTHING,
    ),
    "alert_rules": Table(
        NEVER, ("organizations",), "all but when it matched last", "matched by name", NO_PERSON,
        NOTHING,
    ),
    "alert_rule_projects": Table(
        NEVER, ("alert_rules", "projects"), "with its rule", "with its rule", NO_PERSON, NOTHING
    ),
    "alert_rule_channels": Table(
        NEVER, ("alert_rules", "alert_channels"), "with its rule", "with its rule", NO_PERSON,
        NOTHING,
    ),
    "alert_throttles": Table("30 days", ("alert_rules",), OURS, NOT_EXPORTED, NO_PERSON, NOTHING),
    "alerts": Table(
        "30 days", ("organizations", "alert_channels", "projects", "issues"), OURS, NOT_EXPORTED,
        NO_PERSON, NOTHING,
    ),
    "alert_origins": Table(
        "with its alert", ("alerts", "alert_rules"), OURS, NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "deliveries": Table(
        "30 days", ("organizations", "alert_channels"), OURS, NOT_EXPORTED,
        "those to an address of the person are deleted", NOTHING,
    ),
    "alert_optouts": Table(
        NEVER, ("alert_channels",), OURS, NOT_EXPORTED, "stays: the person wants no mail", NOTHING
    ),
    "alert_notices": Table(
        "overwritten by the next of its cause", ("organizations",), OURS, NOT_EXPORTED, NO_PERSON,
        NOTHING,
    ),
    "upload_chunks": Table(
        "a day, or until its bundle is put together", ("organizations",), OURS, NOT_EXPORTED,
        NO_PERSON, NOTHING,
    ),
    "artifact_bundles": Table(
        "JENTRY_ARTIFACT_DAYS since last use; the least recently used beyond "
        "JENTRY_ARTIFACT_BYTES",
        ("organizations",), "no: release tools upload it again", NOT_EXPORTED, NO_PERSON, NOTHING,
    ),
    "artifact_projects": Table(
        WITH_BUNDLE, ("projects", "artifact_bundles"), WITH_BUNDLE_ONLY, NOT_EXPORTED, NO_PERSON,
        NOTHING,
    ),
    "file_contents": Table(
        "a day after the last file that has it", (), WITH_BUNDLE_ONLY, NOT_EXPORTED, NO_PERSON,
        NOTHING,
    ),
    "file_payloads": Table(
        "with its content", ("file_contents",), WITH_BUNDLE_ONLY, NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "artifact_files": Table(
        WITH_BUNDLE, ("artifact_bundles",), WITH_BUNDLE_ONLY, NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "mapped_positions": Table(
        "never: goes with the contents of its map", ("file_contents",), WITH_BUNDLE_ONLY,
        NOT_EXPORTED, NO_PERSON, NOTHING,
    ),
    "event_wants": Table(
        "7 days, and with its event", ("projects", "events"), OURS, NOT_EXPORTED, NO_PERSON, NOTHING
    ),
    "remappings": Table(
        "until it is done", ("projects", "artifact_bundles"), OURS, NOT_EXPORTED, NO_PERSON, NOTHING
    ),
}  # fmt: skip
