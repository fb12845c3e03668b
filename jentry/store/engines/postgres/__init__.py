"""PostgreSQL, by psycopg: imported only for an address such as postgresql://user@host/name."""

from jentry.store.engines.postgres import lease, rows
from jentry.store.engines.postgres.connection import Connection, Error, connect, reason
from jentry.store.engines.postgres.facts import facts, size
from jentry.store.engines.postgres.lease import Lease
from jentry.store.engines.postgres.schema import ordered_tables
from jentry.store.engines.postgres.upgrade import open_database, prepare, version_of

__all__ = [
    "Connection",
    "Error",
    "Lease",
    "connect",
    "facts",
    "lease",
    "open_database",
    "ordered_tables",
    "prepare",
    "reason",
    "rows",
    "size",
    "version_of",
]
