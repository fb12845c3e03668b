"""People of several organizations see one at a time and nothing of it in another."""

import factories
import pytest


@pytest.fixture
def both(db, world, signed_in):
    """The browser of somebody who belongs to both."""
    user = factories.user(db, world.org, "member")
    db.execute(
        "INSERT INTO memberships (org_id, user_id, role, created_at) VALUES (?, ?, 'owner', ?)",
        (world.foreign_org, user, "2026-11-02T10:00:00.000Z"),
    )
    return signed_in(user)


def test_the_first_one_joined_is_shown_until_one_switches(both, world):
    page = both.get("/account").text
    assert "Shop" in page
    assert "Foreign" not in page
    assert "Switch to Elsewhere" in page
    data = {"organization": world.foreign_org}
    assert both.post("/organizations/switch", data, on="/account").status_code == 303
    page = both.get("/account").text
    assert "You see Elsewhere now." in page
    assert "Foreign" in page
    assert "Shop" not in page
    assert both.get("/settings/members").status_code == 200  # an owner there


def test_an_address_of_another_one_switches_to_it(both, world):
    page = both.get(f"/projects/{world.foreign_project}/setup").text
    assert "You see Elsewhere now." in page
    assert "Send the first error of Foreign" in page
    assert "Foreign" in both.get("/account").text


def test_what_one_does_not_belong_to_is_not_there(web, world):
    for address in (f"/projects/{world.foreign_project}/setup", "/projects/9999/setup"):
        response = web.get(address)
        assert response.status_code == 404
        assert "Foreign" not in response.text
    data = {"organization": world.foreign_org}
    assert web.post("/organizations/switch", data, on="/account").status_code == 404


def test_the_start_leads_to_the_last_project_seen(web, world):
    assert web.get("/").headers["Location"] == "/projects"
    web.get(f"/projects/{world.project}/setup")
    assert web.get("/").headers["Location"] == f"/projects/{world.project}/issues"
    web.client.set_cookie("jentry_project", str(world.foreign_project))
    assert web.get("/").headers["Location"] == "/projects"


def test_the_start_lets_others_sign_in(browser, world):
    """With 200: monitors ask for it."""
    page = browser.get("/")
    assert page.status_code == 200
    assert 'action="/login"' in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_whoever_belongs_nowhere_is_told(web, db, world):
    db.execute("DELETE FROM memberships WHERE user_id = ?", (world.owner,))
    assert web.get("/account").status_code == 200
    response = web.get(f"/projects/{world.project}/setup")
    assert response.status_code == 403
    assert "Ask an owner or admin to invite you." in response.text
