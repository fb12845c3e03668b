"""PostgreSQL takes every statement of the store, also those that no test runs on it."""

from contextlib import closing

import postgres
import pytest
from said import said
from test_sql_rules import ENGINE

from jentry.store import connection

pytest.importorskip("psycopg")

from jentry.store.engines.postgres.arrays import OF_TYPES
from jentry.store.engines.postgres.gathered import COLUMNS
from jentry.store.engines.postgres.many import many, question, with_id
from jentry.store.engines.postgres.statements import translated

LOOKED_UP = ("ask", "lookup", "lookups")
WRITTEN = ("changed", "put", "putmany")


@pytest.fixture(scope="module")
def db():
    with postgres.database() as address, closing(connection.connect(address, write=True)) as db:
        yield db


def calls():
    return [each for each in said() if not each.found.module.startswith(ENGINE)]


def test_nearly_every_statement_is_read():
    unknown = [each.found.place for each in calls() if not each.texts]
    assert len(unknown) < len(calls()) / 8, unknown


def prepared(db, text):
    """The types of its places. Raises Error."""
    db.own.execute(b"PREPARE tried AS " + text.encode())
    row = db.own.execute(
        """
        SELECT ARRAY(SELECT t.typname::text
                     FROM unnest(s.parameter_types) WITH ORDINALITY AS p(type, n)
                     JOIN pg_type t ON t.oid = p.type ORDER BY p.n)
        FROM pg_prepared_statements s WHERE s.name = 'tried'
        """
    ).fetchone()
    db.own.execute(b"DEALLOCATE tried")
    return row[0]


def forms(kind, text, types, tables):
    """The same for many rows, as a call of that kind may say it."""
    if kind in LOOKED_UP and types:
        yield question(text, tuple(OF_TYPES[name] for name in types))
    elif kind == "add":
        yield translated(with_id(text)[1])[0]
    elif kind in WRITTEN and (found := many(text, tables)) is not None:
        yield found.text + (found.returning if kind == "changed" else "")


def test_each_is_prepared(db):
    tables = {}
    for table, column, kind in db.own.execute(COLUMNS):
        tables.setdefault(table, {})[column] = kind
    refused = {}
    for each in calls():
        for text in each.texts:
            try:
                types = prepared(db, translated(text)[0])
                for form in forms(each.kind, text, types, tables):
                    prepared(db, form)
            except connection.errors() as error:
                refused[each.found.place] = f"{error}: {' '.join(text.split())}"
    assert refused == {}
