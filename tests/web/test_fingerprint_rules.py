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


def test_stored_events_are_grouped_again_tried_and_undone(web, db, world, place):
    issue = factories.issue(db, world.project)
    factories.event(db, issue, {"title": "<i>", "level": "error"})
    page = web.get(place).text
    assert "Stop and undo" not in page
    answer = web.post(f"{place}/regroup", {"try": "1"}, on=place)
    assert answer.status_code == 200
    assert "Grouping again on the newest events" in answer.text
    assert db.execute("SELECT count(*) FROM operations").fetchone()[0] == 0
    for _ in range(2):
        assert web.post(f"{place}/regroup", {"begin": "1"}, on=place).status_code == 303
    page = web.get(place).text
    assert "0 % of 1 event are looked at." in page
    assert "are being grouped again already" in page
    assert "Group stored events again</button>" not in page
    assert web.post(f"{place}/regroup", {"undo": "1"}, on=place).status_code == 303
    assert "It was undone." in web.get(place).text


def test_members_do_not_group_stored_events_again(signed_in, db, world, place):
    browser = signed_in(world.member)
    assert "/regroup" not in browser.get(place).text
    assert browser.post(f"{place}/regroup", {"begin": "1"}, on="/account").status_code == 303
    assert "Only owners and admins can group stored events again." in browser.get(place).text
    assert db.execute("SELECT count(*) FROM regroups").fetchone()[0] == 0
