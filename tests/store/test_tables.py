"""The list of all tables agrees with the schema: a new table must say what becomes of its rows."""

import dataclasses

import pytest

from jentry.store.tables import TABLES

pytestmark = pytest.mark.sqlite(reason="it reads SQLite's schema")


def test_every_table_is_listed_in_the_order_of_the_schema(db):
    rows = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rootpage")
    assert list(TABLES) == [row["name"] for row in rows if row["name"] != "sqlite_sequence"]


@pytest.mark.parametrize("name", TABLES)
def test_rows_go_with_the_rows_that_are_listed(db, name):
    references = db.execute(f"PRAGMA foreign_key_list({name})").fetchall()
    cascades = {row["table"] for row in references if row["on_delete"] == "CASCADE"}
    assert set(TABLES[name].deletion) == cascades


@pytest.mark.parametrize("name", TABLES)
def test_every_kind_of_upkeep_is_answered(name):
    phrases = dataclasses.astuple(TABLES[name])
    assert all(phrase or phrase == () for phrase in phrases)
