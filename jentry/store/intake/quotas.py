"""How many events a project may store per window of time: exact across processes and restarts."""

from datetime import UTC, datetime

from jentry import clock
from jentry.store.connection import Connection


class Quotas:
    """Windows are aligned to the clock: of five minutes, at :00, :05 and so on."""

    def __init__(self, db: Connection, at: str) -> None:
        self.db = db
        self._now = clock.parse(at).timestamp()
        self._events: dict[tuple[int, int], int] = {}

    def retry_after(self, project_id: int, quotas: tuple[tuple[int, int], ...]) -> int:
        """0 when one more event fits, else the seconds until the last full window ends."""
        waits = [
            self._seconds_left(seconds)
            for seconds, allowed in quotas
            if self._count(project_id, seconds) >= allowed
        ]
        return max(waits, default=0)

    def spend(self, project_id: int, quotas: tuple[tuple[int, int], ...]) -> None:
        for seconds, _ in quotas:
            self._events[project_id, seconds] = self._count(project_id, seconds) + 1

    def _count(self, project_id: int, seconds: int) -> int:
        if (project_id, seconds) not in self._events:
            row = self.db.execute(
                """
                SELECT events
                FROM quota_windows
                WHERE project_id = ? AND seconds = ? AND starts_at = ?
                """,
                (project_id, seconds, self._starts_at(seconds)),
            ).fetchone()
            self._events[project_id, seconds] = row["events"] if row else 0
        return self._events[project_id, seconds]

    def _starts_at(self, seconds: int) -> str:
        return clock.timestamp(datetime.fromtimestamp(self._now // seconds * seconds, UTC))

    def _seconds_left(self, seconds: int) -> int:
        return int(seconds - self._now % seconds) + 1

    def flush(self) -> None:
        self.db.executemany(
            """
            INSERT INTO quota_windows (project_id, seconds, starts_at, events)
            VALUES (?, ?, ?, ?)
            ON CONFLICT (project_id, seconds) DO UPDATE
            SET starts_at = excluded.starts_at, events = excluded.events
            """,
            [
                (project_id, seconds, self._starts_at(seconds), events)
                for (project_id, seconds), events in sorted(self._events.items())
            ],
        )
