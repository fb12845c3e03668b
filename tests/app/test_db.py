"""The connection a thread keeps between two requests."""

import shutil

import pytest

from jentry import create_app
from jentry.app import db
from jentry.store.connection import connect


@pytest.fixture
def app(settings):
    return create_app(settings)


def read(app):
    """What a request reads, and by which connection."""
    with app.app_context():
        connection = db.reading()
        return connection, connection.execute("SELECT created_at FROM instance").fetchone()[0]


def test_a_connection_serves_the_next_request_too_and_sees_what_was_written(app, database):
    first, before = read(app)
    writer = connect(database, write=True)
    writer.execute("UPDATE instance SET created_at = 'later'")
    writer.close()
    second, after = read(app)
    assert first is second
    assert (before != after, after) == (True, "later")


@pytest.mark.sqlite(reason="it replaces the file")
def test_a_file_that_was_replaced_is_read_anew(app, database, template):
    first, _ = read(app)
    shutil.copy(template, f"{database}.new")
    shutil.move(f"{database}.new", database)
    second, _ = read(app)
    assert first is not second


def test_after_an_error_and_within_a_transaction_it_is_not_kept(app):
    used = []

    def fail():
        with app.app_context():
            used.append(db.reading())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert read(app)[0] is not used[0]
    with app.app_context():
        begun = db.reading()
        begun.execute("BEGIN")
    assert read(app)[0] is not begun
