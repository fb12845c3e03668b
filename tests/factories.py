"""One row each, everything else defaulted; the id comes back."""

import itertools
import json
import secrets
from datetime import UTC, datetime, timedelta

from jentry import clock
from jentry.store import merging
from jentry.store.audit import Actor
from jentry.store.connection import transaction
from jentry.store.instance import sha256
from jentry.store.payloads import pack
from jentry.store.sql import fold
from jentry.vocabulary import SCOPES

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)  # where the tests of the API stop the clock
AT = "2026-11-01T10:00:00.000Z"
_numbers = itertools.count(1)


def ago(**delta):
    return clock.timestamp(NOW - timedelta(**delta))


def insert(db, table, **columns):
    names = ", ".join(columns)
    places = ", ".join(f":{name}" for name in columns)
    row = db.execute(f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING *", columns)
    return row.fetchone()[0]


def insert_row(db, table, *values):
    """Into a table without an id of its own: a value for each column."""
    db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


def org(db, **columns):
    slug = f"org-{next(_numbers)}"
    return insert(db, "organizations", **{"slug": slug, "name": slug, "created_at": AT} | columns)


def user(db, org_id, role="owner", **columns):
    email = f"user-{next(_numbers)}@jentry.test"
    user_id = insert(db, "users", **{"email": email, "created_at": AT} | columns)
    insert_row(db, "memberships", org_id, user_id, role, AT)
    return user_id


def token(db, org_id, user_id, scopes=tuple(SCOPES), **columns):
    """The token itself, not its id."""
    secret = f"jto_{secrets.token_urlsafe(24)}"
    defaults = {
        "org_id": org_id,
        "user_id": user_id,
        "name": "test",
        "sha256": sha256(secret),
        "last_four": secret[-4:],
        "scopes": " ".join(scopes),
        "created_at": AT,
    }
    insert(db, "api_tokens", **defaults | columns)
    return secret


def project(db, org_id, **columns):
    slug = f"project-{next(_numbers)}"
    defaults = {"org_id": org_id, "slug": slug, "name": slug, "created_at": AT}
    project_id = insert(db, "projects", **defaults | columns)
    key(db, project_id)
    return project_id


def key(db, project_id, **columns):
    defaults = {
        "project_id": project_id,
        "public_key": secrets.token_hex(16),
        "created_at": AT,
    }
    return insert(db, "client_keys", **defaults | columns)


def issue(db, project_id, **columns):
    defaults = {
        "project_id": project_id,
        "type": "error",
        "title": "ValueError: bad",
        "culprit": "shop in pay",
        "level": "error",
        "status_at": AT,
        "first_seen": AT,
        "last_seen": AT,
        "event_count": 1,
    }
    columns = defaults | columns
    columns.setdefault("search", fold(f"{columns['title']}\n{columns['culprit']}"))
    if columns.get("status") == "resolved":
        columns.setdefault("substatus", None)
    return insert(db, "issues", **columns)


def part(db, issue_id, **columns):
    """An issue that was merged into another one."""
    row = db.execute(
        "SELECT p.id, p.org_id FROM projects p JOIN issues i ON i.project_id = p.id WHERE i.id = ?",
        (issue_id,),
    ).fetchone()
    part_id = issue(db, row["id"], **columns)
    merging.join(db, Actor(row["org_id"], None, "cli"), issue_id, [part_id], AT)
    return part_id


def issues(db, project_id, rows):
    with transaction(db):
        return [issue(db, project_id, **columns) for columns in rows]


def event(db, issue_id, payload=None, **columns):
    number = next(_numbers)
    owner = db.execute("SELECT project_id FROM issues WHERE id = ?", (issue_id,)).fetchone()
    defaults = {
        "project_id": owner["project_id"],
        "event_id": number.to_bytes(16),
        "issue_id": issue_id,
        "timestamp": AT,
        "received_at": AT,
        "level": "error",
    }
    payload = {"type": "error", "platform": "python", "tags": {}, "contexts": {}} | (payload or {})
    data = pack(json.dumps(payload).encode())
    row_id = insert(db, "events", **defaults | {"bytes": len(data)} | columns)
    insert(db, "event_payloads", id=row_id, data=data)
    return row_id


def release(db, project_id, version=None, **columns):
    version = version or f"shop@1.{next(_numbers)}"
    defaults = {
        "project_id": project_id,
        "version": version,
        "folded": fold(version),
        "created_at": AT,
        "sorted_at": AT,
    }
    return insert(db, "releases", **defaults | columns)


def audit(db, org_id, **columns):
    defaults = {
        "org_id": org_id,
        "action": "issue.resolve",
        "target": "issue:1",
        "meta": '{"via": "api"}',
        "created_at": AT,
    }
    return insert(db, "audit_log", **defaults | columns)


def deletion(db, project_id, **columns):
    """Of an issue that was in the project, finished."""
    number = 1_000_000 + next(_numbers)
    (org_id,) = db.execute("SELECT org_id FROM projects WHERE id = ?", (project_id,)).fetchone()
    defaults = {
        "org_id": org_id,
        "kind": "issue",
        "target_id": number,
        "project_id": project_id,
        "name": str(number),
        "requested_at": AT,
        "total": 1,
        "done": 1,
        "finished_at": AT,
    }
    return insert(db, "deletions", **defaults | columns)


def erasure(db, project_id, **columns):
    """One that has found nothing."""
    (org_id,) = db.execute("SELECT org_id FROM projects WHERE id = ?", (project_id,)).fetchone()
    defaults = {
        "org_id": org_id,
        "identifiers": '{"email": "jane@person.test"}',
        "state": "found",
        "report": "{}",
        "requested_at": AT,
    }
    return insert(db, "erasures", **defaults | columns)


def attachment(db, project_id, data=b"hello", **columns):
    defaults = {
        "project_id": project_id,
        "event_id": next(_numbers).to_bytes(16),
        "filename": "log.txt",
        "content_type": "text/plain",
        "attachment_type": "event.attachment",
        "size": len(data),
        "sha256": sha256(data.hex()),
        "received_at": AT,
    }
    row_id = insert(db, "attachments", **defaults | columns)
    insert(db, "attachment_payloads", id=row_id, data=pack(data))
    return row_id


def report(db, project_id, **columns):
    defaults = {
        "project_id": project_id,
        "report_id": next(_numbers).to_bytes(16),
        "source": "feedback",
        "comments": "It broke.",
        "received_at": AT,
    }
    return insert(db, "user_reports", **defaults | columns)


def monitor(db, project_id, slug=None, **columns):
    slug = slug or f"job-{next(_numbers)}"
    defaults = {"project_id": project_id, "slug": slug, "created_at": AT}
    return insert(db, "monitors", **defaults | columns)


def check_in(db, monitor_id, **columns):
    defaults = {
        "monitor_id": monitor_id,
        "check_in_id": next(_numbers).to_bytes(16),
        "status": "ok",
        "started_at": AT,
        "updated_at": AT,
    }
    return insert(db, "check_ins", **defaults | columns)


def outcome(db, key_id, hour, quantity=1, **columns):
    owner = db.execute("SELECT project_id FROM client_keys WHERE id = ?", (key_id,)).fetchone()
    defaults = {
        "project_id": owner["project_id"],
        "key_id": key_id,
        "hour": hour,
        "category": "error",
        "outcome": "accepted",
        "reason": "",
        "quantity": quantity,
    }
    row = defaults | columns
    names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
    db.execute(f"INSERT INTO outcome_hours ({names}) VALUES ({places})", row)


def alert_channel(db, org_id, **columns):
    defaults = {
        "org_id": org_id,
        "name": "Ops",
        "kind": "webhook",
        "url": "https://hooks.example.com/s3cret-path",
        "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "created_at": AT,
        "updated_at": AT,
    }
    return insert(db, "alert_channels", **defaults | columns)


def alert_rule(db, org_id, **columns):
    defaults = {
        "org_id": org_id,
        "name": "Errors",
        "covers_all": 1,
        "conditions": '[{"kind": "new_issue"}]',
        "filter": "{}",
        "throttle_seconds": 1800,
        "created_at": AT,
        "updated_at": AT,
    }
    return insert(db, "alert_rules", **defaults | columns)


def view(db, org_id, user_id, **columns):
    defaults = {
        "org_id": org_id, "user_id": user_id, "name": "Mine", "search": "timeout", "level": "all",
        "sort": "last_seen", "period": "all", "shared": 0, "position": 0, "created_at": AT,
        "updated_at": AT,
    }  # fmt: skip
    return insert(db, "views", **defaults | columns)


def delivery(db, org_id, channel_id, **columns):
    defaults = {
        "org_id": org_id,
        "channel_id": channel_id,
        "kind": "alert",
        "recipient": "https://hooks.example.com/…",
        "state": "failed",
        "created_at": AT,
        "tried_from": AT,
    }
    return insert(db, "deliveries", **defaults | columns)


def operation(db, project_id, **columns):
    defaults = {
        "project_id": project_id,
        "status": "resolved",
        "assigned": 0,
        "matched": 0,
        "changed": 0,
        "created_at": ago(days=1),
    }
    return insert(db, "operations", **defaults | columns)


def regroup(db, project_id, **columns):
    """One that has ended. The id of its operation."""
    made = operation(db, project_id)
    defaults = {
        "operation_id": made, "project_id": project_id, "state": "done", "rules": "",
        "last_event": 0, "total": 0, "finished_at": ago(days=1),
    }  # fmt: skip
    insert(db, "regroups", **defaults | columns)
    return made


def tag(db, project_id, key, value):
    """A value that is not there yet."""
    db.execute(
        """
        INSERT INTO tag_keys (project_id, key, value_count) VALUES (?, ?, 1)
        ON CONFLICT (project_id, key) DO UPDATE SET value_count = tag_keys.value_count + 1
        """,
        (project_id, key),
    )
    return insert(db, "tags", project_id=project_id, key=key, value=value, folded=fold(value))


def issue_tag(db, issue_id, tag_id, events, last_seen):
    db.execute(
        """
        INSERT INTO issue_tags (issue_id, key_id, tag_id, events, last_seen)
        SELECT ?, k.id, t.id, ?, ?
        FROM tags t JOIN tag_keys k ON k.project_id = t.project_id AND k.key = t.key
        WHERE t.id = ?
        """,
        (issue_id, events, last_seen, tag_id),
    )


def artifact(db, project_id):
    """The id of an empty bundle."""
    org = db.execute("SELECT org_id FROM projects WHERE id = ?", (project_id,)).fetchone()["org_id"]
    bundle_id = insert(
        db, "artifact_bundles", org_id=org, sha1=next(_numbers).to_bytes(20), release="", dist="",
        bytes=0, warnings="[]", uploaded_at=AT, last_used_at=AT,
    )  # fmt: skip
    db.execute("INSERT INTO artifact_projects VALUES (?, ?)", (project_id, bundle_id))
    return bundle_id
