"""kill -9 while events are mapped again and move: nothing is lost, nothing counted twice."""

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
import uuid

import pytest
from bundles import bundle_of, chunks, event, form, sha1
from servers import command, serving

from jentry.store import checks, connection

pytest.importorskip("symbolic")
pytestmark = pytest.mark.slow

EVENTS, KILLS = 400, 3
PATIENCE = 60  # seconds
AUTHORIZED = ("--scope", "project:read", "--scope", "project:write")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "jentry.db"


@pytest.fixture
def run(file):
    def run(*words):
        done = subprocess.run(
            command(*words, "--db", file, "--json"), capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    return run


def post(address, data, **headers):
    request = urllib.request.Request(address, data=data, method="POST", headers=headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return answer.read()


def upload(url, token, number):
    data, auth = bundle_of(number), {"Authorization": f"Bearer {token}"}
    sent = form(*chunks(data))
    place = f"{url}/api/0/organizations/acme"
    kind = {"Content-Type": sent["content_type"]}
    post(f"{place}/chunk-upload/", sent["data"], **auth, **kind)
    order = {
        "checksum": sha1(data), "chunks": [sha1(chunk) for chunk in chunks(data)],
        "projects": ["shop"],
    }  # fmt: skip
    post(f"{place}/artifactbundle/assemble/", json.dumps(order).encode(), **auth)


def mapped(file):
    with contextlib.closing(connection.connect(file)) as db:
        (number,) = db.execute(
            "SELECT count(*) FROM events WHERE symbolication = 'mapped'"
        ).fetchone()
        return number


def wait_for(file, low, high):
    """Until so many events are mapped."""
    deadline = time.monotonic() + PATIENCE
    while not low <= (number := mapped(file)) <= high:
        assert time.monotonic() < deadline, f"{number} events are mapped"
        time.sleep(0.004)
    return number


def test_what_is_half_done_goes_on(file, run):
    run("org", "create", "Acme")
    run("user", "create", "kim@example.com", "--org", "acme", "--role", "owner")
    owner = ("--org", "acme", "--user", "kim@example.com")
    token = run("token", "create", "ci", *owner, *AUTHORIZED)["token"]
    key = run("project", "create", "Shop", "--org", "acme")["publicKey"]
    done = 1
    for turn in range(KILLS + 1):
        with serving(file) as (process, url, _):
            if turn == 0:
                upload(url, token, "1")
                for number in "1" + "2" * EVENTS:
                    sent = event(number) | {"event_id": uuid.uuid4().hex}
                    address = f"{url}/api/1/store/?sentry_key={key}&sentry_version=7"
                    post(address, json.dumps(sent).encode())
                upload(url, token, "2")
            if turn == KILLS:
                wait_for(file, EVENTS + 1, EVENTS + 1)
                break
            done = wait_for(file, done + 10, EVENTS)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        with contextlib.closing(connection.connect(file)) as db:
            assert checks.counters(db) == []
    with contextlib.closing(connection.connect(file)) as db:
        assert checks.counters(db) == []
        rows = db.execute("SELECT id, event_count FROM issues").fetchall()
        assert [tuple(row) for row in rows] == [(1, EVENTS + 1)]
