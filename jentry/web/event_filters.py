"""Filters of the events of an issue, from an address and into one, with the names of the API."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import request

from jentry.app.address import local
from jentry.schemas.base import load_leniently
from jentry.schemas.events import QUERY
from jentry.schemas.paging import cursor_after
from jentry.store.event_filter import Wanted
from jentry.store.paging import Key

A_PAGE = 50
OWN = ("environment", "release")  # parameters of their own; all other names are tags'


@dataclass(frozen=True)
class EventFilters:
    """What the address asks for; `wrong` are the parameters that say nothing."""

    wanted: Wanted
    wrong: list[str]
    path: str

    def href(self, **changes: Any) -> str:
        """The same list with something changed, from its first page."""
        wanted = replace(self.wanted, after=None, **changes)
        named = [(name if name in OWN else f"tag[{name}]", held) for name, held in wanted.traits]
        return f"{self.path}?{urlencode(named)}" if named else self.path

    def following(self, last: Key) -> str:
        """The page after that event."""
        href = self.href()
        cursor = urlencode({"cursor": cursor_after("events", last)})
        return f"{href}{'&' if '?' in href else '?'}{cursor}"

    def with_trait(self, name: str, held: str) -> str:
        if name in OWN:
            return self.href(**{name: held})
        return self.href(tags=(*self._others(name), (name, held)))

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """Name, value and the address without it."""
        return [
            (name, held, self.href(**{name: ""} if name in OWN else {"tags": self._others(name)}))
            for name, held in self.wanted.traits
        ]

    def cleared(self) -> str:
        return self.path

    def _others(self, name: str) -> tuple[tuple[str, str], ...]:
        return tuple(pair for pair in self.wanted.tags if pair[0] != name)


def read() -> EventFilters:
    """Those of the request. What is wrong is left out, what is unknown is not looked at."""
    given = {name: held for name, held in request.args.items() if held and name != "page"}
    wanted, wrong = load_leniently(QUERY, {"limit": str(A_PAGE)} | given)
    return EventFilters(wanted, wrong, local(request.path))


def added() -> tuple[str, str] | None:
    """What the form adds, `browser=Firefox`; None when it says nothing of the kind."""
    name, _, held = (part.strip() for part in request.args.get("add", "").partition("="))
    return (name, held) if name and held else None
