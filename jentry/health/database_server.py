"""The server of PostgreSQL that holds everything, where it is not a file of SQLite."""

from collections.abc import Iterator
from contextlib import closing

from jentry.health.findings import Finding
from jentry.settings import Settings
from jentry.store import connection
from jentry.store.engines import drivers

MIB = 1024 * 1024


def database_server(settings: Settings) -> Iterator[Finding]:
    with closing(connection.connect(settings.db)) as db:
        found = drivers.driver().facts(db)
    fact = f"PostgreSQL {found.version}; the database takes {found.bytes / MIB:.1f} MiB."
    yield Finding("postgresql", "ok", fact)
    for name in found.is_off:
        sentence = f"{name} is off: a crash of the database server loses what was answered with 200"
        yield Finding("postgresql", "warning", sentence)
    if found.standbys:
        yield Finding("standbys", "ok", f"Standbys confirm each commit: {found.standbys}.")
    else:
        yield Finding("standbys", "ok", "No standby confirms commits.")
