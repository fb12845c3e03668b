"""Artifact bundles and their files. A bundle is of use once projects have it, which is said last:
what kill -9 left half done is done anew.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jentry.errors import NotFound
from jentry.store import audit, projects, remapping, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.paging import Page, Paging, read
from jentry.store.payloads import pack, unpack

SHOWN_FILES = 100  # of a bundle, in lists
MANAGE = "manage artifacts"
BUNDLES = "SELECT b.id, b.release, b.dist, b.bytes, b.warnings, b.uploaded_at, b.last_used_at"
OF_PROJECT = """
    FROM artifact_projects o
    JOIN artifact_bundles b ON b.id = o.bundle_id
    WHERE o.project_id = :project_id AND b.org_id = :org_id
"""


@dataclass(frozen=True, slots=True)
class Name:
    """Which bundle: '' for no release and no dist."""

    sha1: bytes
    release: str
    dist: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file whose content is stored already."""

    type: str
    url: str
    debug_id: bytes | None
    map_url: str | None
    content_id: int
    size: int


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes of a file, packed before the write lock is taken."""

    sha256: bytes
    size: int
    data: bytes

    @classmethod
    def of(cls, content: bytes) -> "Content":
        return cls(hashlib.sha256(content).digest(), len(content), pack(content))


def is_there(db: Connection, actor: Actor, name: Name, project_ids: Sequence[int]) -> bool:
    """Whether all of these projects have the bundle."""
    rows = db.execute(
        """
        SELECT o.project_id
        FROM artifact_bundles b
        JOIN artifact_projects o ON o.bundle_id = b.id
        WHERE b.org_id = ? AND b.sha1 = ? AND b.release = ? AND b.dist = ?
        """,
        (actor.org_id, name.sha1, name.release, name.dist),
    )
    return set(project_ids) <= {row["project_id"] for row in rows}


def bytes_stored(db: Connection) -> int:
    """Of all contents, packed."""
    (stored,) = db.execute("SELECT coalesce(sum(packed), 0) FROM file_contents").fetchone()
    return int(stored)


def add_content(db: Connection, content: Content, at: str) -> int:
    """The id of the content; it is stored once, whoever uploads it."""
    row = db.execute(
        """
        INSERT INTO file_contents (sha256, bytes, packed, used_at)
        VALUES (?, ?, ?, ?)
        ON CONFLICT (sha256) DO UPDATE SET used_at = excluded.used_at
        RETURNING id
        """,
        (content.sha256, content.size, len(content.data), at),
    ).fetchone()
    content_id: int = row["id"]
    db.execute(
        "INSERT INTO file_payloads (id, data) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
        (content_id, content.data),
    )
    return content_id


def begin(db: Connection, actor: Actor, name: Name, at: str) -> int:
    """The id of the bundle, without files yet. Raises Forbidden."""
    roles.require(db, actor, "admin", MANAGE)
    row = db.execute(
        """
        INSERT INTO artifact_bundles
            (org_id, sha1, release, dist, bytes, warnings, uploaded_at, last_used_at)
        VALUES (?, ?, ?, ?, 0, '[]', ?, ?)
        ON CONFLICT (org_id, sha1, release, dist) DO UPDATE SET last_used_at = excluded.last_used_at
        RETURNING id
        """,
        (actor.org_id, name.sha1, name.release, name.dist, at, at),
    ).fetchone()
    bundle_id: int = row["id"]
    return bundle_id


def has_projects(db: Connection, bundle_id: int) -> bool:
    """Whether it was finished before: then its files are all there."""
    row = db.execute("SELECT 1 FROM artifact_projects WHERE bundle_id = ?", (bundle_id,))
    return row.fetchone() is not None


def add_files(
    db: Connection, actor: Actor, bundle_id: int, name: Name, files: Sequence[StoredFile]
) -> None:
    """Of two of the same name and type the first is kept."""
    db.executemany(
        """
        INSERT INTO artifact_files
            (org_id, bundle_id, type, url, debug_id, release, map_url, content_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (bundle_id, url, type) DO NOTHING
        """,
        [
            (
                actor.org_id, bundle_id, file.type, file.url, file.debug_id, name.release,
                file.map_url, file.content_id,
            )
            for file in sorted(files, key=lambda file: file.url)
        ],
    )  # fmt: skip


def finish(
    db: Connection,
    actor: Actor,
    bundle_id: int,
    project_ids: Sequence[int],
    size: int,
    warnings: Sequence[str],
    at: str,
) -> None:
    """All its files are there: from now on the projects have it. Raises NotFound."""
    db.execute(
        "UPDATE artifact_bundles SET bytes = ?, warnings = ? WHERE id = ? AND org_id = ?",
        (size, json.dumps(warnings, ensure_ascii=False), bundle_id, actor.org_id),
    )
    share(db, actor, bundle_id, project_ids, at)


def share(
    db: Connection, actor: Actor, bundle_id: int, project_ids: Sequence[int], at: str
) -> None:
    """These projects have the bundle too. What was so before is not audited. Raises NotFound."""
    for project_id in project_ids:
        projects.get(db, actor, project_id)
    rows = db.execute(
        "SELECT project_id FROM artifact_projects WHERE bundle_id = ?", (bundle_id,)
    ).fetchall()
    added = sorted(set(project_ids) - {row["project_id"] for row in rows})
    db.executemany(
        "INSERT INTO artifact_projects (project_id, bundle_id) VALUES (?, ?)",
        [(project_id, bundle_id) for project_id in added],
    )
    for project_id in added:
        remapping.begin(db, project_id, bundle_id)
    if added:
        row = db.execute(
            "SELECT release, bytes FROM artifact_bundles WHERE id = ?", (bundle_id,)
        ).fetchone()
        about = {"release": row["release"], "bytes": row["bytes"], "projects": added}
        audit.record(db, actor, "artifact.upload", f"artifact:{bundle_id}", at, **about)


def page(db: Connection, actor: Actor, project_id: int, wanted: Paging) -> Page:
    """The bundles of a project, the newest first: `id`, `release`, `dist`, `bytes`, `warnings`,
    `uploaded_at`, `last_used_at`, `file_count` and the first `files`: `type`, `url`, `debug_id`.
    """
    params = {"project_id": project_id, "org_id": actor.org_id}
    after = "AND b.id < :after_id" if wanted.after else ""
    ordered = f"{BUNDLES}, b.id AS sorted {OF_PROJECT} {after} ORDER BY b.id DESC"
    with snapshot(db):
        rows, total, last = read(db, ordered, OF_PROJECT, params, wanted)
        shown = [_shown(row) | _files(db, actor, row["id"]) for row in rows]
    return Page(shown, total, last)


def delete(db: Connection, actor: Actor, bundle_id: int, at: str) -> None:
    """With its files; contents that nobody else has go later. Raises Forbidden, NotFound."""
    roles.require(db, actor, "admin", MANAGE)
    row = db.execute(
        "DELETE FROM artifact_bundles WHERE id = ? AND org_id = ? RETURNING release, bytes",
        (bundle_id, actor.org_id),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such artifact.")
    about = {"release": row["release"], "bytes": row["bytes"]}
    audit.record(db, actor, "artifact.delete", f"artifact:{bundle_id}", at, **about)


def content(db: Connection, content_id: int) -> bytes:
    """Raises NotFound."""
    row = db.execute("SELECT data FROM file_payloads WHERE id = ?", (content_id,)).fetchone()
    if row is None:
        raise NotFound("The content of this artifact is gone.")
    return unpack(db, row["data"])


def _shown(row: Row) -> dict[str, Any]:
    return dict(row) | {
        "release": row["release"] or None,
        "dist": row["dist"] or None,
        "warnings": json.loads(row["warnings"]),
    }


def _files(db: Connection, actor: Actor, bundle_id: int) -> dict[str, Any]:
    mine = (bundle_id, actor.org_id)
    rows = db.execute(
        f"""
        SELECT type, url, debug_id
        FROM artifact_files
        WHERE bundle_id = ? AND org_id = ?
        ORDER BY id
        LIMIT {SHOWN_FILES}
        """,
        mine,
    ).fetchall()
    (count,) = db.execute(
        "SELECT count(*) FROM artifact_files WHERE bundle_id = ? AND org_id = ?", mine
    ).fetchone()
    files = [dict(row) | {"debug_id": _uuid(row["debug_id"])} for row in rows]
    return {"file_count": count, "files": files}


def _uuid(data: bytes | None) -> UUID | None:
    return None if data is None else UUID(bytes=data)
