"""What nothing uses any more: tags that no issue has, issues that nobody has seen for long, and
releases beyond the cap of which nothing is kept.
"""

from collections.abc import Sequence

from jentry.store.connection import Connection

WINDOW = 5000  # tags that are looked at in one query
ISSUES = 200  # that are chosen in one query
CHUNK = 200  # tags in a transaction
# Of environments, sessions may have the only ones.
IS_UNUSED = """
    key <> 'environment'
    AND NOT EXISTS (SELECT 1 FROM issue_tags x WHERE x.tag_id = tags.id)
"""
# Where an issue began and was last seen, and what brings it back, names its release for good.
IS_GONE = """
    r.registered_at IS NULL AND r.archived_at IS NULL AND r.version <> ''
    AND r.created_at < :cut AND (r.last_seen IS NULL OR r.last_seen < :cut)
    AND NOT EXISTS (SELECT 1 FROM events e WHERE e.release_id = r.id)
    AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.release_id = r.id)
    AND NOT EXISTS (SELECT 1 FROM session_hours h WHERE h.release_id = r.id AND h.hour >= :cut)
    AND NOT EXISTS (SELECT 1 FROM issues i WHERE i.first_release_id = r.id)
    AND NOT EXISTS (SELECT 1 FROM issues i WHERE i.last_release_id = r.id)
    AND NOT EXISTS (SELECT 1 FROM issue_parts m WHERE m.first_release_id = r.id)
    AND NOT EXISTS (SELECT 1 FROM issue_parts m WHERE m.last_release_id = r.id)
    AND NOT EXISTS (SELECT 1 FROM issue_returns b WHERE b.release_id = r.id)
    AND NOT EXISTS (SELECT 1 FROM issue_conditions c WHERE c.release_id = r.id)
"""
IS_LEFT = """
    i.last_seen < :cut AND i.assignee_id IS NULL
    AND NOT EXISTS (SELECT 1 FROM events e WHERE e.issue_id = i.id)
    AND NOT EXISTS (SELECT 1 FROM comments c WHERE c.issue_id = i.id)
    AND NOT EXISTS (SELECT 1 FROM issue_parts m WHERE m.part_id = i.id)
    AND NOT EXISTS (
        SELECT 1 FROM issue_hashes h JOIN splits s ON s.hash_id = h.id WHERE h.issue_id = i.id)
"""


def last_tag(db: Connection) -> int:
    row = db.execute("SELECT max(id) AS last FROM tags").fetchone()
    return row["last"] or 0


def tags(db: Connection, after: int) -> list[int]:
    """Among the WINDOW ids after one."""
    rows = db.execute(
        f"SELECT id FROM tags WHERE id > ? AND id <= ? AND {IS_UNUSED} ORDER BY id",
        (after, after + WINDOW),
    )
    return [row["id"] for row in rows]


def delete_tags(db: Connection, ids: Sequence[int]) -> int:
    """Those that still are unused, and keys that have no values left: the number of tags."""
    places = ", ".join("?" * len(ids))
    rows = db.execute(
        f"""
        DELETE FROM tags WHERE id IN ({places}) AND {IS_UNUSED}
        RETURNING project_id, key, value
        """,
        ids,
    ).fetchall()
    keys = [(int(row["value"] != ""), row["project_id"], row["key"]) for row in rows]
    db.executemany(
        "UPDATE tag_keys SET value_count = value_count - ? WHERE project_id = ? AND key = ?",
        sorted(keys),
    )
    db.executemany(
        """
        DELETE FROM tag_keys
        WHERE value_count = 0 AND project_id = ? AND key = ? AND key <> ''
          AND NOT EXISTS (
              SELECT 1 FROM tags t
              WHERE t.project_id = tag_keys.project_id AND t.key = tag_keys.key)
        """,
        sorted({key[1:] for key in keys}),
    )
    # What ingestion remembers of tags, it forgets by this number.
    db.execute("UPDATE instance SET config_version = config_version + 1 WHERE id = 1")
    return len(rows)


def release_surplus(db: Connection, most: int) -> list[tuple[int, int]]:
    """Projects with more releases that only traffic knows, each with how many more."""
    rows = db.execute(
        """
        SELECT project_id, count(*) - :most AS surplus
        FROM releases
        WHERE registered_at IS NULL AND version <> ''
        GROUP BY project_id
        HAVING count(*) > :most
        ORDER BY project_id
        """,
        {"most": most},
    )
    return [(row["project_id"], row["surplus"]) for row in rows]


def releases(db: Connection, project_id: int, cut: str, most: int) -> list[int]:
    """The oldest that were last seen before then and of which nothing is kept, at most so many."""
    rows = db.execute(
        f"""
        SELECT r.id
        FROM releases r
        WHERE r.project_id = :project_id AND {IS_GONE}
        ORDER BY r.sorted_at, r.id
        LIMIT :most
        """,
        {"project_id": project_id, "cut": cut, "most": most},
    )
    return [row["id"] for row in rows]


def delete_releases(db: Connection, ids: Sequence[int], cut: str) -> None:
    """Those of which nothing is kept by now."""
    db.executemany(
        f"""
        DELETE FROM releases
        WHERE id IN (SELECT r.id FROM releases r WHERE r.id = :id AND {IS_GONE})
        """,
        [{"id": release_id, "cut": cut} for release_id in ids],
    )


def issues(db: Connection, cut: str, after: int) -> list[tuple[int, int]]:
    """Those last seen before then without events, assignee and comments: ids of organization and
    issue, the next ISSUES after one. What is being deleted goes by itself.
    """
    rows = db.execute(
        f"""
        SELECT p.org_id, i.id
        FROM issues i
        JOIN projects p ON p.id = i.project_id
        WHERE i.id > :after AND {IS_LEFT}
          AND NOT EXISTS (SELECT 1 FROM deletions d WHERE d.kind = 'issue' AND d.target_id = i.id)
        ORDER BY i.id
        LIMIT {ISSUES}
        """,
        {"cut": cut, "after": after},
    )
    return [(row["org_id"], row["id"]) for row in rows]


def is_left(db: Connection, org_id: int, issue_id: int, cut: str) -> bool:
    row = db.execute(
        f"""
        SELECT 1
        FROM issues i
        JOIN projects p ON p.id = i.project_id
        WHERE p.org_id = :org_id AND i.id = :issue_id AND {IS_LEFT}
        """,
        {"org_id": org_id, "issue_id": issue_id, "cut": cut},
    ).fetchone()
    return row is not None
