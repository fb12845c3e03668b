"""The one-time set-up: everything that is needed to begin, once, ending signed in."""

import json
import re

import pytest

from jentry.store import connection, instance, orgs, passwords, users
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


def count(db, table):
    return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_the_start_page_says_how_to_set_up_an_empty_server(client, address):
    page = client.get("/").text
    assert "It has not been set up yet" in page
    assert address not in page


def test_setting_up_ends_signed_in_on_the_projects_own_page(browser, address, db):
    response = browser.post(address, ANSWERS)
    assert (response.status_code, response.headers["Location"]) == (303, "/projects/1/setup")
    page = browser.get("/projects/1/setup").text
    token = re.search(r"jto_\w{40}", page)[0]
    key = re.search(r"http://(\w{32})@localhost/1", page)[1]
    assert "npm install @sentry/browser" in page
    assert "Acme &amp; Söhne" in page
    assert token not in browser.get("/projects/1/setup").text
    assert tuple(db.execute("SELECT slug, name FROM organizations").fetchone()) == (
        "acme-sohne",
        "Acme & Söhne",
    )
    assert db.execute("SELECT public_key FROM client_keys").fetchone()[0] == key
    (owner,) = users.list_for(db, Actor(1, None, "cli"))
    assert (owner["email"], owner["name"], owner["role"]) == ("ann@acme.example", "Ann", "owner")
    assert db.execute("SELECT is_operator FROM users").fetchone()[0] == 1
    stored = db.execute("SELECT password FROM users").fetchone()[0]
    assert passwords.matches("correct horse", stored)
    answer = browser.client.get("/api/v1/projects", headers={"Authorization": f"Bearer {token}"})
    assert [item["name"] for item in answer.json["data"]] == ["Web app"]
    rows = db.execute("SELECT action, user_id, meta FROM audit_log ORDER BY id").fetchall()
    assert [(row[0], row[1], json.loads(row[2])["via"]) for row in rows] == [
        ("org.create", None, "web"),
        ("user.create", None, "web"),
        ("project.create", 1, "web"),
        ("token.create", 1, "web"),
    ]


@pytest.mark.parametrize("method", ["get", "post"])
def test_doing_it_again_leads_to_the_start_page_and_shows_no_token(browser, address, db, method):
    browser.post(address, ANSWERS)
    response = getattr(browser.client, method)(address, data=ANSWERS)
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert "jto_" not in response.text
    assert count(db, "organizations") == 1


def test_the_address_is_the_same_until_it_is_used_and_then_none(db, address):
    with connection.transaction(db) as at:
        assert f"/setup/{instance.open_setup(db)}" == address
        orgs.create(db, "Acme", None, at, "cli")
        assert instance.open_setup(db) is None


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("when", ["wrong", "never printed", "after the set-up"])
def test_another_address_is_not_found(client, db, method, when, request):
    if when != "never printed":
        request.getfixturevalue("address")
    if when == "after the set-up":
        with connection.transaction(db) as at:
            orgs.create(db, "Acme", None, at, "cli")
    before = count(db, "organizations")
    path = "/setup/" + "0" * 40
    assert getattr(client, method)(path, data=ANSWERS).status_code == 404
    assert count(db, "organizations") == before


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"organization": " "}, "The organization&#39;s name must not be empty."),
        ({"name": ""}, "The user&#39;s name must not be empty."),
        ({"email": "ann"}, "&#39;ann&#39; is not an email address."),
        ({"email": ""}, "The email address must not be empty."),
        ({"password": "too short"}, "The password must have at least 10 characters."),
        ({"password": "x" * 1025}, "The password must not be longer than 1024 characters."),
        ({"password": "Password123"}, "one of the first that anybody would try"),
        ({"password": "ann@ACME.example"}, "must not be the account&#39;s own email address"),
        ({"platform": "<b>"}, "A platform is a word in lower case"),
    ],
)
def test_a_wrong_answer_is_explained_and_nothing_is_made(browser, address, db, wrong, sentence):
    response = browser.post(address, ANSWERS | wrong)
    assert response.status_code == 400
    assert sentence in response.text
    assert 'value="Web app"' in response.text  # what was right is kept
    assert ANSWERS["password"] not in response.text
    assert count(db, "organizations") == count(db, "users") == 0


def test_all_that_is_wrong_is_said_at_once(browser, address):
    page = browser.post(address, {}).text
    wrong = re.findall(r'<p class="wrong" id="(\w+)-wrong">', page)
    assert wrong == ["organization", "name", "email", "password", "project"]
    assert "5 answers need another look." in page


@pytest.mark.parametrize("token", [None, "", "guessed"])
def test_a_form_that_is_not_ours_is_refused(client, address, db, token):
    client.get(address)
    data = ANSWERS | ({} if token is None else {"csrf_token": token})
    assert client.post(address, data=data).status_code == 403
    assert count(db, "organizations") == 0


def test_pages_with_secrets_are_neither_stored_nor_passed_on(browser, address):
    pages = [browser.get(address), browser.post(address, ANSWERS), browser.get("/login")]
    assert browser.get("/projects/1/setup").headers["Cache-Control"] == "no-store"
    for response in pages:
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["X-Content-Type-Options"] == "nosniff"
