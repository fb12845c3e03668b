"""API tokens: shown once, listed without their secret, revoked."""

import html
import re

import factories
import pytest

from jentry import clock

PAGE = "/settings/api"


def made(response):
    return re.search(r'id="token">(jto_\w+)<', response.text)[1]


def call(client, token, path="/projects"):
    headers = {"Authorization": f"Bearer {token}"}
    return client.get(f"/api/v1{path}", headers=headers).status_code


def test_no_scope_is_ticked_and_each_says_what_it_allows(web):
    text = web.get(PAGE).text
    boxes = re.findall(r'<input type="checkbox"[^>]* name="scope"[^>]*>', text)
    assert len(boxes) > 6
    assert [box for box in boxes if "checked" in box] == []
    assert "List projects and releases." in text


def test_a_token_is_shown_once_and_works_with_its_scopes(web, client, db, world):
    form = {"name": "deploys", "expires": "30", "scope": ["project:read", "member:read"]}
    response = web.post(PAGE, form)
    token = made(response)
    assert response.headers["Cache-Control"] == "no-store"
    assert f'"Authorization: Bearer {token}"' in html.unescape(response.text)
    assert [call(client, token, path) for path in ("/projects", "/members", "/issues")] == [
        200, 200, 403,
    ]  # fmt: skip
    again = web.get(PAGE)
    assert (token in again.text, token[-4:] in again.text) == (False, True)
    row = db.execute("SELECT name, scopes, expires_at, created_at FROM api_tokens").fetchone()
    lives = clock.parse(row["expires_at"]) - clock.parse(row["created_at"])
    assert (row["name"], row["scopes"], lives.days) == ("deploys", "project:read member:read", 30)
    assert tuple(db.execute("SELECT action, user_id FROM audit_log").fetchone()) == (
        "token.create", world.owner,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "", "scope": "org:read"}, "name must not be empty"),
        ({"name": "<b>", "scope": []}, "at least one scope"),
        ({"name": "x", "scope": "all"}, "There is no scope all"),
        ({"name": "x", "scope": "org:read", "expires": "soon"}, "when the token is to expire"),
    ],
)
def test_what_is_wrong_is_explained_with_what_was_typed(web, db, form, sentence):
    response = web.post(PAGE, form)
    assert (response.status_code, sentence in html.unescape(response.text)) == (400, True)
    assert f'value="{html.escape(form["name"])}"' in response.text
    assert db.execute("SELECT count(*) FROM api_tokens").fetchone()[0] == 0


def test_a_token_is_revoked_at_once(web, client, db, world):
    token = factories.token(db, world.org, world.owner, name="old ci")
    assert call(client, token) == 200
    response = web.post(f"{PAGE}/1/revoke", on=PAGE)
    assert response.headers["Location"] == PAGE
    assert call(client, token) == 401
    text = web.get(PAGE).text
    assert "“old ci” is revoked" in text
    assert "1 token that ended" in text
    assert web.post(f"{PAGE}/1/revoke", on=PAGE).status_code == 409


def test_one_that_expired_is_among_those_that_ended(web, db, world):
    factories.token(db, world.org, world.owner, name="bygone", expires_at=factories.AT)
    text = web.get(PAGE).text
    assert "bygone" in text.partition("1 token that ended")[2]


def test_a_member_is_told_who_can_help(signed_in, db, world):
    other = signed_in(world.member)
    response = other.get(PAGE)
    assert response.status_code == 403
    assert "Only owners and admins can see API tokens." in response.text
    factories.token(db, world.org, world.owner)
    for address in (PAGE, f"{PAGE}/1/revoke"):
        assert other.post(address, {"name": "x"}, on="/account").status_code == 403
    assert db.execute("SELECT count(revoked_at), count(*) FROM api_tokens").fetchone()[0] == 0


def test_a_foreign_token_does_not_exist(web, db, world):
    factories.token(db, world.foreign_org, world.foreign_user, name="theirs")
    assert "theirs" not in web.get(PAGE).text
    assert web.post(f"{PAGE}/1/revoke", on=PAGE).status_code == 404
