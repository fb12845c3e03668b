"""An organization with a project, receivers, and a notifier whose clock the test moves."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from receivers import mail_server, web_server
from rows import event

from jentry import clock
from jentry.alerts.notifier import Notifier
from jentry.mail_server import MailServer
from jentry.settings import Settings
from jentry.store import alert_channels, alert_rules, deliveries, orgs, projects, users
from jentry.store.apply import apply
from jentry.store.audit import Actor
from jentry.store.connection import transaction
from jentry.store.rows import Submission

BEGIN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FILTERS = ("limit", "page", "channel_id", "rule_id", "issue_id", "state")
EVERYTHING = dict.fromkeys(FILTERS) | {"limit": 100, "page": 1}


class Time:
    def __init__(self):
        self.now = BEGIN

    def pass_(self, seconds):
        self.now += timedelta(seconds=seconds)

    def monotonic(self):
        return (self.now - BEGIN).total_seconds()


@pytest.fixture
def time(monkeypatch):
    moved = Time()
    monkeypatch.setattr(clock, "now", lambda: moved.now)
    return moved


@pytest.fixture
def mailbox():
    with mail_server() as box:
        yield box


@pytest.fixture
def hook():
    with web_server() as found:
        yield found


class World:
    """What tests do: send events, let time pass, look at what came out."""

    def __init__(self, db, time):
        self.db, self.time = db, time
        self.numbers = itertools.count(1)
        with transaction(db) as at:
            org = orgs.create(db, "Acme", "acme", at, "cli")
            self.actor = Actor(org["id"], None, "cli")
            project = projects.create(db, self.actor, "Shop", "shop", "python", at)
            self.add_user("ada@jentry.test", "owner")
            self.version = db.execute("SELECT config_version FROM instance").fetchone()[0]
        self.org, self.project = org["id"], project["id"]
        self.key = db.execute("SELECT id FROM client_keys").fetchone()[0]

    def add_user(self, email, role="member"):
        at = clock.timestamp(clock.now())
        return users.create(self.db, self.actor, email, None, role, None, at)

    @property
    def default_channel(self):
        return alert_channels.list_for(self.db, self.actor)[0]

    @property
    def default_rule(self):
        return alert_rules.list_for(self.db, self.actor)[0]

    def channel(self, **wanted):
        with transaction(self.db) as at:
            return alert_channels.create(self.db, self.actor, {"name": "Ops"} | wanted, at)

    def rule(self, *conditions, channels, **wanted):
        """In place of the default one."""
        with transaction(self.db) as at:
            for old in alert_rules.list_for(self.db, self.actor):
                if old["name"] == "New and returning errors":
                    alert_rules.delete(self.db, self.actor, old["id"], at)
            return alert_rules.create(
                self.db,
                self.actor,
                {
                    "name": "Rule", "project_ids": None, "filter": {}, "throttle_seconds": 1800,
                    "is_active": True, "channel_ids": list(channels),
                    "conditions": [{"kind": c} if isinstance(c, str) else c for c in conditions],
                } | wanted,
                at,
            )  # fmt: skip

    def send(self, title="ValueError: bad", number=1, **changes):
        """Events of one issue; the name of its title is that of its hash."""
        at = clock.timestamp(clock.now())
        with transaction(self.db):
            for _ in range(number):
                row = event(
                    next(self.numbers), title=title, timestamp=at,
                    hash=title.encode("utf-8", "replace")[:32].ljust(32), **changes,
                )  # fmt: skip
                self.store(at, events=[row])
        return self.db.execute("SELECT max(id) FROM issues").fetchone()[0]

    def store(self, at, **parts):
        apply(self.db, [Submission(self.project, self.key, self.version, at, **parts)], at)

    def set_status(self, issue_id, status, substatus=None):
        self.db.execute(
            "UPDATE issues SET status = ?, substatus = ?, status_events = event_count WHERE id = ?",
            (status, substatus, issue_id),
        )

    def deliveries(self, **filters):
        """Oldest first."""
        return deliveries.page(self.db, self.actor, EVERYTHING | filters)[0][::-1]


@pytest.fixture
def world(db, time):
    return World(db, time)


class Running:
    """A notifier and its clock."""

    def __init__(self, settings, time):
        self.notifier, self.time = Notifier(settings, time.monotonic), time

    def run(self, seconds, step=1.0):
        """Let time pass, a step each second or so; what is sent arrives at once."""
        end = self.time.now + timedelta(seconds=seconds)
        while True:
            self.notifier.step()
            assert self.notifier.senders.wait(30)
            if self.time.now >= end:
                return
            self.time.pass_(min(step, (end - self.time.now).total_seconds()))


@pytest.fixture
def alert_settings(database, mailbox) -> Settings:
    return Settings(
        db=database,
        url="http://jentry.test",
        smtp_url=MailServer("127.0.0.1", mailbox.port, "never", True),
        allow_private=(ip_network("127.0.0.0/8"),),
    )


@pytest.fixture
def run(alert_settings, time, world):
    running = Running(alert_settings, time)
    yield running.run
    running.notifier.close()


@pytest.fixture
def start(time):
    """Another notifier, with other settings."""
    started = []

    def make(settings, **changes):
        started.append(Running(replace(settings, **changes), time))
        return started[-1].run

    yield make
    for one in started:
        one.notifier.close()
