"""A project of one organization, and one of another, filled by what SDKs send."""

import secrets

import factories
import pytest

from jentry.store import checks, connection
from jentry.store.audit import Actor


class Shop:
    def __init__(self, client, db):
        self.client, self.db = client, db
        with connection.transaction(db):
            self.org, rival = factories.org(db), factories.org(db)
            self.owner = factories.user(db, self.org)
            self.actor = Actor(self.org, self.owner, "cli")
            self.shop, self.blog = factories.project(db, self.org), factories.project(db, self.org)
            self.foreign = factories.project(db, rival)
            self.token = factories.token(db, self.org, self.owner)

    def send(self, kind, project=None, **event):
        """The part that takes it."""
        project, event_id = project or self.shop, secrets.token_hex(16)
        error = {"type": kind, "value": "it broke"}
        key = self.db.execute(
            "SELECT public_key FROM client_keys WHERE project_id = ?", (project,)
        ).fetchone()[0]
        answer = self.client.post(
            f"/api/{project}/store/",
            json={"event_id": event_id, "exception": {"values": [error]}} | event,
            headers={"X-Sentry-Auth": f"Sentry sentry_key={key}"},
        )
        assert answer.status_code == 200, answer.text
        row = self.db.execute(
            "SELECT issue_id FROM events WHERE event_id = ?", (bytes.fromhex(event_id),)
        )
        return row.fetchone()[0]

    def open(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, json=body)

    def get(self, path):
        answer = self.open("GET", path)
        assert answer.status_code == 200, answer.json
        return answer.json["data"]

    def merge(self, into, *ids):
        body = {"ids": list(ids), "mergeInto": into}
        answer = self.open("PATCH", f"/projects/{self.shop}/issues", body)
        assert answer.status_code == 200, answer.json
        return answer.json["data"]["operationId"]

    def unmerge(self, whole, *ids):
        answer = self.open("POST", f"/issues/{whole}/unmerge", {"parts": list(ids)})
        assert answer.status_code == 200, answer.json
        return answer.json["data"]

    def undo(self, operation):
        answer = self.open("POST", f"/operations/{operation}/undo")
        assert answer.status_code == 200, answer.json
        return answer.json["data"]

    def listed(self, query="status=all"):
        return {row["id"]: row for row in self.get(f"/projects/{self.shop}/issues?{query}")}


@pytest.fixture
def shop(begins_now, client, db):
    yield Shop(client, db)
    assert checks.counters(db) == []
