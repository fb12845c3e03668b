"""Exceptions that only carry others: a TaskGroup's, an AggregateException, Promise.any's."""

import re
from collections.abc import Iterable
from typing import Any

from jentry.ingest.grouping.parts import text

Raised = dict[str, Any]

MEMBER_SOURCE = re.compile(r"(?:exceptions|errors|InnerExceptions)\[\d{1,6}\]$")


def group_ids(exceptions: Iterable[Raised]) -> set[int]:
    """`exception_id` of the groups among them.

    Some clients flag whatever has a cause: one is no group when all it has are causes.
    """
    flagged: set[Any] = set()
    with_members: set[int] = set()
    with_causes: set[int] = set()
    for exception in exceptions:
        mechanism = _mechanism(exception)
        parent = mechanism.get("parent_id")
        if mechanism.get("is_exception_group") is True:
            flagged.add(mechanism.get("exception_id"))
        if isinstance(parent, int) and (source := text(mechanism.get("source"))):
            (with_members if MEMBER_SOURCE.search(source) else with_causes).add(parent)
    plain = {i for i in flagged if i in with_causes and i not in with_members}
    return (with_members | flagged - plain) - {None}


def is_group(exception: Raised, groups: set[int]) -> bool:
    mechanism = _mechanism(exception)
    own = mechanism.get("exception_id")
    return own in groups if own is not None else mechanism.get("is_exception_group") is True


def leaves(exceptions: list[Raised]) -> list[Raised]:
    """What the group that was raised carries, the first member first; empty when none was raised.

    Causes of members are left out.
    """
    groups = group_ids(exceptions)
    if not exceptions or not is_group(exceptions[-1], groups):
        return []
    found = [e for e in exceptions if not is_group(e, groups)]
    members = [e for e in found if _mechanism(e).get("parent_id") in groups]
    return sorted(members or found[::-1], key=_number)


def _number(exception: Raised) -> int:
    number = _mechanism(exception).get("exception_id")
    return number if isinstance(number, int) else 0


def _mechanism(exception: Raised) -> dict[str, Any]:
    found = exception.get("mechanism")
    return found if isinstance(found, dict) else {}
