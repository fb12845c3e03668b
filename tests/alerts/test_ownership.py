"""New and regressed issues are assigned by their project's ownership rules, and told by mail."""

import json

import pytest

from jentry import clock
from jentry.store import issues, memberships, rule_texts, users
from jentry.store.connection import transaction
from jentry.store.payloads import pack

FRAME = {"filename": "src/cart/totals.py", "function": "add", "in_app": True}
PAYLOAD = pack(
    json.dumps(
        {
            "platform": "python",
            "tags": {},
            "exception": {"values": [{"type": "ValueError", "stacktrace": {"frames": [FRAME]}}]},
        }
    ).encode()
)


@pytest.fixture
def mara(world):
    return world.add_user("mara@jentry.test")["id"]


@pytest.fixture
def rules(db, world, mara):
    def put(text):
        with transaction(db) as at:
            rule_texts.put(db, world.actor, rule_texts.OWNERSHIP, world.project, text, 1, at)
        world.version = db.execute("SELECT config_version FROM instance").fetchone()[0]

    put("path:src/* ada@jentry.test\npath:src/cart/* mara@jentry.test")
    return put


@pytest.fixture
def assignee(db, world):
    def of(issue):
        return issues.get(db, world.actor, issue, clock.timestamp(clock.now()))["assignee_user_id"]

    return of


def assigned(db):
    rows = db.execute(
        "SELECT target, user_id, meta FROM audit_log WHERE action = 'issue.assign' ORDER BY id"
    )
    return [(row["target"], row["user_id"], json.loads(row["meta"])) for row in rows]


def test_a_new_issue_is_assigned_and_the_person_told(
    db, world, run, mailbox, mara, rules, assignee
):
    issue = world.send(payload=PAYLOAD)
    run(15)
    assert assignee(issue) == mara
    rule = {"assigneeUserId": mara, "from": None, "rule": "path:src/cart/*"}
    assert assigned(db) == [(f"issue:{issue}", None, {"via": "system"} | rule)]
    letters = [
        mail.get_body(("plain",)).get_content()
        for to, mail, _ in mailbox.mails
        if to == "mara@jentry.test"
    ]
    assert sum("An ownership rule assigned this issue to you." in text for text in letters) == 1
    rules("path:src/cart/* ada@jentry.test")
    world.send(payload=PAYLOAD)  # it is known by now
    run(2)
    assert assignee(issue) == mara


def test_a_regressed_issue_is_assigned_unless_anybody_ever_was(
    db, world, run, mara, rules, assignee
):
    rules("")
    first = world.send("first", payload=PAYLOAD)
    second = world.send("second", payload=PAYLOAD)
    run(2)
    with transaction(db) as at:
        for whom in (mara, None):
            issues.update(db, world.actor, second, {"assignee_user_id": whom}, at)
    rules("path:src/cart/* mara@jentry.test")
    for title, issue in (("first", first), ("second", second)):
        world.set_status(issue, "resolved")
        world.send(title, payload=PAYLOAD)
    run(2)
    assert (assignee(first), assignee(second)) == (mara, None)


def test_who_has_left_is_passed_over(db, world, run, mara, rules, assignee):
    with transaction(db) as at:
        memberships.remove(db, world.actor, mara, at)
    ada = users.by_email(db, world.actor, "ada@jentry.test")["id"]
    issue = world.send(payload=PAYLOAD)
    run(2)
    assert assignee(issue) == ada


def test_rules_that_an_erasure_has_cut_do_nothing(world, run, rules, assignee):
    rules("path:src/cart/* [erased]\nnonsense")
    issue = world.send(payload=PAYLOAD)
    run(2)
    assert assignee(issue) is None
