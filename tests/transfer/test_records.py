"""Whatever the schema has is exported, goes with something else, or is left out for a reason."""

import pytest

from jentry.store.tables import TABLES
from jentry.store.transfer.parts import LOADERS
from jentry.store.transfer.records import OMITTED, RECORDS, WITH

PARTS = [part for record in RECORDS for part in record.parts]
COLUMNS = {each.table: {column.name for column in each.columns} for each in (*RECORDS, *PARTS)}
OWNERS = {part.table: part.owner for part in PARTS}


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_in_an_export_or_says_why_not(table):
    is_named = table in COLUMNS or table in WITH
    is_left_out = TABLES[table].export.startswith("no:")
    assert is_named or is_left_out, TABLES[table].export
    assert not (table in COLUMNS and is_left_out)


@pytest.mark.parametrize("table", COLUMNS)
def test_every_column_is_in_its_line_or_says_why_not(db, table):
    row = db.execute(f"SELECT t.* FROM (SELECT 1) one LEFT JOIN {table} t ON 1 = 1").fetchone()
    found = {*row.keys()} - {"id"}
    omitted = {name.partition(".")[2] for name in OMITTED if name.startswith(f"{table}.")} - {"id"}
    words = {"key", "value"} if table == "issue_tags" else set()
    own = COLUMNS[table] - {"id"}
    assert (own - words) | omitted | {OWNERS.get(table, "")} - {""} == found
    assert own & omitted == set()


def test_every_kind_of_part_can_be_read():
    assert LOADERS.keys() == {part.table for part in PARTS}
