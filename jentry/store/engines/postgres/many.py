"""The common SQL of one row, made a statement of any number of rows: one plan, one round trip."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jentry.store.engines.postgres.arrays import OF_TYPES, OF_VALUES, Array
from jentry.store.engines.postgres.statements import translated

INSERT = re.compile(
    r"\s*INSERT INTO (?P<table>\w+)\s*\((?P<columns>[^()]*)\)\s*VALUES\s*\([?,\s]*\)(?P<tail>[^?]*)"
)
NEW = re.compile(
    r"\s*INSERT INTO (\w+)\s*\(([^()]*)\)\s*VALUES\s*\(([^()]*)\)(.*)RETURNING id\s*", re.S
)
CONFLICT = re.compile(r"ON CONFLICT \(([^()]*)\)")
UPDATE = re.compile(r"\s*UPDATE (?P<table>\w+)\s+SET\s(?P<set>.*)\sWHERE\s(?P<where>.*)", re.S)
DELETE = re.compile(r"\s*DELETE FROM (?P<table>\w+)\s+WHERE\s(?P<where>.*)", re.S)
ASSIGNED = re.compile(r"\b(\w+)\s*=\s*(?:(?:\w+\.)?\w+\s*\+\s*)?(\?)")

Types = Mapping[str, str]  # of columns, by name
Values = Sequence[object]


@dataclass(frozen=True, slots=True)
class Many:
    """A statement that takes an array for each of its places."""

    text: str
    returning: str  # to be put behind it: which rows it changed
    kinds: tuple[type[Array], ...]
    key: tuple[int, ...]  # places of what tells rows apart; no row may be there twice
    is_numbered: bool  # it returns the row's number, from 1; else what stands at `key`

    def arrays(self, rows: Sequence[Values]) -> list[Array]:
        return [
            kind(values) for kind, values in zip(self.kinds, zip(*rows, strict=True), strict=True)
        ]

    def has_twins(self, rows: Sequence[Values]) -> bool:
        return bool(self.key) and len({self.key_of(row) for row in rows}) < len(rows)

    def key_of(self, row: Values) -> tuple[object, ...]:
        return tuple(row[place] for place in self.key)


def table_of(sql: str) -> str | None:
    """Of an INSERT."""
    found = INSERT.match(sql)
    return found["table"] if found else None


@lru_cache(256)
def with_id(sql: str) -> tuple[str, str]:
    """The table of an `INSERT … RETURNING id`, and the statement that is given the id instead."""
    found = NEW.fullmatch(sql)
    if found is None:
        raise AssertionError(f"no INSERT … RETURNING id: {sql}")
    table, columns, places, tail = found.groups()
    return table, f"INSERT INTO {table} (id, {columns}) VALUES (?, {places}) {tail}"


def many(sql: str, tables: Mapping[str, Types]) -> Many | None:
    """None for a statement of another form."""
    if (found := INSERT.fullmatch(sql)) is not None:
        return _inserted(found, tables)
    if "SELECT" in sql:
        return None
    if (found := UPDATE.fullmatch(sql)) is not None:
        start, tail = f"UPDATE {found['table']} SET {found['set']} FROM", found["where"]
    elif (found := DELETE.fullmatch(sql)) is not None:
        start, tail = f"DELETE FROM {found['table']} USING", found["where"]
    else:
        return None
    return _matched(found["table"], start, tail, tables)


def _inserted(found: re.Match[str], tables: Mapping[str, Types]) -> Many | None:
    columns = [name.strip() for name in found["columns"].split(",")]
    kinds = _kinds(tables[found["table"]], columns)
    conflict = CONFLICT.search(found["tail"])
    unique = [name.strip() for name in conflict[1].split(",")] if conflict else []
    if kinds is None or not set(unique) <= set(columns):
        return None
    return Many(
        f"INSERT INTO {found['table']} ({', '.join(columns)}) "
        f"SELECT * FROM {_unnested(kinds)} {found['tail']}",
        f" RETURNING {', '.join(unique)}",
        kinds,
        tuple(columns.index(name) for name in unique),
        is_numbered=False,
    )


def _matched(table: str, start: str, condition: str, tables: Mapping[str, Types]) -> Many | None:
    """What changes or deletes the rows that are there already."""
    columns: list[str] = []

    def numbered(part: re.Match[str]) -> str:
        columns.append(part[1])
        return f"{part[0].removesuffix('?')}given.p{len(columns)}"

    places = start.count("?") + condition.count("?")
    start = ASSIGNED.sub(numbered, start)
    before = len(columns)
    condition = ASSIGNED.sub(numbered, condition)
    kinds = _kinds(tables[table], columns)
    if kinds is None or len(columns) != places:
        return None
    names = ", ".join(f"p{number + 1}" for number in range(places))
    return Many(
        f"{start} {_unnested(kinds)} WITH ORDINALITY AS given({names}, n) WHERE {condition}",
        " RETURNING given.n",
        kinds,
        tuple(range(before, places)),
        is_numbered=True,
    )


@lru_cache(256)
def question(sql: str, kinds: tuple[type[Array], ...]) -> str:
    """A look-up by many keys: the key's number, from 1, and then the row."""
    text, _ = translated(sql, "asked.p")
    names = ", ".join(f"p{number + 1}" for number in range(len(kinds)))
    return (
        f"SELECT asked.n, found.* FROM {_unnested(kinds)} WITH ORDINALITY AS asked({names}, n) "
        f"CROSS JOIN LATERAL ({text}) found"
    )


def kinds_of(key: Values) -> tuple[type[Array], ...]:
    return tuple(OF_VALUES[type(value)] for value in key)


def _kinds(types: Types, columns: Iterable[str]) -> tuple[type[Array], ...] | None:
    found = [OF_TYPES.get(types.get(name, "")) for name in columns]
    kinds = tuple(kind for kind in found if kind is not None)
    return kinds if len(kinds) == len(found) else None


def _unnested(kinds: tuple[type[Array], ...]) -> str:
    casts = (f"${number}::{kind.name}[]" for number, kind in enumerate(kinds, 1))
    return f"unnest({', '.join(casts)})"
