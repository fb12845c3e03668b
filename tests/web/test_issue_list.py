"""The list of issues: the API's own, in the same order; what its page adds; what it forgives."""

import re
from urllib.parse import urlencode

import factories
import pytest

from jentry import clock

IDS = re.compile(r'name="id" value="(\d+)"')


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)


@pytest.fixture
def token(db, world):
    used = clock.timestamp(factories.NOW)
    return factories.token(db, world.org, world.owner, last_used_at=used)


@pytest.fixture
def issues(db, world):
    """Thirty of them, different in whatever lists go by; some with the same times and figures."""
    release = factories.release(db, world.project, "shop@1.0")
    tag = factories.tag(db, world.project, "browser", "Firefox 1+2 & more")
    staging = factories.tag(db, world.project, "environment", "staging")
    rows = [
        {
            "title": f"{'Timeout' if n % 3 else 'Value'}Error: {n} 100% of_them",
            "level": ("error", "fatal", "warning")[n % 3],
            "status": ("unresolved", "unresolved", "resolved", "ignored")[n % 4],
            "substatus": ("new", "ongoing", None, "archived_forever")[n % 4],
            "last_seen": factories.ago(hours=(n // 2) * 11),
            "first_seen": factories.ago(days=20 + n // 2),
            "event_count": n // 3,
            "user_count": n // 4,
            "assignee_id": (None, world.owner, world.member)[n % 3],
        }
        for n in range(60)
    ]
    ids = factories.issues(db, world.project, rows)
    for n, issue_id in enumerate(ids):
        if n % 2:
            factories.insert_row(db, "issue_releases", issue_id, release, 1)
        if n % 5 == 0:
            factories.issue_tag(db, issue_id, tag, 1, factories.AT)
        if n % 7 == 0:
            factories.issue_tag(db, issue_id, staging, 1, factories.AT)
    factories.issue(db, world.foreign_project, last_seen=factories.ago(hours=1))
    return ids


QUERIES = [
    {},
    {"status": "resolved"},
    {"status": "all", "level": "fatal"},
    {"status": "all", "query": "100% of_"},
    {"status": "all", "query": "timeout", "level": "error"},
    {"status": "all", "period": "24h"},
    {"status": "all", "period": "7d", "sort": "events"},
    {"status": "all", "sort": "users"},
    {"status": "all", "sort": "first_seen", "page": "2"},
    {"status": "all", "sort": "events", "limit": "7", "page": "3"},
    {"status": "all", "release": "shop@1.0"},
    {"status": "all", "environment": "staging"},
    {"status": "all", "tag[browser]": "Firefox 1+2 & more", "sort": "first_seen"},
    {"assignee": "me"},
    {"status": "all", "assignee": "none", "period": "14d"},
    {"status": "ignored", "query": "Error", "level": "warning", "sort": "users", "period": "14d"},
]


def test_it_shows_what_the_api_lists_in_its_order(web, client, token, world, issues):
    lengths = set()
    for path in (f"/projects/{world.project}/issues", "/issues"):
        for query in QUERIES:
            text = urlencode({"period": "all"} | query)
            page = web.get(f"{path}?{text}")
            headers = {"Authorization": f"Bearer {token}"}
            listed = client.get(f"/api/v1{path}?{text}", headers=headers).json
            assert page.status_code == 200, text
            ids = [int(found) for found in IDS.findall(page.text)]
            assert ids == [row["id"] for row in listed["data"]], text
            assert f"of {listed['total']:,}" in page.text or not ids, text
            lengths.add(len(ids))
    assert len(lengths) > 5


def test_its_own_links_lead_to_the_same_lists(web, world, issues):
    """Each link of the page that filters is an address that the API understands word for word."""
    address = f"/projects/{world.project}/issues?status=all&period=14d&level=fatal&limit=5"
    page = web.get(address).text
    links = {
        link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*issues\?[^"]*)"', page)
    }
    assert len(links) > 12
    for link in links:
        assert web.get(link).status_code == 200
        assert "not understood" not in web.get(link).text, link


def test_a_bad_value_is_left_out_with_a_note(web, world, issues):
    for query, note in (
        ("level=red&period=14d", "level: not understood"),
        ("limit=0&page=x", "limit, page: not understood"),
        ("since=yesterday", "since: not understood"),
        ("sort=size&status=open", "sort, status: not understood"),
    ):
        page = web.get(f"/projects/{world.project}/issues?{query}")
        assert page.status_code == 200
        assert note in page.text
        assert IDS.findall(page.text)


def test_what_is_unknown_is_dropped_and_beyond_the_end_is_the_last_page(web, world, issues):
    path = f"/projects/{world.project}/issues"
    plain = IDS.findall(web.get(f"{path}?period=all").text)
    assert IDS.findall(web.get(f"{path}?period=all&colour=red&cursor=abc").text) == plain
    last = IDS.findall(web.get(f"{path}?period=all&page=2").text)
    assert IDS.findall(web.get(f"{path}?period=all&page=99").text) == last
    assert plain != last


def test_a_bare_address_is_that_of_the_last_two_weeks(web, world):
    answer = web.get(f"/projects/{world.project}/issues")
    assert answer.headers["Location"] == f"/projects/{world.project}/issues?period=14d"


def test_looking_for_one_thing_leads_to_it(web, db, world, issues):
    factories.event(db, issues[3], event_id=bytes.fromhex("ab" * 16))
    path = f"/projects/{world.project}/issues"
    home = f"/projects/{world.project}/issues/{issues[3]}"
    for query, target in (
        (f"#{issues[3]}", home),
        ("ab" * 16, f"{home}/events/{'ab' * 16}"),
        ("abababab-abab-abab-abab-abababababab", f"{home}/events/{'ab' * 16}"),
    ):
        answer = web.get(f"{path}?{urlencode({'query': query})}")
        assert (answer.status_code, answer.headers["Location"]) == (302, target)
    foreign = db.execute(
        "SELECT id FROM issues WHERE project_id = ?", (world.foreign_project,)
    ).fetchone()["id"]
    assert web.get(f"{path}?{urlencode({'query': f'#{foreign}'})}").status_code == 200


def test_empty_states(web, world, issues, db):
    path = f"/projects/{world.project}/issues"
    nothing = web.get(f"{path}?query=nowhere&level=fatal&period=24h").text
    assert "No issues match." in nothing
    assert "Looked for nowhere, level fatal, the last 24 hours." in nothing
    assert "Clear filters" in nothing
    db.execute("UPDATE issues SET last_seen = ?, first_seen = ?", (factories.AT, factories.AT))
    quiet = web.get(f"{path}?period=14d").text
    assert "Nothing unresolved in the last 14 days." in quiet
    assert f"{path}?period=all" in quiet
    db.execute("DELETE FROM issues")
    assert web.get(f"{path}?period=14d").headers["Location"] == f"/projects/{world.project}/setup"


def test_figures_on_the_page(web, db, world):
    issue = factories.issue(
        db, world.project, event_count=1284, user_count=57, last_seen=factories.ago(hours=1),
        substatus="regressed", status_at=factories.ago(hours=2),
    )  # fmt: skip
    for hours, events in ((1, 5), (50, 7)):
        factories.insert_row(
            db, "issue_hours", issue, clock.hour(factories.ago(hours=hours)), events
        )
    factories.release(db, world.project, "shop@2.0", sorted_at=factories.ago(days=3))
    page = web.get(f"/projects/{world.project}/issues?period=14d").text
    assert "1,284" in page
    assert "12 events in 14 days" in page
    assert "Regressed" in page
    assert "2.0</text>" in page
    assert 'class="hi"' in page


def test_news_are_told_without_reloading(web, db, world, issues):
    path = f"/projects/{world.project}/issues/news?status=all&period=all"
    assert web.get(f"{path}&seen={clock.timestamp(factories.NOW)}").json == {
        "text": "2 issues have new events."
    }
    assert web.get(f"{path}&seen=2027-01-01T00:00:00Z").json == {"text": None}


def test_nobody_else_sees_it(browser, signed_in, world, issues):
    path = f"/projects/{world.project}/issues?period=14d"
    assert browser.get(path).status_code == 303
    stranger = signed_in(world.foreign_user)
    assert stranger.get(path).status_code == 404
    assert IDS.findall(stranger.get("/issues?period=all&status=all").text) != []
    assert len(IDS.findall(stranger.get("/issues?period=all&status=all").text)) == 1
