"""What is older than it is kept goes: events by the days, rows of other tables by their rules.

A clock that jumps ahead must not make everything old: then both jobs wait for a day.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from jentry import clock
from jentry.store import eviction, retention
from jentry.store.retention import Rule, Scope
from jentry.upkeep.job import Work

T = TypeVar("T")


def run(work: Work) -> None:
    """Events from the front of the table, as far as they are old."""
    if work.trusts_clock:
        _events(work, is_whole=False)


def run_daily(work: Work) -> None:
    """All tables. Imported events, and those of projects with fewer days, lie anywhere."""
    if work.trusts_clock:
        run_events(work)
        run_rows(work)


def run_events(work: Work) -> None:
    _events(work, is_whole=True)


def run_rows(work: Work) -> None:
    for rule in retention.RULES:
        _rows(work, rule)
    if work.settings.audit_days:
        _rows(work, retention.AUDIT_LOG, work.settings.audit_days)
    for monitor_id, newest in retention.surplus_check_ins(work.reading()):
        _until_none(work, monitor_id, newest)
    with work.writing() as (db, _):
        retention.delete_condition_users(db, clock.now())


def delete(work: Work, victims: Sequence[eviction.Victim], reason: str) -> int:
    """Events in chunks: the number of those that went, or would go."""
    if work.is_dry:
        work.gone[reason] += len(victims)
        return len(victims)
    done = 0
    for chunk in parts(victims, eviction.CHUNK):
        with work.writing() as (db, at):
            done += eviction.delete_events(db, chunk, reason, at)
    work.gone[reason] += done
    return done


def parts(found: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (found[start : start + size] for start in range(0, len(found), size))


def _scopes(work: Work) -> list[Scope]:
    own = retention.own_settings(work.reading(), "retention_days")
    return retention.scopes(clock.now(), work.settings.retention_days, own)


def _events(work: Work, *, is_whole: bool) -> None:
    for victims in retention.old_events(work.reading(), _scopes(work), is_whole=is_whole):
        delete(work, victims, "age")


def _rows(work: Work, rule: Rule, days: float | None = None) -> None:
    days = rule.days if days is None else days
    scopes = _scopes(work) if days is None else [Scope(retention.before(clock.now(), days))]
    for scope in scopes:
        after: tuple[object, ...] = ()
        while keys := retention.old_rows(work.reading(), rule, scope, after):
            for chunk in parts(keys, retention.CHUNK):
                with work.writing() as (db, _):
                    retention.delete_rows(db, rule, scope, chunk)
            after = keys[-1]


def _until_none(work: Work, monitor_id: int, newest: int) -> None:
    while True:
        with work.writing() as (db, _):
            if retention.delete_check_ins(db, monitor_id, newest) < retention.CHUNK:
                return
