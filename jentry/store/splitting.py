"""Hashes that lead to another issue than before: their kept events follow them in small steps.

Each step is a transaction that moves rows and figures and says how far it is, so that it may end
anywhere. Events that are not kept any more stay counted where they were. At the end the issue that
they left is seen when those are that it still has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jentry.store import merging, moving, reindexing
from jentry.store.connection import Connection, Row
from jentry.store.intake.facets import Facets
from jentry.store.intake.issues import UNLABELED
from jentry.store.moving import Moved, Wholes
from jentry.store.part_sums import places
from jentry.store.payloads import readable
from jentry.store.remapping import Kept

CHUNK = 200  # events in a transaction: some 20 ms
WINDOW = 2000  # events that are looked at for one
BEGIN = "~"  # after all moments


@dataclass(frozen=True, slots=True)
class Said:
    """What an event says of itself; members as those of `EventRow`."""

    type: str
    title: str
    culprit: str
    search: str
    facets: str
    shape: bytes
    user_hash: bytes | None
    person: str | None
    people: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """The events of an issue, or part, `source_id` that are moved next.

    `latest` is the event that it is called by then. `end` is the moment and id of the last event
    that was looked at; None: there are no more. What cannot be read has an empty payload.
    """

    project_id: int
    source_id: int
    hash_ids: tuple[int, ...]
    begin: tuple[str, int]
    end: tuple[str, int] | None
    events: tuple[Kept, ...]
    latest: Kept | None


def begin(db: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Of these issues the events of these hashes, which lead elsewhere since just now.

    A step that was read before must not say that it is done: no place is the one it began at.
    """
    db.executemany(
        f"""
        INSERT INTO splits (source_id, hash_id, seen_at, seen_id) VALUES (?, ?, '{BEGIN}', 0)
        ON CONFLICT (source_id, hash_id) DO UPDATE
        SET seen_at = excluded.seen_at,
            seen_id = CASE WHEN splits.seen_at = excluded.seen_at THEN splits.seen_id + 1 ELSE 0 END
        """,
        sorted(pairs),
    )


def next_step(db: Connection) -> Step | None:
    """Of all organizations; None when nothing is left to do."""
    task = db.execute(
        """
        SELECT s.source_id, s.seen_at, s.seen_id, i.project_id
        FROM splits s JOIN issues i ON i.id = s.source_id
        ORDER BY s.source_id, s.seen_at, s.seen_id, s.hash_id
        LIMIT 1
        """
    ).fetchone()
    if task is None:
        return None
    place = tuple(task)[:3]
    rows = db.execute(
        """
        SELECT hash_id FROM splits WHERE source_id = ? AND seen_at = ? AND seen_id = ?
        ORDER BY hash_id
        """,
        place,
    ).fetchall()
    window = db.execute(
        """
        SELECT e.id, e.timestamp, e.hash_id
        FROM events e
        WHERE e.issue_id = ? AND (e.timestamp, e.id) < (?, ?)
        ORDER BY e.timestamp DESC, e.id DESC
        LIMIT ?
        """,
        (*place, WINDOW),
    ).fetchall()
    return _step(db, task, tuple(row["hash_id"] for row in rows), window)


def _step(db: Connection, task: Row, hash_ids: tuple[int, ...], window: list[Row]) -> Step:
    source_id, begin = task["source_id"], (task["seen_at"], task["seen_id"])
    found = [row for row in window if row["hash_id"] in hash_ids]
    chosen = found[:CHUNK]
    last = chosen[-1] if len(found) > CHUNK else window[-1] if len(window) == WINDOW else None
    left = [] if last else _left(db, source_id, hash_ids)
    if begin[0] == BEGIN and last:
        left = [row["id"] for row in window if row["hash_id"] not in hash_ids][:1]
    return Step(
        project_id=task["project_id"],
        source_id=source_id,
        hash_ids=hash_ids,
        begin=begin,
        end=(last["timestamp"], last["id"]) if last else None,
        events=_read(db, [row["id"] for row in chosen]),
        latest=next(iter(_read(db, left)), None),
    )


def _left(db: Connection, source_id: int, hash_ids: Sequence[int]) -> list[int]:
    """The id of the newest event of others, if there is any."""
    rows = db.execute(
        f"""
        SELECT e.id
        FROM events e
        WHERE e.issue_id = ? AND coalesce(e.hash_id, 0) NOT IN ({places(hash_ids)})
        ORDER BY e.timestamp DESC, e.id DESC
        LIMIT 1
        """,
        (source_id, *hash_ids),
    )
    return [row["id"] for row in rows]


def _read(db: Connection, ids: Sequence[int]) -> tuple[Kept, ...]:
    rows = db.execute(
        f"SELECT id, data FROM event_payloads WHERE id IN ({places(ids)})", tuple(ids)
    )
    found = {
        row["id"]: Kept(row["id"], row["data"], readable(db, row["data"]), None) for row in rows
    }
    return tuple(found[one] for one in ids if one in found)


def write(db: Connection, step: Step, said: Mapping[int, Said]) -> int:
    """How many events were moved. `said` is what they say by their ids, as far as they do.

    An event whose payload is another one by now ends the step: it is read anew.
    """
    moved, facets, end = [], Facets(db), step.end
    for before in step.events:
        row = _row(db, step, before)
        if row is None:
            continue
        if row["data"] != before.data:
            end = _before(row)
            break
        told = said.get(before.id)
        if told is not None:
            facets.add(step.project_id, row["target"], told.shape, told.facets, told.people)
        moved.append(
            Moved(
                before.id, step.source_id, row["target"], row["timestamp"], row["release_id"],
                told.user_hash if told else None, told.person if told else None, row["marks"],
            )
        )  # fmt: skip
    moving.move(db, moved)
    facets.flush()
    for target in sorted({one.target for one in moved}):
        _describe(db, target, said)
    is_done = end is None
    if is_done:
        _finish(db, step)
    if step.latest is not None and (is_done or step.begin[0] == BEGIN):
        _describe(db, step.source_id, said, step.latest.id)
    _advance(db, step, end, is_done)
    return len(moved)


def _row(db: Connection, step: Step, before: Kept) -> Row | None:
    """The event, if it is still to be moved, and the issue that its hash leads to."""
    row: Row | None = db.execute(
        f"""
        SELECT e.id, e.timestamp, e.release_id, e.marks, d.data, h.issue_id AS target
        FROM events e
        JOIN event_payloads d ON d.id = e.id
        JOIN issue_hashes h ON h.id = e.hash_id
        WHERE e.id = ? AND e.issue_id = ? AND h.issue_id <> e.issue_id
          AND e.hash_id IN ({places(step.hash_ids)})
        """,
        (before.id, step.source_id, *step.hash_ids),
    ).fetchone()
    return row


def _before(row: Row) -> tuple[str, int]:
    """A place from which this event is the next."""
    return (row["timestamp"], row["id"] + 1)


def _describe(
    db: Connection, issue_id: int, said: Mapping[int, Said], event_id: int | None = None
) -> None:
    """An issue is called as its latest event is, or that one."""
    row = db.execute(
        "SELECT id, level FROM events WHERE issue_id = ? ORDER BY timestamp DESC, id DESC LIMIT 1"
        if event_id is None
        else "SELECT id, level FROM events WHERE issue_id = ? AND id = ?",
        (issue_id,) if event_id is None else (issue_id, event_id),
    ).fetchone()
    told = said.get(row["id"]) if row else None
    if told is not None and told.title != UNLABELED:
        Wholes(db, [issue_id]).set(db, "level = :level", [{"id": issue_id, "level": row["level"]}])
        about = (told.type, told.title, told.culprit, told.search, issue_id)
        merging.describe(db, [about])


def _finish(db: Connection, step: Step) -> None:
    """Of the issue that events have left, and of those where they came."""
    rows = db.execute(
        f"SELECT DISTINCT issue_id FROM issue_hashes WHERE id IN ({places(step.hash_ids)})",
        step.hash_ids,
    )
    for issue_id in sorted({step.source_id, *(row["issue_id"] for row in rows)}):
        _tighten(db, issue_id)


def _tighten(db: Connection, issue_id: int) -> None:
    """After events have left an issue, or come: it was last seen with the newest it keeps, and
    first with the oldest, if it has all that ever came; its releases are those that it was seen in.
    """
    newest, oldest = (
        db.execute(
            f"""
            SELECT timestamp FROM events WHERE issue_id = ?
            ORDER BY timestamp {order}, id {order} LIMIT 1
            """,
            (issue_id,),
        ).fetchone()
        for order in ("DESC", "ASC")
    )
    if newest is None:
        return
    wholes = Wholes(db, [issue_id])
    times = {"id": issue_id, "newest": newest["timestamp"], "oldest": oldest["timestamp"]}
    if reindexing.has_lost(db, issue_id):
        wholes.set(db, "last_seen = :newest", [times])
    else:
        wholes.set(db, "first_seen = :oldest, last_seen = :newest", [times])
    for name, order in (("first_release", "ASC"), ("last_release", "DESC")):
        _rename_release(db, wholes, issue_id, name, order)
    merging.refresh(db, sorted(wholes.parts))


def _rename_release(db: Connection, wholes: Wholes, issue_id: int, name: str, order: str) -> None:
    """The first or last release that an issue was seen in, if it was not seen in that one."""
    row = db.execute(
        f"""
        SELECT e.release_id AS release_id, e.timestamp AS at
        FROM events e
        JOIN releases r ON r.id = e.release_id
        WHERE e.issue_id = ? AND r.version <> ''
        ORDER BY e.timestamp {order}, e.id {order}
        LIMIT 1
        """,
        (issue_id,),
    ).fetchone()
    found = dict(row) if row else {"release_id": None, "at": None}
    seen = f"{name}_id IN (SELECT x.release_id FROM issue_releases x WHERE x.issue_id = :id)"
    wholes.set(
        db, f"{name}_id = :release_id, {name}_at = :at", [found | {"id": issue_id}],
        f"{name}_id IS NOT NULL AND NOT ({seen})",
    )  # fmt: skip


def _advance(db: Connection, step: Step, end: tuple[str, int] | None, is_done: bool) -> None:
    here = f"""
        source_id = ? AND seen_at = ? AND seen_id = ? AND hash_id IN ({places(step.hash_ids)})
    """
    values = (step.source_id, *step.begin, *step.hash_ids)
    if is_done:
        db.execute(f"DELETE FROM splits WHERE {here}", values)
    elif end is not None:
        db.execute(f"UPDATE splits SET seen_at = ?, seen_id = ? WHERE {here}", (*end, *values))
