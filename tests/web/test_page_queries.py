"""How often a page asks the database: not more often when it has more to show."""

import factories
import pytest

from jentry import clock
from jentry.store import connection, database

PAGES = [
    "/settings/projects", "/settings/members", "/settings/api", "/settings/audit",
    "/settings/deletions",
    "/settings/audit.csv", "/settings/usage?period=7d", "/settings/views",
    "/projects/{project}/settings/general",
    "/projects/{project}/settings/keys", "/projects/{project}/settings/filters",
    "/projects/{project}/settings/quotas", "/projects/{project}/feedback",
    "/projects/{project}/monitors", "/projects/{project}/monitors/job-0", "/server",
    "/settings/alerts/rules", "/settings/alerts/channels", "/settings/alerts/deliveries",
    "/account", "/projects/{project}/setup",
]  # fmt: skip
MOST = 25  # statements of a page, those of session and frame included


@pytest.fixture
def statements(monkeypatch):
    """The SQL that reading requests run."""
    seen = []
    connect = database.open_database

    def watched(path, **options):
        db = connect(path, **options)
        connection.watch(db, seen.append)
        return db

    monkeypatch.setattr("jentry.app.db.open_database", watched)
    return seen


def fill(db, world, first, last):
    with connection.transaction(db):
        job = factories.monitor(db, world.project, f"job-{first}")
        for number in range(first, last):
            factories.user(db, world.org, "member")
            factories.token(db, world.org, world.owner)
            factories.audit(db, world.org, user_id=world.owner)
            factories.view(db, world.org, world.owner, search="tags[foo]:bar", shared=number % 2)
            factories.report(db, world.project)
            factories.monitor(db, world.project, f"other-{number}")
            factories.check_in(db, job)
            key = factories.key(db, factories.project(db, world.org))
            factories.outcome(db, key, clock.hour(clock.timestamp(clock.now())))
            factories.key(db, world.project)


@pytest.mark.parametrize("page", PAGES)
def test_more_rows_are_no_more_queries(web, db, world, statements, page):
    db.execute("UPDATE users SET is_operator = 1 WHERE id = ?", (world.owner,))
    address, counts = page.format(project=world.project), []
    web.get(address)  # remembers the project
    for first, last in ((0, 1), (1, 12)):
        fill(db, world, first, last)
        statements.clear()
        assert web.get(address).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= MOST, statements
