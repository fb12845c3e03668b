"""What is older than it is kept goes: events by the days, rows of other tables by their rules.

A clock that jumps ahead must not make everything old: then both jobs wait for a day.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TypeVar

from jentry import clock
from jentry.store import deletion_steps, eviction, folding, retention, scopes, unused
from jentry.store.retention import Rule, Scope
from jentry.upkeep.job import Work

LEAST_HOURS = timedelta(days=30)  # for which hours stay hours: whether an issue escalates

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
        fold(work)


def run_weekly(work: Work) -> None:
    """Tags that no issue has any more; at least what issues have left since the last time. And
    releases beyond the cap.
    """
    for after in range(0, unused.last_tag(work.reading()), unused.WINDOW):
        for chunk in parts(unused.tags(work.reading(), after), unused.CHUNK):
            with work.writing() as (db, _):
                unused.delete_tags(db, chunk)
    _releases(work)


def _releases(work: Work) -> None:
    """Only where there are too many, as after a stranger has made some up."""
    most, days = work.settings.max_releases, work.settings.retention_days
    if not most or not work.trusts_clock:
        return
    cut = retention.before(clock.now(), days)
    for project_id, surplus in unused.release_surplus(work.reading(), most):
        for chunk in parts(unused.releases(work.reading(), project_id, cut, surplus), unused.CHUNK):
            with work.writing() as (db, _):
                unused.delete_releases(db, chunk, cut)


def run_events(work: Work) -> None:
    _events(work, is_whole=True)


def run_rows(work: Work) -> None:
    for rule in retention.RULES:
        _rows(work, rule)
    if work.settings.audit_days:
        _rows(work, retention.AUDIT_LOG, work.settings.audit_days)
    if work.settings.issue_days:
        _issues(work, retention.before(clock.now(), work.settings.issue_days))
    for monitor_id, newest in retention.surplus_check_ins(work.reading()):
        _until_none(work, monitor_id, newest)
    with work.writing() as (db, _):
        retention.delete_condition_users(db, clock.now())


def fold(work: Work) -> None:
    """Hours older than the days of the instance."""
    kept = max(timedelta(days=work.settings.retention_days), LEAST_HOURS)
    before = clock.timestamp(clock.now() - kept)[: folding.DAY]
    for folded in folding.TABLES:
        for after in range(0, folding.last_parent(work.reading(), folded), folding.PARENTS):
            hours = folding.hours(work.reading(), folded, after, before)
            for chunk in parts(hours, folding.CHUNK):
                with work.writing() as (db, _):
                    folding.fold(db, folded, chunk)


def delete(work: Work, victims: Sequence[eviction.Victim], reason: str) -> int:
    """Events in chunks: the number of those that went, or would go."""
    if work.is_dry:
        work.gone[reason] += len(victims)
        return len(victims)
    done = 0
    for chunk in parts(victims, eviction.CHUNK):
        about = scopes.of_issues(work.reading(), {issue_id for issue_id, _ in chunk})
        with work.writing(about) as (db, at):
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


def _issues(work: Work, cut: str) -> None:
    """Issues that nobody has seen, with what was counted of them, step by step."""
    after = 0
    while found := unused.issues(work.reading(), cut, after):
        for org_id, issue_id in found:
            is_gone, about = False, scopes.of_issues(work.reading(), [issue_id])
            while not is_gone:
                with work.writing(about) as (db, at):
                    is_gone = not unused.is_left(db, org_id, issue_id, cut)
                    is_gone = is_gone or deletion_steps.step_of_issue(db, org_id, issue_id, at)
            after = issue_id


def _until_none(work: Work, monitor_id: int, newest: int) -> None:
    while True:
        with work.writing() as (db, _):
            if retention.delete_check_ins(db, monitor_id, newest) < retention.CHUNK:
                return
