"""Stored events are grouped again, where somebody has asked for it: each is looked at, hashes are
led to their issues, events get their new hash. Moving them is the work of `splits.py`.
"""

from collections.abc import Callable

from jentry.fingerprints.hashing import seen
from jentry.store import regroup_ends, regroup_reading, regroup_steps, regroup_tasks
from jentry.store.regroup_reading import ROWS, Seen
from jentry.store.regroup_tasks import Task
from jentry.upkeep.job import Work


def run(work: Work) -> None:
    """From where they were; what waits for events that are moved goes on with the next run."""
    for task in regroup_tasks.tasks(work.reading()):
        while (now := _current(work, task)) is not None and STEPS[now.state](work, now):
            pass


def _current(work: Work, task: Task) -> Task | None:
    found = regroup_tasks.tasks(work.reading())
    return next((one for one in found if one.operation_id == task.operation_id), None)


def _read(work: Work, task: Task) -> bool:
    found: list[Seen] = []
    for events in regroup_reading.unread(work.reading(), task):
        found += [seen(event, task.rules) for event in events]
        work.check()
        if len(found) >= ROWS:
            with work.writing(task.scope) as (db, _):
                if not regroup_reading.note(db, task, found, is_all=False):
                    return True
            found = []
    with work.writing(task.scope) as (db, _):
        regroup_reading.note(db, task, found, is_all=True)
    return True


def _lead(work: Work, task: Task) -> bool:
    found = regroup_steps.plan(work.reading(), task)
    for start in range(0, len(found), regroup_steps.HASHES):
        with work.writing(task.scope) as (db, at):
            regroup_steps.lead(db, task, found[start : start + regroup_steps.HASHES], at)
    with work.writing(task.scope) as (db, _):
        regroup_steps.begin_moving(db, task)
    return True


def _move(work: Work, task: Task) -> bool:
    """False while events are on their way."""
    if rows := regroup_steps.next_rows(work.reading(), task):
        with work.writing(task.scope) as (db, _):
            regroup_steps.move(db, task, rows)
        return True
    if not regroup_tasks.is_settled(work.reading(), task):
        return False
    (_end if task.state == "moving" else _clear)(work, task)
    return True


def _end(work: Work, task: Task) -> None:
    found = regroup_ends.emptied(work.reading(), task)
    for start in range(0, len(found), regroup_ends.MERGED):
        with work.writing(task.scope) as (db, at):
            regroup_ends.merge(db, task, found[start : start + regroup_ends.MERGED], at)
    with work.writing(task.scope) as (db, at):
        regroup_ends.finish(db, task, at)


def _undo(work: Work, task: Task) -> bool:
    for merged in regroup_ends.merges(work.reading(), task):
        with work.writing(task.scope) as (db, at):
            regroup_ends.unmerge(db, task, merged, at)
    with work.writing(task.scope) as (db, _):
        regroup_ends.lead_back(db, task)
    return True


def _clear(work: Work, task: Task) -> None:
    for one in regroup_ends.made(work.reading(), task):
        with work.writing(task.scope) as (db, at):
            regroup_ends.clear(db, task, one, at)
    with work.writing(task.scope) as (db, at):
        regroup_ends.finish_undoing(db, task, at)


STEPS: dict[str, Callable[[Work, Task], bool]] = {
    "reading": _read, "leading": _lead, "moving": _move, "undoing": _undo, "returning": _move,
}  # fmt: skip
