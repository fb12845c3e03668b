"""Saved views in the dashboard: saved beside the search box, tabs above the list, a page of all."""

import html
import re

import factories
import pytest


@pytest.fixture
def filled(db, world):
    issue = factories.issue(db, world.project, title="TypeError: x", search="typeerror: x")
    factories.issue(db, world.project, title="KeyError: y", search="keyerror: y")
    tag = factories.tag(db, world.project, "plan", "gold")
    factories.issue_tag(db, issue, tag, 1, factories.AT)
    factories.release(db, world.project, "shop@1.0")
    return world


def tabs(page):
    """Name and address of each, and whether it is the present one."""
    nav = re.search(r'<nav class="views.*?</nav>', page.text, re.DOTALL)
    links = re.findall(r'<a class="chip" href="([^"]+)"( aria-current)?.*?"clip">(.*?)<', nav[0])
    return [(name, html.unescape(href), bool(current)) for href, current, name in links]


def saved(db):
    rows = db.execute("SELECT project_id, name, search, status, shared FROM views ORDER BY id")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("query", "search", "status"),
    [
        ("search=plan:gold", "tags[plan]:gold", None),
        ("search=is:resolved", "is:resolved", None),
        ("search=x&status=ignored", "x", "ignored"),
        ("search=level:error+OR+x&tag[plan]=a+b", '(level:error OR x) tags[plan]:"a b"', None),
        ("environment=prod&release=shop@1.0&assignee=me", "environment:prod release:shop@1.0 "
         "assigned:me", None),
        ("query=Type*+x:&assignee=none", '"Type* x:" assigned:none', None),
        ("tag[level]=>gold&since=2026-11-01T00:00:00Z", 'tags[level]:">gold" '
         "last-seen:>=2026-11-01T00:00:00.000Z", None),
    ],
)  # fmt: skip
def test_what_the_list_shows_is_saved_as_a_search_and_shows_the_same(
    web, db, filled, query, search, status
):
    place = f"/projects/{filled.project}/issues"
    answer = web.post(
        f"{place}/views?{query}&period=all", {"name": "Mine"}, on=f"{place}?{query}&period=all"
    )
    assert answer.status_code == 303
    assert saved(db) == [(filled.project, "Mine", search, status, 0)]
    page = web.get(answer.location)
    assert tabs(page) == [("Mine", answer.location, True)]
    titles = re.compile(r'<div class="t"><a [^>]+><b>(\w+)')
    assert titles.findall(page.text) == titles.findall(web.get(f"{place}?{query}&period=all").text)


def test_each_list_has_its_tabs_and_what_cannot_be_read_says_so(web, db, filled):
    factories.view(db, filled.org, filled.member, name="Of others")
    factories.view(db, filled.org, filled.member, name="<b>Shared</b>", shared=1)
    factories.view(db, filled.org, filled.owner, name="Broken", search="levle:error")
    factories.view(db, filled.org, filled.owner, name="Shop", project_id=filled.project, position=1)
    assert [name for name, _, _ in tabs(web.get("/issues?period=7d"))] == [
        "Broken", "&lt;b&gt;Shared&lt;/b&gt;",
    ]  # fmt: skip
    page = web.get(f"/projects/{filled.project}/issues?period=7d")
    assert [name for name, _, _ in tabs(page)] == ["Broken", "Shop", "&lt;b&gt;Shared&lt;/b&gt;"]
    wrong = "levle is no field and no tag (character 1). Did you mean level?"
    assert f'title="{wrong}"' in page.text
    broken = web.get(tabs(page)[0][1])
    assert f'role="alert">{wrong}' in broken.text
    assert tabs(broken)[0][2]
    assert "save-view" not in broken.text


def test_what_cannot_be_saved_is_told_on_the_same_list(web, db, filled):
    place = "/issues/views?search=levle:error&period=7d"
    for data, told in (
        ({"name": "x"}, "levle is no field"),
        ({"name": ""}, "name: Length must be between 1 and 100."),
    ):
        query = place if data["name"] else "/issues/views?search=x&period=7d"
        answer = web.post(query, data, on="/issues?period=7d")
        assert answer.location == query.replace("/views", "").replace(":", "%3A")
        assert told in web.get(answer.location).text
    assert saved(db) == []


def test_the_page_renames_moves_shares_and_deletes(web, db, filled):
    first, second = (
        factories.view(db, filled.org, filled.owner, name=name, position=place)
        for place, name in enumerate(("First", "Second"))
    )
    page, place = web.get("/settings/views").text, "/settings/views"
    assert page.index("First") < page.index("Second")
    web.post(f"{place}/{second}", {"position": "0"}, on=place)
    page = web.get(place).text
    assert page.index("Second") < page.index("First")
    web.post(f"{place}/{first}", {"name": "Renamed"}, on=place)
    web.post(f"{place}/{first}", {"shared": "1"}, on=place)
    assert "The view “Renamed” is changed." in web.get(place).text
    assert [row[1::3] for row in saved(db)] == [("Renamed", 1), ("Second", 0)]
    web.post(f"{place}/{second}/delete", on=place)
    web.post(f"{place}/{first}", {"shared": "0"}, on=place)
    assert [row[1::3] for row in saved(db)] == [("Renamed", 0)]


def test_members_share_and_change_what_is_their_own(signed_in, db, filled):
    member = signed_in(filled.member)
    place = "/settings/views"
    list_ = "/issues?search=x&period=all"
    member.post("/issues/views?search=x", {"name": "Ours", "shared": "1"}, on=list_)
    assert [row[1::3] for row in saved(db)] == [("Ours", 1)]
    theirs = factories.view(db, filled.org, filled.admin, name="Theirs", shared=1, position=1)
    page = member.get(place).text
    assert "Rename" in page and f"{place}/{theirs}" not in page  # noqa: PT018
    for path, data in ((f"{place}/{theirs}", {"name": "x"}), (f"{place}/{theirs}/delete", {})):
        member.post(path, data, on=place)
        told = "Only owners and admins can change views that somebody else has shared."
        assert told in member.get(place).text
    assert [row[1] for row in saved(db)] == ["Ours", "Theirs"]
    for user in (filled.owner, filled.admin):
        assert f"{place}/{theirs}" in signed_in(user).get(place).text
