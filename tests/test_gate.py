"""`jentry gate`: its exit code tells a pipeline, against a server that runs."""

import json
import os
import uuid
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from click.testing import CliRunner

from jentry.cli import main
from jentry.testing import serve

OLD, NEW = "shop@1.0", "shop@1.1"
opened = build_opener(ProxyHandler({})).open


@pytest.fixture(scope="module")
def server():
    with serve() as server:
        yield server


@pytest.fixture
def project(server):
    return server.project("Shop")


def send(project, *items):
    """An envelope of (type, JSON)."""
    key, _, rest = project.dsn.removeprefix("http://").partition("@")
    host, _, number = rest.partition("/")
    lines = [json.dumps({})]
    for kind, body in items:
        lines += [json.dumps({"type": kind}), json.dumps(body)]
    address = f"http://{host}/api/{number}/envelope/?sentry_key={key}"
    with opened(Request(address, "\n".join(lines).encode()), timeout=20) as answer:
        assert answer.status == 200


def error(release, kind):
    values = [{"type": kind, "value": "x", "stacktrace": {"frames": [{"function": kind}]}}]
    event = {"event_id": uuid.uuid4().hex, "release": release, "exception": {"values": values}}
    return "event", event | {"platform": "python"}


def sessions(release, exited, crashed):
    started = "2026-11-01T10:00:00Z"
    bucket = {"started": started, "exited": exited, "crashed": crashed}
    return "sessions", {"aggregates": [bucket], "attrs": {"release": release}}


def gate(server, *options, token=None):
    env = {name: None for name in os.environ if name.upper().endswith("_PROXY")}
    env |= {"JENTRY_URL": server.url, "JENTRY_TOKEN": token or server.token}
    return CliRunner().invoke(main, ["gate", "--release", NEW, *options], env=env)


def slug(server, project):
    return server.api(f"/projects/{project.id}")["data"]["slug"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 1),
        (("--max-new", "1"), 0),
        (("--since", "1h"), 1),
        (("--since", "2999-01-01T00:00Z"), 0),
        (("--environment", "staging"), 0),
        (("--since", "soon"), 2),
    ],
)
def test_an_issue_that_the_release_brought(server, project, options, code):
    send(project, error(OLD, "KeyError"))
    send(project, error(NEW, "KeyError"))
    send(project, error(NEW, "TypeError"))
    done = gate(server, "--project", slug(server, project), *options)
    assert done.exit_code == code, done.stdout + done.stderr
    if code == 1:
        assert "1 new issue, 0 may be" in done.stdout
        assert "new: TypeError: x  http://" in done.stdout
        assert "KeyError" not in done.stdout


def test_an_issue_that_came_back(server, project):
    send(project, error(OLD, "KeyError"))
    (issue,) = project.issues()
    server.api(f"/issues/{issue['id']}", "PATCH", {"status": "resolved"})
    send(project, error(NEW, "KeyError"))
    done = gate(server, "--project", slug(server, project), "--json")
    (found,) = json.loads(done.stdout)["projects"]
    assert done.exit_code == 1
    assert (found["new"], [each["title"] for each in found["regressed"]]) == ([], ["KeyError: x"])


@pytest.mark.parametrize(
    ("crashed", "options", "code"),
    [(50, (), 1), (15, (), 0), (50, ("--max-drop", "10"), 0), (50, ("--min-sessions", "9999"), 0)],
)
def test_more_sessions_that_crash(server, project, crashed, options, code):
    send(project, sessions(OLD, 990, 10))
    send(project, sessions(NEW, 1000 - crashed, crashed))
    done = gate(server, "--project", slug(server, project), *options)
    assert done.exit_code == code, done.stdout + done.stderr
    assert ("points less than in shop@1.0" in done.stdout) == bool(code)


def test_what_cannot_be_told_is_neither(server, project):
    unknown = gate(server, "--project", slug(server, project))
    assert (unknown.exit_code, NEW in unknown.stderr) == (3, True)
    assert gate(server, "--project", "nothing").exit_code == 3
    assert gate(server, token="jto_wrong").exit_code == 3
    assert gate(server, "--url", "http://127.0.0.1:1").exit_code == 3
