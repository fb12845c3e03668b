"""The page of ownership rules: saved, refused under the box, tried."""

import factories
import pytest

PAYLOAD = {
    "exception": {
        "values": [{"stacktrace": {"frames": [{"filename": "src/<b>cart</b>.py", "in_app": True}]}}]
    }
}


@pytest.fixture
def place(world):
    return f"/projects/{world.project}/settings/ownership"


@pytest.fixture
def email(db, world):
    return db.execute("SELECT email FROM users WHERE id = ?", (world.member,)).fetchone()[0]


def stored(db, world):
    row = db.execute("SELECT ownership FROM projects WHERE id = ?", (world.project,))
    return row.fetchone()[0]


def test_rules_are_saved_or_refused_as_they_were_typed(web, db, world, place, email):
    good = f"path:src/* {email}"
    assert web.post(place, {"rules": good}, on=place).status_code == 303
    page = web.get(place).text
    assert "Saved." in page
    assert good in page
    answer = web.post(place, {"rules": "path:<i> a@x.test"}, on=place)
    assert answer.status_code == 400
    assert "line 1: a@x.test is no member of this organization." in answer.text
    assert "path:&lt;i&gt; a@x.test" in answer.text
    assert stored(db, world) == good


def test_trying_shows_whom_the_newest_issues_would_get(web, db, world, place, email):
    hit, missed = factories.issue(db, world.project), factories.issue(db, world.project)
    factories.event(db, hit, PAYLOAD)
    factories.event(db, missed)
    answer = web.post(place, {"rules": f"path:src/<b>* {email}", "try": "1"}, on=place)
    assert answer.status_code == 200
    tried = answer.text.partition('id="tried"')[2]
    assert f"<b>{email}</b>" in tried
    assert "line 1: <code>path:src/&lt;b&gt;*</code>" in tried
    assert tried.count("nobody") == 1
    assert f"/projects/{world.project}/issues/{hit}" in tried
    assert (stored(db, world), db.execute("SELECT count(*) FROM audit_log").fetchone()[0]) == (
        "",
        0,
    )
