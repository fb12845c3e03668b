"""While another program holds the database, reading goes on and writing is refused in time."""

import sqlite3
from contextlib import closing, contextmanager

import factories
import pytest

from jentry.store.lock import WriteLock

pytestmark = pytest.mark.sqlite(reason="another program holds the file")


@contextmanager
def held_by_a_browser(database):
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def held_by_a_suspended_command(database):
    with WriteLock(database):
        yield


@pytest.mark.parametrize("held", [held_by_a_browser, held_by_a_suspended_command])
def test_reading_does_not_wait_and_writing_is_refused(api, db, world, database, monkeypatch, held):
    monkeypatch.setattr("jentry.app.db.PATIENCE", 600)  # whoever reads must not have any
    issue = factories.issue(db, world.project)
    db.execute("UPDATE api_tokens SET last_used_at = NULL")
    path = f"/issues/{issue}"
    with held(database):
        read = api.get(path)
        monkeypatch.setattr("jentry.app.db.PATIENCE", 0)
        written = api.patch(path, {"status": "resolved"})
    assert read.status_code == 200
    assert (written.status_code, int(written.headers["Retry-After"]) > 0) == (503, True)
    assert written.json["error"].startswith("The database cannot be used just now: ")
    assert db.execute("SELECT last_used_at FROM api_tokens").fetchone()[0] is None
    assert api.patch(path, {"status": "resolved"}).status_code == 200
    assert db.execute("SELECT last_used_at FROM api_tokens").fetchone()[0] is not None


@pytest.mark.parametrize("what", ["removed", "emptied", "no database"])
def test_without_its_file_the_api_is_not_available(api, world, database, what):
    database.unlink()
    if what != "removed":
        database.write_bytes(b"" if what == "emptied" else b"Dear diary" * 1000)
    for answer in (api.get("/projects"), api.patch("/issues/1", {"status": "resolved"})):
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
        assert set(answer.json) == {"error"}
        assert str(database) not in answer.json["error"]
    assert database.exists() == (what != "removed")
