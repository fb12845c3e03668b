"""What became of everything that was sent, counted per key, hour and category."""

from collections import Counter

from jentry import clock
from jentry.quotas import most
from jentry.store.connection import Connection
from jentry.store.rows import Outcome, Submission

REMEMBERED = 2000
OTHER = "other"

Spot = tuple[int, str, int, str, str, str]  # project, hour, key, category, outcome, reason


class Outcomes:
    def __init__(self, db: Connection) -> None:
        self.db = db
        self._counts: Counter[Spot] = Counter()
        self._known: set[Spot] = db.memo.setdefault("outcomes", set())
        self._rows: dict[tuple[int, str], int] = {}
        if len(self._known) > REMEMBERED:
            self._known.clear()

    def add(self, submission: Submission, outcome: Outcome) -> None:
        hour = outcome.hour or clock.hour(submission.received_at)
        self._counts[
            submission.project_id,
            hour,
            submission.key_id,
            outcome.category,
            outcome.outcome,
            outcome.reason,
        ] += outcome.quantity

    def flush(self) -> None:
        kept: Counter[Spot] = Counter()
        for spot, quantity in self._counts.items():
            kept[self._kept(spot)] += quantity
        self.db.putmany(
            """
            INSERT INTO outcome_hours (project_id, hour, key_id, category, outcome, reason,
                                       quantity)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (project_id, hour, key_id, category, outcome, reason) DO UPDATE
            SET quantity = outcome_hours.quantity + excluded.quantity
            """,
            [(*spot, quantity) for spot, quantity in sorted(kept.items())],
        )

    def _kept(self, spot: Spot) -> Spot:
        """The row that counts it: in an hour with too many, one for all other reasons."""
        if spot in self._known:
            return spot
        if spot[-1] in ("", OTHER) or self._is_there(spot) or self._makes_room(*spot[:2]):
            self._known.add(spot)
            return spot
        return (*spot[:-1], OTHER)

    def _is_there(self, spot: Spot) -> bool:
        found = self.db.execute(
            """
            SELECT 1
            FROM outcome_hours
            WHERE project_id = ? AND hour = ? AND key_id = ? AND category = ? AND outcome = ?
              AND reason = ?
            """,
            spot,
        )
        return found.fetchone() is not None

    def _makes_room(self, project_id: int, hour: str) -> bool:
        """For one more row."""
        if (project_id, hour) not in self._rows:
            (self._rows[project_id, hour],) = self.db.execute(
                "SELECT count(*) FROM outcome_hours WHERE project_id = ? AND hour = ?",
                (project_id, hour),
            ).fetchone()
        if self._rows[project_id, hour] >= most("outcomes"):
            return False
        self._rows[project_id, hour] += 1
        return True
