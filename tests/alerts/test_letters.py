"""Mail for one person: who gets it, what it says, what ends it."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from receivers import HOSTILE, read

from jentry import clock
from jentry.alerts import weekly
from jentry.alerts.letters import build, compose
from jentry.alerts.mail import Letterhead
from jentry.store import (
    comments,
    invitations,
    issues,
    mail_choices,
    operation_undo,
    operations,
    password_links,
    personal_mail,
)  # fmt: skip
from jentry.store.audit import Actor
from jentry.store.bulk import Bulk
from jentry.store.connection import transaction

HEAD = Letterhead(None, "https://errors.example.com", b"secret")


@pytest.fixture
def people(world):
    """Ada, who does things, and Bob and Mara, who hear of them; no alert disturbs."""
    world.set_off = world.db.execute("UPDATE alert_rules SET is_active = 0")
    world.bob = world.add_user("bob@jentry.test")["id"]
    world.mara = world.add_user("mara.lind@jentry.test")["id"]
    world.db.execute("UPDATE users SET name = 'Mara Lind' WHERE id = ?", (world.mara,))
    (ada,) = world.db.execute("SELECT id FROM users WHERE email = 'ada@jentry.test'").fetchone()
    world.ada = Actor(world.org, ada, "web")
    return world


def assign(world, issue_id, user_id, actor=None):
    with transaction(world.db) as at:
        issues.update(world.db, actor or world.ada, issue_id, {"assignee_user_id": user_id}, at)


def comment(world, issue_id, text, actor=None):
    with transaction(world.db) as at:
        return comments.add(world.db, actor or world.ada, issue_id, text, at)


def body(mail, kind="plain"):
    return mail.get_body((kind,)).get_content()


def test_whoever_is_assigned_an_issue_by_another_is_told_once(people, run, mailbox):
    issue_id = people.send("ValueError: <b>bad</b>")
    assign(people, issue_id, people.bob)
    run(30)
    ((to, mail, _),) = mailbox.mails
    assert to == "bob@jentry.test"
    assert mail["Subject"] == "[Shop: assigned to you] ValueError: <b>bad</b>"
    assert "ada@jentry.test assigned this issue to you." in body(mail)
    assert f"http://jentry.test/projects/{people.project}/issues/{issue_id}" in body(mail)
    assert "&lt;b&gt;bad" in body(mail, "html")
    assert "<b>bad" not in body(mail, "html")
    assert mail["X-Jentry-Issue"] == str(issue_id)


def test_nobody_is_told_of_what_they_do_themselves(people, run, mailbox):
    own = replace(people.ada, user_id=people.bob)
    issue_id = people.send()
    assign(people, issue_id, people.bob, own)
    assign(people, issue_id, None)
    comment(people, issue_id, "I, @bob, look at it", own)
    run(30)
    assert mailbox.mails == []


def test_what_is_assigned_in_a_row_is_one_mail(people, run, mailbox, time):
    ids = [people.send(f"Error {number}") for number in range(3)]
    for issue_id in ids:
        assign(people, issue_id, people.bob)
        time.pass_(2)
    run(30)
    assert mailbox.subjects == ["3 issues of Acme assigned to you"]
    assert "http://jentry.test/issues?assignee=me" in body(mailbox.mails[0][1])


def test_many_at_once_are_one_mail_and_an_undone_change_is_none(people, run, mailbox):
    ids = tuple(people.send(f"Error {number}") for number in range(25))
    change = {"assignee_user_id": people.bob}
    with transaction(people.db) as at:
        bulk = Bulk(people.project, ids, None, change)
        done = operations.perform(people.db, people.ada, bulk, at)
    with transaction(people.db) as at:
        operation_undo.undo(people.db, people.ada, done["operation_ids"][0], at)
    run(30)
    assert mailbox.mails == []
    with transaction(people.db) as at:
        operations.perform(people.db, people.ada, bulk, at)
    run(30)
    assert mailbox.subjects == ["25 issues of Acme assigned to you"]
    assert body(mailbox.mails[0][1]).count("/issues/") == 20


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("@bob look", ["bob"]),
        ("(@bob, @mara.) Thanks", ["bob", "mara.lind"]),
        ("@Mara.Lind @maralind @mara.lind@jentry.test", ["mara.lind"]),
        ("ask bob@jentry.test or bob", []),
        ("@nobody @bobby @", []),
        ("decorated with x@bob", []),
        ("@ada it is mine", []),
    ],
)
def test_those_whom_a_comment_names_are_told(people, run, mailbox, text, told):
    issue_id = people.send()
    comment(people, issue_id, text)
    run(3)
    assert sorted(to.partition("@")[0] for to, _, _ in mailbox.mails) == told


def test_a_comment_is_quoted_as_text(people, run, mailbox):
    issue_id = people.send()
    comment(people, issue_id, "@bob\n<script>alert(1)</script>\n" + "\n".join(HOSTILE[2:3]))
    run(3)
    ((_, mail, raw),) = mailbox.mails
    assert "> <script>alert(1)</script>" in body(mail)
    assert "<script>" not in body(mail, "html")
    assert "&lt;script&gt;" in body(mail, "html")
    assert b"\nBcc:" not in raw


def test_what_is_gone_or_not_wanted_is_not_told(people, run, mailbox):
    issue_id = people.send()
    with transaction(people.db) as at:
        for topic in ("assigned", "named"):
            mail_choices.choose(people.db, people.org, people.bob, topic, False, at)
    assign(people, issue_id, people.bob)
    comment(people, issue_id, "@bob")
    assert people.deliveries() == []
    written = comment(people, issue_id, "@mara")
    people.db.execute("DELETE FROM comments WHERE id = ?", (written["id"],))
    run(3)
    assert mailbox.mails == []
    assert [found["state"] for found in people.deliveries()] == ["cancelled"]


def test_nobody_outside_the_organization_is_told(people, run, mailbox):
    issue_id = people.send()
    people.db.execute("DELETE FROM memberships WHERE user_id = ?", (people.bob,))
    comment(people, issue_id, "@bob")
    run(3)
    assert mailbox.mails == []


def test_an_invitation_and_a_new_password_are_mailed_and_the_links_forgotten(people, run, mailbox):
    with transaction(people.db) as at:
        _, secret = invitations.create(people.db, people.ada, "eve@jentry.test", "admin", at)
        personal_mail.invite(people.db, people.org, "eve@jentry.test", secret, at)
        reset = password_links.reset_member(people.db, people.ada, people.bob, at)
        personal_mail.reset(people.db, people.org, "bob@jentry.test", reset, at)
    run(3)
    (to, invited, _), (other, chosen, _) = mailbox.mails
    assert (to, other) == ("eve@jentry.test", "bob@jentry.test")
    assert f"http://jentry.test/invite/{secret}" in body(invited)
    assert "as an admin" in body(invited)
    assert f"http://jentry.test/password/reset/{reset}" in body(chosen, "html")
    texts = people.db.execute("SELECT text FROM deliveries").fetchall()
    assert [row["text"] for row in texts] == [None, None]


def test_a_link_that_is_void_is_not_mailed(people, run, mailbox):
    with transaction(people.db) as at:
        made, secret = invitations.create(people.db, people.ada, "eve@jentry.test", "admin", at)
        personal_mail.invite(people.db, people.org, "eve@jentry.test", secret, at)
        invitations.withdraw(people.db, people.ada, made["id"], at)
    run(3)
    assert mailbox.mails == []
    (row,) = people.db.execute("SELECT state, text FROM deliveries").fetchall()
    assert tuple(row) == ("cancelled", None)


def test_a_week_is_told_on_monday_to_those_who_want_it(people, run, mailbox, time):
    time.now = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
    with transaction(people.db) as at:
        mail_choices.choose(people.db, people.org, people.bob, "weekly", True, at)
    first = people.send("First <i>", number=3)
    people.send("Second")
    with transaction(people.db) as at:
        issues.update(people.db, people.ada, first, {"status": "resolved"}, at)
    people.send("First <i>")
    run(3)
    time.pass_(2.5 * 86400)  # Monday, shortly after midnight
    run(3)
    assert mailbox.mails == []
    time.pass_(8 * 3600)
    run(120, 30)
    ((to, mail, _),) = mailbox.mails
    assert to == "bob@jentry.test"
    assert mail["Subject"] == "Acme: 2 new, 1 came back, 0 resolved"
    text = body(mail)
    assert "New: 2 issues" in text
    assert "4 events in this time" in text
    assert "First &lt;i&gt;" in body(mail, "html")
    link = mail["List-Unsubscribe"].strip("<>")
    assert re.fullmatch(r"http://jentry.test/mail/unsubscribe/\d+/\d+/weekly/\w{40}", link)
    time.pass_(7 * 86400)
    run(120, 30)
    assert mailbox.subjects[1:] == ["Acme: 0 new, 0 came back, 0 resolved"]
    assert "nothing happened." in body(mailbox.mails[1][1])


@pytest.mark.parametrize(
    ("now", "zone", "expected"),
    [
        ((23, 8), "UTC", (23, 8)),
        ((23, 7), "UTC", (16, 8)),
        ((23, 7), "Europe/Berlin", (23, 7)),
        ((22, 19), "Pacific/Auckland", (22, 19)),
        ((23, 12), "No/Where", (23, 8)),
    ],
)  # fmt: skip
def test_monday_is_where_the_reader_lives(now, zone, expected):
    now, expected = (datetime(2026, 11, *one, tzinfo=UTC) for one in (now, expected))
    assert weekly.monday(now, zone) == expected


@pytest.mark.parametrize("text", HOSTILE)
def test_strangers_text_is_text(text):
    issue = {
        "id": 42, "project_id": 1, "project": text, "title": text, "level": "error", "count": 1,
        "user_count": 0, "status": "unresolved",
    }  # fmt: skip
    found = {
        "template": "named", "user_id": 7, "comment": text, "by_name": text, "issue": issue,
    }  # fmt: skip
    acme = {"id": 1, "name": text}
    delivery = {"id": 9, "recipient": "bob@jentry.test", "created_at": clock.timestamp(clock.now())}
    mail = read(build(compose(found, acme, HEAD), delivery, acme, HEAD))
    assert mail["Bcc"] is None
    assert not mail.defects
    assert "<script" not in body(mail, "html")
    assert "\u202e" not in body(mail) + body(mail, "html")


def test_many_recipients_of_one_channel_are_told_in_one_step(world, run, mailbox):
    for number in range(30):
        world.add_user(f"user{number}@jentry.test")
    world.send()
    run(2)
    assert len(mailbox.mails) == 31
