"""Bring the invented company into an empty database, through the functions real traffic takes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from jentry import clock
from jentry.demo import traffic
from jentry.demo.company import Change, Company, Issue, Release
from jentry.demo.traffic import Sending
from jentry.ingest.processor import IngestRequest, Processor
from jentry.schemas.releases import REGISTER
from jentry.settings import Settings
from jentry.store import (
    instance,
    issues,
    lookup,
    orgs,
    passwords,
    personal_mail,
    projects,
    releases,
    users,
)
from jentry.store.apply import apply
from jentry.store.audit import Actor
from jentry.store.client_keys import ProjectConfig, config_of_key
from jentry.store.connection import Connection
from jentry.store.rows import Submission

BATCH = 200


def load(db: Connection, settings: Settings, company: Company, now: datetime) -> None:
    """Inside the caller's transaction: all of it is there, or nothing."""
    _Loader(db, settings, company, now).run()


class _SeedProcessor(Processor):
    """Looks keys up in the transaction that has just made them."""

    def __init__(self, settings: Settings, db: Connection) -> None:
        super().__init__(settings)
        self._db = db
        self._known: dict[str, ProjectConfig] = {}

    @property
    def salt(self) -> bytes:
        secret: bytes = instance.get(self._db)["secret"]
        return secret

    def config(self, public_key: str, in_loop: bool = False) -> ProjectConfig:
        if public_key not in self._known:
            found = config_of_key(self._db, public_key)
            if found is None:
                raise AssertionError("the demo's key is not in the database")
            self._known[public_key] = found
        return self._known[public_key]


class _Loader:
    def __init__(self, db: Connection, settings: Settings, company: Company, now: datetime) -> None:
        self.db = db
        self.company = company
        self.now = now
        self.processor = _SeedProcessor(settings, db)
        self.submissions: list[Submission] = []
        self.event_ids: dict[str, bytes] = {}  # the first event of each issue, by its template
        self.actors: dict[str, Actor] = {}  # by email
        self.projects: dict[str, dict[str, Any]] = {}  # by slug

    def run(self) -> None:
        self._found(clock.timestamp(self.now - timedelta(days=traffic.DAYS)))
        for moment, happening in sorted(self._happenings(), key=lambda item: item[0]):
            at = clock.timestamp(moment)
            match happening:
                case Sending():
                    self._send(happening, at)
                case Release():
                    self._flush()
                    self._release(happening, at)
                case (issue, change):
                    self._flush()
                    self._change(issue, change, at)
        self._flush()
        personal_mail.forget_all(self.db)
        instance.mark_as_demo(self.db)

    def _happenings(self) -> Iterator[tuple[datetime, Sending | Release | tuple[Issue, Change]]]:
        company, now = self.company, self.now
        for release in company.releases:
            yield now - timedelta(days=release.days_ago), release
        for issue in company.issues:
            for change in issue.changes:
                yield now - timedelta(days=change.days_ago), (issue, change)
            for sending in traffic.events(company, issue, now):
                yield sending.moment, sending
        for sending in traffic.check_ins(company, now):
            yield sending.moment, sending
        for visits in company.visits:
            for sending in traffic.sessions(company, visits, now):
                yield sending.moment, sending

    def _found(self, at: str) -> None:
        company, db = self.company, self.db
        org = orgs.create(db, company.name, company.slug, at, "cli")
        actor = Actor(org["id"], None, "cli")
        password = passwords.hashed(company.password, "")
        for number, person in enumerate(company.people):
            made = users.create(db, actor, person.email, person.name, person.role, password, at)
            if number == 0:
                users.make_operator(db, made["id"])
            self.actors[person.email] = Actor(org["id"], made["id"], "web")
        for item in company.projects:
            self.projects[item.slug] = projects.create(
                db, actor, item.name, item.slug, item.platform, at
            )

    def _send(self, sending: Sending, at: str) -> None:
        """As if it had been received at that time, whatever the quotas say."""
        project = self.projects[sending.project]
        incoming = IngestRequest(
            kind="envelope",
            headers={},
            query={"sentry_key": project["public_key"], "sentry_version": "7"},
            project_id=project["id"],
        )
        processed = self.processor.process(incoming, sending.envelope)
        if processed.submission is None or processed.reply.status != 200:
            raise AssertionError(f"seed/: {sending.issue or 'sessions'}: {processed.reply.body!r}")
        processed.submission.received_at, processed.submission.limits = at, {}
        processed.submission.is_quiet = True
        if sending.issue and sending.issue not in self.event_ids:
            self.event_ids[sending.issue] = processed.submission.events[0].event_id
        self.submissions.append(processed.submission)
        if len(self.submissions) == BATCH:
            self._flush()

    def _flush(self) -> None:
        if self.submissions:
            apply(self.db, self.submissions, self.submissions[-1].received_at)
            self.submissions.clear()

    def _release(self, release: Release, at: str) -> None:
        """As a build job registers it, through the schema of the API."""
        moment = clock.parse(at)
        wanted = REGISTER.load(
            {
                "version": release.version,
                "ref": release.ref,
                "dateReleased": at,
                "commits": [
                    {"committedAt": clock.timestamp(moment - timedelta(hours=number))} | commit
                    for number, commit in enumerate(release.commits, 1)
                ],
                "deploys": [
                    {
                        "environment": environment,
                        "deployedAt": clock.timestamp(moment + timedelta(hours=number)),
                    }
                    for number, environment in enumerate(release.deploys)
                ],
            }
        )
        actor = replace(self.actors[self.company.people[0].email], via="api")
        releases.register(self.db, actor, self.projects[release.project]["id"], wanted, at)

    def _change(self, issue: Issue, change: Change, at: str) -> None:
        wanted: dict[str, Any] = {}
        if change.status:
            wanted["status"] = change.status
        if change.assignee:
            wanted["assignee_user_id"] = self.actors[change.assignee].user_id
        issue_id = lookup.issue_of_event(
            self.db, self.projects[issue.project]["id"], self.event_ids[issue.envelope]
        )
        issues.update(self.db, self.actors[change.by], issue_id, wanted, at)
