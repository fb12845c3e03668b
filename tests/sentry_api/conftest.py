from dataclasses import dataclass

import factories
import pytest

from jentry.store import connection


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
        return self.client.open(f"/api/0{path}", method=method, headers=headers, **options)

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
