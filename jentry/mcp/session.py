"""Who asks, and what an answer is made of."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from jentry.errors import NotFound
from jentry.store import issues, lookup
from jentry.store.audit import Actor
from jentry.store.connection import Connection

Writing = Callable[[], AbstractContextManager[tuple[Connection, str]]]


@dataclass(frozen=True)
class Session:
    """Of one request. `actor.project_id`: everything is confined to that project."""

    actor: Actor
    scopes: frozenset[str]
    may_write: bool
    db: Connection
    writing: Writing
    at: str
    base: str  # address of the server

    def issue(self, name: str) -> dict[str, Any]:
        """As `store/issues.get` has it. Raises NotFound."""
        number = lookup.issue_id(self.db, self.actor, name)
        if number is None:
            raise NotFound("There is no such issue.")
        found = issues.get(self.db, self.actor, number, self.at)
        if self.actor.project_id not in (None, found["project_id"]):
            raise NotFound("There is no such issue.")
        return found

    def project(self, name: str) -> dict[str, Any]:
        """By its slug or id. Raises NotFound."""
        return lookup.project(self.db, self.actor, name)


@dataclass(frozen=True)
class Answer:
    """`server` has nothing that an event brought, `reported` everything that did."""

    server: dict[str, Any]
    reported: Any = None
