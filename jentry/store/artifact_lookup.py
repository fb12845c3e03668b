"""Artifacts as symbolication looks for them: by debug id, or by release and address."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from jentry.errors import NotFound
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.payloads import unpack

MOST = 20  # of one debug id
Place = tuple[Any, ...]  # line and column
Result = dict[str, Any]

FILES = """
    SELECT f.type, f.url, f.debug_id, f.map_url, f.content_id, f.release, b.dist, b.id AS bundle_id,
           b.uploaded_at
    FROM artifact_files f
    JOIN artifact_bundles b ON b.id = f.bundle_id
    JOIN artifact_projects o ON o.bundle_id = b.id
    WHERE f.org_id = :org_id AND o.project_id = :project_id
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose artifacts: of a project and its organization."""

    org_id: int
    project_id: int

    @property
    def params(self) -> dict[str, Any]:
        return {"org_id": self.org_id, "project_id": self.project_id}


@dataclass(frozen=True, slots=True)
class FoundFile:
    type: str
    url: str
    debug_id: bytes | None
    map_url: str | None
    content_id: int
    release: str
    dist: str
    bundle_id: int
    uploaded_at: str


def by_debug_id(db: Connection, owner: Owner, debug_id: bytes) -> list[FoundFile]:
    """Scripts and maps, the newest first."""
    rows = db.execute(
        f"{FILES} AND f.debug_id = :debug_id ORDER BY f.id DESC LIMIT {MOST}",
        owner.params | {"debug_id": debug_id},
    )
    return [_file(row) for row in rows]


def by_url(db: Connection, owner: Owner, release: str, names: Sequence[str]) -> list[FoundFile]:
    """Of the release, whatever its dist: in the order of `names`, of each the newest first."""
    marks = ", ".join(f":name{index}" for index in range(len(names)))
    rows = db.execute(
        f"""
        {FILES} AND f.release = :release AND f.release <> '' AND f.url IN ({marks})
        ORDER BY f.id DESC
        LIMIT 200
        """,
        owner.params
        | {"release": release}
        | {f"name{index}": name for index, name in enumerate(names)},
    )
    found = [_file(row) for row in rows]
    return sorted(found, key=lambda file: names.index(file.url))


def names_in(db: Connection, owner: Owner, release: str, limit: int) -> list[str]:
    """Addresses of scripts that the release has."""
    rows = db.execute(
        """
        SELECT DISTINCT f.url
        FROM artifact_files f
        JOIN artifact_projects o ON o.bundle_id = f.bundle_id
        WHERE f.org_id = :org_id AND o.project_id = :project_id
          AND f.release = :release AND f.release <> '' AND f.type <> 'source_map'
        ORDER BY f.url
        LIMIT :limit
        """,
        owner.params | {"release": release, "limit": limit},
    )
    return [row["url"] for row in rows]


def positions(
    db: Connection, script_id: int, map_id: int, places: Iterable[Place]
) -> dict[Place, Result | None]:
    """Those that were looked up before; None: the map says nothing of them."""
    found: dict[Place, Result | None] = {}
    for line, column in places:
        row = db.execute(
            """
            SELECT result FROM mapped_positions
            WHERE map_id = ? AND script_id = ? AND line = ? AND col = ?
            """,
            (map_id, script_id, line, column),
        ).fetchone()
        if row is not None:
            found[line, column] = None if row["result"] is None else json.loads(row["result"])
    return found


def remember(
    db: Connection, script_id: int, map_id: int, results: dict[Place, Result | None]
) -> None:
    """If the map is still there."""
    db.executemany(
        """
        INSERT INTO mapped_positions (script_id, map_id, line, col, result)
        SELECT ?, c.id, ?, ?, ?
        FROM file_contents c
        WHERE c.id = ?
        ON CONFLICT (map_id, script_id, line, col) DO NOTHING
        """,
        [
            (script_id, line, column, _text(result), map_id)
            for (line, column), result in sorted(results.items())
        ],
    )


def touch(db: Connection, bundle_ids: Sequence[int], at: str) -> None:
    """They are in use: once a day is enough."""
    db.executemany(
        "UPDATE artifact_bundles SET last_used_at = ? WHERE id = ? AND last_used_at < ?",
        [(at, bundle_id, at[:10]) for bundle_id in sorted(bundle_ids)],
    )


def _text(result: Result | None) -> str | None:
    return None if result is None else json.dumps(result, ensure_ascii=False)


def _file(row: Row) -> FoundFile:
    return FoundFile(*tuple(row))


def event(db: Connection, actor: Actor, event_id: bytes) -> dict[str, Any]:
    """`project_id`, `symbolication` and the whole `payload` of an event; of several projects that
    have one, of the newest. Raises NotFound.
    """
    row = db.execute(
        """
        SELECT e.project_id, e.symbolication, d.data
        FROM events e
        JOIN projects p ON p.id = e.project_id
        JOIN event_payloads d ON d.id = e.id
        WHERE p.org_id = ? AND e.event_id = ?
        ORDER BY e.timestamp DESC, e.id DESC
        LIMIT 1
        """,
        (actor.org_id, event_id),
    ).fetchone()
    if row is None or actor.project_id not in (None, row["project_id"]):
        raise NotFound("There is no such event, or it is no longer kept.")
    try:
        payload = json.loads(unpack(db, row["data"]))
    except ValueError as error:
        raise NotFound("The stored content of this event is damaged.") from error
    return {
        "project_id": row["project_id"],
        "symbolication": row["symbolication"],
        "payload": payload,
    }
