"""A served organization with things in it that strangers wrote, and its people."""

import json
import subprocess
import urllib.request
from contextlib import ExitStack
from datetime import timedelta

import factories
import pytest
from servers import command, serving

from jentry import clock
from jentry.store import connection

PASSWORD = "a bicycle made for two"
PEOPLE = {"mara@acme.test": "owner", "teo@acme.test": "member"}
HOSTILE = "<script>alert(1)</script> \u202e\u2066 ' \" " + "x" * 300


class Place:
    """Its address, and the project with its key."""

    def __init__(self, url, database, project, key):
        self.url, self.database, self.project, self.key = url, database, project, key

    def api(self, token, path):
        """The status of an answer."""
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}", headers={"Authorization": f"Bearer {token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def send(self, message):
        """An event by the project's key: its id."""
        request = urllib.request.Request(
            f"{self.url}/api/{self.project}/store/?sentry_key={self.key}",
            data=json.dumps({"message": message}).encode(),
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["id"]


@pytest.fixture(scope="module")
def place(chromium, tmp_path_factory):
    database = tmp_path_factory.mktemp("settings") / "jentry.db"

    def run(*args, **options):
        done = subprocess.run(
            command(*args, "--db", database, "--json"),
            capture_output=True, text=True, check=True, **options,
        )  # fmt: skip
        return json.loads(done.stdout)

    run("org", "create", "Acme")
    for email, role in PEOPLE.items():
        flags = ("--org", "acme", "--role", role, "--password-stdin")
        run("user", "create", email, *flags, input=PASSWORD)
    run("user", "operator", "mara@acme.test", "on")
    made = run("project", "create", "checkout-api", "--org", "acme", "--platform", "python")
    fill(database, made["id"])
    with serving(database) as (_, url, _):
        yield Place(url, database, made["id"], made["publicKey"])


def fill(database, project):
    db, now = connection.connect(database, write=True), clock.now()
    hour = clock.hour(clock.timestamp(now))
    with connection.transaction(db):
        key = db.execute("SELECT id FROM client_keys").fetchone()[0]
        for outcome, reason in (
            ("accepted", ""), ("filtered", "localhost"), ("rate_limited", "quota"),
            ("invalid", HOSTILE), ("client_discard", "before_send"),
        ):  # fmt: skip
            factories.outcome(db, key, hour, 7, outcome=outcome, reason=reason)
        for email, url in ((HOSTILE, "javascript:alert(1)"), ("ada@acme.test", "https://a.test")):
            factories.report(db, project, comments=HOSTILE, name=email, email=email, url=url)
        config = json.dumps({"schedule": {"type": "crontab", "value": HOSTILE}})
        job = factories.monitor(db, project, "nightly", config=config)
        for number, status in enumerate(("ok", "error", "ok", "in_progress")):
            at = clock.timestamp(now - timedelta(hours=9 - number))
            factories.check_in(
                db, job, status=status, duration=12.5, environment=HOSTILE, release=HOSTILE,
                started_at=at, updated_at=at,
            )  # fmt: skip
        factories.audit(db, 1, user_id=1, action=HOSTILE, target=HOSTILE)
        factories.token(db, 1, 1, name=HOSTILE[:100])
        factories.token(db, 1, 1, ("org:read",), revoked_at=factories.AT)
        factories.key(db, project, name=HOSTILE[:100])
        factories.key(db, project, name="old", disabled_at=factories.AT)
    db.close()


@pytest.fixture
def opened(visit, place):
    """`opened(…)`: a page of somebody who is signed in; what goes wrong on it fails the test."""
    with ExitStack() as stack:

        def open_page(email="mara@acme.test", *, scripts=True):
            page = stack.enter_context(
                visit(
                    base_url=place.url,
                    java_script_enabled=scripts,
                    permissions=["clipboard-read", "clipboard-write"],
                )
            )
            page.goto("/login")
            page.fill("[name=email]", email)
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url(lambda url: "/login" not in url)
            return page

        yield open_page
