"""A server with two organizations, filled by what SDKs send."""

import json
import secrets
from pathlib import Path

import factories
import pytest
from click.testing import CliRunner

from jentry import clock
from jentry.cli import main
from jentry.store import checks, connection, deletion_steps, deletions
from jentry.store.tables import TABLES


class World:
    """`acme` has two projects, `rival` one; ids and tokens are attributes of that name."""

    def __init__(self, client, db):
        self.client, self.db = client, db
        with connection.transaction(db):
            self.acme, self.rival = (
                factories.org(db, slug="acme", name="acme"),
                factories.org(db, slug="rival"),
            )
            self.owner = factories.user(db, self.acme, email="owner@acme.test")
            self.admin = factories.user(db, self.acme, "admin")
            self.stranger = factories.user(db, self.rival)
            names = {"shop": self.acme, "blog": self.acme, "other": self.rival}
            for name, org_id in names.items():
                setattr(self, name, factories.project(db, org_id, slug=name, name=name))
            self.tokens = {
                user: factories.token(db, org_id, getattr(self, user))
                for user, org_id in (
                    ("owner", self.acme), ("admin", self.acme), ("stranger", self.rival)
                )
            }  # fmt: skip

    def key(self, project_id):
        return self.db.execute(
            "SELECT public_key FROM client_keys WHERE project_id = ?", (project_id,)
        ).fetchone()[0]

    def post(self, project_id, *items, key=None, event_id=None):
        lines = [json.dumps({"event_id": event_id} if event_id else {}).encode()]
        for header, payload in items:
            body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
            lines += [json.dumps(header | {"length": len(body)}).encode(), body]
        return self.client.post(
            f"/api/{project_id}/envelope/",
            data=b"\n".join(lines),
            headers={"X-Sentry-Auth": f"Sentry sentry_key={key or self.key(project_id)}"},
        )

    def send(self, project_id, value="it broke", *, kind="ValueError", more=(), **event):
        """An event with a stack of its own for each kind of error; its id."""
        event_id = secrets.token_hex(16)
        frame = {"function": f"pay_{kind}", "module": "shop", "in_app": True, "filename": "s.py"}
        error = {"type": kind, "value": value, "stacktrace": {"frames": [frame]}}
        event = {
            "event_id": event_id,
            "exception": {"values": [error]},
            "platform": "python",
        } | event
        answer = self.post(project_id, ({"type": "event"}, event), *more, event_id=event_id)
        assert answer.status_code == 200, answer.text
        return event_id

    def fill(self, project_id, kinds=("ValueError", "KeyError"), events=3):
        """Of everything that there is; the ids of the events, by kind."""
        found = {}
        for kind in kinds:
            for number in range(events):
                file = {"type": "attachment", "filename": "log.txt"}
                found.setdefault(kind, []).append(
                    self.send(
                        project_id,
                        kind=kind,
                        more=[(file, b"line %d" % number)],
                        user={"id": f"person-{number}"},
                        release=f"shop@{number}",
                        environment="production",
                        tags={"number": str(number)},
                    )
                )
            report = {
                "event_id": found[kind][0],
                "comments": "no",
                "name": "A",
                "email": "a@b.test",
            }
            self.post(project_id, ({"type": "user_report"}, report))
        session = {
            "sid": secrets.token_hex(16), "init": True, "status": "ok", "did": "person-1",
            "started": clock.timestamp(clock.now()), "attrs": {"release": "shop@0"},
        }  # fmt: skip
        self.post(project_id, ({"type": "session"}, session))
        self.post(project_id, ({"type": "check_in"}, {"monitor_slug": "job", "status": "ok"}))
        return found

    def issue(self, event_id):
        row = self.db.execute(
            "SELECT issue_id FROM events WHERE event_id = ?", (bytes.fromhex(event_id),)
        )
        return row.fetchone()[0]

    def ask(self, method, path, who="owner", **options):
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def rows(self, *but):
        """Everything in the file but these tables, as text."""
        return {
            name: sorted(map(repr, map(tuple, self.db.execute(f"SELECT * FROM {name}"))))
            for name in TABLES
            if name not in but
        }

    def problems(self):
        if isinstance(self.db.path, Path):
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return checks.problems_of(self.db.path)

    def finish(self, look=lambda: None):
        """Take all steps; how many those were."""
        steps = 0
        while (deletion_id := deletions.next_one(self.db)) is not None:
            with connection.transaction(self.db) as at:
                deletion_steps.step(self.db, deletion_id, at)
            steps += 1
            look()
        return steps


@pytest.fixture
def world(client, db):
    return World(client, db)


@pytest.fixture
def run(database, monkeypatch):
    """A command on the test's database: exit code, and stdout or stderr."""
    monkeypatch.setenv("JENTRY_DB", str(database))

    def call(*args):
        done = CliRunner().invoke(main, [str(arg) for arg in args])
        return done.exit_code, (done.stdout or done.stderr).strip()

    return call
