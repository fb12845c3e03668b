"""Sentry, and whatever speaks its API as it does: jentry too."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from jentry import clock
from jentry.errors import BadRequest
from jentry.importers import sentry_events, sentry_rules, source
from jentry.importers.client import Answer, Client, NoAnswer, TooLong
from jentry.importers.source import CHANGED, NO, FoundIssue, Item, Line, Page, Project, Tenant
from jentry.ingest.normalise import release_name
from jentry.store import names

API = "/api/0"
MOST_RELEASES = 1000  # of an organization
PAGE = 100  # rows of a list
SIZES = (100, 20, 5, 1)  # events of a page, where they are too long for one answer
MEMBER = re.compile(r'([a-z]{1,20})="([^"]{0,1000})"')
SUBSTATUSES = {
    "unresolved": ("ongoing", ("new", "ongoing", "regressed", "escalating")),
    "ignored": ("archived_until_escalating", ("archived_until_escalating", "archived_forever")),
}
STATUSES = {"resolved": "resolved", "ignored": "ignored", "muted": "ignored", "archived": "ignored"}
NEVER = (
    ("transactions", "jentry keeps errors only: no traces, profiles, replays and logs"),
    ("attachments", "files of events stay there; those of new events come here"),
    ("dashboards", "jentry has none to make; nor saved searches"),
    ("integrations", "chats, trackers and repositories are connected anew"),
    ("source maps", "send them again with the next build, or map older events there"),
    ("history", "who changed what, and when, stays there; the comments come along"),
)


class Sentry:
    """`is_plan`: only what a plan needs is read."""

    never: tuple[tuple[str, str], ...] = NEVER
    limit = "per_page"

    def __init__(
        self,
        client: Client,
        wanted: tuple[str, ...],
        into: str | None = None,
        *,
        is_plan: bool = False,
    ) -> None:
        self.client = client
        self.wanted = wanted  # slugs of organizations; none: all that the token may see
        self.into = into  # the slug that the only one of them has here
        self.is_plan = is_plan
        self._fingerprint: tuple[str, list[str] | None] = ("", None)  # of the latest issue

    def organizations(self) -> list[Line]:
        if self.wanted:
            found = [self._get(f"/organizations/{quote(slug)}/").body for slug in self.wanted]
        else:
            found = list(self._all("/organizations/"))
        orgs = [source.organization(one["slug"], one.get("name")) for one in source.objects(found)]
        if self.into is None:
            return orgs
        if len(orgs) != 1:
            raise BadRequest(
                f"--into is for one organization, and there are {len(orgs)}: say --org."
            )
        return [orgs[0] | {"slug": names.slug(self.into)}]

    def tenant(self, org: Line) -> Tenant:
        name = quote(org["theirs"])
        found = Tenant(org)
        found.items += self._members(name)
        shown = list(self._all(f"/organizations/{name}/projects/"))
        taken: set[str] = set()
        for one in shown:
            project, item = self.project(one, taken)
            found.projects.append(project)
            found.items.append(item)
        for project in found.projects:
            found.items += self._read("key", project.slug, self._keys(name, project))
        ids = {project.id for project in found.projects}
        found.items += self._read("release", "all", self._releases(name, ids))
        for project in found.projects:
            found.items += self._read("rule", project.slug, self.rules(name, project))
        found.items += self._read("team", "all", self._teams(name))
        found.items += self._read("monitor", "all", self.monitors(name))
        found.items += source.absent(self.never)
        return found

    def issues(self, org: Line, project: Project) -> Iterator[FoundIssue | Item]:
        """The latest seen first."""
        for shown in self._all(self.issues_path(org), self.issues_query(project)):
            category = shown.get("issueCategory", "error")
            label = source.text(shown.get("shortId") or shown.get("id"))
            if category != "error":
                yield Item("issue", label, None, NO, f"jentry keeps errors only: {category}")
            else:
                yield self._issue(shown, label, project)

    def events(self, org: Line, issue: FoundIssue, cursor: str, most: int) -> Page:
        answer = self._events(org, issue, cursor, most)
        shown = source.objects(answer.body)
        hint = self._hint(org, issue, shown)
        events = []
        for one in shown[:most]:
            received = source.moment(one.get("dateReceived")) or source.moment(
                one.get("dateCreated")
            )
            events.append((sentry_events.event(one, hint), received or clock.now()))
        return Page(events, following(answer))

    def comments(self, org: Line, issue: FoundIssue) -> list[Line]:
        return list(self._all(self.comments_path(org, issue)))

    # What differs from one tracker that speaks this API to another.

    def issues_path(self, org: Line) -> str:
        return f"/organizations/{quote(org['theirs'])}/issues/"

    def issues_query(self, project: Project) -> dict[str, Any]:
        return {"project": project.id, "query": "", "sort": "date", "collapse": "stats"}

    def events_path(self, org: Line, issue: FoundIssue) -> str:
        return f"/organizations/{quote(org['theirs'])}/issues/{quote(issue.key)}/events/"

    def comments_path(self, org: Line, issue: FoundIssue) -> str:
        return f"/organizations/{quote(org['theirs'])}/issues/{quote(issue.key)}/notes/"

    def raw_path(self, org: Line, issue: FoundIssue, event_id: str) -> str | None:
        """Of an event's JSON, which has its fingerprint."""
        slugs = f"{quote(org['theirs'])}/{quote(issue.project.slug)}"
        return f"/projects/{slugs}/events/{quote(event_id)}/json/"

    def rules(self, org: str, project: Project) -> Iterator[Item]:
        for one in self._all(f"/projects/{org}/{quote(project.slug)}/rules/"):
            yield from sentry_rules.items(one, project)

    def monitors(self, org: str) -> Iterator[Item]:
        for one in self._all(f"/organizations/{org}/monitors/"):
            name = source.text(one.get("name") or one.get("slug"))
            yield Item("monitor", name, None, NO, "made by the SDK's next check-in")

    # Shapes.

    def project(self, shown: Line, taken: set[str]) -> tuple[Project, Item]:
        theirs = Project(source.number(shown.get("id")), source.text(shown.get("slug")))
        slug = source.valid_slug(theirs.slug, "project", taken)
        taken.add(slug)
        line = {
            "type": "project", "id": theirs.id, "slug": slug,
            "name": source.text(shown.get("name")) or slug,
            "platform": source.text(shown.get("platform"), 64) or None, "settings": {},
            "createdAt": source.timestamp(shown.get("dateCreated")),
        }  # fmt: skip
        if slug != theirs.slug:
            return theirs, Item("project", theirs.slug, line, CHANGED, f"its slug becomes {slug}")
        return theirs, Item("project", theirs.slug, line)

    def _issue(self, shown: Line, label: str, project: Project) -> FoundIssue:
        status = STATUSES.get(str(shown.get("status")), "unresolved")
        default, known = SUBSTATUSES.get(status, (None, ()))
        substatus = shown.get("substatus") if shown.get("substatus") in known else default
        email, changed = assignee(shown.get("assignedTo"))
        details = shown.get("statusDetails")
        if isinstance(details, dict) and status != "unresolved" and any(details.values()):
            waits = ", ".join(sorted(str(name)[:30] for name in details))[:100]
            changed.append(f"no longer waits for {waits}")
        first = source.timestamp(shown.get("firstSeen"))
        return FoundIssue(
            id=source.number(shown.get("id")),
            key=str(shown.get("id")),
            label=label,
            project=project,
            count=source.number(shown.get("count")),
            first_seen=first,
            last_seen=max(first, source.timestamp(shown.get("lastSeen"), first)),
            status=status,
            substatus=substatus,
            assignee=email,
            comments=source.number(shown.get("numComments")),
            changed="; ".join(changed),
        )

    def _members(self, org: str) -> Iterator[Item]:
        try:
            for one in self._all(f"/organizations/{org}/members/"):
                user = one.get("user") or {}
                role = one.get("orgRole") or one.get("role")
                name = user.get("name") or one.get("name")
                yield source.member(
                    one.get("email") or user.get("email"),
                    None if name == one.get("email") else name,
                    role,
                    one.get("dateCreated"),
                )
        except NoAnswer as error:
            yield source.unread("member", "all", error)

    def _keys(self, org: str, project: Project) -> Iterator[Item]:
        for one in self._all(f"/projects/{org}/{quote(project.slug)}/keys/"):
            yield source.key(
                project,
                one.get("public"),
                one.get("label") or one.get("name"),
                active=one.get("isActive") is not False,
                created=one.get("dateCreated"),
            )
            limit = one.get("rateLimit")
            if isinstance(limit, dict) and limit.get("count"):
                name = f"{project.slug}: limit of {source.text(one.get('label'))}"
                yield Item("key", name, None, NO, "quotas are of a project: set one there")

    def _releases(self, org: str, ids: set[int]) -> Iterator[Item]:
        for place, one in enumerate(self._all(f"/organizations/{org}/releases/")):
            version = release_name(one.get("version"))
            if place >= MOST_RELEASES:
                why = f"the newest {MOST_RELEASES:,}; those that events name come with the events"
                yield Item("release", "older ones", None, NO, why)
                return
            if version is None:
                yield Item(
                    "release", source.text(one.get("version")), None, NO, "no such name here"
                )
                continue
            own = [source.number(each.get("id")) for each in source.objects(one.get("projects"))]
            more = [] if self.is_plan else list(self._of_release(org, one))
            for project_id in own:
                if project_id in ids:
                    yield Item("release", version, release(one, version, project_id))
                    for line in more:
                        yield Item("", "", line | {"project": project_id, "release": version})

    def _of_release(self, org: str, one: Line) -> Iterator[Line]:
        """Its commits and deploys: lines without their project."""
        path = f"/organizations/{org}/releases/{quote(str(one['version']), safe='')}"
        if source.number(one.get("commitCount")):
            rows = [commit(row, place) for place, row in enumerate(self._some(f"{path}/commits/"))]
            yield {"type": "release_commits", "rows": [row for row in rows if row["sha"]]}
        if source.number(one.get("deployCount")):
            rows = [deploy(row) for row in self._some(f"{path}/deploys/")]
            yield {"type": "release_deploys", "rows": rows}

    def _teams(self, org: str) -> Iterator[Item]:
        for one in self._all(f"/organizations/{org}/teams/"):
            why = "there are no teams: every member sees all projects"
            yield Item("team", source.text(one.get("slug") or one.get("name")), None, NO, why)

    # Requests.

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> Answer:
        return self.client.get(API + path, query)

    def _all(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[Line]:
        """Rows of all pages."""
        wanted = {self.limit: PAGE} | dict(query or {})
        cursor: str | None = ""
        while cursor is not None:
            answer = self._get(path, wanted | ({"cursor": cursor} if cursor else {}))
            yield from source.objects(answer.body)
            previous, cursor = cursor, following(answer)
            if cursor == previous:
                return

    def _some(self, path: str) -> list[Line]:
        """What is gone meanwhile is not there."""
        try:
            return list(self._all(path))
        except NoAnswer:
            return []

    def _read(self, kind: str, name: str, items: Iterator[Item]) -> Iterator[Item]:
        try:
            yield from items
        except NoAnswer as error:
            if error.answered is None:
                raise
            yield source.unread(kind, name, error)

    def _events(self, org: Line, issue: FoundIssue, cursor: str, most: int) -> Answer:
        path = self.events_path(org, issue)
        sizes = [size for size in SIZES if size <= most] or [SIZES[-1]]
        if most < SIZES[0] and most not in sizes:
            sizes.insert(0, most)
        for size in sizes:
            query = {"full": "true", self.limit: size} | ({"cursor": cursor} if cursor else {})
            try:
                return self._get(path, query)
            except TooLong:
                if size == sizes[-1]:
                    raise
        raise AssertionError("the last size returns or raises")

    def _hint(self, org: Line, issue: FoundIssue, shown: list[Line]) -> list[str] | None:
        if self._fingerprint[0] != issue.key and shown:
            event_id = str(shown[0].get("eventID") or shown[0].get("id"))
            path = self.raw_path(org, issue, event_id)
            found = None
            if path is not None:
                try:
                    found = sentry_events.fingerprint(self._get(path).body)
                except NoAnswer as error:
                    if error.answered is None:
                        raise
            self._fingerprint = (issue.key, found)
        return self._fingerprint[1]


def following(answer: Answer) -> str | None:
    """The cursor of the next page, by the Link header."""
    for link in answer.headers.get("link", "")[:8000].split("<")[1:]:
        members = dict(MEMBER.findall(link.partition(">")[2]))
        if members.get("rel") == "next" and members.get("results") == "true":
            return members.get("cursor")
    return None


def assignee(shown: Any) -> tuple[str | None, list[str]]:
    """An email, and what is lost."""
    if not isinstance(shown, dict) or not shown:
        return None, []
    if shown.get("type") == "user" and isinstance(shown.get("email"), str):
        return shown["email"].lower(), []
    return None, [f"no longer assigned to team {source.text(shown.get('name'))}"]


def release(shown: Line, version: str, project_id: int) -> Line:
    at = source.timestamp(shown.get("dateCreated"))
    released = shown.get("dateReleased")
    date_released = source.timestamp(released) if released else None
    return {
        "type": "release", "project": project_id, "version": version,
        "ref": source.text(shown.get("ref"), 200) or None,
        "url": source.text(shown.get("url"), 500) or None,
        "dateReleased": date_released, "createdAt": at, "registeredAt": at, "firstSeen": None,
        "lastSeen": None, "sortedAt": date_released or at,
    }  # fmt: skip


def commit(shown: Line, place: int) -> Line:
    author = shown.get("author") or {}
    return {
        "position": place, "sha": source.text(shown.get("id"), 64),
        "author": source.text(author.get("name")) or None,
        "authorEmail": source.text(author.get("email"), 254) or None,
        "message": str(shown.get("message") or "")[:1000] or None, "url": None, "files": [],
        "committedAt": source.timestamp(made) if (made := shown.get("dateCreated")) else None,
    }  # fmt: skip


def deploy(shown: Line) -> Line:
    return {
        "environment": source.text(shown.get("environment"), 64) or "production",
        "name": source.text(shown.get("name"), 64) or None,
        "url": source.text(shown.get("url"), 500) or None,
        "deployedAt": source.timestamp(shown.get("dateFinished") or shown.get("dateStarted")),
    }
