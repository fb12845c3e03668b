"""Scheduled jobs are issues: one that is missed, fails or runs for too long adds an event to the
job's issue, whose id follows from the job, so that deciding twice stores once. Check-ins that are
in order again resolve it.
"""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import orjson

from jentry import clock
from jentry.alerts import schedule
from jentry.alerts.schedule import Config
from jentry.byte_cache import bounded
from jentry.ingest.grouping import former_hashes, group
from jentry.ingest.items import event as events
from jentry.ingest.job import Job
from jentry.ingest.normalise import normalise
from jentry.settings import Settings
from jentry.store import client_keys, instance, monitor_states, outbox
from jentry.store.apply import apply
from jentry.store.connection import Connection
from jentry.store.rows import Submission

NO_ENVIRONMENT = "production"
TITLES = {
    "missed": "Cron job {slug} missed its check-in",
    "error": "Cron job {slug} failed",
    "timeout": "Cron job {slug} ran too long",
}
ENDED = ("ok", "error")

State = dict[str, Any]


class Jobs:
    """All in the caller's write transaction."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def check_in(self, db: Connection, row: Mapping[str, Any], at: str) -> None:
        """`row`: a happening of a check-in, in the order of arrival."""
        monitor_id, status = row["monitor_id"], row["detail"]["status"]
        found = monitor_states.state(db, monitor_id, row["environment"] or NO_ENVIRONMENT)
        if found is None:
            return
        found["last_check_in_at"] = row["at"]
        if not found["is_active"]:
            monitor_states.put(db, found | NOTHING_EXPECTED)
            return
        config = _config(found)
        started = monitor_states.started_at(db, monitor_id, row["event_id"]) or row["at"]
        _expect(found, config, config.next(clock.parse(started)))
        if status == "in_progress":
            found["running"] = row["event_id"]
            found["timeout_at"] = clock.timestamp(clock.parse(started) + config.max_runtime)
        elif found["running"] == row["event_id"]:
            found["running"] = found["timeout_at"] = None
        if status in ENDED:
            self._judge(db, found, config, status, row["event_id"], at)
        monitor_states.put(db, found)

    def miss(self, db: Connection, now: datetime, at: str, project_ids: Collection[int]) -> int:
        """Those of the projects whose time is over; how many."""
        rows = monitor_states.due(db, "due_at", at, project_ids)
        for found in rows:
            config, expected = _config(found), found["next_expected_at"]
            if config.schedule is None or not found["is_active"]:
                _expect(found, config, None)
            else:
                check_in_id = _id("missed", found, expected)
                monitor_states.add_missed(db, found, check_in_id, expected, at)
                following = config.schedule.after(now - config.margin, clock.parse(expected))
                _expect(found, config, following)
                self._judge(db, found, config, "missed", check_in_id, at)
            monitor_states.put(db, found)
        return len(rows)

    def time_out(self, db: Connection, at: str, project_ids: Collection[int]) -> int:
        """Those of the projects that run for too long; how many."""
        rows = monitor_states.due(db, "timeout_at", at, project_ids)
        for found in rows:
            check_in_id = found["running"]
            has_ended = not monitor_states.end_running(db, found, at)
            found["running"] = found["timeout_at"] = None
            if not has_ended and found["is_active"]:
                self._judge(db, found, _config(found), "timeout", check_in_id, at)
            monitor_states.put(db, found)
        return len(rows)

    def forgive(self, db: Connection, now: datetime) -> None:
        """What fell due while nobody looked is unknown: all is expected anew."""
        for found in monitor_states.all_scheduled(db):
            config = _config(found)
            if found["due_at"] is not None and found["due_at"] <= clock.timestamp(now):
                expected = clock.parse(found["next_expected_at"])
                _expect(found, config, config.after(now, expected))
            if found["timeout_at"] is not None and found["timeout_at"] <= clock.timestamp(now):
                found["running"] = found["timeout_at"] = None
            monitor_states.put(db, found)

    def _judge(
        self, db: Connection, found: State, config: Config, status: str, check_in_id: bytes, at: str
    ) -> None:
        if status == "ok":
            found["failures"], found["successes"] = 0, found["successes"] + 1
            if found["status"] == "failing" and found["successes"] >= config.recovery_threshold:
                found["status"] = "ok"
                self._recover(db, found, at)
            return
        found["failures"], found["successes"] = found["failures"] + 1, 0
        if found["failures"] >= config.failure_threshold:
            found["status"] = "failing"
            if not found["is_muted"]:
                self._add_event(db, found, status, check_in_id, at)

    def _add_event(
        self, db: Connection, found: State, status: str, check_in_id: bytes, at: str
    ) -> None:
        config = client_keys.config_of_project(db, found["project_id"])
        if config is None:
            return
        salt = instance.get(db)["secret"]
        submission = Submission(config.project_id, config.key_id, config.config_version, at)
        job = Job(self.settings, salt, config, clock.parse(at), submission)
        event = normalise(_event(found, status, check_in_id, at), job.context)
        submission.events.append(events.row(event, job))
        apply(db, [submission], at)

    def _recover(self, db: Connection, found: State, at: str) -> None:
        made = _grouped(found)
        hashes = (group(made)[:2], *former_hashes(made, oldest=1))
        issue_id = monitor_states.issue_of_hashes(db, found["project_id"], hashes)
        if issue_id is not None and monitor_states.resolve(db, found["org_id"], issue_id, at):
            environment = found["environment"]
            outbox.note_recovery(db, found["project_id"], issue_id, environment, at)


NOTHING_EXPECTED = {"next_expected_at": None, "due_at": None, "running": None, "timeout_at": None}


def _expect(found: State, config: Config, moment: datetime | None) -> None:
    found["next_expected_at"] = None if moment is None else clock.timestamp(moment)
    found["due_at"] = None if moment is None else clock.timestamp(config.due(moment))


def _config(found: State) -> Config:
    return _read(orjson.dumps(found["config"]))


@bounded(1024 * 1024)
def _read(sent: bytes) -> Config:
    return schedule.config(orjson.loads(sent))


def _event(found: State, status: str, check_in_id: bytes, at: str) -> dict[str, Any]:
    """As an SDK would send it."""
    return _grouped(found) | {
        "event_id": _id(status, found, check_in_id.hex()).hex(),
        "timestamp": at,
        "platform": "other",
        "level": "error",
        "logentry": {"formatted": TITLES[status].format(slug=found["slug"])},
        "transaction": found["slug"],
        "environment": found["environment"],
        "tags": {"monitor.slug": found["slug"]},
        "contexts": {"monitor": {"slug": found["slug"], "status": status}},
    }


def _grouped(found: State) -> dict[str, Any]:
    """What all events of the job's issue have in common, and nothing else decides about it."""
    environment = found["environment"].replace("{", "(")  # `{{ … }}` would be filled
    return {"fingerprint": ["monitor", str(found["monitor_id"]), environment]}


def _id(status: str, found: State, what: str) -> bytes:
    text = f"{found['monitor_id']} {found['environment']} {status} {what}"
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
