"""Mail for one person, queued in the transaction of what it tells: an invitation, a link that sets
a password, an issue that somebody else assigned, a comment that names the person, a weekly summary.

Only what a mail is about is queued (`{"template": …, ids}`); `mail_contents.py` looks it up when it
is sent, so that what is gone by then is not told.
"""

import json
import re
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.store.audit import Actor
from jentry.store.connection import Connection

SOON = timedelta(seconds=10)  # what one person assigns in that time is one mail
MOST_ISSUES = 1_000  # ids that a mail remembers
MOST_NAMED = 20  # people in one comment
NAME = re.compile(r"(?<![\w@.])@([\w.+-]{1,64}(?:@[\w.-]{1,190})?)")


def invite(db: Connection, org_id: int, email: str, secret: str, at: str) -> None:
    _queue(db, org_id, email, {"template": "invitation", "secret": secret}, at, at)


def reset(db: Connection, org_id: int, email: str, secret: str, at: str) -> None:
    _queue(db, org_id, email, {"template": "password", "secret": secret}, at, at)


def assigned(
    db: Connection, actor: Actor, user_id: int | None, issue_ids: Iterable[int], at: str
) -> None:
    """Unless people assign to themselves. Joins what the same person has assigned just before."""
    ids = list(issue_ids)
    if user_id is None or user_id == actor.user_id or not ids:
        return
    email = _wanting(db, actor.org_id, [user_id], "mails_assigned").get(user_id)
    if email is None:
        return
    about: dict[str, Any] = {"template": "assigned", "user_id": user_id, "by": actor.user_id}
    about["is_rule"] = actor.via == "system"
    row = db.execute(
        """
        SELECT id, text
        FROM deliveries
        WHERE org_id = ? AND state = 'waiting' AND due_at > ? AND channel_id IS NULL
          AND kind = 'notice' AND attempts = 0 AND recipient = ?
        ORDER BY id DESC
        LIMIT 1
        """,
        (actor.org_id, at, email),
    ).fetchone()
    earlier = json.loads(row["text"]) if row is not None else {}
    if about.items() <= earlier.items():
        joined = list(dict.fromkeys([*earlier["issue_ids"], *ids]))[:MOST_ISSUES]
        text = json.dumps(earlier | {"issue_ids": joined})
        db.execute(
            "UPDATE deliveries SET text = ? WHERE org_id = ? AND id = ?",
            (text, actor.org_id, row["id"]),
        )
    else:
        due = clock.timestamp(clock.parse(at) + SOON)
        _queue(db, actor.org_id, email, about | {"issue_ids": ids[:MOST_ISSUES]}, at, due)


def named(db: Connection, actor: Actor, comment_id: int, text: str, at: str) -> None:
    """Those whom a comment names, but for who wrote it."""
    handles = {found.rstrip(".-").lower() for found in NAME.findall(text)}
    if not handles:
        return
    ids = [
        row["id"] for row in _members(db, actor.org_id)
        if row["id"] != actor.user_id and handles & _handles(row)
    ]  # fmt: skip
    wanting = _wanting(db, actor.org_id, ids[:MOST_NAMED], "mails_named")
    for user_id, email in sorted(wanting.items()):
        about = {"template": "named", "user_id": user_id, "comment_id": comment_id}
        _queue(db, actor.org_id, email, about, at, at)


def _handles(member: Any) -> set[str]:
    """What a person is called after `@`: the address, what is before its @, the first name, the
    whole name in one word.
    """
    words = (member["name"] or "").lower().split()
    found = {member["email"], member["email"].partition("@")[0]}
    return found | ({words[0], "".join(words), ".".join(words)} if words else set())


def _members(db: Connection, org_id: int) -> list[Any]:
    return db.execute(
        """
        SELECT u.id, u.email, u.name
        FROM memberships m
        JOIN users u ON u.id = m.user_id
        WHERE m.org_id = ? AND u.deactivated_at IS NULL
        ORDER BY u.id
        """,
        (org_id,),
    ).fetchall()


def _wanting(db: Connection, org_id: int, ids: Collection[int], topic: str) -> dict[int, str]:
    """Addresses of the members among them who want such mail; `topic`: a column of users."""
    rows = db.execute(
        f"""
        SELECT u.id, u.email
        FROM users u
        JOIN memberships m ON m.user_id = u.id
        WHERE m.org_id = ? AND u.{topic} = 1 AND u.deactivated_at IS NULL
          AND u.id IN ({", ".join("?" * len(ids)) or "NULL"})
        """,
        (org_id, *ids),
    )
    return {row["id"]: row["email"] for row in rows}


def forget_all(db: Connection) -> None:
    """Of an organization that is only invented: nobody is mailed."""
    db.execute("DELETE FROM deliveries WHERE kind = 'notice' AND state = 'waiting'")


# The weekly summary -------------------------------------------------------------------------------


def subscribers(db: Connection) -> list[dict[str, Any]]:
    """Who wants it: `org_id`, `user_id`, `email`, `time_zone`, `told_until`."""
    rows = db.execute(
        """
        SELECT w.org_id, w.user_id, u.email, u.time_zone, w.told_until
        FROM weekly_summaries w
        JOIN users u ON u.id = w.user_id
        WHERE u.deactivated_at IS NULL
        ORDER BY w.org_id, w.user_id
        """
    )
    return [dict(row) for row in rows]


def summarize(db: Connection, who: dict[str, Any], since: str, at: str) -> None:
    """Tell a subscriber of the time from `since` to now."""
    about = {"template": "weekly", "user_id": who["user_id"], "since": since, "until": at}
    _queue(db, who["org_id"], who["email"], about, at, at)
    db.execute(
        "UPDATE weekly_summaries SET told_until = ? WHERE org_id = ? AND user_id = ?",
        (at, who["org_id"], who["user_id"]),
    )


def _queue(
    db: Connection, org_id: int, email: str, about: dict[str, Any], at: str, due: str
) -> None:
    db.execute(
        """
        INSERT INTO deliveries (org_id, kind, text, recipient, state, created_at, tried_from,
                                due_at)
        VALUES (?, 'notice', ?, ?, 'waiting', ?, ?, ?)
        """,
        (org_id, json.dumps(about), email, at, at, due),
    )
