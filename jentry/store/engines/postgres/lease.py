"""Which process looks after the database: a row that its holder renews, by the server's clock.

Whoever asks for it also ends writers that have stood still in a transaction: half-way through what
is sent at once PostgreSQL does not do so itself, however long its limit for idle ones is over.
"""

import json
import secrets
import time
from contextlib import suppress
from typing import Any

import psycopg

from jentry.store.engines.errors import SILENT, Unusable
from jentry.store.engines.postgres.connection import WRITERS, WRITES_IDLE, Connection, connect

RENEWED = 5.0  # seconds between two looks at it
LOST = 15  # seconds without, and another may take it
TABLE = """
CREATE TABLE upkeep (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    holder TEXT NOT NULL,
    until TIMESTAMPTZ NOT NULL,
    jobs TEXT NOT NULL
)
"""
TAKE = f"""
    INSERT INTO upkeep (id, holder, until, jobs)
    VALUES (1, ?, now() + interval '{LOST} seconds', '{{}}')
    ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE upkeep.holder = excluded.holder OR upkeep.until < now()
    RETURNING id
"""
STOPPED = f"""
    SELECT pg_terminate_backend(pid)
    FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name = 'jentry'
      AND wait_event = 'ClientRead'
      AND state_change < clock_timestamp() - interval '{WRITES_IDLE} seconds'
      AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = {WRITERS})
"""


class Lease:
    """For the process that wants to look after the database."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._holder = secrets.token_hex(8)
        self._db: Connection | None = None
        self._asked = -RENEWED
        self._is_held = False

    def take(self) -> bool:
        """Whether this process has it now. Raises Unusable when nobody can say."""
        now = time.monotonic()
        if now - self._asked >= RENEWED:
            self._asked, self._is_held = now, False
            self._run(STOPPED, ())
            self._is_held = self._run(TAKE, (self._holder,)).fetchone() is not None
        return self._is_held

    def write(self, jobs: dict[str, Any]) -> None:
        """How the jobs went. It is written again after the next of them."""
        sql = "UPDATE upkeep SET jobs = ? WHERE id = 1 AND holder = ?"
        with suppress(Unusable):
            self._run(sql, (json.dumps({"jobs": jobs}), self._holder))

    def close(self) -> None:
        """The next one need not wait."""
        with suppress(Unusable):
            self._run("UPDATE upkeep SET until = now() WHERE holder = ?", (self._holder,))
        if self._db is not None:
            self._db.close()
            self._db = None

    def _run(self, sql: str, parameters: tuple[Any, ...]) -> Any:
        if self._db is None or not self._db.is_in_place():
            self._db = connect(self._address, write=True)
        try:
            return self._db.execute(sql, parameters)
        except psycopg.Error as error:
            self._db.close()
            raise Unusable(SILENT) from error


def jobs(address: str) -> str:
    """As the holder wrote them; empty when none ever has. Raises Unusable."""
    return _row(address, "SELECT jobs FROM upkeep") or ""


def is_held(address: str) -> bool:
    """Raises Unusable."""
    return bool(_row(address, "SELECT until > now() FROM upkeep"))


def _row(address: str, sql: str) -> Any:
    db = connect(address)
    try:
        row = db.execute(sql).fetchone()
    except psycopg.Error as error:
        raise Unusable(SILENT) from error
    finally:
        db.close()
    return row[0] if row else None
