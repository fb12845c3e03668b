"""Events of merged issues: a part counts its own, and the merged issue counts them too.

Nothing here is asked for an issue that is not merged.
"""

from dataclasses import replace

from jentry.store.connection import Connection
from jentry.store.intake.issue import Issue

COLUMNS = """
    title, culprit, level, first_seen, last_seen, event_count, user_count, first_release_at,
    last_release_at
"""


class Parts:
    def __init__(self, db: Connection) -> None:
        self.db = db
        self.by_id: dict[int, Issue] = {}  # those that this batch has met

    def read(self, project_id: int, part_id: int) -> tuple[Issue, Issue]:
        """A part and its merged issue, as their rows are."""
        part = self.db.execute(
            f"SELECT issue_id, {COLUMNS} FROM issue_parts WHERE part_id = ?", (part_id,)
        ).fetchone()
        whole_id = part["issue_id"]
        whole = self.db.execute(
            f"SELECT status, substatus, status_events, {COLUMNS} FROM issues WHERE id = ?",
            (whole_id,),
        ).fetchone()
        rows = self.db.execute(
            "SELECT part_id FROM issue_parts WHERE issue_id = ? ORDER BY part_id", (whole_id,)
        )
        ids = tuple(row["part_id"] for row in rows)
        return (
            Issue(project_id, part_id, "unresolved", None, 0, *part[1:]),
            replace(Issue(project_id, whole_id, *whole), parts=ids),
        )

    def new_users(self, part: Issue, whole: Issue) -> int:
        """How many of its users in this batch no part has had."""
        places = ", ".join("?" * len(whole.parts))
        known = f"SELECT 1 FROM issue_users WHERE user_hash = ? AND issue_id IN ({places}) LIMIT 1"
        found = (self.db.execute(known, (user, *whole.parts)) for user in sorted(part.users))
        return sum(row.fetchone() is None for row in found)

    def have_release(self, whole: Issue, release_id: int) -> bool:
        """Whether any part has had an event of it."""
        places = ", ".join("?" * len(whole.parts))
        row = self.db.execute(
            f"SELECT 1 FROM issue_releases WHERE release_id = ? AND issue_id IN ({places}) LIMIT 1",
            (release_id, *whole.parts),
        )
        return row.fetchone() is not None
