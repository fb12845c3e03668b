"""Jobs that are missed, fail or run for too long are issues, and recover by themselves."""

import json

import pytest

from jentry import clock
from jentry.store import monitors
from jentry.store.connection import transaction
from jentry.store.rows import CheckInRow

HOURLY = {"schedule": {"type": "crontab", "value": "0 * * * *"}, "checkin_margin": 5}


@pytest.fixture
def check_in(world, time):
    def check_in(status, number=0, config=HOURLY, environment=None):
        at = clock.timestamp(clock.now())
        row = CheckInRow(
            "nightly", number.to_bytes(16) if number else None, status, None, environment, None,
            config and json.dumps(config),
        )  # fmt: skip
        with transaction(world.db):
            world.store(at, check_ins=[row])

    return check_in


def issues(world):
    rows = world.db.execute(
        "SELECT title, culprit, level, status, event_count FROM issues ORDER BY id"
    )
    return [tuple(row) for row in rows]


def state(world):
    (monitor,) = monitors.page(world.db, world.actor, world.project, 9, 1)[0]
    return monitor["environments"]


def test_a_job_that_does_not_report_in_is_told_once_and_its_return_too(
    world, run, check_in, mailbox
):
    check_in("ok")
    run(5)
    assert state(world)[0]["next_expected_at"] == "2026-11-20T13:00:00.000Z"
    run(3600 + 4 * 60, step=60)
    assert issues(world) == []
    run(120, step=10)
    title = "Cron job nightly missed its check-in"
    assert issues(world) == [(title, "nightly", "error", "unresolved", 1)]
    assert [one["status"] for one in state(world)] == ["failing"]
    run(60, step=5)
    assert mailbox.subjects == [f"[shop: new] {title}"]
    check_in("ok")
    run(310, step=10)
    assert issues(world) == [(title, "nightly", "error", "resolved", 1)]
    assert mailbox.subjects[1:] == [f"[shop: recovered] {title}"]
    assert [one["status"] for one in state(world)] == ["ok"]


def test_a_job_that_is_started_early_by_a_second_is_not_missed(world, time, run, check_in):
    time.pass_(-2)
    check_in("ok")
    run(3600 - 2, step=60)
    check_in("ok")
    run(3600 + 60, step=60)
    assert issues(world) == []


@pytest.mark.parametrize(("threshold", "number"), [(1, 3), (2, 2), (3, 1), (4, 0)])
def test_failures_in_a_row_make_an_issue(world, run, check_in, threshold, number):
    config = HOURLY | {"failure_issue_threshold": threshold}
    for each in range(1, 4):
        check_in("error", each, config)
        run(2)
    assert [count for *_, count in issues(world)] == ([number] if number else [])


def test_good_runs_in_a_row_resolve_it(world, run, check_in):
    config = HOURLY | {"recovery_threshold": 2}
    check_in("error", 1, config)
    run(2)
    check_in("ok", 2, config)
    run(2)
    assert issues(world)[0][3] == "unresolved"
    check_in("ok", 3, config)
    run(2)
    assert issues(world)[0][3] == "resolved"


def test_a_job_that_runs_for_too_long_is_an_issue_until_it_ends(world, run, check_in):
    config = HOURLY | {"max_runtime": 10}
    check_in("in_progress", 7, config)
    run(700, step=20)
    assert [title for title, *_ in issues(world)] == ["Cron job nightly ran too long"]
    status = world.db.execute("SELECT status FROM check_ins").fetchone()
    assert status[0] == "timeout"
    check_in("ok", 7, config)
    run(5)
    assert issues(world)[0][3] == "resolved"


def test_an_outage_of_the_job_is_one_miss_at_a_time_and_one_issue(world, run, check_in):
    check_in("ok")
    run(4 * 3600, step=120)
    statuses = [row[0] for row in world.db.execute("SELECT status FROM check_ins ORDER BY id")]
    assert statuses == ["ok", "missed", "missed", "missed"]
    assert [count for *_, count in issues(world)] == [3]


def test_what_fell_due_while_nobody_looked_is_unknown(
    world, time, check_in, start, mailbox, alert_settings
):
    world.db.execute("UPDATE users SET is_operator = 1")
    first = start(alert_settings)
    check_in("ok")
    first(5)
    time.pass_(10 * 3600)
    start(alert_settings)(10)
    assert issues(world) == []
    assert state(world)[0]["next_expected_at"] == "2026-11-20T23:00:00.000Z"
    assert mailbox.subjects == ["jentry was not running"]


def test_deciding_twice_stores_once(world, run, check_in):
    check_in("ok")
    run(3600 + 330, step=60)
    assert [count for *_, count in issues(world)] == [1]
    world.db.execute(
        "UPDATE monitor_environments SET next_expected_at = '2026-11-20T13:00:00.000Z',"
        " due_at = '2026-11-20T13:05:00.000Z'"
    )
    run(5)
    assert [count for *_, count in issues(world)] == [1]


@pytest.mark.parametrize("how", ["is_active", "is_muted"])
def test_a_job_that_is_off_or_muted_makes_no_issue(world, run, check_in, how):
    check_in("ok")
    run(2)
    with transaction(world.db) as at:
        monitors.update(world.db, world.actor, 1, {how: how == "is_muted"}, at)
    if how == "is_muted":
        check_in("ok")
    run(2 * 3600, step=60)
    check_in("error", 9)
    run(5)
    assert issues(world) == []
    found = [one["status"] for one in state(world)]
    assert found == (["failing"] if how == "is_muted" else ["ok"])


def test_environments_are_judged_apart(world, run, check_in):
    check_in("ok", 1, environment="eu")
    check_in("error", 2, environment="us")
    run(3)
    assert [(one["environment"], one["status"]) for one in state(world)] == [
        ("eu", "ok"), ("us", "failing"),
    ]  # fmt: skip
    assert len(issues(world)) == 1


def test_a_schedule_that_cannot_be_read_expects_nothing(world, run, check_in):
    check_in("ok", config={"schedule": {"type": "crontab", "value": "at night"}})
    run(5)
    assert state(world)[0]["next_expected_at"] is None
