"""Hashes of stored events are led where they belong; events get their new hash, or the old again.

What is decided follows from rows that are there already, so that it may end anywhere and goes on
where it was. Events themselves are moved as after a split: `splitting.py`.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from operator import itemgetter

from jentry.store import audit, merge_operations, splits, splitting
from jentry.store.connection import Connection, Row
from jentry.store.part_sums import places
from jentry.store.regroup_plan import Choice, Flow, Hash, choose, place
from jentry.store.regroup_tasks import Task, is_in

ROWS = 500  # events in a transaction
HASHES = 50  # that are led in one


def plan(db: Connection, task: Task) -> list[tuple[Hash, Choice]]:
    """The hashes that are still to be led."""
    rows = db.execute(
        """
        SELECT f.issue_id, f.former_id, coalesce(h.version, 0) AS former_version, f.version, f.hash,
               f.events, f.is_same, f.hash_id
        FROM regroup_flows f
        LEFT JOIN issue_hashes h ON h.id = f.former_id
        WHERE f.operation_id = ?
        ORDER BY f.id
        """,
        (task.operation_id,),
    ).fetchall()
    choices = choose(
        Flow(
            row["issue_id"], row["former_id"], row["former_version"], row["version"], row["hash"],
            row["events"], row["is_same"] == 1,
        )
        for row in rows
    )  # fmt: skip
    left = {(row["version"], row["hash"]) for row in rows if row["hash_id"] is None}
    return sorted((name, choices[name]) for name in left)


def lead(db: Connection, task: Task, found: Iterable[tuple[Hash, Choice]], at: str) -> None:
    """Each hash to its issue; one that is undone meanwhile stays as it is."""
    if not is_in(db, task, "leading"):
        return
    led = [(_lead(db, task, name, choice, at), task.operation_id, *name) for name, choice in found]
    db.executemany(
        "UPDATE regroup_flows SET hash_id = ? WHERE operation_id = ? AND version = ? AND hash = ?",
        sorted(led, key=itemgetter(2, 3)),
    )


def _lead(db: Connection, task: Task, name: Hash, choice: Choice, at: str) -> int:
    """The id of the hash; 0 when there is nothing left that it could lead to."""
    known = db.execute(
        """
        SELECT id, issue_id FROM issue_hashes WHERE project_id = ? AND version = ? AND hash = ?
        """,
        (task.project_id, *name),
    ).fetchone()
    choice.homes = {issue_id for issue_id in choice.homes if _is_there(db, task, issue_id)}
    former = known["issue_id"] if known else None
    target = place(
        choice, former, partial(merge_operations.is_put_together, db),
        partial(merge_operations.is_open, db),
    )  # fmt: skip
    made = None
    if target is None:
        target = made = _make(db, task, name, choice, at)
    if target is None:
        return 0
    if known is None:
        hash_id = _insert(db, task, name, target)
    else:
        hash_id = known["id"]
        if former is not None and former != target:
            db.execute("UPDATE issue_hashes SET issue_id = ? WHERE id = ?", (target, hash_id))
            splitting.begin(db, [(former, hash_id)])
    db.execute(
        """
        INSERT INTO regroup_hashes (operation_id, hash_id, is_made, issue_id, made_id, former_id)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        (
            task.operation_id, hash_id, int(known is None), target, made,
            None if former == target else former,
        ),
    )  # fmt: skip
    return hash_id


def _is_there(db: Connection, task: Task, issue_id: int) -> bool:
    row = db.execute(
        "SELECT 1 FROM issues WHERE id = ? AND project_id = ?", (issue_id, task.project_id)
    ).fetchone()
    return row is not None


def _make(db: Connection, task: Task, name: Hash, choice: Choice, at: str) -> int | None:
    newest = db.execute(
        """
        SELECT e.id, e.issue_id, e.timestamp, d.data
        FROM regroup_flows f
        JOIN events e ON e.id = f.newest_id
        JOIN event_payloads d ON d.id = e.id
        WHERE f.operation_id = ? AND f.version = ? AND f.hash = ?
        ORDER BY e.timestamp DESC, e.id DESC
        LIMIT 1
        """,
        (task.operation_id, *name),
    ).fetchone()
    if newest is None and not _is_there(db, task, choice.source):
        return None
    made = splits.make(db, task.actor, choice.source, newest, at)
    told = {"operationId": task.operation_id, "from": choice.source}
    audit.record(db, task.actor, "issue.regroup", f"issue:{made}", at, **told)
    return made


def _insert(db: Connection, task: Task, name: Hash, issue_id: int) -> int:
    hash_id: int = db.execute(
        """
        INSERT INTO issue_hashes (project_id, version, hash, issue_id, components)
        SELECT :project_id, f.version, f.hash, :issue_id, f.components
        FROM regroup_flows f
        WHERE f.operation_id = :operation_id AND f.version = :version AND f.hash = :hash
        ORDER BY f.id
        LIMIT 1
        RETURNING id
        """,
        {
            "project_id": task.project_id, "issue_id": issue_id,
            "operation_id": task.operation_id, "version": name[0], "hash": name[1],
        },
    ).fetchone()["id"]  # fmt: skip
    return hash_id


def begin_moving(db: Connection, task: Task) -> None:
    """All hashes lead where they should."""
    row = db.execute(
        """
        SELECT count(DISTINCT f.issue_id) AS matched,
               count(DISTINCT CASE WHEN h.issue_id <> f.issue_id THEN f.issue_id END) AS changed,
               coalesce(sum(CASE WHEN h.issue_id <> f.issue_id THEN f.events ELSE 0 END), 0)
                   AS moved
        FROM regroup_flows f
        LEFT JOIN issue_hashes h ON h.id = f.hash_id
        WHERE f.operation_id = ?
        """,
        (task.operation_id,),
    ).fetchone()
    db.execute(
        "UPDATE operations SET matched = ?, changed = ? WHERE id = ?",
        (row["matched"], row["changed"], task.operation_id),
    )
    db.execute(
        """
        UPDATE regroups SET state = 'moving', seen_group = 0, seen_id = 0, moved = ?
        WHERE operation_id = ? AND state = 'leading'
        """,
        (row["moved"], task.operation_id),
    )


# Moving, and back ---------------------------------------------------------------------------------


def next_rows(db: Connection, task: Task) -> list[Row]:
    """The next events that get their new hash, or their old one again."""
    return db.execute(
        f"""
        SELECT x.flow_id, x.event_id, f.hash_id, f.former_id
        FROM regroup_events x
        JOIN regroup_flows f ON f.id = x.flow_id
        WHERE x.project_id = ? AND (x.flow_id, x.event_id) > (?, ?) AND f.operation_id = ?
        ORDER BY x.flow_id, x.event_id
        LIMIT {ROWS}
        """,
        (task.project_id, task.seen_group, task.seen_id, task.operation_id),
    ).fetchall()


def move(db: Connection, task: Task, rows: Sequence[Row]) -> None:
    """Those events that have the hash they are thought to have."""
    if not is_in(db, task, task.state):
        return
    change = ("former_id", "hash_id") if task.state == "moving" else ("hash_id", "former_id")
    changes = sorted(
        (
            {"event_id": row["event_id"], "had": row[change[0]], "gets": row[change[1]],
             "project_id": task.project_id}
            for row in rows
        ),
        key=itemgetter("event_id"),
    )  # fmt: skip
    db.executemany(
        """
        UPDATE events SET hash_id = :gets
        WHERE id = :event_id AND hash_id = :had AND +project_id = :project_id
          AND EXISTS (SELECT 1 FROM issue_hashes h WHERE h.id = :gets)
        """,
        changes,
    )
    ids = [row["event_id"] for row in rows]
    leaving = db.execute(
        f"""
        SELECT DISTINCT e.issue_id, e.hash_id
        FROM events e
        JOIN issue_hashes h ON h.id = e.hash_id
        WHERE e.id IN ({places(ids)}) AND h.issue_id <> e.issue_id
        ORDER BY e.issue_id, e.hash_id
        """,
        ids,
    )
    splitting.begin(db, [tuple(row) for row in leaving.fetchall()])
    db.execute(
        "UPDATE regroups SET seen_group = ?, seen_id = ? WHERE operation_id = ?",
        (rows[-1]["flow_id"], rows[-1]["event_id"], task.operation_id),
    )
