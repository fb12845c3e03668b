"""Mail for people on pages: sending a link, choosing in the account, ending by a mail's link."""

import json

import pytest

from jentry.mail_server import MailServer
from jentry.store import instance, mail_choices


@pytest.fixture
def settings(settings):
    server = MailServer("mail.jentry.test", 25, "never", True)
    return settings.__class__(db=settings.db, smtp_url=server, url="http://localhost")


def queued(db):
    rows = db.execute("SELECT recipient, text FROM deliveries ORDER BY id")
    return [(row["recipient"], json.loads(row["text"])["template"]) for row in rows]


@pytest.mark.parametrize("wanted", [True, False])
def test_a_link_is_mailed_if_the_one_who_invites_wants_it(web, db, world, wanted):
    mail = {"mail": "1"} if wanted else {}
    data = {"email": "eve@jentry.test", "role": "member"} | mail
    page = web.post("/settings/members/invite", data, on="/settings/members")
    assert "/invite/" in page.text
    assert ("A mail with this link" in page.text) is wanted
    address = f"/settings/members/{world.member}/password-link"
    web.post(address, mail, on="/settings/members")
    (member,) = db.execute("SELECT email FROM users WHERE id = ?", (world.member,)).fetchone()
    expected = [("eve@jentry.test", "invitation"), (member, "password")]
    assert queued(db) == (expected if wanted else [])


def test_what_is_mailed_is_chosen_in_the_account(web, db, world):
    assert mail_choices.get(db, world.org, world.owner) == {
        "assigned": True, "named": True, "weekly": False,
    }  # fmt: skip
    web.post("/account/mail", {"named": "1", "weekly": "1"}, on="/account")
    assert mail_choices.get(db, world.org, world.owner) == {
        "assigned": False, "named": True, "weekly": True,
    }  # fmt: skip
    web.post("/account/mail", {}, on="/account")
    assert not any(mail_choices.get(db, world.org, world.owner).values())


@pytest.mark.parametrize("topic", mail_choices.TOPICS)
def test_one_press_ends_it_without_sign_in(client, db, world, topic):
    mail_choices.choose(db, world.org, world.owner, topic, True, "2026-11-20T12:00:00.000Z")
    token = mail_choices.token(instance.get(db)["secret"], world.org, world.owner, topic)
    address = f"/mail/unsubscribe/{world.org}/{world.owner}/{topic}/{token}"
    assert client.get(address).status_code == 200
    assert mail_choices.get(db, world.org, world.owner)[topic]
    for wrong in (
        address.replace(f"/{topic}/", "/other/"),
        address.replace(token, "0" * 40),
        address.replace(f"/{world.owner}/", f"/{world.member}/"),
        address.replace(f"/{world.org}/", f"/{world.foreign_org}/", 1),
    ):
        assert client.post(wrong).status_code == 404
    assert mail_choices.get(db, world.org, world.owner)[topic]
    for _ in range(2):
        assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not mail_choices.get(db, world.org, world.owner)[topic]
