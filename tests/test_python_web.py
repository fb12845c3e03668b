"""A Flask application with the Python SDK: crashes are issues, requests are counted sessions."""

import subprocess
import sys

import pytest
from served import served_organization
from servers import environment

PROGRAM = """
import os

import flask
import sentry_sdk

sentry_sdk.init(dsn=os.environ["DSN"], release="shop@3.1.0", environment="live")
app = flask.Flask("shop")


@app.get("/pay/<int:number>")
def pay(number):
    sentry_sdk.set_user({"id": str(number % 4)})
    if number % 5 == 0:
        raise LookupError("order " + str(number) + " is gone")
    if number % 7 == 0:
        try:
            return str(1 / (number - number))
        except ZeroDivisionError:
            sentry_sdk.capture_exception()
    return "paid"


client = app.test_client()
for number in range(1, 21):
    client.get("/pay/" + str(number), headers={"Authorization": "Bearer s3cret-of-kim"})
sentry_sdk.flush(10)
sentry_sdk.get_client().close()
"""


@pytest.fixture(scope="module")
def shop(own_database):
    with served_organization(own_database) as org:
        project_id, dsn = org.project("Shop")
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment(DSN=dsn),
            check=True,
            capture_output=True,
        )
        yield org, project_id


def test_each_crash_is_counted_once(shop):
    org, project_id = shop
    assert org.issues(project_id, ("count", "userCount", "culprit")) == {
        "LookupError: order 20 is gone": (4, 4, "__main__ in pay"),
        "ZeroDivisionError: division by zero": (2, 2, "__main__ in pay"),
    }


def test_each_request_is_a_session(shop):
    org, project_id = shop
    members = ("release", "events", "sessions", "crashFreeRate")
    assert org.releases(project_id, members) == [("shop@3.1.0", 6, 20, 80.0)]


def test_the_request_is_shown_without_its_secrets(shop):
    event = shop[0].event(shop[1], "LookupError: order 20 is gone")
    request = event["request"]
    assert (request["method"], request["url"]) == ("GET", "http://localhost/pay/20")
    assert "s3cret-of-kim" not in str(event)
    assert event["user"]["id"] == "0"
