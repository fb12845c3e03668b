"""On an issue: who was told, when and how; nobody for a while."""

import factories
import pytest

from jentry import clock
from jentry.store.connection import transaction

AT = "2026-11-20T12:00:00.000Z"


@pytest.fixture
def issue(db, world):
    with transaction(db):
        return factories.issue(db, world.project, title="TypeError: <b>no</b>")


@pytest.fixture
def address(world, issue):
    return f"/projects/{world.project}/issues/{issue}"


def tell(db, world, issue, org=None, **delivery):
    org = org or world.org
    with transaction(db):
        channel = factories.alert_channel(db, org, name="Night <i>shift</i>")
        batch = factories.insert(
            db, "alerts", org_id=org, channel_id=channel, project_id=world.project,
            issue_id=issue, condition="new_issue", detail="{}", at=AT,
        )  # fmt: skip
        db.execute("UPDATE alerts SET batch = id WHERE id = ?", (batch,))
        values = {
            "org_id": org, "channel_id": channel, "batch": batch, "kind": "alert",
            "recipient": "https://hooks.jentry.test/…", "state": "sent", "created_at": AT,
            "tried_from": AT, "sent_at": AT, "answer": "200 <b>ok</b>",
        }  # fmt: skip
        factories.insert(db, "deliveries", **values | delivery)


def muted_until(db, issue):
    return db.execute("SELECT muted_until FROM issues WHERE id = ?", (issue,)).fetchone()[0]


def test_the_page_says_who_was_told_when_and_how(web, db, world, issue, address):
    assert "Nobody in the last 30 days." in web.get(address).text
    tell(db, world, issue)
    tell(db, world, issue, recipient="bob@jentry.test", state="failed", error="550 <u>no</u>")
    tell(db, world, issue, org=world.foreign_org, recipient="foreign@jentry.test")
    text = web.get(address).text
    assert "https://hooks.jentry.test/…" in text
    assert "Night &lt;i&gt;shift&lt;/i&gt;" in text
    assert "200 &lt;b&gt;ok" in text
    assert "550 &lt;u&gt;no" in text
    assert "foreign@jentry.test" not in text


def test_it_is_muted_until_a_time_and_told_again(web, db, issue, address):
    web.post(f"{address}/mute", {"for": "day"}, on=address)
    assert clock.timestamp(clock.now()) < muted_until(db, issue)
    assert "Muted: nobody is told" in web.get(address).text
    web.post(f"{address}/mute", {"for": "nothing"}, on=address)
    assert muted_until(db, issue) is None
    actions = db.execute("SELECT action FROM audit_log WHERE target = ?", (f"issue:{issue}",))
    assert [row["action"] for row in actions] == ["issue.mute", "issue.mute"]


def test_the_time_is_that_of_the_person(web, db, world, issue, address):
    with transaction(db):
        db.execute("UPDATE users SET time_zone = 'Europe/Berlin' WHERE id = ?", (world.owner,))
    year = clock.now().year + 1
    wanted = {"for": "time", "until": f"{year}-07-01T09:30"}
    web.post(f"{address}/mute", wanted, on=address)
    assert muted_until(db, issue) == f"{year}-07-01T07:30:00.000Z"


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01T00:00", "9999-12-31T23:59"])
def test_no_time_to_come_is_refused(web, db, issue, address, until):
    answer = web.post(f"{address}/mute", {"for": "time", "until": until}, on=address)
    assert answer.status_code == 400
    assert muted_until(db, issue) is None


def test_another_organizations_issue_is_not_found(signed_in, world, web, address):
    foreign = signed_in(world.foreign_user)
    answer = foreign.post(f"{address}/mute", {"for": "day"}, on="/account")
    assert answer.status_code == 404
