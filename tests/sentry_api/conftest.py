from dataclasses import dataclass

import factories
import pytest
import sentry_members
from factories import ago
from sentry_members import EVENT

from jentry.store import connection
from jentry.store.connection import transaction
from jentry.store.tables import TABLES

NAMES = {
    "org": "acme", "name": "shop", "version": "shop@1", "issue": "1", "event": "latest",
    "key": "url", "team": "acme", "monitor": "nightly", "int:user_id": "1",
    "int:attachment_id": "1",
}  # fmt: skip


def routes(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("v0."):
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield method, rule, app.view_functions[rule.endpoint].scope


def fill(rule, **names):
    path = rule.rule.removeprefix("/api/0")
    for name, value in (NAMES | names).items():
        path = path.replace(f"<{name}>", value)
    return path


def held_by(db, org, project):
    """All rows of an organization with one project: table -> rows."""

    def ids(table):
        return {
            row[0] for row in db.execute(f"SELECT id FROM {table} WHERE project_id = ?", (project,))
        }

    owners = {
        "project_id": {project}, "org_id": {org} - {None}, "issue_id": ids("issues"),
        "release_id": ids("releases"), "monitor_id": ids("monitors"),
    }  # fmt: skip
    found = {}
    for table in TABLES:
        rows = db.execute(f"SELECT * FROM {table}").fetchall()
        owning = owners.keys() & (rows[0].keys() if rows else ())
        held = [tuple(row) for row in rows if any(row[name] in owners[name] for name in owning)]
        found[table] = sorted(held, key=repr)
    return found


@dataclass
class Tool:
    """A release tool with a token of the first of two organizations."""

    client: object
    token: str
    org: int
    project: int
    foreign_project: int

    def open(self, method, path, **options):
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        answer = self.client.open(f"/api/0{path}", method=method, headers=headers, **options)
        sentry_members.check(path, answer)
        return answer

    def get(self, path, **options):
        return self.open("GET", path, **options)

    def post(self, path, json=None, **options):
        return self.open("POST", path, json=json, **options)

    def put(self, path, json=None, **options):
        return self.open("PUT", path, json=json, **options)

    def delete(self, path, **options):
        return self.open("DELETE", path, **options)


@pytest.fixture
def tool(client, db):
    with connection.transaction(db):
        org, foreign = factories.org(db), factories.org(db)
        db.execute("UPDATE organizations SET slug = 'acme' WHERE id = ?", (org,))
        db.execute("UPDATE organizations SET slug = 'other' WHERE id = ?", (foreign,))
        owner = factories.user(db, org)
        project = factories.project(db, org)
        foreign_project = factories.project(db, foreign)
        db.execute("UPDATE projects SET slug = 'shop' WHERE id = ?", (project,))
        db.execute("UPDATE projects SET slug = 'foreign' WHERE id = ?", (foreign_project,))
    token = factories.token(db, org, owner)
    return Tool(client, token, org, project, foreign_project)


@pytest.fixture
def world(tool, db, monkeypatch):
    """Five issues of two projects; the third is named by an event, the fifth is another org's."""
    monkeypatch.setattr("jentry.clock.now", lambda: factories.NOW)
    with transaction(db):
        other = factories.project(db, tool.org, slug="web-app", name="Web")
        person = factories.user(db, tool.org, name="Kim")
        first = factories.issue(db, tool.project, title="KeyError: 'a'", last_seen=ago(hours=1),
                                first_seen=ago(days=20), event_count=1284, user_count=57,
                                assignee_id=person)  # fmt: skip
        second = factories.issue(db, other, title="Boom", type="default", last_seen=ago(days=3),
                                 status="resolved")  # fmt: skip
        third = factories.issue(db, other, title="RangeError: x", last_seen=ago(days=40),
                                first_seen=ago(days=41), event_count=9)  # fmt: skip
        fourth = factories.issue(db, tool.project, last_seen=ago(days=2), status="ignored",
                                 substatus="archived_forever")  # fmt: skip
        fifth = factories.issue(db, tool.foreign_project)
        factories.event(db, third, event_id=bytes.fromhex(EVENT))
        factories.insert_row(db, "issue_hours", first, "2026-11-20T11", 7)
        factories.insert(db, "comments", issue_id=first, user_id=person, text="seen",
                         created_at=ago(hours=1))  # fmt: skip
    tool.person, tool.other = person, other
    tool.first, tool.second, tool.third, tool.fourth, tool.fifth = (
        first, second, third, fourth, fifth,
    )  # fmt: skip
    return tool
