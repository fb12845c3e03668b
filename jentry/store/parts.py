"""What merged issues are made of, as statements read it. `merging.py` writes it.

An issue that is not merged is the only part of itself.
"""

from collections.abc import Sequence

from jentry.errors import Conflict
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.sql import ISSUE, OF_ISSUE, PROJECT

# The ids of an issue's parts, for `IN`.
PARTS = f"""(
    SELECT i.id
    FROM issues i JOIN projects p ON p.id = i.project_id
    WHERE i.id = :issue_id AND p.org_id = :org_id
    UNION ALL
    SELECT m.part_id FROM issue_parts m WHERE m.issue_id = {ISSUE} AND m.part_id <> m.issue_id
)"""
# What an id leads to: that of the issue, or of the one that it was merged into.
WHOLE = """(
    SELECT coalesce(m.issue_id, i.id)
    FROM issues i
    JOIN projects p ON p.id = i.project_id
    LEFT JOIN issue_parts m ON m.part_id = i.id
    WHERE i.id = :issue_id AND p.org_id = :org_id
)"""


def whole(column: str) -> str:
    """The issue that the part in a column belongs to, as an expression."""
    return f"coalesce((SELECT m.issue_id FROM issue_parts m WHERE m.part_id = {column}), {column})"


def with_parts(issues: str) -> str:
    """Of a query of ids of issues each id (`whole_id`) with each of its parts (`part_id`)."""
    return f"""
        SELECT f.id AS whole_id, coalesce(m.part_id, f.id) AS part_id
        FROM ({issues}) f
        LEFT JOIN issue_parts m ON m.issue_id = f.id
    """


def wholes(db: Connection, actor: Actor, project_id: int, ids: Sequence[int]) -> dict[int, int]:
    """What ids lead to: those of a project's issues, in the order given."""
    names = {f"id_{number}": issue_id for number, issue_id in enumerate(ids)}
    rows = db.execute(
        f"""
        SELECT i.id, {whole("i.id")} AS whole_id
        FROM issues i
        WHERE i.project_id = {PROJECT}
          AND i.id IN ({", ".join(f":{name}" for name in names) or "NULL"})
        """,
        names | {"project_id": project_id, "org_id": actor.org_id},
    )
    found = {row["id"]: row["whole_id"] for row in rows}
    return {issue_id: found[issue_id] for issue_id in ids if issue_id in found}


def is_merged(db: Connection, actor: Actor, issue_id: int) -> bool:
    row = db.execute(
        f"SELECT i.parts {OF_ISSUE}", {"issue_id": issue_id, "org_id": actor.org_id}
    ).fetchone()
    return row is not None and row["parts"] > 0


def ids(db: Connection, actor: Actor, issue_id: int) -> list[int]:
    """Of the parts of an issue, its own first; none of another organization's."""
    rows = db.execute(
        f"SELECT i.id FROM issues i WHERE i.id IN {PARTS}",
        {"issue_id": issue_id, "org_id": actor.org_id},
    )
    return sorted((row["id"] for row in rows), key=lambda found: (found != issue_id, found))


def each(select: str, db: Connection, actor: Actor, issue_id: int, further: str = "") -> str:
    """A query of an issue's events as one of each part: in the order of the index they are merged,
    and nothing is sorted.
    """
    found = ids(db, actor, issue_id)
    where = f"e.issue_id = {ISSUE}"
    if len(found) < 2:
        return f"{select} WHERE {where} {further}"
    parts = (
        f"{select} WHERE e.issue_id = {number:d} AND EXISTS (SELECT 1 {OF_ISSUE}) {further}"
        for number in found
    )
    return " UNION ALL ".join(parts)


def led_to(db: Connection, actor: Actor, issue_id: int) -> int:
    """The issue that an id leads to; the id itself where there is none."""
    row = db.execute(
        f"SELECT {WHOLE} AS id", {"issue_id": issue_id, "org_id": actor.org_id}
    ).fetchone()
    return issue_id if row["id"] is None else row["id"]


def require_whole(issue_id: int, found_id: int) -> None:
    """What is merged into another issue is not changed. Raises Conflict."""
    if found_id != issue_id:
        raise Conflict(
            f"Issue {issue_id} was merged into issue {found_id}: change that one, or unmerge it "
            "first."
        )


def are_any(db: Connection) -> bool:
    """Whether there are merged issues at all: else a search need not ask whose part an issue is."""
    return db.execute("SELECT 1 FROM issue_parts WHERE part_id > 0 LIMIT 1").fetchone() is not None
