import json
import lzma
from contextlib import closing
from pathlib import Path

import factories
import pytest
from answers import token_of
from click.testing import CliRunner

from jentry.cli import main
from jentry.store import connection, engine_move, migrations

DEMO = Path(__file__).parents[1] / "schemas" / "0001-demo.db.xz"


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    path.write_bytes(lzma.decompress(DEMO.read_bytes()))
    migrations.prepare(path)
    return path


@pytest.fixture(scope="session")
def demo_template(request, demo_file, new_databases):
    if request.config.getoption("--engine") == "sqlite":
        yield demo_file
        return
    with new_databases() as place:
        engine_move.move(demo_file, place)
        yield place


@pytest.fixture
def demo(demo_template, copied):
    """The invented company: every kind of row, 669 events."""
    return copied(demo_template)


def asked(database, query, *values):
    """The rows that a query finds."""
    with closing(connection.connect(database)) as db:
        return [tuple(row) for row in db.execute(query, values).fetchall()]


@pytest.fixture
def run():
    """`run(*args)` -> exit code, its JSON or what it printed, stderr."""

    def run(*args, stdin=None):
        done = CliRunner().invoke(main, list(map(str, args)), input=stdin)
        is_json = "--json" in args and done.stdout.startswith("{")
        return done.exit_code, json.loads(done.stdout) if is_json else done.stdout, done.stderr

    return run


@pytest.fixture
def export(run, tmp_path):
    """`export(db, *flags)` -> the lines, as objects."""

    def export(db, *flags, org="spokewell"):
        file = tmp_path / "export.jsonl"
        code, _, error = run("export", file, "--org", org, *flags, "--db", db)
        assert code == 0, error
        return [json.loads(line) for line in file.read_text().splitlines()]

    return export


def write(file, lines):
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


@pytest.fixture
def filled(demo):
    """The invented company, with what it lacks; and a token."""
    with closing(connection.connect(demo, write=True)) as db, connection.transaction(db):
        ((org,),) = db.execute("SELECT id FROM organizations").fetchall()
        token = token_of(db)
        hook = factories.alert_channel(
            db, org, name="Pager", kind="webhook", url="https://hook.example/s3cret",
            secret="whsec_c2VjcmV0", recipients="[]",
        )  # fmt: skip
        ((user,),) = db.execute("SELECT user_id FROM memberships ORDER BY 1 LIMIT 1").fetchall()
        rule = factories.alert_rule(
            db, org, name="Mine", covers_all=0, filter=json.dumps({"assignee_ids": [user]})
        )
        factories.insert_row(db, "alert_rule_projects", rule, 2)
        factories.insert_row(db, "alert_rule_channels", rule, hook)
        ((latest, project),) = db.execute(
            "SELECT event_id, project_id FROM events WHERE issue_id = 1"
            " ORDER BY timestamp DESC, id DESC LIMIT 1"
        ).fetchall()
        factories.attachment(db, project, event_id=latest)
        factories.insert(
            db, "comments", issue_id=1, user_id=user, text="Seen.", created_at=factories.AT
        )
        factories.insert(
            db, "views", org_id=org, project_id=2, user_id=user, name="Paid", search="plan:gold",
            level="all", sort="events", period="7d", shared=1, position=1,
            created_at=factories.AT, updated_at=factories.AT,
        )  # fmt: skip
    return demo, token
