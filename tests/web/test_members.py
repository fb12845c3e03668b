"""The page of members: invitations, roles, links, the switch for the second factor."""

import re

import factories
import pytest

from jentry.errors import Conflict, Forbidden
from jentry.store import memberships, roles
from jentry.store.audit import Actor

PAGE = "/settings/members"


def last(db, *columns):
    row = db.execute(f"SELECT {', '.join(columns)} FROM audit_log ORDER BY id DESC").fetchone()
    return tuple(row)


def held(db, world, user):
    return roles.of(db, world.org, user)


def test_it_lists_the_members_and_nobody_else(web, db, world):
    page = web.get(PAGE).text
    emails = [row[0] for row in db.execute("SELECT email FROM users ORDER BY id")]
    assert [email in page for email in emails] == [True, True, True, False]


def test_a_member_is_told_who_can_help(signed_in, world):
    response = signed_in(world.member).get(PAGE)
    assert response.status_code == 403
    assert "Only owners and admins can manage members." in response.text


def test_an_invitation_is_shown_once(web, db):
    page = web.post(f"{PAGE}/invite", {"email": "Teo@acme.test", "role": "member"}, on=PAGE).text
    link = re.search(r"http://localhost(/invite/\w+)", page)[1]
    assert web.client.get(link).status_code == 200
    again = web.get(PAGE).text
    assert "teo@acme.test" in again
    assert link not in again
    assert last(db, "action", "target") == ("invitation.create", "invitation:1")


def test_a_lost_link_is_renewed_and_an_invitation_withdrawn(web, browser, db):
    page = web.post(f"{PAGE}/invite", {"email": "teo@acme.test", "role": "admin"}, on=PAGE).text
    first = re.search(r"http://localhost(/invite/\w+)", page)[1]
    page = web.post(f"{PAGE}/invitations/1/renew", on=PAGE).text
    second = re.search(r"http://localhost(/invite/\w+)", page)[1]
    assert [browser.get(link).status_code for link in (first, second)] == [404, 200]
    assert "as an admin" in browser.get(second).text
    assert web.post(f"{PAGE}/invitations/1/withdraw", on=PAGE).status_code == 303
    assert browser.get(second).status_code == 404
    assert last(db, "action") == ("invitation.delete",)


def test_a_wrong_invitation_is_explained(web):
    response = web.post(f"{PAGE}/invite", {"email": "teo", "role": "member"}, on=PAGE)
    assert response.status_code == 400
    assert "is not an email address" in response.text


def test_a_role_is_changed_and_audited(web, db, world):
    address = f"{PAGE}/{world.member}/role"
    response = web.post(address, {"role": "admin"}, on=PAGE)
    assert response.headers["Location"] == PAGE
    assert "is an admin now." in web.get(PAGE).text
    assert held(db, world, world.member) == "admin"
    assert last(db, "action", "user_id") == ("user.role", world.owner)


@pytest.mark.parametrize("action", ["role", "remove"])
def test_the_last_owner_stays_and_the_page_says_why(web, db, world, action):
    assert "make somebody else an owner" in web.get(PAGE).text
    address = f"{PAGE}/{world.owner}/{action}"
    response = web.post(address, {"role": "member"}, on=PAGE)
    assert response.status_code == 409
    assert "is the last owner" in response.text
    assert held(db, world, world.owner) == "owner"


def test_an_owner_who_is_deactivated_is_none(db, world):
    other = factories.user(db, world.org, deactivated_at=factories.AT)
    with pytest.raises(Conflict):
        memberships.remove(db, Actor(world.org, world.owner, "web"), world.owner, factories.AT)
    db.execute("UPDATE users SET deactivated_at = NULL WHERE id = ?", (other,))
    memberships.remove(db, Actor(world.org, world.owner, "web"), world.owner, factories.AT)


@pytest.mark.parametrize("by", ["member", "admin", "owner"])
@pytest.mark.parametrize("who", ["member", "admin", "owner"])
@pytest.mark.parametrize("what", ["promote to owner", "demote", "remove"])
def test_who_may_change_whom(db, world, by, who, what):
    whom = factories.user(db, world.org, who)
    actor = Actor(world.org, getattr(world, by), "web")
    may = by == "owner" or (by == "admin" and who != "owner" and what != "promote to owner")

    def change():
        if what == "remove":
            memberships.remove(db, actor, whom, factories.AT)
        else:
            role = "owner" if what == "promote to owner" else "member"
            memberships.set_role(db, actor, whom, role, factories.AT)

    if may:
        change()
    else:
        with pytest.raises(Forbidden):
            change()
        assert held(db, world, whom) == who


def test_somebody_removed_sees_nothing_any_more(web, signed_in, db, world):
    other = signed_in(world.member)
    assert other.get(f"/projects/{world.project}/setup").status_code == 200
    web.post(f"{PAGE}/{world.member}/remove", on=PAGE)
    assert other.get(f"/projects/{world.project}/setup").status_code == 403
    assert other.get("/").headers["Location"] == "/account"
    assert other.get("/account").status_code == 200


def test_people_may_leave(signed_in, db, world):
    other = signed_in(world.admin)
    assert other.post(f"{PAGE}/{world.admin}/remove", on=PAGE).headers["Location"] == "/"
    assert held(db, world, world.admin) is None


def test_an_owner_makes_a_password_link_which_is_shown_once(web, browser, db, world, signed_in):
    other = signed_in(world.member)
    page = web.post(f"{PAGE}/{world.member}/password-link", on=PAGE).text
    link = re.search(r"http://localhost(/password/reset/\w+)", page)[1]
    assert browser.get(link).status_code == 200
    assert other.get("/account").status_code == 303
    assert last(db, "action", "user_id") == ("user.reset_link", world.owner)
    assert link not in web.get(PAGE).text


def test_people_of_another_organization_are_not_found(web, world):
    for action in ("role", "remove", "password-link"):
        address = f"{PAGE}/{world.foreign_user}/{action}"
        assert web.post(address, {"role": "member"}, on=PAGE).status_code == 404


def test_the_second_factor_is_demanded_of_all(web, signed_in, db, world):
    other = signed_in(world.member)
    web.post(f"{PAGE}/second-factor", {"requires_second_factor": "1"}, on=PAGE)
    assert last(db, "action") == ("org.second_factor_demanded",)
    response = other.get(f"/projects/{world.project}/setup")
    assert response.headers["Location"] == "/account/second-factor"
    assert "asks all its members" in other.get("/account/second-factor").text
    assert other.get("/account").status_code == 200
    assert web.get(PAGE).headers["Location"] == "/account/second-factor"  # of the owner too


def test_only_an_owner_demands_it(signed_in, db, world):
    other = signed_in(world.admin)
    response = other.post(f"{PAGE}/second-factor", {"requires_second_factor": "1"}, on=PAGE)
    assert response.status_code == 403
    assert db.execute("SELECT max(requires_second_factor) FROM organizations").fetchone()[0] == 0
