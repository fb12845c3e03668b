"""The report: each check looks at one thing, and says what it found."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from jentry.health import address, alerts, backups, budget, database_server, machine
from jentry.health.findings import Finding, Report
from jentry.settings import Settings
from jentry.store import checks, connection, migrations, trouble

Check = Callable[[Settings], Iterable[Finding]]


def report(settings: Settings, *, whole: bool) -> Report:
    """What a person should know about this server; nothing is changed by looking.

    `whole` reads all of the database for damage, which takes 40 s for half a million events; else
    it takes milliseconds. Raises CannotOpen, Error or OSError when a `whole` look is not possible.
    """
    found: list[Finding] = []
    if whole:
        found += damage(settings.db)
    for check in CHECKS if isinstance(settings.db, Path) else CHECKS_OF_SERVER:
        try:
            found += check(settings)
        except connection.errors(migrations.CannotOpen, OSError) as error:
            found.append(Finding(check.__name__, "problem", f"{trouble.reason(error) or error}"))
    return Report.of(found)


def damage(path: connection.Target) -> Iterator[Finding]:
    problems = checks.problems_of(path)
    yield from (Finding("integrity", "problem", line) for line in problems)
    if not problems:
        yield Finding("integrity", "ok", "The database, its references and counters are sound.")


CHECKS: tuple[Check, ...] = (
    machine.disk,
    budget.budget,
    budget.jobs,
    machine.write_ahead_log,
    machine.filesystem,
    machine.permissions,
    machine.wall_clock,
    machine.served,
    machine.sqlite,
    address.address,
    backups.backups,
    backups.former_file,
    backups.litestream,
    alerts.alerts,
)
CHECKS_OF_SERVER: tuple[Check, ...] = (
    database_server.database_server,
    budget.jobs,
    machine.wall_clock,
    address.address,
    alerts.alerts,
)
