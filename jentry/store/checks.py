"""Is the database sound? Each check is a list of sentences, empty when all is well."""

import sqlite3
from pathlib import Path

from jentry.store.connection import Connection, connect
from jentry.store.payloads import HEAD, RAW, ZSTD, ZSTD_DICTIONARY, dictionary_of

WAL_RESET_FIXED = (3, 51, 3)
SHOWN = 5  # problems of a kind

# What ingestion counted or wrote down, against the rows; each query returns the ones that differ.
COUNTERS = {
    "issue {id}: event_count {kept}, events {found}": """
        SELECT i.id, i.event_count AS kept, count(e.id) AS found
        FROM issues i
        LEFT JOIN events e ON e.issue_id = i.id
        GROUP BY i.id, i.event_count
        HAVING i.event_count <> count(e.id)
        """,
    "issue {id}: user_count {kept}, users {found}": """
        SELECT i.id, i.user_count AS kept, count(u.user_hash) AS found
        FROM issues i
        LEFT JOIN issue_users u ON u.issue_id = i.id
        GROUP BY i.id, i.user_count
        HAVING i.user_count <> count(u.user_hash)
        """,
    "issue {id}: event_count {kept}, hours {found}": """
        SELECT i.id, i.event_count AS kept, coalesce(sum(h.events), 0) AS found
        FROM issues i
        LEFT JOIN issue_hours h ON h.issue_id = i.id
        GROUP BY i.id, i.event_count
        HAVING i.event_count <> coalesce(sum(h.events), 0)
        """,
    "tag key {id}: value_count {kept}, values {found}": """
        SELECT k.id, k.value_count AS kept, count(t.id) AS found
        FROM tag_keys k
        LEFT JOIN tags t ON t.project_id = k.project_id AND t.key = k.key AND t.value <> ''
        GROUP BY k.id, k.value_count
        HAVING k.value_count <> count(t.id)
        """,
    "tag {id}: counted under key {kept}, its key {found}": """
        SELECT t.id, s.key_id AS kept, k.id AS found
        FROM issue_tags s
        JOIN tags t ON t.id = s.tag_id
        LEFT JOIN tag_keys k ON k.project_id = t.project_id AND k.key = t.key
        WHERE k.id IS NULL OR k.id <> s.key_id
        """,
    "release {id}: events {kept}, by issue {found}": """
        SELECT r.id, r.events AS kept, coalesce(sum(x.events), 0) AS found
        FROM releases r
        LEFT JOIN issue_releases x ON x.release_id = r.id
        GROUP BY r.id, r.events
        HAVING r.events <> coalesce(sum(x.events), 0)
        """,
    "release {id}: issues {kept}, found {found}": """
        SELECT r.id, r.issues AS kept, count(x.issue_id) AS found
        FROM releases r
        LEFT JOIN issue_releases x ON x.release_id = r.id
        GROUP BY r.id, r.issues
        HAVING r.issues <> count(x.issue_id)
        """,
    "release {id}: sessions {kept}, hours {found}": """
        SELECT r.id, r.sessions AS kept, coalesce(sum(h.sessions), 0) AS found
        FROM releases r
        LEFT JOIN session_hours h ON h.release_id = r.id
        GROUP BY r.id, r.sessions
        HAVING r.sessions <> coalesce(sum(h.sessions), 0)
        """,
    "event {id}: project {kept}, that of its issue {found}": """
        SELECT e.id, e.project_id AS kept, i.project_id AS found
        FROM events e
        JOIN issues i ON i.id = e.issue_id
        WHERE e.project_id <> i.project_id
        """,
    "event {id}: issue {kept}, that of its hash {found}": """
        SELECT e.id, e.issue_id AS kept, coalesce(h.issue_id, 0) AS found
        FROM events e
        LEFT JOIN issue_hashes h ON h.id = e.hash_id
        WHERE e.hash_id IS NOT NULL AND (h.id IS NULL OR h.issue_id <> e.issue_id)
        """,
    "event {id}: bytes {kept}, payload {found}": """
        SELECT e.id, e.bytes AS kept, coalesce(length(p.data), 0) AS found
        FROM events e
        LEFT JOIN event_payloads p ON p.id = e.id
        WHERE p.id IS NULL OR e.bytes <> length(p.data)
        """,
}


def problems_of(path: Path) -> list[str]:
    """All that is not as it must be."""
    db = connect(path)
    try:
        looks = (integrity, references, counters, payloads)
        return [problem for look in looks for problem in look(db)]
    finally:
        db.close()


def integrity(db: Connection) -> list[str]:
    """SQLite's own look at every page and index."""
    rows = db.execute(f"PRAGMA integrity_check({SHOWN})").fetchall()
    return [row[0] for row in rows if row[0] != "ok"]


def references(db: Connection) -> list[str]:
    rows = db.execute("PRAGMA foreign_key_check").fetchall()
    return [f"{row[0]} row {row[1]} refers to a missing row of {row[2]}" for row in rows[:SHOWN]]


def counters(db: Connection) -> list[str]:
    problems = []
    for sentence, query in COUNTERS.items():
        rows = db.execute(query).fetchmany(SHOWN)
        problems += [sentence.format(**dict(row)) for row in rows]
    return problems


def payloads(db: Connection) -> list[str]:
    """Can all be unpacked, as far as their first bytes tell?"""
    known = {row["id"] for row in db.execute("SELECT id FROM dictionaries")}
    heads = db.execute(
        """
        SELECT DISTINCT substr(data, 1, CASE substr(data, 1, 1) WHEN ? THEN ? ELSE 1 END) AS head
        FROM event_payloads
        """,
        (ZSTD_DICTIONARY, HEAD),
    ).fetchall()
    problems = []
    for (head,) in heads:
        if head[:1] == ZSTD_DICTIONARY and dictionary_of(head) not in known:
            what = f"dictionary {dictionary_of(head)}, which is missing"
        elif head[:1] not in (RAW, ZSTD, ZSTD_DICTIONARY):
            what = f"codec {head.hex() or 'none'}, which is unknown"
        else:
            continue
        query = "SELECT count(*) FROM event_payloads WHERE substr(data, 1, ?) = ?"
        (count,) = db.execute(query, (len(head), head)).fetchone()
        problems.append(f"payloads of {what}: {count}")
    return problems[:SHOWN]


def sqlite_version() -> str:
    return sqlite3.sqlite_version


def has_wal_reset_bug() -> bool:
    """Older SQLite can damage a file when two connections checkpoint at once. Our write lock
    prevents that, as long as nothing else writes to the file.
    """
    return sqlite3.sqlite_version_info < WAL_RESET_FIXED
