"""Rows -> lines. Each page is a read transaction of its own: a server's log can be emptied between.

What was there at the beginning is in it; an event that arrives meanwhile may be counted already.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby
from typing import Any

import orjson

from jentry.store.connection import Connection, Row, snapshot
from jentry.store.merging import FIGURES
from jentry.store.payloads import unpack
from jentry.store.transfer.records import (
    ASSIGN,
    ASSIGNEES,
    FORMAT,
    PROJECTS,
    RECORDS,
    VERSION,
    Column,
    Part,
    Record,
)

PAGE = 500  # rows
PART_ROWS = 500  # of an owner in a line
REMEMBERED = 20_000  # names of what is referred to
ISSUE = next(record for record in RECORDS if record.type == "issue")
RELEASE = Column("release_id", "release", "release")
# Issues with the figures that are their own, whatever they are merged with.
OWN = {column.name for column in ISSUE.columns} & set(FIGURES)
OWN_FIGURES = f"""(
    SELECT {
    ", ".join(
        f"coalesce(m.{name}, i.{name}) AS {name}" if name in OWN else f"i.{name}"
        for name in sorted(column.name for column in ISSUE.columns)
    )
}
    FROM issues i
    LEFT JOIN issue_parts m ON m.part_id = i.id
)"""
ISSUES_SINCE = """
    EXISTS (SELECT 1 FROM events e WHERE e.issue_id = t.id AND e.received_at >= :since)
"""

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    org: Mapping[str, Any]  # id, slug, name
    project_id: int  # 0: all
    since: str  # '': from the beginning
    export_id: str
    source: str
    schema: int
    at: str


class Export:
    """`lines` is read once; `counts` says beforehand how many there will be, more or less."""

    def __init__(self, db: Connection, wanted: Wanted) -> None:
        self.db = db
        self.wanted = wanted
        self.unreadable = 0
        self._names = _Names(db)
        self._params = {
            "org_id": wanted.org["id"], "project_id": wanted.project_id, "since": wanted.since,
        }  # fmt: skip
        with snapshot(db):
            self._bounds = {record.type: self._bound(record) for record in RECORDS}
            self.counts = {record.type: self._count(record) for record in RECORDS}

    def lines(self) -> Iterator[bytes]:
        number = 0
        for line in self._lines():
            number += 1
            yield line + b"\n"
        yield orjson.dumps({"type": "end", "lines": number}) + b"\n"

    def _lines(self) -> Iterator[bytes]:
        wanted = self.wanted
        yield _line(
            "header",
            {
                "format": FORMAT,
                "version": VERSION,
                "schema": wanted.schema,
                "exportId": wanted.export_id,
                "source": wanted.source,
                "projects": self._projects(),
                "takenAt": wanted.at,
                "since": wanted.since or None,
                "counts": self.counts,
            },
        )
        yield _line("organization", {"slug": wanted.org["slug"], "name": wanted.org["name"]})
        for member in self._members():
            yield _line("member", dict(member))
        for record in RECORDS:
            yield from self._record(record)
            if record.type == "event":
                yield from (_line("merge", line) for line in self._merges())

    def _projects(self) -> list[int]:
        rows = self.db.execute(f"{PROJECTS} ORDER BY p.id", self._params)
        return [row["id"] for row in rows]

    def _merges(self) -> Iterator[Line]:
        """Which issues are parts of which; of one that waits for a release, what it has had."""
        rows = self.db.execute(
            f"""
            SELECT m.issue_id AS issue, m.part_id AS part, m.merged_at AS "mergedAt",
                   m.merged_events AS "mergedEvents", m.state
            FROM issue_parts m
            JOIN issues i ON i.id = m.part_id
            WHERE i.project_id IN ({PROJECTS}) AND m.part_id <> m.issue_id
            ORDER BY m.part_id
            """,
            self._params,
        ).fetchall()
        for row in rows:
            line = dict(row)
            state = orjson.loads(line.pop("state"))
            had = state.get("own_releases", state.get("releases", {}))
            named = ((self._names.shown(RELEASE, int(key)), number) for key, number in had.items())
            releases = {version: number for version, number in named if version is not None}
            yield line | ({"mergedReleases": releases} if releases else {})

    def _members(self) -> list[Row]:
        return self.db.execute(
            """
            SELECT u.email, u.name, m.role, m.created_at AS "joinedAt"
            FROM memberships m
            JOIN users u ON u.id = m.user_id
            WHERE m.org_id = :org_id
            ORDER BY u.id
            """,
            self._params,
        ).fetchall()

    def _where(self, record: Record) -> str:
        if not self.wanted.since:
            return record.scope
        if record.type == "issue":
            return f"{record.scope} AND {ISSUES_SINCE}"
        return f"{record.scope} AND t.{record.time} >= :since" if record.time else record.scope

    def _bound(self, record: Record) -> int:
        query = f"SELECT coalesce(max(t.id), 0) FROM {record.table} t"
        bound: int = self.db.execute(query).fetchone()[0]
        return bound

    def _count(self, record: Record) -> int:
        query = f"SELECT count(*) FROM {record.table} t WHERE {self._where(record)}"
        count: int = self.db.execute(query, self._params).fetchone()[0]
        return count

    def _record(self, record: Record) -> Iterator[bytes]:
        after, is_last = 0, False
        while not is_last:
            with snapshot(self.db):
                rows = self._page(record, after)
                is_last = len(rows) < PAGE
                for row in rows:
                    yield _line(record.type, self._with_more(record, row))
                if rows:
                    after = rows[-1]["row_id"]
                    yield from self._parts(record, rows)

    def _parts(self, record: Record, rows: list[Row]) -> Iterator[bytes]:
        for part in record.parts:
            owners = {row["row_id"]: self._owner(record, row) for row in rows}
            yield from self._part(part, owners)

    def _page(self, record: Record, after: int) -> list[Row]:
        names = ", ".join(f"t.{column.name}" for column in record.columns)
        return self.db.execute(
            f"""
            SELECT t.id AS row_id, {names}
            FROM {OWN_FIGURES if record.type == "issue" else record.table} t
            WHERE {self._where(record)} AND t.id > :after AND t.id <= :bound
            ORDER BY t.id
            LIMIT :limit
            """,
            self._params | {"after": after, "bound": self._bounds[record.type], "limit": PAGE},
        ).fetchall()

    def _shown(self, columns: Iterable[Column], row: Row) -> Line:
        return {column.member: self._names.shown(column, row[column.name]) for column in columns}

    def _with_more(self, record: Record, row: Row) -> Line:
        line = self._shown(record.columns, row)
        more = MORE.get(record.type)
        return line | more(self, row) if more else line

    def _owner(self, record: Record, row: Row) -> Line:
        """How a part says what it belongs to."""
        if record.type == "issue":
            return {"issue": row["id"]}
        if record.type == "key":
            return {"key": row["public_key"]}
        return {"project": row["project_id"], "release": row["version"]}

    def _part(self, part: Part, owners: Mapping[int, Line]) -> Iterator[bytes]:
        places = ", ".join("?" * len(owners))
        found = self.db.execute(PARTS.get(part.table, "").format(places) or _select(part, places),
                                list(owners))  # fmt: skip
        kept = self._kept_conditions(owners) if part.table == "issue_conditions" else []
        with closing(found):
            for owner, rows in groupby(chain(found, kept), key=lambda row: row["owner"]):
                batch: list[Line] = []
                for row in rows:
                    batch.append(self._shown(part.columns, row))
                    if len(batch) == PART_ROWS:
                        yield _line(part.table, owners[owner] | {"rows": batch})
                        batch = []
                if batch:
                    yield _line(part.table, owners[owner] | {"rows": batch})

    def _kept_conditions(self, owners: Mapping[int, Line]) -> list[Line]:
        """As rows of their table: what parts of merged issues waited for."""
        rows = self.db.execute(
            f"""
            SELECT part_id, state FROM issue_parts WHERE part_id IN ({", ".join("?" * len(owners))})
            ORDER BY part_id
            """,
            list(owners),
        )
        found = ((row["part_id"], orjson.loads(row["state"]).get("condition")) for row in rows)
        return [{"owner": part_id} | condition for part_id, condition in found if condition]

    def hashes(self, row: Row) -> Line:
        """With the state that a merged issue is to have when it is one of its own again."""
        rows = self.db.execute(
            "SELECT version, hash, components FROM issue_hashes WHERE issue_id = ? ORDER BY id",
            (row["row_id"],),
        )
        part = self.db.execute(
            "SELECT state FROM issue_parts WHERE part_id = ? AND issue_id <> part_id",
            (row["row_id"],),
        ).fetchone()
        state = orjson.loads(part["state"]) if part else {}
        members = {column.name: column for column in ISSUE.columns}
        own = {
            members[name].member: self._names.shown(members[name], value)
            for name, value in state.items()
            if name in members
        }
        return own | {
            "hashes": [
                {
                    "version": each["version"],
                    "hash": each["hash"].hex(),
                    "components": orjson.Fragment(each["components"]),
                }
                for each in rows
            ]
        }

    def payload(self, row: Row) -> Line:
        found = self.db.execute(
            """
            SELECT d.data, h.version, h.hash
            FROM events e
            LEFT JOIN event_payloads d ON d.id = e.id
            LEFT JOIN issue_hashes h ON h.id = e.hash_id
            WHERE e.id = ?
            """,
            (row["row_id"],),
        ).fetchone()
        raw = self._unpacked(found)
        return {
            "hashVersion": found["version"],
            "hash": found["hash"] and found["hash"].hex(),
            "payload": None if raw is None else orjson.Fragment(raw),
        }

    def content(self, row: Row) -> Line:
        found = self.db.execute(
            "SELECT data FROM attachment_payloads WHERE id = ?", (row["row_id"],)
        ).fetchone()
        raw = self._unpacked(found)
        return {"data": None if raw is None else base64.b64encode(raw).decode()}

    def told(self, row: Row) -> Line:
        """What a rule is about and whom it tells, and people by email."""
        wanted = orjson.loads(row["filter"])
        people = wanted.pop("assignee_ids", [])
        return {
            "filter": wanted,
            "assignees": [each for each in map(self._names.user, people) if each is not None],
            "projects": self._linked("project", row["id"]),
            "channels": self._linked("channel", row["id"]),
        }

    def people(self, row: Row) -> Line:
        """Emails of those whom an entry of the audit log names by number."""
        meta, (kind, _, number) = orjson.loads(row["meta"]), row["target"].partition(":")
        ids = [meta.get(name) for name in ASSIGNEES] if row["action"] == ASSIGN else []
        ids += [int(number)] if kind == "user" and number.isdecimal() else []
        known = {str(each): self._names.user(each) for each in ids if isinstance(each, int)}
        return {"people": known} if known else {}

    def _linked(self, to: str, rule_id: int) -> list[int]:
        rows = self.db.execute(
            f"SELECT {to}_id FROM alert_rule_{to}s WHERE rule_id = ? ORDER BY {to}_id", (rule_id,)
        )
        return [row[0] for row in rows]

    def _unpacked(self, row: Row | None) -> bytes | None:
        """None for what is damaged."""
        try:
            return unpack(self.db, row["data"]) if row and row["data"] else None
        except ValueError:
            self.unreadable += 1
            return None


MORE: dict[str, Callable[[Export, Row], Line]] = {
    "issue": Export.hashes, "event": Export.payload, "attachment": Export.content,
    "rule": Export.told, "audit": Export.people,
}  # fmt: skip

# Parts whose columns are not those of their table.
PARTS = {
    "issue_tags": """
        SELECT x.issue_id AS owner, t.key, t.value, x.events, x.last_seen
        FROM issue_tags x
        JOIN tags t ON t.id = x.tag_id
        WHERE x.issue_id IN ({})
        ORDER BY x.issue_id, x.key_id, x.tag_id
    """
}


def _select(part: Part, places: str) -> str:
    names = ", ".join(column.name for column in part.columns)
    return f"""
        SELECT {part.owner} AS owner, {names}
        FROM {part.table}
        WHERE {part.owner} IN ({places})
        ORDER BY {part.owner}, {part.order}
    """


class _Names:
    """How values and references are written."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._of = lru_cache(REMEMBERED)(self._look_up)

    def shown(self, column: Column, value: Any) -> Any:
        if value is None or column.kind in ("", "project", "issue"):
            return value
        if column.kind == "hex":
            return value.hex()
        if column.kind == "json":
            return orjson.Fragment(value)
        return self._of(column.kind, value)

    def user(self, user_id: int) -> str | None:
        email: str | None = self._of("user", user_id)
        return email

    def _look_up(self, kind: str, row_id: int) -> Any:
        row = self._db.execute(NAMES[kind], (row_id,)).fetchone()
        if row is None:
            return None
        return dict(row) if kind == "monitor" else row[0]


NAMES = {
    "user": "SELECT email FROM users WHERE id = ?",
    "release": "SELECT version FROM releases WHERE id = ?",
    "monitor": "SELECT project_id AS project, slug FROM monitors WHERE id = ?",
}


def _line(kind: str, members: Line) -> bytes:
    return orjson.dumps({"type": kind} | members)
