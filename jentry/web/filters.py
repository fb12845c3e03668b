"""The filters of a list of issues, from an address and into one: names and values are the API's."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from flask import request

from jentry.app.address import local
from jentry.presentation.charts import SPANS
from jentry.schemas.base import load_leniently
from jentry.schemas.issues import QUERY
from jentry.store.audit import ME, NOBODY
from jentry.store.issue_list import Filter, Wanted

DEFAULTS = Wanted()
PEOPLE = {ME: "me", NOBODY: "none"}


@dataclass(frozen=True)
class Filters:
    """What the address asks for; `wrong` are the parameters that say nothing."""

    wanted: Wanted
    wrong: list[str]
    path: str

    def href(self, **changes: Any) -> str:
        """The same list with something changed, from its first page."""
        if "status" in changes:
            changes["is_status_given"] = True
        wanted = replace(self.wanted, **{"page": 1} | changes)
        return f"{self.path}?{urlencode(pairs(wanted))}"

    def view_href(self, view: Mapping[str, Any]) -> str:
        """This list as a saved view has it."""
        return view_href(view, self.path)

    def page_href(self, page: int) -> str:
        return self.href(page=page)

    @property
    def query(self) -> str:
        """All of it, this page's number too."""
        return urlencode(pairs(self.wanted))

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the search form sends along with what can be chosen in it."""
        chosen = ("search", "sort", "assignee", "page")
        return [(name, held) for name, held in pairs(self.wanted) if name not in chosen]

    @property
    def said(self) -> str:
        """What is looked for, in words."""
        wanted = self.wanted
        parts = [wanted.search, wanted.query]
        if wanted.level != "all":
            parts.append(f"level {wanted.level}")
        parts += [f"{name} {held}" for name, held, _ in self.chips if name != "text"]
        if wanted.assignee is not None:
            parts.append("that assignee")
        if wanted.period != "all":
            parts.append(f"the last {SPANS[wanted.period]}")
        return f"Looked for {', '.join(filter(None, parts))}."

    def without_tag(self, key: str) -> str:
        return self.href(tags=tuple(pair for pair in self.wanted.tags if pair[0] != key))

    def cleared(self) -> str:
        """Only what the tabs and the period say."""
        return self.href(
            level="all", search="", query="", environment="", release="", tags=(), assignee=None,
            since=None, until=None,
        )  # fmt: skip

    @property
    def is_narrowed(self) -> bool:
        return self.cleared() != self.href()

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """Name, value and the address without it, of what no other part of the page shows."""
        wanted = self.wanted
        found = [
            ("text", wanted.query, self.href(query="")),
            ("environment", wanted.environment, self.href(environment="")),
            ("release", wanted.release, self.href(release="")),
            *((key, held, self.without_tag(key)) for key, held in wanted.tags),
            ("since", wanted.since or "", self.href(since=None)),
            ("until", wanted.until or "", self.href(until=None)),
        ]
        return [chip for chip in found if chip[1]]


def view_href(view: Mapping[str, Any], path: str) -> str:
    """The list at a path as a saved view has it."""
    wanted = Wanted(
        status=view["status"] or DEFAULTS.status,
        is_status_given=view["status"] is not None,
        **{name: view[name] for name in ("search", "level", "sort", "period")},
    )
    return f"{path}?{urlencode(pairs(wanted))}"


def read(project_id: int | None) -> Filters:
    """Those of the request. What is wrong is left out, what is unknown is not looked at."""
    wanted, wrong = load_leniently(QUERY, _given())
    return Filters(replace(wanted, project_id=project_id, after=None), wrong, local(request.path))


def instant(name: str) -> str | None:
    """A parameter that is a time, as the store has it."""
    loaded, _ = load_leniently(QUERY, {"since": request.args.get(name, "")})
    found: str | None = loaded.since
    return found


def pairs(wanted: Wanted) -> list[tuple[str, str]]:
    """Parameters in a fixed order, without those at their default; the period is always there:
    an address without any parameter is taken to the last two weeks.
    """
    # A search may name another status, so that the usual one is not understood.
    usual_status = None if wanted.search and wanted.is_status_given else DEFAULTS.status
    named = [
        ("status", wanted.status, usual_status),
        ("level", wanted.level, DEFAULTS.level),
        ("search", wanted.search, ""),
        ("query", wanted.query, ""),
        ("period", wanted.period, None),
        ("sort", wanted.sort, DEFAULTS.sort),
        ("environment", wanted.environment, ""),
        ("release", wanted.release, ""),
        *((f"tag[{key}]", held, None) for key, held in wanted.tags),
        ("assignee", PEOPLE.get(wanted.assignee or 0, wanted.assignee)
         if wanted.assignee is not None else None, None),
        ("since", wanted.since, None),
        ("until", wanted.until, None),
        ("limit", wanted.limit, DEFAULTS.limit),
        ("page", wanted.page, 1),
    ]  # fmt: skip
    return [(name, str(held)) for name, held, usual in named if held not in (usual, None)]


def only(wanted: Wanted) -> Filter:
    """The filters without the page and the order."""
    return Filter(**{field.name: getattr(wanted, field.name) for field in fields(Filter)})


def _given() -> dict[str, str]:
    """Fields of the form that were left empty ask for nothing; a cursor is the API's way."""
    return {name: held for name, held in request.args.items() if held and name != "cursor"}
