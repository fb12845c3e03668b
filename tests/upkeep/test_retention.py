"""What goes by its age, and what does not; events that are gone are counted."""

from datetime import timedelta
from pathlib import Path

import factories
import pytest

from jentry import clock
from jentry.settings import Settings
from jentry.store import checks, retention
from jentry.store.tables import TABLES
from jentry.upkeep import retention as job
from jentry.upkeep.job import Turn, Work

# By the jobs that make their rows.
ELSEWHERE = {
    "alerts", "alert_throttles", "artifact_bundles", "backups", "deliveries", "file_contents",
    "happenings", "remappings", "upload_chunks",
}  # fmt: skip
STAYS = ("never", "with", "overwritten", "the minutes", "JENTRY_ISSUE_DAYS", "weekly")


def ago(**delta):
    return clock.timestamp(clock.now() - timedelta(**delta))


@pytest.fixture
def project(db):
    return factories.project(db, factories.org(db))


@pytest.fixture
def run(database):
    def run(call=job.run_daily, **settings):
        turn = Turn()
        work = Work(Settings(db=database, **settings), turn)
        try:
            call(work)
        finally:
            work.close()

    return run


def ids(db, table, key="id"):
    return [row[0] for row in db.execute(f"SELECT {key} FROM {table} ORDER BY {key}")]


def test_every_table_has_a_rule_or_says_that_its_rows_stay():
    ruled = {rule.table for rule in (*retention.RULES, retention.AUDIT_LOG)} | {"events"}
    goes = {name for name in TABLES if not TABLES[name].retention.startswith(STAYS)}
    # With what they belong to, but not only.
    assert ruled - goes == {
        "attachments",
        "monitors",
        "operation_issues",
        "operation_conditions",
        "operation_parts",
    }
    assert goes - ruled == ELSEWHERE


@pytest.mark.parametrize("call", [job.run, job.run_daily])
def test_events_go_by_their_arrival_with_all_that_is_theirs(db, database, project, run, call):
    issue = factories.issue(db, project, event_count=0)
    kept = []
    for number in range(120):
        is_old = number < 70
        event_id = number.to_bytes(16, "big")
        row = factories.event(
            db, issue, event_id=event_id,
            received_at=ago(days=11 if is_old else 9), timestamp=ago(days=9 if is_old else 80),
        )  # fmt: skip
        factories.attachment(db, project, event_id=event_id, received_at=ago(days=9))
        kept += [] if is_old else [row]
    db.execute("UPDATE issues SET event_count = 120")
    db.execute("INSERT INTO issue_hours VALUES (?, '2026-06-29T12', 120)", (issue,))
    run(call, retention_days=10)
    assert ids(db, "events") == ids(db, "event_payloads") == kept
    assert len(ids(db, "attachments")) == len(ids(db, "attachment_payloads")) == 50
    rows = db.execute("SELECT issue_id, reason, events FROM issue_evictions").fetchall()
    assert [tuple(row) for row in rows] == [(issue, "age", 70)]
    (usage,) = db.execute("SELECT events, bytes FROM project_usage").fetchall()
    assert usage["events"] == 50
    db.close()
    assert checks.problems_of(database) == []


def test_a_project_may_keep_less_and_never_more(db, run):
    org = factories.org(db)
    found = {}
    for days in (5, 20, None):
        text = "{}" if days is None else f'{{"retention_days": {days}}}'
        issue = factories.issue(db, factories.project(db, org, settings=text))
        for age in (4.99, 5.01, 9.99, 10.01):
            found[days, age] = factories.event(db, issue, received_at=ago(days=age))
    run(retention_days=10)
    expected = {(5, 4.99)} | {(days, age) for days in (20, None) for age in (4.99, 5.01, 9.99)}
    assert ids(db, "events") == sorted(found[name] for name in expected)


def test_between_imported_events_old_ones_are_found_once_a_day(db, project, run, monkeypatch):
    monkeypatch.setattr(retention, "WINDOW", 2)
    issue = factories.issue(db, project)
    young = [factories.event(db, issue, received_at=ago(days=1)) for _ in range(3)]
    factories.event(db, issue, received_at=ago(days=100))
    run(job.run)
    assert len(ids(db, "events")) == 4
    run(job.run_daily)
    assert ids(db, "events") == young


def test_rows_of_other_tables_go_by_their_rules(db, project, run):
    org = db.execute("SELECT org_id FROM projects").fetchone()[0]
    user = factories.user(db, org)
    release = factories.release(db, project)
    key = db.execute("SELECT id FROM client_keys").fetchone()[0]

    def put(table, made, is_old, **columns):
        made(**columns)
        return table, is_old

    tables = {
        "attachments": lambda old: factories.attachment(
            db, project, received_at=ago(days=91 if old else 89)
        ),
        "user_reports": lambda old: factories.report(
            db, project, received_at=ago(days=91 if old else 89)
        ),
        "sessions": lambda old: db.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, NULL, NULL, ?, ?, 0, ?)",
            (project, bytes([old]), release, ago(days=40), "exited" if old else "ok", ago(days=8)),
        ),
        "outcome_hours": lambda old: factories.outcome(
            db, key, clock.hour(ago(days=401 if old else 399))
        ),
        "usage_hours": lambda old: db.execute(
            "INSERT INTO usage_hours VALUES (?, 1, 1, 0)",
            (clock.hour(ago(days=401 if old else 399)),),
        ),
        "invitations": lambda old: factories.insert(
            db, "invitations", org_id=org, email=f"{old}@x.test", role="member",
            sha256=str(old), created_at=ago(days=9), expires_at=ago(days=2 if old else 0),
        ),
        "user_sessions": lambda old: factories.insert(
            db, "user_sessions", user_id=user, sha256=str(old), device="", address="",
            is_pending=0, is_persistent=0, created_at=ago(days=9), last_used_at=ago(days=2),
            expires_at=ago(days=2 if old else 0),
        ),
        "sign_in_attempts": lambda old: db.execute(
            "INSERT INTO sign_in_attempts VALUES (?, 1, ?)", (str(old), ago(days=2 if old else 0))
        ),
        "event_wants": lambda old: db.execute(
            "INSERT INTO event_wants VALUES (?, ?, ?)",
            (project, str(old), factories.event(
                db, factories.issue(db, project), received_at=ago(days=8 if old else 6)
            )),
        ),
        "operations": lambda old: factories.operation(
            db, project, created_at=ago(days=31 if old else 29)
        ),
        "audit_log": lambda old: factories.audit(db, org, created_at=ago(days=8 if old else 6)),
    }  # fmt: skip
    for make in tables.values():
        make(True)
        make(False)
    factories.token(db, org, user, revoked_at=ago(days=401))
    factories.token(db, org, user, expires_at=ago(days=399))
    factories.token(db, org, user)
    run()
    counts = {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
    assert counts == dict.fromkeys(tables, 1) | {"audit_log": 2}
    assert db.execute("SELECT count(*) FROM api_tokens").fetchone()[0] == 2
    run(audit_days=7)
    assert len(ids(db, "audit_log")) == 1


def test_check_ins_go_by_days_and_number_and_then_their_monitor(db, project, run):
    busy, quiet = (
        factories.monitor(db, project, slug, created_at=ago(days=200)) for slug in ("a", "b")
    )
    for _ in range(1250):
        factories.check_in(db, busy, updated_at=ago(days=1))
    for _ in range(3):
        factories.check_in(db, quiet, updated_at=ago(days=91))
    newest = ids(db, "check_ins")[250:1250]
    run()
    assert ids(db, "check_ins") == newest
    assert ids(db, "monitors") == [busy]


def test_after_a_jump_of_the_clock_nothing_is_old(db, database, project):
    factories.event(db, factories.issue(db, project), received_at=ago(days=100))
    turn = Turn()
    turn.trusts_clock = False
    work = Work(Settings(db=database), turn)
    job.run(work)
    job.run_daily(work)
    work.close()
    assert len(ids(db, "events")) == 1


def test_hours_of_long_ago_become_days_and_the_sums_stay(db, database, project, run):
    first, other = factories.issue(db, project, event_count=31), factories.issue(db, project)
    release = factories.release(db, project)
    old, young = ago(days=91)[:10], ago(days=89)[:10]
    hours = [(first, f"{old}T00", 1), (first, f"{old}T07", 10), (first, f"{old}T23", 20)]
    hours += [(other, f"{old}T08", 2), (other, f"{young}T08", 3), (other, f"{young}T09", 4)]
    db.executemany("INSERT INTO issue_hours VALUES (?, ?, ?)", hours)
    sessions = [("a", f"{old}T07"), ("a", f"{old}T08"), ("b", f"{old}T08"), ("a", f"{young}T07")]
    db.executemany(
        "INSERT INTO session_hours VALUES (?, ?, ?, 8, 1, 2, 3, 2)",
        [(release, *session) for session in sessions],
    )
    for _ in range(2):
        run()
        found = db.execute("SELECT * FROM issue_hours ORDER BY issue_id, hour").fetchall()
        assert [tuple(row) for row in found] == [
            (first, f"{old}T00", 31),
            (other, f"{old}T00", 2),
            (other, f"{young}T08", 3),
            (other, f"{young}T09", 4),
        ]
        found = db.execute("SELECT * FROM session_hours ORDER BY environment, hour").fetchall()
        assert [tuple(row)[1:] for row in found] == [
            ("a", f"{old}T00", 16, 2, 4, 6, 4),
            ("a", f"{young}T07", 8, 1, 2, 3, 2),
            ("b", f"{old}T00", 8, 1, 2, 3, 2),
        ]


def test_tags_that_no_issue_has_go_once_a_week(db, project, run):
    issue = factories.issue(db, project)
    used, _, _, other = (factories.tag(db, project, "browser", v) for v in ("a", "b", "c", ""))
    db.execute("UPDATE tag_keys SET value_count = 3")  # the value of all others is none
    lonely = factories.tag(db, project, "lonely", "a")
    environment = factories.tag(db, project, "environment", "prod")
    factories.issue_tag(db, issue, used, 1, ago(days=1))
    before = db.execute("SELECT config_version FROM instance").fetchone()[0]
    run()
    assert lonely in ids(db, "tags")
    run(job.run_weekly)
    assert ids(db, "tags") == [used, environment]
    assert other not in ids(db, "tags")
    keys = db.execute("SELECT key, value_count FROM tag_keys ORDER BY key").fetchall()
    assert [tuple(row) for row in keys] == [("browser", 1), ("environment", 1)]
    assert db.execute("SELECT config_version FROM instance").fetchone()[0] > before


def test_releases_beyond_the_cap_go_when_nothing_is_kept_of_them(db, database, project, run):
    old = {"created_at": ago(days=99), "sorted_at": ago(days=99), "last_seen": ago(days=91)}
    gone, first, of_part, with_event, with_sessions, young, registered = (
        factories.release(db, project, version=version, **(old | more))
        for version, more in {
            "gone": {},
            "first": {},
            "part": {},
            "event": {},
            "sessions": {},
            "young": {"last_seen": ago(days=89)},
            "registered": {"registered_at": ago(days=99)},
        }.items()
    )
    issue = factories.issue(db, project, event_count=1, first_release_id=first)
    factories.event(db, issue, release_id=with_event)
    for member in ({}, {"last_release_id": of_part, "last_release_at": ago(days=92)}):
        factories.part(db, issue, event_count=0, last_seen=ago(days=1), **member)
    db.execute("INSERT INTO issue_releases VALUES (?, ?, 5)", (issue, gone))
    hours = [(gone, ago(days=95)[:13]), (with_sessions, ago(days=1)[:13])]
    db.executemany("INSERT INTO session_hours VALUES (?, '', ?, 1, 0, 0, 0, 0)", hours)
    run(job.run_weekly, max_releases=6)
    assert gone in ids(db, "releases")  # there is room for them
    run(job.run_weekly, max_releases=1)
    kept = [first, of_part, with_event, with_sessions, young, registered]
    assert ids(db, "releases") == kept
    assert not isinstance(db.path, Path) or checks.references(db) == []


def test_issues_that_nobody_has_seen_go_when_nothing_is_kept_of_them(db, database, project, run):
    org = db.execute("SELECT org_id FROM projects").fetchone()[0]
    user, old = factories.user(db, org), {"first_seen": ago(days=40), "last_seen": ago(days=31)}
    gone, assigned, commented, kept = (
        factories.issue(db, project, **old, **more)
        for more in (
            {"event_count": 5, "user_count": 1200},
            {"assignee_id": user, "event_count": 0},
            {"event_count": 0},
            {"event_count": 1},
        )
    )
    young = factories.issue(
        db, project, event_count=0, first_seen=ago(days=40), last_seen=ago(days=29)
    )
    factories.insert(db, "comments", issue_id=commented, text="a", created_at=ago(days=40))
    factories.event(db, kept, received_at=ago(days=1))
    db.execute("INSERT INTO issue_hours VALUES (?, ?, 1)", (kept, clock.hour(ago(days=31))))
    release = factories.release(db, project, events=5, issues=1)
    tag = factories.tag(db, project, "a", "b")
    factories.issue_tag(db, gone, tag, 5, ago(days=31))
    db.execute("INSERT INTO issue_releases VALUES (?, ?, 5)", (gone, release))
    users = [(gone, number.to_bytes(16, "big")) for number in range(1200)]
    db.executemany("INSERT INTO issue_users VALUES (?, ?)", users)
    run()
    assert gone in ids(db, "issues")
    run(issue_days=30)
    assert ids(db, "issues") == [assigned, commented, kept, young]
    assert db.execute("SELECT events, issues FROM releases").fetchone()[:] == (0, 0)
    db.close()
    assert checks.problems_of(database) == []
