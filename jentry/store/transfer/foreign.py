"""Issues of another tracker, whose events come a page at a time, newest first.

An event goes where its hash leads, as any does; a hash that leads nowhere yet leads to the issue
that the event came with, so that what was merged there stays one issue here. A new issue takes over
the state that it has there, and in the end the count: of events that did not come along, only the
number is known. Each page is a transaction, and so is how far an issue has come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.store.connection import Connection, transaction
from jentry.store.rows import EventRow, Submission
from jentry.store.transfer.issues import Intake
from jentry.store.transfer.names import Names
from jentry.store.transfer.parts import ABSENT, take_from_absent

MOST_HOURS = 200  # over which events that did not come along are spread


@dataclass(frozen=True, slots=True)
class Foreign:
    """An issue as the other tracker has it. Times are timestamps."""

    id: int
    label: str  # what people there call it
    project_id: int  # ours
    count: int
    first_seen: str
    last_seen: str
    status: str = "unresolved"
    substatus: str | None = "ongoing"
    assignee: str | None = None  # email


@dataclass(slots=True)
class Progress:
    """How far its events are fetched: a row of `import_issues`."""

    issue_id: int
    cursor: str | None
    asked: int
    fetched: int
    counted: int
    absent: int
    seen_to: str


@dataclass(slots=True)
class Done:
    """What became of the issues and events so far."""

    new: int = 0
    known: int = 0  # they were here, or fell together with one that was
    events: int = 0
    present: int = 0  # events
    together: list[tuple[str, int]] = field(default_factory=list)  # label, the issue here


class ForeignIssues:
    def __init__(self, db: Connection, names: Names) -> None:
        self.db = db
        self.names = names
        self.done = Done()

    def progress(self, foreign: Foreign) -> Progress | None:
        row = self.db.execute(
            """
            SELECT issue_id, cursor, asked, fetched, counted, absent, seen_to
            FROM import_issues
            WHERE export_id = ? AND theirs = ?
            """,
            (self.names.export_id, foreign.id),
        ).fetchone()
        return Progress(*row) if row else None

    def put(
        self,
        foreign: Foreign,
        events: Sequence[tuple[EventRow, str]],
        before: Progress | None,
        after: Mapping[str, Any],
    ) -> int:
        """Events, each with the time of its receipt, and how far the issue has come then:
        `cursor`, `asked`, `fetched`, `seen_to`. How many events are new.
        """
        with transaction(self.db) as at:
            intake = Intake(self.db, at)
            home, is_new, added = before.issue_id if before else None, False, 0
            for event, received_at in events:
                led_to = self._led(foreign.project_id, event)
                if led_to is None and home is not None:
                    self._lead(foreign.project_id, home, event)
                submission = Submission(foreign.project_id, 0, 0, received_at, is_quiet=True)
                added += intake.issues.add(submission, event)
                if home is None:
                    home = self._led(foreign.project_id, event) or self._home(foreign, event)
                    is_new = led_to is None and home is not None
            intake.flush()
            if home is None:
                return 0
            self._note(foreign, home, is_new, added, after)
            if before is None:
                self._arrive(foreign, home, is_new, at)
        self.done.events += added
        self.done.present += len(events) - added
        return added

    def finish(self, foreign: Foreign) -> None:
        """All events that were asked for are here: the rest of them is counted."""
        with transaction(self.db) as at:
            found = self.progress(foreign)
            if found is None:
                return
            # Fewer than none are absent when some that were have come along since.
            absent = max(foreign.count - found.counted, -found.absent)
            counted = self._count_absent(foreign, found.issue_id, absent, at)
            self.db.execute(
                """
                UPDATE import_issues
                SET cursor = NULL, counted = counted + ?, absent = absent + ?
                WHERE export_id = ? AND theirs = ?
                """,
                (counted, counted, self.names.export_id, foreign.id),
            )

    def _led(self, project_id: int, event: EventRow) -> int | None:
        row = self.db.execute(
            "SELECT issue_id FROM issue_hashes WHERE project_id = ? AND version = ? AND hash = ?",
            (project_id, event.hash_version, event.hash),
        ).fetchone()
        return row["issue_id"] if row else None

    def _lead(self, project_id: int, issue_id: int, event: EventRow) -> None:
        self.db.execute(
            """
            INSERT INTO issue_hashes (project_id, version, hash, issue_id, components)
            VALUES (?, ?, ?, ?, ?)
            """,
            (project_id, event.hash_version, event.hash, issue_id, event.components),
        )

    def _home(self, foreign: Foreign, event: EventRow) -> int | None:
        """The issue of an event that was here already."""
        row = self.db.execute(
            "SELECT issue_id FROM events WHERE event_id = ? AND project_id = ?",
            (event.event_id, foreign.project_id),
        ).fetchone()
        return row["issue_id"] if row else None

    def _note(
        self, foreign: Foreign, home: int, is_new: bool, added: int, after: Mapping[str, Any]
    ) -> None:
        self.db.execute(
            """
            INSERT INTO import_issues (export_id, theirs, issue_id, is_new, cursor, asked, fetched,
                                       counted, seen_to, last_event)
            VALUES (:export_id, :theirs, :issue_id, :is_new, :cursor, :asked, :fetched, :added,
                    :seen_to, :last_event)
            ON CONFLICT (export_id, theirs) DO UPDATE
            SET cursor = excluded.cursor, asked = excluded.asked, fetched = excluded.fetched,
                counted = import_issues.counted + excluded.counted, seen_to = excluded.seen_to,
                last_event = excluded.last_event
            """,
            {
                "export_id": self.names.export_id,
                "theirs": foreign.id,
                "issue_id": home,
                "is_new": int(is_new),
                "added": added,
                "last_event": self._last_event(),
            }
            | dict(after),
        )

    def _last_event(self) -> int:
        row = self.db.execute("SELECT id FROM events ORDER BY id DESC LIMIT 1").fetchone()
        return row["id"] if row else 0

    def _arrive(self, foreign: Foreign, home: int, is_new: bool, at: str) -> None:
        """Only a new issue takes over a state: what is here already stays."""
        self.done.new += is_new
        self.done.known += not is_new
        if not is_new:
            if self._is_anothers(foreign, home):
                self.done.together.append((foreign.label, home))
            return
        self.db.execute(
            """
            UPDATE issues
            SET status = ?, substatus = ?, status_at = ?, status_events = event_count,
                assignee_id = ?
            WHERE id = ?
            """,
            (foreign.status, foreign.substatus, at, self.names.user(foreign.assignee), home),
        )

    def _is_anothers(self, foreign: Foreign, home: int) -> bool:
        row = self.db.execute(
            "SELECT 1 FROM import_issues WHERE issue_id = ? AND export_id = ? AND theirs <> ?",
            (home, self.names.export_id, foreign.id),
        ).fetchone()
        return row is not None

    def _count_absent(self, foreign: Foreign, issue_id: int, absent: int, at: str) -> int:
        """How many were counted. Of an issue that is merged here, nothing is."""
        row = self.db.execute(
            """
            SELECT first_seen, last_seen
            FROM issues
            WHERE id = ? AND parts = 0 AND status <> 'merged'
            """,
            (issue_id,),
        ).fetchone()
        if row is None:
            return 0
        first = min(row["first_seen"], foreign.first_seen)
        last = max(row["last_seen"], foreign.last_seen)
        self.db.execute(
            """
            UPDATE issues
            SET event_count = event_count + :absent, status_events = status_events + :absent,
                first_seen = :first, last_seen = :last
            WHERE id = :id
            """,
            {"absent": absent, "first": first, "last": last, "id": issue_id},
        )
        if absent > 0:
            self._put_beside(issue_id, absent, spread(first, last, absent), at)
        elif absent < 0:
            self._take_back(issue_id, -absent)
        return absent

    def _put_beside(
        self, issue_id: int, absent: int, hours: Sequence[tuple[str, int]], at: str
    ) -> None:
        self.db.executemany(
            """
            INSERT INTO issue_hours (issue_id, hour, events)
            VALUES (?, ?, ?)
            ON CONFLICT (issue_id, hour) DO UPDATE
            SET events = issue_hours.events + excluded.events
            """,
            sorted((issue_id, hour, events) for hour, events in hours),
        )
        self.db.execute(
            """
            INSERT INTO issue_evictions (issue_id, reason, events, last_at)
            VALUES (?, ?, ?, ?)
            ON CONFLICT (issue_id, reason) DO UPDATE
            SET events = issue_evictions.events + excluded.events
            """,
            (issue_id, ABSENT, absent, at),
        )

    def _take_back(self, issue_id: int, number: int) -> None:
        """From hours that count more events than are here."""
        rows = self.db.execute(
            """
            SELECT h.hour, h.events, count(e.id) AS kept
            FROM issue_hours h
            LEFT JOIN events e ON e.issue_id = h.issue_id AND substr(e.timestamp, 1, 13) = h.hour
            WHERE h.issue_id = ?
            GROUP BY h.hour, h.events
            ORDER BY h.hour
            """,
            (issue_id,),
        ).fetchall()
        left, taken = number, []
        for row in rows:
            share = min(left, max(row["events"] - row["kept"], 0))
            left -= share
            taken.append((share, issue_id, row["hour"]))
        self.db.executemany(
            "UPDATE issue_hours SET events = events - ? WHERE issue_id = ? AND hour = ?",
            sorted(taken),
        )
        take_from_absent(self.db, {issue_id: number})


def spread(first: str, last: str, events: int) -> list[tuple[str, int]]:
    """Hours from the first to the last event, as evenly as may be: when each was, nobody says."""
    start, end = clock.parse(first), clock.parse(last)
    hours = int((end - start) / timedelta(hours=1)) + 1
    number = min(hours, events, MOST_HOURS)
    share, rest = divmod(events, number)
    found = [
        (clock.hour(clock.timestamp(start + timedelta(hours=place * hours // number))),
         share + (place < rest))
        for place in range(number)
    ]  # fmt: skip
    return found
