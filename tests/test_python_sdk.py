"""The official Python SDK in a process of its own, against `jentry serve`, read over the API."""

import json
import subprocess
import sys
import time
from functools import partial

import pytest
from served import served_organization
from servers import environment

PROGRAM = """
import logging
import sentry_sdk

sentry_sdk.init(
    dsn={dsn!r}, release="shop@1.4.2", environment="staging", auto_session_tracking=True,
    server_name="web-1", traces_sample_rate=1.0,
)


sentry_sdk.start_session(session_mode="application")


class PaymentError(Exception):
    pass


def pay(amount):
    password = "hunter2-secret"
    try:
        return 1 / (amount - amount)
    except ZeroDivisionError as error:
        raise PaymentError("payment " + str(amount) + " failed") from error


def checkout(number):
    with sentry_sdk.isolation_scope() as scope:
        scope.set_user({{"id": "u" + str(number % 3), "email": "kim@example.com"}})
        scope.set_tag("shop.country", "lätvia")
        scope.set_context("order", {{"id": number}})
        sentry_sdk.add_breadcrumb(category="cart", message="added a saddle")
        try:
            pay(number)
        except PaymentError:
            sentry_sdk.capture_exception()


for number in range(1, 6):
    checkout(number)
for number in (7, 8):
    sentry_sdk.capture_message("stock of part " + str(number) + " is low", level="warning")
logging.getLogger("shop.mail").error("mail %s bounced", 42)
with sentry_sdk.start_transaction(name="background job"):
    pass
sentry_sdk.end_session()
sentry_sdk.flush(10)
raise RuntimeError("the end")
"""


@pytest.fixture(scope="module")
def api(own_database):
    """What the API says after the program has run: a function of the path."""
    with served_organization(own_database) as org:
        project_id, dsn = org.project("Shop", "--platform", "python")
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(dsn=dsn)],
            capture_output=True,
            text=True,
            env=environment(),
        )
        assert "RuntimeError: the end" in done.stderr
        wait_for(lambda: org.api(f"/projects/{project_id}/issues")["total"] == 4)
        api = partial(org.api)
        api.project = project_id
        yield api


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def issues(api, query=""):
    return {
        issue["title"]: issue for issue in api(f"/projects/{api.project}/issues{query}")["data"]
    }


def test_each_bug_is_one_issue_with_exact_counts(api):
    counts = {title: (i["count"], i["userCount"]) for title, i in issues(api).items()}
    assert counts == {
        "PaymentError: payment 5 failed": (5, 3),
        "stock of part 8 is low": (2, 0),
        "mail 42 bounced": (1, 0),
        "RuntimeError: the end": (1, 0),
    }


def test_the_fields_of_an_issue_are_right(api):
    issue = issues(api)["PaymentError: payment 5 failed"]
    shown = {
        key: issue[key]
        for key in (
            "culprit",
            "type",
            "level",
            "status",
            "substatus",
            "firstRelease",
            "lastRelease",
        )
    }
    assert shown == {
        "culprit": "__main__ in pay",
        "type": "error",
        "level": "error",
        "status": "unresolved",
        "substatus": "new",
        "firstRelease": "shop@1.4.2",
        "lastRelease": "shop@1.4.2",
    }
    assert issues(api)["stock of part 8 is low"]["level"] == "warning"


def test_an_event_is_shown_whole_and_without_secrets(api):
    issue = issues(api)["PaymentError: payment 5 failed"]
    event = api(f"/issues/{issue['id']}/events?limit=1")["data"][0]
    chain = [(value["type"], value["value"]) for value in event["exception"]["values"]]
    assert chain == [
        ("ZeroDivisionError", "division by zero"),
        ("PaymentError", "payment 5 failed"),
    ]
    frames = event["exception"]["values"][1]["stacktrace"]["frames"]
    assert [frame["function"] for frame in frames] == ["checkout", "pay"]
    assert frames[-1]["vars"]["password"] == "[Filtered]"
    assert (event["message"], event["environment"], event["release"], event["serverName"]) == (
        "PaymentError: payment 5 failed", "staging", "shop@1.4.2", "web-1",
    )  # fmt: skip
    assert event["tags"]["shop.country"] == "lätvia"
    assert event["contexts"]["order"]["id"] == 5
    assert event["user"]["email"] == "kim@example.com"
    assert event["breadcrumbs"]["values"][-1]["message"] == "added a saddle"
    assert len(event["traceId"]) == 32
    assert "hunter2" not in json.dumps(event)


def test_the_release_has_its_events_and_its_session(api):
    (release,) = api(f"/projects/{api.project}/releases")["data"]
    shown = {key: release[key] for key in ("release", "events", "issues", "newIssues", "sessions")}
    assert shown == {
        "release": "shop@1.4.2", "events": 9, "issues": 4, "newIssues": 4, "sessions": 1,
    }  # fmt: skip


def test_it_is_resolved_assigned_and_audited(api):
    issue = issues(api)["mail 42 bounced"]
    user = api("/audit")["data"][0]["userId"]
    change = {"status": "resolved", "assigneeUserId": user or 1}
    changed = api(f"/issues/{issue['id']}", "PATCH", change)["data"]
    assert (changed["status"], changed["substatus"]) == ("resolved", None)
    actions = [(entry["action"], entry["target"]) for entry in api("/audit?limit=2")["data"]]
    assert sorted(actions) == [
        ("issue.assign", f"issue:{issue['id']}"),
        ("issue.resolve", f"issue:{issue['id']}"),
    ]
    assert issue["title"] not in issues(api)
