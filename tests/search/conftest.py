"""Two projects of one organization and one of another, filled by what SDKs send."""

import secrets

import factories
import pytest

from jentry.settings import Settings
from jentry.store import connection
from jentry.upkeep.job import Turn, Work


class World:
    def __init__(self, client, db):
        self.client, self.db = client, db
        with connection.transaction(db):
            self.org, rival = factories.org(db), factories.org(db)
            self.owner = factories.user(db, self.org, email="owner@acme.test")
            self.shop, self.blog = factories.project(db, self.org), factories.project(db, self.org)
            self.foreign = factories.project(db, rival)
            self.token = factories.token(db, self.org, self.owner)

    def send(self, project, kind="ValueError", function="pay", file="shop/cart.py", **event):
        """An event with one frame, an issue for each kind and function; the issue's id."""
        event_id = secrets.token_hex(16)
        frame = {"function": function, "module": "shop.cart", "filename": file, "in_app": True}
        error = {"type": kind, "value": "it broke", "stacktrace": {"frames": [frame]}}
        event = {"exception": {"values": [error]}, "platform": "python"} | event
        key = self.db.execute(
            "SELECT public_key FROM client_keys WHERE project_id = ?", (project,)
        ).fetchone()[0]
        answer = self.client.post(
            f"/api/{project}/store/",
            json=event | {"event_id": event_id},
            headers={"X-Sentry-Auth": f"Sentry sentry_key={key}"},
        )
        assert answer.status_code == 200, answer.text
        row = self.db.execute(
            "SELECT issue_id FROM events WHERE event_id = ?", (bytes.fromhex(event_id),)
        )
        return row.fetchone()[0]

    def ask(self, path, method="GET", **options):
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def work(self, job):
        work = Work(Settings(db=self.db.path), Turn())
        try:
            job(work)
        finally:
            work.close()


@pytest.fixture
def world(client, db):
    return World(client, db)
