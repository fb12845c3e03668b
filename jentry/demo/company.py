"""`seed/org.json` as objects. Times in it are days before now."""

import json
from dataclasses import dataclass
from typing import Any, Self

from jentry.resources import resource


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Project:
    slug: str
    name: str
    platform: str


@dataclass(frozen=True, slots=True)
class Release:
    project: str
    version: str
    days_ago: float
    ref: str
    commits: list[dict[str, Any]]  # as the API takes them
    deploys: list[str]  # environments, an hour apart


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did to an issue: a new status, or an assignee's email."""

    days_ago: float
    by: str
    status: str | None = None
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    envelope: str  # a file of seed/envelopes
    project: str
    events: int
    users: int  # distinct; 0: the events name none
    from_days: float
    to_days: float
    quiet: tuple[float, float] | None = None  # no event between these days
    vary: tuple[str, ...] = ()  # digits that differ from event to event
    environments: tuple[str, ...] = ("production",)
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Visits:
    """Sessions of a project: how many an hour at its busiest, and the share that goes wrong."""

    project: str
    an_hour: int
    errored: float
    crashed: float


@dataclass(frozen=True, slots=True)
class Company:
    name: str
    slug: str
    password: str
    people: list[Person]  # the first is the owner
    projects: list[Project]
    releases: list[Release]
    issues: list[Issue]
    visits: list[Visits]

    @classmethod
    def read(cls) -> Self:
        seed = json.loads((resource("seed") / "org.json").read_text("utf-8"))
        return cls(
            name=seed["organization"]["name"],
            slug=seed["organization"]["slug"],
            password=seed["password"],
            people=[Person(**item) for item in seed["users"]],
            projects=[Project(**item) for item in seed["projects"]],
            releases=[Release(**item) for item in seed["releases"]],
            issues=[_issue(item) for item in seed["issues"]],
            visits=[Visits(**item) for item in seed["sessions"]],
        )

    def release_at(self, project: str, days_ago: float) -> Release | None:
        """The newest release of a project at that time."""
        found = [r for r in self.releases if r.project == project and r.days_ago >= days_ago]
        return min(found, key=lambda release: release.days_ago, default=None)


def _issue(item: dict[str, Any]) -> Issue:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in item.items()
    }
    values["changes"] = tuple(Change(**change) for change in item.get("changes", []))
    return Issue(**values)
