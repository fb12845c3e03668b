"""Conditions that are counted: frequency, users, crash-free rates, quotas."""

import json

import pytest

from jentry import clock
from jentry.alerts.counters import Window
from jentry.store import merging
from jentry.store.connection import transaction
from jentry.store.payloads import pack
from jentry.store.rows import Outcome, SessionCounts


@pytest.fixture
def told(hook):
    """Items that a hook was told."""

    def told():
        return [item for _, _, body in hook.posts for item in json.loads(body)["data"]["items"]]

    return told


@pytest.fixture
def rule(world, hook):
    def rule(condition, **wanted):
        channel, _ = world.channel(kind="webhook", url=hook.url, digest_seconds=0)
        return world.rule(condition, channels=[channel["id"]], **wanted)

    return rule


def often(more_than, seconds=300):
    return {"kind": "frequency", "more_than": more_than, "window_seconds": seconds}


def test_an_issue_with_more_events_than_that_is_told_and_counted_anew(world, run, rule, told):
    rule(often(10), throttle_seconds=0)
    run(6)
    world.send(number=10)
    run(12)
    assert told() == []
    world.send()
    run(12)
    assert [(item["condition"], item["detail"]) for item in told()] == [
        ("frequency", {"events": 11, "windowSeconds": 300}),
    ]  # fmt: skip
    world.send(number=10)
    run(12)
    assert len(told()) == 1
    world.send(number=1)
    run(12)
    assert [item["detail"]["events"] for item in told()] == [11, 11]


def test_a_part_of_a_merged_issue_is_never_told_of(world, run, rule, told):
    """Neither of itself nor by its own numbers, even if it was new when it was merged."""
    channel = rule(often(10), throttle_seconds=0)["channel_ids"]
    world.rule("new_issue", "regressed", channels=channel, name="Others")
    run(6)
    first, second = world.send("A: a"), world.send("B: b")
    with transaction(world.db) as at:
        merging.join(world.db, world.actor, first, [second], at)
    run(6)
    assert {item["issue"]["id"] for item in told()} == {first}
    world.send("B: b", number=6)
    world.send("A: a", number=6)
    run(12)
    world.set_status(first, "resolved")
    world.send("B: b")
    run(12)
    assert {item["issue"]["id"] for item in told()} == {first}
    assert {"new_issue", "frequency", "regressed"} == {item["condition"] for item in told()}


def test_events_before_the_window_do_not_count(world, run, rule, told):
    rule(often(10, 60))
    run(6)
    for _ in range(4):
        world.send(number=5)
        run(70, step=5)
    assert told() == []


def test_the_throttle_holds_back_and_tells_how_often(world, run, rule, told):
    rule(often(5), throttle_seconds=600)
    run(6)
    for _ in range(6):
        world.send(number=6)
        run(120, step=5)
    assert [item["detail"].get("suppressed") for item in told()] == [None, 4]


@pytest.mark.parametrize(
    ("wanted", "is_told"),
    [
        ({"levels": ["fatal"]}, False),
        ({"environments": ["prod*"]}, True),
        ({"environments": ["!production"]}, False),
        ({"tags": {"tenant": ["gold"]}}, True),
        ({"tags": {"tenant": ["silver"]}}, False),
        ({"assignee_ids": [1]}, False),
    ],
)
def test_only_events_that_fit_are_counted(world, run, rule, told, wanted, is_told):
    rule(often(5), filter=wanted)
    run(6)
    payload = pack(b'{"tags": {"tenant": "gold"}, "contexts": {}, "level": "error"}')
    world.send(number=6, payload=payload)
    run(12)
    assert len(told()) == is_told


def test_what_came_while_nobody_looked_is_counted_after_a_start(world, rule, start, told, time,
                                                               alert_settings):  # fmt: skip
    rule(often(10, 3600))
    world.send(number=11)
    time.pass_(60)
    start(alert_settings)(10)
    assert len(told()) == 1
    start(alert_settings)(10)
    assert len(told()) == 1, "what was told before a restart is not told again"


def test_resolved_issues_are_not_counted(world, run, rule, told):
    rule(often(5))
    run(6)
    issue = world.send(number=6)
    world.set_status(issue, "ignored", "archived_forever")
    run(12)
    assert told() == []


def test_an_issue_that_hits_many_users_is_told_once(world, run, rule, told):
    rule({"kind": "users", "more_than": 2})
    run(6)
    for number in range(6):
        world.send(user_hash=number.to_bytes(16))
        run(6)
    assert [(item["condition"], item["detail"]) for item in told()] == [("users", {"users": 3})]


def sessions(world, started, crashed, environment="production"):
    at = clock.timestamp(clock.now())
    counts = SessionCounts("shop@1", environment, at, started - crashed, 0, crashed, 0, 0)
    with transaction(world.db):
        world.store(at, session_counts=[counts])


def test_a_falling_crash_free_rate_is_told_once_until_it_was_above(world, run, rule, told):
    rule({"kind": "crash_free", "below": 95.0, "window_seconds": 3600, "min_sessions": 50})
    sessions(world, 40, 20)
    run(70, step=5)
    assert told() == []
    sessions(world, 60, 0)
    run(200, step=10)
    assert [item["detail"] for item in told()] == [
        {"crashFreeRate": 80.0, "sessions": 100, "windowSeconds": 3600},
    ]  # fmt: skip
    sessions(world, 900, 0)
    run(70, step=5)
    sessions(world, 1000, 200)
    run(70, step=5)
    assert [item["detail"]["crashFreeRate"] for item in told()] == [80.0, 89.0]


def test_events_that_a_quota_drops_are_told(world, run, rule, told):
    rule("quota")
    run(6)
    at = clock.timestamp(clock.now())
    with transaction(world.db):
        world.store(at, outcomes=[Outcome("error", "rate_limited", "quota", 7)])
    run(12)
    assert [(item["condition"], item["issue"], item["detail"]) for item in told()] == [
        ("quota", None, {"dropped": 7}),
    ]  # fmt: skip


def test_counters_are_bounded():
    window = Window(300, most=100)
    for number in range(1000):
        window.add(number, number, 1)
    assert len(window._counts) <= 100
    assert window.total(999, 999) == 1
