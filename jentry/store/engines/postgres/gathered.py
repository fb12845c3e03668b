"""What a transaction asks beforehand, and what it writes when nobody waits for the answers.

A round trip costs more than what it asks for: look-ups go together, and so do writes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import RawCursor

from jentry.store.engines.postgres.many import Many, kinds_of, many, question, table_of, with_id
from jentry.store.engines.postgres.statements import Row, row_class, translated, values

COLUMNS = b"""
    SELECT c.relname, a.attname, t.typname
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
"""
REFERENCES = b"""
    SELECT DISTINCT r.relname, o.relname
    FROM pg_constraint k
    JOIN pg_class r ON r.oid = k.conrelid
    JOIN pg_class o ON o.oid = k.confrelid
    WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
      AND r.relnamespace = current_schema()::regnamespace
"""
IDS = b"SELECT nextval($1::text::regclass) FROM generate_series(1, $2)"

Key = tuple[Any, ...]
Question = tuple[str, Collection[Key]]
Write = tuple[str, Sequence[Sequence[Any]]]


@dataclass
class Schema:
    """What every connection to a database has to know of it, asked for once."""

    tables: dict[str, dict[str, str]]  # types of columns
    ranks: dict[str, int]  # tables that refer to others come after them
    many: dict[str, Many | None] = field(default_factory=dict)  # by statement


_schemas: dict[str, Schema] = {}  # by address, without its password


def forget_schemas() -> None:
    """One has changed."""
    _schemas.clear()


class Gathered:
    """Of one connection; empty between transactions."""

    def __init__(self, own: psycopg.Connection[Any]) -> None:
        self.own = own
        self._rows: dict[str, list[Any]] = {}  # by statement
        self._answers: dict[str, dict[Key, list[Any]]] = {}
        self._ids: dict[str, list[int]] = {}
        self._asked: dict[str, int] = {}  # how many ids of a table

    def forget(self) -> None:
        self._rows.clear()
        self._answers.clear()
        self._ids.clear()
        self._asked.clear()

    # Look-ups ------------------------------------------------------------------------------------

    def ask(self, questions: Iterable[Question], new: Mapping[str, int]) -> None:
        """All of them at once; `new`: how many ids of a table will be needed."""
        asked = [(sql, list(keys)) for sql, keys in questions if keys]
        if not (asked or new):
            return
        self.send()
        with self.own.pipeline():
            found = [self._question(sql, keys) for sql, keys in asked]
            ids = {table: self._ask_ids(table, number) for table, number in new.items() if number}
        for (sql, keys), cursor in zip(asked, found, strict=True):
            answers = self._answers.setdefault(sql, {})
            answers.update((key, []) for key in keys)
            columns = tuple(column.name for column in cursor.description or ())
            if len(keys) == 1:
                made = row_class(columns)
                answers[keys[0]] += [made(row) for row in cursor.fetchall()]
            else:
                made = row_class(columns[1:])
                for row in cursor.fetchall():
                    answers[keys[row[0] - 1]].append(made(row[1:]))
        for table, cursor in ids.items():
            self._take_ids(table, cursor)

    def answer(self, sql: str, key: Key) -> list[Row] | None:
        """None: it was not asked."""
        answers = self._answers.get(sql)
        return None if answers is None else answers.get(key)

    def _question(self, sql: str, keys: list[Key]) -> RawCursor[Any]:
        if len(keys) == 1:
            return self._run(translated(sql)[0], keys[0])
        kinds = kinds_of(keys[0])
        columns = zip(*keys, strict=True)
        arrays = [kind(column) for kind, column in zip(kinds, columns, strict=True)]
        return self._run(question(sql, kinds), arrays)

    # Writes --------------------------------------------------------------------------------------

    def add(self, sql: str, row: Sequence[Any]) -> int:
        """An id that is taken already; the row is sent with the others."""
        table, given = with_id(sql)
        if not self._ids.get(table):
            number = self._asked[table] = min(2 * self._asked.get(table, 0) or 1, 256)
            self._take_ids(table, self._ask_ids(table, number))
        row_id = self._ids[table].pop()
        self._rows.setdefault(given, []).append((row_id, *row))
        return row_id

    def put(self, sql: str, rows: Sequence[Any]) -> None:
        if rows:
            self._rows.setdefault(sql, []).extend(rows)

    def send(self, *last: str) -> None:
        """What was gathered, and then `last`, in one round trip."""
        if self._rows or len(last) > 1:
            schema = self._schema()
            with self.own.pipeline():
                self._send(schema)
                for text in last:
                    self.own.execute(text.encode(), prepare=False)
        elif last:
            self.own.execute(last[0].encode(), prepare=False)

    def changed(self, writes: Sequence[Write]) -> list[list[bool]]:
        """Of each row whether it changed anything. What was gathered goes before."""
        schema = self._schema()
        with self.own.pipeline():
            self._send(schema)
            sent = [self._change(schema, sql, rows) for sql, rows in writes]
        return [
            _which(rows, found, cursors)
            for (_, rows), (found, cursors) in zip(writes, sent, strict=True)
        ]

    def _change(
        self, schema: Schema, sql: str, rows: Sequence[Any]
    ) -> tuple[Many | None, list[RawCursor[Any]]]:
        found = _as_many(schema, sql, rows)
        if found is None:
            return None, list(self._one_by_one(sql, rows))
        return found, [self._run(found.text + found.returning, found.arrays(rows))]

    def _send(self, schema: Schema) -> None:
        """Rows of a table after those that they refer to."""
        gathered, self._rows = self._rows, {}
        for sql, rows in sorted(gathered.items(), key=lambda item: _rank(schema, item[0])):
            found = _as_many(schema, sql, rows)
            if found is None:
                for _ in self._one_by_one(sql, rows):
                    pass
            else:
                self._run(found.text, found.arrays(rows))

    def _one_by_one(self, sql: str, rows: Iterable[Any]) -> Iterator[RawCursor[Any]]:
        text, names = translated(sql)
        for row in rows:
            yield self._run(text, values(names, row))

    def _run(self, text: str, parameters: Sequence[Any]) -> RawCursor[Any]:
        return RawCursor(self.own).execute(text.encode(), parameters)

    def _ask_ids(self, table: str, number: int) -> RawCursor[Any]:
        return self._run(IDS.decode(), (f"{table}_id_seq", number))

    def _take_ids(self, table: str, cursor: RawCursor[Any]) -> None:
        self._ids.setdefault(table, []).extend(sorted((row[0] for row in cursor), reverse=True))

    def _schema(self) -> Schema:
        known = _schemas.get(self.own.info.dsn)
        if known is None:
            tables: dict[str, dict[str, str]] = {}
            for table, column, kind in self.own.execute(COLUMNS).fetchall():
                tables.setdefault(table, {})[column] = kind
            known = Schema(tables, _ranks(tables, self.own.execute(REFERENCES).fetchall()))
            _schemas[self.own.info.dsn] = known
        return known


def _ranks(tables: Iterable[str], references: Iterable[tuple[str, str]]) -> dict[str, int]:
    """`references`: tables and others that they refer to."""
    ranks = dict.fromkeys(tables, 0)
    is_changed = True
    while is_changed:
        is_changed = False
        for table, other in references:
            if ranks[table] <= ranks[other]:
                ranks[table], is_changed = ranks[other] + 1, True
    return ranks


def _rank(schema: Schema, sql: str) -> int:
    table = table_of(sql)
    return len(schema.ranks) if table is None else schema.ranks.get(table, 0)


def _as_many(schema: Schema, sql: str, rows: Sequence[Any]) -> Many | None:
    if len(rows) < 2:
        return None
    if sql not in schema.many:
        schema.many[sql] = many(sql, schema.tables)
    found = schema.many[sql]
    return None if found is None or found.has_twins(rows) else found


def _which(rows: Sequence[Any], found: Many | None, cursors: list[RawCursor[Any]]) -> list[bool]:
    if found is None:
        return [cursor.rowcount > 0 for cursor in cursors]
    told = {tuple(row) for row in cursors[0].fetchall()}
    if found.is_numbered:
        return [(number,) in told for number in range(1, len(rows) + 1)]
    return [found.key_of(row) in told for row in rows]
