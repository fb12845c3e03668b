"""Erasures as they are asked for, shown and confirmed."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from jentry.errors import Conflict, NotFound
from jentry.store import audit, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.erasure.person import Person
from jentry.store.payloads import unpack

MOST_OPEN = 10  # of an organization: each reads all of its events
COLUMNS = """
    id, org_id, user_id, identifiers, state, place, report, requested_at, confirmed_at, finished_at
"""


def request(
    db: Connection, actor: Actor, given: Mapping[str, str | None], at: str
) -> dict[str, Any]:
    """Begin to look for a person. Raises Forbidden, BadRequest, Conflict."""
    roles.require(db, actor, "owner", "erase a person")
    person = Person.of(given)
    (number,) = db.execute(
        "SELECT count(*) FROM erasures WHERE org_id = ? AND state <> 'done'", (actor.org_id,)
    ).fetchone()
    if number >= MOST_OPEN:
        raise Conflict(f"{number} erasures are open; confirm one, or wait a week until they lapse.")
    row = db.execute(
        """
        INSERT INTO erasures (org_id, user_id, identifiers, state, report, requested_at)
        VALUES (?, ?, ?, 'finding', '{}', ?)
        RETURNING id
        """,
        (actor.org_id, actor.user_id, json.dumps(dict(person.known)), at),
    ).fetchone()
    return get(db, actor, row["id"])


def get(db: Connection, actor: Actor, erasure_id: int) -> dict[str, Any]:
    """`id`, `state`, `requested_at`, `confirmed_at`, `finished_at` and the report. Raises
    Forbidden, NotFound.
    """
    roles.require(db, actor, "owner", "erase a person")
    return _shown(_row(db, actor, erasure_id))


def confirm(db: Connection, actor: Actor, erasure_id: int, at: str) -> dict[str, Any]:
    """Erase what was found, for good; again: as it is now. Raises Forbidden, NotFound; Conflict
    while it is still being looked for.
    """
    roles.require(db, actor, "owner", "erase a person")
    row = _row(db, actor, erasure_id)
    if row["state"] == "finding":
        raise Conflict("The person is still being looked for; confirm when the state is found.")
    if row["state"] == "found":
        db.execute(
            """
            UPDATE erasures SET state = 'erasing', confirmed_at = :at
            WHERE org_id = :org_id AND id = :id
            """,
            {"at": at, "org_id": actor.org_id, "id": erasure_id},
        )
        found = json.loads(row["report"]).get("found", {})
        audit.record(db, actor, "person.erase", f"erasure:{erasure_id}", at, found=found)
    return get(db, actor, erasure_id)


def running(db: Connection) -> list[tuple[int, str]]:
    """Id and state of those that wait for work, the oldest first."""
    rows = db.execute(
        """
        SELECT id, state FROM erasures
        WHERE state <> 'done' AND state <> 'found' ORDER BY id
        """
    )
    return [(row["id"], row["state"]) for row in rows]


def lapsed(db: Connection, before: str) -> bool:
    """Whether there are some that were found before then and never confirmed."""
    row = db.execute(
        "SELECT 1 FROM erasures WHERE state = 'found' AND requested_at < ? LIMIT 1", (before,)
    )
    return row.fetchone() is not None


def drop_lapsed(db: Connection, before: str) -> None:
    db.execute("DELETE FROM erasures WHERE state = 'found' AND requested_at < ?", (before,))


def drop(db: Connection, actor: Actor, erasure_id: int) -> None:
    """One that was only to look."""
    db.execute(
        "DELETE FROM erasures WHERE org_id = ? AND id = ? AND state <> 'erasing'",
        (actor.org_id, erasure_id),
    )


def export(db: Connection, actor: Actor, erasure_id: int) -> Iterator[bytes]:
    """What was found, as lines of JSON. Raises Forbidden, NotFound; NotFound once it is erased."""
    roles.require(db, actor, "owner", "export a person's data")
    row = _row(db, actor, erasure_id)
    if row["state"] not in ("found", "finding"):
        raise NotFound("This has been erased, or is being erased: there is nothing to export.")
    return _lines(db, actor, erasure_id)


def _lines(db: Connection, actor: Actor, erasure_id: int) -> Iterator[bytes]:
    for kind, query in EXPORTS.items():
        last = 0
        while rows := db.execute(
            """
            SELECT f.row_id FROM erasure_finds f JOIN erasures x ON x.id = f.erasure_id
            WHERE x.org_id = ? AND f.erasure_id = ? AND f.kind = ? AND f.row_id > ?
            ORDER BY f.row_id LIMIT 50
            """,
            (actor.org_id, erasure_id, kind, last),
        ).fetchall():
            for found in rows:
                last = found["row_id"]
                row = db.execute(query, (actor.org_id, last)).fetchone()
                if row is not None:
                    yield orjson.dumps({"kind": kind} | _exported(db, row)) + b"\n"


EXPORTS = {
    kind: """
    SELECT e.event_id, i.id AS issue_id, e.received_at, d.data
    FROM events e
    JOIN issues i ON i.id = e.issue_id
    JOIN projects p ON p.id = i.project_id
    JOIN event_payloads d ON d.id = e.id
    WHERE p.org_id = ? AND e.id = ?
    """
    for kind in ("event", "mention")
} | {
    "attachment": """
    SELECT a.id AS attachment_id, a.event_id, a.filename, a.content_type, a.size, a.received_at
    FROM attachments a JOIN projects p ON p.id = a.project_id
    WHERE p.org_id = ? AND a.id = ?
    """,
    "user_report": """
    SELECT r.event_id, r.name, r.email, r.comments, r.url, r.received_at
    FROM user_reports r JOIN projects p ON p.id = r.project_id
    WHERE p.org_id = ? AND r.id = ?
    """,
}


def _exported(db: Connection, row: Row) -> dict[str, Any]:
    found = dict(row)
    if isinstance(found.get("event_id"), bytes):
        found["event_id"] = found["event_id"].hex()
    if "data" in found:
        found["payload"] = orjson.loads(unpack(db, found.pop("data")))
    return found


def _row(db: Connection, actor: Actor, erasure_id: int) -> Row:
    row: Row | None = db.execute(
        f"SELECT {COLUMNS} FROM erasures WHERE org_id = ? AND id = ?", (actor.org_id, erasure_id)
    ).fetchone()
    if row is None:
        raise NotFound("There is no such erasure.")
    return row


def _shown(row: Row) -> dict[str, Any]:
    empty = {
        "scanned": 0, "seconds": 0.0, "found": {}, "erased": {}, "rewritten": 0, "issues": 0,
        "kept": {}, "out_of_reach": [],
    }  # fmt: skip
    names = ("id", "state", "requested_at", "confirmed_at", "finished_at")
    report: dict[str, Any] = json.loads(row["report"])
    return {name: row[name] for name in names} | empty | report
