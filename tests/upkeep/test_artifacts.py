"""Artifacts that go: given up, long unused, too many; and what stays meanwhile."""

from datetime import timedelta

import factories
import pytest
from bundles import ENTRY, bundle, sha1

from jentry import clock
from jentry.artifacts.assembly import Order, assemble
from jentry.settings import Settings
from jentry.store import connection, upload_chunks
from jentry.store.artifacts import Name
from jentry.store.audit import Actor
from jentry.upkeep import artifacts as job
from jentry.upkeep.job import Turn, Work

TABLES = ("artifact_bundles", "artifact_files", "artifact_projects", "file_contents")


def ago(**delta):
    return clock.timestamp(clock.now() - timedelta(**delta))


@pytest.fixture
def project(db):
    return factories.project(db, factories.org(db))


@pytest.fixture
def upload(db, database, project):
    actor = Actor(db.execute("SELECT org_id FROM projects").fetchone()[0], None, "cli")

    def upload(days=0, content=b"x", release=""):
        data = bundle({"a.js": (ENTRY, content)})
        name = bytes.fromhex(sha1(data))
        with connection.transaction(db) as at:
            upload_chunks.add(db, actor, name, len(data), upload_chunks.packed(data), at)
        assemble(database, Order(actor, Name(name, release, ""), (name,), (project,), 10**9))
        made = db.execute("SELECT max(id) FROM artifact_bundles").fetchone()[0]
        then = ago(days=days)
        db.execute("UPDATE artifact_bundles SET last_used_at = ? WHERE id = ?", (then, made))
        db.execute("UPDATE file_contents SET used_at = ? WHERE id = (SELECT content_id "
                   "FROM artifact_files WHERE bundle_id = ?)", (then, made))  # fmt: skip
        return made

    return upload


@pytest.fixture
def run(database):
    def run(**settings):
        work = Work(Settings(db=database, **settings), Turn())
        try:
            job.run(work)
        finally:
            work.close()

    return run


def kept(db):
    return [row["id"] for row in db.execute("SELECT id FROM artifact_bundles ORDER BY id")]


def test_what_was_not_used_for_long_goes_with_all_its_rows(db, upload, run):
    upload(days=91, content=b"old")
    new = upload(days=89, content=b"new")
    run(artifact_days=90)
    assert kept(db) == [new]
    counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]
    assert counts == [1, 1, 1, 1]


def test_what_was_used_least_recently_goes_first_when_there_is_too_much(db, upload, run):
    numbers = [upload(days=days, content=bytes(range(256)) * days) for days in (3, 9, 2)]
    stored = db.execute("SELECT sum(packed) FROM file_contents").fetchone()[0]
    run(artifact_bytes=stored - 1)
    assert kept(db) == [numbers[0], numbers[2]]


def test_nothing_goes_within_a_day(db, upload, run):
    number = upload(days=0)
    run(artifact_bytes=1)
    assert kept(db) == [number]


def test_a_content_stays_while_any_bundle_has_it(db, upload, run):
    upload(days=91, content=b"same", release="1")
    upload(days=3, content=b"same", release="2")
    run(artifact_days=90)
    assert db.execute("SELECT count(*) FROM file_payloads").fetchone()[0] == 1


def test_bundles_go_after_their_projects(db, upload, run, project):
    upload(days=2)
    db.execute("DELETE FROM artifact_projects")
    run()
    assert kept(db) == []


def test_chunks_that_were_given_up_go_after_a_day(db, project, run):
    actor = Actor(db.execute("SELECT org_id FROM projects").fetchone()[0], None, "cli")
    for number, at in enumerate((ago(hours=25), ago(hours=23))):
        data = bytes([number])
        upload_chunks.add(db, actor, bytes.fromhex(sha1(data)), 1, upload_chunks.packed(data), at)
    run()
    assert db.execute("SELECT count(*) FROM upload_chunks").fetchone()[0] == 1
