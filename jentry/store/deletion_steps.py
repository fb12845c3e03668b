"""Deletion in the background: one step is a few milliseconds of one write transaction.

What is deleted is out of sight already (`deletions.py`): every statement finds it in the
organization it was moved to, and nothing that anybody can see. What is left to do follows from the
rows that are left, so that a deletion goes on after kill -9 where it was; and between any two steps
the counters of issues, releases and tags equal their rows.
"""

from collections.abc import Callable
from itertools import accumulate
from typing import Any

from jentry.store import merging
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.deletions import COLUMNS, gone
from jentry.store.eviction import count_of_issue
from jentry.store.sql import ISSUE, OF_PROJECT, PROJECT

UNITS = 500  # of work in a step, at most: rows of narrow tables
EVENT, ISSUE_ROW, PARENT = 10, 20, 10  # what rows in many indexes, or with large columns, cost
MOST_BYTES = 4 * 1024 * 1024  # of payloads and files: each page of them is overwritten

# Tables of a project and their keys, in the order they go: none has rows that another still needs.
ROWS_OF_PROJECT = (
    ("alerts", "id"),
    ("tag_keys", "id"),
    ("tags", "id"),
    ("facets", "id"),
    ("sessions", "sid"), ("user_reports", "id"),
    ("regroup_events", "flow_id, event_id"), ("operations", "id"),
    ("outcome_hours", "hour, key_id, category, outcome, reason"),
)  # fmt: skip
ROWS_OF_ISSUE = (
    ("issue_tags", "key_id, tag_id"), ("issue_facets", "facet_id"), ("issue_shapes", "shape"),
)  # fmt: skip
LAST_OF_PROJECT = (("dictionaries", "id"), ("client_keys", "id"))
OWNER = "(SELECT id FROM organizations WHERE id = :org_id)"


def step(db: Connection, deletion_id: int, at: str, units: int = 0) -> bool:
    """The next part of it, of `units` or UNITS. Whether it is finished."""
    deletion = _find(db, deletion_id)
    if deletion["finished_at"] is None and _Step(db, deletion, at, units or UNITS).run():
        _finish(db, deletion, at)
        return True
    return deletion["finished_at"] is not None


def step_of_issue(db: Connection, org_id: int, issue_id: int, at: str) -> bool:
    """The next part of an issue that is in sight, and of which no event is kept. Whether it is
    gone.
    """
    deletion = {"id": 0, "kind": "issue", "org_id": org_id, "target_id": issue_id}
    return _Step(db, deletion, at, UNITS, hidden=org_id).run()


def _find(db: Connection, deletion_id: int) -> dict[str, Any]:
    row = db.execute(f"SELECT {COLUMNS} FROM deletions WHERE id = ?", (deletion_id,)).fetchone()
    return dict(row)


def _finish(db: Connection, deletion: dict[str, Any], at: str) -> None:
    """Of an organization not even the name stays."""
    name = "" if deletion["kind"] == "organization" else deletion["name"]
    db.execute(
        "UPDATE deletions SET finished_at = ?, name = ? WHERE org_id = ? AND id = ?",
        (at, name, deletion["org_id"], deletion["id"]),
    )


class _Step:
    """Each method returns whether nothing of what it deletes is left; else the step is full."""

    def __init__(
        self,
        db: Connection,
        deletion: dict[str, Any],
        at: str,
        units: int,
        hidden: int | None = None,
    ) -> None:
        self.db = db
        self.deletion = deletion
        self.at = at
        self.left = units
        self.room = MOST_BYTES
        is_whole = deletion["kind"] == "organization"
        # The organization it is in now.
        self.hidden = hidden or (deletion["target_id"] if is_whole else gone(db).org_id)
        # That of releases, files and reports, which an issue leaves where they are.
        self.around = deletion["org_id"] if deletion["kind"] == "issue" else self.hidden

    def run(self) -> bool:
        kinds: dict[str, Callable[[int], bool]] = {
            "issue": self._issue,
            "project": self._project,
            "organization": self._organization,
        }
        return kinds[self.deletion["kind"]](self.deletion["target_id"])

    # -- An issue --

    def _issue(self, issue_id: int) -> bool:
        mine = {"issue_id": issue_id, "org_id": self.hidden}
        merging.dissolve(self.db, Actor(self.hidden, None, "system"), issue_id, self.at)
        steps = (self._events, self._users, self._tags, self._releases)
        is_gone = all(step(mine) for step in steps)
        if is_gone:
            self.left -= ISSUE_ROW
            self.db.execute(f"DELETE FROM issues WHERE id = {ISSUE}", mine)
        return is_gone

    def _events(self, mine: dict[str, Any]) -> bool:
        """With their files and reports, files first: they may be large."""
        while self.left > 0:
            rows = self._next_events(mine)
            if not rows:
                return True
            if not self._files([(row["project_id"], row["event_id"]) for row in rows]):
                return False
            self._delete_events(mine, rows)
        return False

    def _next_events(self, mine: dict[str, Any]) -> list[Row]:
        rows = self.db.execute(
            f"""
            SELECT e.id, e.event_id, e.project_id, e.bytes
            FROM events e
            WHERE e.issue_id = {ISSUE}
            ORDER BY e.timestamp, e.id
            LIMIT :most
            """,
            mine | {"most": self.left // EVENT + 1},
        ).fetchall()
        before = accumulate((row["bytes"] for row in rows), initial=0)
        return [row for row, size in zip(rows, before, strict=False) if size < MOST_BYTES]

    def _spend(self, units: int, size: int) -> None:
        """Units of work, and bytes."""
        self.left -= units
        self.room -= size
        if self.room <= 0:
            self.left = 0

    def _delete_events(self, mine: dict[str, Any], rows: list[Row]) -> None:
        self._spend(len(rows) * EVENT, sum(row["bytes"] for row in rows))
        keys = [mine | {"id": row["id"], "event_id": row["event_id"]} for row in rows]
        self.db.executemany(
            f"DELETE FROM events WHERE id = :id AND event_id = :event_id AND issue_id = {ISSUE}",
            keys,
        )
        count_of_issue(self.db, mine, "deleted", len(rows), self.at)
        self.db.execute(
            "UPDATE deletions SET done = done + ? WHERE org_id = ? AND id = ?",
            (len(rows), self.deletion["org_id"], self.deletion["id"]),
        )

    def _files(self, keys: list[tuple[int, bytes]]) -> bool:
        """Attachments and user reports of these events."""
        where = "project_id IN (SELECT id FROM projects WHERE org_id = ?)"
        found: list[Row] = []
        for project_id, event_id in keys:
            found += self.db.execute(
                f"""
                SELECT id, size
                FROM attachments
                WHERE {where} AND project_id = ? AND event_id = ?
                ORDER BY id
                """,
                (self.around, project_id, event_id),
            ).fetchall()
        reports = [(self.around, project_id, event_id) for project_id, event_id in keys]
        self.db.executemany(
            f"DELETE FROM user_reports WHERE {where} AND project_id = ? AND event_id = ?", reports
        )
        return self._delete_files(found)

    def _delete_files(self, found: list[Row]) -> bool:
        before = accumulate((row["size"] for row in found), initial=0)
        chosen = [row for row, size in zip(found, before, strict=False) if size < MOST_BYTES]
        self._spend(len(chosen) * EVENT, sum(row["size"] for row in chosen))
        self.db.executemany(
            """
            DELETE FROM attachments
            WHERE project_id IN (SELECT id FROM projects WHERE org_id = ?) AND id = ?
            """,
            [(self.around, row["id"]) for row in chosen],
        )
        return len(chosen) == len(found) and self.left > 0

    def _users(self, mine: dict[str, Any]) -> bool:
        deleted = self._rows("issue_users", "issue_id", ISSUE, "user_hash", mine)
        if deleted:
            self.db.execute(
                f"UPDATE issues SET user_count = user_count - :deleted WHERE id = {ISSUE}",
                mine | {"deleted": deleted},
            )
        return self.left > 0

    def _tags(self, mine: dict[str, Any]) -> bool:
        return all(self._of(table, "issue_id", ISSUE, key, mine) for table, key in ROWS_OF_ISSUE)

    def _releases(self, mine: dict[str, Any]) -> bool:
        """Its part is taken out of what the releases have counted."""
        rows = self.db.execute(
            f"""
            SELECT release_id, events
            FROM issue_releases
            WHERE issue_id = {ISSUE}
            ORDER BY release_id
            LIMIT :most
            """,
            mine | {"most": max(self.left, 0)},
        ).fetchall()
        self.db.executemany(
            """
            UPDATE releases
            SET events = events - ?, issues = issues - 1
            WHERE id = ? AND project_id IN (SELECT id FROM projects WHERE org_id = ?)
            """,
            sorted((row["events"], row["release_id"], self.around) for row in rows),
        )
        self.db.executemany(
            f"DELETE FROM issue_releases WHERE issue_id = {ISSUE} AND release_id = :release_id",
            [mine | {"release_id": row["release_id"]} for row in rows],
        )
        self.left -= 2 * len(rows)
        return self.left > 0

    # -- A project --

    def _project(self, project_id: int) -> bool:
        mine = {"project_id": project_id, "org_id": self.hidden}
        return (
            self._each("issues", mine, self._issue)
            and self._loose_files(mine)
            and all(
                self._of(table, "project_id", PROJECT, key, mine) for table, key in ROWS_OF_PROJECT
            )
            and self._each("monitors", mine, self._monitor)
            and self._each("releases", mine, self._release)
            and all(
                self._of(table, "project_id", PROJECT, key, mine) for table, key in LAST_OF_PROJECT
            )
            and self._project_row(mine)
        )

    def _loose_files(self, mine: dict[str, Any]) -> bool:
        while self.left > 0:
            rows = self.db.execute(
                f"""
                SELECT id, size
                FROM attachments
                WHERE project_id = {PROJECT}
                ORDER BY event_id, id
                LIMIT :most
                """,
                mine | {"most": self.left // EVENT + 1},
            ).fetchall()
            if not rows:
                return True
            if not self._delete_files(rows):
                return False
        return False

    def _monitor(self, monitor_id: int) -> bool:
        return self._with_children(
            "monitors", {"id": monitor_id}, (("check_ins", "monitor_id", "id"),)
        )

    def _release(self, release_id: int) -> bool:
        return self._hours(release_id) and self._with_children(
            "releases", {"id": release_id}, (("release_commits", "release_id", "position"),)
        )

    def _hours(self, release_id: int) -> bool:
        """Release health, taken out of the number of its sessions."""
        of_release = """
            (SELECT r.id FROM releases r JOIN projects p ON p.id = r.project_id
             WHERE r.id = :id AND p.org_id = :org_id)
        """
        mine = {"id": release_id, "org_id": self.hidden}
        gone = self.db.execute(
            f"""
            DELETE FROM session_hours
            WHERE release_id = {of_release} AND (environment, hour) IN (
                SELECT environment, hour
                FROM session_hours
                WHERE release_id = :id
                ORDER BY environment, hour
                LIMIT :most
            )
            RETURNING sessions
            """,
            mine | {"most": max(self.left, 0)},
        ).fetchall()
        self.left -= len(gone)
        if gone:
            self.db.execute(
                f"UPDATE releases SET sessions = sessions - :gone WHERE id = {of_release}",
                mine | {"gone": sum(row["sessions"] for row in gone)},
            )
        return self.left > 0

    def _with_children(
        self, table: str, mine: dict[str, Any], children: tuple[tuple[str, str, str], ...]
    ) -> bool:
        """A row of the project with rows of its own."""
        mine = mine | {"org_id": self.hidden}
        owner = f"""
            (SELECT x.id FROM {table} x JOIN projects p ON p.id = x.project_id
             WHERE x.id = :id AND p.org_id = :org_id)
        """
        for child, column, key in children:
            self._rows(child, column, owner, key, mine)
        if self.left <= 0:
            return False
        self.left -= PARENT
        self.db.execute(f"DELETE FROM {table} WHERE id = {owner}", mine)
        return True

    def _project_row(self, mine: dict[str, Any]) -> bool:
        """And what still hangs on it. Its id is remembered."""
        self.db.execute(
            f"""
            INSERT INTO retired_projects (id, org_id)
            SELECT p.id, :owner {OF_PROJECT}
            ON CONFLICT (id) DO UPDATE SET org_id = excluded.org_id
            """,
            mine | {"owner": self.deletion["org_id"]},
        )
        self.db.execute(f"DELETE FROM projects WHERE id = {PROJECT}", mine)
        return True

    # -- An organization --

    def _organization(self, org_id: int) -> bool:
        mine = {"org_id": org_id}
        is_gone = (
            self._each("projects", mine, self._project)
            and self._each("api_tokens", mine, self._token)
            and self._of("deliveries", "org_id", OWNER, "id", mine)
            and self._of("audit_log", "org_id", OWNER, "id", mine)
            and self._of("artifact_files", "org_id", OWNER, "id", mine)
            and self._each("upload_chunks", mine, self._chunk)
        )
        if is_gone:
            self.db.execute("DELETE FROM organizations WHERE id = :org_id", mine)
        return is_gone

    def _token(self, token_id: int) -> bool:
        mine = {"id": token_id, "org_id": self.hidden}
        owner = "(SELECT id FROM api_tokens WHERE id = :id AND org_id = :org_id)"
        if not self._of("idempotency_keys", "token_id", owner, "key", mine):
            return False
        self.left -= PARENT
        self.db.execute(f"DELETE FROM api_tokens WHERE id = {owner}", mine)
        return True

    def _chunk(self, chunk: int) -> bool:
        self._spend(PARENT, MOST_BYTES // 4)
        self.db.execute(
            "DELETE FROM upload_chunks WHERE (id, org_id) = (?, ?)", (chunk, self.hidden)
        )
        return True

    # -- Rows --

    def _each(self, table: str, mine: dict[str, Any], delete: Callable[[int], bool]) -> bool:
        """One after the other, the oldest first."""
        owner = f"project_id = {PROJECT}" if "project_id" in mine else "org_id = :org_id"
        while self.left > 0:
            row = self.db.execute(
                f"SELECT id FROM {table} WHERE {owner} ORDER BY id LIMIT 1", mine
            ).fetchone()
            if row is None:
                return True
            if not delete(row["id"]):
                return False
        return False

    def _of(self, *rows: Any) -> bool:
        self._rows(*rows)
        return self.left > 0

    def _rows(self, table: str, column: str, owner: str, key: str, mine: dict[str, Any]) -> int:
        """The first rows of an owner, as many as the step has room for: their number."""
        deleted = self.db.execute(
            f"""
            DELETE FROM {table}
            WHERE {column} = {owner} AND ({key}) IN (
                SELECT {key} FROM {table} WHERE {column} = {owner} ORDER BY {key} LIMIT :most
            )
            """,
            mine | {"most": max(self.left, 0)},
        ).rowcount
        self.left -= deleted
        return deleted
