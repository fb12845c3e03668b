"""What older versions and imports stored is filled into the tables of the search, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson

from jentry.event_tags import indexed
from jentry.search import facets
from jentry.store import instance, traces
from jentry.store.connection import Connection, Row
from jentry.store.event_marks import marks
from jentry.store.identity import person_hashes
from jentry.store.intake.facets import Facets
from jentry.store.intake.tags import Tags
from jentry.store.payloads import unpack
from jentry.store.sql import fold

CHUNK = 50  # events in a transaction: a few milliseconds
WINDOW = 2000  # ids that are looked through in one query

Person = tuple[bytes, int]  # a hash and an issue


@dataclass(frozen=True, slots=True)
class Event:
    id: int
    project_id: int
    issue_id: int
    tags: tuple[tuple[str, str], ...]
    facets: str
    people: tuple[bytes, ...]
    trace: str


def state(db: Connection) -> dict[str, Any]:
    """`left` of `total` events, by their ids, and whether upkeep goes on with them (`is_on`)."""
    row = db.execute(
        "SELECT unsearchable_to, unsearchable, fills_search FROM instance WHERE id = 1"
    ).fetchone()
    return {
        "left": row["unsearchable_to"],
        "total": row["unsearchable"],
        "is_on": bool(row["fills_search"]),
    }


def switch(db: Connection, is_on: bool) -> None:
    db.execute("UPDATE instance SET fills_search = ? WHERE id = 1", (int(is_on),))


def begin(db: Connection, last: int) -> None:
    """Events up to that id may not be filled in."""
    db.execute(
        """
        UPDATE instance SET unsearchable_to = :last, unsearchable = :last
        WHERE id = 1 AND unsearchable_to < :last
        """,
        {"last": last},
    )


def read(db: Connection, until: int) -> tuple[list[Event], int]:
    """The next events that are to be filled in, at most CHUNK, and how far that is."""
    low = max(until - WINDOW, 0)
    rows = db.execute(
        f"""
        SELECT e.id, e.project_id, e.issue_id, d.data
        FROM events e
        LEFT JOIN event_payloads d ON d.id = e.id
        WHERE e.id > ? AND e.id <= ? AND e.marks IS NULL
        ORDER BY e.id DESC
        LIMIT {CHUNK}
        """,
        (low, until),
    ).fetchall()
    salt = instance.get(db)["secret"]
    found = [found_in(db, salt, row) for row in rows]
    return found, rows[-1]["id"] - 1 if len(rows) == CHUNK else low


def found_in(db: Connection, salt: bytes, row: Row) -> Event:
    """What an event, its packed `data` beside it, is found by; nothing of what cannot be read."""
    try:
        payload = orjson.loads(unpack(db, row["data"] or b""))
    except ValueError:
        payload = {}
    payload = payload if isinstance(payload, dict) else {}
    tags = indexed(payload)
    project_id = row["project_id"]
    known = [(field, fold(value)) for field, value in facets.people(payload)]
    return Event(
        row["id"], project_id, row["issue_id"], tags, facets.facets(payload, tags),
        person_hashes(salt, project_id, known), facets.trace(payload),
    )  # fmt: skip


def write(db: Connection, events: Sequence[Event], until: int) -> None:
    """`until`: up to where events are still to be filled in afterwards."""
    tags, found = Tags(db), Facets(db)
    marked: list[dict[str, Any]] = []
    for event in events:
        row = db.execute("SELECT issue_id FROM events WHERE id = ?", (event.id,)).fetchone()
        if row is None or row["issue_id"] != event.issue_id:  # gone since it was read
            continue
        shape = facets.shape(event.facets)
        found.add(event.project_id, event.issue_id, shape, event.facets, event.people)
        text = marks(tags.known(event.project_id, event.tags), event.people, event.trace)
        marked.append({"id": event.id, "marks": text})
        if event.trace:
            traces.note(db, event.id, event.trace)
    found.flush()
    db.executemany(
        "UPDATE events SET marks = :marks WHERE id = :id",
        sorted(marked, key=itemgetter("id")),
    )
    db.execute("UPDATE instance SET unsearchable_to = ? WHERE id = 1", (until,))


def orphans(db: Connection, after: tuple[bytes, int]) -> tuple[list[Person], Person | None]:
    """Of the next rows of issue_people those of no issue, and the last one; None at the end."""
    rows = db.execute(
        f"""
        SELECT s.hash, s.issue_id,
               EXISTS (SELECT 1 FROM issues i WHERE i.id = s.issue_id) AS is_kept
        FROM issue_people s
        WHERE (s.hash, s.issue_id) > (?, ?)
        ORDER BY s.hash, s.issue_id
        LIMIT {WINDOW}
        """,
        after,
    ).fetchall()
    found = [(row["hash"], row["issue_id"]) for row in rows if not row["is_kept"]]
    return found, (rows[-1]["hash"], rows[-1]["issue_id"]) if len(rows) == WINDOW else None


def drop_orphans(db: Connection, rows: Sequence[Person]) -> None:
    db.executemany("DELETE FROM issue_people WHERE hash = ? AND issue_id = ?", rows)


def unused_facets(db: Connection, after: int) -> tuple[list[int], int | None]:
    """Of the next ids those that no issue has, and the last that was looked at; None at the end."""
    rows = db.execute(
        f"""
        SELECT f.id,
               EXISTS (SELECT 1 FROM issue_facets s WHERE s.facet_id = f.id) AS is_used
        FROM facets f
        WHERE f.id > ?
        ORDER BY f.id
        LIMIT {WINDOW}
        """,
        (after,),
    ).fetchall()
    unused = [row["id"] for row in rows if not row["is_used"]]
    return unused, rows[-1]["id"] if len(rows) == WINDOW else None


def drop_facets(db: Connection, ids: Sequence[int]) -> None:
    """What ingestion remembers of them, it forgets by the version."""
    db.executemany(
        """
        DELETE FROM facets
        WHERE id = ? AND NOT EXISTS (SELECT 1 FROM issue_facets s WHERE s.facet_id = facets.id)
        """,
        [(facet_id,) for facet_id in ids],
    )
    db.execute("UPDATE instance SET config_version = config_version + 1 WHERE id = 1")
