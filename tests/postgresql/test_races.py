"""What a member does to an issue, and an event of it that is half stored, come one after the other.

The event is held up where it has read of its issue and has not written yet. Without the lock on the
project the change would not wait for it, and one of both would be lost.
"""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import factories
import postgres
import pytest

from jentry import create_app
from jentry.settings import Settings
from jentry.store import checks, connection, deletion_steps
from jentry.store.connection import transaction

HELD = 4711  # an advisory lock, which who stores an event waits for
HOLD = f"""
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared({HELD}); RETURN NEW; END $$;
    CREATE TRIGGER hold BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION hold()
"""
WAITING = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND CAST(locktype = 'advisory' AS int) = ?"
)


class World:
    """A project with two issues, each of one event."""

    def __init__(self, address, db, app):
        self.address, self.db, self.app = address, db, app
        with transaction(db):
            org = factories.org(db)
            self.project = factories.project(db, org)
            self.token = factories.token(db, org, factories.user(db, org))
        key = db.execute("SELECT public_key FROM client_keys WHERE project_id = ?", (self.project,))
        self.key = key.fetchone()[0]
        for name in ("kept", "other"):
            assert self.send(name) == 200
        rows = db.execute("SELECT id FROM issues ORDER BY id").fetchall()
        self.kept, self.other = (row["id"] for row in rows)

    def send(self, name):
        return self.app.test_client().post(
            f"/api/{self.project}/store/",
            json={"event_id": secrets.token_hex(16), "message": name, "fingerprint": [name]},
            headers={"X-Sentry-Auth": f"Sentry sentry_key={self.key}"},
        ).status_code  # fmt: skip

    def ask(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().open(
            f"/api/v1{path}", method=method, json=body, headers=headers
        )

    def until(self, is_advisory, *others):
        """Somebody waits for a lock, or one of the others has ended."""
        while not self.db.execute(WAITING, (int(is_advisory),)).fetchone()[0]:
            if any(other.done() for other in others):
                return
            time.sleep(0.01)

    def at_once(self, method, path, body=None):
        """An event of the second issue is half stored when the change is asked for."""
        with ThreadPoolExecutor(2) as pool:
            with holding(self.address):
                event = pool.submit(self.send, "other")
                self.until(True, event)
                change = pool.submit(self.ask, method, path, body)
                self.until(False, change)
            assert event.result() == 200
            assert change.result().status_code < 300, change.result().text
        return change.result().json

    def issue(self, issue_id):
        return self.ask("GET", f"/issues/{issue_id}").json["data"]


@contextmanager
def holding(address):
    with closing(connection.connect(address, write=True)) as own:
        own.run("BEGIN")
        own.run(f"SELECT pg_advisory_xact_lock({HELD})")
        yield
        own.run("ROLLBACK")


@pytest.fixture
def world(address):
    with closing(connection.connect(address, write=True)) as db:
        app = create_app(Settings(db=address, url="http://jentry.test"))
        with closing(app.extensions["writer"]), closing(app.extensions["processor"]):
            world = World(address, db, app)
            db.run(HOLD)
            yield world
            db.run("DROP FUNCTION hold CASCADE")
            assert checks.problems_of(address) == []
            postgres.forget()


def test_an_event_does_not_undo_what_becomes_of_many_issues(world):
    """Resolved, it would be open again by an event that came before it was ignored."""
    every = {"filter": {"status": "all"}}
    world.ask("PATCH", f"/projects/{world.project}/issues", every | {"status": "resolved"})
    body = every | {"status": "ignored", "substatus": "archived_forever"}
    world.at_once("PATCH", f"/projects/{world.project}/issues", body)
    assert world.issue(world.other)["status"] == "ignored"


def test_an_event_is_counted_where_its_issue_was_merged_into(world):
    body = {"ids": [world.other], "mergeInto": world.kept}
    world.at_once("PATCH", f"/projects/{world.project}/issues", body)
    assert world.issue(world.kept)["count"] == 3


def test_an_event_is_deleted_with_its_issue_or_makes_another(world):
    path = f"/issues/{world.other}?confirm={world.other}"
    deletion = world.at_once("DELETE", path)["data"]
    with transaction(world.db) as at:
        while not deletion_steps.step(world.db, deletion["id"], at):
            pass
    done = world.ask("GET", f"/deletions/{deletion['id']}").json["data"]
    assert done["done"] == done["total"]
