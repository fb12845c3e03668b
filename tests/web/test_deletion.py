"""Buttons that delete: they say what goes, ask for a word, and are there for who may."""

import factories
import pytest

from jentry.store import connection


@pytest.fixture
def issue(db, world):
    with connection.transaction(db):
        found = factories.issue(db, world.project, event_count=2)
        for _ in range(2):
            factories.event(db, found)
    return found


def pages(world, issue):
    """Where the button is, where it leads, the words there, and the word to type."""
    return {
        "issue": (
            f"/projects/{world.project}/issues/{issue}",
            f"/projects/{world.project}/issues/{issue}/delete",
            f"Delete issue {issue} with 2 events",
            str(issue),
        ),
        "project": (
            f"/projects/{world.project}/settings/general",
            f"/projects/{world.project}/delete",
            "Delete Shop with 1 issue and 2 events",
            None,
        ),
        "organization": (
            "/settings/projects",
            "/settings/organization/delete",
            "Delete Acme with 1 project, 1 issue and 2 events",
            None,
        ),
    }


@pytest.mark.parametrize("kind", ["issue", "project", "organization"])
def test_the_button_says_what_goes_and_it_goes(web, db, world, issue, kind):
    button, address, words, word = pages(world, issue)[kind]
    assert f'href="{address}"' in web.get(button).text
    assert words in web.get(address).text
    table = "projects" if kind == "project" else "organizations"
    owner = world.project if kind == "project" else world.org
    word = word or db.execute(f"SELECT slug FROM {table} WHERE id = ?", (owner,)).fetchone()[0]
    wrong = web.post(address, {"confirm": "x"})
    assert wrong.status_code == 409
    assert f"Type {word} to say that you mean it." in wrong.text
    assert db.execute("SELECT count(*) FROM deletions").fetchone()[0] == 0
    assert web.post(address, {"confirm": word}).status_code == 303
    assert db.execute("SELECT kind, user_id FROM deletions").fetchone()[:] == (kind, world.owner)
    assert web.get(f"/projects/{world.project}/issues/{issue}").status_code in (403, 404)


@pytest.mark.parametrize(
    ("who", "kinds"), [("admin", {"issue"}), ("member", set())]
)  # fmt: skip
@pytest.mark.parametrize("kind", ["issue", "project", "organization"])
def test_who_sees_the_button_and_may(signed_in, world, issue, who, kinds, kind):
    browser = signed_in(getattr(world, who))
    button, address, _, _ = pages(world, issue)[kind]
    assert (f'href="{address}"' in browser.get(button).text) == (kind in kinds)
    assert browser.get(address).status_code == (200 if kind in kinds else 403)


def test_how_far_deletions_have_gone(web, signed_in, db, world):
    assert "Nothing was deleted" in web.get("/settings/deletions").text
    with connection.transaction(db):
        factories.deletion(db, world.project, name="41", total=1200, done=1200)
        factories.deletion(
            db, world.project, name="<b>", kind="project", total=4000, done=1000, finished_at=None
        )
    page = web.get("/settings/deletions").text
    assert "Issue #41" in page
    assert "1,200 of 1,200" in page
    assert "Project &lt;b&gt;" in page
    assert "1,000 of 4,000" in page
    assert "25 %" in page
    assert page.count("Going") == page.count(">Gone<") == 1
    assert "There is no such page" in web.get("/settings/deletions?page=2").text
    assert signed_in(world.admin).get("/settings/deletions").status_code == 200
    assert signed_in(world.member).get("/settings/deletions").status_code == 403
