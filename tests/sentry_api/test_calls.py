"""Calls that clients make, recorded or read in their source, against a real server: each has its
status, the members and types that clients read, and the headers by which they go on.
"""

import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from sentry_members import TABLE, check_one, parts
from served import served_organization

CALLS = json.loads(Path(__file__).with_name("calls.json").read_text("utf-8"))
EVENT = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
# As GitLab takes each part of the header, which it cuts at commas.
LINK = re.compile(
    r'<(https?://[^>,]+)>; rel="(previous|next)"; results="(true|false)"; cursor="([\w:-]+)"'
)
MONITOR = "/organizations/acme/monitors/nightly/"
NEVER_MET = {"note", "tag.value", "environment", "tag.of.organization"}


class Opener(urllib.request.HTTPRedirectHandler):
    """Nobody is led elsewhere."""

    def redirect_request(self, *_):
        return None


OPEN = urllib.request.build_opener(Opener, urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def acme(own_database):
    """A project with an event of all that clients look at, a release, a deploy, a monitor."""
    with served_organization(own_database) as org:
        _, dsn = org.project("Web", "--slug", "web-app", "--id", "7")
        for envelope in envelopes():
            key = dsn.partition("//")[2].partition("@")[0]
            address = f"{org.url}/api/7/envelope/?sentry_key={key}"
            OPEN.open(urllib.request.Request(address, envelope, method="POST")).close()
        (issue,) = org.api("/projects/7/issues?status=all")["data"]
        (attachment,) = org.api(f"/events/{EVENT}/attachments")["data"]
        org.api("/projects/7/releases", "POST", {
            "version": "web@1.4.2",
            "commits": [{"id": "a" * 40, "author": "Kim", "message": "Less"}],
            "deploys": [{"environment": "production"}],
        })  # fmt: skip
        org.names = {"issue": issue["id"], "attachment": attachment["id"], "event": EVENT,
                     "project": 7, "key": "none"}  # fmt: skip
        await_state(org)
        yield org


def await_state(org):
    """Upkeep works out how the environments of a monitor are, a moment later."""
    deadline = time.monotonic() + 60
    while not json.loads(asked(org, "GET", MONITOR, None)[2])["environments"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def envelopes():
    frame = {"filename": "app/list.py", "function": "show", "lineno": 3, "in_app": True,
             "context_line": "boom()", "vars": {"a": "1"}}  # fmt: skip
    event = {
        "event_id": EVENT, "platform": "python", "release": "web@1.4.2",
        "environment": "production", "tags": {"url": "/list"},
        "user": {"id": "7", "email": "pat@example.com"},
        "logentry": {"formatted": "Boom"}, "breadcrumbs": [{"message": "clicked"}],
        "request": {"url": "https://x.test/list", "method": "GET", "headers": {"Accept": "*/*"}},
        "exception": {"values": [
            {"type": "ValueError", "value": "Boom", "stacktrace": {"frames": [frame]}},
        ]},
    }  # fmt: skip
    check_in = {
        "check_in_id": "b" * 32,
        "monitor_slug": "nightly",
        "status": "ok",
        "duration": 2,
        "monitor_config": {"schedule": {"type": "crontab", "value": "0 3 * * *"}},
    }
    for items in (
        [({"type": "check_in"}, json.dumps(check_in))],  # first: it is judged meanwhile
        [({"type": "event"}, json.dumps(event)),
         ({"type": "attachment", "filename": "a.txt"}, "text")],
    ):  # fmt: skip
        lines = [json.dumps({"event_id": EVENT})]
        for header, body in items:
            lines += [json.dumps(header | {"length": len(body)}), body]
        yield "\n".join(lines).encode()


def asked(org, method, path, body):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{org.url}/api/0{path}", data, method=method)
    if "/internal/health/" not in path:
        request.add_header("Authorization", f"Bearer {org.token}")
    try:
        answer = OPEN.open(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers, answer.read()


def problem(path, status, headers, raw, kinds):
    """What a client would not take, in words; the kinds that were met are noted."""
    if status == 204 or "download=1" in path:
        return None
    if headers.get_content_type() != "application/json":
        return f"is {headers.get_content_type()}"
    body = json.loads(raw)
    if status >= 400:
        return None if list(body) == ["detail"] else f"has {list(body)}"
    for kind, found in parts(path, body):
        kinds.add(kind)
        check_one(kind, found)
    if isinstance(body, list) and "/stats/" not in path:
        found = [LINK.fullmatch(part.strip()) for part in headers.get("Link", "").split(",")]
        if len(found) != 2 or not all(found) or [part[2] for part in found] != ["previous", "next"]:
            return f"has the Link {headers.get('Link')}"
    if path.partition("?")[0].endswith("/issues/") and isinstance(body, list):
        return None if headers["X-Hits"].isdecimal() else "has no X-Hits"
    return None


def test_every_call_of_every_client_is_answered_as_it_expects(acme):
    wrong, kinds, number = {}, set(), 0
    for client, calls in CALLS.items():
        for expected, method, path, *body in calls:
            named = path
            for name, value in acme.names.items():
                named = named.replace(f"{{{name}}}", str(value))
            status, headers, raw = asked(acme, method, named, body[0] if body else None)
            number += 1
            try:
                said = problem(named, status, headers, raw, kinds)
            except AssertionError as error:
                said = str(error).splitlines()[0]
            if status != expected or said:
                wrong[f"{client}: {method} {named}"] = (status, said, raw[:200])
            if method == "POST" and "/keys/" in path and status == 201:
                acme.names["key"] = json.loads(raw)["id"]
    assert not wrong, "\n".join(f"{call}: {said}" for call, said in wrong.items())
    assert number > 170
    assert TABLE.keys() - kinds <= NEVER_MET
