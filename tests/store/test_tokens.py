"""API tokens: what a valid one grants, and that all others look the same."""

import pytest
from refusals import refuse

from jentry.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized
from jentry.store import connection, orgs, tokens, users
from jentry.store.audit import Actor

AT = "2026-06-29T12:30:45.678Z"
LATER = "2026-06-30T12:30:45.678Z"


@pytest.fixture
def actor(db):
    """The owner of an organization, user 1; user 2 is a member."""
    org = orgs.create(db, "Acme", None, AT, "cli")
    actor = Actor(org["id"], 1, "web")
    nobody = Actor(org["id"], None, "cli")
    users.create(db, nobody, "owner@acme.example", "Owner", "owner", None, AT)
    users.create(db, actor, "member@acme.example", "Member", "member", None, AT)
    return actor


@pytest.fixture
def token(db, actor):
    _, secret = tokens.create(db, actor, 1, "ci", ["issue:write", "org:read"], AT, LATER)
    return secret


def refusal(db, token, at=AT):
    with pytest.raises(Unauthorized) as caught:
        tokens.authenticate(db, token, at)
    return caught.value.message, caught.value.headers


def test_a_valid_token_acts_for_its_creator_within_its_organization(db, actor, token):
    assert tokens.authenticate(db, token, AT) == tokens.Grant(
        token_id=1,
        actor=Actor(actor.org_id, 1, "api", token="ci"),
        scopes=frozenset({"issue:write", "org:read"}),
        last_used_at=None,
    )


def test_all_other_tokens_are_refused_with_the_same_words(db, actor, token):
    unknown = refusal(db, "jto_" + "x" * 40)
    assert unknown[1] == {"WWW-Authenticate": "Bearer"}
    assert refusal(db, "\ud800") == unknown
    assert refusal(db, token, at=LATER) == unknown  # expired from that instant on
    tokens.revoke(db, actor, 1, AT)
    assert refusal(db, token) == unknown


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET deactivated_at = '2026-06-29T12:30:00.000Z' WHERE id = 1",
        "DELETE FROM memberships WHERE user_id = 1",
        "UPDATE memberships SET role = 'member' WHERE user_id = 1",
    ],
    ids=["deactivated", "left", "only a member now"],
)
def test_a_token_ends_with_its_creator(db, token, statement):
    db.execute(statement)
    refusal(db, token)


def test_use_is_noted_to_the_minute(db, token):
    def used():
        return tokens.authenticate(db, token, AT).last_used_at

    assert tokens.is_touch_due(tokens.authenticate(db, token, AT), AT)
    tokens.touch(db, tokens.authenticate(db, token, AT), AT)
    assert used() == "2026-06-29T12:30:00.000Z"
    assert not tokens.is_touch_due(tokens.authenticate(db, token, AT), "2026-06-29T12:30:59.999Z")
    tokens.touch(db, tokens.authenticate(db, token, AT), "2026-06-29T12:29:00.000Z")
    assert used() == "2026-06-29T12:30:00.000Z"
    assert tokens.is_touch_due(tokens.authenticate(db, token, AT), "2026-06-29T12:31:00.000Z")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scopes": []}, BadRequest),
        ({"scopes": ["org:read", "org:write"]}, BadRequest),
        ({"name": " "}, BadRequest),
        ({"user_id": 2}, Forbidden),
        ({"user_id": 3}, NotFound),
        ({"expires_at": AT}, BadRequest),
    ],
    ids=str,
)
def test_a_token_that_must_not_be_is_refused(db, actor, changed, error):
    wanted = {"user_id": 1, "name": "ci", "scopes": ["org:read"], "at": AT} | changed
    with pytest.raises(error):
        tokens.create(db, actor, **wanted)
    assert tokens.list_for(db, actor) == []


def test_tokens_of_another_organization_do_not_exist(db, actor, token):
    other = Actor(orgs.create(db, "Other", None, AT, "cli")["id"], None, "cli")
    assert tokens.list_for(db, other) == []
    with pytest.raises(NotFound):
        tokens.revoke(db, other, 1, AT)
    tokens.authenticate(db, token, AT)


def test_revoking_twice_is_refused_and_audited_once(db, actor, token):
    with connection.transaction(db) as at:
        tokens.revoke(db, actor, 1, at)
        with pytest.raises(Conflict):
            tokens.revoke(db, actor, 1, at)
    rows = db.execute("SELECT meta FROM audit_log WHERE action = 'token.revoke'").fetchall()
    assert [row[0] for row in rows] == ['{"via": "web", "name": "ci"}']


def test_an_audit_row_that_fails_takes_the_token_with_it(db, actor):
    refuse(db, "INSERT", "audit_log")
    with pytest.raises(connection.errors()), connection.transaction(db) as at:
        tokens.create(db, actor, 1, "ci", ["org:read"], at)
    assert tokens.list_for(db, actor) == []
