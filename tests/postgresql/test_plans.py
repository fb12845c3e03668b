"""How PostgreSQL finds things while it has no statistics: of tables that were filled just now."""

import json
from contextlib import closing

import factories
import pytest

from jentry.store import connection, events
from jentry.store.connection import transaction

ISSUES, EACH, PAGE = 1000, 20, 25


@pytest.fixture
def filled(address):
    """A database of many issues with some events each, and its organization."""
    with closing(connection.connect(address, write=True)) as db, transaction(db):
        org = factories.org(db)
        project = factories.project(db, org)
        db.execute(
            """
            INSERT INTO issues (project_id, type, title, level, search, status_at, first_seen,
                                last_seen, event_count)
            SELECT CAST(? AS bigint), 'error', 't', 'error', 't', 'x', 'x', 'x', 1
            FROM generate_series(1, ?)
            """,
            (project, ISSUES),
        )
        db.execute(
            """
            INSERT INTO events (project_id, event_id, issue_id, timestamp, received_at, level,
                                bytes)
            SELECT i.project_id, sha256(CAST(concat(i.id, '-', n) AS bytea)), i.id, 'x', 'x',
                   'error', 1
            FROM issues i, generate_series(1, ?) n
            """,
            (EACH,),
        )
    return address, org


def test_events_are_looked_up_by_their_ids(filled):
    address, org = filled
    query = f"EXPLAIN (FORMAT JSON) {events.EVENTS} AND e.id IN ({', '.join('?' * PAGE)})"
    with closing(connection.connect(address)) as db:
        rows = db.execute("SELECT id FROM events ORDER BY id LIMIT ?", (PAGE,))
        ids = [row["id"] for row in rows]
        plan = json.dumps(db.execute(query, (org, *ids)).fetchone()[0])
    assert ("events_pkey" in plan, "events_by_issue" in plan) == (True, False)
