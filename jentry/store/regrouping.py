"""What becomes of stored events whose frames were mapped once more: payload, hash, issue.

A change is written only while the payload is the one it was made of: what was erased meanwhile
stays erased. The same change twice is once. Quotas and alerts know nothing of it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

from jentry.store import merging, moving
from jentry.store.connection import Connection, Row
from jentry.store.intake.facets import Facets
from jentry.store.intake.issues import UNLABELED
from jentry.store.moving import Moved, Pair
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
    def moved(self) -> Moved:
        row = self.row
        return Moved(
            self.change.before.id, row["issue_id"], self.issue_id, row["timestamp"],
            row["release_id"], self.change.user_hash, row["marks"],
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
    moved = [one.moved for one in written if one.is_moved]
    moving.move(db, moved)
    _describe(db, written)
    moving.join_empty(db, project_id, {(one.source, one.target) for one in moved}, at)
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
    several bugs only the first one stays, the others get issues of their own. What is merged stays
    together as people put it.
    """
    known = _known(db, project_id, change)
    is_merged = _is_merged(db, row["issue_id"])
    if known is not None and known["issue_id"] != row["issue_id"]:
        is_merged = is_merged or _is_merged(db, known["issue_id"])
        if is_merged:
            return row["issue_id"], row["hash_id"]
    if known is not None:
        found: Pair = known["issue_id"], known["id"]
    else:
        issue_id = row["issue_id"]
        if _has_heir(db, row["hash_id"]) and not is_merged:
            issue_id = _issue(db, project_id, row, change, at)
        found = issue_id, _lead(db, project_id, issue_id, change)
    if row["hash_id"] not in (None, found[1]):
        db.execute(
            "UPDATE issue_hashes SET heir_id = ? WHERE id = ? AND heir_id IS NULL",
            (found[1], row["hash_id"]),
        )
    return found


def _is_merged(db: Connection, issue_id: int) -> bool:
    row = db.execute("SELECT 1 FROM issue_parts WHERE part_id = ?", (issue_id,)).fetchone()
    return row is not None


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
    rows: list[tuple[object, ...]] = []
    for issue_id in sorted({one.issue_id for one in written}):
        row = db.execute(
            """
            SELECT id FROM events WHERE issue_id = ? ORDER BY timestamp DESC, id DESC LIMIT 1
            """,
            (issue_id,),
        ).fetchone()
        change = changes.get(row["id"] if row else 0)
        if change is not None and change.title != UNLABELED:
            rows.append((change.type, change.title, change.culprit, change.search, issue_id))
    merging.describe(db, rows)
