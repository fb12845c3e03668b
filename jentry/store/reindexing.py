"""What an issue is found by once events have left it: facets and people of those that it keeps.

`moving.py` notes which issues these are. What one keeps is read outside of any transaction, piece
by piece; only what came meanwhile is read in the transaction that takes from it what no event has.
An issue that has lost events otherwise stays as it is: nobody knows what those had.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from jentry.search import facets
from jentry.store import instance, search_fill
from jentry.store.connection import Connection, Row
from jentry.store.sql import fold

ISSUES = 20  # that are read together: ingestion forgets what it knows once for all of them
CHUNK = 200  # events that are read at once
WINDOW = 2000  # rows that are looked through at once


@dataclass
class Reading:
    """One issue, or part, and what its events are known to have up to `place`.

    `moves` tells whether events were moved meanwhile, `last_id` which ones came meanwhile; `gone`
    are people that the issue is found by without any event of theirs.
    """

    issue_id: int
    moves: int
    last_id: int
    place: tuple[str, int] = ("", 0)
    facets: set[tuple[str, str]] = field(default_factory=set)
    people: set[bytes] = field(default_factory=set)
    gone: set[bytes] = field(default_factory=set)


def note(db: Connection, left: Iterable[int], come: Iterable[int]) -> None:
    """Issues that events have left, and those where they have come."""
    db.executemany(
        """
        INSERT INTO reindexings (issue_id, moves) VALUES (?, 1)
        ON CONFLICT (issue_id) DO UPDATE SET moves = reindexings.moves + 1
        """,
        [(issue_id,) for issue_id in sorted(set(left))],
    )
    db.executemany(
        "UPDATE reindexings SET moves = moves + 1 WHERE issue_id = ?",
        [(issue_id,) for issue_id in sorted(set(come))],
    )


def has_lost(db: Connection, issue_id: int) -> bool:
    """Whether there were events that are not kept any more."""
    row = db.execute(
        "SELECT 1 FROM issue_evictions WHERE issue_id = ? AND events > 0 LIMIT 1", (issue_id,)
    )
    return row.fetchone() is not None


def begin(db: Connection) -> list[Reading]:
    """The next ones, of all organizations; none when nothing is left to do."""
    rows = db.execute(
        f"""
        SELECT issue_id, moves, (SELECT coalesce(max(id), 0) FROM events) AS last_id
        FROM reindexings
        ORDER BY issue_id
        LIMIT {ISSUES}
        """
    )
    return [Reading(*row) for row in rows]


def read(db: Connection, reading: Reading) -> bool:
    """The next events of the issue. Whether there may be more."""
    if has_lost(db, reading.issue_id):
        return False
    rows = db.execute(
        f"""
        SELECT e.id, e.project_id, e.issue_id, e.timestamp, d.data
        FROM events e
        LEFT JOIN event_payloads d ON d.id = e.id
        WHERE e.issue_id = ? AND (e.timestamp, e.id) > (?, ?)
        ORDER BY e.timestamp, e.id
        LIMIT {CHUNK}
        """,
        (reading.issue_id, *reading.place),
    ).fetchall()
    _add(db, reading, rows)
    if rows:
        reading.place = (rows[-1]["timestamp"], rows[-1]["id"])
    return len(rows) == CHUNK


def read_people(
    db: Connection, readings: Iterable[Reading], after: tuple[bytes, int]
) -> tuple[bytes, int] | None:
    """Of the next rows of issue_people those of the issues; the last row, None at the end."""
    rows = db.execute(
        f"""
        SELECT s.hash, s.issue_id
        FROM issue_people s
        WHERE (s.hash, s.issue_id) > (?, ?)
        ORDER BY s.hash, s.issue_id
        LIMIT {WINDOW}
        """,
        after,
    ).fetchall()
    by_issue = {reading.issue_id: reading for reading in readings}
    for row in rows:
        reading = by_issue.get(row["issue_id"])
        if reading is not None and row["hash"] not in reading.people:
            reading.gone.add(row["hash"])
    return tuple(rows[-1]) if len(rows) == WINDOW else None


def _add(db: Connection, reading: Reading, rows: Iterable[Row]) -> None:
    salt = instance.get(db)["secret"]
    for row in rows:
        event = search_fill.found_in(db, salt, row)
        reading.people.update(event.people)
        for key, value in facets.pairs(event.facets):
            reading.facets.add((key, facets.spelled(key, fold(value))))


def write(db: Connection, readings: Iterable[Reading]) -> bool:
    """False when events were moved meanwhile: those issues are to be read anew."""
    is_done, has_taken = True, False
    ended: list[tuple[int]] = []
    for reading in readings:
        mine = (reading.issue_id,)
        row = db.execute("SELECT moves FROM reindexings WHERE issue_id = ?", mine).fetchone()
        if row is None or row["moves"] != reading.moves:
            is_done = is_done and row is None
            continue
        if not has_lost(db, reading.issue_id):
            has_taken = _take(db, reading) or has_taken
        ended.append(mine)
    db.executemany("DELETE FROM reindexings WHERE issue_id = ?", ended)
    if has_taken:
        # What brings them again is new again; what ingestion remembers, it forgets by this number.
        db.memo.clear()
        db.execute("UPDATE instance SET config_version = config_version + 1 WHERE id = 1")
    return is_done


def _take(db: Connection, reading: Reading) -> bool:
    """What no event has any more, those that came meanwhile included. False when that is
    nothing.
    """
    came = db.execute(
        """
        SELECT e.id, e.project_id, e.issue_id, d.data
        FROM events e
        LEFT JOIN event_payloads d ON d.id = e.id
        WHERE e.id > ? AND +e.issue_id = ?
        ORDER BY e.id
        """,
        (reading.last_id, reading.issue_id),
    ).fetchall()
    _add(db, reading, came)
    rows = db.execute(
        """
        SELECT s.facet_id, f.key, f.folded
        FROM issue_facets s
        JOIN facets f ON f.id = s.facet_id
        WHERE s.issue_id = ?
        ORDER BY s.facet_id
        """,
        (reading.issue_id,),
    )
    gone = [row["facet_id"] for row in rows if (row["key"], row["folded"]) not in reading.facets]
    people = sorted(reading.gone - reading.people)
    if not gone and not people:
        return False
    mine = reading.issue_id
    db.executemany(
        "DELETE FROM issue_facets WHERE facet_id = ? AND issue_id = ?",
        [(facet_id, mine) for facet_id in gone],
    )
    db.executemany(
        "DELETE FROM issue_people WHERE hash = ? AND issue_id = ?",
        [(hashed, mine) for hashed in people],
    )
    db.execute("DELETE FROM issue_shapes WHERE issue_id = ?", (mine,))
    return True
