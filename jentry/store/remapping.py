"""Stored events whose frames are mapped once more: which they are, and what becomes of them.

A change is written only while the payload is the one it was made of: what was erased meanwhile
stays erased. The same change twice is once. Counters, quotas and alerts know nothing of it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any

from jentry.store import audit, merging, projects, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.intake.facets import Facets
from jentry.store.payloads import unpack

MOST = 1000  # events that an upload maps again by itself
CHUNK = 50  # events in a transaction
WINDOW = 5000  # ids that are looked through in one query
PENDING = "pending"  # what an event wants whose map was not read in time
UNLABELED = "<unlabeled event>"


@dataclass(frozen=True, slots=True)
class Remapping:
    """A bundle that came to a project, and how far its events are mapped again."""

    project_id: int
    bundle_id: int
    before_id: int
    events: int
    mapped: int
    moved: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as it is stored. `data` is its packed payload."""

    id: int
    data: bytes
    payload: bytes
    symbolication: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of an event: members as those of `EventRow`."""

    before: Kept
    type: str
    title: str
    culprit: str
    search: str
    hash_version: int
    hash: bytes
    components: str
    payload: bytes
    facets: str
    shape: bytes
    formers: tuple[tuple[int, bytes], ...]
    symbolication: str | None
    wants: tuple[str, ...]

    @property
    def is_mapped(self) -> bool:
        return self.symbolication in ("mapped", "partial")


# -- Which --


def begin(db: Connection, project_id: int, bundle_id: int) -> None:
    """Events that are there may lack what this bundle brings."""
    db.execute(
        """
        INSERT INTO remappings (project_id, bundle_id, before_id)
        SELECT o.project_id, o.bundle_id, coalesce((SELECT max(id) FROM events), 0) + 1
        FROM artifact_projects o
        WHERE o.project_id = ? AND o.bundle_id = ?
        ON CONFLICT (project_id, bundle_id) DO UPDATE SET before_id = excluded.before_id, events = 0
        """,
        (project_id, bundle_id),
    )


def next_remapping(db: Connection) -> Remapping | None:
    """The oldest bundle first, of all organizations."""
    row = db.execute(
        """
        SELECT project_id, bundle_id, before_id, events, mapped, moved
        FROM remappings
        ORDER BY bundle_id, project_id
        LIMIT 1
        """
    ).fetchone()
    return None if row is None else Remapping(*tuple(row))


def waiting_for(db: Connection, remapping: Remapping) -> list[int]:
    """Ids of events that lack something of the bundle, the newest first."""
    names = _names(db, remapping.bundle_id)
    left = max(MOST - remapping.events, 0)
    found = merge(
        *(_wanting(db, remapping.project_id, name, remapping.before_id, left) for name in names),
        reverse=True,
    )
    return list(islice(dict.fromkeys(found), left))


def pending(db: Connection) -> list[tuple[int, list[int]]]:
    """Of each project with artifacts: some events whose map was not read in time."""
    rows = db.execute("SELECT DISTINCT project_id FROM artifact_projects ORDER BY project_id")
    found = ((row["project_id"], _wanting(db, row["project_id"], PENDING)) for row in rows)
    return [(project_id, ids) for project_id, ids in found if ids]


def unmapped(
    db: Connection, actor: Actor, project_id: int, version: str | None, limit: int
) -> list[int]:
    """Ids of the newest events that have frames which are not mapped. Raises NotFound."""
    projects.get(db, actor, project_id)
    of_release = ""
    if version is not None:
        of_release = """
            AND e.release_id IN (
                SELECT r.id FROM releases r
                WHERE r.project_id = :project_id AND r.version = :version)
            """
    (high,) = db.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
    found: list[int] = []
    while high > 0 and len(found) < limit:
        rows = db.execute(
            f"""
            SELECT e.id FROM events e
            WHERE e.id > :low AND e.id <= :high AND +e.project_id = :project_id
              AND e.symbolication IN ('unmapped', 'partial', 'pending') {of_release}
            ORDER BY e.id DESC
            """,
            {
                "low": high - WINDOW, "high": high, "project_id": project_id, "version": version,
            },
        )  # fmt: skip
        found += [row["id"] for row in rows]
        high -= WINDOW
    return found[:limit]


def _names(db: Connection, bundle_id: int) -> list[str]:
    """What events would say they lack, had they come before the bundle."""
    bundle = db.execute(
        "SELECT release, dist FROM artifact_bundles WHERE id = ?", (bundle_id,)
    ).fetchone()
    rows = db.execute(
        """
        SELECT DISTINCT debug_id FROM artifact_files
        WHERE bundle_id = ? AND debug_id IS NOT NULL
        ORDER BY debug_id
        """,
        (bundle_id,),
    )
    names = [want_of_debug_id(row["debug_id"]) for row in rows]
    if bundle is not None and bundle["release"]:
        names.append(want_of_release(bundle["release"], bundle["dist"]))
    return names


def want_of_debug_id(debug_id: bytes) -> str:
    """The name under which an event waits for artifacts."""
    return f"debug_id:{debug_id.hex()}"


def want_of_release(release: str, dist: str) -> str:
    return f"release:{release}\n{dist}"


def _wanting(
    db: Connection, project_id: int, name: str, before_id: int | None = None, limit: int = CHUNK
) -> list[int]:
    before = "" if before_id is None else "AND event_id < :before_id"
    rows = db.execute(
        f"""
        SELECT event_id FROM event_wants
        WHERE project_id = :project_id AND name = :name {before}
        ORDER BY event_id DESC
        LIMIT :limit
        """,
        {"project_id": project_id, "name": name, "before_id": before_id, "limit": limit},
    )
    return [row["event_id"] for row in rows]


def read(db: Connection, project_id: int, ids: Sequence[int]) -> list[Kept]:
    """Those that are still there, and can be read."""
    rows = db.execute(
        f"""
        SELECT e.id, e.symbolication, d.data
        FROM events e
        JOIN event_payloads d ON d.id = e.id
        WHERE +e.project_id = ? AND e.id IN ({", ".join("?" * len(ids))})
        ORDER BY e.id DESC
        """,
        (project_id, *ids),
    )
    return [kept for row in rows if (kept := _kept(db, row))]


def _kept(db: Connection, row: Row) -> Kept | None:
    try:
        payload = unpack(db, row["data"])
    except ValueError:
        return None
    return Kept(row["id"], row["data"], payload, row["symbolication"])


# -- What becomes of them --


def write(db: Connection, project_id: int, changes: Iterable[Change]) -> Counter[str]:
    """How many were `mapped`, and how many were `moved` to another issue by it."""
    counts: Counter[str] = Counter()
    facets = Facets(db)
    written: list[tuple[Change, int, int]] = []  # with issue and hash
    for change in changes:
        row = db.execute(
            """
            SELECT e.issue_id, e.hash_id, d.data
            FROM events e
            JOIN event_payloads d ON d.id = e.id
            WHERE e.id = ? AND +e.project_id = ?
            """,
            (change.before.id, project_id),
        ).fetchone()
        if row is None or row["data"] != change.before.data:
            continue
        issue_id, hash_id = _destination(db, project_id, row, change)
        facets.add(project_id, issue_id, change.shape, change.facets, ())
        written.append((change, issue_id, hash_id))
        counts["mapped"] += change.is_mapped
    _put(db, project_id, written)
    facets.flush()
    _describe(db, {change.before.id: (change, issue_id) for change, issue_id, _ in written})
    return counts


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


def _put(db: Connection, project_id: int, written: list[tuple[Change, int, int]]) -> None:
    rows = sorted(
        (
            {
                "id": change.before.id, "data": change.payload, "bytes": len(change.payload),
                "hash_id": hash_id, "symbolication": change.symbolication,
                "project_id": project_id,
            }
            for change, _, hash_id in written
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
        sorted((project_id, name, c.before.id) for c, _, _ in written for name in c.wants),
    )


def _destination(db: Connection, project_id: int, row: Row, change: Change) -> tuple[int, int]:
    """The issue that the event belongs to from now on, and its hash."""
    known = _known(db, project_id, change)
    if known is None:
        return row["issue_id"], _lead(db, project_id, row, change)
    if known["issue_id"] != row["issue_id"]:
        return row["issue_id"], row["hash_id"]
    return known["issue_id"], known["id"]


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


def _lead(db: Connection, project_id: int, row: Row, change: Change) -> int:
    """The id of the new hash, which leads to where the event is."""
    hash_id: int = db.execute(
        """
        INSERT INTO issue_hashes (project_id, version, hash, issue_id, components)
        VALUES (?, ?, ?, ?, ?)
        RETURNING id
        """,
        (project_id, change.hash_version, change.hash, row["issue_id"], change.components),
    ).fetchone()[0]
    return hash_id


def _describe(db: Connection, changed: dict[int, tuple[Change, int]]) -> None:
    """An issue is called as its latest event is."""
    rows: list[tuple[object, ...]] = []
    for issue_id in sorted({issue_id for _, issue_id in changed.values()}):
        row = db.execute(
            """
            SELECT id FROM events WHERE issue_id = ? ORDER BY timestamp DESC, id DESC LIMIT 1
            """,
            (issue_id,),
        ).fetchone()
        change, _ = changed.get(row["id"] if row else 0, (None, 0))
        if change is not None and change.title != UNLABELED:
            rows.append((change.type, change.title, change.culprit, change.search, issue_id))
    merging.describe(db, rows)


def advance(db: Connection, remapping: Remapping, ids: Sequence[int], counts: Counter[str]) -> None:
    """These events are done."""
    db.execute(
        """
        UPDATE remappings
        SET before_id = ?, events = events + ?, mapped = mapped + ?, moved = moved + ?
        WHERE project_id = ? AND bundle_id = ?
        """,
        (
            min(ids), len(ids), counts["mapped"], counts["moved"], remapping.project_id,
            remapping.bundle_id,
        ),
    )  # fmt: skip


def finish(db: Connection, remapping: Remapping, at: str) -> None:
    """All are done: said in the audit log, where something was."""
    row = db.execute(
        """
        DELETE FROM remappings
        WHERE project_id = ? AND bundle_id = ? AND before_id = ?
        RETURNING events, mapped, moved
        """,
        (remapping.project_id, remapping.bundle_id, remapping.before_id),
    ).fetchone()
    if row is None or not row["mapped"]:
        return
    org_id = db.execute(
        "SELECT org_id FROM projects WHERE id = ?", (remapping.project_id,)
    ).fetchone()["org_id"]
    record(db, Actor(org_id, None, "system"), remapping.project_id, dict(row), at)


def record(db: Connection, actor: Actor, project_id: int, counts: dict[str, Any], at: str) -> None:
    """Events of a project were mapped again."""
    audit.record(db, actor, "event.remap", f"project:{project_id}", at, **counts)


def require(db: Connection, actor: Actor) -> None:
    """Raises Forbidden."""
    roles.require(db, actor, "admin", "map events again")
