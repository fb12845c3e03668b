"""What the mails of `personal_mail.py` say, looked up when they are sent. None: it is no news any
more, is gone, or the person does not want it.
"""

from typing import Any

from jentry import clock
from jentry.errors import NotFound
from jentry.store import invitations, issues, mail_choices, password_links
from jentry.store.connection import Connection
from jentry.store.issues import ISSUES
from jentry.store.parts import whole

MOST_ISSUES = 20
MOST_BUSIEST = 5

Contents = dict[str, Any]


def look_up(db: Connection, org_id: int, about: Contents, at: str) -> Contents | None:
    """What `about` names, beside itself."""
    template = about["template"]
    if template == "invitation":
        found = invitations.find(db, about["secret"], at)
        return found and about | {"email": found["email"], "role": found["role"]}
    if template == "password":
        try:
            return about | password_links.get(db, about["secret"], at)
        except NotFound:
            return None
    reader = _reader(db, org_id, about["user_id"], template)
    if reader is None:
        return None
    added = LOOK_UP[template](db, org_id, about, at)
    return added and about | {"reader": reader} | added


def _reader(db: Connection, org_id: int, user_id: int, topic: str) -> Contents | None:
    """The member, if such mail is wanted: `email`, `name`, `time_zone`."""
    row = db.execute(
        """
        SELECT u.email, u.name, u.time_zone
        FROM users u
        JOIN memberships m ON m.user_id = u.id
        WHERE m.org_id = ? AND u.id = ? AND u.deactivated_at IS NULL
        """,
        (org_id, user_id),
    ).fetchone()
    if row is None or not mail_choices.get(db, org_id, user_id)[topic]:
        return None
    return dict(row)


def _assigned(db: Connection, org_id: int, about: Contents, at: str) -> Contents | None:
    """`issues`, the first, and how many are still assigned to the person: `count`."""
    ids = about["issue_ids"]
    rows = db.execute(
        f"""
        {ISSUES}
        JOIN projects p ON p.id = i.project_id
        WHERE p.org_id = ? AND i.assignee_id = ? AND i.id IN ({", ".join("?" * len(ids)) or "NULL"})
        ORDER BY i.last_seen DESC, i.id DESC
        """,
        (org_id, about["user_id"], *ids),
    ).fetchall()
    if not rows:
        return None
    shown = [_named(db, issues.shown(row, at)) for row in rows[:MOST_ISSUES]]
    by_name = "An ownership rule" if about.get("is_rule") else _name_of(db, about["by"])
    return {"issues": shown, "count": len(rows), "by_name": by_name}


def _comment(db: Connection, org_id: int, about: Contents, at: str) -> Contents | None:
    """`comment` and the `issue` that it is on, or what that is part of by now."""
    row = db.execute(
        f"""
        SELECT c.text, c.user_id, {whole("c.issue_id")} AS issue_id
        FROM comments c
        JOIN issues i ON i.id = c.issue_id
        JOIN projects p ON p.id = i.project_id
        WHERE c.id = ? AND p.org_id = ?
        """,
        (about["comment_id"], org_id),
    ).fetchone()
    if row is None:
        return None
    issue = db.execute(f"{ISSUES} WHERE i.id = ?", (row["issue_id"],)).fetchone()
    return {
        "comment": row["text"],
        "by_name": _name_of(db, row["user_id"]),
        "issue": _named(db, issues.shown(issue, at)),
    }


def _name_of(db: Connection, user_id: int | None) -> str:
    row = db.execute("SELECT name, email FROM users WHERE id = ?", (user_id,)).fetchone()
    return "Whoever runs the server" if row is None else row["name"] or row["email"]


def _named(db: Connection, issue: Contents) -> Contents:
    """With the name of its project."""
    row = db.execute("SELECT name FROM projects WHERE id = ?", (issue["project_id"],)).fetchone()
    return issue | {"project": row["name"]}


# A week -------------------------------------------------------------------------------------------


def _week(db: Connection, org_id: int, about: Contents, at: str) -> Contents:
    """`events` now and `events_before` that time, the numbers and lists of issues that are `new`,
    `returned`, `resolved` and `busiest`, and `sessions`, by project.
    """
    since, until = about["since"], about["until"]
    length = clock.parse(until) - clock.parse(since)
    before = clock.timestamp(clock.parse(since) - length)
    span = {"org_id": org_id, "since": since, "until": until}
    found: Contents = {
        "events": _events(db, org_id, since, until),
        "events_before": _events(db, org_id, before, since),
        "sessions": _sessions(db, org_id, since, until),
        "busiest": _busiest(db, span, at),
    }
    for name, condition in CHANGES.items():
        found[name], found[f"{name}_count"] = _changed(db, condition, span, at)
    return found


CHANGES = {
    "new": "i.first_seen >= :since AND i.first_seen < :until",
    "returned": """
        EXISTS (SELECT 1 FROM issue_returns b
                WHERE b.issue_id = i.id AND b.created_at >= :since AND b.created_at < :until)
    """,
    "resolved": "i.status = 'resolved' AND i.status_at >= :since AND i.status_at < :until",
}


def _changed(db: Connection, condition: str, span: Contents, at: str) -> tuple[list[Contents], int]:
    """The issues with the most events, and how many there are."""
    where = f"""
        JOIN projects p ON p.id = i.project_id
        WHERE p.org_id = :org_id AND i.status <> 'merged' AND {condition}
    """
    (count,) = db.execute(f"SELECT count(*) FROM issues i {where}", span).fetchone()
    rows = db.execute(
        f"{ISSUES} {where} ORDER BY i.event_count DESC, i.id DESC LIMIT :most",
        span | {"most": MOST_BUSIEST},
    ).fetchall()
    return [_named(db, issues.shown(row, at)) for row in rows], count


def _events(db: Connection, org_id: int, since: str, until: str) -> int:
    (found,) = db.execute(
        """
        SELECT coalesce(sum(o.quantity), 0)
        FROM projects p
        JOIN outcome_hours o ON o.project_id = p.id
        WHERE p.org_id = ? AND o.hour >= ? AND o.hour < ?
          AND o.outcome = 'accepted' AND o.category IN ('error', 'security')
        """,
        (org_id, since[:13], until[:13]),
    ).fetchone()
    return int(found)


def _sessions(db: Connection, org_id: int, since: str, until: str) -> list[Contents]:
    """Of each project with any: `project`, `sessions`, `crashed`."""
    rows = db.execute(
        """
        SELECT p.name AS project, sum(h.sessions) AS sessions, sum(h.crashed) AS crashed
        FROM projects p
        JOIN releases r ON r.project_id = p.id
        JOIN session_hours h ON h.release_id = r.id
        WHERE p.org_id = ? AND h.hour >= ? AND h.hour < ?
        GROUP BY p.id, p.name
        HAVING sum(h.sessions) > 0
        ORDER BY p.name, p.id
        """,
        (org_id, since[:13], until[:13]),
    )
    return [dict(row) for row in rows]


def _busiest(db: Connection, span: Contents, at: str) -> list[Contents]:
    """By their events in that time: `recent`."""
    rows = db.execute(
        """
        SELECT coalesce(m.issue_id, i.id) AS issue_id, sum(h.events) AS recent
        FROM projects p
        JOIN issues i ON i.project_id = p.id
        LEFT JOIN issue_parts m ON m.part_id = i.id
        JOIN issue_hours h ON h.issue_id = i.id
        WHERE p.org_id = :org_id AND coalesce(m.last_seen, i.last_seen) >= :since
          AND h.hour >= :first AND h.hour < :last
        GROUP BY coalesce(m.issue_id, i.id)
        ORDER BY 2 DESC, 1 DESC
        LIMIT :most
        """,
        {
            "org_id": span["org_id"], "since": span["since"], "first": span["since"][:13],
            "last": span["until"][:13], "most": MOST_BUSIEST,
        },
    ).fetchall()  # fmt: skip
    found = []
    for row in rows:
        issue = db.execute(f"{ISSUES} WHERE i.id = ?", (row["issue_id"],)).fetchone()
        found.append(_named(db, issues.shown(issue, at)) | {"recent": row["recent"]})
    return found


LOOK_UP = {"assigned": _assigned, "named": _comment, "weekly": _week}
