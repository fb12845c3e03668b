"""Issues are changed, many at once, while events of the same issues come in."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from jentry.store import checks

ISSUES, EVENTS = 30, 4
MANY = ISSUES * EVENTS


@pytest.fixture
def send(app, db, world):
    key = db.execute("SELECT public_key FROM client_keys WHERE project_id = ?", (world.project,))
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={key.fetchone()[0]}"}

    def send(number):
        event = {
            "event_id": secrets.token_hex(16),
            "message": "it broke",
            "fingerprint": [f"part {number % ISSUES}"],
        }
        path = f"/api/{world.project}/store/"
        return app.test_client().post(path, json=event, headers=headers).status_code

    return send


def change(api, world, number):
    body = {"filter": {"status": "all"}, "status": ("ignored", "unresolved")[number % 2]}
    return api.patch(f"/projects/{world.project}/issues", body).json["data"]


def test_nothing_is_lost_and_nothing_counted_twice(api, world, db, database, send):
    assert [send(number) for number in range(ISSUES)] == [200] * ISSUES
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(send, number) for number in range(MANY)]
        done = [change(api, world, number) for number in range(4)]
        assert [one.result() for one in sent] == [200] * MANY
    assert [one["changed"] for one in done] == [ISSUES] * 4
    rows = db.execute("SELECT event_count, status FROM issues").fetchall()
    assert {tuple(row) for row in rows} == {(EVENTS + 1, "unresolved")}
    assert len(rows) == ISSUES
    undone = api.post(f"/operations/{done[-1]['operationId']}/undo").json["data"]
    assert (undone["restored"], undone["skipped"]) == (ISSUES, 0)
    audited = db.execute("SELECT count(*) FROM audit_log WHERE target LIKE 'issue:%'").fetchone()
    assert audited[0] == 5 * ISSUES
    assert checks.problems_of(database) == []
