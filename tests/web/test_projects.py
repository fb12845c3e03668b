"""The projects of an organization: cards, a new one, one at a glance."""

import html
import re

import factories
import pytest

from jentry import clock


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)


def text_of(page):
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


@pytest.fixture
def busy(db, world):
    """What makes the figures of the project, and the like of another organization."""
    for project in (world.project, world.foreign_project):
        for days, columns in ((20, {}), (20, {"status": "resolved"}), (0, {}), (0.5, {})):
            at = factories.ago(days=days)
            factories.issue(
                db, project, title=f"Error{days}: x", first_seen=at, last_seen=at, **columns
            )
        (key,) = db.execute("SELECT id FROM client_keys WHERE project_id = ?", (project,))
        for hours, more in ((0, {}), (23, {}), (24, {}), (1, {"outcome": "filtered"})):
            hour = clock.hour(factories.ago(hours=hours))
            factories.outcome(db, key["id"], hour, 1200, **more)
        factories.release(db, project, "old@1", sorted_at=factories.ago(days=9))
        factories.release(
            db, project, "shop@1.4.2", sorted_at=factories.ago(days=2), sessions=1000, crashed=6
        )


def test_cards_say_how_each_is_doing(web, db, world, busy):
    factories.project(db, world.org, name="Quiet")
    text = text_of(web.get("/projects").text)
    assert "Shop python" in text
    assert "2,400 events in 24 hours Unresolved 3 New in 24 h 2" in text
    assert "shop@1.4.2 99.4% crash-free" in text
    assert "Quiet 0 events in 24 hours" in text
    assert "No release yet" in text
    assert "Foreign" not in text


def test_the_api_says_the_same(client, db, world, busy):
    head = {"Authorization": f"Bearer {factories.token(db, world.org, world.owner)}"}
    answer = client.get(f"/api/v1/projects/{world.project}/summary", headers=head)
    assert answer.json["data"] == {
        "unresolved": 3,
        "newIssues": 2,
        "recentEvents": 2400,
        "latestRelease": {"release": "shop@1.4.2", "sessions": 1000, "crashFreeRate": 99.4},
    }
    other = client.get(f"/api/v1/projects/{world.foreign_project}/summary", headers=head)
    assert other.status_code == 404


def test_no_project_says_how_to_begin(signed_in, db, world):
    db.execute("DELETE FROM projects")
    page = signed_in(world.owner).get("/projects").text
    assert "Create your first project." in page
    assert 'href="/projects/new"' in page
    page = signed_in(world.member).get("/projects").text
    assert "Owners and admins of Acme can do that." in page
    assert 'href="/projects/new"' not in page


def test_many_projects_are_in_pages(web, db, world):
    for number in range(60):
        factories.project(db, world.org, name=f"P{number:02}")
    first, second = web.get("/projects").text, web.get("/projects?page=2").text
    assert len(re.findall(r">(P\d\d)</a></h2>", first)) == 47
    assert len(re.findall(r">(P\d\d)</a></h2>", second)) == 13
    assert "61 projects" in first
    assert web.get("/projects?page=99").text.count("</h2>") == second.count("</h2>")
    assert web.get("/projects?page=x").status_code == 200


def test_a_new_project_leads_to_its_set_up(web, db, world):
    page = web.get("/projects/new").text
    assert page.count('type="radio" name="platform"') == 28
    answer = web.post("/projects/new", {"name": " Web shop ", "platform": "javascript-react"})
    made = db.execute("SELECT * FROM projects ORDER BY id DESC LIMIT 1").fetchone()
    assert (made["name"], made["slug"], made["platform"]) == (
        "Web shop", "web-shop", "javascript-react",
    )  # fmt: skip
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/projects/{made['id']}/setup"
    assert "npm install @sentry/react" in web.get(answer.headers["Location"]).text
    audit = db.execute("SELECT action, meta FROM audit_log ORDER BY id DESC LIMIT 1").fetchone()
    assert (audit["action"], '"via": "web"' in audit["meta"]) == ("project.create", True)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"name": " ", "platform": "go"}, "The project&#39;s name must not be empty."),
        ({"name": "a" * 101, "platform": "go"}, "must not be longer than 100 characters"),
        ({"name": "Shop 2", "platform": "<b>"}, "A platform is a word in lower case"),
    ],
)
def test_what_is_wrong_with_a_new_one_is_said_and_kept(web, db, values, says):
    before = db.execute("SELECT count(*) FROM projects").fetchone()[0]
    answer = web.post("/projects/new", values)
    assert answer.status_code == 400
    assert says in answer.text
    if values["platform"] == "go":
        assert re.search(r'value="go" checked', answer.text)
    assert db.execute("SELECT count(*) FROM projects").fetchone()[0] == before


def test_an_overview_shows_what_is_worst_and_new(web, db, world, busy):
    worst = factories.issue(
        db, world.project, title="Worst: y", event_count=99, first_seen=factories.ago(days=3),
        last_seen=factories.ago(days=1),
    )  # fmt: skip
    page = web.get(f"/projects/{world.project}").text
    text = text_of(page)
    assert text.index("Worst y") < text.index("New in 24 hours")
    assert f'href="/projects/{world.project}/issues/{worst}"' in page
    assert "Worst" not in text.partition("New in 24 hours")[2].partition("Latest release")[0]
    assert "shop@1.4.2" in text
    assert "99.4%" in text
    empty = factories.project(db, world.org, name="Quiet")
    text = text_of(web.get(f"/projects/{empty}").text)
    assert "Nothing unresolved in the last 14 days." in text
    assert "No event or session has named a release yet." in text


def test_members_make_none(signed_in, db, world):
    member = signed_in(world.member)
    assert member.get("/projects/new").status_code == 403
    assert "Only owners and admins can create projects." in member.get("/projects/new").text
    assert member.post("/projects/new", {"name": "X"}, on="/account").status_code == 403
    assert signed_in(world.admin).get("/projects/new").status_code == 200


def test_other_peoples_projects_are_not_there(web, world):
    assert web.get(f"/projects/{world.foreign_project}").status_code == 404


def test_names_of_strangers_are_text(web, db, world):
    factories.project(db, world.org, name="<b>\u202eevil")
    page = web.get("/projects").text
    assert "<b>\u202e" not in page
    assert "&lt;b&gt;\\u202eevil" in page
