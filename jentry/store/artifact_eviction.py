"""Which artifacts go: old ones, and the least recently used when they take too much. What is chosen
outside the lock is deleted in small steps, of all organizations.
"""

from collections.abc import Sequence

from jentry.store.connection import Connection

FILES = 500  # rows in a transaction
CONTENTS = 4  # of up to tens of megabytes each


def next_old(db: Connection, before: str) -> int | None:
    """The bundle that was last used before then the longest ago."""
    row = db.execute(
        """
        SELECT id FROM artifact_bundles
        WHERE last_used_at < ?
        ORDER BY last_used_at, id
        LIMIT 1
        """,
        (before,),
    ).fetchone()
    return None if row is None else row["id"]


def next_unowned(db: Connection, before: str) -> int | None:
    """A bundle of projects that are gone, or that was never finished."""
    row = db.execute(
        """
        SELECT b.id FROM artifact_bundles b
        WHERE b.last_used_at < ?
          AND NOT EXISTS (SELECT 1 FROM artifact_projects o WHERE o.bundle_id = b.id)
        ORDER BY b.id
        LIMIT 1
        """,
        (before,),
    ).fetchone()
    return None if row is None else row["id"]


def hide(db: Connection, bundle_id: int) -> None:
    """From now on no project has it."""
    db.execute("DELETE FROM artifact_projects WHERE bundle_id = ?", (bundle_id,))


def delete_files(db: Connection, bundle_id: int) -> bool:
    """Some of its files, at last the bundle. Whether it is gone."""
    rows = db.execute(
        f"""
        DELETE FROM artifact_files
        WHERE id IN (
            SELECT id FROM artifact_files WHERE bundle_id = ? ORDER BY id LIMIT {FILES})
        RETURNING id
        """,
        (bundle_id,),
    ).fetchall()
    if len(rows) == FILES:
        return False
    db.execute("DELETE FROM artifact_bundles WHERE id = ?", (bundle_id,))
    return True


def unused_contents(db: Connection, before: str) -> list[int]:
    """Some that no file has, and that nobody has uploaded since."""
    rows = db.execute(
        f"""
        SELECT c.id FROM file_contents c
        WHERE c.used_at < ?
          AND NOT EXISTS (SELECT 1 FROM artifact_files f WHERE f.content_id = c.id)
        ORDER BY c.id
        LIMIT {CONTENTS}
        """,
        (before,),
    )
    return [row["id"] for row in rows]


def delete_contents(db: Connection, ids: Sequence[int], before: str) -> None:
    """Those of them that are still unused."""
    db.executemany(
        """
        DELETE FROM file_contents
        WHERE id = ? AND used_at < ?
          AND NOT EXISTS (SELECT 1 FROM artifact_files f WHERE f.content_id = file_contents.id)
        """,
        [(content_id, before) for content_id in ids],
    )


def surplus(db: Connection, most: int) -> int:
    """Bytes, packed, that the contents of bundles take beyond `most`; contents of none are on
    their way out and do not count.
    """
    (stored,) = db.execute(
        """
        SELECT coalesce(sum(c.packed), 0)
        FROM file_contents c
        WHERE EXISTS (SELECT 1 FROM artifact_files f WHERE f.content_id = c.id)
        """
    ).fetchone()
    return max(int(stored) - most, 0)
