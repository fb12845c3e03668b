"""Stored events as grouping looks at them again: payload, hash, and the issue they belong to."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from jentry.store import parts, projects
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.payloads import unpack
from jentry.store.sql import ISSUE, PROJECT

CHUNK = 20  # events of an issue, or payloads, that are read at once

Hashes = tuple[tuple[int, bytes], ...]  # version and hash, the newest first


@dataclass(frozen=True, slots=True)
class Grouped:
    """`issue_id` is the merged issue's, if it is part of one. An old event may have no hash."""

    id: int
    event_id: bytes
    part_id: int
    issue_id: int
    hash_id: int | None
    version: int | None
    hash: bytes | None
    payload: bytes


@dataclass(slots=True)
class _Walk:
    """The events of a part, the newest first: `head`, and some that follow."""

    db: Connection
    mine: dict[str, int]  # issue_id and org_id
    head: tuple[str, int] = ("~", 0)  # after all moments
    read: list[tuple[str, int]] = field(default_factory=list)  # the last one comes next

    def __lt__(self, other: "_Walk") -> bool:
        return self.head > other.head

    def advance(self) -> bool:
        """False when there is no more."""
        if not self.read:
            rows = self.db.execute(
                f"""
                SELECT e.timestamp, e.id
                FROM events e
                WHERE e.issue_id = {ISSUE} AND (e.timestamp, e.id) < (:seen_at, :seen_id)
                ORDER BY e.timestamp DESC, e.id DESC
                LIMIT {CHUNK}
                """,
                self.mine | {"seen_at": self.head[0], "seen_id": self.head[1]},
            )
            self.read = [tuple(row) for row in rows][::-1]
        if self.read:
            self.head = self.read.pop()
            return True
        return False


def newest(db: Connection, actor: Actor, project_id: int) -> Iterator[Grouped]:
    """Those of a project that can be read, the newest first, whatever else is in the file.
    Raises NotFound.
    """
    projects.get(db, actor, project_id)
    ids = _newest(db, actor, project_id)
    while chunk := list(islice(ids, CHUNK)):
        yield from _read(db, actor, project_id, chunk)


def _newest(db: Connection, actor: Actor, project_id: int) -> Iterator[int]:
    """Issues are looked into as late as what they were last seen at allows."""
    rows = db.execute(
        f"""
        SELECT i.last_seen, coalesce(m.part_id, i.id) AS part_id
        FROM issues i
        LEFT JOIN issue_parts m ON m.issue_id = i.id
        WHERE i.project_id = {PROJECT} AND i.status <> 'merged'
        ORDER BY i.last_seen DESC, i.id DESC
        """,
        {"project_id": project_id, "org_id": actor.org_id},
    )
    walks: list[_Walk] = []
    row = next(rows, None)
    while row or walks:
        while row and (not walks or row["last_seen"] >= walks[0].head[0]):
            walk = _Walk(db, {"issue_id": row["part_id"], "org_id": actor.org_id})
            if walk.advance():
                heapq.heappush(walks, walk)
            row = next(rows, None)
        if walks:
            yield walks[0].head[1]
            if walks[0].advance():
                heapq.heapreplace(walks, walks[0])
            else:
                heapq.heappop(walks)


def _read(db: Connection, actor: Actor, project_id: int, ids: list[int]) -> Iterator[Grouped]:
    names = {f"id_{number}": row_id for number, row_id in enumerate(ids)}
    rows = db.execute(
        f"""
        SELECT e.id, e.event_id, e.issue_id AS part_id, {parts.whole("e.issue_id")} AS issue_id,
               h.id AS hash_id, h.version, h.hash, d.data
        FROM events e
        JOIN event_payloads d ON d.id = e.id
        LEFT JOIN issue_hashes h ON h.id = e.hash_id
        WHERE e.id IN ({", ".join(f":{name}" for name in names)}) AND +e.project_id = {PROJECT}
        """,
        names | {"project_id": project_id, "org_id": actor.org_id},
    )
    found = {row["id"]: row for row in rows}
    for row in (found[row_id] for row_id in ids if row_id in found):
        try:
            payload = unpack(db, row["data"])
        except ValueError:
            continue
        yield Grouped(
            row["id"], row["event_id"], row["part_id"], row["issue_id"], row["hash_id"],
            row["version"], row["hash"], payload,
        )  # fmt: skip


def oldest_hashes(db: Connection, actor: Actor, project_id: int) -> int | None:
    """The version of the project's oldest hashes; None without any."""
    row = db.execute(
        f"SELECT min(h.version) AS version FROM issue_hashes h WHERE h.project_id = {PROJECT}",
        {"project_id": project_id, "org_id": actor.org_id},
    ).fetchone()
    found: int | None = row["version"]
    return found


def leading(db: Connection, actor: Actor, project_id: int, hashes: Hashes) -> int | None:
    """The issue, or part, that the first known hash leads to."""
    for version, hashed in hashes:
        row = db.execute(
            f"""
            SELECT h.issue_id FROM issue_hashes h
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
