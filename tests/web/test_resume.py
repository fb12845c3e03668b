"""What was typed is not lost when the session ended meanwhile."""

import html
import re

import factories
import pytest

from jentry.store import passwords

PASSWORD = "correct horse battery"
TEXT = "It broke again:\n<b>twice</b> & more"
FORM = {"name": TEXT, "choice": "7", "password": "a secret phrase", "name_password": "x y"}


@pytest.fixture
def ann(db, world):
    hashed = passwords.hashed(PASSWORD, "")
    return factories.user(db, world.org, "member", email="ann@acme.test", password=hashed)


@pytest.fixture
def web(signed_in, ann):
    return signed_in(ann)


def fields(page, kind="input"):
    """Name -> value of the hidden fields or of the text areas of a page."""
    if kind == "input":
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    else:
        found = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.S)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def test_the_form_waits_while_one_signs_in_again(web, db):
    token = web.token("/account")
    db.execute("DELETE FROM user_sessions")
    response = web.client.post("/account/name?x=1", data=FORM | {"csrf_token": token})
    assert response.status_code == 401
    assert "You were signed out. Sign in again" in response.text
    kept = fields(response.text)
    assert kept["next"] == "/account/name?x=1"
    assert {"kept.name": TEXT, "kept.choice": "7"}.items() <= kept.items()
    assert "a secret phrase" not in response.text

    again = web.client.post("/login", data=kept | {"email": "ann@acme.test", "password": "no"})
    assert fields(again.text)["kept.name"] == TEXT  # a mistyped password loses nothing either

    data = kept | {"email": "ann@acme.test", "password": PASSWORD}
    page = web.client.post("/login", data=data).text
    assert fields(page, "textarea") == {"name": TEXT}
    assert fields(page)["choice"] == "7"
    assert 'action="/account/name?x=1"' in page
    token = fields(page)["csrf_token"]
    response = web.client.post("/account/name", data={"name": "Ann", "csrf_token": token})
    assert response.status_code == 303


def test_a_form_of_an_earlier_session_is_shown_again(web, signed_in, ann, db):
    token = web.token("/account")
    web.client.set_cookie(
        "jentry_session", signed_in(ann).client.get_cookie("jentry_session").value
    )
    response = web.client.post("/account/name", data={"name": "Ann B.", "csrf_token": token})
    assert response.status_code == 409
    assert fields(response.text, "textarea") == {"name": "Ann B."}
    assert db.execute("SELECT name FROM users WHERE id = ?", (ann,)).fetchone()[0] is None


@pytest.mark.parametrize("is_signed_in", [True, False])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
    ],
)
def test_another_site_puts_no_words_into_our_forms(web, client, headers, is_signed_in):
    sender = web.client if is_signed_in else client
    response = sender.post("/account/name", data={"name": "evil words"}, headers=headers)
    assert response.status_code == 403
    assert "evil words" not in response.text


def test_what_is_too_long_to_travel_is_dropped(client, world):
    response = client.post("/account/name", data={"name": "a b " * 50_000})
    assert response.status_code == 401
    assert "kept." not in response.text
