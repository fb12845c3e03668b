"""Why the events of an issue are together, hash by hash; and taking hashes out, as an operation.

In one transaction the hashes lead to a new issue, of which nobody is told; upkeep then moves their
events (`splitting.py`). What was split is joined again by a merge.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson

from jentry.errors import BadRequest, Conflict
from jentry.store import audit, issues, merges, merging, splitting
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.merge_operations import Recorder
from jentry.store.part_sums import places
from jentry.store.parts import PARTS, WHOLE, led_to, require_whole
from jentry.store.payloads import unpack
from jentry.store.sql import ISSUE, OF_ISSUE, fold

MOST = 200  # hashes of one split
LOOKED_AT = 20_000  # events of a part, for the newest one of the hashes
SPLIT, INTO = "split_from", "split_into"  # members of a change


def hashes(db: Connection, actor: Actor, issue_id: int) -> list[dict[str, Any]]:
    """What leads to an issue, that of most kept events first: `version`, `hash` (hexadecimal),
    `components`, `part_id` (the issue itself, or a part of it), `events_kept`, `first_seen` and
    `last_seen` of these, `is_moving`: whether kept events of it are still to come from elsewhere.
    """
    mine = {"issue_id": issue_id, "org_id": actor.org_id}
    rows = db.execute(
        f"""
        SELECT h.id, h.issue_id AS part_id, h.version, h.hash, h.components,
               (SELECT count(*) FROM splits s WHERE s.hash_id = h.id) AS moving
        FROM issue_hashes h
        WHERE h.issue_id IN {PARTS}
        ORDER BY h.version, h.hash
        """,
        mine,
    ).fetchall()
    counts = db.execute(
        f"""
        SELECT e.hash_id, count(*) AS n, min(e.timestamp) AS first, max(e.timestamp) AS last
        FROM events e
        WHERE e.issue_id IN {PARTS} AND e.hash_id IS NOT NULL
        GROUP BY e.hash_id
        """,
        mine,
    )
    kept = {row["hash_id"]: row for row in counts}
    found = [
        {
            "version": row["version"], "hash": row["hash"].hex(),
            "components": json.loads(row["components"]), "part_id": row["part_id"],
            "events_kept": kept[row["id"]]["n"] if row["id"] in kept else 0,
            "first_seen": kept[row["id"]]["first"] if row["id"] in kept else None,
            "last_seen": kept[row["id"]]["last"] if row["id"] in kept else None,
            "is_moving": row["moving"] > 0,
        }
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda each: -each["events_kept"])


def split(
    db: Connection,
    actor: Actor,
    record: Recorder,
    issue_id: int,
    chosen: Sequence[bytes],
    at: str,
) -> dict[str, int]:
    """Take hashes out of an issue, with entries in the audit log: `issue_id` of the new one, which
    is unresolved and nobody's, and `operation_id`.

    Raises NotFound; Conflict for what was merged into another issue; BadRequest for what does not
    lead to the issue, and when no hash would stay.
    """
    issue = issues.get(db, actor, issue_id, at)
    require_whole(issue_id, issue["id"])
    leaving = _chosen(db, actor, issue_id, chosen)
    new_id = make(db, actor, leaving[0]["issue_id"], _newest(db, leaving), at)
    db.executemany(
        f"""
        UPDATE issue_hashes SET issue_id = :new_id
        WHERE id = :hash_id AND {ISSUE} IS NOT NULL
        """,
        [
            {"new_id": new_id, "hash_id": row["id"], "issue_id": new_id, "org_id": actor.org_id}
            for row in sorted(leaving, key=itemgetter("id"))
        ],
    )
    splitting.begin(db, [(row["issue_id"], row["id"]) for row in leaving])
    change = {SPLIT: issue_id, INTO: new_id}
    operation_id = record(db, actor, issue["project_id"], change, 1, 1, at)
    told = {"hashes": len(leaving), "operationId": operation_id}
    audit.record(db, actor, "issue.split", f"issue:{issue_id}", at, into=new_id, **told)
    audit.record(db, actor, "issue.split", f"issue:{new_id}", at, **{"from": issue_id}, **told)
    return {"issue_id": new_id, "operation_id": operation_id}


def _chosen(db: Connection, actor: Actor, issue_id: int, chosen: Collection[bytes]) -> list[Row]:
    """Raises BadRequest."""
    rows = db.execute(
        f"""
        SELECT h.id, h.hash, h.issue_id FROM issue_hashes h WHERE h.issue_id IN {PARTS}
        ORDER BY h.id
        """,
        {"issue_id": issue_id, "org_id": actor.org_id},
    ).fetchall()
    known = {row["hash"] for row in rows}
    for hashed in chosen:
        if hashed not in known:
            raise BadRequest(f"hashes: {hashed.hex()} does not lead to issue {issue_id}.")
    leaving = [row for row in rows if row["hash"] in chosen]
    if len(leaving) == len(rows):
        raise BadRequest("hashes: At least one must stay with the issue.")
    return leaving


def make(db: Connection, actor: Actor, issue_id: int, newest: Row | None, at: str) -> int:
    """An issue without events yet, seen when the `newest` of those that are to come was, and
    called as that one; else as the issue, or part, that they are in.
    """
    made: int = db.execute(
        """
        INSERT INTO issues (project_id, type, title, culprit, level, search, status, substatus,
                            status_at, first_seen, last_seen)
        SELECT i.project_id, coalesce(m.type, i.type), coalesce(m.title, i.title),
               coalesce(m.culprit, i.culprit), coalesce(m.level, i.level),
               coalesce(m.search, i.search), 'unresolved', 'ongoing', :at, :seen_at, :seen_at
        FROM issues i
        JOIN projects p ON p.id = i.project_id
        LEFT JOIN issue_parts m ON m.part_id = i.id
        WHERE i.id = :issue_id AND p.org_id = :org_id
        RETURNING id
        """,
        {
            "issue_id": newest["issue_id"] if newest else issue_id, "org_id": actor.org_id,
            "at": at, "seen_at": newest["timestamp"] if newest else at,
        },
    ).fetchone()["id"]  # fmt: skip
    if newest and (title := _title(db, newest["data"])):
        db.execute(
            f"UPDATE issues SET title = :title, culprit = '', search = :search WHERE id = {ISSUE}",
            {
                "title": title, "search": fold(f"{title}\n"), "issue_id": made,
                "org_id": actor.org_id,
            },
        )  # fmt: skip
    return made


def _newest(db: Connection, leaving: Sequence[Row]) -> Row | None:
    """The newest event of the hashes, unless very many others are newer."""
    found: list[Row] = []
    ids = [row["id"] for row in leaving]
    for part_id in sorted({row["issue_id"] for row in leaving}):
        row = db.execute(
            f"""
            SELECT n.id, n.issue_id, n.timestamp, d.data
            FROM (
                SELECT e.id, e.issue_id, e.timestamp, e.hash_id FROM events e
                WHERE e.issue_id = ?
                ORDER BY e.timestamp DESC, e.id DESC
                LIMIT {LOOKED_AT}
            ) n
            JOIN event_payloads d ON d.id = n.id
            WHERE n.hash_id IN ({places(ids)})
            ORDER BY n.timestamp DESC, n.id DESC
            LIMIT 1
            """,
            (part_id, *ids),
        ).fetchone()
        found += [row] if row else []
    return max(found, key=lambda row: (row["timestamp"], row["id"]), default=None)


def _title(db: Connection, data: bytes) -> str:
    """As the payload has it; '' where it cannot be read, or has none."""
    try:
        event = orjson.loads(unpack(db, data))
    except ValueError:
        return ""
    title = event.get("title") if isinstance(event, dict) else None
    return title if isinstance(title, str) else ""


def undo(db: Connection, actor: Actor, operation: Mapping[str, Any], at: str) -> int:
    """Merge what was split off into the issue again, or into what that is part of by now; 0 when
    either is gone, or they are together.
    """
    new_id = operation["change"][INTO]
    mine = {"issue_id": new_id, "org_id": actor.org_id}
    row = db.execute(f"SELECT i.status {OF_ISSUE}", mine).fetchone()
    target = db.execute(
        f"SELECT {WHOLE} AS id", mine | {"issue_id": operation["change"][SPLIT]}
    ).fetchone()["id"]
    if row is None or row["status"] == "merged" or target in (None, new_id):
        return 0
    merging.join(db, actor, target, [new_id], at)
    meta = {"operationId": operation["id"], "undo": True}
    merges.record_merge(db, actor, target, [new_id], at, **meta)
    return 1


def require_settled(db: Connection, actor: Actor, issue_id: int) -> None:
    """Raises Conflict while events move from or to an issue, or a part of it."""
    row = db.execute(
        f"""
        SELECT 1
        FROM splits s
        JOIN issue_hashes h ON h.id = s.hash_id
        WHERE s.source_id IN {PARTS} OR h.issue_id IN {PARTS}
        LIMIT 1
        """,
        {"issue_id": led_to(db, actor, issue_id), "org_id": actor.org_id},
    ).fetchone()
    if row is not None:
        raise Conflict(f"Events of issue {issue_id} are being moved by a split: try again later.")
