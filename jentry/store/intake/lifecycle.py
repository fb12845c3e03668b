"""When an ignored issue comes back by itself. `ingest/README.md`: Issue lifecycle."""

from datetime import timedelta

from jentry import clock
from jentry.store.connection import Connection

HOURS = 7 * 24
AT_LEAST = 10  # events in the hour
FACTOR = 5  # times the mean hourly rate


def is_escalating(
    db: Connection, issue_id: int, *, first_seen: str, since_ignored: int, at: str
) -> bool:
    """Whether this hour brings far more events than the hours before it.

    Only events since it was ignored count as "this hour": an issue that was noisy already must
    not come back at once. Its mean is over seven days, or over its life when it is younger.
    """
    if since_ignored <= AT_LEAST:
        return False
    now = clock.parse(at)
    week_ago = now - timedelta(hours=HOURS)
    row = db.execute(
        """
        SELECT coalesce(sum(events), 0) AS week,
               coalesce(sum(events) FILTER (WHERE hour = :this), 0) AS this
        FROM issue_hours
        WHERE issue_id = :issue_id AND hour >= :since
        """,
        {
            "issue_id": issue_id,
            "this": clock.hour(at),
            "since": clock.hour(clock.timestamp(week_ago)),
        },
    ).fetchone()
    recent = min(row["this"], since_ignored)
    age = (now - max(clock.parse(first_seen), week_ago)) / timedelta(hours=1)
    mean = (row["week"] - recent) / max(age, 1.0)
    return bool(recent > max(AT_LEAST, FACTOR * mean))
