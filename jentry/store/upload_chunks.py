"""Pieces of uploads that wait to be put together. Each organization sees its own only."""

import hashlib
from collections.abc import Sequence

from jentry.errors import BadRequest, Conflict
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.payloads import pack, unpack

MOST_WAITING = 1024 * 1024 * 1024  # bytes of an organization, unpacked
AT_ONCE = 500
OLD = 4  # megabytes in one transaction


def missing(db: Connection, actor: Actor, names: Sequence[bytes]) -> list[bytes]:
    """Those SHA-1 sums of which there is no chunk, in their order, each once."""
    known: set[bytes] = set()
    for start in range(0, len(names), AT_ONCE):
        part = names[start : start + AT_ONCE]
        rows = db.execute(
            f"""
            SELECT sha1 FROM upload_chunks
            WHERE org_id = ? AND sha1 IN ({", ".join("?" * len(part))})
            """,
            (actor.org_id, *part),
        )
        known.update(row["sha1"] for row in rows)
    return [name for name in dict.fromkeys(names) if name not in known]


def checked(name: str, data: bytes) -> bytes:
    """The SHA-1 sum of the data, which its name must be. Raises BadRequest."""
    sha1 = hashlib.sha1(data, usedforsecurity=False).digest()
    if sha1.hex() != name.lower():
        raise BadRequest(f"The chunk {name[:40]} does not have this SHA-1 sum.")
    return sha1


def packed(data: bytes) -> bytes:
    """As `add` takes it: to be done before the write lock is taken."""
    return pack(data)


def add(db: Connection, actor: Actor, sha1: bytes, size: int, data: bytes, at: str) -> None:
    """`data` as `packed` gives it, `size` before that. Raises Conflict when too much waits."""
    (waiting,) = db.execute(
        "SELECT coalesce(sum(bytes), 0) FROM upload_chunks WHERE org_id = ?", (actor.org_id,)
    ).fetchone()
    if waiting + size > MOST_WAITING:
        raise Conflict(
            f"More than {MOST_WAITING // 1024**2} MiB were uploaded and not put together; "
            "what was given up goes after a day."
        )
    db.execute(
        """
        INSERT INTO upload_chunks (org_id, sha1, bytes, created_at, data)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (org_id, sha1) DO UPDATE SET created_at = excluded.created_at
        """,
        (actor.org_id, sha1, size, at, data),
    )


def read(db: Connection, actor: Actor, sha1: bytes) -> bytes | None:
    row = db.execute(
        "SELECT data FROM upload_chunks WHERE org_id = ? AND sha1 = ?", (actor.org_id, sha1)
    ).fetchone()
    return None if row is None else unpack(db, row["data"])


def delete(db: Connection, actor: Actor, names: Sequence[bytes]) -> None:
    db.executemany(
        "DELETE FROM upload_chunks WHERE org_id = ? AND sha1 = ?",
        [(actor.org_id, name) for name in sorted(names)],
    )


def old(db: Connection, before: str) -> list[int]:
    """Ids of some that nobody has put together, of all organizations."""
    rows = db.execute(
        f"SELECT id FROM upload_chunks WHERE created_at < ? ORDER BY created_at, id LIMIT {OLD}",
        (before,),
    )
    return [row["id"] for row in rows]


def delete_old(db: Connection, ids: Sequence[int], before: str) -> None:
    db.executemany(
        "DELETE FROM upload_chunks WHERE id = ? AND created_at < ?",
        [(chunk_id, before) for chunk_id in ids],
    )
