import json
import os

import factories
import pytest
from click.testing import CliRunner

from jentry.cli import main
from jentry.store import connection


@pytest.fixture
def run(monkeypatch):
    """`run(*args)` -> exit code, its JSON or None, stderr; in this process, which stays as nice."""
    monkeypatch.setattr(os, "nice", lambda _: 0)

    def run(*args):
        done = CliRunner().invoke(main, list(map(str, args)))
        answer = json.loads(done.stdout) if done.stdout.startswith("{") else None
        return done.exit_code, answer, done.stderr

    return run


@pytest.fixture
def filled(database):
    """Three events in a database that nobody has open."""
    db = connection.connect(database, write=True)
    with connection.transaction(db):
        issue = factories.issue(db, factories.project(db, factories.org(db)), event_count=3)
        db.execute("INSERT INTO issue_hours VALUES (?, '2026-11-20T10', 3)", (issue,))
        for number in range(3):
            factories.event(db, issue, payload={"number": number})
    db.close()
    return database


def names(folder, *without):
    return sorted(
        path.name for path in folder.iterdir() if not path.name.startswith(("jentry.db", *without))
    )
