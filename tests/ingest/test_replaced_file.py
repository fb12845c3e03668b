"""While it is served, the file is put in another's place, removed, emptied or held by a program:
what is answered 200 is in the file that JENTRY_DB names.
"""

import shutil
import sqlite3
import threading
import uuid
from contextlib import closing, contextmanager

import pytest
from sdk import Sdk

from jentry.store import connection, lock
from jentry.store.engines.errors import Busy, Replaced

pytestmark = pytest.mark.sqlite(reason="it replaces the file")


def remove(database):
    for name in ("", "-wal", "-shm", ".lock"):
        database.with_name(f"{database.name}{name}").unlink(missing_ok=True)


def restore_removed(database, copy):
    remove(database)
    shutil.copy(copy, database)


def rename_over(database, copy):
    shutil.copy(copy, f"{database}.new")
    remove(database)
    shutil.move(f"{database}.new", database)


def rename_over_beside_its_log(database, copy):
    shutil.copy(copy, f"{database}.new")
    shutil.move(f"{database}.new", database)


def move_aside(database, copy):
    database.rename(database.with_name("aside.db"))
    shutil.copy(copy, database)


REPLACEMENTS = (restore_removed, rename_over, rename_over_beside_its_log, move_aside)


@pytest.fixture
def copy(database, project, tmp_path):
    """A backup in rollback mode, as VACUUM INTO makes it."""
    with closing(sqlite3.connect(database)) as db:
        db.execute(f"VACUUM INTO '{tmp_path / 'copy.db'}'")
    return tmp_path / "copy.db"


def events_in(database):
    with closing(sqlite3.connect(database)) as db:
        return {row[0].hex() for row in db.execute("SELECT event_id FROM events")}


def send(sdk):
    event_id = uuid.uuid4().hex
    return event_id, sdk.event(event_id=event_id)


@pytest.mark.parametrize("replace", REPLACEMENTS)
def test_what_is_answered_200_is_in_the_file_that_is_there(sdk, database, copy, replace):
    assert send(sdk)[1].status == 200
    replace(database, copy)
    sent = [send(sdk) for _ in range(4)]
    assert {answer.status for _, answer in sent} <= {200, 503}
    assert sent[-1][1].status == 200
    assert {event_id for event_id, answer in sent if answer.status == 200} == events_in(database)


def test_the_keys_of_the_file_that_is_there_hold(sdk, database, copy):
    assert send(sdk)[1].status == 200
    with closing(sqlite3.connect(copy)) as db:
        (version,) = db.execute("SELECT config_version FROM instance").fetchone()
        db.execute("UPDATE client_keys SET disabled_at = 'x'")
        db.execute("UPDATE instance SET config_version = ?", (version,))
        db.commit()
    rename_over(database, copy)
    assert [send(sdk)[1].status for _ in range(2)] == [403, 403]


@pytest.mark.parametrize("what", ["removed", "emptied", "of another program"])
def test_without_a_database_nothing_is_accepted_or_made(client, sdk, database, copy, what):
    assert send(sdk)[1].status == 200
    remove(database)
    if what == "emptied":
        database.touch()
    elif what == "of another program":
        with closing(sqlite3.connect(database)) as db:
            db.execute("CREATE TABLE notes (text)")
    before = database.read_bytes() if database.exists() else None
    answers = [
        send(sdk)[1],
        send(sdk)[1],
        client.send("/api/v1/projects", method="GET", headers={"Authorization": "Bearer x"}),
        client.send("/readyz", method="GET"),
    ]
    assert [answer.status for answer in answers] == [503] * 4
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers[:3])
    assert (database.read_bytes() if database.exists() else None) == before
    shutil.copy(copy, database)
    event_id, answer = send(sdk)
    if answer.status == 503:
        event_id, answer = send(sdk)
    assert (answer.status, events_in(database)) == (200, {event_id})


def test_beside_a_file_whose_log_is_lost_no_other_is_written(sdk, database, db):
    """The -wal alone was removed: what was answered is in it, and comes home when it is closed."""
    db.close()
    assert send(sdk)[1].status == 200
    log = database.with_name(f"{database.name}-wal")
    log.unlink()
    assert [send(sdk)[1].status for _ in range(3)] == [503] * 3
    assert not log.exists()


def test_a_lock_whose_file_was_removed_is_no_lock(database):
    path = database.with_name(f"{database.name}.lock")
    held = lock.WriteLock(database)
    with held:
        path.unlink()
    with held, pytest.raises(Busy), lock.WriteLock(database).within(0):
        pytest.fail("two have it")
    assert path.exists()


@contextmanager
def held_by_a_browser(database):
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def held_by_a_suspended_command(database):
    with lock.WriteLock(database):
        yield


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr("jentry.ingest.writer.PATIENCE", 0.1)
    monkeypatch.setattr("jentry.app.db.PATIENCE", 0.1)
    monkeypatch.setattr("jentry.health.readiness.PATIENCE", 0.1)
    monkeypatch.setattr("jentry.health.readiness.SHARED_SECONDS", -1)


@pytest.mark.parametrize("held", [held_by_a_browser, held_by_a_suspended_command])
def test_while_another_holds_the_database_events_are_refused(client, sdk, database, held, hurried):
    assert send(sdk)[1].status == 200
    with held(database):
        answers = [send(sdk)[1] for _ in range(3)]
        ready = client.send("/readyz", method="GET")
    assert [(a.status, int(a.headers["retry-after"]) > 0) for a in answers] == [(503, True)] * 3
    assert (ready.status, ready.body.decode()[:24]) == (503, "Events cannot be stored:")
    assert send(sdk)[1].status == 200
    assert client.send("/readyz", method="GET").status == 200


def test_all_that_waits_is_refused_at_once(client, database, hurried):
    assert send(Sdk(client))[1].status == 200
    statuses = []

    def work():
        statuses.append(send(Sdk(client))[1].status)

    threads = [threading.Thread(target=work) for _ in range(8)]
    with held_by_a_browser(database):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert statuses == [503] * 8


def test_a_transaction_does_not_end_well_in_a_file_that_is_gone(database, db):
    def write():
        with connection.transaction(db):
            db.execute("UPDATE instance SET is_demo = 1")
            remove(database)

    with pytest.raises(Replaced):
        write()
