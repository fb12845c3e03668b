"""Signing in and out: one message for all that is wrong, attempts counted, sessions kept here."""

import json

import factories
import pytest
from rows import every_row

from jentry import clock, create_app
from jentry.settings import Settings
from jentry.store import passwords, sign_in, user_sessions

PASSWORD = "correct horse battery"
WRONG = "The email or the password is not right."


@pytest.fixture
def hashed():
    return passwords.hashed(PASSWORD, "")


@pytest.fixture
def ann(db, world, hashed):
    """A member of both organizations with a password."""
    user = factories.user(db, world.org, "member", email="ann@acme.test", password=hashed)
    db.execute(
        "INSERT INTO memberships (org_id, user_id, role, created_at) VALUES (?, ?, 'member', ?)",
        (world.foreign_org, user, factories.AT),
    )
    return user


def attempt(browser, email="ann@acme.test", password=PASSWORD, **fields):
    return browser.post("/login", {"email": email, "password": password} | fields)


def log(db, *columns):
    rows = db.execute(f"SELECT {', '.join(columns)} FROM audit_log ORDER BY id")
    return [tuple(row) for row in rows]


def is_signed_in(browser):
    return browser.get("/account").status_code == 200


def test_the_right_password_signs_in_and_leads_on(browser, ann):
    response = attempt(browser, email=" Ann@ACME.test ", next="/account")
    assert (response.status_code, response.headers["Location"]) == (303, "/account")
    cookie = next(c for c in response.headers.getlist("Set-Cookie") if "jentry_session" in c)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age" not in cookie  # without "Stay signed in" it goes with the browser
    assert is_signed_in(browser)


def test_the_secret_of_a_session_is_not_in_the_database(browser, ann, db):
    attempt(browser)
    secret = browser.client.get_cookie("jentry_session").value
    assert secret not in repr(every_row(db))


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ann@acme.test", "wrong horse battery"),
        ("ann@acme.test", f" {PASSWORD}"),
        ("ann@acme.test", f"{PASSWORD} "),
        ("ann@acme.test", ""),
        ("ann@acme.test", "x" * 2000),
        ("nobody@acme.test", PASSWORD),
        ("", ""),
        ("\x00@", "\x00"),
    ],
)
def test_what_is_wrong_is_not_said(browser, ann, email, password):
    response = attempt(browser, email=email, password=password)
    assert response.status_code == 401
    assert WRONG in response.text
    assert not is_signed_in(browser)


def test_the_email_stays_in_the_form(browser, ann):
    page = attempt(browser, email='"><b>ann@acme.test', password="no").text
    assert 'value="&#34;&gt;&lt;b&gt;ann@acme.test"' in page


def test_an_account_without_a_password_or_deactivated_cannot_sign_in(browser, db, ann):
    db.execute("UPDATE users SET deactivated_at = ? WHERE id = ?", (factories.AT, ann))
    assert attempt(browser).status_code == 401
    db.execute("UPDATE users SET deactivated_at = NULL, password = NULL WHERE id = ?", (ann,))
    assert attempt(browser).status_code == 401


def test_signing_in_and_being_refused_are_in_the_log_of_each_organization(browser, db, ann, world):
    attempt(browser, password="no")
    attempt(browser, password="no")
    attempt(browser)
    both = (world.org, world.foreign_org)
    assert log(db, "org_id", "action", "user_id", "target") == [
        *((org, "user.sign_in_refused", None, f"user:{ann}") for org in both),
        *((org, "user.sign_in", ann, f"user:{ann}") for org in both),
    ]
    assert json.loads(log(db, "meta")[0][0]) == {
        "via": "web", "attempts": 1, "device": "Unknown browser", "address": "127.0.0.1",
    }  # fmt: skip


def test_an_account_is_tried_ten_times_then_not_looked_at(browser, db, ann, monkeypatch):
    for _ in range(sign_in.MOST_OF_ACCOUNT):
        assert attempt(browser, password="no").status_code == 401
    monkeypatch.setattr(passwords, "matches", None)
    response = attempt(browser)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 900
    assert "Try again in 15 minutes." in response.text
    assert [row[0] for row in log(db, "action")].count("user.sign_in_refused") == 4  # 2 a log


def test_an_account_that_does_not_exist_is_throttled_the_same(browser, world):
    statuses = [
        attempt(browser, email="x@acme.test").status_code
        for _ in range(sign_in.MOST_OF_ACCOUNT + 1)
    ]
    assert statuses == [401] * sign_in.MOST_OF_ACCOUNT + [429]


def test_an_address_is_throttled_whatever_the_account(db):
    at = clock.timestamp(clock.now())
    for number in range(sign_in.MOST_OF_ADDRESS):
        sign_in.attempt(db, f"user{number}@acme.test", "2001:db8::1", at)
    with pytest.raises(sign_in.TooManyRequests):
        sign_in.attempt(db, "other@acme.test", "2001:db8::ffff:2", at)  # the same network
    sign_in.attempt(db, "other@acme.test", "2001:db8:0:1::1", at)


def test_the_windows_end_and_the_table_stays_small(db, monkeypatch):
    monkeypatch.setattr(sign_in, "MOST_SUBJECTS", 20)
    at = clock.timestamp(clock.now())
    for number in range(40):
        sign_in.attempt(db, f"user{number}@acme.test", f"192.0.2.{number}", at)
    rows = db.execute("SELECT count(*) FROM sign_in_attempts").fetchone()[0]
    assert rows <= 22
    later = clock.timestamp(clock.parse(at) + sign_in.WINDOW)
    sign_in.attempt(db, "user@acme.test", "192.0.2.1", later)
    assert db.execute("SELECT count(*) FROM sign_in_attempts").fetchone()[0] == 2


def test_success_forgets_the_attempts(browser, db, ann):
    for _ in range(3):
        for _ in range(sign_in.MOST_OF_ACCOUNT - 1):
            attempt(browser, password="no")
        assert attempt(browser).status_code == 303
        browser.post("/logout", on="/account")


def test_signing_out_ends_the_session_here_too(browser, db, ann):
    attempt(browser)
    secret = browser.client.get_cookie("jentry_session").value
    response = browser.post("/logout", on="/account")
    assert response.headers["Location"] == "/login?done=out"
    assert "You are signed out." in browser.get("/login?done=out").text
    browser.client.set_cookie("jentry_session", secret)
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "address", ["//evil.test", "https://evil.test/", "/\\evil.test", "evil", "/\t/evil.test", ""]
)
def test_signing_in_leads_to_no_other_site(browser, ann, address):
    assert attempt(browser, next=address).headers["Location"] == "/"


def test_a_form_of_another_site_signs_nobody_in(client, browser, ann):
    data = {"email": "ann@acme.test", "password": PASSWORD, "csrf_token": "guessed"}
    response = client.post("/login", data=data)
    assert response.status_code == 403
    assert not is_signed_in(browser)


def test_a_session_ends_when_it_is_not_used(browser, db, ann, signed_in):
    web = signed_in(ann)
    db.execute("UPDATE user_sessions SET expires_at = '2026-01-01T00:00:00.000Z'")
    assert not is_signed_in(web)


def test_a_session_that_is_used_lasts_longer_and_notes_it_seldom(db, ann):
    def create(**options):
        where = {"device": "x", "address": "y"}
        return user_sessions.create(db, ann, at, is_persistent=True, **where | options)

    at = clock.timestamp(clock.now())
    session = user_sessions.find(db, create(), at)
    soon = clock.timestamp(clock.parse(at) + user_sessions.TOUCH_EVERY / 2)
    later = clock.timestamp(clock.parse(at) + user_sessions.TOUCH_EVERY)
    assert not user_sessions.is_touch_due(session, soon)
    assert user_sessions.is_touch_due(session, later)
    user_sessions.touch(db, session, later)
    row = db.execute("SELECT last_used_at, expires_at FROM user_sessions").fetchone()
    assert clock.parse(row[1]) - clock.parse(row[0]) == user_sessions.IDLE_PERSISTENT
    for _ in range(user_sessions.MOST + 5):
        create()
    assert db.execute("SELECT count(*) FROM user_sessions").fetchone()[0] == user_sessions.MOST


def test_cookies_are_bound_to_the_host_over_https(database, db, ann):
    app = create_app(Settings(db=database, url="https://errors.example.com"))
    client = app.test_client()
    response = client.get("/login", base_url="https://errors.example.com")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-jentry_csrf=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    client.set_cookie("jentry_theme", "dark", domain="errors.example.com")  # as our script does
    page = client.get("/login", base_url="https://errors.example.com").text
    assert '<html lang="en" data-theme="dark">' in page


def test_two_processes_count_together(database, db, ann, browser, settings):
    other = create_app(settings).test_client()
    for _ in range(sign_in.MOST_OF_ACCOUNT):
        attempt(browser, password="no")
    assert attempt(type(browser)(other)).status_code == 429


def test_whoever_is_signed_in_is_not_asked_again(web):
    assert web.get("/login").headers["Location"] == "/"


def test_a_wrong_attempt_costs_the_same_for_an_unknown_account(browser, ann, monkeypatch):
    asked = []
    monkeypatch.setattr(passwords, "matches", lambda *given: asked.append(given) or False)
    attempt(browser, password="no")
    attempt(browser, email="nobody@acme.test", password="no")
    assert [given[1] is None for given in asked] == [False, True]
