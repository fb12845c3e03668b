"""Columns of many rows, as PostgreSQL takes them: arrays in its binary form."""

import struct
from collections.abc import Iterable
from typing import Any, ClassVar

from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format

HEADER = struct.Struct("!iiIii")  # dimensions, whether any is NULL, type, length, lower bound
LENGTH = struct.Struct("!i")
NULL = LENGTH.pack(-1)
BIGINT, DOUBLE = struct.Struct("!iq"), struct.Struct("!id")


def _bigint(value: Any) -> bytes:
    return BIGINT.pack(8, value)


def _double(value: Any) -> bytes:
    return DOUBLE.pack(8, value)


def _bytes(value: Any) -> bytes:
    return LENGTH.pack(len(value)) + value


def _text(value: Any) -> bytes:
    return _bytes(value.replace("\0", "\ufffd").encode())


class Array:
    """The values of one column."""

    __slots__ = ("values",)
    name: ClassVar[str]
    oid: ClassVar[int]
    element: ClassVar[int]
    one: ClassVar[Any]  # how a value is written

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = tuple(values)


class Bigints(Array):
    name, oid, element, one = "bigint", 1016, 20, staticmethod(_bigint)


class Texts(Array):
    name, oid, element, one = "text", 1009, 25, staticmethod(_text)


class Byteas(Array):
    name, oid, element, one = "bytea", 1001, 17, staticmethod(_bytes)


class Doubles(Array):
    name, oid, element, one = "double precision", 1022, 701, staticmethod(_double)


OF_TYPES: dict[str, type[Array]] = {
    "int8": Bigints, "text": Texts, "bytea": Byteas, "float8": Doubles,
}  # fmt: skip
OF_VALUES: dict[type, type[Array]] = {int: Bigints, str: Texts, bytes: Byteas, float: Doubles}


class _Dumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        values, one = obj.values, obj.one
        has_null = None in values
        parts = [NULL if value is None else one(value) for value in values]
        return b"".join((HEADER.pack(1, has_null, obj.element, len(values), 1), *parts))


def register(found: AdaptersMap) -> None:
    for kind in OF_TYPES.values():
        found.register_dumper(kind, type(kind.__name__, (_Dumper,), {"oid": kind.oid}))
