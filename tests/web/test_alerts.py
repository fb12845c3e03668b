"""Alert rules, channels and deliveries in the browser."""

import html
import re

import factories
import pytest
from werkzeug.datastructures import MultiDict

from jentry.store import alert_rules
from jentry.store.audit import Actor
from jentry.store.connection import transaction

CHANNELS, RULES, DELIVERIES = (
    f"/settings/alerts/{name}" for name in ("channels", "rules", "deliveries")
)
URL = "https://hooks.example.com/s3cret-path"


@pytest.fixture
def channel(web, db):
    web.post(CHANNELS, {"name": "Ops", "kind": "webhook", "url": URL})
    return db.execute("SELECT id FROM alert_channels").fetchone()[0]


def rows(db, sql):
    return [tuple(row) for row in db.execute(sql)]


def test_a_channel_is_made_and_its_secret_shown_once(web, db):
    page = web.post(CHANNELS, {"name": "Ops", "kind": "webhook", "url": URL}).text
    (secret,) = db.execute("SELECT secret FROM alert_channels").fetchone()
    assert secret in page
    assert "s3cret" not in page
    again = web.get(CHANNELS).text
    assert secret not in again
    assert "https://hooks.example.com/…" in again


def test_a_mistake_is_said_and_what_was_typed_is_kept(web, db):
    answer = web.post(CHANNELS, {"name": "Ops", "kind": "email", "to": "nobody"})
    assert answer.status_code == 400
    assert "Must be members, assignee or an email address." in answer.text
    assert 'value="Ops"' in answer.text
    assert rows(db, "SELECT id FROM alert_channels") == []


def test_a_test_leads_to_its_delivery(web, db, channel):
    answer = web.post(f"{CHANNELS}/{channel}/test", on=CHANNELS)
    assert answer.headers["Location"] == f"{DELIVERIES}?channelId={channel}"
    assert rows(db, "SELECT kind, state FROM deliveries") == [("test", "waiting")]
    assert "Waiting" in web.get(answer.headers["Location"]).text


def test_a_channel_is_switched_off_and_deleted(web, db, channel):
    web.post(f"{CHANNELS}/{channel}/switch", {"to": "off"}, on=CHANNELS)
    assert rows(db, "SELECT is_active FROM alert_channels") == [(0,)]
    web.post(f"{CHANNELS}/{channel}/delete", on=CHANNELS)
    assert rows(db, "SELECT id FROM alert_channels") == []


def test_a_rule_is_built_tried_and_read_as_a_sentence(web, db, world, channel):
    at = "2026-11-25T10:00:00.000Z"
    factories.issue(db, world.project, title="<b>Broken</b>", first_seen=at, last_seen=at)
    form = {
        "name": "Checkout", "condition": ["new_issue", "regressed"], "events": "100",
        "minutes": "5", "level": ["error"], "environments": "prod* !prod-test",
        "channel": channel, "throttle": "30", "project": world.project,
    }  # fmt: skip
    tried = web.post(RULES, form | {"do": "try", "level": []}).text
    assert "In the last 14 days: " in tried
    assert "<b>Broken" not in tried
    assert 'value="Checkout"' in tried
    assert rows(db, "SELECT id FROM alert_rules") == []
    web.post(RULES, form | {"do": "add"})
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", web.get(RULES).text))
    assert (
        "When a new issue appears, or a resolved issue comes back, or an issue gets more than 100 "
        "events in 5 minutes, in Shop, at error, in prod*, !prod-test, tell Ops." in text
    )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"channel": []}, "channelIds: Length must be between 1 and 20."),
        ({"condition": []}, "conditions: Length must be between 1 and 10."),
        ({"events": "many"}, "Say how many events as a whole number."),
        ({"channel": 10**6}, "channelIds: There is no 1000000 in this organization."),
    ],
)
def test_what_a_rule_lacks_is_said(web, db, channel, change, error):
    form = {"name": "x", "condition": "new_issue", "channel": channel, "throttle": "30"}
    answer = web.post(RULES, form | change)
    assert (answer.status_code, error in answer.text) == (400, True)
    assert rows(db, "SELECT id FROM alert_rules") == []


def test_a_rule_is_switched_off_and_deleted(web, db, world):
    rule = factories.alert_rule(db, world.org)
    web.post(f"{RULES}/{rule}/switch", {"to": "off"}, on=RULES)
    assert rows(db, "SELECT is_active FROM alert_rules") == [(0,)]
    web.post(f"{RULES}/{rule}/delete", on=RULES)
    assert rows(db, "SELECT id FROM alert_rules") == []


def test_deliveries_show_the_answer_and_are_tried_again(web, db, world):
    channel = factories.alert_channel(db, world.org)
    foreign = factories.alert_channel(db, world.foreign_org)
    factories.delivery(db, world.foreign_org, foreign, error="not ours")
    made = factories.delivery(db, world.org, channel, error="500 <i>no</i>")
    page = web.get(DELIVERIES).text
    assert "500 &lt;i&gt;no" in page
    assert "not ours" not in page
    web.post(f"{DELIVERIES}/{made}/retry", on=DELIVERIES)
    assert rows(db, f"SELECT state FROM deliveries WHERE id = {made}") == [("waiting",)]


def test_a_member_looks_changes_nothing_and_may_opt_out(app, db, world, signed_in):
    channel = factories.alert_channel(
        db, world.org, kind="email", url=None, recipients='["members"]', name="Members by mail"
    )
    rule = factories.alert_rule(db, world.org)
    member = signed_in(world.member)
    page = member.get(CHANNELS)
    assert page.status_code == 200
    assert "Add a channel" not in page.text
    assert "Add a rule" not in member.get(RULES).text
    assert member.get(DELIVERIES).status_code == 200
    wanted = {"name": "x", "kind": "email", "to": "members"}
    addresses = (f"{CHANNELS}/{channel}/delete", f"{CHANNELS}/{channel}/test", CHANNELS,
                 f"{RULES}/{rule}/delete")  # fmt: skip
    for address in addresses:
        data = wanted if address == CHANNELS else {}
        assert member.post(address, data, on=CHANNELS).status_code == 403
    member.post(f"{CHANNELS}/{channel}/mine", {"to": "off"}, on=CHANNELS)
    assert len(rows(db, "SELECT email FROM alert_optouts")) == 1
    member.post(f"{CHANNELS}/{channel}/mine", {"to": "on"}, on=CHANNELS)
    assert rows(db, "SELECT email FROM alert_optouts") == []


WHOLE = {
    "name": "Checkout",
    "project_ids": None,
    "conditions": [
        {"kind": "new_issue"},
        {"kind": "quota"},
        {"kind": "frequency", "more_than": 100, "window_seconds": 90},
        {"kind": "frequency", "more_than": 0, "window_seconds": 86400},
        {"kind": "users", "more_than": 7},
        {"kind": "crash_free", "below": 99.5, "window_seconds": 5000, "min_sessions": 10},
    ],
    "filter": {
        "levels": ["fatal"],
        "environments": ["prod*", "!prod-test"],
        "releases": ["shop 1.*", "!shop 1.0"],
        "tags": {"tenant": ["gold", "sil*"], "a.b": ["!x"]},
    },
    "throttle_seconds": 61,
}


def test_a_rule_is_edited_and_what_is_not_touched_stays(web, db, world, channel):
    actor = Actor(world.org, world.owner, "web")
    rule = WHOLE | {"channel_ids": [channel], "is_active": False, "project_ids": [world.project]}
    rule["filter"] = WHOLE["filter"] | {"assignee_ids": [world.member]}
    with transaction(db) as at:
        made = alert_rules.create(db, actor, rule, at)
    address = f"{RULES}/{made['id']}"
    form = filled(web.get(address).text)
    form.setlist("do", ["save"])
    assert web.client.post(address, data=form).status_code == 303
    assert alert_rules.get(db, actor, made["id"]) == made
    form["name"] = "Till"
    form["releases"] = ""
    form.poplist("assignee")
    form["do"] = "try"
    assert web.client.post(address, data=form).status_code == 200
    assert alert_rules.get(db, actor, made["id"]) == made
    form["do"] = "save"
    assert web.client.post(address, data=form).status_code == 303
    now = alert_rules.get(db, actor, made["id"])
    assert (now["name"], now["is_active"]) == ("Till", False)
    assert now["filter"].keys() == {"levels", "environments", "tags"}
    assert now["conditions"] == made["conditions"]


def filled(page):
    """The fields of the rule's form as a browser without scripts would send them."""
    form, found = MultiDict(), re.search(r'<form class="pad stack-form".*?</form>', page, re.S)[0]
    for text in re.findall(r"<(?:input|textarea)[^>]*>(?:[^<]*(?=</textarea>))?", found):
        tag, _, inner = text.partition(">")
        said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if said.get("type") != "checkbox" or " checked" in tag:
            value = inner.removeprefix("\n") if tag.startswith("<textarea") else said["value"]
            form.add(said["name"], html.unescape(value))
    return form


@pytest.mark.parametrize("who", ["member", "foreign_user"])
def test_only_those_who_manage_alerts_edit_them(signed_in, db, world, who):
    with transaction(db):
        rule = factories.alert_rule(db, world.org)
    browser = signed_in(getattr(world, who))
    expected = 403 if who == "member" else 404
    assert browser.get(f"{RULES}/{rule}").status_code == expected
    data = {"name": "x", "condition": "quota", "channel": "1", "throttle": "1"}
    answer = browser.post(f"{RULES}/{rule}", data, on="/account")
    assert answer.status_code == expected


def line(browser, address="/projects"):
    found = re.search(r'<div class="note warn">(.*?)</div></div>', browser.get(address).text, re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found[1])).strip() if found else None


def test_owners_see_on_every_page_that_alerts_reach_nobody(signed_in, web, db, world, channel):
    assert line(web).startswith("Nobody hears of errors: no mail server is set")
    assert line(signed_in(world.admin)) is None
    with transaction(db):
        rule = factories.alert_rule(db, world.org)
        db.execute("INSERT INTO alert_rule_channels VALUES (?, ?)", (rule, channel))
    assert line(web) is None
    db.execute("UPDATE alert_channels SET failures = 2, name = '<b>Ops' WHERE id = ?", (channel,))
    assert line(web, "/account") == "Alerts do not arrive: &lt;b&gt;Ops fails. Why"
    db.execute("UPDATE alert_channels SET is_active = 0")
    assert line(web).startswith("Nobody hears of errors")
    db.execute("UPDATE instance SET is_demo = 1")
    assert line(web) is None
