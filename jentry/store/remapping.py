"""Stored events whose frames are mapped once more: which they are, and how far that is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from jentry.store import audit, projects, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.payloads import unpack

MOST = 1000  # events that an upload maps again by itself
CHUNK = 50  # events in a transaction
WINDOW = 5000  # ids that are looked through in one query
PENDING = "pending"  # what an event wants whose map was not read in time


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
    user_hash: bytes | None
    person: str | None  # the mark of that user
    people: tuple[bytes, ...]

    @property
    def is_mapped(self) -> bool:
        return self.symbolication in ("mapped", "partial")


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
