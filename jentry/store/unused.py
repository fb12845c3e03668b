"""What nothing uses any more: tags that no issue has, issues that nobody has seen for long."""

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
IS_LEFT = """
    i.last_seen < :cut AND i.assignee_id IS NULL
    AND NOT EXISTS (SELECT 1 FROM events e WHERE e.issue_id = i.id)
    AND NOT EXISTS (SELECT 1 FROM comments c WHERE c.issue_id = i.id)
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
