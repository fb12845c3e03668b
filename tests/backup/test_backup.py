"""A backup is whole, private, verified and true, or there is none and a sentence says why."""

import contextlib
import fcntl
import os
import re
import shutil
import sqlite3
import subprocess
import threading

import factories
import pytest
import zstandard
from servers import command

from jentry import children
from jentry.store import checks, connection, migrations
from jentry.store.backup import freeze, make, parts

from .conftest import names

pytestmark = pytest.mark.sqlite(reason="a server has programs of its own for that")


def unpacked(file, folder):
    path = folder / "unpacked.db"
    with file.open("rb") as packed, path.open("wb") as plain:
        zstandard.ZstdDecompressor().copy_stream(packed, plain)
    return path


def content(path):
    """All rows but those of the backups themselves."""
    with contextlib.closing(sqlite3.connect(path)) as raw:
        tables = raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {
            name: raw.execute(f"SELECT * FROM {name}").fetchall()
            for (name,) in tables
            if name not in ("backups", "sqlite_sequence")
        }


def test_a_backup_in_a_folder_is_the_database(filled, run, tmp_path):
    code, made, _ = run("backup", tmp_path, "--db", filled, "--json")
    assert code == 0
    file = tmp_path / names(tmp_path)[0]
    assert re.fullmatch(r"jentry-\d{8}T\d{6}Z\.db\.zst", file.name)
    assert content(unpacked(file, tmp_path)) == content(filled)
    assert made | {"takenAt": "", "seconds": 0} == {
        "file": str(file),
        "bytes": file.stat().st_size,
        "databaseBytes": filled.stat().st_size,
        "schema": migrations.current_version(),
        "version": "0.1.0",
        "takenAt": "",
        "seconds": 0,
        "events": 3,
        "issues": 1,
        "verified": True,
        "warnings": [],
        "removed": [],
    }


@pytest.mark.parametrize("name", ["a.db", "a.zst", "a b"])
def test_a_backup_is_for_its_owner_only_and_leaves_nothing_beside_it(filled, run, tmp_path, name):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / name).write_text("a former one")
    assert run("backup", folder / name, "--db", filled)[0] == 0
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).stat().st_mode & 0o777 == 0o600


def test_a_plain_backup_is_looked_at_without_a_log(filled, run, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    assert run("backup", folder / "a.db", "--db", filled)[0] == 0
    with contextlib.closing(sqlite3.connect(folder / "a.db")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert os.listdir(folder) == ["a.db"]
    assert content(folder / "a.db") == content(filled)


def test_only_own_names_beyond_the_number_are_removed_oldest_first(filled, run, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    own = [f"jentry-2026010{day}T000000Z.db.zst" for day in (1, 2, 3)]
    foreign = ["jentry-20250101T000000Z.db.zst.old", "other-20250101T000000Z.db.zst", "jentry.zst"]
    for name in own + foreign:
        (folder / name).touch()
    _, made, _ = run("backup", folder, "--keep", 2, "--db", filled, "--json")
    assert made["removed"] == [str(folder / name) for name in own[:2]]
    new = os.path.basename(made["file"])
    assert sorted(os.listdir(folder)) == sorted([own[2], new, *foreign])


def itself(path, folder):
    return path


def link_to_itself(path, folder):
    link = folder / "link"
    link.symlink_to(path)
    return link


def hard_link(path, folder):
    os.link(path, folder / "hard")
    return folder / "hard"


def own_log(path, folder):
    return path.with_name("jentry.db-wal")


def no_folder(path, folder):
    return folder / "none" / "a.zst"


def slash(path, folder):
    return f"{folder}/none/"


def device(path, folder):
    return "/dev/null"


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        (itself, "is the database itself"),
        (link_to_itself, "is the database itself"),
        (hard_link, "is the database itself"),
        (own_log, "is the database itself, or belongs to it"),
        (no_folder, "There is no folder .*/none."),
        (slash, "There is no folder .*/none/."),
        (device, "is neither a file nor a folder"),
    ],
)
def test_a_place_that_will_not_do_is_refused(filled, run, tmp_path, where, sentence):
    folder = tmp_path / "out"
    folder.mkdir()
    target, before = where(filled, folder), filled.read_bytes()
    code, _, error = run("backup", target, "--db", filled)
    assert (code, bool(re.search(sentence, error)), error.count("\n")) == (1, True, 1), error
    assert content(filled)["events"], before


def test_to_keep_some_takes_a_folder(filled, run, tmp_path):
    code, _, error = run("backup", tmp_path / "a.zst", "--keep", 3, "--db", filled)
    assert (code, "needs a folder" in error) == (2, True)


def test_a_disk_without_room_is_refused_before_anything_is_written(
    filled, run, tmp_path, monkeypatch
):
    usage = shutil._ntuple_diskusage(10**12, 10**12, 10**5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    code, _, error = run("backup", tmp_path, "--db", filled)
    assert code == 1
    assert re.search(r"Not enough space in .*: [\d.]+ [kM]B needed, 100 kB free\.", error)
    assert names(tmp_path) == []


def test_a_damaged_database_gets_no_backup_and_old_ones_stay(filled, run, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    old = folder / "jentry-20260101T000000Z.db.zst"
    old.touch()
    data = bytearray(filled.read_bytes())
    for page in range(20, len(data) // 4096 - 20):
        data[page * 4096 : page * 4096 + 4096] = b"\x99" * 4096
    filled.write_bytes(data)
    code, _, error = run("backup", folder, "--keep", 1, "--db", filled)
    assert (code, "damaged" in error) == (1, True), error
    assert os.listdir(folder) == [old.name]


def test_a_counter_that_is_off_is_a_warning(filled, run, tmp_path):
    with contextlib.closing(sqlite3.connect(filled)) as raw:
        raw.execute("UPDATE issues SET event_count = 2")
        raw.commit()
    code, made, _ = run("backup", tmp_path, "--db", filled, "--json")
    assert (code, made["verified"]) == (0, True)
    assert made["warnings"][0] == "issue 1: event_count 2, events kept and gone 3"


def test_a_byte_that_the_disk_changes_is_found(filled, run, tmp_path, monkeypatch):
    def spoil(descriptor):
        (byte,) = os.pread(descriptor, 1, 5000)
        os.pwrite(descriptor, bytes([byte ^ 1]), 5000)

    monkeypatch.setattr(make.os, "fsync", spoil)
    for name in ("a.zst", "a.db"):
        code, _, error = run("backup", tmp_path / name, "--db", filled)
        assert (code, "Look at the disk." in error) == (1, True)
    assert names(tmp_path) == []


def test_dead_parts_go_with_the_next_backup_and_live_ones_stay(filled, run, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    dead, live = (folder / f".jentry-{n}.db.zst.part" for n in (1, 2))
    dead.touch()
    with live.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert run("backup", folder, "--db", filled)[0] == 0
        assert (dead.exists(), live.exists()) == (False, True)


def test_what_is_being_written_by_another_is_left_to_it(filled, run, tmp_path):
    with parts.part_of(tmp_path / "a.zst"):
        code, _, error = run("backup", tmp_path / "a.zst", "--db", filled)
    assert (code, "is being written by another program" in error) == (1, True)


def test_events_that_arrive_meanwhile_are_stored_and_those_from_before_are_inside(
    filled, tmp_path, monkeypatch
):
    """The reader holds the main file still; what is committed goes to the log."""
    with freeze.frozen(filled) as still:
        script = (
            "import sys; from pathlib import Path; from jentry.store import connection;"
            "db = connection.connect(Path(sys.argv[1]), write=True)\n"
            "with connection.transaction(db): db.execute('UPDATE instance SET is_demo = 1')\n"
            "db.execute('PRAGMA busy_timeout = 0')\n"
            "db.execute('PRAGMA wal_checkpoint(TRUNCATE)')"
        )
        subprocess.run([os.sys.executable, "-c", script, filled], check=True)
        assert still.reader.execute("SELECT is_demo FROM instance").fetchone()[0] == 0
        copy = tmp_path / "copy.db"
        copy.write_bytes(os.pread(still.descriptor, still.size, 0))
    with contextlib.closing(sqlite3.connect(filled)) as raw:
        assert raw.execute("SELECT is_demo FROM instance").fetchone()[0] == 1
    assert checks.problems_of(copy) == []


def test_with_a_reader_that_stays_it_is_copied_page_by_page(filled, tmp_path, monkeypatch, run):
    monkeypatch.setattr(freeze, "PATIENCE", 0.2)
    reader = connection.connect(filled, shared=True)
    writer = connection.connect(filled, write=True)
    reader.execute("BEGIN")
    reader.execute("SELECT 1 FROM events").fetchall()
    with connection.transaction(writer):
        factories.org(writer, slug="late")
    expected = {"filled", "late"}
    made = run("backup", tmp_path, "--db", filled, "--json")[1]
    reader.close()
    writer.close()
    with contextlib.closing(
        sqlite3.connect(unpacked(tmp_path / names(tmp_path)[0], tmp_path))
    ) as raw:
        slugs = {row[0] for row in raw.execute("SELECT slug FROM organizations")}
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert (len(slugs), expected & slugs, made["events"]) == (2, {"late"}, 3)


def test_a_child_tells_how_far_it_is_and_what_it_made(filled, tmp_path):
    child = children.start("backup", tmp_path, 3, "--db", filled, stdout=subprocess.PIPE)
    lines = child.communicate()[0].splitlines()
    assert child.returncode == 0
    assert re.fullmatch(r"backup: 100 % of \d+ kB", lines[-2])
    assert '"verified": true' in lines[-1]


def test_the_latest_are_written_down_failed_ones_too(filled, run, tmp_path):
    run("backup", tmp_path / "none" / "a", "--db", filled)
    run("backup", tmp_path / "a.zst", "--db", filled, "--full")
    with contextlib.closing(sqlite3.connect(filled)) as raw:
        rows = raw.execute("SELECT file, events, is_full, error FROM backups").fetchall()
    assert rows == [
        (str(tmp_path / "none" / "a"), 0, 0, f"There is no folder {tmp_path / 'none'}."),
        (str(tmp_path / "a.zst"), 3, 1, None),
    ]


def test_under_a_server_that_is_sent_events_nothing_answered_before_is_missing(filled, tmp_path):
    """Writers in another process, each counting up; the copy has what was committed before."""
    counted, stop = [0], threading.Event()
    script = (
        "import sys; from pathlib import Path; from jentry.store import connection;"
        "db = connection.connect(Path(sys.argv[1]), write=True)\n"
        "while True:\n"
        " with connection.transaction(db):\n"
        "  db.execute('UPDATE instance SET last_project_id = last_project_id + 1')\n"
        " print(flush=True)"
    )
    writer = subprocess.Popen(
        [os.sys.executable, "-c", script, filled], stdout=subprocess.PIPE, text=True
    )

    def count():
        while not stop.is_set() and writer.stdout.readline():
            counted[0] += 1

    reading = threading.Thread(target=count)
    reading.start()
    try:
        while counted[0] < 20:
            pass
        before = counted[0]
        subprocess.run(command("backup", tmp_path / "a.db", "--db", filled), check=True)
    finally:
        writer.kill()
        writer.wait()
        stop.set()
        reading.join()
        writer.stdout.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as raw:
        assert raw.execute("SELECT last_project_id FROM instance").fetchone()[0] >= before
    assert checks.problems_of(tmp_path / "a.db") == []
