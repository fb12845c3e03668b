"""Issues, which are known again by any of their hashes, with their events and files.

An issue that comes with the export brings its lifetime counts, and its events are only put beside
it. One that is here already takes new events as it takes any, but for its status.
"""

import base64
from collections import Counter
from typing import Any, Protocol

import orjson

from jentry.store import dictionaries, merging, parts, search_fill
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.intake import issues as intake
from jentry.store.intake.happenings import Happenings
from jentry.store.intake.issue import Issue
from jentry.store.intake.quotas import Quotas
from jentry.store.intake.releases import Releases
from jentry.store.intake.tags import Tags
from jentry.store.payloads import Dictionary, pack
from jentry.store.rows import EventRow, Submission
from jentry.store.transfer.names import Names
from jentry.store.transfer.parts import note_absent, take_from_absent
from jentry.store.transfer.records import RECORDS

Line = dict[str, Any]
ISSUE = next(record for record in RECORDS if record.type == "issue")
ATTACHMENT = next(record for record in RECORDS if record.type == "attachment")
RELEASES = ("first_release_id", "last_release_id")


class EventRows(Protocol):
    """How an event of an export becomes a row as ingestion makes them."""

    def row(self, line: Line, project_id: int, packed: bytes) -> EventRow: ...


class _Quiet(intake.Issues):
    """What happened elsewhere, or long ago, brings no issue back."""

    def _reopen(self, issue: Issue) -> None:
        pass


class Intake:
    """What takes events of issues that are here, in one transaction."""

    def __init__(self, db: Connection, at: str) -> None:
        self.tags = Tags(db)
        self.releases = Releases(db, at, Quotas(db, at))
        happenings = Happenings(db, at)  # never flushed: what is imported alerts nobody
        self.issues = _Quiet(db, at, self.releases, self.tags, happenings)

    def flush(self) -> None:
        self.issues.flush()
        self.tags.flush()
        self.releases.flush()


class Issues:
    def __init__(self, db: Connection, names: Names, rows: EventRows) -> None:
        self.db = db
        self.names = names
        self.rows = rows
        self.stored: Counter[int] = Counter()  # events, by project
        self.trained: set[tuple[int, int]] = set()  # projects, and after how many events
        self._dictionaries: dict[int, Dictionary | None] = {}
        self._intake: Intake | None = None
        self._arrived: Counter[int] = Counter()  # events, by new issue
        self._last_put = 0

    def prepare(self, line: Line) -> None:
        """What takes long and needs no transaction: pack what is to be stored."""
        if line.get("type") == "event" and line.get("payload") is not None:
            found = self.names.issue(line.get("issue"))
            dictionary = self._dictionary(found[1]) if found else None
            line["packed"] = pack(line["payload"], dictionary)
        elif line.get("type") == "attachment" and line.get("data") is not None:
            line["packed"] = pack(base64.b64decode(line.pop("data")))

    def forget_dictionary(self, project_id: int) -> None:
        self._dictionaries.pop(project_id, None)

    def flush(self, at: str) -> None:
        take_from_absent(self.db, self._arrived)
        self._arrived.clear()
        search_fill.begin(self.db, self._last_put)
        if self._intake is not None:
            self._intake.flush()
            self._intake = None

    def issue(self, line: Line, at: str) -> tuple[int, int]:
        project_id = self.names.project(line["project"])
        if project_id is None:
            return 0, 0
        issue_id = self._known(project_id, line["hashes"])
        is_new = issue_id is None
        if issue_id is None:
            issue_id = self._insert(project_id, line, at)
        self._lead(project_id, issue_id, line["hashes"])
        self.db.execute(
            """
            INSERT INTO import_issues (export_id, theirs, issue_id, is_new) VALUES (?, ?, ?, ?)
            ON CONFLICT (export_id, theirs) DO NOTHING
            """,
            (self.names.export_id, line["id"], issue_id, int(is_new)),
        )
        return int(is_new), int(not is_new)

    def event(self, line: Line, at: str) -> tuple[int, int]:
        found = self.names.issue(line["issue"])
        if found is None or "packed" not in line:
            return 0, 0
        issue_id, project_id, is_new = found
        added = (
            self._put(line, issue_id, project_id, at)
            if is_new
            else self._take(line, project_id, at)
        )
        self.stored[project_id] += added
        return int(added), int(not added)

    def merge(self, actor: Actor, line: Line, at: str) -> tuple[int, int]:
        """Issues that came together are merged as they were; others stay as they are here."""
        target, part = self.names.issue(line["issue"]), self.names.issue(line["part"])
        if target is None or part is None:
            return 0, 0
        is_free = target[2] and part[2] and parts.led_to(self.db, actor, part[0]) == part[0]
        if not is_free or target[0] == part[0]:
            return 0, 1
        merging.join(self.db, actor, target[0], [part[0]], at)
        state = self.db.execute("SELECT state FROM issue_parts WHERE part_id = ?", (part[0],))
        changed = orjson.loads(state.fetchone()["state"])
        if "releases" in changed:
            had = line.get("mergedReleases", {}).items()
            found = {self.names.release(part[1], version, at): number for version, number in had}
            changed["releases"] = {str(key): number for key, number in found.items()}
        self.db.execute(
            "UPDATE issue_parts SET state = ?, merged_at = ?, merged_events = ? WHERE part_id = ?",
            (orjson.dumps(changed).decode(), line["mergedAt"], line["mergedEvents"], part[0]),
        )
        return 1, 0

    def attachment(self, line: Line, at: str) -> tuple[int, int]:
        values = self.names.values(ATTACHMENT, line)
        if values is None or "packed" not in line:
            return 0, 0
        row = self.db.execute(
            f"""
            INSERT INTO attachments ({", ".join(values)})
            VALUES ({", ".join(f":{name}" for name in values)})
            ON CONFLICT (project_id, event_id, filename, sha256) DO NOTHING
            RETURNING id
            """,
            values,
        ).fetchone()
        if row is None:
            return 0, 1
        self.db.execute(
            "INSERT INTO attachment_payloads (id, data) VALUES (?, ?)", (row["id"], line["packed"])
        )
        return 1, 0

    def _known(self, project_id: int, hashes: list[Line]) -> int | None:
        for each in hashes:
            row = self.db.execute(
                """
                SELECT issue_id
                FROM issue_hashes
                WHERE project_id = ? AND version = ? AND hash = ?
                """,
                (project_id, each["version"], bytes.fromhex(each["hash"])),
            ).fetchone()
            if row:
                issue_id: int = row["issue_id"]
                return issue_id
        return None

    def _insert(self, project_id: int, line: Line, at: str) -> int:
        values = self.names.values(ISSUE, line) or {}
        del values["id"]
        for name in RELEASES:
            values[name] = self.names.release(project_id, values.get(name), at)
        row = self.db.execute(
            f"""
            INSERT INTO issues ({", ".join(values)})
            VALUES ({", ".join(f":{name}" for name in values)})
            RETURNING id
            """,
            values,
        ).fetchone()
        issue_id: int = row["id"]
        note_absent(self.db, issue_id, line["eventCount"], at)
        return issue_id

    def _lead(self, project_id: int, issue_id: int, hashes: list[Line]) -> None:
        self.db.executemany(
            """
            INSERT INTO issue_hashes (project_id, version, hash, issue_id, components)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (project_id, version, hash) DO NOTHING
            """,
            sorted(
                (
                    project_id, each["version"], bytes.fromhex(each["hash"]), issue_id,
                    orjson.dumps(each["components"]).decode(),
                )
                for each in hashes
            ),
        )  # fmt: skip

    def _put(self, line: Line, issue_id: int, project_id: int, at: str) -> bool:
        """Beside an issue that has counted it. False when the project has its event id."""
        packed = line["packed"]
        row = self.db.execute(
            """
            INSERT INTO events (project_id, event_id, issue_id, timestamp, received_at, level,
                                environment, release_id, hash_id, bytes)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (event_id, project_id) DO NOTHING
            RETURNING id
            """,
            (
                project_id, bytes.fromhex(line["eventId"]), issue_id, line["timestamp"],
                line["receivedAt"], line["level"], line.get("environment"),
                self.names.release(project_id, line.get("release"), at),
                self.names.hash(project_id, line.get("hashVersion"), line.get("hash")),
                len(packed),
            ),
        ).fetchone()  # fmt: skip
        if row is None:
            return False
        self.db.execute("INSERT INTO event_payloads (id, data) VALUES (?, ?)", (row["id"], packed))
        self._arrived[issue_id] += 1
        self._last_put = row["id"]
        return True

    def _take(self, line: Line, project_id: int, at: str) -> bool:
        if line.get("hash") is None:
            return False
        self._intake = self._intake or Intake(self.db, at)
        self.names.release(project_id, line.get("release"), at)
        submission = Submission(project_id, 0, 0, line["receivedAt"])
        return self._intake.issues.add(submission, self.rows.row(line, project_id, line["packed"]))

    def _dictionary(self, project_id: int) -> Dictionary | None:
        if project_id not in self._dictionaries:
            self._dictionaries[project_id] = dictionaries.newest(self.db, project_id)
        return self._dictionaries[project_id]
