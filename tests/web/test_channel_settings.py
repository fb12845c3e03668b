"""One alert channel as a form."""

import html
import re

import factories
import pytest

from jentry.store import alert_channels
from jentry.store.audit import Actor
from jentry.store.connection import transaction

QUIET = {
    "timezone": "Europe/Berlin", "days": ["fri", "sat"], "begin": "20:30", "end": "08:00",
    "except_levels": ["fatal"],
}  # fmt: skip
FORM = {
    "name": "Night", "to": "members on-call@jentry.test", "digest": "10", "is_quiet": "1",
    "timezone": "Europe/Berlin", "day": ["fri", "sat"], "from": "20:30", "until": "08:00",
    "level": ["fatal"],
}  # fmt: skip


@pytest.fixture
def actor(world):
    return Actor(world.org, world.owner, "web")


@pytest.fixture
def make(db, actor):
    def made(**wanted):
        with transaction(db) as at:
            channel, _ = alert_channels.create(db, actor, {"name": "Ops"} | wanted, at)
        return channel["id"], f"/settings/alerts/channels/{channel['id']}"

    return made


def test_all_of_a_mail_channel_is_changed_and_stays_untouched(web, db, actor, make):
    number, address = make(kind="email", to=["members"])
    assert web.post(address, FORM).status_code == 303
    found = alert_channels.get(db, actor, number)
    assert (found["name"], found["digest_seconds"]) == ("Night", 600)
    assert found["to"] == ["members", "on-call@jentry.test"]
    assert found["quiet_hours"] == QUIET
    page = web.get(address).text
    values = dict(re.findall(r'<input class="field" id="(\w+)"[^>]* value="([^"]*)"', page))
    boxes = re.findall(r'class="cb" name="(\w+)" value="(\w+)" checked', page)
    sent = {name: html.unescape(value) for name, value in values.items()}
    sent |= {name: [value for other, value in boxes if other == name] for name, _ in boxes}
    web.post(address, sent | {"timezone": "Europe/Berlin"})
    assert alert_channels.get(db, actor, number) == found
    web.post(address, {"name": "Night", "to": "members", "digest": "0"})
    assert alert_channels.get(db, actor, number)["quiet_hours"] is None


def test_an_address_stays_unless_another_is_typed_and_is_never_shown(web, db, actor, make):
    number, address = make(kind="webhook", url="https://hooks.example.com/s3cret")
    assert "s3cret" not in web.get(address).text

    def url():
        return db.execute("SELECT url FROM alert_channels WHERE id = ?", (number,)).fetchone()[0]

    web.post(address, {"name": "Ops", "digest": "5", "url": ""})
    assert url() == "https://hooks.example.com/s3cret"
    web.post(address, {"name": "Ops", "digest": "5", "url": "https://other.example.com/x"})
    assert url() == "https://other.example.com/x"


def test_a_new_secret_is_shown_once(web, db, make):
    _, address = make(kind="webhook", url="https://hooks.example.com/s3cret")
    page = web.post(f"{address}/rotate", on=address).text
    (secret,) = db.execute("SELECT secret FROM alert_channels").fetchone()
    assert secret in page
    assert secret not in web.get(address).text
    _, mail = make(kind="email", to=["members"])
    assert web.post(f"{mail}/rotate", on=mail).status_code == 409


@pytest.mark.parametrize(
    "change",
    [{"digest": "soon"}, {"digest": "9999"}, {"to": "nobody"}, {"from": "25:00"}, {"name": ""},
     {"timezone": "No/Where"}, {"day": ["someday"]}],
)  # fmt: skip
def test_a_mistake_is_said_and_what_was_typed_is_kept(web, db, actor, make, change):
    number, address = make(kind="email", to=["members"])
    before = alert_channels.get(db, actor, number)
    answer = web.post(address, FORM | {"name": "<b>Typed"} | change)
    assert answer.status_code == 400
    assert ('value="&lt;b&gt;Typed"' in answer.text) is ("name" not in change)
    assert alert_channels.get(db, actor, number) == before


def test_only_those_who_manage_alerts_may(signed_in, db, world):
    with transaction(db):
        address = f"/settings/alerts/channels/{factories.alert_channel(db, world.org)}"
    for who, status in ((world.member, 403), (world.foreign_user, 404)):
        browser = signed_in(who)
        assert browser.get(address).status_code == status
        assert browser.post(address, FORM, on="/account").status_code == status
        assert browser.post(f"{address}/rotate", on="/account").status_code == status
