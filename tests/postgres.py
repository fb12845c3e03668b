"""A database of PostgreSQL for the tests, on the server that TEST_POSTGRES names.

It is an address of an administrator's, such as postgresql://postgres@localhost/postgres.
"""

import os
import uuid
from contextlib import contextmanager
from functools import cache

import pytest
import refusals

from jentry.app import db
from jentry.store import migrations

FIXED = ("instance", "schema_version")


def _administrator():
    address = os.environ.get("TEST_POSTGRES")
    if address is None:
        pytest.skip("TEST_POSTGRES names no server")
    return address


def _connected(address):
    psycopg = pytest.importorskip("psycopg")
    return psycopg.connect(address, autocommit=True)


def execute(address, sql):
    """As the administrator; None: in the administrator's own database."""
    with _connected(address or _administrator()) as own:
        own.execute(sql)


@contextmanager
def database(fill=migrations.prepare, template=None):
    """The address of a new one, with our tables unless told otherwise; dropped at the end.

    `template`: the address of one that nobody uses, whose copy it is.
    """
    server, name = _administrator(), f"jentry_{uuid.uuid4().hex}"
    psycopg = pytest.importorskip("psycopg")
    known = psycopg.conninfo.conninfo_to_dict(template)["dbname"] if template else "template0"
    with _connected(server) as own:
        own.execute(f"CREATE DATABASE {name} TEMPLATE {known}")
    parts = psycopg.conninfo.conninfo_to_dict(server) | {"dbname": name}
    host = parts.pop("host", "localhost")
    address = f"postgresql://{parts.pop('user')}@/{parts.pop('dbname')}?host={host}"
    address += "".join(f"&{key}={value}" for key, value in parts.items())
    try:
        fill(address)
        yield address
    finally:
        forget()
        with _connected(server) as own:
            own.execute(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def _emptying(address):
    """One statement that empties what has rows: to truncate all tables takes ten times as long."""
    with _connected(address) as own:
        rows = own.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL(%s)",
            [list(FIXED)],
        ).fetchall()
        sequences = own.execute(
            "SELECT sequencename, start_value FROM pg_sequences WHERE schemaname = 'public'"
        ).fetchall()
        kept = own.execute("SELECT row_to_json(instance)::text FROM instance").fetchone()[0]
    texts = [f"DELETE FROM {name}" for (name,) in rows]
    # To restart one makes a new file for it, which takes three times as long.
    begun = ", ".join(f"setval('{name}', {start}, false)" for name, start in sequences)
    texts += [f"SELECT {begun}"]
    texts += ["DELETE FROM instance"]
    return "; ".join(texts), kept


def forget():
    """What is kept for the next request knows the rows of the last test."""
    while db._spares._kept:
        db._spares._kept.pop()[0].close()


def empty(address):
    """As it was when it was made."""
    forget()
    text, kept = _emptying(address)
    with _connected(address) as own, own.transaction():
        own.execute(f"DROP FUNCTION IF EXISTS {refusals.NAME} CASCADE")
        own.execute("SET LOCAL session_replication_role = replica")
        own.execute(text)
        own.execute(
            "INSERT INTO instance SELECT * FROM json_populate_record(NULL::instance, %s)", [kept]
        )
