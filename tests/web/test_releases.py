"""Releases: how healthy each is, and one against the one before."""

import html
import re

import factories
import pytest

from jentry import clock


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)


@pytest.fixture
def path(world):
    return f"/projects/{world.project}/releases"


@pytest.fixture
def three(db, world):
    """Ids of three releases, the newest first: with sessions, with few, without any."""
    new = factories.release(
        db, world.project, "shop@1.2.0", sorted_at=factories.ago(days=1), sessions=1000,
        crashed=19, errored=30, events=7, issues=1, first_seen=factories.ago(days=1),
        last_seen=factories.ago(hours=1), registered_at=factories.ago(days=1),
        url="https://git.test/1.2.0",
    )  # fmt: skip
    old = factories.release(
        db, world.project, "shop@1.1.0", sorted_at=factories.ago(days=9), sessions=3000,
        crashed=3, first_seen=factories.ago(days=9), last_seen=factories.ago(hours=2),
    )  # fmt: skip
    none = factories.release(db, world.project, "4c1f0e2d", sorted_at=factories.ago(days=20))
    for release, hours, sessions, crashed in ((new, 3, 1000, 19), (old, 100, 3000, 3)):
        hour = clock.hour(factories.ago(hours=hours))
        factories.insert_row(
            db, "session_hours", release, "production", hour, sessions, 30, crashed, 0, 0
        )
    factories.insert(
        db, "release_commits", release_id=new, position=0, sha="a1b2c3d4e5", author="Ada",
        author_email="ada@acme.test", message="Fix <b>\n\nlong", url="https://git.test/c/1",
        files="[]",
    )  # fmt: skip
    factories.insert(
        db, "release_commits", release_id=new, position=1, sha="b" * 40,
        url="javascript:alert(1)", files="[]",
    )  # fmt: skip
    for place, days in (("staging", 2), ("production", 1)):
        factories.insert(
            db, "release_deploys", release_id=new, environment=place, name=None,
            url="https://shop.test/", deployed_at=factories.ago(days=days),
        )  # fmt: skip
    return new, old, none


def text_of(page):
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def test_the_list_says_how_each_is_doing(web, path, three):
    page = web.get(path).text
    text = text_of(page)
    names = re.findall(r'class="ver" href="[^"]*">([^<]+)', page)
    assert names == ["shop@1.2.0", "shop@1.1.0", "4c1f0e2d"]
    assert '<span class="cf warn">98.1%</span>' in page
    assert '<span class="cf good">99.9%</span>' in page
    assert text.count("No sessions yet") == 1
    assert "100.0%" not in page
    for part in ("25.0%", "1,000", "a1b2c3d", "Fix <b>", "2 commits", "19 crashes in 14 days"):
        assert part in text, part
    assert text.index("production") < text.index("staging")
    assert 'href="javascript' not in page


def test_shares_are_those_of_the_period(web, path, three):
    page = web.get(path).text
    assert "Share of sessions by release over 14 days; shop@1.2.0 is at 100%" in page
    assert "over 24 hours" in web.get(f"{path}?period=24h").text
    assert len(re.findall(r'<path class="l[0-3]" d="M0 119', page)) == 4


@pytest.mark.parametrize("query", ["?period=x", "?page=0", "?page=99", "?page=x", "?a=b"])
def test_what_is_not_understood_is_left_out(web, path, three, query):
    assert "shop@1.2.0" in web.get(f"{path}{query}").text


def test_a_project_without_a_release_says_how_to_name_one(web, path):
    page = web.get(path).text
    assert "No release yet." in page
    assert "Share of sessions" not in page


def test_pages_are_walked(web, db, world, path):
    for number in range(30):
        factories.release(db, world.project, f"v{number}", sorted_at=factories.ago(hours=number))
    first, second = web.get(path).text, web.get(f"{path}?period=14d&page=2").text
    assert f'href="{path}?period=14d&amp;page=2"' in first
    assert "30 releases" in first
    versions = [re.findall(r'class="ver" href="[^"]*">(v\d+)', page) for page in (first, second)]
    assert versions == [[f"v{n}" for n in range(25)], [f"v{n}" for n in range(25, 30)]]


@pytest.fixture
def issues(db, world, three):
    """Titles say what happened to each."""
    new, old, _ = three
    made = {
        name: factories.issue(db, world.project, title=f"{name.title()}Error: x", **columns)
        for name, columns in (
            ("new", {"first_release_id": new}),
            ("back", {"first_release_id": old, "substatus": "regressed"}),
            ("fixed", {"status": "resolved"}),
            ("next", {"status": "resolved"}),
            ("other", {"first_release_id": old}),
        )
    }
    factories.insert(
        db, "issue_returns", issue_id=made["back"], substatus="regressed", event_id=b"e" * 16,
        release_id=new, created_at=factories.AT,
    )  # fmt: skip
    for name, kind, release in (("fixed", "in_release", new), ("next", "in_next_release", old)):
        factories.insert(
            db, "issue_conditions", issue_id=made[name], kind=kind, release_id=release,
            from_users=0,
        )  # fmt: skip
    for name in ("new", "back"):
        factories.insert_row(db, "issue_releases", made[name], new, 5)
    return made


def test_one_is_held_against_the_one_before(web, path, issues):
    page = web.get(f"{path}/shop@1.2.0").text
    text = text_of(page)
    assert "1.8 points worse than 1.1.0 (99.9%)" in text
    sections = dict(re.findall(r'<section class="sheet" id="(\w+)">(.*?)</section>', page, re.S))
    found = {name: set(re.findall(r"<b>(\w+)Error</b>", part)) for name, part in sections.items()}
    assert found["new"] == {"New"}
    assert found["regressed"] == {"Back"}
    assert found["resolved"] == {"Fixed", "Next"}
    assert found["issues"] == {"New", "Back"}
    assert "Fix <b>" in html.unescape(sections["commits"])
    assert 'href="https://git.test/c/1"' in sections["commits"]
    assert "javascript:" not in page
    assert "release=shop%401.2.0" in page


def test_neighbours_are_a_link_away(web, path, three):
    page = web.get(f"{path}/shop@1.1.0").text
    assert f'href="{path}/4c1f0e2d"' in page
    assert f'href="{path}/shop@1.2.0"' in page
    page = web.get(f"{path}/4c1f0e2d").text
    assert "No sessions yet" in page
    assert re.search(r'aria-disabled="true">Previous', page)


@pytest.mark.parametrize("version", ["shop@9", "%20", "<b>", "%00", "a" * 300])
def test_what_is_not_there_says_so(web, path, three, version):
    answer = web.get(f"{path}/{version}")
    assert answer.status_code == 404
    assert "<b>" not in answer.text.partition("<main")[2]


def test_versions_are_quoted_in_addresses(web, db, world, path):
    version = "shop 1%2?#&<b>"
    factories.release(db, world.project, version)
    page = web.get(path).text
    href = html.unescape(re.search(r'class="ver" href="([^"]*)"', page)[1])
    assert "shop 1%2?#&<b>" in text_of(web.get(href).text) or "shop 1%2?#&" in web.get(href).text


def test_other_peoples_releases_are_not_there(web, db, world, three):
    factories.release(db, world.foreign_project, "secret@1")
    assert web.get(f"/projects/{world.foreign_project}/releases").status_code == 404
    assert web.get(f"/projects/{world.foreign_project}/releases/secret@1").status_code == 404
    assert web.get(f"/projects/{world.project}/releases/secret@1").status_code == 404
