"""Take events that are not kept any more out of the file, and remember how many there were."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from jentry.store.connection import Connection
from jentry.store.sql import OF_ISSUE

CHUNK = 50  # events in a transaction: a few milliseconds

Victim = tuple[int, int]  # the ids of an issue and of one of its events


def delete_events(db: Connection, victims: Sequence[Victim], reason: str, at: str) -> int:
    """Events with their payloads and files: the number of those that were still there.

    At most CHUNK. `reason` is a word of issue_evictions. What counted them stays as it is.
    """
    issues = sorted({issue_id for issue_id, _ in victims})
    # The ids were chosen before there was a lock, perhaps in a file that was replaced since. The
    # sign keeps SQLite from reading all events of an issue for it.
    rows = db.execute(
        f"""
        DELETE FROM events
        WHERE id IN ({_places(victims)}) AND +issue_id IN ({_places(issues)})
        RETURNING issue_id, project_id, event_id
        """,
        (*sorted(event_id for _, event_id in victims), *issues),
    ).fetchall()
    db.executemany(
        "DELETE FROM attachments WHERE project_id = ? AND event_id = ?",
        sorted((row["project_id"], row["event_id"]) for row in rows),
    )
    count(db, Counter(row["issue_id"] for row in rows), reason, at)
    return len(rows)


def delete_files(db: Connection, ids: Sequence[int]) -> int:
    """Attachments: the number of those that were still there."""
    return db.executemany(
        "DELETE FROM attachments WHERE id = ?", [(file_id,) for file_id in sorted(ids)]
    ).rowcount


def count(db: Connection, events: Counter[int], reason: str, at: str) -> None:
    """Events by issue that are gone."""
    db.executemany(
        """
        INSERT INTO issue_evictions (issue_id, reason, events, last_at)
        VALUES (?, ?, ?, ?)
        ON CONFLICT (issue_id, reason) DO UPDATE
        SET events = issue_evictions.events + excluded.events, last_at = excluded.last_at
        """,
        [(issue_id, reason, number, at) for issue_id, number in sorted(events.items())],
    )
    hour = at[: len("2026-06-29T12")]
    db.execute(
        "UPDATE usage_hours SET evicted = evicted + ? WHERE hour = ?", (events.total(), hour)
    )


def count_of_issue(db: Connection, mine: dict[str, Any], reason: str, events: int, at: str) -> None:
    """So many events of an issue (`issue_id`, `org_id`) are not kept any more."""
    db.execute(
        f"""
        INSERT INTO issue_evictions (issue_id, reason, events, last_at)
        SELECT i.id, :reason, :events, :at
        {OF_ISSUE}
        ON CONFLICT (issue_id, reason) DO UPDATE
        SET events = issue_evictions.events + excluded.events, last_at = excluded.last_at
        """,
        mine | {"reason": reason, "events": events, "at": at},
    )


def _places(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values)) or "NULL"
