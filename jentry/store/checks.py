"""Is the database sound? Each check is a list of sentences, empty when all is well."""

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from operator import itemgetter
from pathlib import Path

from jentry.store import files, migrations, trouble
from jentry.store.connection import Connection, Row, Target, connect, errors, snapshot
from jentry.store.engines.errors import BROKEN, DAMAGED
from jentry.store.payloads import HEAD, unpack

WAL_RESET_FIXED = (3, 51, 3)
SHOWN = 5  # problems of a kind
ROWS = 1000  # looked at in one read transaction
TOGETHER = 4 * 1024 * 1024  # bytes of payloads
# While anybody reads, the log of what is written cannot begin anew; a quarter of the time does.
REST, MOST_REST = 0.25, 0.05  # of the time that was read, and seconds
PACKED = {"event": "event_payloads", "attachment": "attachment_payloads"}

# What ingestion counted or wrote down, against the rows and the events known to be gone; each query
# returns the ones that differ among those of its first table from id `low` to `high`.
COUNTERS = {
    "issue {id}: event_count {kept}, events kept and gone {found}": """
        SELECT i.id, coalesce(m.event_count, i.event_count) AS kept,
               count(e.id) + coalesce(g.events, 0) AS found
        FROM issues i
        LEFT JOIN issue_parts m ON m.part_id = i.id
        LEFT JOIN events e ON e.issue_id = i.id
        LEFT JOIN (
            SELECT issue_id, sum(events) AS events
            FROM issue_evictions
            WHERE issue_id BETWEEN :low AND :high
            GROUP BY issue_id
        ) g ON g.issue_id = i.id
        WHERE i.id BETWEEN :low AND :high
        GROUP BY i.id, m.event_count, i.event_count, g.events
        HAVING coalesce(m.event_count, i.event_count) <> count(e.id) + coalesce(g.events, 0)
        """,
    "issue {id}: user_count {kept}, users {found}": """
        SELECT i.id, coalesce(m.user_count, i.user_count) AS kept, count(u.user_hash) AS found
        FROM issues i
        LEFT JOIN issue_parts m ON m.part_id = i.id
        LEFT JOIN issue_users u ON u.issue_id = i.id
        WHERE i.id BETWEEN :low AND :high
        GROUP BY i.id, m.user_count, i.user_count
        HAVING coalesce(m.user_count, i.user_count) <> count(u.user_hash)
        """,
    "issue {id}: event_count {kept}, hours {found}": """
        SELECT i.id, coalesce(m.event_count, i.event_count) AS kept,
               coalesce(sum(h.events), 0) AS found
        FROM issues i
        LEFT JOIN issue_parts m ON m.part_id = i.id
        LEFT JOIN issue_hours h ON h.issue_id = i.id
        WHERE i.id BETWEEN :low AND :high
        GROUP BY i.id, m.event_count, i.event_count
        HAVING coalesce(m.event_count, i.event_count) <> coalesce(sum(h.events), 0)
        """,
    "issue {id}: parts {kept}, found {found}": """
        SELECT i.id, i.parts AS kept, count(m.part_id) AS found
        FROM issues i
        LEFT JOIN issue_parts m ON m.issue_id = i.id
        WHERE i.id BETWEEN :low AND :high
        GROUP BY i.id, i.parts
        HAVING i.parts <> count(m.part_id)
        """,
    "issue {id}: event_count {kept}, of its parts {found}": """
        SELECT i.id, i.event_count AS kept, sum(m.event_count) AS found
        FROM issues i
        JOIN issue_parts m ON m.issue_id = i.id
        WHERE i.id BETWEEN :low AND :high
        GROUP BY i.id, i.event_count
        HAVING i.event_count <> sum(m.event_count)
        """,
    "issue {id}: user_count {kept}, users of its parts {found}": """
        SELECT i.id, i.user_count AS kept, count(DISTINCT u.user_hash) AS found
        FROM issues i
        JOIN issue_parts m ON m.issue_id = i.id
        LEFT JOIN issue_users u ON u.issue_id = m.part_id
        WHERE i.id BETWEEN :low AND :high
        GROUP BY i.id, i.user_count
        HAVING i.user_count <> count(DISTINCT u.user_hash)
        """,
    "issue {id}: merged is {kept}, into another {found}": """
        SELECT i.id, CASE WHEN i.status = 'merged' THEN 1 ELSE 0 END AS kept,
               CASE WHEN m.issue_id <> i.id THEN 1 ELSE 0 END AS found
        FROM issues i
        LEFT JOIN issue_parts m ON m.part_id = i.id
        WHERE i.id BETWEEN :low AND :high
              AND (i.status = 'merged') <> (coalesce(m.issue_id, i.id) <> i.id)
        """,
    "tag key {id}: value_count {kept}, values {found}": """
        SELECT k.id, k.value_count AS kept, count(t.id) AS found
        FROM tag_keys k
        LEFT JOIN tags t ON t.project_id = k.project_id AND t.key = k.key AND t.value <> ''
        WHERE k.id BETWEEN :low AND :high
        GROUP BY k.id, k.value_count
        HAVING k.value_count <> count(t.id)
        """,
    "tag {id}: counted under key {kept}, its key {found}": """
        SELECT t.id, s.key_id AS kept, k.id AS found
        FROM tags t
        JOIN issue_tags s ON s.tag_id = t.id
        LEFT JOIN tag_keys k ON k.project_id = t.project_id AND k.key = t.key
        WHERE t.id BETWEEN :low AND :high AND (k.id IS NULL OR k.id <> s.key_id)
        """,
    "release {id}: events {kept}, by issue {found}": """
        SELECT r.id, r.events AS kept, coalesce(sum(x.events), 0) AS found
        FROM releases r
        LEFT JOIN issue_releases x ON x.release_id = r.id
        WHERE r.id BETWEEN :low AND :high
        GROUP BY r.id, r.events
        HAVING r.events <> coalesce(sum(x.events), 0)
        """,
    "release {id}: issues {kept}, found {found}": """
        SELECT r.id, r.issues AS kept, count(DISTINCT coalesce(m.issue_id, x.issue_id)) AS found
        FROM releases r
        LEFT JOIN issue_releases x ON x.release_id = r.id
        LEFT JOIN issue_parts m ON m.part_id = x.issue_id
        WHERE r.id BETWEEN :low AND :high
        GROUP BY r.id, r.issues
        HAVING r.issues <> count(DISTINCT coalesce(m.issue_id, x.issue_id))
        """,
    "release {id}: sessions {kept}, hours {found}": """
        SELECT r.id, r.sessions AS kept, coalesce(sum(h.sessions), 0) AS found
        FROM releases r
        LEFT JOIN session_hours h ON h.release_id = r.id
        WHERE r.id BETWEEN :low AND :high
        GROUP BY r.id, r.sessions
        HAVING r.sessions <> coalesce(sum(h.sessions), 0)
        """,
    "event {id}: project {kept}, that of its issue {found}": """
        SELECT e.id, e.project_id AS kept, i.project_id AS found
        FROM events e
        JOIN issues i ON i.id = e.issue_id
        JOIN projects p ON p.id = i.project_id
        WHERE e.id BETWEEN :low AND :high AND e.project_id <> i.project_id AND p.slug <> '~issues'
        """,
    "event {id}: issue {kept}, that of its hash {found}": """
        SELECT e.id, e.issue_id AS kept, coalesce(h.issue_id, 0) AS found
        FROM events e
        LEFT JOIN issue_hashes h ON h.id = e.hash_id
        WHERE e.id BETWEEN :low AND :high
              AND e.hash_id IS NOT NULL AND (h.id IS NULL OR h.issue_id <> e.issue_id)
              AND NOT EXISTS (
                  SELECT 1 FROM splits s WHERE s.source_id = e.issue_id AND s.hash_id = e.hash_id)
        """,
    "event {id}: bytes {kept}, payload {found}": """
        SELECT e.id, e.bytes AS kept, coalesce(length(p.data), 0) AS found
        FROM events e
        LEFT JOIN event_payloads p ON p.id = e.id
        WHERE e.id BETWEEN :low AND :high AND (p.id IS NULL OR e.bytes <> length(p.data))
        """,
}


def problems_of(path: Target) -> list[str]:
    """All that is not as it must be. Nothing is changed or left behind, not even beside the file.

    A server of PostgreSQL keeps references, and has programs of its own for damage of its pages.
    Raises CannotOpen, and Error when it cannot be read just now.
    """
    if not isinstance(path, Path):
        migrations.require_current(path)
        with closing(connect(path)) as db:
            return counters(db) + payloads(db)
    migrations.require_file(path)
    for is_quiet in (not _is_in_use(path), False):
        before = _state(path)
        if is_quiet:
            files.read_ahead(path)
        # In a file that nobody uses, no locks are needed, and none of the files that hold them.
        with closing(_opened(path, "mode=ro&immutable=1" if is_quiet else "mode=ro")) as db:
            problems = _problems(db, is_quiet)
        if not is_quiet or (_state(path) == before and not _is_in_use(path)):
            break
    return problems


def _quietly(path: Target) -> Connection:
    """Raises CannotOpen, or Error."""
    if not isinstance(path, Path):
        return connect(path)
    return _opened(path, "mode=ro" if _is_in_use(path) else "mode=ro&immutable=1")


def _opened(path: Path, how: str) -> Connection:
    """Raises CannotOpen."""
    try:
        db = connect(path, how=how)
        try:
            migrations.require_current_in(db, path)
        except BaseException:
            db.close()
            raise
    except errors() as error:
        raise migrations.CannotOpen(f"Cannot open {path}: {error}.") from error
    return db


def _problems(db: Connection, is_quiet: bool) -> list[str]:
    problems: list[str] = []
    for look in (partial(integrity, is_whole=is_quiet), references, counters, payloads):
        with _damage() as found:
            found += look(db)
        problems += found
    return list(dict.fromkeys(problems))  # several may have met the same damage


@contextmanager
def _damage() -> Iterator[list[str]]:
    """What is wrong, and what SQLite says when it can read no further for that reason."""
    problems: list[str] = []
    try:
        yield problems
    except sqlite3.DatabaseError as error:
        if trouble.reason(error) not in (None, DAMAGED, BROKEN):
            raise
        problems.append(str(error))


def _is_in_use(path: Path) -> bool:
    """Or has been, and its latest transactions have not been brought home."""
    real = os.path.realpath(path)
    return os.path.exists(f"{real}-wal") or os.path.exists(f"{real}-journal")


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def integrity(db: Connection, *, is_whole: bool = True) -> list[str]:
    """SQLite's own look at every page and index.

    Whole it takes as long as reading the file, in one read transaction: meanwhile a server's log
    of writes only grows. Else each table has one, and pages that no table has are not looked for.
    """
    if is_whole:
        looks = [f"PRAGMA integrity_check({SHOWN})"]
    else:
        looks = [f'PRAGMA integrity_check("{table}")' for table in _tables(db)]
    problems = []
    for look in looks:
        began = time.monotonic()
        rows = db.execute(look).fetchmany(SHOWN)
        problems += [row[0] for row in rows if row[0] != "ok"]
        _rest(db, began)
    return problems


def references(db: Connection) -> list[str]:
    problems = []
    for table in _tables(db):
        rows = db.execute(f'PRAGMA foreign_key_check("{table}")').fetchmany(SHOWN)
        problems += [f"{row[0]} row {row[1]} refers to a missing row of {row[2]}" for row in rows]
    return problems


def counters(db: Connection) -> list[str]:
    problems = []
    for sentence, query in COUNTERS.items():
        (table,) = re.findall(r"FROM (\w+)", query)[:1]
        found: list[sqlite3.Row] = []
        for low, high in _ranges(db, table):
            found += db.execute(query, {"low": low, "high": high}).fetchmany(SHOWN)
            if len(found) >= SHOWN:
                break
        problems += [sentence.format(**dict(row)) for row in found[:SHOWN]]
    return problems


def payloads(db: Connection) -> list[str]:
    """Each is unpacked: those packed since version 2 carry a checksum."""
    problems = []
    for kind, table in PACKED.items():
        unreadable: dict[str, list[int]] = {}
        for low, high in _ranges(db, table):
            for row_id, why in _unreadable(db, table, low, high):
                unreadable.setdefault(why, []).append(row_id)
        for why, ids in unreadable.items():
            problems += [f"{kind} {row_id}: {why}" for row_id in sorted(ids)[:SHOWN]]
            if len(ids) > SHOWN:
                problems.append(f"{len(ids) - SHOWN} more {kind}s: {why}")
    return problems


def _unreadable(db: Connection, table: str, low: int, high: int) -> Iterator[tuple[int, str]]:
    """Those of a dictionary after each other, and of them so many at once as are small together."""
    heads = db.execute(
        f"""
        SELECT id, length(data) AS size, substr(data, 1, {HEAD}) AS head
        FROM {table}
        WHERE id BETWEEN ? AND ?
        """,
        (low, high),
    ).fetchall()
    query = f"SELECT data FROM {table} WHERE id = ?"
    for keys in _groups(sorted(heads, key=itemgetter("head", "id"))):
        with snapshot(db):
            db.ask((query, keys))
            for key in keys:
                with _damage() as found:
                    row = db.lookup(query, key)
                    try:
                        if row:  # it may have been deleted meanwhile
                            unpack(db, row[0])
                    except ValueError as error:
                        found.append(str(error))
                yield from ((key[0], why) for why in found)


def _groups(heads: list[Row]) -> Iterator[list[tuple[int]]]:
    keys: list[tuple[int]] = []
    size = 0
    for row in heads:
        if keys and size + row["size"] > TOGETHER:
            yield keys
            keys, size = [], 0
        keys.append((row["id"],))
        size += row["size"]
    if keys:
        yield keys


def _ranges(db: Connection, table: str) -> Iterator[tuple[int, int]]:
    """The ids that there are now, in parts that take milliseconds: each is read on its own, so that
    the log of what is written meanwhile can be emptied in between.
    """
    (last,) = db.execute(f"SELECT max(id) FROM {table}").fetchone()
    low = 0
    while True:
        (high,) = db.execute(
            f"""
            SELECT max(id)
            FROM (SELECT id FROM {table} WHERE id > ? AND id <= ? ORDER BY id LIMIT {ROWS}) x
            """,
            (low, last),
        ).fetchone()
        if high is None:
            return
        began = time.monotonic()
        yield low + 1, high
        _rest(db, began)
        low = high


def _rest(db: Connection, began: float) -> None:
    if db.holds_log:
        time.sleep(min(REST * (time.monotonic() - began), MOST_REST))


def _tables(db: Connection) -> list[str]:
    rows = db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return [row[0] for row in rows]


def latest_time(path: Target) -> str | None:
    """When the event that was stored last arrived; nothing is newer, unless a clock was wrong.

    Raises CannotOpen, or Error.
    """
    with closing(_quietly(path)) as db:
        row = db.execute("SELECT received_at FROM events ORDER BY id DESC LIMIT 1").fetchone()
    return row["received_at"] if row else None


def sqlite_version() -> str:
    return sqlite3.sqlite_version


def has_wal_reset_bug() -> bool:
    """Older SQLite can damage a file when two connections checkpoint at once. Our write lock
    prevents that, as long as nothing else writes to the file.
    """
    return sqlite3.sqlite_version_info < WAL_RESET_FIXED


def has_table(path: Path, name: str) -> bool:
    with closing(connect(path)) as db:
        query = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?"
        return bool(db.execute(query, (name,)).fetchone()[0])
