"""What becomes of stored events whose frames were mapped once more: payload, hash, issue.

A change is written only while the payload is the one it was made of: what was erased meanwhile
stays erased. The same change twice is once. Quotas and alerts know nothing of it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter, itemgetter

from jentry.store import merge_operations, merging, moving, operations, parts
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.intake.facets import Facets
from jentry.store.intake.issues import UNLABELED
from jentry.store.moving import Moved
from jentry.store.remapping import Change


@dataclass(frozen=True, slots=True)
class Written:
    """A change that holds: of an event as `row` has it, which belongs to this issue from now on."""

    change: Change
    row: Row
    issue_id: int
    hash_id: int

    @property
    def is_moved(self) -> bool:
        return bool(self.issue_id != self.row["issue_id"])

    @property
    def order(self) -> tuple[str, int]:
        return self.row["timestamp"], self.change.before.id

    @property
    def moved(self) -> Moved:
        row = self.row
        return Moved(
            self.change.before.id, row["issue_id"], self.issue_id, row["timestamp"],
            row["release_id"], self.change.user_hash, self.change.person, row["marks"],
        )  # fmt: skip


def write(db: Connection, project_id: int, changes: Iterable[Change], at: str) -> Counter[str]:
    """How many were `mapped`, and how many were `moved` to another issue by it."""
    facets = Facets(db)
    written: list[Written] = []
    for change in changes:
        row = db.execute(
            """
            SELECT e.issue_id, e.hash_id, e.timestamp, e.release_id, e.marks, d.data
            FROM events e
            JOIN event_payloads d ON d.id = e.id
            WHERE e.id = ? AND +e.project_id = ?
            """,
            (change.before.id, project_id),
        ).fetchone()
        if row is None or row["data"] != change.before.data:
            continue
        issue_id, hash_id = _destination(db, project_id, row, change, at)
        facets.add(project_id, issue_id, change.shape, change.facets, change.people)
        written.append(Written(change, row, issue_id, hash_id))
    _put(db, project_id, written)
    facets.flush()
    moved = [one for one in written if one.is_moved]
    moving.move(db, [one.moved for one in moved])
    _describe(db, written)
    _merge_empty(db, project_id, moved, at)
    return Counter(mapped=sum(one.change.is_mapped for one in written), moved=len(moved))


def foreseen(db: Connection, project_id: int, changes: Iterable[Change]) -> Counter[str]:
    """What `write` would count; an issue that would be made is not foreseen."""
    counts: Counter[str] = Counter()
    for change in changes:
        row = db.execute(
            "SELECT issue_id FROM events WHERE id = ? AND +project_id = ?",
            (change.before.id, project_id),
        ).fetchone()
        if row is not None:
            counts["mapped"] += change.is_mapped
            known = _known(db, project_id, change)
            counts["moved"] += known is not None and known["issue_id"] != row["issue_id"]
    return counts


def _put(db: Connection, project_id: int, written: list[Written]) -> None:
    rows = sorted(
        (
            {
                "id": one.change.before.id, "data": one.change.payload,
                "bytes": len(one.change.payload), "hash_id": one.hash_id,
                "symbolication": one.change.symbolication, "project_id": project_id,
            }
            for one in written
        ),
        key=itemgetter("id"),
    )  # fmt: skip
    db.executemany("UPDATE event_payloads SET data = :data WHERE id = :id", rows)
    db.executemany(
        """
        UPDATE events SET bytes = :bytes, hash_id = :hash_id, symbolication = :symbolication
        WHERE id = :id AND +project_id = :project_id
        """,
        rows,
    )
    db.executemany("DELETE FROM event_wants WHERE event_id = :id", rows)
    db.executemany(
        "INSERT INTO event_wants (project_id, name, event_id) VALUES (?, ?, ?)",
        sorted(
            (project_id, name, one.change.before.id) for one in written for name in one.change.wants
        ),
    )


def _destination(
    db: Connection, project_id: int, row: Row, change: Change, at: str
) -> tuple[int, int]:
    """The issue that the event belongs to from now on, and its hash.

    A hash that is new leads to where the event is: but of a hash whose events turn out to be
    several bugs only the first one stays, the others get issues of their own, unless people have
    merged it with others: that stays together as they put it.
    """
    known = _known(db, project_id, change)
    if known is not None:
        found: tuple[int, int] = known["issue_id"], known["id"]
    else:
        issue_id = row["issue_id"]
        if _has_heir(db, row["hash_id"]) and not merge_operations.is_put_together(db, issue_id):
            issue_id = _issue(db, project_id, row, change, at)
        found = issue_id, _lead(db, project_id, issue_id, change)
    if row["hash_id"] not in (None, found[1]):
        db.execute(
            "UPDATE issue_hashes SET heir_id = ? WHERE id = ? AND heir_id IS NULL",
            (found[1], row["hash_id"]),
        )
    return found


def _has_heir(db: Connection, hash_id: int | None) -> bool:
    row = db.execute("SELECT heir_id FROM issue_hashes WHERE id = ?", (hash_id,)).fetchone()
    return row is not None and row["heir_id"] is not None


def _issue(db: Connection, project_id: int, row: Row, change: Change, at: str) -> int:
    """The id of a new one, without events yet. It is no news to anybody."""
    issue_id: int = db.execute(
        """
        INSERT INTO issues (project_id, type, title, culprit, level, search, status, substatus,
                            status_at, first_seen, last_seen)
        SELECT ?, ?, ?, ?, i.level, ?, 'unresolved', 'ongoing', ?, ?, ?
        FROM issues i
        WHERE i.id = ?
        RETURNING id
        """,
        (
            project_id, change.type, change.title, change.culprit, change.search, at,
            row["timestamp"], row["timestamp"], row["issue_id"],
        ),
    ).fetchone()[0]  # fmt: skip
    return issue_id


def _known(db: Connection, project_id: int, change: Change) -> Row | None:
    """Where its hash leads, or that of an older version: `issue_id` and the hash's `id`."""
    for version, hashed in ((change.hash_version, change.hash), *change.formers):
        known: Row | None = db.execute(
            """
            SELECT issue_id, id FROM issue_hashes
            WHERE project_id = ? AND version = ? AND hash = ?
            """,
            (project_id, version, hashed),
        ).fetchone()
        if known is not None:
            return known
    return None


def _lead(db: Connection, project_id: int, issue_id: int, change: Change) -> int:
    """The id of the new hash."""
    hash_id: int = db.execute(
        """
        INSERT INTO issue_hashes (project_id, version, hash, issue_id, components)
        VALUES (?, ?, ?, ?, ?)
        RETURNING id
        """,
        (project_id, change.hash_version, change.hash, issue_id, change.components),
    ).fetchone()[0]
    return hash_id


def _describe(db: Connection, written: list[Written]) -> None:
    """An issue is called as its latest event is."""
    changes = {one.change.before.id: one.change for one in written}
    rows = []
    for issue_id in sorted({one.issue_id for one in written}):
        row = db.execute(
            """
            SELECT id FROM events WHERE issue_id = ? ORDER BY timestamp DESC, id DESC LIMIT 1
            """,
            (issue_id,),
        ).fetchone()
        if (change := changes.get(row["id"] if row else 0)) is not None:
            rows.append(_called(issue_id, change))
    merging.describe(db, [row for row in rows if row])


def _called(issue_id: int, change: Change) -> tuple[object, ...]:
    """As `merging.describe` takes it; empty when the event says nothing."""
    if change.title == UNLABELED:
        return ()
    return change.type, change.title, change.culprit, change.search, issue_id


def _merge_empty(db: Connection, project_id: int, moved: list[Written], at: str) -> None:
    """An issue whose events have all left becomes part of where the latest of them went, and is
    called as that one is. What was merged, or was taken out again, stays where it is.
    """
    last = {one.row["issue_id"]: one for one in sorted(moved, key=attrgetter("order"))}
    empty = {key: one for key, one in sorted(last.items()) if _is_left(db, key)}
    merging.describe(db, [row for key, one in empty.items() if (row := _called(key, one.change))])
    org = db.execute("SELECT org_id FROM projects WHERE id = ?", (project_id,)).fetchone()
    actor = Actor(org["org_id"], None, "system")
    ids: dict[int, list[int]] = {}
    for issue_id, one in empty.items():
        ids.setdefault(parts.led_to(db, actor, one.issue_id), []).append(issue_id)
    for target_id, found in sorted(ids.items()):
        room = merging.MOST - max(1, len(parts.ids(db, actor, target_id)))
        if found[:room]:
            operations.merge(db, actor, project_id, target_id, found[:room], at)


def _is_left(db: Connection, issue_id: int) -> bool:
    row = db.execute(
        """
        SELECT 1 FROM issues i
        WHERE i.id = :id
          AND NOT EXISTS (SELECT 1 FROM events e WHERE e.issue_id = :id)
          AND NOT EXISTS (SELECT 1 FROM issue_parts m WHERE m.part_id = :id)
        """,
        {"id": issue_id},
    ).fetchone()
    return row is not None and not merge_operations.has_merged(db, issue_id)
