"""`jentry mail`, `channel`, `rule` and `delivery`."""

import json

import pytest
import receivers
from click.testing import CliRunner

from jentry.cli import main
from jentry.store import orgs
from jentry.store.connection import transaction


@pytest.fixture
def run(db, database):
    with transaction(db) as at:
        orgs.create(db, "Acme", "acme", at, "cli")

    def run(*words, env=None, stdin=None):
        return CliRunner().invoke(main, ["--db", str(database), *words], env=env, input=stdin)

    return run


def test_mail_is_tried_and_the_answer_shown(run):
    with receivers.mail_server() as box:
        env = {"JENTRY_SMTP_URL": f"smtp://127.0.0.1:{box.port}"}
        done = run("mail", "test", "ada@jentry.test", "--json", env=env)
        assert json.loads(done.output) == {
            "host": "127.0.0.1", "to": "ada@jentry.test", "answer": "250 2.0.0 queued",
        }  # fmt: skip
        assert box.subjects == ["Test of jentry's mail"]
        box.refuse["no@jentry.test"] = "550 no such mailbox"
        done = run("mail", "test", "no@jentry.test", env=env)
    assert done.exit_code == 1
    assert done.output == (f"127.0.0.1:{box.port} did not take the mail: 550 no such mailbox\n")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (None, "No mail server is set."),
        ("smtp://127.0.0.1:{port}?tls=never", "did not take the mail: Connection refused"),
        ("smtps://127.0.0.1:{served}", "it speaks no TLS at once on port {served}"),
        ("smtp://127.1:{served}", "it offers no STARTTLS"),
    ],
)
def test_what_keeps_mail_from_going_out_is_said_in_words(run, url, words):
    with receivers.mail_server() as box:
        ports = {"port": receivers.free_port(), "served": box.port}
        env = {} if url is None else {"JENTRY_SMTP_URL": url.format(**ports)}
        done = run("mail", "test", "ada@jentry.test", env=env)
    assert done.exit_code == 1
    assert words.format(**ports) in done.output


def test_channels_are_made_listed_and_tried(run):
    url = "https://hooks.example.com/s3cret"
    made = json.loads(
        run("channel", "create", "Hook", "--org", "acme", "--kind", "webhook", "--url-stdin",
            "--json", stdin=f"{url}\n").output
    )  # fmt: skip
    assert made["secret"].startswith("whsec_")
    listed = json.loads(run("channel", "list", "--org", "acme", "--json").output)
    assert [(one["name"], one["health"]["state"]) for one in listed] == [
        ("Members by mail", "unconfigured"), ("Hook", "unused"),
    ]  # fmt: skip
    tested = json.loads(run("channel", "test", str(made["id"]), "--org", "acme", "--json").output)
    assert (tested["kind"], tested["state"]) == ("test", "waiting")
    found = json.loads(run("delivery", "list", "--org", "acme", "--json").output)
    assert found == [tested]
    assert "s3cret" not in json.dumps([made, listed, found])


@pytest.mark.sqlite(reason="a server has programs of its own for that")
def test_a_file_that_was_restored_tells_nothing_of_the_past(run, db, database, tmp_path):
    run("channel", "create", "Hook", "--org", "acme", "--kind", "webhook", "--url-stdin",
        stdin="https://hooks.example.com/\n")  # fmt: skip
    run("channel", "test", "2", "--org", "acme")
    copy = tmp_path / "copy.db"
    assert run("backup", str(copy)).exit_code == 0
    db.close()
    assert run("restore", str(copy), "--force").exit_code == 0
    (found,) = json.loads(run("delivery", "list", "--org", "acme", "--json").output)
    assert found["state"] == "cancelled"


@pytest.mark.parametrize("mail", ["smtp://localhost", None])
def test_it_is_said_when_nobody_will_hear_of_errors(run, mail):
    env = {"JENTRY_SMTP_URL": mail} if mail else {}
    found = json.loads(run("check", "--json", env=env).output)
    said = [one["level"] for one in found["findings"] if one["check"] == "alerts"]
    assert said == (["ok"] if mail else ["warning"])


def test_rules_are_listed(run):
    (found,) = json.loads(run("rule", "list", "--org", "acme", "--json").output)
    assert found["name"] == "New and returning errors"
    assert "new_issue, regressed" in run("rule", "list", "--org", "acme").output


def test_a_mistake_in_a_channel_is_said(run):
    done = run("channel", "create", "x", "--org", "acme", "--kind", "email", "--to", "nobody")
    assert (done.exit_code, done.output) == (
        1, "to.0: Must be members, assignee or an email address.\n",
    )  # fmt: skip
