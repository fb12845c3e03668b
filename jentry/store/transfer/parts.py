"""Rows that go with a key, a release or an issue: hours, commits, deploys, tags, users, returns.

Those of an issue only count where the issue came with the export: else its events are counted.
Hours that are here already keep the larger count, so that reading twice changes nothing.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from jentry.store.connection import Connection
from jentry.store.sql import fold
from jentry.store.transfer.names import Names

ABSENT = "age"  # the reason that events which did not come with their issue are not here

Line = dict[str, Any]
Loader = Callable[[Connection, Names, Line, str], tuple[int, int]]


def _outcome_hours(db: Connection, names: Names, line: Line, at: str) -> tuple[int, int]:
    key = db.execute(
        """
        SELECT k.id, k.project_id
        FROM client_keys k
        JOIN projects p ON p.id = k.project_id
        WHERE p.org_id = ? AND k.public_key = ?
        """,
        (names.org_id, line["key"]),
    ).fetchone()
    if key is None:
        return 0, 0
    rows = [
        (
            key["project_id"], key["id"], row["hour"], row["category"], row["outcome"],
            row["reason"], row["quantity"],
        )
        for row in line["rows"]
    ]  # fmt: skip
    added = db.executemany(
        """
        INSERT INTO outcome_hours (project_id, key_id, hour, category, outcome, reason, quantity)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (project_id, hour, key_id, category, outcome, reason) DO UPDATE
        SET quantity = excluded.quantity
        WHERE excluded.quantity > outcome_hours.quantity
        """,
        sorted(rows),
    ).rowcount
    return added, len(rows) - added


def _release(names: Names, line: Line, at: str) -> int | None:
    project_id = names.project(line["project"])
    return None if project_id is None else names.release(project_id, line["release"], at)


def _release_commits(db: Connection, names: Names, line: Line, at: str) -> tuple[int, int]:
    release_id = _release(names, line, at)
    if release_id is None:
        return 0, 0
    rows = [
        (
            release_id, row["position"], row["sha"], row["author"], row["authorEmail"],
            row["message"], row["url"], json.dumps(row["files"], ensure_ascii=False),
            row.get("committedAt"),  # which older exports have not
        )
        for row in line["rows"]
    ]  # fmt: skip
    added = db.executemany(
        """
        INSERT INTO release_commits (release_id, position, sha, author, author_email, message, url,
                                     files, committed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (release_id, position) DO NOTHING
        """,
        sorted(rows),
    ).rowcount
    return added, len(rows) - added


def _release_deploys(db: Connection, names: Names, line: Line, at: str) -> tuple[int, int]:
    release_id = _release(names, line, at)
    if release_id is None:
        return 0, 0
    added = db.executemany(
        """
        INSERT INTO release_deploys (release_id, environment, name, url, deployed_at)
        SELECT :release_id, :environment, :name, :url, :deployedAt
        WHERE NOT EXISTS (
            SELECT 1 FROM release_deploys
            WHERE release_id = :release_id AND environment = :environment
              AND deployed_at = :deployedAt
        )
        """,
        [row | {"release_id": release_id} for row in line["rows"]],
    ).rowcount
    return added, len(line["rows"]) - added


def _session_hours(db: Connection, names: Names, line: Line, at: str) -> tuple[int, int]:
    release_id = _release(names, line, at)
    if release_id is None:
        return 0, 0
    rows = [
        (
            release_id, row["environment"], row["hour"], row["sessions"], row["errored"],
            row["crashed"], row["abnormal"], row["unhandled"],
        )
        for row in line["rows"]
    ]  # fmt: skip
    added = db.executemany(
        """
        INSERT INTO session_hours (release_id, environment, hour, sessions, errored, crashed,
                                   abnormal, unhandled)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (release_id, environment, hour) DO UPDATE
        SET sessions = excluded.sessions, errored = excluded.errored, crashed = excluded.crashed,
            abnormal = excluded.abnormal, unhandled = excluded.unhandled
        WHERE excluded.sessions > session_hours.sessions
        """,
        sorted(rows),
    ).rowcount
    if added:
        _count_sessions(db, release_id)
    return added, len(rows) - added


def _count_sessions(db: Connection, release_id: int) -> None:
    sums = db.execute(
        """
        SELECT sum(sessions) AS sessions, sum(errored) AS errored, sum(crashed) AS crashed,
               sum(abnormal) AS abnormal, sum(unhandled) AS unhandled
        FROM session_hours
        WHERE release_id = ?
        """,
        (release_id,),
    ).fetchone()
    db.execute(
        """
        UPDATE releases
        SET sessions = ?, errored = ?, crashed = ?, abnormal = ?, unhandled = ?
        WHERE id = ?
        """,
        (*sums, release_id),
    )


Insert = Callable[[Connection, Names, int, int, list[Line], str], int]


def _of_new_issue(insert: Insert) -> Loader:
    def load(db: Connection, names: Names, line: Line, at: str) -> tuple[int, int]:
        found = names.issue(line["issue"])
        if found is None:
            return 0, 0
        issue_id, project_id, is_new = found
        if not is_new:
            return 0, len(line["rows"])
        return insert(db, names, project_id, issue_id, line["rows"], at), 0

    return load


def _issue_hours(
    db: Connection, names: Names, project_id: int, issue_id: int, rows: list[Line], at: str
) -> int:
    return db.executemany(
        """
        INSERT INTO issue_hours (issue_id, hour, events) VALUES (?, ?, ?)
        ON CONFLICT (issue_id, hour) DO NOTHING
        """,
        sorted((issue_id, row["hour"], row["events"]) for row in rows),
    ).rowcount


def _issue_users(
    db: Connection, names: Names, project_id: int, issue_id: int, rows: list[Line], at: str
) -> int:
    return db.executemany(
        """
        INSERT INTO issue_users (issue_id, user_hash) VALUES (?, ?)
        ON CONFLICT (issue_id, user_hash) DO NOTHING
        """,
        sorted((issue_id, bytes.fromhex(row["userHash"])) for row in rows),
    ).rowcount


def _issue_releases(
    db: Connection, names: Names, project_id: int, issue_id: int, rows: list[Line], at: str
) -> int:
    found = sorted((names.release(project_id, row["release"], at), row["events"]) for row in rows)
    added = db.executemany(
        """
        INSERT INTO issue_releases (issue_id, release_id, events) VALUES (?, ?, ?)
        ON CONFLICT (issue_id, release_id) DO NOTHING
        """,
        sorted((issue_id, *pair) for pair in found),
    ).rowcount
    db.executemany(
        "UPDATE releases SET events = events + ?, issues = issues + 1 WHERE id = ?",
        [(events, release_id) for release_id, events in sorted(found)],
    )
    return added


def _issue_tags(
    db: Connection, names: Names, project_id: int, issue_id: int, rows: list[Line], at: str
) -> int:
    keys = sorted({row["key"] for row in rows})
    db.executemany(
        """
        INSERT INTO tag_keys (project_id, key, value_count) VALUES (?, ?, 0)
        ON CONFLICT (project_id, key) DO NOTHING
        """,
        sorted((project_id, key) for key in keys),
    )
    values = sorted({(project_id, row["key"], row["value"], fold(row["value"])) for row in rows})
    new = db.execute(
        f"""
        INSERT INTO tags (project_id, key, value, folded)
        VALUES {", ".join(["(?, ?, ?, ?)"] * len(values))}
        ON CONFLICT (project_id, key, value) DO NOTHING
        RETURNING key, value
        """,
        [part for value in values for part in value],
    )
    counts = Counter(row["key"] for row in new if row["value"])
    db.executemany(
        "UPDATE tag_keys SET value_count = value_count + ? WHERE project_id = ? AND key = ?",
        sorted((count, project_id, key) for key, count in counts.items()),
    )
    return db.executemany(
        """
        INSERT INTO issue_tags (issue_id, key_id, tag_id, events, last_seen)
        SELECT :issue_id, k.id, t.id, :events, :lastSeen
        FROM tags t
        JOIN tag_keys k ON k.project_id = t.project_id AND k.key = t.key
        WHERE t.project_id = :project_id AND t.key = :key AND t.value = :value
        """,
        [row | {"issue_id": issue_id, "project_id": project_id} for row in rows],
    ).rowcount


def _issue_evictions(
    db: Connection, names: Names, project_id: int, issue_id: int, rows: list[Line], at: str
) -> int:
    """Those that are gone by their age are counted as absent already: `Issues`."""
    found = [row for row in rows if row["reason"] != ABSENT]
    db.executemany(
        """
        INSERT INTO issue_evictions (issue_id, reason, events, last_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (issue_id, reason) DO NOTHING
        """,
        sorted((issue_id, row["reason"], row["events"], row["lastAt"]) for row in found),
    )
    take_from_absent(db, {issue_id: sum(row["events"] for row in found)})
    return len(rows)


def note_absent(db: Connection, issue_id: int, events: int, at: str) -> None:
    """Events that an issue has counted, and that are not here: as yet, or ever."""
    db.execute(
        "INSERT INTO issue_evictions (issue_id, reason, events, last_at) VALUES (?, ?, ?, ?)",
        (issue_id, ABSENT, events, at),
    )


def take_from_absent(db: Connection, arrived: Mapping[int, int]) -> None:
    """So many events of each issue are here now, or are absent for another reason."""
    db.executemany(
        "UPDATE issue_evictions SET events = events - ? WHERE issue_id = ? AND reason = ?",
        [(events, issue_id, ABSENT) for issue_id, events in sorted(arrived.items())],
    )
    db.executemany(
        "DELETE FROM issue_evictions WHERE issue_id = ? AND reason = ? AND events <= 0",
        [(issue_id, ABSENT) for issue_id in sorted(arrived)],
    )


def _issue_returns(
    db: Connection, names: Names, project_id: int, issue_id: int, rows: list[Line], at: str
) -> int:
    return db.executemany(
        """
        INSERT INTO issue_returns (issue_id, substatus, event_id, release_id, created_at)
        VALUES (?, ?, ?, ?, ?)
        """,
        [
            (
                issue_id, row["substatus"], bytes.fromhex(row["eventId"]),
                names.release(project_id, row["release"], at), row["createdAt"],
            )
            for row in rows
        ],
    ).rowcount  # fmt: skip


def _issue_conditions(
    db: Connection, names: Names, project_id: int, issue_id: int, rows: list[Line], at: str
) -> int:
    return db.executemany(
        """
        INSERT INTO issue_conditions (issue_id, kind, release_id, commit_sha, minutes, until,
                                      events, events_window, users, users_window, from_users)
        VALUES (:issue_id, :kind, :release_id, :commitSha, :minutes, :until, :events,
                :eventsWindow, :users, :usersWindow, :fromUsers)
        ON CONFLICT (issue_id) DO NOTHING
        """,
        sorted(
            (
                row | {
                    "issue_id": issue_id,
                    "release_id": names.release(project_id, row["release"], at),
                    "commitSha": row.get("commitSha"),  # which older exports have not
                }
                for row in rows
            ),
            key=str,
        ),
    ).rowcount  # fmt: skip


LOADERS: dict[str, Loader] = {
    "outcome_hours": _outcome_hours,
    "release_commits": _release_commits,
    "release_deploys": _release_deploys,
    "session_hours": _session_hours,
    "issue_hours": _of_new_issue(_issue_hours),
    "issue_evictions": _of_new_issue(_issue_evictions),
    "issue_users": _of_new_issue(_issue_users),
    "issue_releases": _of_new_issue(_issue_releases),
    "issue_tags": _of_new_issue(_issue_tags),
    "issue_returns": _of_new_issue(_issue_returns),
    "issue_conditions": _of_new_issue(_issue_conditions),
}
