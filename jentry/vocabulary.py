"""The word lists of the API and the database, each once.

`schema.sql` repeats some of them in CHECK constraints; a test proves that both agree.
"""

# Words that the database takes and nothing writes or shows yet, by table and column.
RESERVED = {
    "issues.status": ("merged",),
}

STATUSES = ("unresolved", "resolved", "ignored")
ARCHIVED = ("archived_until_escalating", "archived_until_condition_met", "archived_forever")
SUBSTATUSES = ("new", "ongoing", "regressed", "escalating", *ARCHIVED)
LEVELS = ("fatal", "error", "warning", "info", "debug")
SORTS = ("last_seen", "first_seen", "events", "users")
PERIODS = {"24h": 24, "7d": 7 * 24, "14d": 14 * 24}  # hours; "all" has no bound
ROLES = ("owner", "admin", "member")
THEMES = ("system", "light", "dark")
VIAS = ("api", "cli", "web", "mcp", "commit", "system")

SCOPES = {
    "org:read": "Read the audit log.",
    "project:read": "List projects and releases.",
    "project:write": "Register releases (commits & deploys).",
    "project:admin": "Create projects, change their settings and client keys.",
    "issue:read": "List and read issues.",
    "issue:write": "Update issue status & assignee.",
    "event:read": "Read an issue's events.",
    "member:read": "List the organization's members.",
    "alert:read": "Read alert rules, channels and deliveries, and try a rule on the past.",
    "alert:write": "Change alert rules and channels, send tests and retry deliveries.",
}

EVENT_TYPES = ("error", "default", "csp", "hpkp", "expectct", "expectstaple")
SESSION_STATUSES = ("ok", "exited", "errored", "crashed", "abnormal", "unhandled")
OUTCOMES = ("accepted", "filtered", "rate_limited", "invalid", "client_discard")
RESOLUTIONS = ("hour", "day")
REPORT_SOURCES = ("user_report", "feedback")
CHECK_IN_STATUSES = ("in_progress", "ok", "error", "missed", "timeout")
MONITOR_STATUSES = ("ok", "failing")

CONDITIONS = (
    "new_issue", "regressed", "escalating", "frequency", "users", "crash_free", "quota",
    "recovered",
)  # fmt: skip
CHANNEL_KINDS = ("email", "webhook", "apprise")
CHANNEL_STATES = ("unused", "ok", "failing", "disabled", "unconfigured")
DELIVERY_KINDS = ("alert", "test", "notice")
DELIVERY_STATES = ("waiting", "sending", "sent", "failed", "cancelled")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

PLATFORMS = frozenset({
    "as3", "c", "cfml", "cocoa", "csharp", "dart", "elixir", "go", "groovy", "haskell", "java",
    "javascript", "native", "node", "objc", "other", "perl", "php", "powershell", "python", "ruby",
    "rust",
})  # fmt: skip

MAX_ID = 2**53 - 1  # what every reader of JSON can hold exactly
