"""Looking for a person: every payload of the organization is unpacked and looked into."""

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from jentry.store import instance
from jentry.store.connection import Connection
from jentry.store.engines.scope import Org, Scope
from jentry.store.erasure import places, records
from jentry.store.erasure.person import Person
from jentry.store.erasure.places import PROJECTS
from jentry.store.identity import identity_hash, person_hashes
from jentry.store.payloads import unpack

RANGE = 2000  # ids that are read at once
FILES = 20  # files, which may be large


class Work(Protocol):
    """A connection to read with, and one to write a chunk with: `upkeep/job.py`."""

    def reading(self) -> Connection: ...

    def writing(self, scope: Scope) -> AbstractContextManager[tuple[Connection, str]]: ...


class Search:
    """An erasure that is under way; `report` is what is known of it so far."""

    def __init__(self, work: Work, erasure_id: int) -> None:
        self.work = work
        self.id = erasure_id
        row = (
            work.reading()
            .execute(f"SELECT {records.COLUMNS} FROM erasures WHERE id = ?", (erasure_id,))
            .fetchone()
        )
        self.org_id: int = row["org_id"]
        self.place: int = row["place"]
        self.person = Person.of(json.loads(row["identifiers"]))
        self.report: dict[str, Any] = {"scanned": 0, "seconds": 0.0, "found": {}}
        self.report |= json.loads(row["report"])

    @property
    def scope(self) -> Org:
        return Org(self.org_id)

    @property
    def mine(self) -> dict[str, Any]:
        return {"org_id": self.org_id, "id": self.id}

    def save(self, db: Connection) -> None:
        db.execute(
            "UPDATE erasures SET place = :place, report = :report "
            "WHERE org_id = :org_id AND id = :id",
            self.mine | {"place": self.place, "report": json.dumps(self.report)},
        )

    def add(self, db: Connection, finds: list[tuple[str, int]]) -> None:
        db.executemany(
            """
            INSERT INTO erasure_finds (erasure_id, kind, row_id)
            SELECT x.id, :kind, :row_id FROM erasures x WHERE x.id = :id AND x.org_id = :org_id
            ON CONFLICT (erasure_id, kind, row_id) DO NOTHING
            """,
            [self.mine | {"kind": kind, "row_id": row_id} for kind, row_id in sorted(finds)],
        )

    def look_at_events(self) -> int:
        """Those that came after `place`; how many finds."""
        number = 0
        (last,) = self.work.reading().execute("SELECT max(id) FROM events").fetchone()
        while self.place < (last or 0):
            began = time.monotonic()
            finds, scanned = self._events(self.place, self.place + RANGE)
            self.place = min(self.place + RANGE, last)
            self.report["scanned"] += scanned
            self.report["seconds"] = round(self.report["seconds"] + time.monotonic() - began, 3)
            number += len(finds)
            with self.work.writing(self.scope) as (db, _):
                self.add(db, finds)
                self.save(db)
        return number

    def _events(self, after: int, until: int) -> tuple[list[tuple[str, int]], int]:
        db = self.work.reading()
        rows = db.execute(
            f"""
            SELECT e.id, d.data
            FROM events e
            JOIN event_payloads d ON d.id = e.id
            WHERE e.id > :after AND e.id <= :until AND +e.project_id IN {PROJECTS}
            ORDER BY e.id
            """,
            {"after": after, "until": until, "org_id": self.org_id},
        )
        finds, scanned = [], 0
        for row in rows:
            scanned += 1
            try:
                kind = self.person.kind_of(unpack(db, row["data"]))
            except ValueError:  # damaged: nobody can read it
                continue
            if kind:
                finds.append((kind, row["id"]))
        return finds, scanned

    def look_at_files(self) -> int:
        """Attachments and what people wrote."""
        finds = [("attachment", row_id) for row_id in self._files()]
        rows = self.work.reading().execute(
            f"""
            SELECT id, name, email, comments, url FROM user_reports
            WHERE project_id IN {PROJECTS} ORDER BY id
            """,
            {"org_id": self.org_id},
        )
        names = ("name", "email", "comments", "url")
        finds += [
            ("user_report", row["id"])
            for row in rows
            if any(self.person.mentioned(row[name]) for name in names)
        ]
        with self.work.writing(self.scope) as (db, _):
            self.add(db, finds)
        return len(finds)

    def _files(self) -> Iterator[int]:
        db, last = self.work.reading(), 0
        while rows := db.execute(
            f"""
            SELECT a.id, a.filename, d.data
            FROM attachments a JOIN attachment_payloads d ON d.id = a.id
            WHERE a.id > :last AND a.project_id IN {PROJECTS}
            ORDER BY a.id LIMIT {FILES}
            """,
            {"last": last, "org_id": self.org_id},
        ).fetchall():
            for row in rows:
                last = row["id"]
                try:
                    content = unpack(db, row["data"])
                except ValueError:
                    continue
                named = self.person.mentioned(row["filename"])
                if named or self.person.is_word_in(content):
                    yield last

    def hashes(self) -> dict[int, list[bytes]]:
        """By project."""
        db = self.work.reading()
        salt = instance.get(db)["secret"]
        rows = db.execute("SELECT id FROM projects WHERE org_id = ? ORDER BY id", (self.org_id,))
        return {
            row["id"]: [identity_hash(salt, row["id"], who) for who in self.person.identities]
            for row in rows
        }

    def person_hashes(self) -> dict[int, tuple[bytes, ...]]:
        """By project: what issues and events are searched by."""
        db = self.work.reading()
        salt = instance.get(db)["secret"]
        known = self.person.fields
        rows = db.execute("SELECT id FROM projects WHERE org_id = ? ORDER BY id", (self.org_id,))
        return {row["id"]: person_hashes(salt, row["id"], known) for row in rows}

    def dictionaries(self) -> list[tuple[int, int]]:
        """Id and project of those in which a word stands."""
        rows = self.work.reading().execute(
            f"""
            SELECT id, project_id, data FROM dictionaries
            WHERE project_id IN {PROJECTS} ORDER BY id
            """,
            {"org_id": self.org_id},
        )
        return [
            (row["id"], row["project_id"]) for row in rows if self.person.is_word_in(row["data"])
        ]


def run(work: Work, erasure_id: int) -> None:
    """From where it was to the state `found`."""
    search = Search(work, erasure_id)
    search.look_at_events()
    search.look_at_files()
    found = _counted(search)
    db = work.reading()
    for table in places.TEXTS:
        found[table] = sum(1 for _ in places.matching(db, search.org_id, search.person, table))
    found["tags"] = len(places.tags(db, search.org_id, search.person))
    found["dictionaries"] = len(search.dictionaries())
    search.report["found"] = {name: number for name, number in found.items() if number}
    search.report["issues"] = _issues(search)
    search.report["kept"] = _kept(search)
    with work.writing(search.scope) as (db, _):
        search.save(db)
        db.execute(
            """
            UPDATE erasures SET state = 'found'
            WHERE org_id = :org_id AND id = :id AND state = 'finding'
            """,
            search.mine,
        )


def _counted(search: Search) -> dict[str, int]:
    names = {
        "event": "events", "mention": "mentions", "attachment": "attachments",
        "user_report": "user_reports",
    }  # fmt: skip
    rows = search.work.reading().execute(
        """
        SELECT f.kind, count(*) AS number
        FROM erasure_finds f JOIN erasures x ON x.id = f.erasure_id
        WHERE x.org_id = :org_id AND f.erasure_id = :id
        GROUP BY f.kind
        """,
        search.mine,
    )
    return {names[row["kind"]]: row["number"] for row in rows}


def _issues(search: Search) -> int:
    number: int = (
        search.work.reading()
        .execute(
            """
        SELECT count(DISTINCT e.issue_id)
        FROM erasure_finds f
        JOIN erasures x ON x.id = f.erasure_id
        JOIN events e ON e.id = f.row_id
        WHERE x.org_id = :org_id AND f.erasure_id = :id AND f.kind = 'event'
        """,
            search.mine,
        )
        .fetchone()[0]
    )
    return number


def _kept(search: Search) -> dict[str, int]:
    """What an organization's owner closes or keeps: accounts, and who did what."""
    db, mine = search.work.reading(), {"org_id": search.org_id}
    members = db.execute(
        """
        SELECT u.email, u.name FROM users u JOIN memberships m ON m.user_id = u.id
        WHERE m.org_id = :org_id ORDER BY u.id
        """,
        mine,
    )
    found = {"members": sum(1 for row in members if search.person.mentioned(list(row)))}
    invited = db.execute("SELECT email FROM invitations WHERE org_id = :org_id ORDER BY id", mine)
    found["invitations"] = sum(1 for row in invited if search.person.mentioned(row["email"]))
    entries = db.execute("SELECT meta FROM audit_log WHERE org_id = :org_id ORDER BY id", mine)
    found["audit_log"] = sum(1 for row in entries if search.person.mentioned(row["meta"]))
    versions = db.execute(
        f"SELECT version FROM releases WHERE project_id IN {PROJECTS} ORDER BY id", mine
    )
    found["releases"] = sum(1 for row in versions if search.person.mentioned(row["version"]))
    return {name: number for name, number in found.items() if number}
