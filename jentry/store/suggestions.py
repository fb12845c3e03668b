"""Tags and their values for whoever writes a search."""

from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.issue_list import scope_of
from jentry.store.sql import fold

MOST = 8
MOST_LISTED = 1000
LOOKED_AT = 200  # rows, of which several may have the same words
LAST = "\U0010ffff"  # sorts after whatever a word goes on with


def keys(db: Connection, actor: Actor, project_id: int | None, begin: str) -> list[str]:
    """The keys of tags that begin so."""
    rows = db.execute(
        f"""
        SELECT k.key FROM tag_keys k
        WHERE k.project_id {scope_of(project_id)} AND k.key >= :begin AND k.key < :end
          AND k.key <> ''
        ORDER BY k.project_id, k.key
        LIMIT {LOOKED_AT}
        """,
        {"org_id": actor.org_id, "begin": begin, "end": begin + LAST},
    )
    return list(dict.fromkeys(row["key"] for row in rows))[:MOST]


def values(db: Connection, actor: Actor, project_id: int | None, key: str, begin: str) -> list[str]:
    """The values of a tag that begin so, in any case."""
    folded = fold(begin)
    rows = db.execute(
        f"""
        SELECT t.value FROM tags t
        WHERE t.project_id {scope_of(project_id)} AND t.key = :key
          AND t.folded >= :begin AND t.folded < :end AND t.value <> ''
        ORDER BY t.project_id, t.folded, t.id
        LIMIT {LOOKED_AT}
        """,
        {"org_id": actor.org_id, "key": key, "begin": folded, "end": folded + LAST},
    )
    return list(dict.fromkeys(row["value"] for row in rows))[:MOST]


def releases(db: Connection, actor: Actor, project_id: int | None, begin: str) -> list[str]:
    """Versions that begin so, in any case."""
    folded = fold(begin)
    rows = db.execute(
        f"""
        SELECT r.version FROM releases r
        WHERE r.project_id {scope_of(project_id)}
          AND r.folded >= :begin AND r.folded < :end AND r.version <> ''
        ORDER BY r.project_id, r.folded, r.id
        LIMIT {LOOKED_AT}
        """,
        {"org_id": actor.org_id, "begin": folded, "end": folded + LAST},
    )
    return list(dict.fromkeys(row["version"] for row in rows))[:MOST]


def all_keys(db: Connection, actor: Actor, project_id: int | None) -> list[tuple[str, int]]:
    """The keys of tags, and how many values are told apart in the project that has the most."""
    rows = db.execute(
        f"""
        SELECT k.key, max(k.value_count) AS number FROM tag_keys k
        WHERE k.project_id {scope_of(project_id)} AND k.key <> ''
        GROUP BY k.key
        ORDER BY k.key
        LIMIT {MOST_LISTED}
        """,
        {"org_id": actor.org_id},
    )
    return [(row["key"], row["number"]) for row in rows]


def environments(db: Connection, actor: Actor, project_id: int | None) -> list[str]:
    rows = db.execute(
        f"""
        SELECT t.value FROM tags t
        WHERE t.project_id {scope_of(project_id)} AND t.key = 'environment' AND t.value <> ''
        GROUP BY t.value
        ORDER BY t.value
        LIMIT {MOST_LISTED}
        """,
        {"org_id": actor.org_id},
    )
    return [row["value"] for row in rows]
