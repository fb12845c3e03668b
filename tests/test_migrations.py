"""A database file is brought to the current schema, or refused with a sentence."""

import shutil
import sqlite3
import subprocess
import sys

import pytest

from jentry.store import connection, migrations

PROCESSES = 4


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new.db"


def test_a_new_file_has_the_current_version_and_the_chosen_layout(path):
    migrations.prepare(path)
    db = sqlite3.connect(path)
    pragmas = ("user_version", "journal_mode", "page_size", "auto_vacuum")
    assert [db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == [
        migrations.current_version(),
        "wal",
        4096,
        2,
    ]


@pytest.mark.parametrize("link", [False, True])
def test_a_new_file_is_for_its_owner_only_and_so_is_what_sqlite_puts_beside_it(path, link):
    if link:
        path.symlink_to(path.with_name("elsewhere.db"))
    migrations.prepare(path)
    db = connection.connect(path, write=True)
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
    numbers = sorted(int(file.name[:4]) for file in migrations.MIGRATIONS.glob("*.sql"))
    assert numbers == list(range(2, migrations.current_version() + 1))


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
    assert connection.connect(path).execute("SELECT count(*) FROM instance").fetchone()[0] == 1


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
    assert sqlite3.connect(path).execute("SELECT count(*) FROM instance").fetchall() == [(1,)]
