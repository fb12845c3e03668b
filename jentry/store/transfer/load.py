"""Lines -> rows, some at a time. What is there already stays; the same line twice changes nothing.

Told apart is by what rows are called everywhere: slugs, keys, versions, hashes, event ids, times.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jentry.errors import BadRequest
from jentry.store import audit, instance
from jentry.store.audit import Actor
from jentry.store.connection import Connection, transaction
from jentry.store.sql import fold
from jentry.store.transfer import alerts, tenants
from jentry.store.transfer.issues import EventRows, Issues
from jentry.store.transfer.names import Names
from jentry.store.transfer.parts import LOADERS
from jentry.store.transfer.records import FORMAT, RECORDS, VERSION, Record

Line = dict[str, Any]
GENERIC = {
    record.type: record
    for record in RECORDS
    if record.type
    not in ("project", "key", "channel", "rule", "view", "issue", "event", "attachment")
}
SILENT = ("header", "end")
REPEATED = (  # read again when an import goes on: who is who
    "header", "organization", "project", "channel", "rule",
)  # fmt: skip


@dataclass
class Report:
    """What an import did, so far."""

    lines: int = 0  # done, those of an earlier attempt included
    added: Counter[str] = field(default_factory=Counter)  # by type; of parts their rows
    present: Counter[str] = field(default_factory=Counter)  # there already
    skipped: Counter[str] = field(default_factory=Counter)  # of unknown types, or unreadable
    new_keys: list[tuple[str, str]] = field(default_factory=list)  # project's slug, public key
    moved_ids: list[tuple[str, int]] = field(default_factory=list)  # project's slug, its id here
    invited: list[str] = field(default_factory=list)  # accounts that were made, without a password
    without_address: list[str] = field(default_factory=list)  # channels that were made
    is_complete: bool = False


class Load:
    """Begins with the header of an export. Raises BadRequest when it is none."""

    def __init__(self, db: Connection, header: Line, rows: EventRows) -> None:
        _check(header)
        self.db = db
        self.report = Report()
        self.export_id = str(header["exportId"])
        with transaction(db) as at:
            self.done = _begin(db, self.export_id, at)
        self.report.lines = self.done
        self.names = Names(db, self.export_id, is_own=header.get("source") == source(db))
        self.others = {int(theirs) for theirs in header.get("projects", ())}  # their ids
        self.issues = Issues(db, self.names, rows)
        self.org_id = 0

    def apply(self, lines: Sequence[Line], number: int) -> None:
        """Those that are not done yet; `number` is that of the last one. One transaction."""
        with transaction(self.db) as at:
            for line in lines:
                self._line(line, at)
            self.issues.flush(at)
            if number > self.done:
                self.done = self.report.lines = number
                _proceed(self.db, self.export_id, number)

    def identify(self, line: Line) -> None:
        """A line that an earlier attempt has done: only who is who is learnt from it."""
        with transaction(self.db) as at:
            self._line(line, at)

    def finish(self) -> None:
        with transaction(self.db) as at:
            self.report.is_complete = True
            _finish(self.db, self.export_id, at)
            if self.org_id and sum(self.report.added.values()):
                actor, counts = Actor(self.org_id, None, "cli"), dict(self.report.added)
                target = f"org:{self.org_id}"
                audit.record(self.db, actor, "org.import", target, at, added=counts)

    def _line(self, line: Line, at: str) -> None:
        kind = str(line.get("type"))
        loader = self._loader(kind)
        if loader is None:
            self.report.skipped[kind] += 1
            return
        added, known = loader(line, at)
        if not (added or known or kind in SILENT):
            self.report.skipped[kind] += 1
        if kind not in REPEATED or added:
            self.report.added[kind] += added
            self.report.present[kind] += known

    def _loader(self, kind: str) -> Callable[[Line, str], tuple[int, int]] | None:
        """Of a type of line: it answers with how many rows it added, and how many were there."""
        own: dict[str, Callable[[Line, str], tuple[int, int]]] = {
            "header": lambda line, at: (0, 0),
            "end": lambda line, at: (0, 0),
            "organization": self._organization,
            "member": lambda line, at: tenants.member(self, line, at),
            "project": lambda line, at: tenants.project(self, line, at),
            "key": lambda line, at: tenants.key(self, line),
            "channel": lambda line, at: alerts.channel(self, line),
            "rule": lambda line, at: alerts.rule(self, line),
            "view": lambda line, at: tenants.view(self, line),
            "issue": self.issues.issue,
            "event": self.issues.event,
            "attachment": self.issues.attachment,
            "merge": lambda line, at: self.issues.merge(
                Actor(self.org_id, None, "import"), line, at
            ),
        }
        if kind in own:
            return own[kind]
        if kind in GENERIC:
            return lambda line, at: self._generic(GENERIC[kind], line)
        if kind in LOADERS:
            return lambda line, at: LOADERS[kind](self.db, self.names, line, at)
        return None

    def _organization(self, line: Line, at: str) -> tuple[int, int]:
        self.org_id, is_new = tenants.organization(self.db, line, at)
        self.names.org_id = self.org_id
        return int(is_new), int(not is_new)

    def _merge(self, line: Line, at: str) -> tuple[int, int]:
        return self.issues.merge(Actor(self.org_id, None, "import"), line, at)

    def _generic(self, record: Record, line: Line) -> tuple[int, int]:
        """A row, unless there is one that is told by the same columns."""
        values = self.names.values(record, line)
        if values is None:
            return 0, 0  # of an issue or project that is not here
        if record.table == "releases":
            values["folded"] = fold(values["version"])
        columns = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        same = " AND ".join(f"{name} = :{name}" for name in record.natural)
        added = self.db.execute(
            f"""
            INSERT INTO {record.table} ({columns})
            SELECT {places}
            WHERE NOT EXISTS (SELECT 1 FROM {record.table} WHERE {same})
            """,
            values,
        ).rowcount
        return added, 1 - added


def source(db: Connection) -> str:
    """The same for all exports of one database, which it does not betray."""
    return hashlib.sha256(b"jentry-export" + instance.get(db)["secret"]).hexdigest()[:32]


def _check(header: Line) -> None:
    if header.get("type") != "header" or header.get("format") != FORMAT:
        raise BadRequest("This is no export of jentry's.")
    if not isinstance(header.get("version"), int) or header["version"] > VERSION:
        raise BadRequest(
            f"This export was written by a newer jentry (version {header.get('version')} of the "
            f"format; this one knows {VERSION})."
        )


def _begin(db: Connection, export_id: str, at: str) -> int:
    """How many lines are done."""
    row = db.execute(
        """
        INSERT INTO imports (export_id, lines, started_at)
        VALUES (?, 0, ?)
        ON CONFLICT (export_id) DO UPDATE SET lines = imports.lines
        RETURNING lines
        """,
        (export_id, at),
    ).fetchone()
    done: int = row["lines"]
    return done


def _proceed(db: Connection, export_id: str, lines: int) -> None:
    db.execute("UPDATE imports SET lines = ? WHERE export_id = ?", (lines, export_id))


def _finish(db: Connection, export_id: str, at: str) -> None:
    db.execute(
        "UPDATE imports SET finished_at = ? WHERE export_id = ? AND finished_at IS NULL",
        (at, export_id),
    )
