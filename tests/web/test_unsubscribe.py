"""No more mail of a channel, by the link of a mail."""

import factories
import pytest

from jentry.store import instance, optouts


@pytest.fixture
def link(db, world):
    channel = factories.alert_channel(
        db, world.org, kind="email", url=None, recipients='["members"]', name="Night <b>shift</b>"
    )
    token = optouts.token(instance.get(db)["secret"], channel, "ada@jentry.test")
    return f"/alerts/unsubscribe/{channel}/ada@jentry.test/{token}"


def optouts_of(db):
    return [tuple(row) for row in db.execute("SELECT channel_id, email FROM alert_optouts")]


def test_a_look_changes_nothing_and_a_press_ends_it(client, db, link):
    page = client.get(link)
    assert page.status_code == 200
    assert "ada@jentry.test" in page.text
    assert "<b>shift" not in page.text
    assert optouts_of(db) == []
    for _ in range(2):
        assert client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert [email for _, email in optouts_of(db)] == ["ada@jentry.test"]


def test_a_link_that_was_not_ours_is_no_address(client, db, link):
    *_, channel, email, token = link.split("/")
    for wrong in (
        f"/alerts/unsubscribe/{channel}/{email}/{'0' * len(token)}",
        f"/alerts/unsubscribe/{channel}/bob@jentry.test/{token}",
        f"/alerts/unsubscribe/{int(channel) + 1}/{email}/{token}",
    ):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong).status_code == 404
    assert optouts_of(db) == []
