"""Resolve, ignore, reopen, assign, comment, undo: by forms, audited as the person's own doing."""

import json
import re

import factories
import pytest

from jentry import clock


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)


@pytest.fixture
def issue(db, world):
    issue_id = factories.issue(db, world.project)
    factories.event(db, issue_id)
    return issue_id


@pytest.fixture
def path(world, issue):
    return f"/projects/{world.project}/issues/{issue}"


@pytest.fixture
def state(db):
    def read(issue_id):
        row = db.execute(
            "SELECT status, substatus, assignee_id FROM issues WHERE id = ?", (issue_id,)
        ).fetchone()
        return tuple(row)

    return read


def audited(db):
    rows = db.execute(
        """
        SELECT action, target, user_id, meta
        FROM audit_log
        WHERE action LIKE 'issue.%'
        ORDER BY id
        """
    )
    return [(*row[:3], json.loads(row[3])) for row in rows]


FOREVER = "archived_forever"
MET = "archived_until_condition_met"


@pytest.mark.parametrize(
    ("form", "expected", "said"),
    [
        ({"action": "resolve"}, ("resolved", None), "Resolved 1 issue."),
        ({"action": "resolve_next"}, ("resolved", None), "Resolved in the next release"),
        (
            {"action": "resolve_in", "release": "shop@2"},
            ("resolved", None),
            "in <code>shop@2</code>",
        ),
        (
            {"action": "resolve_commit", "commit": "1f2e3d4"},
            ("resolved", None),
            "in the commit <code>1f2e3d4</code>",
        ),
        ({"action": "ignore"}, ("ignored", "archived_until_escalating"), "until it escalates"),
        ({"action": "ignore_forever"}, ("ignored", FOREVER), "Ignored for ever"),
        ({"action": "ignore_day"}, ("ignored", MET), "Ignored for 1 day"),
        ({"action": "ignore_week"}, ("ignored", MET), "Ignored for 1 week"),
        (
            {"action": "ignore_events", "ignore_events": "7"},
            ("ignored", MET),
            "until 7 more events",
        ),
        (
            {"action": "ignore_events", "ignore_events": "7", "ignore_events_within": "60"},
            ("ignored", MET),
            "until 7 more events within 1 hour",
        ),
        (
            {"action": "ignore_users", "ignore_users": "2", "ignore_users_within": "1440"},
            ("ignored", MET),
            "until 2 more users within 1 day",
        ),
        ({"action": "ignore_users", "ignore_users": "1"}, ("ignored", MET), "until 1 more user"),
    ],
)
def test_each_way_to_close_an_issue(web, db, world, issue, path, state, form, expected, said):
    factories.release(db, world.project, "shop@2")
    answer = web.post(f"{path}/change", form, on=path)
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert state(issue)[:2] == expected
    page = web.get(path).text
    assert said in page
    assert "Undo" in page
    assert 'value="reopen"' in page
    ((_, target, user, meta),) = audited(db)
    assert (target, user, meta["via"]) == (f"issue:{issue}", world.owner, "web")
    undo = web.post("/operations/undo", {"operation": str(meta["operationId"])}, on=path)
    assert undo.status_code == 303
    assert state(issue)[0] == "unresolved"
    assert "Put back 1 issue." in web.get(path).text


def test_reopen_and_assign(web, db, world, issue, path, state):
    for form, expected in (
        ({"action": "resolve"}, ("resolved", None, None)),
        ({"action": "reopen"}, ("unresolved", "ongoing", None)),
        ({"assign": str(world.member)}, ("unresolved", "ongoing", world.member)),
        ({"assign": "none"}, ("unresolved", "ongoing", None)),
    ):
        web.post(f"{path}/change", form, on=path)
        assert state(issue) == expected
    assert [entry[0] for entry in audited(db)] == [
        "issue.resolve", "issue.unresolve", "issue.assign", "issue.unassign",
    ]  # fmt: skip


def test_what_cannot_be_done_is_said(web, db, world, issue, path, state):
    before = state(issue)
    for form, said in (
        ({"action": "resolve_in", "release": "no@1"}, "This project has no release no@1"),
        ({"action": "resolve_next"}, "This project has no release yet"),
        ({"assign": str(world.foreign_user)}, "is not the id of an active member"),
    ):
        assert web.post(f"{path}/change", form, on=path).status_code == 303
        assert said in web.get(path).text
    for form in (
        {},
        {"action": "delete"},
        {"action": "resolve_commit", "commit": " "},
        {"action": "ignore_events", "ignore_events": "many"},
    ):
        assert web.post(f"{path}/change", form, on=path).status_code == 400
    assert (state(issue), audited(db)) == (before, [])


def test_a_form_of_another_site_changes_nothing(web, issue, path, state):
    before = state(issue)
    assert web.client.post(f"{path}/change", data={"action": "resolve"}).status_code in (403, 409)
    assert state(issue) == before


def test_chosen_rows_change_and_undo_takes_all_of_them_back(web, db, world, state):
    path = f"/projects/{world.project}/issues?period=all&level=error"
    ids = [factories.issue(db, world.project) for _ in range(3)]
    action = f"/projects/{world.project}/issues/change?period=all&level=error"
    answer = web.post(action, {"id": [str(ids[0]), str(ids[2])], "action": "resolve"}, on=path)
    assert answer.headers["Location"] == f"/projects/{world.project}/issues?level=error&period=all"
    assert [state(issue)[0] for issue in ids] == ["resolved", "unresolved", "resolved"]
    page = web.get(path).text
    assert "Resolved 2 issues." in page
    operation = audited(db)[0][3]["operationId"]
    web.post("/operations/undo", {"operation": str(operation)}, on=path)
    assert [state(issue)[0] for issue in ids] == ["unresolved"] * 3


def test_all_matching_is_all_that_match_and_nothing_else(web, db, world, state):
    fatal = [factories.issue(db, world.project, level="fatal") for _ in range(30)]
    there = factories.issue(db, world.foreign_project, level="fatal")
    other = [factories.issue(db, world.project, level="error") for _ in range(3)]
    path = f"/projects/{world.project}/issues?period=all&level=fatal"
    assert "Select all 30 matching" in web.get(path).text
    action = f"/projects/{world.project}/issues/change?period=all&level=fatal"
    web.post(action, {"id": str(fatal[0]), "all": "1", "action": "ignore"}, on=path)
    assert {state(issue)[0] for issue in fatal} == {"ignored"}
    assert {state(issue)[0] for issue in (*other, there)} == {"unresolved"}
    assert "Ignored 30 issues." in web.get(path).text


def test_over_all_projects_it_is_one_operation_a_project(web, db, world, state):
    second = factories.project(db, world.org)
    ids = [factories.issue(db, world.project), factories.issue(db, second)]
    foreign = factories.issue(db, world.foreign_project)
    path = "/issues?period=all"
    web.post("/issues/change?period=all", {"id": "1", "all": "1", "action": "resolve"}, on=path)
    assert [state(issue)[0] for issue in (*ids, foreign)] == ["resolved", "resolved", "unresolved"]
    page = web.get(path).text
    assert page.count('name="operation"') == 2
    numbers = {entry[3]["operationId"] for entry in audited(db)}
    web.post("/operations/undo", {"operation": [str(number) for number in numbers]}, on=path)
    assert [state(issue)[0] for issue in ids] == ["unresolved"] * 2
    web.post("/issues/change?period=all", {"id": [str(foreign)], "action": "resolve"}, on=path)
    assert "is not the id of an issue of this organization" in web.get(path).text
    web.post("/issues/change?period=all", {"action": "resolve"}, on=path)
    assert "Choose at least one issue." in web.get(path).text


def test_a_comment_is_shown_as_text_with_links(web, world, path, issue):
    said = "See https://a.test/x <b>now</b>\njavascript:alert(1)"
    answer = web.post(f"{path}/comments", {"text": said}, on=path)
    assert answer.headers["Location"] == f"{path}#activity"
    page = web.get(path).text
    assert '<a href="https://a.test/x" rel="noreferrer nofollow" target="_blank">' in page
    assert "&lt;b&gt;now&lt;/b&gt;" in page
    assert 'href="javascript' not in page
    assert web.post(f"{path}/comments", {"text": "  "}, on=path).status_code == 400


def test_what_the_api_does_is_told_as_such(web, client, db, world, issue, path):
    token = factories.token(db, world.org, world.owner, last_used_at=clock.timestamp(factories.NOW))
    headers = {"Authorization": f"Bearer {token}"}
    client.patch(f"/api/v1/issues/{issue}", json={"status": "resolved"}, headers=headers)
    page = web.get(path).text
    assert "resolved this" in page
    assert "via API" in page


def offered(page):
    """What menus and buttons of a page do."""
    form = re.search(r'<form method="post" action="[^"]*/change.*?</form>', page, re.S)[0]
    return set(re.findall(r'name="(?:action|release|commit|ignore_\w+)"(?: value="\w+")?', form))


def test_the_list_offers_for_many_what_a_page_offers_for_one(web, db, world, path):
    factories.release(db, world.project, "shop@2")
    of_one = offered(web.get(path).text)
    assert 'name="action" value="ignore_users"' in of_one
    for place in (f"/projects/{world.project}/issues", "/issues"):
        of_many = offered(web.get(f"{place}?period=all").text)
        assert of_many == of_one | {'name="action" value="merge"'}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"action": "resolve_next"}, {"inNextRelease": True}),
        ({"action": "resolve_in", "release": "shop@2"}, {"inRelease": "shop@2"}),
        ({"action": "resolve_commit", "commit": "1f2e3d4"}, {"inCommit": "1f2e3d4"}),
        (
            {"action": "ignore_events", "ignore_events": "7", "ignore_events_within": "60"},
            {"ignoreCount": 7, "ignoreWindow": 60},
        ),
        ({"action": "ignore_users", "ignore_users": "2"}, {"ignoreUserCount": 2}),
    ],
)  # fmt: skip
def test_chosen_rows_wait_for_the_same_and_undo_reopens_them(web, db, world, state, form, expected):
    factories.release(db, world.project, "shop@2")
    ids = [factories.issue(db, world.project) for _ in range(2)]
    left = factories.issue(db, world.project)
    place = f"/projects/{world.project}/issues"
    web.post(
        f"{place}/change?period=all", form | {"id": [*map(str, ids)]}, on=f"{place}?period=all"
    )
    entries = audited(db)
    assert [target for _, target, *_ in entries] == [f"issue:{number}" for number in ids]
    assert [meta["statusDetails"] for *_, meta in entries] == [expected] * 2
    is_resolved = form["action"].startswith("resolve")
    assert {state(number)[0] for number in ids} == {"resolved" if is_resolved else "ignored"}
    assert state(left)[0] == "unresolved"
    operation = {"operation": str(entries[0][3]["operationId"])}
    web.post("/operations/undo", operation, on=f"{place}?period=all")
    assert {state(number)[0] for number in (*ids, left)} == {"unresolved"}


def test_all_matching_are_as_many_as_the_page_said(web, db, world, state):
    ids = [factories.issue(db, world.project) for _ in range(30)]
    place = f"/projects/{world.project}/issues"
    page = web.get(f"{place}?period=all").text
    (expected,) = re.findall(r'name="expected" value="(\d+)"', page)
    assert expected == "30"
    ids.append(factories.issue(db, world.project))
    form = {"all": "1", "expected": expected, "action": "ignore_day"}
    web.post(f"{place}/change?period=all", form, on=f"{place}?period=all")
    said = "Nothing was changed: 31 issues match, not 30."
    assert said in web.get(f"{place}?period=all").text
    assert ({state(number)[0] for number in ids}, audited(db)) == ({"unresolved"}, [])
    web.post(f"{place}/change?period=all", form | {"expected": "31"}, on=f"{place}?period=all")
    assert {state(number)[0] for number in ids} == {"ignored"}
    few = {"id": str(ids[0]), "expected": "31", "action": "reopen"}
    web.post(f"{place}/change?status=ignored&period=all", few, on=f"{place}?status=ignored")
    assert state(ids[0])[0] == "unresolved"


def test_enter_in_a_field_of_a_menu_presses_no_button(web, db, world, path):
    """The first button of the form, which Enter would press, is one that cannot be."""
    for place in (path, f"/projects/{world.project}/issues?period=all"):
        form = re.search(
            r'<form method="post" action="[^"]*/change.*?</form>', web.get(place).text, re.S
        )
        assert re.findall(r"<button[^>]*>", form[0])[0] == "<button disabled hidden>"
