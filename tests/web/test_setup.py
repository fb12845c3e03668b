"""The pages of the beginning: start page, one-time set-up, invitations, health."""

import json
import re

import pytest

from jentry import __version__
from jentry.store import connection, instance, invitations, orgs, passwords, users
from jentry.store.audit import Actor
from jentry.web.headers import POLICY

ANSWERS = {
    "organization": "Acme & Söhne",
    "name": "Ann",
    "email": "Ann@Acme.example",
    "password": "correct horse",
    "project": "Web app",
    "platform": "javascript",
}


@pytest.fixture
def address(db):
    with connection.transaction(db):
        return f"/setup/{instance.open_setup(db)}"


@pytest.fixture
def invitation(db):
    """The address of an invitation to a member of a new organization."""
    with connection.transaction(db) as at:
        org = orgs.create(db, "Acme", None, at, "cli")
        actor = Actor(org["id"], None, "cli")
        user = users.create(db, actor, "new@acme.example", None, "member", None, at)
        return f"/invite/{invitations.create(db, user['id'], at)}"


@pytest.fixture
def send(client):
    """Fill in the form at an address and send it, as a browser would."""

    def call(address, **values):
        page = client.get(address).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        return client.post(address, data={"csrf_token": found[1]} | values)

    return call


def count(db, table):
    return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_the_start_page_says_how_to_set_up_an_empty_server(client, address):
    page = client.get("/").text
    assert f"jentry {__version__}" in page
    assert "It has not been set up yet" in page
    assert address not in page


def test_the_start_page_says_what_a_server_does_once_set_up(client, invitation):
    page = client.get("/").text
    assert "http://jentry.test/api/v1/projects" in page
    assert "It has not been set up yet" not in page


def test_setting_up_makes_everything_that_is_needed_to_begin(send, address, db, client):
    response = send(address, **ANSWERS)
    assert response.status_code == 200
    token = re.search(r"jto_\w{40}", response.text)[0]
    key = re.search(r"http://(\w{32})@jentry\.test/1", response.text)[1]
    assert "npm install @sentry/browser" in response.text
    assert f"Bearer {token}" in response.text
    assert db.execute("SELECT slug, name FROM organizations").fetchall()[0][:] == (
        "acme-sohne",
        "Acme & Söhne",
    )
    assert db.execute("SELECT public_key FROM client_keys").fetchone()[0] == key
    (owner,) = users.list_for(db, Actor(1, None, "cli"))
    assert (owner["email"], owner["name"], owner["role"]) == ("ann@acme.example", "Ann", "owner")
    stored, is_operator = db.execute("SELECT password, is_operator FROM users").fetchone()
    assert is_operator == 1
    assert passwords.matches("correct horse", stored)
    rows = db.execute("SELECT action, user_id, meta FROM audit_log ORDER BY id").fetchall()
    assert [(row[0], row[1], json.loads(row[2])["via"]) for row in rows] == [
        ("org.create", None, "web"),
        ("user.create", None, "web"),
        ("project.create", 1, "web"),
        ("token.create", 1, "web"),
    ]
    assert client.get(address).status_code == 404


def test_the_address_is_the_same_until_it_is_used_and_then_none(db, address):
    with connection.transaction(db) as at:
        assert f"/setup/{instance.open_setup(db)}" == address
        orgs.create(db, "Acme", None, at, "cli")
        assert instance.open_setup(db) is None


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("when", ["wrong", "used", "never printed"])
def test_another_address_is_not_found(client, db, method, when, request):
    path = "/setup/" + "0" * 40
    if when == "used":
        path = request.getfixturevalue("address")
        with connection.transaction(db) as at:
            orgs.create(db, "Acme", None, at, "cli")
    elif when == "wrong":
        request.getfixturevalue("address")
    before = count(db, "organizations")
    assert getattr(client, method)(path, data=ANSWERS).status_code == 404
    assert count(db, "organizations") == before


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"organization": " "}, "The organization&#39;s name must not be empty."),
        ({"name": ""}, "The user&#39;s name must not be empty."),
        ({"email": "ann"}, "&#39;ann&#39; is not an email address."),
        ({"password": "short"}, "The password must have at least 8 characters."),
        ({"password": "x" * 1025}, "The password must not be longer than 1024 characters."),
        ({"platform": "<b>"}, "A platform is a word in lower case"),
    ],
)
def test_a_wrong_answer_is_explained_and_nothing_is_made(send, address, db, wrong, sentence):
    response = send(address, **ANSWERS | wrong)
    assert response.status_code == 400
    assert sentence in response.text
    assert 'value="Web app"' in response.text  # what was right is kept
    assert ANSWERS["password"] not in response.text
    assert count(db, "organizations") == count(db, "users") == 0


@pytest.mark.parametrize("token", [None, "", "guessed"])
def test_a_form_that_is_not_ours_is_refused(client, address, db, token):
    client.get(address)
    data = ANSWERS | ({} if token is None else {"csrf_token": token})
    assert client.post(address, data=data).status_code == 403
    assert count(db, "organizations") == 0


def test_an_invitation_is_accepted_once(send, client, invitation, db):
    response = send(invitation, password="correct horse")
    assert response.status_code == 200
    stored = db.execute("SELECT password FROM users").fetchone()[0]
    assert passwords.matches("correct horse", stored)
    assert not passwords.matches("wrong horse", stored)
    row = db.execute("SELECT action, target, user_id FROM audit_log ORDER BY id DESC").fetchone()
    assert row[:] == ("user.join", "user:1", 1)
    assert client.get(invitation).status_code == 404


def test_a_poor_password_leaves_the_invitation_open(send, client, invitation):
    response = send(invitation, password="short")
    assert (response.status_code, "at least 8 characters" in response.text) == (400, True)
    assert client.get(invitation).status_code == 200


def test_an_invitation_expires(client, invitation, db):
    db.execute("UPDATE invitations SET expires_at = '2020-01-01T00:00:00.000Z'")
    assert client.get(invitation).status_code == 404


def test_a_second_invitation_replaces_the_first(client, invitation, db):
    with connection.transaction(db) as at:
        invitations.create(db, 1, at)
    assert client.get(invitation).status_code == 404


def test_pages_with_secrets_are_neither_stored_nor_passed_on(send, client, address):
    for response in (client.get(address), send(address, **ANSWERS)):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_obey_their_own_content_policy(send, client, address):
    pages = [client.get("/").text, client.get(address).text, send(address, **ANSWERS).text]
    for page in pages:
        assert not re.search(r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=|data:", page)


def test_static_files_are_kept_for_a_year_under_an_address_of_their_content(client):
    page = client.get("/").text
    files = re.findall(r'"(/assets/[^"]+)"', page)
    assert len(set(files)) == 2
    for file in files:
        with client.get(file) as response:
            assert response.status_code == 200
            kept = response.headers["Cache-Control"]
            assert kept == "public, max-age=31536000, immutable"
    assert client.get(re.sub(r"/\w{12}/", "/000000000000/", files[0])).status_code == 404


def test_health_is_ok_while_it_serves_and_ready_while_it_can_write(client, db):
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok\n")
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ok\n")
    db.execute(
        """
        CREATE TRIGGER full BEFORE UPDATE ON instance
        BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END
        """
    )
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (
        503,
        "cannot write: database or disk is full\n",
    )
    assert client.get("/healthz").status_code == 200


def test_not_ready_is_said_in_time_while_a_write_does_not_end(client, database, monkeypatch):
    monkeypatch.setattr("jentry.web.health.PATIENCE", 0.05)
    with connection.write_lock(database):
        response = client.get("/readyz")
        assert client.get("/healthz").status_code == 200
    assert response.status_code == 503
    assert response.text == "cannot write: another write takes too long\n"
    assert client.get("/readyz").status_code == 200
