"""Which engine it is: SQLite is always there, the driver of another one only for who uses it."""

import sys
from importlib import import_module
from typing import Any

from jentry.store.engines import sqlite
from jentry.store.engines.errors import Unusable

POSTGRES = f"{__package__}.postgres"
NO_DRIVER = "its driver is not installed: pip install 'jentry-server[postgres]'"


def driver() -> Any:
    """Its driver is an extra, and is only there for those who use it. Raises Unusable."""
    try:
        return import_module(POSTGRES)
    except ModuleNotFoundError as error:
        raise Unusable(NO_DRIVER) from error


def raised() -> tuple[type[Exception], ...]:
    """What the drivers raise that are in use."""
    loaded = sys.modules.get(POSTGRES)
    return (sqlite.Error, loaded.Error) if loaded else (sqlite.Error,)


def reason(error: BaseException) -> str | None:
    """As `trouble.reason`, of what a driver raises."""
    if isinstance(error, sqlite.Error):
        return sqlite.reason(error)
    return driver().reason(error) if isinstance(error, raised()) else None
