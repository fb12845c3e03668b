"""Stored events are looked at, one by one: which hash each would get if it came now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from jentry.store.connection import Connection
from jentry.store.payloads import readable
from jentry.store.regroup_tasks import Task

CHUNK = 50  # events that are read at once
ROWS = 500  # that are noted in one transaction
BEGIN = ("~", 0)  # after all moments


@dataclass(frozen=True, slots=True)
class Stored:
    """An event with its hash. The payload is empty when it cannot be read."""

    id: int
    issue_id: int
    timestamp: str
    hash_id: int
    version: int
    hash: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """An event, and the hash that it would get now."""

    event: Stored
    version: int
    hash: bytes
    components: str

    @property
    def is_same(self) -> bool:
        return (self.version, self.hash) == (self.event.version, self.event.hash)

    @property
    def flow(self) -> tuple[int, bytes, int, int]:
        return self.version, self.hash, self.event.issue_id, self.event.hash_id


def unread(db: Connection, task: Task) -> Iterator[list[Stored]]:
    """The events that are still to be looked at, issue by issue, the newest first."""
    rows = db.execute(
        "SELECT i.id FROM issues i WHERE i.project_id = ? AND i.id >= ? ORDER BY i.id",
        (task.project_id, task.seen_group),
    ).fetchall()
    for row in rows:
        is_begun = row["id"] == task.seen_group
        seen = (task.seen_at, task.seen_id) if is_begun else BEGIN
        while found := _read(db, task, row["id"], seen):
            yield found
            seen = found[-1].timestamp, found[-1].id


def _read(db: Connection, task: Task, issue_id: int, seen: tuple[str, int]) -> list[Stored]:
    rows = db.execute(
        f"""
        SELECT e.id, e.issue_id, e.timestamp, h.id AS hash_id, h.version, h.hash, d.data
        FROM events e
        JOIN issue_hashes h ON h.id = e.hash_id
        JOIN event_payloads d ON d.id = e.id
        WHERE e.issue_id = ? AND (e.timestamp, e.id) < (?, ?) AND +e.id <= ?
        ORDER BY e.timestamp DESC, e.id DESC
        LIMIT {CHUNK}
        """,
        (issue_id, *seen, task.last_event),
    )
    return [
        Stored(
            row["id"], row["issue_id"], row["timestamp"], row["hash_id"], row["version"],
            row["hash"], readable(db, row["data"]),
        )
        for row in rows
    ]  # fmt: skip


def note(db: Connection, task: Task, seen: Sequence[Seen], *, is_all: bool) -> bool:
    """What some events would be, in the order of `unread`. False when it was undone meanwhile."""
    last = seen[-1].event if seen else None
    going = db.execute(
        """
        UPDATE regroups
        SET events = events + :events, state = :state, seen_group = :issue_id, seen_at = :at,
            seen_id = :id
        WHERE operation_id = :operation_id AND state = 'reading'
        """,
        {
            "events": len(seen), "state": "leading" if is_all else "reading",
            "issue_id": last.issue_id if last else 0, "at": last.timestamp if last else "~",
            "id": last.id if last else 0, "operation_id": task.operation_id,
        },
    ).rowcount  # fmt: skip
    if going:
        _count(db, task, seen)
        _list(db, task, [one for one in seen if not one.is_same])
    return going > 0


def _count(db: Connection, task: Task, seen: Sequence[Seen]) -> None:
    rows = [
        (
            task.operation_id, *one.flow, one.components, int(one.is_same),
            one.event.hash_id if one.is_same else None, one.event.id,
        )
        for one in seen
    ]  # fmt: skip
    db.executemany(
        """
        INSERT INTO regroup_flows (operation_id, version, hash, issue_id, former_id, components,
                                   is_same, hash_id, events, newest_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)
        ON CONFLICT (operation_id, version, hash, issue_id, former_id) DO UPDATE
        SET events = regroup_flows.events + 1,
            newest_id = CASE WHEN excluded.newest_id > regroup_flows.newest_id
                        THEN excluded.newest_id ELSE regroup_flows.newest_id END
        """,
        sorted(rows, key=itemgetter(1, 2, 3, 4)),
    )


def _list(db: Connection, task: Task, leaving: Sequence[Seen]) -> None:
    db.executemany(
        """
        INSERT INTO regroup_events (project_id, flow_id, event_id)
        SELECT ?, f.id, ?
        FROM regroup_flows f
        WHERE f.operation_id = ? AND f.version = ? AND f.hash = ? AND f.issue_id = ?
          AND f.former_id = ?
        """,
        [(task.project_id, one.event.id, task.operation_id, *one.flow) for one in leaving],
    )
