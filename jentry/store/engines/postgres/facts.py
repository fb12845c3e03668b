"""What is worth knowing about a server of PostgreSQL."""

from dataclasses import dataclass

from jentry.store.engines.postgres.connection import Connection

DURABLE = ("fsync", "full_page_writes", "synchronous_commit")  # off loses what was committed


@dataclass(frozen=True, slots=True)
class Facts:
    version: str
    bytes: int  # of the database
    standbys: str  # that confirm each commit, as its setting says it
    is_off: tuple[str, ...]  # of DURABLE


def size(db: Connection) -> int:
    """Bytes of the database."""
    found: int = db.execute("SELECT pg_database_size(current_database())").fetchone()[0]  # type: ignore[index]
    return found


def facts(db: Connection) -> Facts:
    """Raises Unusable, Error."""
    version, standbys = db.execute(
        """
        SELECT current_setting('server_version'), current_setting('synchronous_standby_names')
        """
    ).fetchone()  # type: ignore[misc]
    is_off = [
        name
        for name in DURABLE
        if db.execute("SELECT current_setting(CAST(? AS text)) = 'off'", (name,)).fetchone()[0]  # type: ignore[index]
    ]
    return Facts(version.split()[0], size(db), standbys, tuple(is_off))
