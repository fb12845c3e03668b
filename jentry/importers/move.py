"""Brings what a source yields: who and what first, then issue by issue with its events.

Each page of events is a transaction together with how far its issue has come. Killed, it goes on
there; repeated, it fetches what is new and changes nothing else.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from jentry import clock
from jentry.importers import source as sources
from jentry.importers.client import NoAnswer, TooLong
from jentry.importers.plan import Scope, cannot_be_read
from jentry.importers.source import NO, FoundIssue, Item, Line, Project, Source, Tenant
from jentry.ingest.imported import ForeignEvents, ImportedEvents
from jentry.settings import Settings
from jentry.store import client_keys, instance
from jentry.store.client_keys import ProjectConfig
from jentry.store.connection import Connection
from jentry.store.project_settings import ProjectSettings
from jentry.store.transfer.foreign import Done, Foreign, ForeignIssues, Progress
from jentry.store.transfer.load import Load, Report
from jentry.store.transfer.read import TRAINED_AT, Train
from jentry.store.transfer.records import FORMAT, VERSION

BATCH = 200  # lines
PAGE = 100  # events
EVERY = 2**53  # events of an issue: all

Progressed = Callable[[str, Done], object]  # a project, and all so far


@dataclass
class Moved:
    """What came of an organization."""

    slug: str
    report: Report
    done: Done
    left: list[Item] = field(default_factory=list)  # what did not come, or not as it was


@dataclass(frozen=True)
class Mover:
    """`name` tells a source from others: its kind and address."""

    db: Connection
    source: Source
    name: str
    scope: Scope
    settings: Settings
    train: Train
    progressed: Progressed

    def all(self) -> Iterator[Moved]:
        for org in self.source.organizations():
            yield self._one(org)

    def _one(self, org: Line) -> Moved:
        tenant = self.scope.narrowed(self.source.tenant(org))
        load = self._tenant(org, tenant)
        issues = ForeignIssues(self.db, load.names)
        left = [item for item in tenant.items if item.comes != sources.YES]
        found = Moved(org["slug"], load.report, issues.done, left)
        for project in tenant.projects:
            _Issues(self, org, load, issues, found, project).bring()
        load.report.added["issue"] += issues.done.new
        load.report.added["event"] += issues.done.events
        load.finish()
        return found

    def _tenant(self, org: Line, tenant: Tenant) -> Load:
        salt = instance.get(self.db)["secret"]
        load = Load(self.db, self._header(org, tenant), ImportedEvents(salt))
        lines = [org, *(item.line for item in tenant.items if item.line)]
        batch: list[Line] = []
        channels: set[int] = set()
        for line in lines:
            if line["type"] == "channel":
                if line["id"] in channels:
                    continue
                channels.add(line["id"])
            batch.append(line)
            if len(batch) == BATCH:
                load.apply(batch, 0)
                batch = []
        load.apply(batch, 0)
        return load

    def _header(self, org: Line, tenant: Tenant) -> Line:
        name = f"{self.name} {org['theirs']} {org['slug']}"
        return {
            "type": "header", "format": FORMAT, "version": VERSION,
            "exportId": hashlib.sha256(name.encode()).hexdigest()[:32],
            "projects": [project.id for project in tenant.projects],
        }  # fmt: skip


@dataclass
class _Issues:
    """Those of one project."""

    mover: Mover
    org: Line
    load: Load
    issues: ForeignIssues
    found: Moved
    project: Project
    stored: int = 0  # events, in this run

    def bring(self) -> None:
        ours = self.load.names.project(self.project.id)
        if ours is None:
            return
        self.ours = ours
        self.events = self._events()
        self.oldest = clock.now() - timedelta(days=self.mover.settings.retention_days)
        for one in self.mover.source.issues(self.org, self.project):
            if isinstance(one, Item):
                self.found.left.append(one)
                continue
            try:
                self._issue(one)
            except (NoAnswer, TooLong) as error:
                if isinstance(error, NoAnswer) and error.answered is None:
                    raise  # once more, later
                self.found.left.append(cannot_be_read(one, error))
        self.mover.progressed(self.project.slug, self.issues.done)

    def _events(self) -> ForeignEvents:
        config = client_keys.config_of_project(self.mover.db, self.ours)
        if config is None:  # it has no key
            config = ProjectConfig(0, self.ours, ProjectSettings.load({}), 0, None)
        salt = instance.get(self.mover.db)["secret"]
        return ForeignEvents(self.mover.settings, salt, config)

    def _issue(self, one: FoundIssue) -> None:
        foreign = Foreign(
            one.id, one.label, self.ours, one.count, one.first_seen, one.last_seen, one.status,
            one.substatus, one.assignee,
        )  # fmt: skip
        before = self.issues.progress(foreign)
        asked = self.mover.scope.events
        if before and before.cursor is None and _is_all(before, one, asked):
            self.issues.done.known += 1
        else:
            self._fetch(one, foreign, before, asked)
            if self.issues.progress(foreign) is None:
                why = "it has no event to group it by"
                self.found.left.append(Item("issue", one.label, None, NO, why))
                return
            self.issues.finish(foreign)
            if one.changed:
                self.found.left.append(Item("issue", one.label, {}, sources.CHANGED, one.changed))
        if one.comments != 0:
            self._comments(one)
        self.mover.progressed(self.project.slug, self.issues.done)

    def _fetch(
        self, one: FoundIssue, foreign: Foreign, before: Progress | None, asked: int
    ) -> None:
        """Pages from where an earlier attempt ended, else from the newest event on."""
        goes_on = before is not None and before.cursor is not None
        catches_up = before is not None and not goes_on and asked <= before.asked
        cursor: str | None = (before.cursor or "") if before and goes_on else ""
        fetched = before.fetched if before and goes_on else 0
        seen_to = before.seen_to if before and goes_on else one.last_seen
        while cursor is not None:
            page = self.mover.source.events(self.org, one, cursor, min(PAGE, asked - fetched))
            kept = self._kept(page.events, is_first=fetched == 0)
            fetched += len(page.events)
            is_last = len(kept) < len(page.events) or fetched >= asked or page.next == cursor
            cursor = None if is_last else page.next
            rows = [row for raw, at in kept if (row := self.events.row(raw, at)) is not None]
            after: dict[str, Any] = {
                "cursor": cursor, "asked": asked, "fetched": fetched, "seen_to": seen_to
            }  # fmt: skip
            added = self.issues.put(foreign, rows, before, after)
            self._stored(added)
            if catches_up and not added:
                return  # what is older is here
            before = self.issues.progress(foreign) if before is None else before
            self.mover.progressed(self.project.slug, self.issues.done)

    def _kept(
        self, events: list[tuple[Line, datetime]], *, is_first: bool
    ) -> list[tuple[Line, datetime]]:
        """Older ones would be deleted at once. The newest is what its issue is known again by."""
        return [
            event
            for place, event in enumerate(events)
            if event[1] >= self.oldest or (is_first and place == 0)
        ]

    def _stored(self, added: int) -> None:
        """A dictionary for what follows, once there are events to learn from."""
        before, self.stored = self.stored, self.stored + added
        if any(before < number <= self.stored for number in TRAINED_AT):
            self.mover.train(self.ours)
            self.events = self._events()

    def _comments(self, one: FoundIssue) -> None:
        shown = self.mover.source.comments(self.org, one)
        lines = [line for line in map(self._comment, sources.objects(shown)) if line["text"]]
        if lines:
            self.load.apply([line | {"issue": one.id} for line in lines], 0)

    def _comment(self, shown: Line) -> Line:
        """In the name of its author, or with it if nobody here has it."""
        author = shown.get("user") or {}
        email = str(author.get("email") or "").lower()
        data = shown.get("data") or {}
        text = str(data.get("text") or "")[: sources.LONGEST_TEXT]
        if text and self.load.names.user(email) is None:
            name = sources.text(author.get("name") or email)
            text, email = (f"{name}: {text}" if name else text), ""
        return {
            "type": "comment", "user": email or None, "text": text,
            "createdAt": sources.timestamp(shown.get("dateCreated")),
        }  # fmt: skip


def _is_all(before: Progress, one: FoundIssue, asked: int) -> bool:
    """Nothing has come since, and no more is asked for than was."""
    is_new = before.seen_to < one.last_seen
    return not is_new and (asked <= before.asked or before.fetched < before.asked)
