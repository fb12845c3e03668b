"""One's own account."""

import factories
import pytest

from jentry.store import passwords, user_sessions

PASSWORD = "correct horse battery"


@pytest.fixture
def ann(db, world):
    hashed = passwords.hashed(PASSWORD, "")
    return factories.user(
        db, world.org, "member", email="ann@acme.test", name="Ann", password=hashed
    )


@pytest.fixture
def web(signed_in, ann):
    return signed_in(ann)


def column(db, ann, name):
    return db.execute(f"SELECT {name} FROM users WHERE id = ?", (ann,)).fetchone()[0]


def test_the_name_is_changed(web, db, ann):
    response = web.post("/account/name", {"name": " Ann Ö. "}, on="/account")
    assert response.headers["Location"] == "/account#name"
    assert column(db, ann, "name") == "Ann Ö."
    assert "Your name is changed." in web.get("/account").text
    assert "Your name is changed." not in web.get("/account").text  # said once


def test_a_wrong_name_is_explained_and_kept(web):
    response = web.post("/account/name", {"name": "x" * 101}, on="/account")
    assert response.status_code == 400
    assert "must not be longer than 100 characters" in response.text


@pytest.mark.parametrize(
    ("email", "password", "status", "sentence"),
    [
        ("new@acme.test", "no", 401, "That is not your current password."),
        ("new", PASSWORD, 400, "is not an email address"),
        ("owner@acme.test", PASSWORD, 409, "cannot be used here"),
    ],
)
def test_an_email_is_not_changed_without_reason(
    web, db, ann, world, email, password, status, sentence
):
    db.execute("UPDATE users SET email = 'owner@acme.test' WHERE id = ?", (world.owner,))
    data = {"email": email, "email_password": password}
    response = web.post("/account/email", data, on="/account")
    assert (response.status_code, sentence in response.text) == (status, True)
    assert column(db, ann, "email") == "ann@acme.test"


def test_the_email_is_changed_with_the_password(web, db, ann):
    data = {"email": "Ann.New@acme.test", "email_password": PASSWORD}
    assert web.post("/account/email", data, on="/account").status_code == 303
    assert column(db, ann, "email") == "ann.new@acme.test"
    assert db.execute("SELECT action FROM audit_log").fetchall()[-1][0] == "user.email"


def test_a_new_password_ends_the_other_sessions(web, signed_in, db, ann):
    other = signed_in(ann)
    data = {"current_password": PASSWORD, "password": "another good phrase"}
    assert web.post("/account/password", data, on="/account").status_code == 303
    assert passwords.matches("another good phrase", column(db, ann, "password"))
    assert web.get("/account").status_code == 200
    assert other.get("/account").status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "status"),
    [
        ("no", "another good phrase", 401),
        (PASSWORD, "tooshort1", 400),
        (PASSWORD, "Ann@acme.test", 400),
    ],
)
def test_a_password_is_not_changed_without_reason(web, db, ann, current, new, status):
    before = column(db, ann, "password")
    data = {"current_password": current, "password": new}
    response = web.post("/account/password", data, on="/account")
    assert response.status_code == status
    assert column(db, ann, "password") == before
    assert new not in response.text or "@" in new


def test_preferences_are_kept_for_the_account_and_seen_at_once(web, db, ann):
    data = {"theme": "dark", "time_zone": "Europe/Berlin"}
    assert web.post("/account/preferences", data, on="/account").status_code == 303
    page = web.get("/account").text
    assert '<html lang="en" data-theme="dark"' in page
    assert "data-no-shortcuts" in page
    assert "Europe/Berlin" in page
    assert (column(db, ann, "theme"), column(db, ann, "has_shortcuts")) == ("dark", 0)


@pytest.mark.parametrize("wrong", [{"theme": "pink"}, {"time_zone": "../../etc/passwd"}])
def test_a_wrong_preference_is_refused(web, db, ann, wrong):
    data = {"theme": "dark", "time_zone": "UTC"} | wrong
    assert web.post("/account/preferences", data, on="/account").status_code == 400
    assert column(db, ann, "theme") == "system"


def test_the_menu_chooses_a_theme(web, db, ann):
    response = web.post("/account/theme", {"theme": "light"}, on="/account")
    assert response.status_code == 303
    for address in ("/account", "/nothing"):  # of error pages too
        assert '<html lang="en" data-theme="light">' in web.get(address).text
    web.post("/account/theme", {"theme": "system"}, on="/account")
    assert '<html lang="en">' in web.get("/account").text


def test_sessions_are_listed_and_ended_one_by_one_and_all(web, signed_in, db, ann, world):
    phone, tablet, foreign = (
        signed_in(ann, device="Safari on iPhone"),
        signed_in(ann, device="Safari on iPad"),
        signed_in(world.owner),
    )
    page = web.get("/account").text
    assert page.count("This one") == 1
    assert "Safari on iPhone" in page
    ids = [row["id"] for row in db.execute("SELECT id FROM user_sessions ORDER BY id")]
    assert web.post(f"/account/sessions/{ids[1]}/end", on="/account").status_code == 303
    assert phone.get("/account").status_code == 303
    assert tablet.get("/account").status_code == 200
    assert web.post(f"/account/sessions/{ids[3]}/end", on="/account").status_code == 404
    web.post("/account/sessions/end", on="/account")
    assert tablet.get("/account").status_code == 303
    assert web.get("/account").status_code == 200
    assert foreign.get("/account").status_code == 200
    assert len(user_sessions.list_for(db, ann, factories.AT)) == 1
