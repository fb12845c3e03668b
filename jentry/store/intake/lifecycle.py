"""When a resolved or ignored issue comes back by itself. `ingest/README.md`: Issue lifecycle."""

from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.store import versions
from jentry.store.connection import Connection
from jentry.store.intake.releases import Release

HOURS = 7 * 24
AT_LEAST = 10  # events in the hour
FACTOR = 5  # times the mean hourly rate
CONDITION = """
    SELECT c.kind, c.release_id, c.until, c.events, c.events_window, c.users, c.users_window,
           c.from_users, r.project_id, r.version, r.sorted_at
    FROM issue_conditions c
    LEFT JOIN releases r ON r.id = c.release_id
    WHERE c.issue_id = ?
"""


class Lifecycle:
    """The rules, in one batch; nothing here is asked of an issue that is unresolved."""

    def __init__(self, db: Connection, at: str) -> None:
        self.db = db
        self.at = at
        self._covered: dict[tuple[int, int, str], bool] = {}
        self._versioned: dict[int, bool] = {}

    def condition(self, issue_id: int) -> dict[str, Any] | None:
        row = self.db.lookup(CONDITION, (issue_id,))
        return dict(row) if row else None

    def can_return(
        self, condition: dict[str, Any], version: str | None, release: Release | None
    ) -> bool:
        """Whether an event of that release, if it has one, brings a resolved issue back."""
        if condition["kind"] == "ignored":
            return True
        if condition["kind"] == "in_commit":
            return False  # no release has it yet
        if version is None or release is None:
            return False  # assumed to be from before
        key = (condition["release_id"], release.id, condition["kind"])
        if key not in self._covered:
            self._covered[key] = self._is_covered(condition, version, release)
        return not self._covered[key]

    def _is_covered(self, condition: dict[str, Any], version: str, release: Release) -> bool:
        """Whether the release is not yet one in which the issue was said to be gone."""
        if release.id == condition["release_id"]:
            return bool(condition["kind"] == "in_next_release")
        newer = None
        if self._has_versions(condition["project_id"]):
            newer = versions.is_newer(version, condition["version"])
        if newer is None:  # one of those that are too many to be told apart is taken for new
            newer = release.is_other or release.sort_key > condition["sorted_at"]
        return not newer

    def _has_versions(self, project_id: int) -> bool:
        if project_id not in self._versioned:
            rows = self.db.execute(
                """
                SELECT version
                FROM releases
                WHERE project_id = ? AND version <> ''
                ORDER BY sorted_at DESC, id DESC
                LIMIT 10
                """,
                (project_id,),
            )
            self._versioned[project_id] = versions.are_used([row["version"] for row in rows])
        return self._versioned[project_id]

    def is_met(
        self,
        issue_id: int,
        condition: dict[str, Any],
        since_ignored: int,
        users: set[bytes],
        parts: tuple[int, ...] = (),
    ) -> bool:
        """Whether an ignored issue has waited for long enough, or seen enough."""
        return (
            (condition["until"] is not None and condition["until"] <= self.at)
            or self._enough_events(parts or (issue_id,), condition, since_ignored)
            or self._enough_users(issue_id, condition, users)
        )

    def _enough_events(
        self, parts: tuple[int, ...], condition: dict[str, Any], since_ignored: int
    ) -> bool:
        wanted, window = condition["events"], condition["events_window"]
        if wanted is None or since_ignored < wanted:
            return False
        if window is None:
            return True
        # Each part is read in the order of its index, and SQLite merges them.
        newest = "SELECT timestamp, id FROM events WHERE issue_id = ?"
        row = self.db.execute(
            f"""
            {" UNION ALL ".join([newest] * len(parts))}
            ORDER BY timestamp DESC, id DESC
            LIMIT 1 OFFSET ?
            """,
            (*parts, wanted - 1),
        ).fetchone()
        return row is not None and row["timestamp"] >= self._minutes_ago(window)

    def _enough_users(self, issue_id: int, condition: dict[str, Any], users: set[bytes]) -> bool:
        wanted, window = condition["users"], condition["users_window"]
        if wanted is None:
            return False
        if window is None:
            count = self.db.execute("SELECT user_count FROM issues WHERE id = ?", (issue_id,))
            return bool(count.fetchone()[0] - condition["from_users"] >= wanted)
        self.db.executemany(
            """
            INSERT INTO issue_condition_users (issue_id, user_hash, seen_at)
            VALUES (?, ?, ?)
            ON CONFLICT (issue_id, user_hash) DO UPDATE SET seen_at = excluded.seen_at
            """,
            [(issue_id, user, self.at) for user in sorted(users)],
        )
        self.db.execute(
            "DELETE FROM issue_condition_users WHERE issue_id = ? AND seen_at < ?",
            (issue_id, self._minutes_ago(window)),
        )
        seen = self.db.execute(
            "SELECT count(*) FROM issue_condition_users WHERE issue_id = ?", (issue_id,)
        )
        return bool(seen.fetchone()[0] >= wanted)

    def _minutes_ago(self, minutes: int) -> str:
        return clock.timestamp(clock.parse(self.at) - timedelta(minutes=minutes))

    def is_escalating(self, parts: tuple[int, ...], *, first_seen: str, since_ignored: int) -> bool:
        """Whether this hour brings far more events than the hours before it.

        Only events since it was ignored count as "this hour": an issue that was noisy already must
        not come back at once. Its mean is over seven days, or over its life when it is younger.
        """
        if since_ignored <= AT_LEAST:
            return False
        now = clock.parse(self.at)
        week_ago = now - timedelta(hours=HOURS)
        row = self.db.execute(
            f"""
            SELECT coalesce(sum(events), 0) AS week,
                   coalesce(sum(events) FILTER (WHERE hour = ?), 0) AS this
            FROM issue_hours
            WHERE issue_id IN ({", ".join("?" * len(parts))}) AND hour >= ?
            """,
            (clock.hour(self.at), *parts, clock.hour(clock.timestamp(week_ago))),
        ).fetchone()
        recent = min(row["this"], since_ignored)
        age = (now - max(clock.parse(first_seen), week_ago)) / timedelta(hours=1)
        mean = (row["week"] - recent) / max(age, 1.0)
        return bool(recent > max(AT_LEAST, FACTOR * mean))
