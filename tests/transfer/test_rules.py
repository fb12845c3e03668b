"""Alert rules and channels in an export: they lead to the same projects and people elsewhere."""

import contextlib
import json

import factories
import pytest

from jentry.errors import BadRequest
from jentry.store import alert_channels, connection, migrations
from jentry.store.audit import Actor

from .conftest import asked, write


@contextlib.contextmanager
def writing(path):
    with contextlib.closing(connection.connect(path, write=True)) as db, connection.transaction(db):
        yield db


def hook_and_rule(db):
    org = factories.org(db, slug="acme")
    kim = factories.user(db, org, email="kim@acme.example")
    hook = factories.alert_channel(
        db, org, name="Pager", kind="webhook", url="https://hook.example/s3cret", recipients="[]"
    )
    rule = factories.alert_rule(
        db, org, name="Mine", covers_all=0, filter=json.dumps({"assignee_ids": [kim]})
    )
    factories.insert_row(db, "alert_rule_projects", rule, factories.project(db, org, slug="shop"))
    factories.insert_row(db, "alert_rule_channels", rule, hook)


def told(path):
    """Each rule with its people, project and channel; each channel."""
    rules = asked(
        path,
        "SELECT r.name, r.is_active, r.filter, p.slug, c.name FROM alert_rules r"
        " JOIN alert_rule_projects rp ON rp.rule_id = r.id"
        " JOIN projects p ON p.id = rp.project_id"
        " JOIN alert_rule_channels rc ON rc.rule_id = r.id"
        " JOIN alert_channels c ON c.id = rc.channel_id",
    )
    channels = asked(path, "SELECT name, url, is_active, secret FROM alert_channels ORDER BY id")
    emails = dict(asked(path, "SELECT id, email FROM users"))
    people = [[emails[i] for i in json.loads(row[2])["assignee_ids"]] for row in rules]
    return [(row[:2], people, row[3:]) for row in rules], channels


@pytest.mark.parametrize("is_taken", [False, True], ids=["numbers are free", "numbers are others'"])
def test_rules_and_channels_lead_to_the_same(database, new_database, run, tmp_path, is_taken):
    with writing(database) as db:
        hook_and_rule(db)
    migrations.prepare(new_database)
    if is_taken:
        with writing(new_database) as db:
            other = factories.org(db)
            factories.user(db, other)
            factories.alert_channel(db, other)
    file = tmp_path / "a"
    text = run("export", file, "--org", "acme", "--db", database)[1]
    assert "Not in it: addresses of webhooks and chats" in text
    assert "s3cret" not in file.read_text()
    _, text, _ = run("import", file, "--db", new_database)
    assert "The channel Pager is off: its address is in no export." in text
    rules, channels = told(new_database)
    assert rules == [(("Mine", 1), [["kim@acme.example"]], ("shop", "Pager"))]
    url, is_active, secret = next(row[1:] for row in channels if row[0] == "Pager")
    assert (url, is_active, secret.startswith("whsec_")) == (None, 0, True)
    ((*there, old),) = told(database)[1]
    assert (there, old != secret) == (["Pager", "https://hook.example/s3cret", 1], True)
    before = told(new_database)
    run("export", tmp_path / "b", "--org", "acme", "--db", database)
    assert (
        sum(run("import", tmp_path / "b", "--db", new_database, "--json")[1]["added"].values()) == 0
    )
    assert told(new_database) == before


def test_a_rule_for_people_who_are_unknown_is_off(database, run, new_database, tmp_path):
    """For nobody in particular it would tell of everything."""
    with writing(database) as db:
        hook_and_rule(db)
    run("export", tmp_path / "a", "--org", "acme", "--db", database)
    lines = [json.loads(line) for line in (tmp_path / "a").read_text().splitlines()]
    lines = [line for line in lines if line["type"] != "member"]
    lines[-1]["lines"] = len(lines) - 1
    run("import", write(tmp_path / "b", lines), "--db", new_database)
    assert asked(new_database, "SELECT is_active FROM alert_rules") == [(0,)]


def test_long_settings_are_read_again_when_an_import_goes_on(database, run, new_database, tmp_path):
    with writing(database) as db:
        org = factories.org(db, slug="acme")
        names = [f"field_{n}" for n in range(2000)]
        project = factories.project(db, org, settings=json.dumps({"sensitive_fields": names}))
        factories.issue(db, project)
    run("export", tmp_path / "a", "--org", "acme", "--db", database)
    lines = (tmp_path / "a").read_text().splitlines(keepends=True)
    (tmp_path / "part").write_text("".join(lines[:-2]))
    assert run("import", tmp_path / "part", "--db", new_database)[0] == 1
    code, _, error = run("import", tmp_path / "a", "--db", new_database)
    assert (code, error) == (0, "")


def test_a_channel_without_its_address_is_not_switched_on(db):
    org = factories.org(db)
    actor = Actor(org, factories.user(db, org), "web")
    channel = factories.alert_channel(
        db, org, kind="webhook", url=None, recipients="[]", is_active=0
    )
    with pytest.raises(BadRequest, match="set its url first"):
        alert_channels.update(db, actor, channel, {"is_active": True}, factories.AT)
    with pytest.raises(BadRequest, match="set its url first"):
        alert_channels.test(db, actor, channel, None, factories.AT)
    change = {"is_active": True, "url": "https://hook.example/new"}
    assert alert_channels.update(db, actor, channel, change, factories.AT)["is_active"] is True
