"""Invitations: a link that makes somebody a member, once, and never touches an account."""

import factories
import pytest

from jentry.errors import BadRequest, Conflict, Forbidden
from jentry.store import connection, invitations, password_links, passwords, users
from jentry.store.audit import Actor

PASSWORD = "correct horse battery"
NEW = {"name": "Teo", "password": PASSWORD}
OWN = "another good phrase"


@pytest.fixture
def invite(db, world):
    """The address of an invitation to an address, as a role, by the owner."""

    def call(email="teo@acme.test", role="member"):
        with connection.transaction(db) as at:
            actor = Actor(world.org, world.owner, "web")
            return f"/invite/{invitations.create(db, actor, email, role, at)[1]}"

    return call


@pytest.fixture
def known(db, world):
    """Somebody of the other organization."""
    hashed = passwords.hashed(OWN, "")
    return factories.user(db, world.foreign_org, email="known@acme.test", password=hashed)


def role(db, org, email):
    row = db.execute(
        """
        SELECT m.role FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.org_id = ? AND u.email = ?
        """,
        (org, email),
    ).fetchone()
    return row and row[0]


def test_somebody_new_makes_an_account_and_is_signed_in(browser, db, world, invite):
    address = invite(role="admin")
    assert "Join Acme" in browser.get(address).text
    response = browser.post(address, NEW)
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert role(db, world.org, "teo@acme.test") == "admin"
    page = browser.get("/account").text
    assert "Teo" in page
    assert "Welcome to Acme." in page
    row = db.execute("SELECT action, user_id, org_id FROM audit_log ORDER BY id DESC").fetchone()
    assert row[0] == "user.join"
    assert row[2] == world.org
    assert browser.get(address).status_code == 404  # it works once


def test_a_poor_password_leaves_the_invitation_open(browser, invite):
    address = invite()
    response = browser.post(address, NEW | {"password": "short"})
    assert (response.status_code, "at least 10 characters" in response.text) == (400, True)
    assert 'value="Teo"' in response.text
    assert browser.get(address).status_code == 200


def test_an_account_that_exists_keeps_its_password_and_is_not_told_of(
    browser, db, world, invite, known
):
    address, other = invite("known@acme.test"), invite("new@acme.test")
    pages = [browser.get(a).text.replace("known@", "new@") for a in (address, other)]
    shown = [page.replace(address, "").replace(other, "") for page in pages]
    assert shown[0] == shown[1]
    before = db.execute("SELECT * FROM users WHERE id = ?", (known,)).fetchone()
    response = browser.post(address, NEW)
    assert response.status_code == 409
    assert "sign in first" in response.text
    assert tuple(db.execute("SELECT * FROM users WHERE id = ?", (known,)).fetchone()) == tuple(
        before
    )
    assert role(db, world.org, "known@acme.test") is None


def test_an_account_that_exists_joins_once_signed_in(browser, db, world, invite, known):
    address = invite("known@acme.test")
    browser.post("/login", {"email": "known@acme.test", "password": OWN, "next": address})
    assert browser.post(address).status_code == 303
    assert role(db, world.org, "known@acme.test") == "member"
    assert "Welcome to Acme." in browser.get("/account").text


def test_an_account_without_a_password_of_another_organization_is_not_taken_over(
    browser, db, world, invite
):
    user = factories.user(db, world.foreign_org, email="waiting@acme.test")
    assert browser.post(invite("waiting@acme.test"), NEW).status_code == 409
    assert db.execute("SELECT password FROM users WHERE id = ?", (user,)).fetchone()[0] is None


def test_somebody_else_cannot_use_the_link(signed_in, db, world, invite):
    web = signed_in(world.foreign_user)
    address = invite()
    assert "This invitation is for" in web.get(address).text
    assert web.post(address).status_code == 403
    assert role(db, world.org, "teo@acme.test") is None


def test_an_invitation_ends(browser, db, invite):
    address = invite()
    db.execute("UPDATE invitations SET expires_at = '2020-01-01T00:00:00.000Z'")
    assert browser.get(address).status_code == 404


def test_a_second_invitation_replaces_the_first(browser, invite):
    first, second = invite(), invite(role="admin")
    assert browser.get(first).status_code == 404
    assert "as an admin" in browser.get(second).text


@pytest.mark.parametrize("by", ["member", "admin", "owner"])
@pytest.mark.parametrize("role", ["member", "admin", "owner"])
def test_who_may_invite_whom(db, world, by, role):
    actor = Actor(world.org, getattr(world, by), "web")
    may = by == "owner" or (by == "admin" and role != "owner")
    if may:
        invitations.create(db, actor, "x@acme.test", role, factories.AT)
    else:
        with pytest.raises(Forbidden):
            invitations.create(db, actor, "x@acme.test", role, factories.AT)


def test_members_are_not_invited_and_invitations_are_bounded(db, world, monkeypatch):
    actor = Actor(world.org, world.owner, "web")
    email = users.get(db, actor, world.member)["email"]
    with pytest.raises(Conflict):
        invitations.create(db, actor, email, "member", factories.AT)
    monkeypatch.setattr(invitations, "MOST", 1)
    invitations.create(db, actor, "a@acme.test", "member", factories.AT)
    with pytest.raises(BadRequest):
        invitations.create(db, actor, "b@acme.test", "member", factories.AT)


def test_the_command_lines_link_sets_the_first_password_of_the_account_it_made(browser, db, world):
    user = factories.user(db, world.org, "member", email="new@acme.test")
    with connection.transaction(db) as at:
        address = f"/invite/{password_links.create(db, user, at)}"
    assert "Choose a password" in browser.get(address).text
    assert browser.post(address, {"password": PASSWORD}).status_code == 303
    stored = db.execute("SELECT password FROM users WHERE id = ?", (user,)).fetchone()[0]
    assert passwords.matches(PASSWORD, stored)
    assert browser.get(address).status_code == 404
    assert db.execute("SELECT action FROM audit_log").fetchall()[-1][0] == "user.join"
