"""Events that turn out to belong to another issue: rows and figures go along, exactly.

Both issues are true after each transaction, parts of merged issues and what these are together
too. Neither comes back, escalates or is told of: what was counted when a status was set is moved
along with the events. The times an issue was first and last seen stay what they were where events
left; they are widened where events come. A user leaves with their last event, unless the issue has
had events that are not kept any more, or has too many to look through: those may have been theirs.
What an issue is found by is looked through afterwards: `reindexing.py`.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from jentry import clock
from jentry.quotas import most
from jentry.store import merging, reindexing
from jentry.store.connection import Connection

MOST_USERS = most("issue_users")
LOOKED_THROUGH = 10_000  # events of an issue, for who is still there
RELEASES = ("issue_releases", "release_id")
USERS = ("issue_users", "user_hash")
TAG = re.compile(r"\d+")

Place = tuple[int, Any]  # an issue, and what it has a row of


@dataclass(frozen=True, slots=True)
class Moved:
    """An event, and what it counts for. Issues may be parts of others."""

    id: int
    source: int
    target: int
    timestamp: str
    release_id: int | None
    user_hash: bytes | None
    person: str | None  # the mark of that user
    marks: str | None


class Wholes:
    """Which of some issues are parts of merged ones, and what else these are made of."""

    def __init__(self, db: Connection, ids: Iterable[int]) -> None:
        found = sorted(set(ids))
        rows = db.execute(
            f"""
            SELECT o.part_id, o.issue_id
            FROM issue_parts m JOIN issue_parts o ON o.issue_id = m.issue_id
            WHERE m.part_id IN ({", ".join("?" * len(found)) or "NULL"})
            ORDER BY o.part_id
            """,
            found,
        )
        self.by_part: dict[int, int] = {row["part_id"]: row["issue_id"] for row in rows}
        self.parts: dict[int, list[int]] = defaultdict(list)
        for part_id, whole_id in self.by_part.items():
            self.parts[whole_id].append(part_id)

    def of(self, issue_id: int) -> int:
        return self.by_part.get(issue_id, issue_id)

    def places(self, places: Iterable[Place]) -> set[Place]:
        return {(self.of(issue_id), value) for issue_id, value in places}

    def set(
        self, db: Connection, assignments: str, rows: list[dict[str, Any]], where: str = "1 = 1"
    ) -> None:
        """Figures of issues, or of parts: `id` and the parameters."""
        change = f"SET {assignments} WHERE {where}"
        own = sorted((row for row in rows if row["id"] not in self.by_part), key=itemgetter("id"))
        db.executemany(f"UPDATE issues {change} AND id = :id", own)
        parts = sorted((row for row in rows if row["id"] in self.by_part), key=itemgetter("id"))
        db.executemany(f"UPDATE issue_parts {change} AND part_id = :id", parts)


def move(db: Connection, events: list[Moved]) -> None:
    """Their rows; each hash must lead to the target already, or be led there by the caller."""
    if not events:
        return
    wholes = Wholes(db, (issue_id for one in events for issue_id in (one.source, one.target)))
    db.executemany(
        "UPDATE events SET issue_id = ? WHERE id = ?",
        sorted(((event.target, event.id) for event in events), key=itemgetter(1)),
    )
    _count(db, wholes, events)
    _hours(db, events)
    _tags(db, events)
    _releases(db, wholes, events)
    _users(db, wholes, events)
    reindexing.note(db, {one.source for one in events}, {one.target for one in events})
    merging.refresh(db, sorted(wholes.parts))


def _count(db: Connection, wholes: Wholes, events: list[Moved]) -> None:
    counts, of_wholes = Counter[int](), Counter[int]()
    for event in events:
        for issue_id, number in ((event.source, -1), (event.target, +1)):
            counts[issue_id] += number
            of_wholes[wholes.of(issue_id)] += number
    rows = [{"id": issue_id, "events": number} for issue_id, number in sorted(counts.items())]
    wholes.set(db, "event_count = event_count + :events", rows)
    db.executemany(
        """
        UPDATE issues
        SET status_events = CASE WHEN status_events + :events > 0
                            THEN status_events + :events ELSE 0 END
        WHERE id = :id
        """,
        [{"id": issue_id, "events": number} for issue_id, number in sorted(of_wholes.items())],
    )
    _count_states(db, wholes, events)
    wholes.set(
        db,
        """
        first_seen = CASE WHEN first_seen > :at THEN CAST(:at AS TEXT) ELSE first_seen END,
        last_seen = CASE WHEN last_seen < :at THEN CAST(:at AS TEXT) ELSE last_seen END
        """,
        sorted(
            ({"id": event.target, "at": event.timestamp} for event in events),
            key=itemgetter("id", "at"),
        ),
    )


def _count_states(db: Connection, wholes: Wholes, events: list[Moved]) -> None:
    """What parts had counted when they were merged: once taken out they do not come back for it."""
    of_parts: dict[int, Counter[int | None]] = defaultdict(Counter)  # by release
    for event in events:
        for part_id, number in ((event.source, -1), (event.target, +1)):
            if part_id in wholes.by_part:
                of_parts[part_id][event.release_id] += number
    changed = []
    for part_id, releases in sorted(of_parts.items()):
        row = db.execute(
            "SELECT state, merged_events FROM issue_parts WHERE part_id = ?", (part_id,)
        ).fetchone()
        state, number = json.loads(row["state"]), sum(releases.values())
        for name in ("events", "status_events"):
            if name in state:
                state[name] = max(0, state[name] + number)
        for name in ("releases", "own_releases"):
            if name in state:
                named = Counter({str(key): n for key, n in releases.items() if key is not None})
                state[name] = dict(Counter(state[name]) + named)
        changed.append((json.dumps(state), max(0, row["merged_events"] + number), part_id))
    db.executemany(
        "UPDATE issue_parts SET state = ?, merged_events = ? WHERE part_id = ?",
        sorted(changed, key=itemgetter(-1)),
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


def _releases(db: Connection, wholes: Wholes, events: list[Moved]) -> None:
    left, come = Counter[Place](), Counter[Place]()
    for event in events:
        if event.release_id is not None:
            left[event.source, event.release_id] += 1
            come[event.target, event.release_id] += 1
    shown = wholes.places({*left, *come})
    issues = Counter[int]()  # of each release
    issues.subtract(release_id for _, release_id in _held(db, wholes.parts, *RELEASES, shown))
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
    db.executemany(
        "DELETE FROM issue_releases WHERE issue_id = ? AND release_id = ? AND events <= 0",
        sorted(left),
    )
    issues.update(release_id for _, release_id in _held(db, wholes.parts, *RELEASES, shown))
    db.executemany(
        "UPDATE releases SET issues = issues + ? WHERE id = ?",
        [(number, release_id) for release_id, number in sorted(issues.items()) if number],
    )
    _name_releases(db, wholes, events)


def _held(
    db: Connection,
    parts: Mapping[int, Sequence[int]],
    table: str,
    column: str,
    places: Iterable[Place],
) -> list[Place]:
    """Those of the places where an issue, or any of its parts, has a row."""
    held = []
    for issue_id, value in places:
        ids = parts.get(issue_id) or (issue_id,)
        row = db.execute(
            f"""
            SELECT 1 FROM {table}
            WHERE {column} = ? AND issue_id IN ({", ".join("?" * len(ids))})
            LIMIT 1
            """,
            (value, *ids),
        ).fetchone()
        if row is not None:
            held.append((issue_id, value))
    return held


def _name_releases(db: Connection, wholes: Wholes, events: list[Moved]) -> None:
    """The first and the last one that a target was seen in; what are too many has no name."""
    rows = sorted(
        (
            {"id": event.target, "release_id": event.release_id, "at": event.timestamp}
            for event in events
            if event.release_id is not None
        ),
        key=itemgetter("id", "at"),
    )
    named = "(SELECT r.id FROM releases r WHERE r.id = :release_id AND r.version <> '') > 0"
    wholes.set(
        db,
        "first_release_id = :release_id, first_release_at = :at",
        rows,
        f"(first_release_at IS NULL OR first_release_at > :at) AND {named}",
    )
    wholes.set(
        db,
        "last_release_id = :release_id, last_release_at = :at",
        rows,
        f"(last_release_at IS NULL OR last_release_at <= :at) AND {named}",
    )


def _users(db: Connection, wholes: Wholes, events: list[Moved]) -> None:
    come = {(one.target, one.user_hash) for one in events if one.user_hash is not None}
    gone = _gone(db, events) - come
    places, shown = come | gone, wholes.places(come | gone)
    own, together = Counter[int](), Counter[int]()
    own.subtract(issue_id for issue_id, _ in _held(db, {}, *USERS, places))
    together.subtract(issue_id for issue_id, _ in _held(db, wholes.parts, *USERS, shown))
    db.executemany("DELETE FROM issue_users WHERE issue_id = ? AND user_hash = ?", sorted(gone))
    db.executemany(
        f"""
        INSERT INTO issue_users (issue_id, user_hash)
        SELECT i.id, ?
        FROM issues i LEFT JOIN issue_parts m ON m.part_id = i.id
        WHERE i.id = ? AND coalesce(m.user_count, i.user_count) < {MOST_USERS}
        ON CONFLICT (issue_id, user_hash) DO NOTHING
        """,
        sorted((user, issue_id) for issue_id, user in come),
    )
    own.update(issue_id for issue_id, _ in _held(db, {}, *USERS, places))
    together.update(issue_id for issue_id, _ in _held(db, wholes.parts, *USERS, shown))
    more = "user_count = user_count + :users"
    wholes.set(db, more, [{"id": key, "users": number} for key, number in sorted(own.items())])
    rows = [{"id": key, "users": number} for key, number in sorted(together.items())]
    merged = sorted((row for row in rows if row["id"] in wholes.parts), key=itemgetter("id"))
    db.executemany(f"UPDATE issues SET {more} WHERE id = :id", merged)
    # A condition that waits for more of them does not see those that were moved.
    db.executemany(
        "UPDATE issue_conditions SET from_users = from_users + :users WHERE issue_id = :id", rows
    )


def _gone(db: Connection, events: list[Moved]) -> set[Place]:
    """Users of whom nothing is left where these events were."""
    leaving: dict[int, dict[str, bytes]] = defaultdict(dict)
    for event in events:
        if event.user_hash is not None and event.person is not None:
            leaving[event.source][event.person] = event.user_hash
    gone = set()
    for issue_id, people in sorted(leaving.items()):
        for person in people.keys() - _still_there(db, issue_id, set(people)):
            gone.add((issue_id, people[person]))
    return gone


def _still_there(db: Connection, issue_id: int, people: set[str]) -> set[str]:
    """Those who have events in an issue, or may have had some."""
    if reindexing.has_lost(db, issue_id):
        return people
    rows = db.execute(
        """
        SELECT marks FROM events WHERE issue_id = ? ORDER BY timestamp DESC, id DESC LIMIT ?
        """,
        (issue_id, LOOKED_THROUGH + 1),
    )
    absent = set(people)
    for number, row in enumerate(rows):
        if number == LOOKED_THROUGH or row["marks"] is None:  # not looked through by upkeep yet
            return people
        absent.difference_update(row["marks"].split(" "))
        if not absent:
            break
    return people - absent
