"""How much a project may store per window of time: exact across processes and restarts."""

from datetime import UTC, datetime

from jentry import clock
from jentry.quotas import QUOTAS
from jentry.store.connection import Connection
from jentry.store.rows import RateLimit, Submission

WINDOWS = "SELECT quota, starts_at, used FROM quota_windows WHERE project_id = ?"


class Quotas:
    """Windows are aligned to the clock: of five minutes, at :00, :05 and so on."""

    def __init__(self, db: Connection, at: str) -> None:
        self.db = db
        self._now = clock.parse(at).timestamp()
        self._starts = {
            seconds: clock.timestamp(datetime.fromtimestamp(self._now // seconds * seconds, UTC))
            for seconds in {quota.seconds for quota in QUOTAS.values()}
        }
        self._used: dict[int, dict[str, int]] = {}  # project -> quota -> rows or bytes
        self._spent: set[tuple[int, str]] = set()

    def exceeded(self, submission: Submission, amounts: dict[str, int]) -> RateLimit | None:
        """None when all of it fits, else the full quota whose window ends last.

        `amounts`: by the names of the quotas, of which those without a limit are left out.
        """
        used = self._used.get(submission.project_id) or self._load(submission.project_id)
        full = [
            name
            for name, amount in amounts.items()
            if name in submission.limits and used[name] + amount > submission.limits[name]
        ]
        if not full:
            return None
        name = max(full, key=lambda name: QUOTAS[name].seconds)
        return RateLimit(name, self._seconds_left(QUOTAS[name].seconds))

    def spend(self, submission: Submission, amounts: dict[str, int]) -> None:
        project_id = submission.project_id
        used = self._used.get(project_id) or self._load(project_id)
        for name, amount in amounts.items():
            if name in submission.limits:
                used[name] += amount
                self._spent.add((project_id, name))

    def _load(self, project_id: int) -> dict[str, int]:
        rows = self.db.lookups(WINDOWS, (project_id,))
        running = {
            row["quota"]: row["used"]
            for row in rows
            if row["quota"] in QUOTAS
            and row["starts_at"] == self._starts[QUOTAS[row["quota"]].seconds]
        }
        used = self._used[project_id] = dict.fromkeys(QUOTAS, 0) | running
        return used

    def _seconds_left(self, seconds: int) -> int:
        return int(seconds - self._now % seconds) + 1

    def flush(self) -> None:
        self.db.putmany(
            """
            INSERT INTO quota_windows (project_id, quota, starts_at, used)
            VALUES (?, ?, ?, ?)
            ON CONFLICT (project_id, quota) DO UPDATE
            SET starts_at = excluded.starts_at, used = excluded.used
            """,
            [
                (
                    project_id,
                    name,
                    self._starts[QUOTAS[name].seconds],
                    self._used[project_id][name],
                )
                for project_id, name in sorted(self._spent)
            ],
        )
