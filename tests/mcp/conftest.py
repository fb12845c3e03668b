import json
from dataclasses import dataclass

import factories
import pytest
from hostile_events import split

from jentry import clock
from jentry.store import connection


@dataclass
class Mcp:
    """An agent of the first of two organizations, speaking to `POST /mcp`."""

    client: object
    token: str
    org: int
    owner: int
    project: int
    issue: int
    foreign_issue: int

    def send(self, message, address="/mcp", token=None, **headers):
        headers |= {"Authorization": f"Bearer {token or self.token}"}
        data = message if isinstance(message, bytes) else json.dumps(message)
        return self.client.post(address, data=data, headers=headers)

    def ask(self, method, address="/mcp", token=None, **params):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self.send(message, address, token).json

    def call(self, tool, address="/mcp", token=None, **arguments):
        """What stands outside of the fence, and what the fence holds."""
        result = self.ask("tools/call", address, token, name=tool, arguments=arguments)["result"]
        (part,) = result["content"]
        return split(part["text"])


def server(outside):
    """The members that the server said."""
    body = outside.removeprefix("server:\n").partition("\n\nreported")[0]
    return json.loads(body)


@pytest.fixture
def mcp(client, db, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)
    with connection.transaction(db):
        org, foreign = factories.org(db), factories.org(db)
        owner = factories.user(db, org)
        project = factories.project(db, org, slug="shop", name="Shop")
        other = factories.project(db, foreign)
        issue = factories.issue(db, project, title="KeyError: 'a'")
        foreign_issue = factories.issue(db, other, title="a secret of others")
        factories.event(db, issue, {"tags": {"country": "lv"}})
        factories.event(db, foreign_issue, {"tags": {"country": "secret"}})
    token = factories.token(db, org, owner)
    return Mcp(client, token, org, owner, project, issue, foreign_issue)
