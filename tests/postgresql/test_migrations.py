"""A database on a server is brought to the current schema, or refused with a sentence."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import postgres
import pytest
from click.testing import CliRunner
from interfaces import WsgiClient
from sdk import KEY, Sdk

from jentry import create_app
from jentry.cli import main
from jentry.settings import Settings
from jentry.store import connection, migrations, orgs, projects
from jentry.store.audit import Actor
from jentry.store.connection import transaction
from jentry.store.engines.drivers import driver
from jentry.store.engines.errors import Unusable
from jentry.store.engines.scope import Projects

CURRENT = migrations.current_version()
FIRST = 27  # the oldest schema that ran there
SCHEMAS = Path(__file__).parent.parent / "schemas"
PROCESSES = 4
WIDER = """
-- A comment; with a semicolon.
PRAGMA foreign_keys = ON;
ALTER TABLE projects ADD COLUMN motto TEXT NOT NULL DEFAULT 'none';
CREATE TABLE mottos (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    motto     TEXT NOT NULL CHECK (json_valid(motto)),
    data      BLOB,
    rank      REAL
) STRICT;
CREATE TRIGGER mottos_insert AFTER INSERT ON mottos
BEGIN
    UPDATE projects SET motto = NEW.motto WHERE id = NEW.id;
END;
CREATE TRIGGER gone AFTER INSERT ON mottos
BEGIN
    UPDATE projects SET motto = 'x';
END;
DROP TRIGGER gone;
INSERT INTO mottos (id, motto) SELECT id, '"first"' FROM projects;
"""


@pytest.fixture
def wider(monkeypatch, tmp_path):
    """Pretends that the next version is there: `wider(sql)` has a migration of that text."""
    folder = tmp_path / "migrations"
    folder.mkdir()

    def pretend(script, suffix=".sql"):
        schema = folder / "schema.sql"
        text = migrations.SCHEMA.read_text("utf-8")
        schema.write_text(
            text.replace(f"user_version = {CURRENT}", f"user_version = {CURRENT + 1}")
        )
        (folder / f"{CURRENT + 1:04d}_wider{suffix}").write_text(script)
        monkeypatch.setattr(migrations, "SCHEMA", schema)
        monkeypatch.setattr(migrations, "MIGRATIONS", folder)

    return pretend


@pytest.fixture
def filled(address):
    with closing(connection.connect(address, write=True)) as db, transaction(db) as at:
        org = orgs.create(db, "Acme", None, at, "cli")
        projects.create(db, Actor(org["id"], None, "cli"), "Shop", None, "python", at, 7, KEY)
    return address


def rows(address, sql):
    with closing(connection.connect(address)) as db:
        return [tuple(row) for row in db.execute(sql)]


def run(*args):
    return CliRunner().invoke(main, list(map(str, args)))


def shape(address):
    """Columns, indexes, what is checked and what triggers do."""
    return [
        rows(address, sql)
        for sql in (
            "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity,"
            " collation_name FROM information_schema.columns WHERE table_schema = 'public'"
            " ORDER BY table_name, column_name",
            "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " ORDER BY indexname",
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 ORDER BY 1, 2",
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
            "SELECT proname, regexp_replace(prosrc, '\\s+', ' ', 'g') FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
        )
    ]


@pytest.mark.parametrize("version", range(FIRST, CURRENT))
def test_an_old_schema_migrated_is_the_current_one(address, version, monkeypatch):
    def make(address):
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "SCHEMA", SCHEMAS / f"{version:04d}.sql")
            assert migrations.prepare(address).after == version

    with postgres.database(make) as old:
        migrations.prepare(old)
        assert shape(old) == shape(address)


def test_a_migration_is_run_as_postgresql_takes_it(filled, wider):
    wider(WIDER)
    done = run("migrate", "--db", filled)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith(f"Migrated {filled} from schema {CURRENT} to {CURRENT + 1} in ")
    assert done.stdout.endswith(" s; in place.\n")
    assert done.stderr == f"Upgrade: schema {CURRENT + 1}: wider\n"
    assert rows(filled, "SELECT version FROM schema_version") == [(CURRENT + 1,)]
    assert rows(filled, "SELECT id, motto FROM projects") == [(7, '"first"')]
    assert run("migrate", "--db", filled).stdout == f"{filled} has schema {CURRENT + 1}.\n"


def test_a_command_that_would_make_a_database_leaves_an_older_one_as_it_is(filled, wider):
    wider(WIDER)
    done = run("org", "create", "Acme", "--db", filled)
    assert (done.exit_code, "written by an older jentry" in done.stderr) == (1, True)
    assert rows(filled, "SELECT version FROM schema_version") == [(CURRENT,)]


def test_what_postgresql_says_otherwise_lies_beside(filled, wider):
    wider("DROP TABLE of_sqlite;")
    wider("CREATE TABLE own (id BIGINT); INSERT INTO own VALUES (1);", ".postgres.sql")
    migrations.prepare(filled)
    assert rows(filled, "SELECT id FROM own") == [(1,)]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param("UPDATE projects SET org_id = 99;", "violates foreign key", id="orphans"),
        pytest.param("CREATE TABLE x (a TEXT);\nDROP TABLE y;", '"y" does not exist', id="midway"),
    ],
)
def test_a_migration_that_goes_wrong_changes_nothing(filled, wider, script, message):
    before = shape(filled)
    wider(script)
    with pytest.raises(migrations.CannotOpen, match=message):
        migrations.prepare(filled)
    assert shape(filled) == before
    assert rows(filled, "SELECT version FROM schema_version") == [(CURRENT,)]


def test_a_newer_schema_is_refused(filled):
    postgres.execute(filled, "UPDATE schema_version SET version = 9999")
    for args in (("migrate",), ("org", "list"), ("check",)):
        done = run(*args, "--db", filled)
        assert done.exit_code == 1
        assert "was written by a newer jentry (schema 9999; this one knows " in done.stderr, args
    with pytest.raises(Unusable):
        driver().open_database(filled)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP TABLE writers", "it lacks the table writers: it was restored in part, or"),
        ("DROP TABLE upkeep", "it lacks the table upkeep: it was restored in part, or"),
        ("DROP TABLE events CASCADE", "it lacks the table events: it was restored in part, or"),
        ("DELETE FROM schema_version", "it has tables, but not all of jentry's."),
        ("DROP TABLE schema_version", "it has tables, but not all of jentry's."),
    ],
)
def test_what_is_there_in_part_is_refused(address, change, told):
    postgres.execute(address, change)
    for args in (("migrate",), ("org", "list"), ("check",)):
        done = run(*args, "--db", address)
        assert (done.exit_code, done.stderr[:27]) == (1, "Cannot use the database: it"), args
        assert told in done.stderr


@pytest.mark.parametrize(
    "tables",
    ["CREATE TABLE users (id int)", "CREATE TABLE schema_version (version text)"],
)
def test_the_database_of_another_program_is_refused(tables):
    with postgres.database(lambda address: postgres.execute(address, tables)) as address:
        for command in ("migrate", "check"):
            done = run(command, "--db", address)
            assert (done.exit_code, done.stderr) == (
                1, "Cannot use the database: it has tables, but not all of jentry's.\n",
            )  # fmt: skip


def test_other_commands_refuse_an_older_schema(filled, wider):
    wider(WIDER)
    done = run("org", "list", "--db", filled)
    assert (done.exit_code, done.stderr) == (
        1,
        f"{filled} was written by an older jentry (schema {CURRENT}; this one needs {CURRENT + 1})."
        " `jentry migrate` changes it, and so does `jentry serve`.\n",
    )


START = """
import sys
from pathlib import Path
from jentry.store import migrations
if len(sys.argv) > 2:
    migrations.SCHEMA, migrations.MIGRATIONS = Path(sys.argv[2]), Path(sys.argv[2]).parent
sys.stdin.readline()
print(migrations.prepare(sys.argv[1]).before)
"""


def together(*args):
    """The versions that processes find which start at once."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", START, *map(str, args)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(PROCESSES)
    ]  # fmt: skip
    for process in started:  # they have loaded by the time they read this
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate() for process in started]
    assert [errors for _, errors in told] == [""] * PROCESSES
    return sorted(int(found) for found, _ in told)


def test_of_servers_that_start_together_one_migrates(filled, wider):
    wider(WIDER)
    assert together(filled, migrations.SCHEMA)[0] == CURRENT
    assert rows(filled, "SELECT motto FROM mottos") == [('"first"',)]


def test_of_servers_that_start_together_one_makes_the_tables():
    with postgres.database(lambda _: None) as empty:
        assert together(empty)[0] == migrations.NEW
        assert rows(empty, "SELECT id FROM instance") == [(1,)]


def test_a_current_database_is_opened_while_others_write(filled):
    with closing(connection.connect(filled, write=True)) as db, transaction(db, Projects((7,))):
        assert migrations.prepare(filled).before == CURRENT


def test_a_server_of_the_version_before_is_out(filled, wider, monkeypatch):
    """Its connections have ended, and new ones are refused."""
    client = WsgiClient(create_app(Settings(db=filled, url="http://jentry.test")))
    try:
        sdk = Sdk(client)
        assert sdk.event(message="one").status == 200
        wider(WIDER)
        migrations.prepare(filled)
        monkeypatch.undo()
        assert sdk.event(message="two").status == 503
        assert client.send("/readyz", method="GET").status == 503
        assert rows(filled, "SELECT count(*) FROM events") == [(1,)]
    finally:
        client.close()
