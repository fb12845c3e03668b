"""How errors look on each kind of address, and what becomes of bugs and of a broken disk."""

import errno
import sqlite3

import pytest

from jentry import create_app
from jentry.errors import BadRequest, TooManyRequests
from jentry.store import database as opening
from jentry.store import trouble


@pytest.fixture
def app(settings):
    """Its own, to which views can be added."""
    return create_app(settings)


@pytest.fixture
def fail(app, client):
    """Answer a request at an address whose view raises."""

    def call(path, error, **options):
        def view():
            raise error

        app.add_url_rule(path, f"fail-{path}", view)
        return client.get(path, **options)

    return call


def test_an_error_of_the_api_is_a_sentence(fail):
    answer = fail("/api/v1/x", TooManyRequests("Wait.", headers={"Retry-After": "7"}))
    assert (answer.status_code, answer.json) == (429, {"error": "Wait."})
    assert answer.content_type == "application/json"
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/7/x", "/api/7/x/y", "/api/tunnel/x", "/tunnel/x"])
def test_an_error_on_an_ingest_route_is_readable_by_sdks_and_across_origins(fail, path):
    answer = fail(path, BadRequest("bad é\nline"))
    assert answer.status_code == 400
    assert answer.json == {"detail": "bad é\nline", "causes": ["bad é\nline"]}
    assert answer.headers["X-Sentry-Error"] == "bad ? line"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert exposed == "x-sentry-error, x-sentry-rate-limits, retry-after"


def test_an_error_on_a_page_is_a_page(fail):
    answer = fail("/x", BadRequest("<b>bold</b>"))
    assert answer.status_code == 400
    assert answer.content_type == "text/html; charset=utf-8"
    assert "&lt;b&gt;bold&lt;/b&gt;" in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/nothing", "error"),
        ("/api/v1", "error"),
        ("/api", "error"),
        ("/api/v2/x", "error"),
        ("/api/7/nothing/", "detail"),
        ("/apix", None),
        ("/tunnelx", None),
        ("/nothing", None),
    ],
)
def test_addresses_that_do_not_exist(client, path, kind):
    answer = client.get(path)
    assert answer.status_code == 404
    if kind:
        assert answer.json[kind] == "There is no such address."
    else:
        assert "There is no such address." in answer.text


def test_addresses_of_sentry_that_are_not_offered(client):
    answer = client.get("/api/0/nothing/")
    assert (answer.status_code, answer.json) == (
        404, {"detail": "There is no such address, or jentry does not offer it."},
    )  # fmt: skip


SECRET = "the secret of the bug"


@pytest.mark.parametrize("path", ["/api/v1/x", "/api/7/x", "/x"])
def test_a_bug_tells_nothing_but_is_logged(fail, caplog, path):
    answer = fail(path, KeyError(SECRET))
    assert answer.status_code == 500
    assert "Internal Server Error: the cause is in the server" in answer.text
    assert SECRET not in answer.text
    assert SECRET in caplog.text
    assert "Traceback" in caplog.text


def sqlite_error(name):
    error = sqlite3.OperationalError("x")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (sqlite_error("SQLITE_FULL"), 503),
        (sqlite_error("SQLITE_BUSY"), 503),
        (sqlite_error("SQLITE_BUSY_SNAPSHOT"), 503),
        (sqlite_error("SQLITE_LOCKED"), 503),
        (sqlite_error("SQLITE_IOERR_WRITE"), 503),
        (sqlite_error("SQLITE_READONLY"), 503),
        (sqlite_error("SQLITE_CANTOPEN"), 503),
        (sqlite_error("SQLITE_ERROR"), 500),
        (sqlite_error("SQLITE_CONSTRAINT_CHECK"), 500),
        (sqlite3.ProgrammingError("x"), 500),
        (OSError(errno.ENOSPC, "x"), 503),
        (OSError(errno.ENOENT, "x"), 500),
    ],
    ids=repr,
)
def test_a_busy_or_full_database_is_temporary_and_logged(fail, caplog, error, status):
    answer = fail("/api/v1/x", error)
    assert answer.status_code == status
    assert list(answer.json) == ["error"]
    assert answer.headers.get("Retry-After") == ("5" if status == 503 else None)
    assert (trouble.reason(error) is not None) == (status == 503)
    assert "Traceback" in caplog.text


@pytest.mark.sqlite(reason="it bounds the file")
def test_a_database_that_is_really_full(api, db, world, monkeypatch):
    opened = opening.open_database

    def full(path, **options):
        db = opened(path, **options)
        db.execute("PRAGMA max_page_count = 1")  # becomes the pages it has
        return db

    monkeypatch.setattr("jentry.app.db.open_database", full)
    body = {"version": "1", "commits": [{"sha": "a", "message": "x" * 60_000}]}
    answer = api.post(f"/projects/{world.project}/releases", body)
    assert answer.status_code == 503
    assert list(answer.json) == ["error"]
    assert db.execute("SELECT count(*) FROM releases").fetchone()[0] == 0
    assert api.get(f"/projects/{world.project}/releases").json["data"] == []


@pytest.mark.sqlite(reason="it removes the file")
def test_a_database_that_is_gone(database, api, db):
    db.close()
    for name in database.parent.glob(f"{database.name}*"):
        name.unlink()
    database.mkdir()
    answer = api.get("/projects")
    assert answer.status_code == 503
    assert list(answer.json) == ["error"]
