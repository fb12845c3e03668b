"""What parts of a merged issue may share, so that it is counted once: users and releases.

The ids of parts were found by statements that name the organization.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from jentry.store.audit import Actor
from jentry.store.connection import Connection

Issue = dict[str, Any]


def places(ids: Collection[object]) -> str:
    return ", ".join("?" * len(ids)) or "NULL"


def shared_users(
    db: Connection, some: Sequence[int], others: Sequence[int], count: int, other_count: int
) -> int:
    """How many users both have; those of the side with fewer are looked for in the other."""
    if count > other_count:
        some, others = others, some
    row = db.execute(
        f"""
        SELECT count(DISTINCT u.user_hash) AS n
        FROM issue_users u
        WHERE u.issue_id IN ({places(some)}) AND EXISTS (
            SELECT 1 FROM issue_users o
            WHERE o.issue_id IN ({places(others)}) AND o.user_hash = u.user_hash)
        """,
        (*some, *others),
    ).fetchone()
    number: int = row["n"]
    return number


def distinct(db: Connection, ids: Collection[int]) -> int:
    row = db.execute(
        f"""
        SELECT count(DISTINCT u.user_hash) AS n FROM issue_users u
        WHERE u.issue_id IN ({places(ids)})
        """,
        sorted(ids),
    ).fetchone()
    number: int = row["n"]
    return number


def users_without(
    db: Connection,
    rows: Mapping[int, Issue],
    count: int,
    going: Sequence[int],
    staying: Sequence[int],
) -> int:
    """The users of those that stay, counted from the side that has fewer."""
    numbers = [sum(rows[part_id]["user_count"] for part_id in ids) for ids in (staying, going)]
    if len(staying) == 1:
        found: int = rows[staying[0]]["user_count"]
        return found
    if numbers[0] <= numbers[1]:
        return distinct(db, staying)
    row = db.execute(
        f"""
        SELECT count(DISTINCT u.user_hash) AS n
        FROM issue_users u
        WHERE u.issue_id IN ({places(going)}) AND NOT EXISTS (
            SELECT 1 FROM issue_users o
            WHERE o.issue_id IN ({places(staying)}) AND o.user_hash = u.user_hash)
        """,
        (*going, *staying),
    ).fetchone()
    return count - int(row["n"])


def count_releases(
    db: Connection,
    actor: Actor,
    some: Collection[int],
    groups: Sequence[Sequence[int]],
    sign: int,
) -> None:
    """A release counts a merged issue once: `some` and the groups become one, or cease to be."""
    owners: dict[int, set[int]] = {}
    sides = dict.fromkeys(some, 0)
    for number, ids in enumerate(groups, 1):
        sides |= dict.fromkeys(ids, number)
    rows = db.execute(
        f"SELECT issue_id, release_id FROM issue_releases WHERE issue_id IN ({places(sides)})",
        sorted(sides),
    )
    for row in rows:
        owners.setdefault(row["release_id"], set()).add(sides[row["issue_id"]])
    db.executemany(
        """
        UPDATE releases SET issues = issues + ?
        WHERE id = ? AND project_id IN (SELECT id FROM projects WHERE org_id = ?)
        """,
        [
            (sign * (len(having) - 1), release_id, actor.org_id)
            for release_id, having in sorted(owners.items())
            if len(having) > 1
        ],
    )


def events_by_release(db: Connection, actor: Actor, ids: Collection[int]) -> dict[str, int]:
    """How many events of each release the parts have had; ids are text, as in JSON."""
    rows = db.execute(
        f"""
        SELECT s.release_id, sum(s.events) AS events
        FROM issue_releases s
        JOIN issues i ON i.id = s.issue_id
        JOIN projects p ON p.id = i.project_id
        WHERE p.org_id = ? AND s.issue_id IN ({places(ids)})
        GROUP BY s.release_id
        ORDER BY s.release_id
        """,
        (actor.org_id, *sorted(ids)),
    )
    return {str(row["release_id"]): int(row["events"]) for row in rows}
