"""`jentry check`: it finds what is damaged, changes nothing, and says so to scripts too."""

import json
import os
import shutil
from contextlib import closing

import factories
import pytest
from click.testing import CliRunner

from jentry.cli import main
from jentry.health import machine
from jentry.health.findings import Report
from jentry.settings import Settings
from jentry.store import checks, connection


@pytest.fixture
def filled(database, db):
    """Three events, an attachment, and everything in the file itself."""
    with connection.transaction(db):
        project = factories.project(db, factories.org(db))
        issue = factories.issue(db, project, event_count=3)
        db.execute("INSERT INTO issue_hours VALUES (?, '2026-11-20T10', 3)", (issue,))
        for number in range(3):
            factories.event(db, issue, payload={"number": number, "words": "abc " * 99})
        factories.attachment(db, project, bytes(range(256)))
    db.close()
    return database


def check(path, *flags):
    done = CliRunner().invoke(main, ["check", "--db", str(path), "--json", *flags])
    return done.exit_code, json.loads(done.stdout)


def flip(path, table, row_id, place):
    """Another byte in the middle of the stored data, of which the database knows nothing."""
    with closing(connection.connect(path, write=True)) as db:
        (data,) = db.execute(f"SELECT data FROM {table} WHERE id = ?", (row_id,)).fetchone()
        at = int(place * (len(data) - 1))
        changed = data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :]
        db.execute(f"UPDATE {table} SET data = ? WHERE id = ?", (changed, row_id))


def state(folder):
    return {
        file.name: (file.stat().st_mtime_ns, file.stat().st_ino, file.read_bytes())
        for file in folder.iterdir()
    }


@pytest.mark.parametrize("place", [0.3, 0.6, 1.0])
@pytest.mark.parametrize(
    ("table", "kind"), [("event_payloads", "event"), ("attachment_payloads", "attachment")]
)
def test_a_flipped_byte_is_found(filled, table, kind, place):
    row_id = 2 if kind == "event" else 1
    flip(filled, table, row_id, place)
    problems = [line for line in checks.problems_of(filled) if line.startswith(f"{kind} {row_id}:")]
    assert len(problems) == 1, checks.problems_of(filled)
    assert "damaged" in problems[0]


@pytest.mark.sqlite(reason="it looks beside the file")
def test_it_changes_and_leaves_nothing(filled):
    before = state(filled.parent)
    report = check(filled)[1]
    assert report["problems"] == []
    assert "No server runs on it." in report["facts"]
    assert state(filled.parent) == before


@pytest.mark.sqlite(reason="it looks beside the file")
def test_a_file_in_use_is_looked_at_beside_its_server(filled):
    with closing(connection.connect(filled, write=True)) as db:
        with connection.transaction(db):
            db.execute("UPDATE instance SET is_demo = 1")
        before = set(os.listdir(filled.parent))
        main = filled.read_bytes()
        assert checks.problems_of(filled) == []
        assert set(os.listdir(filled.parent)) == before
        assert filled.read_bytes() == main


@pytest.mark.sqlite(reason="it looks beside the file")
def test_a_link_leads_to_the_same_words(filled, tmp_path):
    flip(filled, "event_payloads", 2, 0.5)
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(os.path.relpath(filled, link.parent))

    def words(path):
        code, report = check(path)
        return code, [line.partition(";")[0] for line in [*report["problems"], *report["facts"]]]

    assert words(link) == words(filled)
    assert os.listdir(link.parent) == ["link.db"]


def empty(path):
    path.write_bytes(b"")


def no_database(path):
    path.write_bytes(b"Dear diary" * 1000)


def cut_off(path):
    path.write_bytes(path.read_bytes()[:20000])


def overwritten(path):
    """All pages but the first, with which the tables begin."""
    data = path.read_bytes()
    path.write_bytes(data[:8192] + os.urandom(len(data) - 8192))


@pytest.mark.sqlite(reason="it damages the file")
@pytest.mark.parametrize("spoil", [empty, no_database, cut_off, overwritten, os.unlink])
def test_json_is_answered_whatever_is_there(filled, spoil):
    spoil(filled)
    before = state(filled.parent)
    code, report = check(filled)
    assert (code, report["ok"], len(report["problems"]) > 0) == (1, False, True)
    assert set(report) == {"ok", "problems", "warnings", "facts", "findings", "backup"}
    assert state(filled.parent) == before


@pytest.mark.sqlite(reason="a server's disk is not this machine's")
def test_little_space_is_a_warning_and_none_is_a_problem(filled, monkeypatch):
    usage = shutil.disk_usage(filled)
    codes = {}
    for free in (0, 10 * 2**20, 2**40):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        codes[free] = _machine(filled)
    assert codes == {0: (1, 0), 10 * 2**20: (0, 1), 2**40: (0, 0)}


def _machine(path):
    """How many problems, and warnings of space."""
    found = Report.of(machine.disk(Settings(db=path)))
    return len(found.texts("problem")), len(found.texts("warning"))


def test_each_look_at_a_counter_is_short():
    assert [query for query in checks.COUNTERS.values() if ":low" not in query] == []
