"""What a line refers to -> our ids."""

import json
from typing import Any

from jentry.store.connection import Connection
from jentry.store.sql import fold
from jentry.store.transfer.records import ASSIGN, ASSIGNEES, Column, Record

Line = dict[str, Any]
REMEMBERED = 20_000
OWN_TARGETS = ("issue", "project", "org")


class Names:
    """Projects and keys of the export, and what else is looked up by its name."""

    def __init__(self, db: Connection, export_id: str, *, is_own: bool) -> None:
        self.db = db
        self.export_id = export_id
        self.is_own = is_own  # what this database has written: its numbers mean the same
        self.org_id = 0
        self.projects: dict[int, int] = {}  # theirs -> ours
        self.channels: dict[int, int] = {}
        self.rules: dict[int, int] = {}
        self._users: dict[str, int | None] = {}
        self._releases: dict[tuple[int, str], int] = {}
        self._issues: dict[int, tuple[int, int, bool]] = {}
        self._hashes: dict[tuple[int, int, str], int | None] = {}

    def project(self, theirs: Any) -> int | None:
        return self.projects.get(theirs)

    def user(self, email: str | None) -> int | None:
        if email is None:
            return None
        if email not in self._users:
            row = self.db.execute(
                """
                SELECT u.id
                FROM users u
                JOIN memberships m ON m.user_id = u.id
                WHERE m.org_id = ? AND u.email = ?
                """,
                (self.org_id, email),
            ).fetchone()
            self._users[email] = row["id"] if row else None
        return self._users[email]

    def forget_user(self, email: str) -> None:
        self._users.pop(email, None)

    def release(self, project_id: int, version: str | None, at: str) -> int | None:
        """Made when it is missing: it may have come while the export was written."""
        if version is None:
            return None
        name = (project_id, version)
        if name not in self._releases:
            if len(self._releases) > REMEMBERED:
                self._releases.clear()
            self._releases[name] = self.db.execute(
                """
                INSERT INTO releases (project_id, version, folded, created_at, sorted_at)
                VALUES (:project_id, :version, :folded, :at, :at)
                ON CONFLICT (project_id, version) DO UPDATE SET version = releases.version
                RETURNING id
                """,
                {"project_id": project_id, "version": version, "folded": fold(version), "at": at},
            ).fetchone()["id"]
        return self._releases[name]

    def issue(self, theirs: Any) -> tuple[int, int, bool] | None:
        """Its id, project and whether it came with this export."""
        if theirs not in self._issues:
            row = self.db.execute(
                """
                SELECT m.issue_id, i.project_id, m.is_new
                FROM import_issues m
                JOIN issues i ON i.id = m.issue_id
                WHERE m.export_id = ? AND m.theirs = ?
                """,
                (self.export_id, theirs),
            ).fetchone()
            if row is None:
                return None
            if len(self._issues) > REMEMBERED:
                self._issues.clear()
            self._issues[theirs] = (row["issue_id"], row["project_id"], bool(row["is_new"]))
        return self._issues[theirs]

    def hash(self, project_id: int, version: int | None, hex_hash: str | None) -> int | None:
        """The id of a grouping hash."""
        if version is None or hex_hash is None:
            return None
        name = (project_id, version, hex_hash)
        if name not in self._hashes:
            if len(self._hashes) > REMEMBERED:
                self._hashes.clear()
            row = self.db.execute(
                "SELECT id FROM issue_hashes WHERE project_id = ? AND version = ? AND hash = ?",
                (project_id, version, bytes.fromhex(hex_hash)),
            ).fetchone()
            self._hashes[name] = row["id"] if row else None
        return self._hashes[name]

    def values(self, record: Record, line: Line) -> Line | None:
        """The columns of a row; None when what it belongs to is not here.

        What an older export does not have has its default.
        """
        found = {c.name: self._value(c, line) for c in record.columns if c.member in line}
        for column in record.columns:
            if column.kind in ("project", "issue", "monitor") and found[column.name] is None:
                return None
        if record.type == "audit":
            found |= {
                "org_id": self.org_id,
                "target": self._target(str(line["target"]), line.get("people") or {}),
                "meta": json.dumps(self._meta(line), ensure_ascii=False),
            }
        return found

    def _value(self, column: Column, line: Line) -> Any:
        value = line.get(column.member)
        if value is None:
            return None
        if column.kind == "hex":
            return bytes.fromhex(value)
        if column.kind == "json":
            return json.dumps(value, ensure_ascii=False)  # as it is spelled where it is written
        if column.kind == "project":
            return self.project(value)
        if column.kind == "user":
            return self.user(value)
        if column.kind == "issue":
            found = self.issue(value)
            return found and found[0]
        if column.kind == "monitor":
            return self._monitor(value)
        return value

    def _monitor(self, value: Line) -> int | None:
        row = self.db.execute(
            "SELECT id FROM monitors WHERE project_id = ? AND slug = ?",
            (self.project(value["project"]), value["slug"]),
        ).fetchone()
        return row["id"] if row else None

    def _meta(self, line: Line) -> Line:
        """With our ids of people and projects; 0 for who is not known here."""
        found: Line = dict(line["meta"])
        people = line.get("people") or {}
        for name in ASSIGNEES if line["action"] == ASSIGN else ():
            if str(found.get(name)) in people:
                found[name] = self.user(people[str(found[name])]) or 0
        if found.get("projectId") and not self.is_own:
            found["projectId"] = self.project(found["projectId"]) or 0
        return found

    def _target(self, text: str, people: Line) -> str:
        """What an entry of the audit log is about, with our id; 0 for what is not known here."""
        kind, _, number = text.partition(":")
        ours: int | None = None
        if kind == "org":
            ours = self.org_id
        elif number.isdecimal() and kind == "project":
            ours = self.project(int(number))
        elif kind == "user":
            ours = self.user(people.get(number))
        elif number.isdecimal() and kind in ("channel", "rule"):
            ours = (self.channels if kind == "channel" else self.rules).get(int(number))
        elif number.isdecimal() and kind == "issue":
            found = self.issue(int(number))
            ours = found[0] if found else None
        return text if ours is None and self.is_own else f"{kind}:{ours or 0}"
