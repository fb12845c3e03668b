"""The scheduled backup, and what is said of the latest one."""

import logging
import os
import subprocess
from contextlib import closing
from datetime import timedelta

import factories
import pytest
from servers import command

from jentry import clock, create_app
from jentry.health.report import report
from jentry.settings import Settings
from jentry.store import connection
from jentry.store.backup import record
from jentry.upkeep import backups
from jentry.upkeep.job import Stopped, Turn, Work
from jentry.upkeep.jobs import jobs

pytestmark = pytest.mark.sqlite(reason="a server has programs of its own for that")


@pytest.fixture
def scheduled(database, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    return Settings(db=database, backup_dir=folder, backup_keep=2)


def run(settings):
    turn = Turn()
    with closing(Work(settings, turn)) as work:
        backups.run(work)


def test_it_is_a_job_once_there_is_a_folder(scheduled):
    (job,) = [job for job in jobs(scheduled) if job.name == "backup"]
    assert job.daily_at == "03:15"
    assert [job for job in jobs(Settings(db=scheduled.db)) if job.name == "backup"] == []


def test_a_child_makes_it_and_removes_the_oldest(scheduled):
    for day in (1, 2):
        (scheduled.backup_dir / f"jentry-2026010{day}T000000Z.db.zst").touch()
    run(scheduled)
    old, new = sorted(os.listdir(scheduled.backup_dir))
    assert old == "jentry-20260102T000000Z.db.zst"
    assert (scheduled.backup_dir / new).stat().st_size > 5000


def test_one_that_fails_is_tried_again_for_a_while(scheduled, monkeypatch, caplog):
    scheduled.backup_dir.rmdir()
    monkeypatch.setattr(backups, "PAUSE", 0.0)
    monkeypatch.setattr(backups, "ATTEMPTS", 2)
    with caplog.at_level(logging.ERROR):
        run(scheduled)
    lines = [each.getMessage() for each in caplog.records]
    assert [line[: len("backup failed attempt=1:")] for line in lines] == [
        f"backup failed attempt={number}:" for number in (1, 2)
    ]
    assert list(scheduled.db.parent.glob("backups*")) == []


def test_it_ends_with_the_server(scheduled):
    turn = Turn()
    turn.stopping.set()
    with closing(Work(scheduled, turn)) as work, pytest.raises(Stopped):
        backups.run(work)


def test_serve_refuses_a_folder_that_is_none(database, tmp_path):
    env = os.environ | {"JENTRY_BACKUP_DIR": str(tmp_path / "none")}
    done = subprocess.run(
        command("serve", "--port", 0, "--db", database), capture_output=True, text=True, env=env
    )
    assert (done.returncode, done.stderr) == (
        1, f"JENTRY_BACKUP_DIR={tmp_path / 'none'} is no folder that can be written.\n",
    )  # fmt: skip


def saved(database, **columns):
    made = {
        "taken_at": clock.timestamp(clock.now()), "file": str(database), "bytes": 1, "seconds": 1.0,
        "events": 0, "is_full": False, "error": None,
    }  # fmt: skip
    with closing(connection.connect(database, write=True)) as db, connection.transaction(db):
        record.save(db, record.Backup(**made | columns))


def ago(**delta):
    return clock.timestamp(clock.now() - timedelta(**delta))


@pytest.mark.parametrize(
    ("rows", "line", "warnings"),
    [
        ([], "", ["no backup has been made: see `jentry backup`"]),
        (
            [{"taken_at": ago(hours=5)}], "backup: 5 h old\n",
            ["the latest backup lies on the database's own disk and would be lost with it"],
        ),
        (
            [{"taken_at": ago(days=9)}], "backup: overdue, 216 h old\n",
            ["the latest backup is 9 days old: {db}"],
        ),
        (
            [{}, {"error": "No space in /secret/place."}], "backup: failing\n",
            [
                "the latest backup failed: No space in /secret/place.",
                "the latest backup lies on the database's own disk and would be lost with it",
            ],
        ),
        (
            [{"file": "/nowhere/a"}], "backup: 0 h old\n",
            ["the latest backup is gone: /nowhere/a"],
        ),
    ],
    ids=["none", "young", "old", "failing", "gone"],
)  # fmt: skip
def test_what_is_said_of_the_latest(database, rows, line, warnings):
    for row in rows:
        saved(database, **row)
    answer = create_app(Settings(db=database)).test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (200, f"ok\n{line}")
    found = report(Settings(db=database), whole=False).findings
    said = [each.text for each in found if (each.check, each.level) == ("backup", "warning")]
    assert said == [text.format(db=database) for text in warnings]


@pytest.mark.parametrize(("days", "stays"), [(29, True), (31, False)])
def test_the_file_of_a_former_version_goes_after_a_month(database, days, stays):
    at = clock.now() - timedelta(days=days)
    kept = database.with_name(f"jentry.db.v3-{at:%Y%m%dT%H%M%SZ}")
    kept.touch()
    said = [each.text for each in report(Settings(db=database), whole=False).findings]
    assert any(str(kept) in text for text in said)
    with closing(Work(Settings(db=database), Turn())) as work:
        backups.remove_kept(work)
    assert kept.exists() == stays


def test_only_the_latest_hundred_are_kept(database):
    for _ in range(record.KEPT + 5):
        saved(database)
    with closing(connection.connect(database)) as db:
        assert len(record.latest(db)) == record.KEPT


def test_litestream_is_named_when_it_copies_the_file(database, monkeypatch):
    with closing(connection.connect(database, write=True)) as db:
        db.execute("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")
    for is_old, level in ((True, "warning"), (False, "ok")):
        monkeypatch.setattr("jentry.store.checks.has_wal_reset_bug", lambda is_old=is_old: is_old)
        found = report(Settings(db=database), whole=False).findings
        assert [each.level for each in found if each.check == "litestream"] == [level]
    assert factories
