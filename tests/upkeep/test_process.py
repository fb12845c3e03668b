"""`jentry serve` and `jentry upkeep` as processes."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import factories
import pytest
from servers import command, serving

from jentry.store import connection, upkeep


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.fixture
def overdue(db):
    """The id of an ignored issue whose time has run out."""
    project = factories.project(db, factories.org(db))
    issue = factories.issue(db, project, status="ignored", substatus="archived_until_condition_met")
    with connection.transaction(db):
        db.execute(
            """
            INSERT INTO issue_conditions (issue_id, kind, until, from_users)
            VALUES (?, 'ignored', '2026-01-01T00:00:00.000Z', 0)
            """,
            (issue,),
        )
    return issue


def status(db, issue):
    return db.execute("SELECT status FROM issues WHERE id = ?", (issue,)).fetchone()[0]


def children(pid):
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child) for child in found}


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_server_looks_after_its_database(database, db, overdue):
    with serving(database) as (process, _, _):
        wait_for(lambda: status(db, overdue) == "unresolved")
        wait_for(lambda: "conditions" in upkeep.read(database))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert "ERROR" not in process.stderr.read()
    assert not upkeep.is_looked_after(database)


def test_upkeep_dies_with_a_server_that_is_killed(database):
    with serving(database) as (process, _, _):
        wait_for(lambda: upkeep.is_looked_after(database))
        before = children(process.pid)
        assert len(before) == 2
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
        wait_for(lambda: not any(is_alive(pid) for pid in before))
    # A row on a server says so for 15 seconds more.
    assert isinstance(database, str) or not upkeep.is_looked_after(database)


def test_a_taken_upkeep_is_waited_for_and_followed(database, db, overdue):
    with serving(database):
        wait_for(lambda: upkeep.is_looked_after(database))
        second = subprocess.Popen(
            command("upkeep", "--json", "--db", database), stdout=subprocess.PIPE, text=True
        )
        assert json.loads(second.stdout.readline()) == {"file": str(database), "waits": True}
    wait_for(lambda: upkeep.is_looked_after(database))
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=20) == 0
    second.stdout.close()


def test_alone_it_does_the_same(database, db, overdue):
    alone = subprocess.Popen(
        command("upkeep", "--db", database),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert alone.stdout.readline() == f"jentry looks after {database} (Ctrl-C stops it).\n"
    wait_for(lambda: status(db, overdue) == "unresolved")
    alone.send_signal(signal.SIGINT)
    out, err = alone.communicate(timeout=20)
    assert (alone.returncode, out, err) == (0, "", "")
