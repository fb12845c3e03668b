"""`jentry view`: of the shared views of an organization, and of no others."""

import json

import factories
import pytest
from click.testing import CliRunner

from jentry.cli import main
from jentry.store import connection


@pytest.fixture
def run(settings):
    return lambda *words: CliRunner().invoke(main, ["view", *words, "--db", str(settings.db)])


def test_shared_views_are_listed_and_deleted(db, run):
    with connection.transaction(db):
        org, other = factories.org(db, slug="acme"), factories.org(db, slug="other")
        user = factories.user(db, org)
        mine = factories.view(db, org, user, name="Mine")
        ours = factories.view(db, org, user, name="Ours", shared=1, search="levle:error")
        factories.view(db, other, user, name="Foreign", shared=1)
    listed = json.loads(run("list", "--org", "acme", "--json").output)
    assert [(view["id"], view["name"]) for view in listed] == [(ours, "Ours")]
    assert "Did you mean level?" in run("list", "--org", "acme").output
    for view_id, slug in ((mine, "acme"), (ours, "other")):
        answer = run("delete", str(view_id), "--org", slug)
        assert answer.exit_code == 1
        assert "There is no such view." in answer.output
    assert run("delete", str(ours), "--org", "acme").output == "Deleted the view Ours.\n"
    names = [row["name"] for row in db.execute("SELECT name FROM views ORDER BY id")]
    assert names == ["Mine", "Foreign"]
