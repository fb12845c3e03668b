"""What the notifier is to look at, noted in the transaction of the event; an ordinary one notes
nothing. Rules, schedules and texts are none of ingestion's business.
"""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jentry import clock
from jentry.store.connection import Connection
from jentry.store.intake.tags import OTHER
from jentry.store.rows import EventRow, Submission

if TYPE_CHECKING:
    from jentry.store.intake.issue import Issue

REMEMBERED = 50_000  # pairs of issue and environment
LONGEST_REMEMBERED = 64  # characters of an environment
MOST_ENVIRONMENTS = 50  # of an issue: one more is no news
KEPT = timedelta(days=1)  # where nobody takes them
DROPPED_AT_ONCE = 500

Happening = tuple[Any, ...]


class Happenings:
    def __init__(self, db: Connection, at: str) -> None:
        self.db = db
        self.at = at
        self._known: set[tuple[int, str]] = db.memo.setdefault("issue environments", set())
        if len(self._known) > REMEMBERED:
            self._known.clear()
        self._rows: list[Happening] = []
        self._seen: dict[int, list[str]] = {}  # environments of an issue that are new to this batch

    def see(self, submission: Submission, issue: "Issue", event: EventRow) -> None:
        """An event of an issue: its first one, or its first one in an environment, or neither."""
        if submission.is_quiet:
            issue.is_quiet = True
        elif issue.first is event:
            self.add(issue.project_id, "new_issue", issue.id, event)
        name = event.environment
        if name is None or (issue.id, name) in self._known:
            return
        seen = self._seen.setdefault(issue.id, [])
        if issue.first is not event and not submission.is_quiet and name not in seen:
            earlier = seen if issue.is_new else [*self._earlier(submission, issue), *seen]
            if name not in earlier and OTHER not in earlier and len(earlier) < MOST_ENVIRONMENTS:
                detail = {"earlier": earlier}
                self.add(submission.project_id, "environment", issue.id, event, **detail)
        seen.append(name)
        if len(name) <= LONGEST_REMEMBERED:
            self._known.add((issue.id, name))

    def _earlier(self, submission: Submission, issue: "Issue") -> list[str]:
        """Environments that the issue had before this batch; OTHER among them: too many to tell."""
        rows = self.db.execute(
            """
            SELECT DISTINCT it.tag_id, t.value
            FROM tag_keys k
            JOIN issue_tags it ON it.issue_id IN ({}) AND it.key_id = k.id
            JOIN tags t ON t.id = it.tag_id
            WHERE k.project_id = ? AND k.key = 'environment'
            ORDER BY it.tag_id
            LIMIT ?
            """.format(", ".join("?" * len(issue.parts or (issue.id,)))),
            (*(issue.parts or (issue.id,)), submission.project_id, MOST_ENVIRONMENTS),
        ).fetchall()
        return [row["value"] for row in rows]

    def add(
        self, project_id: int, kind: str, issue_id: int, event: EventRow, **detail: Any
    ) -> None:
        self._rows.append(
            (
                project_id, kind, issue_id, None, event.event_id, event.level, event.environment,
                event.release, json.dumps(detail), self.at,
            )
        )  # fmt: skip

    def check_in(
        self,
        project_id: int,
        monitor_id: int,
        check_in_id: bytes,
        status: str,
        environment: str | None,
    ) -> None:
        self._rows.append(
            (
                project_id, "check_in", None, monitor_id, check_in_id, None, environment, None,
                json.dumps({"status": status}), self.at,
            )
        )  # fmt: skip

    def flush(self) -> None:
        if self._rows:
            self._drop_old()
            self.db.putmany(
                """
                INSERT INTO happenings (project_id, kind, issue_id, monitor_id, event_id, level,
                                        environment, release, detail, at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                self._rows,
            )

    def _drop_old(self) -> None:
        """Once a minute, some of those that no notifier has taken."""
        minute = self.at[: len("2026-06-29T12:30")]
        if self.db.memo.get("happenings dropped") == minute:
            return
        self.db.memo["happenings dropped"] = minute
        oldest = clock.timestamp(clock.parse(self.at) - KEPT)
        self.db.put(
            """
            DELETE FROM happenings
            WHERE id IN (SELECT id FROM happenings WHERE at < ? ORDER BY id LIMIT ?)
            """,
            (oldest, DROPPED_AT_ONCE),
        )
