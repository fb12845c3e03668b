"""What became of everything that was sent, counted per key, hour and category."""

from collections import Counter

from jentry import clock
from jentry.store.connection import Connection
from jentry.store.rows import Outcome, Submission


class Outcomes:
    def __init__(self, db: Connection) -> None:
        self.db = db
        self._counts: Counter[tuple[int, str, int, str, str, str]] = Counter()

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
        self.db.executemany(
            """
            INSERT INTO outcome_hours (project_id, hour, key_id, category, outcome, reason,
                                       quantity)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (project_id, hour, key_id, category, outcome, reason) DO UPDATE
            SET quantity = outcome_hours.quantity + excluded.quantity
            """,
            [(*spot, quantity) for spot, quantity in sorted(self._counts.items())],
        )
