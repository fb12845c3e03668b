"""A change of very many issues in steps, each a transaction: events wait for one step at the most.

A step is complete: what it changes is audited, and the operation counts it and can undo it. When
something comes between two of them, the operation says how many issues it has changed, and the
rest is as it was.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, TypeVar

from jentry.errors import Unavailable
from jentry.store import operation_undo, operations
from jentry.store.audit import Actor
from jentry.store.bulk import Bulk
from jentry.store.connection import Connection
from jentry.store.merge_operations import MERGE
from jentry.store.operation_undo import ALL, Part
from jentry.store.operations import Course

ISSUES = 500  # in a step: some ten milliseconds

Writing = Callable[[], AbstractContextManager[tuple[Connection, str]]]
T = TypeVar("T")
Charge = Callable[[Connection, str, int], object]  # for so many changes


def perform(
    db: Connection,
    writing: Writing,
    actor: Actor,
    bulk: Bulk,
    at: str,
    charge: Charge = lambda *_: None,
) -> dict[str, Any]:
    """As `operations.perform`; `db` reads, and chooses at first. A merge is one step.

    Raises Unavailable when only some steps could be done.
    """
    ids: list[int] = []
    so_far: Course | None = None
    if MERGE not in bulk.change and (bulk.ids is None or len(bulk.ids) > ISSUES):
        ids, so_far = operations.course(db, actor, bulk, at)
    if so_far is None or len(ids) <= ISSUES:
        with writing() as (out, now):
            result = operations.perform(out, actor, bulk, now)
            charge(out, now, result["changed"])
        return result
    changed = 0
    for start in _in_turns(range(0, len(ids), ISSUES)):
        part = replace(bulk, expected=None, part=tuple(ids[start : start + ISSUES]))
        try:
            with writing() as (out, now):
                done = operations.perform(out, actor, part, now, so_far)
                charge(out, now, done["changed"])
        except Exception as error:
            if not changed:
                raise
            raise Unavailable(_left(so_far, len(ids) - start)) from error
        changed += done["changed"]
    return {**done, "matched": len(ids), "changed": changed}


def undo(
    db: Connection,
    writing: Writing,
    actor: Actor,
    operation_id: int,
    charge: Charge = lambda *_: None,
) -> dict[str, Any]:
    """As `operation_undo.undo`. What was interrupted goes on where it was when it is asked for
    again: then `restored` is that of all.
    """
    ids = operation_undo.issue_ids(db, actor, operation_id)
    parts = [
        Part(ids[start], ids[min(start + ISSUES, len(ids)) - 1], start + ISSUES >= len(ids))
        for start in range(0, len(ids), ISSUES)
    ]
    restored = 0
    for part in _in_turns(parts if len(parts) > 1 else [ALL]):
        with writing() as (out, now):
            done = operation_undo.undo(out, actor, operation_id, now, part)
            charge(out, now, done["restored"] - restored)
        restored = done["restored"]
    return done


def _in_turns(parts: Sequence[T]) -> Iterator[T]:
    """Between two of them others have their turn, for as long as the first took."""
    for number, part in enumerate(parts, 1):
        began = time.monotonic()
        yield part
        if number < len(parts):
            time.sleep(time.monotonic() - began)


def _left(so_far: Course, left: int) -> str:
    ids = ", ".join(map(str, sorted(so_far.operations.values())))
    return (
        f"{left} of {sum(so_far.matched.values())} issues were not changed; those that were can be "
        f"undone by operation {ids}. Ask again for the others."
    )
