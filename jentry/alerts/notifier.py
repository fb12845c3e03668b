"""The notifier: once a second from happenings to deliveries. One among all processes.

    step: happenings -> alerts; jobs that are due; what is counted; alerts -> batches -> senders

Due times are by the wall, pauses by the monotonic clock. When both part, or nobody has looked for
two minutes, what fell due in between is unknown: jobs are expected anew, and one notice says so.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from jentry import clock
from jentry.alerts import decide, watch, weekly
from jentry.alerts.jobs import Jobs
from jentry.alerts.quiet import is_quiet
from jentry.alerts.sender import Senders
from jentry.owners import assign
from jentry.settings import Settings
from jentry.store import (
    alert_channels,
    instance,
    monitor_states,
    notices,
    outbox,
    scopes,
    sending,
)
from jentry.store.connection import Connection, transaction
from jentry.store.database import open_database
from jentry.store.engines.scope import ROWS, Org

log = logging.getLogger(__name__)

TICK = 1.0  # seconds
AT_ONCE = 100  # happenings in a transaction
COMPARED_AT_ONCE = 20_000  # happenings with rules: a few ten milliseconds under the lock
WATCH_EVERY = timedelta(seconds=5)
HEARTBEAT_EVERY = timedelta(seconds=30)
EVICT_EVERY = timedelta(seconds=60)
JUMP = timedelta(seconds=60)
GAP = timedelta(seconds=120)
FAILING_FOR = timedelta(minutes=15)  # then owners are told


class Notifier:
    """`step` does all that is due; call it again in a second. Not safe between threads."""

    def __init__(self, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._monotonic = monotonic
        self.senders = Senders(settings)
        self._jobs = Jobs(settings)
        self._watch = watch.Watch()
        self._db: Connection | None = None
        self._last: tuple[datetime, float] | None = None  # wall, monotonic
        self._done: dict[str, datetime] = {}

    def close(self) -> None:
        self.senders.close()
        self._forget()

    def step(self, now: datetime | None = None) -> None:
        """Raises what SQLite raises; the next step opens the file anew."""
        now = clock.now() if now is None else now
        try:
            self._step(now)
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    @property
    def db(self) -> Connection:
        if self._db is None or not self._db.is_in_place():
            old, self._db = self._db, open_database(self.settings.db, write=True, shared=True)
            if old is not None:
                old.close()
        return self._db

    def _step(self, now: datetime) -> None:
        at, gap_since = clock.timestamp(now), self._gap(now)
        while outbox.has_happenings(self.db):
            self._decide()
        if gap_since is not None:
            self._forgive(now, gap_since)
        while late := monitor_states.due_in(self.db, at):
            with transaction(self.db, scopes.of_projects(late)):
                self._jobs.time_out(self.db, at, late)
                self._jobs.miss(self.db, now, at, late)
        if self._is_time("watch", WATCH_EVERY, now):
            self._look(now, at)
        self._gather(now)
        for due in sending.due(self.db, now):
            self.senders.offer(due)
        if self._is_time("evict", EVICT_EVERY, now):
            with transaction(self.db, ROWS):
                outbox.evict(self.db, now)
                self._tell_of_failing(now, at)
                if self.settings.smtp_url is not None:
                    weekly.post(self.db, now)

    def _is_time(self, what: str, every: timedelta, now: datetime) -> bool:
        last = self._done.get(what)
        if last is not None and last <= now < last + every:
            return False
        self._done[what] = now
        return True

    def _is_silent(self, kind: str) -> bool:
        return kind == "email" and self.settings.smtp_url is None

    def _decide(self) -> None:
        rules = decide.rules_in_force(self.db, self._is_silent)
        most = max(20, min(AT_ONCE, COMPARED_AT_ONCE // (len(rules) + 1)))
        found = outbox.happenings(self.db, most)
        chosen = assign.choose(self.db, found)
        about = scopes.of_projects({row["project_id"] for row in found})
        with transaction(self.db, about) as at:
            rows = [
                row for row in outbox.happenings(self.db, most) if row["project_id"] in about.ids
            ]
            for row in rows:
                if row["kind"] == "check_in":
                    self._jobs.check_in(self.db, row, at)
            news = [row for row in rows if row["kind"] != "check_in"]
            assign.assign(self.db, news, chosen, at)
            decide.decide(self.db, news, rules, at)
            outbox.drop_happenings(self.db, [row["id"] for row in rows])

    def _look(self, now: datetime, at: str) -> None:
        rules = decide.rules_in_force(self.db, self._is_silent)
        with closing(open_database(self.settings.db)) as reader:
            found = self._watch.look(reader, rules, now)
        above, self._watch.above = self._watch.above, []
        if found or above:
            names = [one.project_id for one in found] + [name[2] for name in above]
            with transaction(self.db, scopes.of_projects(names)):
                watch.tell(self.db, found, above, at)

    # Alerts to deliveries

    def _gather(self, now: datetime) -> None:
        for channel in outbox.waiting_channels(self.db):
            if not channel["is_active"]:
                with transaction(self.db, Org(channel["org_id"])):
                    outbox.drop_waiting(self.db, channel["id"])
            elif self._may_send(channel, now):
                self._post(channel, now)

    def _may_send(self, channel: Mapping[str, Any], now: datetime) -> bool:
        at, last = clock.timestamp(now), channel["last_batch_at"]
        if outbox.is_within(channel["first_at"], outbox.SOON.total_seconds(), at):
            return False
        if last is not None and outbox.is_within(last, channel["digest_seconds"], at):
            return False
        return not outbox.is_busy(self.db, channel["id"])

    def _post(self, channel: Mapping[str, Any], now: datetime) -> None:
        quiet = channel["quiet_hours"]
        levels = quiet["except_levels"] if is_quiet(quiet, now) else None
        if levels == []:
            return
        at = clock.timestamp(now)
        with transaction(self.db, Org(channel["org_id"])):
            batch = outbox.gather(self.db, channel["id"], levels, at)
            if batch is not None:
                outbox.post(self.db, channel, batch, self._addresses(channel, batch), at)

    def _addresses(self, channel: Mapping[str, Any], batch: int) -> list[str]:
        if channel["kind"] == "email":
            return outbox.recipients(self.db, channel, batch)
        return [alert_channels.target(channel["kind"], channel["url"])]

    # Clocks and notices

    def _gap(self, now: datetime) -> str | None:
        """Since when nobody has looked, or the clock was another; None when all is well."""
        mono, since = self._monotonic(), None
        if self._last is None:
            before = instance.ticked_at(self.db)
            with transaction(self.db):
                sending.release_all(self.db)
            if before is not None and not -JUMP < now - clock.parse(before) < GAP:
                since = before
        else:
            wall, then = self._last
            if abs((now - wall).total_seconds() - (mono - then)) > JUMP.total_seconds():
                since = clock.timestamp(wall)
        self._last = (now, mono)
        if since is not None or self._is_time("heartbeat", HEARTBEAT_EVERY, now):
            with transaction(self.db, ROWS):
                instance.tick(self.db, clock.timestamp(now))
        return since

    def _forgive(self, now: datetime, since: str) -> None:
        at = clock.timestamp(now)
        with transaction(self.db):
            self._jobs.forgive(self.db, now)
            if self.settings.smtp_url is not None:
                lines = [
                    f"jentry did not run from {since} to {at} (UTC), or its clock was set.",
                    "What scheduled jobs did meanwhile is not known; they are expected anew.",
                    "Errors that were answered are stored and told.",
                ]
                notices.to_operators(self.db, "gap", "jentry was not running", lines, at)

    def _tell_of_failing(self, now: datetime, at: str) -> None:
        if self.settings.smtp_url is None:
            return
        for channel in sending.failing_since(self.db, clock.timestamp(now - FAILING_FOR)):
            lines = [
                f"The alert channel {channel['name']} has been failing since "
                f"{channel['failing_since']} (UTC).",
                f"The last error: {channel['last_error']}",
                "What it has to tell is kept and sent when it takes messages again.",
            ]
            cause, subject = f"channel:{channel['id']}", f"Alerts fail: {channel['name']}"
            notices.to_owners(self.db, channel["org_id"], cause, subject, lines, at)
