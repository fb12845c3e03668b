"""Where texts stand outside of events: read in pages, changed row by row under the lock."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from jentry.store.connection import Connection
from jentry.store.erasure.person import Person
from jentry.store.sql import fold

PAGE = 500  # rows
PROJECTS = "(SELECT id FROM projects WHERE org_id = :org_id)"
OF_ISSUES = """
    issue_id IN (SELECT i.id FROM issues i JOIN projects p ON p.id = i.project_id
                 WHERE p.org_id = :org_id)
"""
OF_RELEASES = """
    release_id IN (SELECT r.id FROM releases r JOIN projects p ON p.id = r.project_id
                   WHERE p.org_id = :org_id)
"""
OF_MONITORS = """
    monitor_id IN (SELECT m.id FROM monitors m JOIN projects p ON p.id = m.project_id
                   WHERE p.org_id = :org_id)
"""
OF_PROJECTS = f"project_id IN {PROJECTS}"
OF_OPERATIONS = f"operation_id IN (SELECT o.id FROM operations o WHERE o.{OF_PROJECTS})"
# Table -> its key, the columns, and which rows are the organization's.
TEXTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "projects": (("id",), ("ownership", "fingerprint_rules"), "org_id = :org_id"),
    "issues": (("id",), ("title", "culprit", "search"), OF_PROJECTS),
    "issue_parts": (("part_id",), ("title", "culprit", "search"), OF_ISSUES),
    "issue_hashes": (("id",), ("components",), OF_PROJECTS),
    "regroups": (("operation_id",), ("rules",), OF_PROJECTS),
    "regroup_flows": (("id",), ("components",), OF_OPERATIONS),
    "comments": (("id",), ("text",), OF_ISSUES),
    "releases": (("id",), ("ref", "url"), OF_PROJECTS),
    "release_commits": (
        ("release_id", "position"),
        ("author", "author_email", "message", "url", "files"),
        OF_RELEASES,
    ),
    "release_deploys": (("id",), ("environment", "name", "url"), OF_RELEASES),
    "monitors": (("id",), ("config",), OF_PROJECTS),
    "check_ins": (("id",), ("environment", "release"), OF_MONITORS),
    "views": (("id",), ("name", "search"), "org_id = :org_id"),
    "happenings": (("id",), ("environment", "detail"), OF_PROJECTS),
    "alerts": (("id",), ("environment", "detail"), "org_id = :org_id"),
    "deliveries": (("id",), ("text", "answer", "error"), "org_id = :org_id"),
}


def matching(db: Connection, org_id: int, person: Person, table: str) -> Iterator[tuple[Any, ...]]:
    """The keys of rows with a word of the person."""
    key, columns, of_organization = TEXTS[table]
    names = ", ".join(key)
    last = dict.fromkeys(key, -1)
    after = ", ".join(f":{name}" for name in key)
    while rows := db.execute(
        f"""
        SELECT {names}, {", ".join(columns)}
        FROM {table}
        WHERE {of_organization} AND ({names}) > ({after})
        ORDER BY {names}
        LIMIT {PAGE}
        """,
        last | {"org_id": org_id},
    ).fetchall():
        for row in rows:
            last = {name: row[name] for name in key}
            if any(person.mentioned(row[column]) for column in columns):
                yield tuple(last.values())


def clean(
    db: Connection, org_id: int, person: Person, table: str, keys: list[tuple[Any, ...]]
) -> None:
    """What stands there now: it may have changed since it was read."""
    key, columns, of_organization = TEXTS[table]
    is_it = " AND ".join(f"{name} = :{name}" for name in key)
    changes: list[dict[str, Any]] = []
    for values in keys:
        mine = dict(zip(key, values, strict=True)) | {"org_id": org_id}
        row = db.execute(
            f"SELECT {', '.join(columns)} FROM {table} WHERE {is_it} AND {of_organization}", mine
        ).fetchone()
        if row is not None:
            changes.append(mine | {name: person.cleaned(row[name]) for name in columns})
    assignments = ", ".join(f"{column} = :{column}" for column in columns)
    db.executemany(
        f"UPDATE {table} SET {assignments} WHERE {is_it} AND {of_organization}",
        sorted(changes, key=itemgetter(*key)),
    )


def tags(db: Connection, org_id: int, person: Person) -> list[int]:
    """The ids of tags whose value has a word."""
    rows = db.execute(
        f"SELECT id, value FROM tags WHERE {OF_PROJECTS} ORDER BY id", {"org_id": org_id}
    )
    return [row["id"] for row in rows if person.mentioned(row["value"])]


def facets(db: Connection, org_id: int, person: Person) -> list[int]:
    """The ids of facets with a word."""
    rows = db.execute(
        f"SELECT id, folded FROM facets WHERE {OF_PROJECTS} ORDER BY id", {"org_id": org_id}
    )
    return [row["id"] for row in rows if person.mentioned(row["folded"])]


def forget_remembered(db: Connection) -> None:
    """What ingestion remembers of tags and facets, it forgets by this number."""
    db.execute("UPDATE instance SET config_version = config_version + 1 WHERE id = 1")


def clean_tag(db: Connection, org_id: int, person: Person, tag_id: int) -> bool:
    """Rename it, or join it with the one that has the cleaned value already, a page of issues at a
    time. Whether it is done.
    """
    mine = {"id": tag_id, "org_id": org_id, "most": PAGE}
    row = db.execute(
        f"SELECT project_id, key, value FROM tags WHERE id = :id AND {OF_PROJECTS}", mine
    ).fetchone()
    if row is None:
        return True
    value = person.cleaned(row["value"])
    mine |= dict(row) | {"value": value, "folded": fold(value)}
    other = db.execute(
        f"""
        SELECT id FROM tags
        WHERE project_id = :project_id AND key = :key AND value = :value AND {OF_PROJECTS}
        """,
        mine,
    ).fetchone()
    forget_remembered(db)
    if other is None:
        db.execute(
            f"UPDATE tags SET value = :value, folded = :folded WHERE id = :id AND {OF_PROJECTS}",
            mine,
        )
        return True
    return _join(db, mine, other["id"])


def _join(db: Connection, mine: dict[str, Any], other: int) -> bool:
    rows = db.execute(
        f"""
        SELECT issue_id, key_id, events, last_seen
        FROM issue_tags
        WHERE tag_id = :id AND {OF_ISSUES}
        ORDER BY issue_id
        LIMIT :most
        """,
        mine,
    ).fetchall()
    moved = [mine | {"other": other, **dict(row)} for row in rows]
    _count_as_other(db, moved)
    db.executemany(
        f"""
        DELETE FROM issue_tags
        WHERE issue_id = :issue_id AND key_id = :key_id AND tag_id = :id AND {OF_ISSUES}
        """,
        moved,
    )
    if len(rows) == mine["most"]:
        return False
    db.execute(f"DELETE FROM tags WHERE id = :id AND {OF_PROJECTS}", mine)
    db.execute(
        f"""
        UPDATE tag_keys SET value_count = value_count - 1
        WHERE project_id = :project_id AND key = :key AND {OF_PROJECTS}
        """,
        mine,
    )
    return True


def _count_as_other(db: Connection, moved: list[dict[str, Any]]) -> None:
    db.executemany(
        """
        INSERT INTO issue_tags (issue_id, key_id, tag_id, events, last_seen)
        VALUES (:issue_id, :key_id, :other, :events, :last_seen)
        ON CONFLICT (issue_id, key_id, tag_id) DO UPDATE
        SET events = issue_tags.events + excluded.events,
            last_seen = CASE WHEN excluded.last_seen > issue_tags.last_seen
                        THEN excluded.last_seen ELSE issue_tags.last_seen END
        """,
        sorted(moved, key=itemgetter("issue_id")),
    )
