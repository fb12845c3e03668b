"""Events that turn out to belong to another issue: rows and figures go along, exactly.

Both issues are true after each transaction. Neither comes back, escalates or is told of: what was
counted when a status was set is moved along with the events. The times an issue was first and last
seen, and users it had, stay what they were where events left; they are widened where events come.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from operator import itemgetter

from jentry import clock
from jentry.quotas import most
from jentry.store import audit
from jentry.store.audit import Actor
from jentry.store.connection import Connection

MOST_USERS = most("issue_users")
TAG = re.compile(r"\d+")

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Moved:
    """An event, and what it counts for."""

    id: int
    source: int
    target: int
    timestamp: str
    release_id: int | None
    user_hash: bytes | None
    marks: str | None


def move(db: Connection, events: list[Moved]) -> None:
    """Their rows; each hash must lead to the target already, or be led there by the caller."""
    counts = Counter({event.source: 0 for event in events})
    for event in events:
        counts[event.source] -= 1
        counts[event.target] += 1
    db.executemany(
        "UPDATE events SET issue_id = ? WHERE id = ?",
        sorted(((event.target, event.id) for event in events), key=itemgetter(1)),
    )
    _count(db, events, counts)
    _hours(db, events)
    _tags(db, events)
    _releases(db, events)
    _users(db, events)


def _count(db: Connection, events: list[Moved], counts: Counter[int]) -> None:
    db.executemany(
        """
        UPDATE issues
        SET event_count = event_count + :events,
            status_events = CASE WHEN status_events + :events > 0
                            THEN status_events + :events ELSE 0 END
        WHERE id = :id
        """,
        [{"id": issue_id, "events": number} for issue_id, number in sorted(counts.items())],
    )
    db.executemany(
        """
        UPDATE issues
        SET first_seen = CASE WHEN first_seen > :at THEN CAST(:at AS TEXT) ELSE first_seen END,
            last_seen = CASE WHEN last_seen < :at THEN CAST(:at AS TEXT) ELSE last_seen END
        WHERE id = :id
        """,
        sorted(
            ({"id": event.target, "at": event.timestamp} for event in events),
            key=itemgetter("id", "at"),
        ),
    )


def _hours(db: Connection, events: list[Moved]) -> None:
    changes: Counter[tuple[int, str]] = Counter()
    for event in events:
        hour = clock.hour(event.timestamp)
        changes[event.source, hour] -= 1
        changes[event.target, hour] += 1
    db.executemany(
        """
        INSERT INTO issue_hours (issue_id, hour, events)
        VALUES (?, ?, ?)
        ON CONFLICT (issue_id, hour) DO UPDATE SET events = issue_hours.events + excluded.events
        """,
        sorted((*place, number) for place, number in changes.items()),
    )
    db.executemany(
        "DELETE FROM issue_hours WHERE issue_id = ? AND hour = ? AND events <= 0", sorted(changes)
    )


def _tags(db: Connection, events: list[Moved]) -> None:
    keys = _keys(db, {tag for event in events for tag in _tag_ids(event)})
    gone: Counter[tuple[int, int, int]] = Counter()
    come: dict[tuple[int, int, int], tuple[int, str]] = {}
    for event in events:
        for tag_id in _tag_ids(event):
            if (key_id := keys.get(tag_id)) is not None:
                gone[event.source, key_id, tag_id] += 1
                spot = event.target, key_id, tag_id
                number, last = come.get(spot, (0, ""))
                come[spot] = number + 1, max(last, event.timestamp)
    db.executemany(
        """
        UPDATE issue_tags SET events = events - ?
        WHERE issue_id = ? AND key_id = ? AND tag_id = ?
        """,
        [(number, *spot) for spot, number in sorted(gone.items())],
    )
    db.executemany(
        "DELETE FROM issue_tags WHERE issue_id = ? AND key_id = ? AND tag_id = ? AND events <= 0",
        sorted(gone),
    )
    db.executemany(
        """
        INSERT INTO issue_tags (issue_id, key_id, tag_id, events, last_seen)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (issue_id, key_id, tag_id) DO UPDATE
        SET events = issue_tags.events + excluded.events,
            last_seen = CASE WHEN excluded.last_seen > issue_tags.last_seen
                        THEN excluded.last_seen ELSE issue_tags.last_seen END
        """,
        sorted((*spot, *counted) for spot, counted in come.items()),
    )


def _tag_ids(event: Moved) -> list[int]:
    """Where it was counted; of one that upkeep has not looked through yet, nothing is known."""
    return [int(mark) for mark in (event.marks or "").split() if TAG.fullmatch(mark)]


def _keys(db: Connection, tag_ids: set[int]) -> dict[int, int]:
    """Of each tag the id of its key."""
    rows = db.execute(
        f"""
        SELECT t.id, k.id AS key_id
        FROM tags t
        JOIN tag_keys k ON k.project_id = t.project_id AND k.key = t.key
        WHERE t.id IN ({", ".join("?" * len(tag_ids)) or "NULL"})
        """,
        sorted(tag_ids),
    )
    return {row["id"]: row["key_id"] for row in rows}


def _releases(db: Connection, events: list[Moved]) -> None:
    left: Counter[Pair] = Counter()
    come: Counter[Pair] = Counter()
    for event in events:
        if event.release_id is not None:
            left[event.source, event.release_id] += 1
            come[event.target, event.release_id] += 1
    issues: Counter[int] = Counter()  # of each release
    known = {place for place in come if _events_of(db, place) is not None}
    issues.update(release_id for _, release_id in come.keys() - known)
    db.executemany(
        """
        INSERT INTO issue_releases (issue_id, release_id, events)
        VALUES (?, ?, ?)
        ON CONFLICT (issue_id, release_id) DO UPDATE
        SET events = issue_releases.events + excluded.events
        """,
        sorted((*place, number) for place, number in come.items()),
    )
    db.executemany(
        "UPDATE issue_releases SET events = events - ? WHERE issue_id = ? AND release_id = ?",
        [(number, *place) for place, number in sorted(left.items())],
    )
    gone = [place for place in sorted(left) if not _events_of(db, place)]
    issues.subtract(release_id for _, release_id in gone)
    db.executemany("DELETE FROM issue_releases WHERE issue_id = ? AND release_id = ?", gone)
    db.executemany(
        "UPDATE releases SET issues = issues + ? WHERE id = ?",
        [(number, release_id) for release_id, number in sorted(issues.items()) if number],
    )
    _name_releases(db, events)


def _events_of(db: Connection, place: Pair) -> int | None:
    """Of an issue in a release; None when it was never seen there."""
    row = db.execute(
        "SELECT events FROM issue_releases WHERE issue_id = ? AND release_id = ?", place
    ).fetchone()
    return None if row is None else int(row["events"])


def _name_releases(db: Connection, events: list[Moved]) -> None:
    """The first and the last one that a target was seen in; what are too many has no name."""
    rows = sorted(
        (
            {"id": event.target, "release_id": event.release_id, "at": event.timestamp}
            for event in events
            if event.release_id is not None
        ),
        key=itemgetter("id", "at"),
    )
    named = "(SELECT r.id FROM releases r WHERE r.id = :release_id AND r.version <> '')"
    db.executemany(
        f"""
        UPDATE issues SET first_release_id = :release_id, first_release_at = :at
        WHERE id = :id AND (first_release_at IS NULL OR first_release_at > :at) AND {named} > 0
        """,
        rows,
    )
    db.executemany(
        f"""
        UPDATE issues SET last_release_id = :release_id, last_release_at = :at
        WHERE id = :id AND (last_release_at IS NULL OR last_release_at <= :at) AND {named} > 0
        """,
        rows,
    )


def _users(db: Connection, events: list[Moved]) -> None:
    come: dict[int, set[bytes]] = defaultdict(set)
    for event in events:
        if event.user_hash is not None:
            come[event.target].add(event.user_hash)
    db.executemany(
        f"""
        INSERT INTO issue_users (issue_id, user_hash)
        SELECT i.id, ? FROM issues i WHERE i.id = ? AND i.user_count < {MOST_USERS}
        ON CONFLICT (issue_id, user_hash) DO NOTHING
        """,
        sorted((user, issue_id) for issue_id, users in come.items() for user in users),
    )
    _recount(db, sorted(come))


def _recount(db: Connection, issue_ids: list[int]) -> None:
    """Users; a condition that waits for more of them does not see those that were moved."""
    db.executemany(
        """
        UPDATE issue_conditions
        SET from_users = from_users
            + (SELECT count(*) FROM issue_users u WHERE u.issue_id = issue_conditions.issue_id)
            - (SELECT i.user_count FROM issues i WHERE i.id = issue_conditions.issue_id)
        WHERE issue_id = ?
        """,
        [(issue_id,) for issue_id in sorted(issue_ids)],
    )
    db.executemany(
        """
        UPDATE issues
        SET user_count = (SELECT count(*) FROM issue_users u WHERE u.issue_id = issues.id)
        WHERE id = ?
        """,
        [(issue_id,) for issue_id in sorted(issue_ids)],
    )


# -- What is left --


def join_empty(db: Connection, project_id: int, pairs: set[Pair], at: str) -> None:
    """Of issues that events have left for others: those that have none any more lead on, and one
    that no person has touched becomes part of where its last events went.
    """
    left = [pair for pair in sorted(pairs) if not _has_events(db, pair[0])]
    db.executemany(
        "UPDATE issue_hashes SET issue_id = ? WHERE issue_id = ?",
        sorted((target, source) for source, target in left),
    )
    for source, target in left:
        if not _is_touched(db, source):
            _join(db, source, target)
            _tell(db, project_id, source, target, at)


def _has_events(db: Connection, issue_id: int) -> bool:
    row = db.execute("SELECT 1 FROM events WHERE issue_id = ? LIMIT 1", (issue_id,)).fetchone()
    return row is not None


def _is_touched(db: Connection, issue_id: int) -> bool:
    """Whether a person has set its status or assignee, muted it, or said something of it."""
    row = db.execute(
        """
        SELECT 1 FROM issues i
        WHERE i.id = :id
          AND (i.assignee_id IS NOT NULL OR i.muted_until IS NOT NULL OR i.status <> 'unresolved'
               OR EXISTS (SELECT 1 FROM comments c WHERE c.issue_id = :id)
               OR EXISTS (SELECT 1 FROM issue_returns r WHERE r.issue_id = :id)
               OR EXISTS (SELECT 1 FROM operation_issues o WHERE o.issue_id = :id)
               OR EXISTS (SELECT 1 FROM audit_log a WHERE a.target = :target))
        """,
        {"id": issue_id, "target": f"issue:{issue_id}"},
    ).fetchone()
    return row is not None


def _join(db: Connection, source: int, target: int) -> None:
    """Its lifetime figures are those of the other from now on; it is no more."""
    _join_counts(db, source, target)
    _join_releases(db, source, target)
    db.execute(
        """
        INSERT INTO issue_users (issue_id, user_hash)
        SELECT ?, u.user_hash FROM issue_users u WHERE u.issue_id = ?
        ON CONFLICT (issue_id, user_hash) DO NOTHING
        """,
        (target, source),
    )
    _recount(db, [target])
    row = db.execute(
        "DELETE FROM issues WHERE id = ? RETURNING event_count, first_seen, last_seen",
        (source,),
    ).fetchone()
    db.execute(
        """
        UPDATE issues
        SET event_count = event_count + :events, status_events = status_events + :events,
            first_seen = CASE WHEN first_seen > :first THEN CAST(:first AS TEXT)
                         ELSE first_seen END,
            last_seen = CASE WHEN last_seen < :last THEN CAST(:last AS TEXT) ELSE last_seen END
        WHERE id = :id
        """,
        {
            "id": target, "events": row["event_count"], "first": row["first_seen"],
            "last": row["last_seen"],
        },
    )  # fmt: skip


def _tell(db: Connection, project_id: int, source: int, target: int, at: str) -> None:
    org = db.execute("SELECT org_id FROM projects WHERE id = ?", (project_id,)).fetchone()
    actor = Actor(org["org_id"], None, "system")
    audit.record(db, actor, "issue.join", f"issue:{target}", at, joined=source)


def _join_counts(db: Connection, source: int, target: int) -> None:
    db.execute(
        """
        INSERT INTO issue_hours (issue_id, hour, events)
        SELECT ?, h.hour, h.events FROM issue_hours h WHERE h.issue_id = ?
        ON CONFLICT (issue_id, hour) DO UPDATE SET events = issue_hours.events + excluded.events
        """,
        (target, source),
    )
    db.execute(
        """
        INSERT INTO issue_evictions (issue_id, reason, events, last_at)
        SELECT ?, g.reason, g.events, g.last_at FROM issue_evictions g WHERE g.issue_id = ?
        ON CONFLICT (issue_id, reason) DO UPDATE
        SET events = issue_evictions.events + excluded.events
        """,
        (target, source),
    )
    db.execute(
        """
        INSERT INTO issue_tags (issue_id, key_id, tag_id, events, last_seen)
        SELECT ?, s.key_id, s.tag_id, s.events, s.last_seen FROM issue_tags s WHERE s.issue_id = ?
        ON CONFLICT (issue_id, key_id, tag_id) DO UPDATE
        SET events = issue_tags.events + excluded.events
        """,
        (target, source),
    )


def _join_releases(db: Connection, source: int, target: int) -> None:
    db.execute(
        """
        UPDATE releases SET issues = issues - 1
        WHERE id IN (SELECT x.release_id FROM issue_releases x WHERE x.issue_id = ?)
          AND id IN (SELECT x.release_id FROM issue_releases x WHERE x.issue_id = ?)
        """,
        (source, target),
    )
    db.execute(
        """
        INSERT INTO issue_releases (issue_id, release_id, events)
        SELECT ?, x.release_id, x.events FROM issue_releases x WHERE x.issue_id = ?
        ON CONFLICT (issue_id, release_id) DO UPDATE
        SET events = issue_releases.events + excluded.events
        """,
        (target, source),
    )
