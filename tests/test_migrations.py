"""A database file is brought to the current schema, or refused with a sentence."""

import contextlib
import json
import lzma
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import factories
import pytest
from click.testing import CliRunner
from schemas.normal import fingerprint, objects

from jentry import create_app
from jentry.cli import main
from jentry.settings import Settings
from jentry.store import checks, connection, migrations, serving
from jentry.store.backup.space import shown
from jentry.store.migrations.rebuild import rebuild

pytestmark = pytest.mark.sqlite(reason="a server's database has tests of its own for that")

PROCESSES = 4
SCHEMAS = Path(__file__).parent / "schemas"
CURRENT = migrations.current_version()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new.db"


def test_a_new_file_has_the_current_version_and_the_chosen_layout(path):
    migrations.prepare(path)
    pragmas = ("user_version", "journal_mode", "page_size", "auto_vacuum")
    with contextlib.closing(sqlite3.connect(path)) as db:
        found = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    assert found == [migrations.current_version(), "wal", 4096, 2]


@pytest.mark.parametrize("link", [False, True])
def test_a_new_file_is_for_its_owner_only_and_so_is_what_sqlite_puts_beside_it(path, link):
    if link:
        path.symlink_to(path.with_name("elsewhere.db"))
    migrations.prepare(path)
    with contextlib.closing(connection.connect(path, write=True)) as db:
        db.execute("UPDATE instance SET is_demo = 1")
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    stem = "elsewhere.db" if link else "new.db"
    names = {stem, f"{stem}-wal", f"{stem}-shm", f"{stem}.lock"} | {path.name}
    assert modes == dict.fromkeys(names, 0o600)


def test_the_mode_of_a_file_that_is_there_is_its_owners_business(path):
    path.touch(0o640)
    path.chmod(0o640)
    migrations.prepare(path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_current_file_is_left_alone(path):
    migrations.prepare(path)
    before = path.read_bytes()
    migrations.prepare(path)
    assert path.read_bytes() == before


def test_there_is_a_migration_to_each_version_after_the_first():
    numbers = sorted(int(file.name[:4]) for file in migrations.MIGRATIONS.glob("[0-9]*_*.*"))
    assert numbers == list(range(2, CURRENT + 1))


def test_a_file_of_a_newer_version_is_refused_and_unchanged(database):
    raw = sqlite3.connect(database)
    raw.execute("PRAGMA user_version = 9999")
    raw.close()
    before = database.read_bytes()
    with pytest.raises(migrations.CannotOpen, match=r"written by a newer jentry \(schema 9999"):
        migrations.prepare(database)
    assert database.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_unchanged(path):
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE recipes (name TEXT)")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(migrations.CannotOpen, match=r"but not one of jentry's\.$"):
        migrations.prepare(path)
    assert path.read_bytes() == before


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(migrations.CannotOpen, match=r"the folder .*/none does not exist\.$"):
        migrations.prepare(tmp_path / "none" / "jentry.db")


def test_a_script_that_fails_leaves_nothing_behind(path, monkeypatch, tmp_path):
    broken = tmp_path / "schema.sql"
    shutil.copy(migrations.SCHEMA, broken)
    broken.write_text(broken.read_text() + "\nINSERT INTO no_such_table VALUES (1);\n")
    monkeypatch.setattr(migrations, "SCHEMA", broken)
    with pytest.raises(migrations.CannotOpen, match="no such table"):
        migrations.prepare(path)
    monkeypatch.undo()
    migrations.prepare(path)
    with contextlib.closing(connection.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM instance").fetchone()[0] == 1


def test_processes_that_start_together_on_a_missing_file_all_find_it_ready(path):
    script = (
        "import sys; from pathlib import Path; from jentry.store import migrations;"
        "sys.stdin.readline(); migrations.prepare(Path(sys.argv[1]))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, path],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for process in started:  # they have loaded by the time they read this
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[1] for process in started] == [""] * PROCESSES
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM instance").fetchall() == [(1,)]


# The schema and its versions ----------------------------------------------------------------------


def recorded():
    """Version -> fingerprint."""
    lines = (SCHEMAS / "versions.txt").read_text().splitlines()
    return {int(number): found for number, found in (line.split() for line in lines)}


@contextlib.contextmanager
def made_by(script):
    with contextlib.closing(sqlite3.connect(":memory:")) as raw:
        raw.executescript(script.read_text("utf-8"))
        yield raw


def test_the_schema_does_not_change_without_its_version():
    """See tests/schemas/README.md for what to do."""
    with made_by(migrations.SCHEMA) as raw:
        assert (CURRENT, fingerprint(raw)) in recorded().items()


@pytest.mark.parametrize("version", range(1, CURRENT))
def test_every_earlier_schema_is_kept(version):
    with made_by(SCHEMAS / f"{version:04d}.sql") as raw:
        assert raw.execute("PRAGMA user_version").fetchone()[0] == version
        assert fingerprint(raw) == recorded()[version]


@pytest.mark.parametrize("version", range(1, CURRENT))
def test_an_old_schema_migrated_is_the_current_one(path, version):
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.executescript((SCHEMAS / f"{version:04d}.sql").read_text("utf-8"))
    migrations.prepare(path)
    with contextlib.closing(sqlite3.connect(path)) as raw, made_by(migrations.SCHEMA) as current:
        assert objects(raw) == objects(current)
        assert raw.execute("PRAGMA user_version").fetchone()[0] == CURRENT


# A file of the first version ----------------------------------------------------------------------


@pytest.fixture
def first(tmp_path):
    """The demo's data in a file of version 1."""
    path = tmp_path / "first.db"
    path.write_bytes(lzma.decompress((SCHEMAS / "0001-demo.db.xz").read_bytes()))
    return path


def counts(path):
    with contextlib.closing(sqlite3.connect(path)) as raw:
        tables = raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {t: raw.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for (t,) in tables}


def payloads(path):
    with contextlib.closing(sqlite3.connect(path)) as raw:
        return raw.execute("SELECT id, data FROM event_payloads ORDER BY id").fetchall()


def test_a_file_of_the_first_version_keeps_every_row_and_is_sound_once_migrated(first):
    before, packed = counts(first), payloads(first)
    assert before["events"] > 500
    migrations.prepare(first)
    after = counts(first)
    assert {t: after[t] for t in before if t != "sqlite_sequence"} == {
        t: n for t, n in before.items() if t != "sqlite_sequence"
    }
    assert payloads(first) == packed
    assert checks.problems_of(first) == []


def test_a_file_of_the_first_version_can_be_read_once_migrated(first):
    client = create_app(Settings(db=first)).test_client()
    person = {"email": "ida@spokewell.example", "password": "ride-a-bike"}
    assert client.get("/readyz").status_code == 200
    run = CliRunner().invoke(
        main,
        ["token", "create", "T", "--org", "spokewell", "--user", person["email"],
         "--scope", "issue:read", "--scope", "event:read", "--json", "--db", str(first)],
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {json.loads(run.stdout)['token']}"}
    (issue, *_) = client.get("/api/v1/issues", headers=headers).get_json()["data"]
    event = client.get(f"/api/v1/issues/{issue['id']}/events/latest", headers=headers)
    assert event.get_json()["data"]["issueId"] == issue["id"]


def test_who_did_the_set_up_of_an_old_file_is_its_operator(path):
    """And nobody else: neither later members nor who was made on the command line."""
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.executescript((SCHEMAS / "0001.sql").read_text("utf-8"))
        for name in ("a", "b"):
            values = (name, name, "now" if name == "a" else "later")
            raw.execute(
                "INSERT INTO organizations (slug, name, created_at) VALUES (?, ?, ?)", values
            )
        for number in (1, 2, 3):
            raw.execute("INSERT INTO users (email, created_at) VALUES (?, '')", (str(number),))
        raw.executemany(
            """
            INSERT INTO audit_log (org_id, user_id, action, target, meta, created_at)
            VALUES (?, ?, ?, '', json_object('via', ?), ?)
            """,
            [
                (1, None, "org.create", "web", "now"),
                (1, 2, "project.create", "web", "now"),
                (1, 1, "project.create", "web", "later"),
                (2, None, "org.create", "cli", "later"),
                (2, 3, "project.create", "web", "later"),
            ],
        )
        raw.execute("UPDATE audit_log SET meta = replace(meta, ':', ': ')")
        raw.commit()
    migrations.prepare(path)
    with contextlib.closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT id FROM users WHERE is_operator = 1").fetchall() == [(2,)]


@pytest.mark.parametrize(
    "table",
    ["projects", "organizations", "users", "tags", "releases", "events", "monitors", "api_tokens",
     "client_keys", "issue_hashes"],
)  # fmt: skip
def test_the_id_of_a_deleted_row_does_not_come_back(db, table):
    org = factories.org(db)
    user, project = factories.user(db, org), factories.project(db, org)
    issue = factories.issue(db, project)
    make = {
        "projects": lambda: factories.project(db, org),
        "organizations": lambda: factories.org(db),
        "users": lambda: factories.user(db, org),
        "tags": lambda: factories.insert(db, table, project_id=project, key="k", value="v"),
        "releases": lambda: factories.release(db, project),
        "events": lambda: factories.event(db, issue),
        "monitors": lambda: factories.monitor(db, project),
        "api_tokens": lambda: [factories.token(db, org, user), newest()][1],
        "client_keys": lambda: factories.key(db, project),
        "issue_hashes": lambda: factories.insert(
            db, table, project_id=project, version=1, hash=b"h", issue_id=issue, components="{}"
        ),
    }[table]

    def newest():
        return db.execute(f"SELECT max(id) FROM {table}").fetchone()[0]

    first = make()
    db.execute(f"DELETE FROM {table} WHERE id = ?", (first,))
    assert make() > first


def test_the_deletion_of_a_release_finds_its_events_by_an_index(db):
    """SQLite's own statement for ON DELETE SET NULL is planned like this one."""
    plan = db.execute(
        "EXPLAIN QUERY PLAN UPDATE events SET release_id = NULL WHERE release_id = ?", (1,)
    ).fetchall()
    assert ["events_by_release" in row["detail"] for row in plan] == [True]


# Making a table anew ------------------------------------------------------------------------------


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


def test_the_table_of_issues_is_made_anew_under_its_events(first):
    migrations.prepare(first)
    before = counts(first)
    db = connection.connect(first, write=True)
    shape = objects(db)
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("BEGIN IMMEDIATE")
    rebuild(db, "issues", {})
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.execute("COMMIT")
    db.close()
    assert counts(first) == before
    with contextlib.closing(sqlite3.connect(first)) as raw:
        assert objects(raw) == shape
    assert checks.problems_of(first) == []


def test_a_table_made_anew_gives_no_id_a_second_time(db):
    db.execute("INSERT INTO organizations (slug, name, created_at) VALUES ('a', 'A', '')")
    db.execute("INSERT INTO audit_log VALUES (7, 1, NULL, 'a', 'b', '{}', '')")
    db.execute("DELETE FROM audit_log")
    rebuild(db, "audit_log", {})
    new = "INSERT INTO audit_log (org_id, action, target, meta, created_at)"
    assert db.execute(f"{new} VALUES (1, 'a', 'b', '{{}}', '') RETURNING id").fetchone()[0] == 8


def test_a_migration_may_fill_what_it_adds(db):
    db.execute("INSERT INTO organizations (slug, name, created_at) VALUES ('a', 'A', '')")
    more = "motto TEXT NOT NULL, rank INTEGER NOT NULL DEFAULT 3, created_at"
    db.execute("PRAGMA foreign_keys = OFF")
    rebuild(db, "organizations", {"created_at": more}, motto="slug || name")
    assert tuple(db.execute("SELECT name, motto, rank FROM organizations").fetchone()) == (
        "A", "aA", 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param(
            "DELETE FROM projects;", "leaves a row of .* without its row of", id="orphans"
        ),
        pytest.param("CREATE TABLE x (a);\nDROP TABLE y;", "no such table: y", id="fails midway"),
    ],
)
def test_a_migration_that_goes_wrong_changes_nothing(first, wider, script, message):
    migrations.prepare(first)
    before = counts(first)
    wider(script)
    with pytest.raises(migrations.CannotOpen, match=message):
        migrations.prepare(first)
    assert counts(first) == before
    with contextlib.closing(sqlite3.connect(first)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone()[0] == CURRENT


# Who migrates, and who refuses --------------------------------------------------------------------


@pytest.fixture
def old(database, wider):
    """A file of the current version, which is not the newest any more."""
    wider("CREATE TABLE added (x);")
    return database


def run(*args, db):
    return CliRunner().invoke(main, [*args, "--db", str(db)])


def kept(path):
    (found,) = path.parent.glob(f"{path.name}.v{CURRENT}-*")
    return found


def test_migrate_says_so_in_one_line_and_keeps_the_old_file(old):
    result = run("migrate", db=old)
    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    assert line.startswith(f"Migrated {old} from schema {CURRENT} to {CURRENT + 1} in ")
    assert line.endswith(f" s; the old file is kept as {kept(old)}.")
    assert result.stderr.splitlines() == [
        f"Upgrade: copying {shown(kept(old).stat().st_size)}",
        f"Upgrade: schema {CURRENT + 1}: wider",
        "Upgrade: checking",
    ]
    assert kept(old).stat().st_mode & 0o777 == 0o600
    assert "added" in counts(old)
    assert "added" not in counts(kept(old))
    assert not list(old.parent.glob("*.upgrading*"))
    with contextlib.closing(sqlite3.connect(kept(old))) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    again = json.loads(run("migrate", "--json", db=old).stdout)
    assert again == {
        "file": str(old),
        "before": CURRENT + 1,
        "schema": CURRENT + 1,
        "seconds": 0.0,
        "kept": None,
    }


def test_the_old_file_lies_beside_the_new_one_whatever_leads_to_it(old, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(old)
    assert run("migrate", db=link).exit_code == 0
    assert kept(old).exists()
    assert "added" in counts(old)
    assert [file.name for file in link.parent.iterdir()] == ["link.db"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_migrates_belongs_to_the_owner_of_the_file(old):
    os.chown(old, 4711, 4712)
    assert run("migrate", db=old).exit_code == 0
    for path in (old, kept(old)):
        found = path.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (4711, 4712, 0o600)


def test_without_room_for_a_copy_it_is_refused_unless_in_place(old, monkeypatch):
    size = old.stat().st_size
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(size * 9, size * 8, size)
    )
    before = old.read_bytes()
    result = run("migrate", db=old)
    assert (result.exit_code, "needed" in result.stderr, "--in-place" in result.stderr) == (
        1, True, True,
    )  # fmt: skip
    assert old.read_bytes() == before
    assert run("migrate", "--in-place", db=old).stdout.endswith(" s; in place.\n")
    assert not list(old.parent.glob(f"*.v{CURRENT}-*"))
    assert "added" in counts(old)


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        pytest.param("DELETE FROM audit_log WHERE id = 1;", "audit_log had ", id="loses a row"),
        pytest.param("UPDATE issues SET event_count = 7;", "event_count 7, ", id="miscounts"),
        pytest.param(
            "UPDATE event_payloads SET data = randomblob(length(data));",
            r"event \d+: ",
            id="payloads",
        ),
    ],
)
def test_a_migration_that_loses_something_is_undone(first, wider, script, problem):
    migrations.prepare(first)
    wider(script)
    before = counts(first)
    with pytest.raises(migrations.CannotOpen, match=f"nothing was changed: .*{problem}"):
        migrations.prepare(first)
    assert counts(first) == before
    assert not list(first.parent.glob("*.upgrading*"))


def test_a_migration_may_say_that_it_changes_the_number_of_rows(first, wider):
    migrations.prepare(first)
    wider("-- rows change: issue_tags, tags\nDELETE FROM issue_tags;")
    migrations.prepare(first)
    assert counts(first)["issue_tags"] == 0


def test_what_was_wrong_before_does_not_prevent_an_upgrade(first, wider):
    migrations.prepare(first)
    with contextlib.closing(sqlite3.connect(first)) as raw:
        raw.execute("UPDATE issues SET event_count = 7 WHERE id = 1")
        raw.commit()
    wider("CREATE TABLE added (x);")
    migrations.prepare(first)
    assert "added" in counts(first)


def test_only_the_file_of_the_latest_upgrade_is_kept(old):
    former = old.with_name("jentry.db.v1-20260101T000000Z")
    foreign = old.with_name("jentry.db.v1-20260101T000000Z.txt")
    for path in (former, foreign):
        path.touch()
    run("migrate", db=old)
    assert (former.exists(), foreign.exists(), kept(old).exists()) == (False, True, True)


def test_rollback_says_what_it_loses_and_goes_back_with_yes(old):
    run("migrate", db=old)
    former = kept(old)
    with contextlib.closing(connection.connect(old, write=True)) as db, connection.transaction(db):
        org = factories.org(db)
        factories.event(db, factories.issue(db, factories.project(db, org)))
        factories.audit(db, org)
    asked = run("rollback", db=old)
    assert (asked.exit_code, asked.stdout) == (1, "")
    assert f"To go back to {former} (schema {CURRENT}) loses 1 events and 1 changes" in asked.stderr
    assert "added" in counts(old)
    done = run("rollback", "--yes", "--json", db=old)
    answer = json.loads(done.stdout)
    newer = answer.pop("kept")
    assert answer == {"file": str(old), "schema": CURRENT, "events": 1, "changes": 1}
    assert "added" not in counts(old)
    assert counts(newer)["events"] == 1
    assert run("rollback", db=old).stderr == (
        f"No file of a former version is kept beside {old}.\n"
    )


def test_rollback_is_refused_under_a_server(old):
    run("migrate", db=old)
    with serving.announce(old):
        done = run("rollback", "--yes", db=old)
    assert (done.exit_code, done.stderr) == (1, f"A server is running on {old}. Stop it first.\n")
    assert "added" in counts(old)


KILLED = """
import os, signal, sys
from pathlib import Path
from jentry.store import migrations
migrations.SCHEMA, migrations.MIGRATIONS = Path(sys.argv[2]), Path(sys.argv[3])
name, number = sys.argv[4], int(sys.argv[5])
real, calls = getattr(os, name), []
def die(*args, **kwargs):
    calls.append(1)
    if len(calls) == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **kwargs)
setattr(os, name, die)
migrations.prepare(Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("call", "number"), [("link", 1), ("replace", 1), ("fsync", 2), ("fsync", 3)]
)
def test_an_upgrade_that_is_killed_leaves_one_file_or_the_other(old, call, number):
    """Between any two renames; and then it can be had again."""
    where = (migrations.SCHEMA, migrations.MIGRATIONS)
    done = subprocess.run([sys.executable, "-c", KILLED, old, *where, call, str(number)])
    assert done.returncode == -9
    with contextlib.closing(sqlite3.connect(old)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        version = raw.execute("PRAGMA user_version").fetchone()[0]
        assert ("added" in counts(old)) == (version == CURRENT + 1)
    again = run("migrate", db=old)
    assert again.exit_code == 0, again.stderr
    assert "added" in counts(old)
    assert not list(old.parent.glob("*.upgrading*"))


def test_an_application_for_a_wsgi_server_migrates_and_logs_it(old, caplog):
    create_app(Settings(db=old))
    assert f"from schema {CURRENT} to {CURRENT + 1}" in caplog.text
    assert "added" in counts(old)


def test_a_file_that_an_older_server_has_open_is_not_migrated(old):
    with serving.announce(old):
        result = run("migrate", db=old)
    assert (result.exit_code, result.stderr) == (
        1, f"A server is running on {old}. Stop it first.\n",
    )  # fmt: skip
    assert "added" not in counts(old)


OTHERS = (
    ("org", "list"),
    ("user", "list", "--org", "acme"),
    ("user", "create", "a@acme.example", "--org", "acme", "--role", "owner"),
    ("project", "list", "--org", "acme"),
    ("project", "create", "Shop", "--org", "acme"),
    ("token", "list", "--org", "acme"),
    ("token", "revoke", "1"),
    ("check",),
    ("bench", "read"),
)


def answers(path):
    return {(r.exit_code, r.stdout, r.stderr) for r in (run(*args, db=path) for args in OTHERS)}


def test_other_commands_refuse_an_older_file_and_leave_it(old):
    sentence = (
        f"{old} was written by an older jentry (schema {CURRENT}; this one needs {CURRENT + 1}). "
        "`jentry migrate` changes it, and so does `jentry serve`.\n"
    )
    assert answers(old) == {(1, "", sentence)}
    assert run("org", "create", "Acme", db=old).stderr == sentence
    assert "added" not in counts(old)


def test_other_commands_refuse_a_newer_file(database):
    with contextlib.closing(sqlite3.connect(database)) as raw:
        raw.execute("PRAGMA user_version = 9999")
    (answer,) = answers(database)
    assert answer[0] == 1
    assert "was written by a newer jentry (schema 9999; this one knows " in answer[2]


def test_other_commands_refuse_a_missing_file_and_make_none(path):
    sentence = (
        f"There is no file {path}. `jentry serve` or `jentry org create` makes one; "
        "--db and JENTRY_DB choose another.\n"
    )
    assert answers(path) == {(1, "", sentence)}
    assert list(path.parent.iterdir()) == []


def test_other_commands_refuse_an_empty_file_and_one_that_is_no_database(path):
    path.touch()
    sentence = f"{path} is empty. `jentry serve` or `jentry org create` fills it.\n"
    assert answers(path) == {(1, "", sentence)}
    path.write_text("Dear diary" * 1000)
    assert answers(path) == {(1, "", f"Cannot open {path}: file is not a database.\n")}


@pytest.mark.parametrize("exists", [False, True], ids=["missing", "empty"])
@pytest.mark.parametrize("args", [("migrate",), ("org", "create", "Acme")], ids=" ".join)
def test_two_commands_make_a_file(path, args, exists):
    if exists:
        path.touch(0o600)
    assert run(*args, db=path).exit_code == 0
    assert run("check", db=path).exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_is_in_wal_mode_whenever_it_is_opened_to_be_served(database):
    """A backup or a copy made with other tools may come back without."""
    for open_it in (lambda: run("migrate", db=database), lambda: create_app(Settings(db=database))):
        with contextlib.closing(sqlite3.connect(database)) as raw:
            assert raw.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete"
        open_it()
        with contextlib.closing(sqlite3.connect(database)) as raw:
            assert raw.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
