"""From an event to a message, once, and nothing else."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import receivers

from jentry.store import alert_channels, orgs, users
from jentry.store.audit import Actor
from jentry.store.connection import transaction
from jentry.store.payloads import pack


def test_a_new_issue_is_told_by_mail_and_its_next_events_are_not(world, run, mailbox):
    world.send()
    run(3)
    world.send(number=5)
    run(400, step=20)
    assert mailbox.subjects == ["[shop: new] ValueError: bad"]
    assert [to for to, _, _ in mailbox.mails] == ["ada@jentry.test"]
    (delivery,) = world.deliveries()
    assert (delivery["state"], delivery["answer"], delivery["attempts"]) == (
        "sent", "250 2.0.0 queued", 1,
    )  # fmt: skip
    assert delivery["items"][0]["condition"] == "new_issue"


def test_what_follows_within_the_digest_is_one_message_at_its_end(world, run, mailbox):
    world.send("first")
    run(2)
    for number in range(30):
        world.send(f"later {number}")
        run(2)
    assert mailbox.subjects == ["[shop: new] first"]
    run(310 - 62, step=5)
    assert mailbox.subjects == ["[shop: new] first", "[30 alerts, shop: new] later 0"]
    text = mailbox.mails[1][1].get_body(("plain",)).get_content()
    assert "later 19" in text
    assert "later 20" not in text
    assert "And 10 more: http://jentry.test/issues" in text


def test_a_burst_begins_with_one_message(world, run, mailbox):
    for number in range(50):
        world.send(f"burst {number}")
    run(3)
    assert mailbox.subjects == ["[50 alerts, shop: new] burst 0"]


@pytest.mark.parametrize(
    ("level", "told"), [("fatal", 1), ("error", 1), ("warning", 0), ("info", 0), ("debug", 0)]
)
def test_the_default_rule_tells_errors_only(world, run, mailbox, level, told):
    world.send(level=level)
    run(3)
    assert len(mailbox.mails) == told


def test_an_issue_that_returns_is_told_once_in_the_time_of_the_throttle(world, run, mailbox):
    issue = world.send()
    run(310, step=10)
    for _ in range(3):
        world.set_status(issue, "resolved")
        world.send()
        run(310, step=10)
    run(1800, step=60)
    world.set_status(issue, "resolved")
    world.send()
    run(310, step=10)
    assert [subject.split("]")[0] for subject in mailbox.subjects] == [
        "[shop: new", "[shop: regressed", "[shop: regressed",
    ]  # fmt: skip
    assert "2 more alerts since the last one" in mailbox.mails[2][2].decode()


def test_two_rules_that_lead_to_one_channel_make_one_item(world, run, hook):
    channel, _ = world.channel(kind="webhook", url=hook.url)
    first = world.rule("new_issue", channels=[channel["id"]])
    second = world.rule("new_issue", "regressed", channels=[channel["id"]], name="Other")
    world.send()
    run(3)
    (delivery,) = world.deliveries()
    assert [item["rule_ids"] for item in delivery["items"]] == [[first["id"], second["id"]]]
    (item,) = json.loads(hook.posts[0][2])["data"]["items"]
    assert item["rules"] == [
        {"id": first["id"], "name": "Rule"}, {"id": second["id"], "name": "Other"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("patterns", "told"),
    [
        (["prod*"], ["prod-eu"]),
        (["!staging"], ["dev"]),
        (["staging"], ["staging"]),
        (["qa"], []),
        ([], ["staging"]),
    ],
)
def test_the_first_event_in_an_environment_is_new_to_a_rule_that_names_it(
    world, run, hook, patterns, told
):
    channel, _ = world.channel(kind="webhook", url=hook.url, digest_seconds=0)
    world.rule("new_issue", channels=[channel["id"]], filter={"environments": patterns})
    for name in ("staging", "dev", "prod-eu", "prod-us", "prod-eu"):
        world.send(environment=name, tags=(("environment", name),))
        run(3)
    items = [i for _, _, body in hook.posts for i in json.loads(body)["data"]["items"]]
    assert [item["environment"] for item in items] == told


@pytest.mark.parametrize(
    ("wanted", "is_told"),
    [
        ({"levels": ["error"]}, True),
        ({"levels": ["fatal"]}, False),
        ({"releases": ["shop@1.*"]}, True),
        ({"releases": ["!shop@1.*"]}, False),
        ({"tags": {"tenant": ["gold", "silver"]}}, True),
        ({"tags": {"tenant": ["!gold"]}}, False),
        ({"tags": {"other": ["*"]}}, True),
        ({"tags": {"other": ["?*"]}}, False),
        ({"assignee_ids": [1]}, False),
        ({"levels": ["error"], "environments": ["PROD*"]}, True),
    ],
)
def test_a_rule_fits_only_what_passes_all_its_filters(world, run, hook, wanted, is_told):
    channel, _ = world.channel(kind="webhook", url=hook.url)
    world.rule("new_issue", channels=[channel["id"]], filter=wanted)
    payload = pack(b'{"tags": {"tenant": "gold"}, "contexts": {}, "level": "error"}')
    world.send(release="shop@1.4", payload=payload)
    run(3)
    assert len(hook.posts) == is_told


def test_quiet_hours_hold_back_and_then_there_is_one_message(world, time, run, mailbox):
    quiet = {
        "timezone": "Europe/Berlin", "days": [], "begin": "12:00", "end": "14:00",
        "except_levels": ["fatal"],
    }  # fmt: skip
    with transaction(world.db) as at:
        channel = world.default_channel["id"]
        change = {"quiet_hours": quiet, "digest_seconds": 0}
        alert_channels.update(world.db, world.actor, channel, change, at)
    for number in range(3):
        world.send(f"at one {number}")
        run(60, step=20)
    assert mailbox.subjects == []
    world.send("it burns", level="fatal")
    run(3)
    assert mailbox.subjects == ["[shop: new] it burns"]
    run(3600, step=300)  # 12:00 in UTC was 13:00 in Berlin
    assert mailbox.subjects == ["[shop: new] it burns", "[3 alerts, shop: new] at one 0"]


def test_a_muted_issue_is_told_to_nobody(world, run, mailbox):
    issue = world.send()
    run(310, step=10)
    world.db.execute("UPDATE issues SET muted_until = '2026-11-20T13:00:00.000Z'")
    world.set_status(issue, "resolved")
    world.send()
    run(310, step=10)
    assert len(mailbox.mails) == 1


def test_what_was_muted_before_it_was_sent_is_left_out(world, run, mailbox):
    mailbox.answer = "451 later"
    world.send()
    run(3)
    world.db.execute("UPDATE issues SET muted_until = '2026-11-21T13:00:00.000Z'")
    mailbox.answer = "250 ok"
    run(60, step=5)
    assert mailbox.mails == []
    assert [delivery["state"] for delivery in world.deliveries()] == ["cancelled"]


def test_what_was_resolved_meanwhile_says_so(world, run, mailbox):
    mailbox.answer = "451 later"
    issue = world.send()
    run(3)
    world.set_status(issue, "resolved")
    mailbox.answer = "250 ok"
    run(60, step=5)
    assert "Resolved by now." in mailbox.mails[0][1].get_body(("plain",)).get_content()


def test_a_mail_server_that_is_down_for_three_hours(world, time, mailbox, start, alert_settings):
    """One message that failed, and one with all the rest."""
    dead = replace(alert_settings.smtp_url, port=receivers.free_port())
    run = start(alert_settings, smtp_url=dead)
    world.send("the first")
    run(5)
    for hour in range(3):
        world.send(f"in hour {hour}")
        run(3600, step=30)
    channel = world.default_channel
    assert channel["failures"] >= 8
    assert "refused" in channel["last_error"].lower()
    assert [delivery["state"] for delivery in world.deliveries()] == ["waiting", "waiting"]
    assert {delivery["kind"] for delivery in world.deliveries()} == {"alert", "notice"}
    with receivers.mail_server(dead.port) as revived:
        run(3700, step=30)
        found = [subject for subject in revived.subjects if "fail" not in subject]
    assert found == ["[shop: new] the first", "[3 alerts, shop: new] in hour 0"]
    assert world.default_channel["failures"] == 0


def test_after_a_day_a_message_is_given_up_and_the_rest_goes_on(world, start, alert_settings):
    dead = replace(alert_settings.smtp_url, port=receivers.free_port())
    run = start(alert_settings, smtp_url=dead)
    world.send("the first")
    run(25 * 3600, step=600)
    first = next(d for d in world.deliveries() if d["kind"] == "alert")
    assert first["state"] == "failed"
    assert first["error"].startswith("Given up after 24 hours: ")
    world.send("the second")
    with receivers.mail_server(dead.port) as revived:
        run(2 * 3600, step=300)
        assert "[shop: new] the second" in revived.subjects


def test_an_address_that_is_refused_harms_nobody_else(world, run, mailbox):
    world.add_user("bad@jentry.test")
    mailbox.refuse["bad@jentry.test"] = "550 no such mailbox"
    world.send()
    run(5)
    assert {d["recipient"]: d["state"] for d in world.deliveries()} == {
        "ada@jentry.test": "sent", "bad@jentry.test": "failed",
    }  # fmt: skip
    assert world.default_channel["failures"] == 0


def test_who_opted_out_hears_no_more(world, run, mailbox):
    world.add_user("bob@jentry.test")
    channel = world.default_channel["id"]
    world.db.execute(
        "INSERT INTO alert_optouts VALUES (?, 'ada@jentry.test', '2026-11-20T12:00:00.000Z')",
        (channel,),
    )
    world.send()
    run(5)
    assert [to for to, _, _ in mailbox.mails] == ["bob@jentry.test"]


def test_without_a_mail_server_alerts_are_dropped_not_hoarded(
    world, start, mailbox, alert_settings
):
    start(alert_settings, smtp_url=None)(5)
    world.send()
    run = start(alert_settings, smtp_url=None)
    run(5)
    start(alert_settings)(310)
    assert mailbox.mails == []
    assert world.deliveries() == []


def test_what_a_notifier_that_died_was_sending_is_sent_again_by_the_same_name(
    world, mailbox, start, alert_settings
):
    world.send()
    start(alert_settings)(3)
    world.db.execute("UPDATE deliveries SET state = 'sending', due_at = created_at")  # not settled
    start(alert_settings)(3)
    assert len({mail["Message-ID"] for _, mail, _ in mailbox.mails}) == 1
    assert len(mailbox.mails) == 2


def test_the_clock_may_go_back(world, time, run, mailbox):
    time.monotonic = lambda start=time.now: 0
    world.send("before")
    run(3)
    time.now -= timedelta(days=2)
    world.send("after")
    run(310, step=10)
    alerts = [subject for subject in mailbox.subjects if subject.startswith("[")]
    assert alerts == ["[shop: new] before", "[shop: new] after"]


def test_an_organization_hears_nothing_of_another(world, run, mailbox, db):
    with transaction(db) as at:
        org = orgs.create(db, "Other", "other", at, "cli")
        users.create(db, Actor(org["id"], None, "cli"), "eve@jentry.test", None, "owner", None, at)
    world.send()
    run(5)
    assert [to for to, _, _ in mailbox.mails] == ["ada@jentry.test"]


def test_a_test_that_fails_holds_nothing_back(world, run, hook):
    channel, _ = world.channel(kind="webhook", url=hook.url)
    world.rule("new_issue", channels=[channel["id"]])
    hook.status = 500
    with transaction(world.db) as at:
        alert_channels.test(world.db, world.actor, channel["id"], None, at)
    run(3)
    hook.status = 200
    world.send()
    run(3)
    states = [(one["kind"], one["state"]) for one in world.deliveries()]
    assert states == [("test", "failed"), ("alert", "sent")]
    assert alert_channels.get(world.db, world.actor, channel["id"])["failures"] == 0


def test_a_test_is_sent_at_once_whatever_the_channel_is_like(world, run, hook):
    channel, _ = world.channel(kind="webhook", url=hook.url)
    world.rule("new_issue", channels=[channel["id"]])
    hook.status = 500
    world.send()
    run(200, step=10)
    hook.status = 200
    with transaction(world.db) as at:
        alert_channels.test(world.db, world.actor, channel["id"], None, at)
    run(0)
    assert world.deliveries()[-1]["state"] == "sent"
