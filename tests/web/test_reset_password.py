"""One-time links with which somebody chooses a new password."""

import factories
import pytest

from jentry.errors import Forbidden
from jentry.store import connection, password_links, passwords
from jentry.store.audit import Actor

PASSWORD = "correct horse battery"


@pytest.fixture
def address(db, world):
    with connection.transaction(db) as at:
        return f"/password/reset/{password_links.reset(db, world.member, at)}"


def test_the_page_says_where_to_get_a_link(browser, world):
    assert "jentry user reset" in browser.get("/password/forgot").text


def test_a_link_ends_all_sessions_and_works_once(browser, db, world, signed_in):
    web = signed_in(world.member)
    with connection.transaction(db) as at:
        address = f"/password/reset/{password_links.reset(db, world.member, at)}"
    assert web.get("/account").status_code == 303
    response = browser.post(address, {"password": PASSWORD})
    assert response.headers["Location"] == "/login?done=password"
    stored = db.execute("SELECT password FROM users WHERE id = ?", (world.member,)).fetchone()[0]
    assert passwords.matches(PASSWORD, stored)
    assert browser.get(address).status_code == 404
    assert browser.get("/account").status_code == 303  # nobody is signed in by a link


def test_a_poor_password_leaves_the_link_open(browser, address):
    assert browser.post(address, {"password": "short"}).status_code == 400
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize("change", ["expired", "deactivated", "replaced"])
def test_a_link_ends(browser, db, world, address, change):
    if change == "expired":
        db.execute("UPDATE password_links SET expires_at = '2020-01-01T00:00:00.000Z'")
    elif change == "deactivated":
        db.execute("UPDATE users SET deactivated_at = ?", (factories.AT,))
    else:
        password_links.create(db, world.member, factories.AT)
    assert browser.get(address).status_code == 404


@pytest.mark.parametrize(("by", "may"), [("owner", True), ("admin", False), ("member", False)])
def test_only_an_owner_makes_one(db, world, by, may):
    actor = Actor(world.org, getattr(world, by), "web")
    if may:
        assert password_links.reset_member(db, actor, world.member, factories.AT)
    else:
        with pytest.raises(Forbidden):
            password_links.reset_member(db, actor, world.member, factories.AT)


def test_an_owner_makes_none_for_somebody_of_two_organizations(db, world):
    db.execute(
        "INSERT INTO memberships (org_id, user_id, role, created_at) VALUES (?, ?, 'member', ?)",
        (world.foreign_org, world.member, factories.AT),
    )
    with pytest.raises(Forbidden, match="jentry user reset"):
        password_links.reset_member(
            db, Actor(world.org, world.owner, "web"), world.member, factories.AT
        )
    assert db.execute("SELECT count(*) FROM password_links").fetchone()[0] == 0
