"""Whether a rule fits what happened."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jentry.event_tags import indexed
from jentry.matching.folding import fold
from jentry.matching.globs import glob

NO_TAGS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Cause:
    """Of the event that caused it; what is missing is an empty text. `tags` are only asked for by
    rules that filter by them.
    """

    level: str | None = None
    environment: str | None = None
    release: str | None = None
    assignee_id: int | None = None
    tags: Callable[[], Mapping[str, str]] = lambda: NO_TAGS


@dataclass(frozen=True, slots=True)
class Rule:
    id: int
    org_id: int
    project_ids: frozenset[int] | None  # None: all
    conditions: tuple[Mapping[str, Any], ...]
    filter: Mapping[str, Any]
    throttle_seconds: int
    channel_ids: tuple[int, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any], is_silent: Callable[[str], bool]) -> "Rule":
        """`row` as `store/outbox.rules` has it; `is_silent` of the kinds of channels that cannot
        send anything.
        """
        projects = row["project_ids"]
        return cls(
            row["id"],
            row["org_id"],
            None if projects is None else frozenset(projects),
            tuple(row["conditions"]),
            row["filter"],
            row["throttle_seconds"],
            tuple(number for number, kind in row["channels"] if not is_silent(kind)),
        )

    def covers(self, org_id: int, project_id: int) -> bool:
        return self.org_id == org_id and (
            self.project_ids is None or project_id in self.project_ids
        )

    def of_kind(self, kind: str) -> list[Mapping[str, Any]]:
        return [condition for condition in self.conditions if condition["kind"] == kind]

    def fits(self, cause: Cause) -> bool:
        """Whether the cause passes all filters."""
        wanted = self.filter
        return (
            _is_one_of(wanted.get("levels"), cause.level)
            and _is_one_of(wanted.get("assignee_ids"), cause.assignee_id)
            and self.fits_environment(cause.environment)
            and fits_any(wanted.get("releases") or (), cause.release)
            and self._fits_tags(cause)
        )

    def fits_environment(self, name: str | None) -> bool:
        return fits_any(self.filter.get("environments") or (), name)

    def _fits_tags(self, cause: Cause) -> bool:
        wanted = self.filter.get("tags")
        if not wanted:
            return True
        tags = cause.tags()
        return all(fits_any(patterns, tags.get(key)) for key, patterns in wanted.items())


def tags_of(payload: dict[str, Any]) -> Mapping[str, str]:
    """Those that an event is found by."""
    return dict(indexed(payload)) if "tags" in payload else NO_TAGS


def key(condition: Mapping[str, Any]) -> str:
    """With its parameters: a throttle holds for this condition only."""
    more = [str(condition[name]) for name in sorted(condition) if name != "kind"]
    return ":".join([condition["kind"], *more])


def fits_any(patterns: Sequence[str], text: str | None) -> bool:
    """Whether one of them fits; `!` excludes, and of nothing but exclusions all else fits."""
    folded = fold(text or "")
    excluded = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    if any(glob(pattern).fits(folded) for pattern in excluded):
        return False
    included = [pattern for pattern in patterns if not pattern.startswith("!")]
    return not included or any(glob(pattern).fits(folded) for pattern in included)


def _is_one_of(wanted: Sequence[Any] | None, value: Any) -> bool:
    return not wanted or value in wanted
