"""Where events of a trace are: in which blocks of their ids, and there by their marks.

An index of traces alone would write a page for each event, as each has a place of its own in it;
in blocks those of a batch stand together. What stands there of events that are gone finds nothing.
"""

from collections.abc import Sequence

from jentry.store.connection import Connection
from jentry.store.event_marks import traced
from jentry.store.parts import whole

BLOCK = 1024  # ids of events
BYTES = 6  # of a trace id
MOST_BLOCKS = 20  # that are looked through for a trace, the newest
MOST = 1000  # issues

Row = tuple[int, bytes]  # a block and the beginning of a trace id


def note(db: Connection, event_id: int, trace: str) -> None:
    """`event_id` is the row's id."""
    db.put(
        """
        INSERT INTO trace_blocks (block, trace) VALUES (?, ?)
        ON CONFLICT (block, trace) DO NOTHING
        """,
        (event_id // BLOCK, _key(trace)),
    )


def issues(db: Connection, org_id: int, scope: str, trace: str) -> list[int]:
    """Ids of those with a kept event of the trace, of merged ones the whole. `scope`: as
    `issue_list.scope_of` has it.
    """
    blocks = _blocks(db, trace)[:MOST_BLOCKS]
    if not blocks:
        return []
    rows = db.execute(
        rf"""
        SELECT DISTINCT {whole("e.issue_id")} AS issue_id
        FROM events e
        WHERE {_within("e.id", blocks)}
          AND e.marks LIKE :mark ESCAPE '\'
          AND +e.project_id IN (
              SELECT p.id FROM projects p WHERE p.org_id = :org_id AND p.id {scope})
        ORDER BY 1
        LIMIT {MOST}
        """,
        {"mark": f"% {traced(trace)} %", "org_id": org_id},
    )
    return [row["issue_id"] for row in rows]


def within(db: Connection, trace: str, column: str) -> str:
    """A condition that the ids of its events meet, and few others unless there are many."""
    blocks = _blocks(db, trace)
    return "1 = 1" if len(blocks) > MOST_BLOCKS else _within(column, blocks)


def _within(column: str, blocks: Sequence[int]) -> str:
    parts = (f"{column} >= {block * BLOCK} AND {column} < {(block + 1) * BLOCK}"
             for block in blocks)  # fmt: skip
    return f"({' OR '.join(parts) or '1 = 0'})"


def _blocks(db: Connection, trace: str) -> list[int]:
    """The newest in which it occurs, one more than MOST_BLOCKS of them."""
    rows = db.execute(
        f"""
        WITH RECURSIVE numbers (block) AS (
            SELECT (SELECT max(t.block) FROM trace_blocks t)
            UNION ALL
            SELECT n.block - 1 FROM numbers n
            WHERE n.block > (SELECT min(t.block) FROM trace_blocks t)
        )
        SELECT t.block
        FROM numbers n
        CROSS JOIN trace_blocks t ON t.block = n.block AND t.trace = :trace
        ORDER BY t.block DESC
        LIMIT {MOST_BLOCKS + 1}
        """,
        {"trace": _key(trace)},
    )
    return [row["block"] for row in rows]


def _key(trace: str) -> bytes:
    return bytes.fromhex(trace)[:BYTES]


def stale(db: Connection, block: int) -> tuple[list[Row], int | None]:
    """Of the next block after that one what no event has, and the block; None at the end.

    Not of the last block, which is still growing.
    """
    row = db.execute(
        """
        SELECT t.block FROM trace_blocks t
        WHERE t.block > ? AND t.block < (SELECT max(n.block) FROM trace_blocks n)
        ORDER BY t.block, t.trace
        LIMIT 1
        """,
        (block,),
    ).fetchone()
    if row is None:
        return [], None
    found: int = row["block"]
    events = db.execute(
        "SELECT marks FROM events WHERE id >= ? AND id < ? ORDER BY id",
        (found * BLOCK, (found + 1) * BLOCK),
    )
    known = {mark for event in events for mark in (event["marks"] or "").split(" ")}
    rows = db.execute(
        "SELECT trace FROM trace_blocks WHERE block = ? ORDER BY trace", (found,)
    ).fetchall()
    return [(found, row["trace"]) for row in rows if traced(row["trace"].hex()) not in known], found


def drop(db: Connection, rows: Sequence[Row]) -> None:
    db.executemany("DELETE FROM trace_blocks WHERE block = ? AND trace = ?", sorted(rows))
