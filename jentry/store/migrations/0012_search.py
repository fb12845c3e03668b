"""What the search reads: folded words, facets, people, marks. Upkeep fills in old events."""

from jentry.store.connection import Connection
from jentry.store.sql import fold

PAGE = 5000

COLUMNS = (
    "ALTER TABLE instance ADD COLUMN unsearchable_to INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE instance ADD COLUMN unsearchable INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE instance ADD COLUMN fills_search INTEGER NOT NULL DEFAULT 1"
    " CHECK (fills_search IN (0, 1))",
    "ALTER TABLE releases ADD COLUMN folded TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE tags ADD COLUMN folded TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE events ADD COLUMN marks TEXT",
)
TABLES = """
CREATE TABLE facets (
    id          INTEGER PRIMARY KEY,
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    key         TEXT NOT NULL,
    tail        TEXT NOT NULL,
    folded      TEXT NOT NULL,
    UNIQUE (project_id, key, tail, folded)
) STRICT;
CREATE TABLE issue_facets (
    facet_id  INTEGER NOT NULL REFERENCES facets (id) ON DELETE CASCADE,
    issue_id  INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    PRIMARY KEY (facet_id, issue_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX issue_facets_by_issue ON issue_facets (issue_id, facet_id);
CREATE TABLE issue_shapes (
    issue_id  INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    shape     BLOB NOT NULL,
    PRIMARY KEY (issue_id, shape)
) STRICT, WITHOUT ROWID;
CREATE TABLE issue_people (
    hash      BLOB NOT NULL,
    issue_id  INTEGER NOT NULL,
    PRIMARY KEY (hash, issue_id)
) STRICT, WITHOUT ROWID
"""
INDEXES = (
    "CREATE INDEX releases_by_folded ON releases (project_id, folded)",
    "CREATE INDEX tags_by_folded ON tags (project_id, key, folded)",
    "DROP INDEX issues_by_text",
    "CREATE INDEX issues_by_text ON issues (project_id, search, status, level, type)",
    "CREATE INDEX issues_by_substatus ON issues (project_id, substatus, status_at, status)",
)


def migrate(db: Connection) -> None:
    for statement in (*COLUMNS, *TABLES.split(";")):
        db.execute(statement.strip())
    _fold(db, "releases", "version")
    _fold(db, "tags", "value")
    for statement in INDEXES:
        db.execute(statement)
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
    db.execute("UPDATE instance SET unsearchable_to = ?, unsearchable = ?", (last, last))


def _fold(db: Connection, table: str, column: str) -> None:
    last = 0
    while rows := db.execute(
        f"SELECT id, {column} FROM {table} WHERE id > ? ORDER BY id LIMIT {PAGE}", (last,)
    ).fetchall():
        last = rows[-1]["id"]
        db.executemany(
            f"UPDATE {table} SET folded = ? WHERE id = ?",
            [(fold(row[column]), row["id"]) for row in rows],
        )
