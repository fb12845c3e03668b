"""Stored events as grouping looks at them again: payload, hash, and the issue they belong to."""

from collections.abc import Iterator
from dataclasses import dataclass

from jentry.store import parts, projects
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.payloads import unpack
from jentry.store.sql import PROJECT

WINDOW = 5000  # ids that are looked through in one query
CHUNK = 20  # payloads that are read at once

Hashes = tuple[tuple[int, bytes], ...]  # version and hash, the newest first


@dataclass(frozen=True, slots=True)
class Grouped:
    """`issue_id` is the merged issue's, if it is part of one. An old event may have no hash."""

    id: int
    event_id: bytes
    issue_id: int
    version: int | None
    hash: bytes | None
    payload: bytes


def newest(db: Connection, actor: Actor, project_id: int) -> Iterator[Grouped | None]:
    """Those that can be read, in the order of their arrival, the last first; None after each query,
    so that whoever looks at them can stop where there are none. Raises NotFound.
    """
    projects.get(db, actor, project_id)
    mine = {"project_id": project_id, "org_id": actor.org_id}
    last = db.execute(
        f"""
        SELECT e.id FROM events e WHERE +e.project_id = {PROJECT} ORDER BY e.id DESC LIMIT 1
        """,
        mine,
    ).fetchone()
    high = last["id"] if last else 0
    while high > 0:
        rows = db.execute(
            f"""
            SELECT e.id FROM events e
            WHERE e.id > :low AND e.id <= :high AND +e.project_id = {PROJECT}
            ORDER BY e.id DESC
            """,
            mine | {"low": high - WINDOW, "high": high},
        )
        ids = [row["id"] for row in rows]
        for start in range(0, len(ids), CHUNK):
            yield from _read(db, actor, project_id, ids[start : start + CHUNK])
        yield None
        high -= WINDOW


def _read(db: Connection, actor: Actor, project_id: int, ids: list[int]) -> Iterator[Grouped]:
    names = {f"id_{number}": row_id for number, row_id in enumerate(ids)}
    rows = db.execute(
        f"""
        SELECT e.id, e.event_id, {parts.whole("e.issue_id")} AS issue_id, h.version, h.hash, d.data
        FROM events e
        JOIN event_payloads d ON d.id = e.id
        LEFT JOIN issue_hashes h ON h.id = e.hash_id
        WHERE e.id IN ({", ".join(f":{name}" for name in names)}) AND +e.project_id = {PROJECT}
        ORDER BY e.id DESC
        """,
        names | {"project_id": project_id, "org_id": actor.org_id},
    )
    for row in rows.fetchall():
        try:
            payload = unpack(db, row["data"])
        except ValueError:
            continue
        yield Grouped(
            row["id"], row["event_id"], row["issue_id"], row["version"], row["hash"], payload
        )


def oldest_hashes(db: Connection, actor: Actor, project_id: int) -> int | None:
    """The version of the project's oldest hashes; None without any."""
    row = db.execute(
        f"SELECT min(h.version) AS version FROM issue_hashes h WHERE h.project_id = {PROJECT}",
        {"project_id": project_id, "org_id": actor.org_id},
    ).fetchone()
    found: int | None = row["version"]
    return found


def leading(db: Connection, actor: Actor, project_id: int, hashes: Hashes) -> int | None:
    """The issue that the first known hash leads to, the merged one where that is a part."""
    for version, hashed in hashes:
        row = db.execute(
            f"""
            SELECT {parts.whole("h.issue_id")} AS issue_id FROM issue_hashes h
            WHERE h.project_id = {PROJECT} AND h.version = :version AND h.hash = :hash
            """,
            {
                "project_id": project_id, "org_id": actor.org_id, "version": version,
                "hash": hashed,
            },
        ).fetchone()  # fmt: skip
        if row is not None:
            found: int = row["issue_id"]
            return found
    return None
