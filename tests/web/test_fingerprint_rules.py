"""The page of fingerprint rules: saved, refused with the lines, tried."""

import factories
import pytest

from jentry.fingerprints.preview import MOST_SOURCES

RULES = "error.type:<b>* -> x"


@pytest.fixture
def place(world):
    return f"/projects/{world.project}/settings/grouping"


def stored(db, world):
    row = db.execute("SELECT fingerprint_rules FROM projects WHERE id = ?", (world.project,))
    return row.fetchone()[0]


def test_rules_are_saved_or_refused_as_they_were_typed(web, db, world, place):
    assert web.post(place, {"rules": RULES}, on=place).status_code == 303
    page = web.get(place).text
    assert "Saved." in page
    assert "error.type:&lt;b&gt;* -&gt; x" in page
    answer = web.post(place, {"rules": "level:<i>\n<u> -> x"}, on=place)
    assert answer.status_code == 400
    assert (
        "line 1: Say how the events are grouped: -&gt; and a fingerprint.\nline 2: " in answer.text
    )
    assert "level:&lt;i&gt;" in answer.text
    above = answer.text.partition('id="problem"')[2].partition("</ul>")[0]
    assert [line[:6] for line in above.split('<li><a href="#rules">')[1:]] == ["line 1", "line 2"]
    assert stored(db, world) == RULES


def test_trying_shows_what_would_join(web, db, world, place):
    issues = [factories.issue(db, world.project) for _ in range(2)]
    for issue in issues:
        factories.event(db, issue, {"title": "<i>", "level": "error"})
    answer = web.post(place, {"rules": "level:error -> x", "try": "1"}, on=place)
    assert answer.status_code == 200
    tried = answer.text.partition('id="tried"')[2]
    assert (
        "2 would come to another issue:\n1 group joins several issues, 0 issues are split" in tried
    )
    assert "Line 1: <code>level:error</code> fits 2" in tried
    assert all(f"/projects/{world.project}/issues/{issue}" in tried for issue in issues)
    assert "&lt;i&gt;" in tried
    assert (stored(db, world), db.execute("SELECT count(*) FROM audit_log").fetchone()[0]) == (
        "",
        0,
    )


def test_of_many_sources_it_says_how_many_more(web, db, world, place):
    for _ in range(MOST_SOURCES + 2):
        factories.event(db, factories.issue(db, world.project), {"level": "error"})
    answer = web.post(place, {"rules": "level:error -> x", "try": "1"}, on=place)
    assert '<li class="small">and 2 more</li>' in answer.text


def test_members_read_them_only(signed_in, db, world, place):
    browser = signed_in(world.member)
    assert "Only owners and admins can change this." in browser.get(place).text
    answer = browser.post(place, {"rules": RULES}, on="/account")
    assert answer.status_code == 403
    assert stored(db, world) == ""
