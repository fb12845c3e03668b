"""The second factor: codes of an app, recovery codes, signing in with them."""

import re
from datetime import timedelta

import factories
import pyotp
import pytest

from jentry import clock
from jentry.store import connection, passwords, second_factors, sign_in

PASSWORD = "correct horse battery"
PAGE = "/account/second-factor"


@pytest.fixture
def ann(db, world):
    hashed = passwords.hashed(PASSWORD, "")
    return factories.user(db, world.org, "member", email="ann@acme.test", password=hashed)


@pytest.fixture
def secret(db, ann):
    """Of a second factor that is on; the code of an hour ago was the last one."""
    with connection.transaction(db) as at:
        secret = second_factors.begin(db, ann, at)
        earlier = clock.parse(at) - timedelta(hours=1)
        code = pyotp.TOTP(secret).at(earlier)
        second_factors.confirm(db, ann, code, clock.timestamp(earlier))
    return secret


def with_password(browser, **fields):
    return browser.post("/login", {"email": "ann@acme.test", "password": PASSWORD} | fields)


def with_code(browser, code, **fields):
    return browser.post("/login/second-factor", {"code": code} | fields)


def is_signed_in(browser):
    return browser.get("/account").status_code == 200


def test_it_is_turned_on_by_a_code_and_shows_recovery_codes_once(signed_in, db, ann):
    web = signed_in(ann)
    page = web.get(PAGE).text
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert f"secret={secret}" in page
    assert "<svg" in page
    assert "style=" not in page
    assert web.post(PAGE, {"code": "000000"}).status_code == 400
    assert not second_factors.is_on(db, ann)
    page = web.post(PAGE, {"code": pyotp.TOTP(secret).now()}).text
    codes = re.findall(r"\b[a-z2-9]{5}-[a-z2-9]{5}-[a-z2-9]{5}\b", page)
    assert len(set(codes)) == 10
    assert second_factors.is_on(db, ann)
    assert codes[0] not in web.get("/account").text
    assert "You have 10 recovery codes left." in web.get("/account").text
    assert web.get(PAGE).status_code == 303  # the secret is not shown again


def test_signing_in_takes_both_steps(browser, db, secret):
    response = with_password(browser, next="/account")
    assert response.headers["Location"] == "/login/second-factor?next=/account"
    assert not is_signed_in(browser)
    assert "user.sign_in" not in [row[0] for row in db.execute("SELECT action FROM audit_log")]
    before = browser.client.get_cookie("jentry_session").value
    response = with_code(browser, pyotp.TOTP(secret).now(), next="/account")
    assert response.headers["Location"] == "/account"
    assert is_signed_in(browser)
    assert browser.client.get_cookie("jentry_session").value != before


def test_a_code_is_taken_once(browser, signed_in, secret):
    code = pyotp.TOTP(secret).now()
    with_password(browser)
    assert with_code(browser, f" {code[:3]} {code[3:]} ").status_code == 303
    browser.post("/logout", on="/account")
    with_password(browser)
    response = with_code(browser, code)
    assert response.status_code == 401
    assert "was used already" in response.text


def test_a_recovery_code_is_taken_once(browser, db, ann, secret):
    with connection.transaction(db) as at:
        codes = second_factors.renew_recovery_codes(db, ann, at)
    for status in (303, 401):
        with_password(browser)
        assert with_code(browser, codes[3].upper().replace("-", " ")).status_code == status
        browser.client.delete_cookie("jentry_session")
    assert second_factors.recovery_codes_left(db, ann) == 9


@pytest.mark.parametrize("code", ["", "000000", "12345", "١٢٣٤٥٦", "x" * 40])
def test_a_wrong_code_does_not(browser, secret, code):
    with_password(browser)
    assert with_code(browser, code).status_code == 401
    assert not is_signed_in(browser)


def test_codes_cannot_be_tried_without_end(browser, secret):
    with_password(browser)
    statuses = [with_code(browser, "000000").status_code for _ in range(sign_in.MOST_OF_ACCOUNT)]
    assert statuses == [401] * (sign_in.MOST_OF_ACCOUNT - 1) + [429]


def test_without_the_first_step_there_is_no_second(browser, web, secret):
    assert browser.get("/login/second-factor").headers["Location"].startswith("/login?")
    assert web.get("/login/second-factor").status_code == 303


def test_the_first_step_does_not_last(browser, db, secret):
    with_password(browser)
    token = browser.token("/login/second-factor")
    db.execute("UPDATE user_sessions SET expires_at = '2026-01-01T00:00:00.000Z'")
    data = {"code": pyotp.TOTP(secret).now(), "csrf_token": token}
    response = browser.client.post("/login/second-factor", data=data)
    assert (response.status_code, "Sign in again" in response.text) == (401, True)


def test_it_is_turned_off_with_the_password(signed_in, db, ann, secret):
    web = signed_in(ann)
    wrong = web.post(f"{PAGE}/off", {"factor_password": "no"}, on="/account")
    assert wrong.status_code == 401
    assert second_factors.is_on(db, ann)
    web.post(f"{PAGE}/off", {"factor_password": PASSWORD}, on="/account")
    assert not second_factors.is_on(db, ann)
    assert second_factors.recovery_codes_left(db, ann) == 0
    actions = [row[0] for row in db.execute("SELECT action FROM audit_log ORDER BY id")]
    assert [a for a in actions if "second" in a] == [
        "user.second_factor_on",
        "user.second_factor_off",
    ]


def test_recovery_codes_are_renewed_with_the_password(signed_in, db, ann, secret):
    page = signed_in(ann).post(f"{PAGE}/codes", {"factor_password": PASSWORD}, on="/account").text
    assert len(re.findall(r"\b\w{5}-\w{5}-\w{5}\b", page)) == 10
