"""The events of an issue as a table, looked through by what they have."""

import html
import re

import factories
import pytest

from jentry.store import event_filter
from jentry.web import event_filters

TAGS = [{"browser": "Firefox"}, {"browser": "Chrome"}, {"browser": "Firefox", "plan": "free"}]


@pytest.fixture
def path(db, world):
    issue = factories.issue(db, world.project)
    for number, tags in enumerate(TAGS):
        factories.event(
            db, issue, {"tags": tags}, event_id=bytes([number] * 16), environment="production",
            timestamp=f"2026-11-01T10:0{number}:00.000Z",
        )  # fmt: skip
    tag = factories.tag(db, world.project, "browser", "Firefox")
    factories.issue_tag(db, issue, tag, 2, factories.AT)
    return f"/projects/{world.project}/issues/{issue}/events"


def listed(page):
    return [int(found, 16) for found in re.findall(r"<code>([0-9a-f]{2})[0-9a-f]{6}</code>", page)]


def link(page, title):
    return html.unescape(re.search(rf'href="([^"]*)"[^>]*>{title}</a>', page)[1])


def test_a_filter_is_added_shown_and_taken_away(web, path):
    page = web.get(path).text
    assert listed(page) == [2, 1, 0]
    assert 'value="browser=Firefox"' in page
    answer = web.get(f"{path}?add=browser%3DFirefox")
    assert answer.headers["Location"] == f"{path}?tag%5Bbrowser%5D=Firefox"
    page = web.get(answer.headers["Location"]).text
    assert listed(page) == [2, 0]
    assert "Looked through 3 events, newest first." in page
    both = web.get(f"{path}?tag[browser]=Firefox&add=environment = production")
    assert both.headers["Location"] == f"{path}?environment=production&tag%5Bbrowser%5D=Firefox"
    page = web.get(both.headers["Location"]).text
    assert f'href="{path}?environment=production"' in page
    assert link(page, "Clear filters") == path


def test_the_same_address_gives_the_same_events_on_the_api(web, path, client, db, world):
    head = {"Authorization": f"Bearer {factories.token(db, world.org, world.owner)}"}
    api = f"/api/v1{path.partition(f'/{world.project}')[2]}"
    for query in ("", "?tag[browser]=Firefox", "?environment=production&tag[plan]=free"):
        data = client.get(f"{api}{query}", headers=head).json["data"]
        assert listed(web.get(f"{path}{query}").text) == [int(e["id"][:2], 16) for e in data]


def test_older_events_follow_and_filters_stay(web, path, monkeypatch):
    monkeypatch.setattr(event_filters, "A_PAGE", 1)
    page = web.get(f"{path}?tag[browser]=Firefox").text
    assert listed(page) == [2]
    page = web.get(link(page, "Older")).text
    assert listed(page) == [0]
    assert link(page, "Newest") == f"{path}?tag%5Bbrowser%5D=Firefox"
    page = web.get(link(web.get(path).text, "Older")).text
    assert (listed(page), "Older events, newest first." in page) == ([1], True)


def test_what_was_not_found_says_how_far_it_looked(web, path, monkeypatch):
    page = web.get(f"{path}?tag[plan]=none").text
    assert "No event that is kept matches." in page
    assert "Looked through 3 events, newest first." in page
    monkeypatch.setattr(event_filter, "MOST_ROWS", 2)
    page = web.get(f"{path}?tag[browser]=Safari").text
    assert "None of these events matches." in page
    page = web.get(link(page, "Look through older ones")).text
    assert "No more events match." in page


@pytest.mark.parametrize("query", ["tag=x", "cursor=x", "limit=none", "add=x", "page=3", "add=x="])
def test_what_is_not_understood_is_left_out(web, path, query):
    page = web.get(f"{path}?{query}")
    assert (page.status_code, listed(page.text)) == (200, [2, 1, 0])
