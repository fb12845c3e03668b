"""The common SQL as PostgreSQL's driver takes it, and its rows as the store reads them."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, ClassVar

from psycopg.adapt import AdaptersMap
from psycopg.types.bool import BoolLoader
from psycopg.types.numeric import Int8BinaryDumper, NumericLoader
from psycopg.types.string import StrDumperUnknown

from jentry.store.engines.postgres import arrays

TOKENS = re.compile(r"'(?:[^']|'')*'|--[^\n]*|::\w+|:(?P<name>[a-z_]\w*)|(?P<mark>\?)")
ORDERED_JOIN = re.compile(r"CROSS JOIN (\w+(?: (?:AS )?\w+)?)\s+ON\b")  # SQLite's hint of an order

Parameters = Sequence[Any] | Mapping[str, Any]


@lru_cache(2048)
def translated(sql: str, place: str = "$") -> tuple[str, tuple[str, ...]]:
    """`?` and `:name` become `$1`, with `place` before the number; and the names, in the order of
    their numbers.
    """
    names: dict[str, int] = {}
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        if found["mark"]:
            count += 1
            return f"{place}{count}"
        if found["name"]:
            return f"{place}{names.setdefault(found['name'], len(names) + 1)}"
        return found[0]

    return TOKENS.sub(number, ORDERED_JOIN.sub(r"JOIN \1 ON", sql)), tuple(names)


def values(names: tuple[str, ...], parameters: Parameters) -> Sequence[Any]:
    """What stands for `$1`, `$2`, …"""
    if isinstance(parameters, Mapping):
        return [parameters[name] for name in names]
    return parameters


class Row(tuple[Any, ...]):
    """Values by place and by name."""

    __slots__ = ()
    places: ClassVar[dict[str, int]] = {}

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.places[key] if isinstance(key, str) else key)

    def keys(self) -> list[str]:
        return list(self.places)


@cache
def row_class(names: tuple[str, ...]) -> type[Row]:
    return type("Row", (Row,), {"__slots__": (), "places": {n: i for i, n in enumerate(names)}})


class _BoolDumper(Int8BinaryDumper):
    """Booleans are 0 and 1 in every column."""

    def dump(self, obj: int) -> Any:
        return super().dump(int(obj))


class _BoolLoader(BoolLoader):
    def load(self, data: Any) -> Any:
        return int(super().load(data))


class _NumberLoader(NumericLoader):
    """The sum of whole numbers is one."""

    def load(self, data: Any) -> Any:
        found = super().load(data)
        return int(found) if found == found.to_integral_value() else float(found)


class _TextDumper(StrDumperUnknown):
    """Text takes the type of its place. A NUL, which no text holds, is one that matches nothing."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd"))


def register(found: AdaptersMap) -> None:
    """Every whole number is a bigint, so that a statement has one plan."""
    found.register_dumper(int, Int8BinaryDumper)
    found.register_dumper(bool, _BoolDumper)
    found.register_dumper(str, _TextDumper)
    arrays.register(found)
    found.register_loader("bool", _BoolLoader)
    found.register_loader("numeric", _NumberLoader)
