"""What work that no request asks for is about, so that it keeps few others waiting: read before the
lock; what is written then is looked at again, as everywhere.
"""

from collections.abc import Collection

from jentry.store.connection import Connection
from jentry.store.engines.scope import Org, Projects


def of_projects(ids: Collection[int]) -> Projects:
    return Projects(tuple(sorted(set(ids))))


def of_issues(db: Connection, ids: Collection[int]) -> Projects:
    """The projects that they are in."""
    places = ", ".join("?" * len(ids)) or "NULL"
    rows = db.execute(
        f"SELECT DISTINCT project_id FROM issues WHERE id IN ({places})", sorted(ids)
    ).fetchall()
    return of_projects([row["project_id"] for row in rows])


def of_deletion(db: Connection, deletion_id: int) -> Projects | Org:
    """Where the rows are by now, and of an issue where they were counted."""
    row = db.execute(
        """
        SELECT d.kind, d.target_id, d.project_id, i.project_id AS place
        FROM deletions d
        LEFT JOIN issues i ON d.kind = 'issue' AND i.id = d.target_id
        WHERE d.id = ?
        """,
        (deletion_id,),
    ).fetchone()
    if row["kind"] == "organization":
        return Org(row["target_id"])
    return of_projects([found for found in (row["project_id"], row["place"]) if found is not None])
