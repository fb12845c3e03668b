"""Bugsink: an API of its own, one request an event."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from jentry import clock
from jentry.errors import BadRequest
from jentry.importers import sentry_rules, source
from jentry.importers.client import Answer, Client, NoAnswer, TooLong
from jentry.importers.source import CHANGED, NO, FoundIssue, Item, Line, Page, Project, Tenant
from jentry.ingest.normalise import release_name
from jentry.store import names

API = "/api/canonical/0"
MOST_EVENTS = 50  # of a page here: each is a request, and a page is a transaction
ALERTS = {
    "alert_on_new_issue": "new_issue",
    "alert_on_regression": "regressed",
    "alert_on_unmute": "escalating",
}
NEVER = (
    ("members", "its API does not name people: invite them here"),
    ("assignment", "issues there are nobody's"),
    ("attachments", "files of events stay there; those of new events come here"),
    ("source maps", "send them again with the next build, or map older events there"),
    ("history", "who changed what, and when, stays there; the comments come along"),
    ("quotas", "how many events of a project are kept follows the settings here"),
)


class Bugsink:
    def __init__(self, client: Client, into: str | None, *, is_plan: bool = False) -> None:
        self.client = client
        self.into = into
        self.is_plan = is_plan

    def organizations(self) -> list[Line]:
        if self.into is None:
            raise BadRequest("Bugsink has no organizations: say --into SLUG, which is made here.")
        return [source.organization(names.slug(self.into), self.into)]

    def tenant(self, org: Line) -> Tenant:
        found = Tenant(org)
        taken: set[str] = set()
        rules = []
        for shown in self._all("/projects/"):
            project, items = _project(shown, taken)
            found.projects.append(project)
            found.items += items
            rules += list(_rules(shown, project))
        for project in found.projects:
            found.items += self._releases(project)
        found.items += rules
        found.items += self._teams()
        found.items += source.absent(NEVER)
        return found

    def issues(self, org: Line, project: Project) -> Iterator[FoundIssue | Item]:
        query = {"project": project.id, "sort": "last_seen", "order": "desc"}
        for shown in self._all("/issues/", query):
            yield _issue(shown, project)

    def events(self, org: Line, issue: FoundIssue, cursor: str, most: int) -> Page:
        """A cursor is that of a page there, and how many events of it were taken."""
        theirs, _, place = cursor.rpartition("+")
        start = source.number(place)
        query = {"issue": issue.key} | ({"cursor": theirs} if theirs else {})
        answer = self._get("/events/", query)
        listed = source.objects(_member(answer.body, "results"))
        end = start + min(most, MOST_EVENTS)
        events = [found for one in listed[start:end] if (found := self._event(one)) is not None]
        if end < len(listed):
            return Page(events, f"{theirs}+{end}")
        following = _following(answer)
        return Page(events, None if following is None else f"{following}+0")

    def comments(self, org: Line, issue: FoundIssue) -> list[Line]:
        return [
            {
                "data": {"text": one.get("comment")},
                "user": {"name": one.get("user_display_name")},
                "dateCreated": one.get("timestamp"),
            }
            for one in self._all("/issue-history/", {"issue": issue.key})
            if one.get("comment")
        ]

    def _event(self, listed: Line) -> tuple[Line, Any] | None:
        try:
            shown = self._get(f"/events/{quote(str(listed.get('id')))}/").body
        except TooLong:
            return None
        except NoAnswer as error:
            if error.answered != 404:
                raise
            return None  # evicted meanwhile
        data = _member(shown, "data")
        if not isinstance(data, dict):
            return None
        received = source.moment(listed.get("ingested_at")) or clock.now()
        return {"event_id": str(listed.get("event_id", "")).replace("-", "")} | data, received

    def _releases(self, project: Project) -> Iterator[Item]:
        try:
            for one in self._all("/releases/", {"project": project.id}):
                version = release_name(one.get("version"))
                if version is not None:
                    yield Item("release", version, _release(one, version, project))
        except NoAnswer as error:
            yield source.unread("release", project.slug, error)

    def _teams(self) -> Iterator[Item]:
        try:
            for one in self._all("/teams/"):
                why = "there are no teams: every member sees all projects"
                yield Item("team", source.text(one.get("name")), None, NO, why)
        except NoAnswer as error:
            yield source.unread("team", "all", error)

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> Answer:
        return self.client.get(API + path, query)

    def _all(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[Line]:
        cursor: str | None = ""
        while cursor is not None:
            answer = self._get(path, dict(query or {}) | ({"cursor": cursor} if cursor else {}))
            yield from source.objects(_member(answer.body, "results"))
            cursor = _following(answer)


def _member(body: Any, name: str) -> Any:
    return body.get(name) if isinstance(body, dict) else None


def _following(answer: Answer) -> str | None:
    """Only its cursor is taken from the address: the host may be another one there."""
    address = _member(answer.body, "next")
    if not isinstance(address, str):
        return None
    return next(iter(parse_qs(urlsplit(address).query).get("cursor", [])), None)


def _project(shown: Line, taken: set[str]) -> tuple[Project, list[Item]]:
    project = Project(source.number(shown.get("id")), source.text(shown.get("slug")))
    slug = source.valid_slug(project.slug, "project", taken)
    taken.add(slug)
    at = clock.timestamp(clock.now())
    line = {
        "type": "project", "id": project.id, "slug": slug,
        "name": source.text(shown.get("name")) or slug, "platform": None, "settings": {},
        "createdAt": at,
    }  # fmt: skip
    is_same = slug == project.slug
    item = (
        Item("project", project.slug, line)
        if is_same
        else Item("project", project.slug, line, CHANGED, f"its slug becomes {slug}")
    )
    public = urlsplit(str(shown.get("dsn") or "")).username
    return project, [item, source.key(project, public, "Default", active=True, created=at)]


def _rules(shown: Line, project: Project) -> Iterator[Item]:
    conditions = [{"kind": kind} for name, kind in ALERTS.items() if shown.get(name)]
    if not conditions:
        return
    line = sentry_rules.rule(project, project.id, f"Alerts of {project.slug}", conditions)
    yield Item("", "", sentry_rules.CHANNEL)
    yield Item("rule", f"{project.slug}: alerts", line, CHANGED, sentry_rules.OFF)


def _release(shown: Line, version: str, project: Project) -> Line:
    at = source.timestamp(shown.get("date_released"))
    return {
        "type": "release", "project": project.id, "version": version, "ref": None, "url": None,
        "dateReleased": at, "createdAt": at, "registeredAt": at, "firstSeen": None,
        "lastSeen": None, "sortedAt": at,
    }  # fmt: skip


def _issue(shown: Line, project: Project) -> FoundIssue:
    key = str(shown.get("id"))
    first = source.timestamp(shown.get("first_seen"))
    status, substatus, changed = _state(shown)
    return FoundIssue(
        id=int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) >> 1,
        key=key,
        label=source.text(shown.get("friendly_id") or key),
        project=project,
        count=source.number(shown.get("digested_event_count")),
        first_seen=first,
        last_seen=max(first, source.timestamp(shown.get("last_seen"), first)),
        status=status,
        substatus=substatus,
        comments=None,
        changed=changed,
    )


def _state(shown: Line) -> tuple[str, str | None, str]:
    if shown.get("is_resolved"):
        is_plain = not shown.get("is_resolved_by_next_release")
        return "resolved", None, "" if is_plain else "no longer waits for the next release"
    if not shown.get("is_muted"):
        return "unresolved", "ongoing", ""
    if shown.get("unmute_after") or shown.get("unmute_on_volume_based_conditions"):
        return "ignored", "archived_until_escalating", "no longer waits for its own condition"
    return "ignored", "archived_forever", ""
