"""`jentry prune`, also after it was killed in the middle."""

import json
import os
import random
import signal
import subprocess
import time
from datetime import timedelta

import factories
import pytest
from servers import command

from jentry import clock
from jentry.store import checks
from jentry.store.connection import transaction


def ago(**delta):
    return clock.timestamp(clock.now() - timedelta(**delta))


@pytest.fixture
def issue(db):
    """Of 400 events; half of them are 40 days old."""
    project = factories.project(db, factories.org(db))
    with transaction(db):
        issue = factories.issue(db, project, event_count=400)
        for number in range(400):
            at = ago(days=40 if number < 200 else 20, minutes=-number)
            factories.event(db, issue, timestamp=at, received_at=at)
        db.execute("INSERT INTO issue_hours VALUES (?, '2026-06-01T00', 400)", (issue,))
    return issue


def prune(database, *options):
    done = subprocess.run(
        command("prune", "--json", "--budget", "0", *options, "--db", database),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def kept(db):
    return db.execute("SELECT count(*) FROM events").fetchone()[0]


def test_it_does_a_whole_round_and_says_what_went(db, database, issue):
    options = ("--days", "30", "--events-per-issue", "50")
    dry = prune(database, *options, "--dry-run")
    assert (dry["events"], dry["byReason"], kept(db)) == (550, {"age": 200, "issue_cap": 350}, 400)
    done = prune(database, *options)
    assert (done["events"], done["attachments"], done["level"]) == (350, 0, None)
    assert done["byReason"] == {"age": 200, "issue_cap": 150}
    assert done["bytesFreed"] > 0
    assert kept(db) == 50
    assert prune(database, *options)["events"] == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [("--budget", "5 apples"), ("--budget", "1M"), ("--days", "0"), ("--events-per-issue", "5")],
)
def test_what_cannot_be_understood_changes_nothing(database, option, value):
    done = subprocess.run(
        command("prune", option, value, "--db", database), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")


def test_killed_at_any_moment_it_goes_on_where_it_was(db, database, issue):
    chance = random.Random(7)
    options = ("--days", "1", "--events-per-issue", "20")
    db.close()
    for _ in range(4):
        process = subprocess.Popen(
            command("prune", "--budget", "0", *options, "--db", database),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(0.5 + chance.random() / 4)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert checks.problems_of(database) == []
    prune(database, *options)
    assert checks.problems_of(database) == []
